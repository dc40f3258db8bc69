"""One window of a batch, and the memory its fits work in."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fourmu.physics.kernels import internal_kernel
from fourmu.statmodel.batch import Tables

__all__ = ["Scratch", "Window", "copy_into", "scratch_for", "window_of"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Window(NamedTuple):
    """The entries of one window in the tables of a batch; see :class:`Tables`."""

    observed: Floats
    templates: Floats
    term_cell: Integers
    term_kind: Integers
    term_parameter: Integers
    cell_first_bin: Integers
    cell_bins: Integers
    cell_factors: Integers
    factor_parameter: Integers
    cell_normsys: Integers
    normsys_parameter: Integers
    normsys_code: Integers
    normsys_code4: Floats
    cell_multipliers: Integers
    multipliers: Integers
    init: Floats
    lower: Floats
    upper: Floats
    constraint: Integers
    auxiliary: Floats
    precision: Floats
    rate_factor: Floats
    fixed: Flags
    kinked: Flags
    poi: int
    general: int


class Scratch(NamedTuple):
    """Working memory of the fits of one window: B bins, K terms, C cells, n parameters.

    ``side`` says for parameters with a kink which branch holds at exactly 0: 1 or -1; ``kept`` is
    the lowest minimum while others are looked for.
    """

    rates: Floats
    residual: Floats
    weight: Floats
    counts: Floats
    dual: Floats
    coefficient: Floats
    of_cell: Floats
    of_normsys: Floats
    shape: Floats
    shape_slope: Floats
    shape_bend: Floats
    log_slope: Floats
    log_bend: Floats
    score: Floats
    gram: Floats
    cell_jacobian: Floats
    jacobian: Floats
    gram_jacobian: Floats
    yields: Floats
    row: Floats
    touched: Integers
    gradient: Floats
    hessian: Floats
    cholesky: Floats
    right: Floats
    step: Floats
    trial: Floats
    low: Floats
    high: Floats
    kept: Floats
    tangent: Floats
    state: Integers
    free: Integers
    envelope: Integers
    side: Integers


@internal_kernel
def copy_into(target: Floats, source: Floats) -> None:
    """Copy an array of the same length; slices of numba compile their error message too."""
    for i in range(target.size):
        target[i] = source[i]


@internal_kernel
def window_of(tables: Tables, w: int) -> Window:
    """Views of the entries of window ``w``."""
    b0, b1 = tables.bin_start[w], tables.bin_start[w + 1]
    p0, p1 = tables.parameter_start[w], tables.parameter_start[w + 1]
    k0, k1 = tables.term_start[w], tables.term_start[w + 1]
    c0, c1 = tables.cell_start[w], tables.cell_start[w + 1]
    t0, t1 = tables.template_start[w], tables.template_start[w + 1]
    m0, m1 = tables.multiplier_start[w], tables.multiplier_start[w + 1]
    width = (t1 - t0) // max(k1 - k0, 1)
    return Window(
        tables.observed[b0:b1],
        tables.templates[t0:t1].reshape((k1 - k0, width)),
        tables.term_cell[k0:k1],
        tables.term_kind[k0:k1],
        tables.term_parameter[k0:k1],
        tables.cell_first_bin[c0:c1],
        tables.cell_bins[c0:c1],
        tables.cell_factors[c0 : c1 + 1],
        tables.factor_parameter,
        tables.cell_normsys[c0 : c1 + 1],
        tables.normsys_parameter,
        tables.normsys_code,
        tables.normsys_code4,
        tables.cell_multipliers[c0 : c1 + 1],
        tables.multiplier_parameter[m0:m1].reshape(((m1 - m0) // max(width, 1), width)),
        tables.init[p0:p1],
        tables.lower[p0:p1],
        tables.upper[p0:p1],
        tables.constraint[p0:p1],
        tables.auxiliary[p0:p1],
        tables.precision[p0:p1],
        tables.rate_factor[p0:p1],
        tables.fixed[p0:p1],
        tables.kinked[p0:p1],
        tables.poi[w],
        tables.general[w],
    )


@internal_kernel
def scratch_for(window: Window) -> Scratch:
    """Allocate the working memory of a window."""
    terms, width = window.templates.shape
    bins = window.observed.size
    n = window.init.size
    cells = window.cell_bins.size
    systematics = window.cell_normsys[-1] - window.cell_normsys[0]
    square = 0 if window.general != 0 else terms
    wide = width if window.general != 0 else 0
    return Scratch(
        np.empty(bins),
        np.empty(bins),
        np.empty(bins),
        np.empty(bins),
        np.zeros(bins),
        np.empty(terms),
        np.empty(cells),
        np.empty(cells),
        np.empty(terms),
        np.empty(terms),
        np.empty(terms),
        np.empty(systematics),
        np.empty(systematics),
        np.empty(terms),
        np.empty((square, square)),
        np.empty((cells, n)),
        np.empty((square, n)),
        np.empty((square, n)),
        np.empty((cells, wide)),
        np.empty(n),
        np.empty(n, dtype=np.int64),
        np.empty(n),
        np.empty((n, n)),
        np.empty((n, n)),
        np.empty(n),
        np.empty(n),
        np.empty(n),
        np.empty(n),
        np.empty(n),
        np.empty(n),
        np.zeros(n),
        np.empty(n, dtype=np.int64),
        np.empty(n, dtype=np.int64),
        np.empty(n, dtype=np.int64),
        np.ones(n, dtype=np.int64),
    )
