"""One pyhf workspace taken apart: what its rates are made of.

A rate is a sum over the samples of its channel; a sample in a channel (here: a cell) contributes

    product of scalar factors x product of per-bin factors x (nominal + shifts by histosys)

so that cells with their terms (templates), factors and the parameters behind them are all there
is to a workspace. ``parse_specification`` makes them out of the JSON document.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .parameter_sets import Parameter

__all__ = ["ABSOLUTE", "BENT", "NOMINAL", "SQUARE", "STRAIGHT", "Cell", "Specification", "Term"]

NOMINAL, STRAIGHT, BENT, ABSOLUTE, SQUARE = 0, 1, 2, 3, 4
"""How a template's coefficient depends on its histosys parameter alpha: not at all, as alpha,
as g(alpha) of code 4p, as abs(alpha), as alpha^2 with the straight lines of code 2 beyond 1."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Term:
    """A template and the parameter that moves it, which is meaningless for a nominal one."""

    kind: int
    parameter: int
    template: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """A sample in a channel.

    Attributes
    ----------
    first_bin
        Where its channel begins among all bins.
    terms
        Nominal template and those of its histosys, shape (bins,) each.
    normfactors
        Parameters that multiply it, luminosity included.
    normsys
        (parameter, hi, lo) of its normalisation systematics.
    multipliers
        Per-bin factors, each the parameters of the cell's bins, shape (bins,).
    """

    first_bin: int
    terms: tuple[Term, ...]
    normfactors: tuple[int, ...]
    normsys: tuple[tuple[int, float, float], ...]
    multipliers: tuple[NDArray[np.int64], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Specification:
    """A workspace as cells and parameters.

    Attributes
    ----------
    observed
        Counts per bin, channel after channel in the order of their names, as in pyhf.
    parameters
        Those of single values first, then those of bins.
    cells
        Those of one channel next to each other, channels in the order of their bins.
    normsys_code
        1 or 4.
    poi
        Place of the parameter of interest in ``parameters``.
    """

    observed: NDArray[np.float64]
    parameters: tuple[Parameter, ...]
    cells: tuple[Cell, ...]
    normsys_code: int
    poi: int

    @property
    def factorises(self) -> bool:
        """Whether all cells span all bins and no factor belongs to single bins."""
        return all(
            not cell.multipliers and cell.terms[0].template.size == self.observed.size
            for cell in self.cells
        )
