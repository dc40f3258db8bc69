"""Records of what pseudo-experiments tell about W windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from .asymptotics import BANDS

__all__ = ["ExpectedBands", "ToyLimits", "joined"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
_NUMBERS = ("n_toys", "n_experiments", "n_failed")

Record = TypeVar("Record", "ToyLimits", "ExpectedBands")


@dataclass(frozen=True, kw_only=True)
class ToyLimits:
    """Upper limits by CLs of toys, with statistical errors; NaN where there is no number.

    Attributes
    ----------
    limit_observed, limit_observed_error
        Upper limit, shape (W,).
    limit_expected, limit_expected_error
        Where CLs of the -2 ... +2 sigma quantiles of background-only toys reaches the level,
        shape (W, 5).
    goodness_of_fit_p
        Probability of a deviance as large as that of the best fit to the data, by toys drawn
        from that fit and fitted, shape (W,).
    n_toys, n_failed
        Toys the limits are made of, and those of them, not used, of which a fit did not converge,
        shape (W,).
    message
        What is to be said about a window, empty if nothing, shape (W,).
    """

    limit_observed: Floats
    limit_observed_error: Floats
    limit_expected: Floats
    limit_expected_error: Floats
    goodness_of_fit_p: Floats
    n_toys: Integers
    n_failed: Integers
    message: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.message)


@dataclass(frozen=True, kw_only=True)
class ExpectedBands:
    """Quantiles of the limits of background-only pseudo-experiments; NaN where there are none.

    Attributes
    ----------
    limit_expected, limit_expected_error
        Quantiles at -2 ... +2 sigma of the observed asymptotic limits of pseudo-experiments,
        and their statistical errors, shape (W, 5).
    n_experiments, n_failed
        Pseudo-experiments drawn, and those of them that ended without a limit, shape (W,).
    message
        What is to be said about a window, empty if nothing, shape (W,).
    """

    limit_expected: Floats
    limit_expected_error: Floats
    n_experiments: Integers
    n_failed: Integers
    message: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.message)


def joined(kind: type[Record], places: Sequence[Integers], parts: Sequence[Record],
           windows: int) -> Record:  # fmt: skip
    """Put the windows of several records at their places among W windows.

    Parameters
    ----------
    kind
        The record's class.
    places
        For each part, where its windows belong.
    parts
        The records.
    windows
        W; places that no part fills have NaN, 0 and no message.
    """
    columns: dict[str, Any] = {}
    for name in (field.name for field in fields(kind)):
        if name == "message":
            texts = [""] * windows
            for chunk, part in zip(places, parts, strict=True):
                for place, text in zip(chunk, part.message, strict=True):
                    texts[place] = text
            columns[name] = tuple(texts)
            continue
        wide = name.startswith("limit_expected")
        shape: tuple[int, ...] = (windows, len(BANDS)) if wide else (windows,)
        column: NDArray[Any] = (
            np.zeros(shape, dtype=np.int64) if name in _NUMBERS else np.full(shape, np.nan)
        )
        for chunk, part in zip(places, parts, strict=True):
            column[chunk] = getattr(part, name)
        columns[name] = column
    return kind(**columns)
