"""What the command says about trouble: one line each, on stderr."""

from __future__ import annotations

import click

__all__ = ["complain"]


def complain(text: str) -> None:
    """Write one line to stderr; line breaks and other control characters are spelled out.

    Names of files and keys go into messages as they are found, and may hold anything.
    """
    line = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    click.echo(line, err=True)
