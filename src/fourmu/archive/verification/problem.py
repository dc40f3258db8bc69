"""What a doubt about an archive is, and how errors become one."""

from __future__ import annotations

from typing import Final

import numpy as np

from fourmu.archive.record import Archive
from fourmu.errors import FourMuError
from fourmu.physics.kinematics import FloatArray

__all__ = ["ROUNDING", "Problem", "close", "file_of", "reason_of"]

Problem = tuple[str, str]
"""File of the archive, and what is wrong with it."""

ROUNDING: Final = 1e-9
"""Relative difference of numbers that were computed twice from the same input."""


def reason_of(error: FourMuError) -> str:
    """What an error says, without the file."""
    details = [
        f"{name} {value}"
        for name, value in (
            ("key", error.key),
            ("found", error.found),
            ("expected", error.expected),
        )
        if value is not None
    ]
    return f"{error.message} ({', '.join(details)})" if details else error.message


def file_of(archive: Archive, error: FourMuError) -> str:
    """File of the archive that an error is about."""
    return (error.where or archive.source).removeprefix(f"{archive.source}: ")


def close(found: FloatArray, expected: FloatArray | float, atol: float = 0.0) -> bool:
    """Whether numbers are the same but for rounding."""
    return bool(np.allclose(found, expected, rtol=ROUNDING, atol=atol))
