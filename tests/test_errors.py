"""Errors carry their fields across process borders and are the natural builtins."""

import pickle

import pytest

from fourmu import errors

TREE = [getattr(errors, name) for name in errors.__all__]


@pytest.mark.parametrize("kind", TREE)
def test_an_error_survives_pickling_with_its_fields(kind):
    error = kind("broken", where="file.root", key="branch", found=3, expected="four")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert str(again) == str(error)
    assert (again.where, again.key, again.found, again.expected) == (
        "file.root",
        "branch",
        "3",
        "four",
    )


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [
        (errors.ConfigError, ValueError),
        (errors.InputError, ValueError),
        (errors.DomainError, ValueError),
        (errors.ConvergenceError, ArithmeticError),
        (errors.ConsistencyError, RuntimeError),
        (errors.StorageError, OSError),
    ],
)
def test_errors_are_also_builtins(kind, builtin):
    assert issubclass(kind, builtin)
    assert issubclass(kind, errors.FourMuError)


def test_the_message_names_place_key_and_values():
    error = errors.InputError("wrong", where="f", key="k", found=1, expected=2)
    assert str(error) == "f: wrong (key k, found 1, expected 2)"
