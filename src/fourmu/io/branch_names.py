"""Names of basf2 variables as they stand in a ROOT file.

A variable such as ``daughter(0, pt)`` becomes the branch ``daughter__bo0__cm__sppt__bc``: basf2
replaces what ROOT does not allow in a name by two underscores and two letters, and leaves out what
has no replacement.
"""

from __future__ import annotations

import re
from types import MappingProxyType

__all__ = ["branch_name"]

_REPLACEMENTS = MappingProxyType(
    {
        " ": "__sp",
        ",": "__cm",
        ":": "__cl",
        "=": "__eq",
        "<": "__st",
        ">": "__gt",
        ".": "__pt",
        "+": "__pl",
        "-": "__mi",
        "(": "__bo",
        ")": "__bc",
        "{": "__co",
        "}": "__cc",
        "[": "__so",
        "]": "__sc",
        "^": "__ha",
        "%": "__pr",
        "!": "__em",
        "?": "__qm",
        ";": "__sm",
        "#": "__hs",
        "*": "__mu",
        "/": "__sl",
        "\\": "__bl",
        "'": "__sq",
        '"': "__dq",
        "~": "__ti",
        "|": "__pi",
        "&": "__am",
        "@": "__at",
    }
)


def branch_name(variable: str) -> str:
    """Return the branch that basf2 writes a variable to; a branch name stays as it is.

    Examples
    --------
    >>> branch_name("daughter(0, pt)")
    'daughter__bo0__cm__sppt__bc'
    >>> branch_name("daughter__bo0__cm__sppt__bc")
    'daughter__bo0__cm__sppt__bc'
    """
    replaced = "".join(_REPLACEMENTS.get(character, character) for character in variable)
    return re.sub(r"[^a-zA-Z0-9_]", "", replaced)
