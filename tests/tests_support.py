"""Functions that worker processes import by name."""

import os

from fourmu.errors import InputError


def write_number(job):
    number, path = job
    path.write_text(str(number))
    return 1


def fail(path):
    raise InputError("broken", where=path, key="branch")


def die_once(job):
    number, path = job
    mark = path.with_name("died")
    if number == 2 and not mark.exists():
        mark.write_text("")
        os._exit(1)
    return write_number(job)


def die_always(_path):
    os._exit(1)
