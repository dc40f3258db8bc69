r"""The likelihood of any HistFactory model: several channels, factors of single bins.

A cell s (a sample in a channel) contributes :math:`c_s(\theta)\, \gamma_{si}\, y_{si}` to the rate
of bin i, with the scalar factors c, the product gamma of its per-bin factors and the shifted yield
:math:`y_{si} = \sum_k h_k(\theta) T_{ki}`. For every bin the row of derivatives is gathered over
its cells,

.. math::
   \nabla f = \sum_i (1 - n_i/\lambda_i) \nabla\lambda_i, \qquad
   H = \sum_i (n_i/\lambda_i^2) \nabla\lambda_i \nabla\lambda_i^T
     + \sum_i (1 - n_i/\lambda_i) \nabla^2 \lambda_i.

A row has few entries: the systematics of its channel and the factors of that one bin.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fourmu.physics.kernels import internal_kernel

from .window import Scratch, Window

__all__ = ["general_derivatives", "general_rates"]

Floats = NDArray[np.float64]


@internal_kernel
def general_rates(window: Window, theta: Floats, scratch: Scratch) -> None:
    """Set the rates, and the shifted yields y of the cells."""
    rates, yields = scratch.rates, scratch.yields
    for i in range(rates.size):
        rates[i] = 0.0
    k = 0
    for s in range(scratch.of_cell.size):
        bins, first = window.cell_bins[s], window.cell_first_bin[s]
        for b in range(bins):
            yields[s, b] = 0.0
        while k < scratch.shape.size and window.term_cell[k] == s:
            for b in range(bins):
                yields[s, b] += scratch.shape[k] * window.templates[k, b]
            k += 1
        for b in range(bins):
            gamma = _gamma(window, theta, s, b, -1, -1)
            rates[first + b] += scratch.of_cell[s] * gamma * yields[s, b]


@internal_kernel
def _gamma(window: Window, theta: Floats, s: int, b: int, m: int, other: int) -> float:
    """Product of the per-bin factors of a cell without the factors ``m`` and ``other``."""
    start = window.cell_multipliers[0]
    product = 1.0
    for i in range(window.cell_multipliers[s] - start, window.cell_multipliers[s + 1] - start):
        if i not in (m, other):
            product *= theta[window.multipliers[i, b]]
    return product


@internal_kernel
def general_derivatives(window: Window, theta: Floats, exact: int, scratch: Scratch) -> None:
    """Set the gradient, the Gauss-Newton matrix and the score of the terms.

    If ``exact``, add the second derivatives in which per-bin factors take part; the others follow
    from the score.
    """
    n, cells = theta.size, scratch.of_cell.size
    hessian, gradient, row = scratch.hessian, scratch.gradient, scratch.row
    for j in range(n):
        gradient[j] = 0.0
        for other in range(n):
            hessian[j, other] = 0.0
    for k in range(scratch.score.size):
        scratch.score[k] = 0.0
    first_cell, first_term = 0, 0
    while first_cell < cells:  # channel by channel
        first = window.cell_first_bin[first_cell]
        for b in range(window.cell_bins[first_cell]):
            residual, weight = scratch.residual[first + b], scratch.weight[first + b]
            for j in range(n):
                row[j] = 0.0
            s, k = first_cell, first_term
            while s < cells and window.cell_first_bin[s] == first:
                k = _add_to_row(window, theta, s, b, k, residual, exact, scratch)
                s += 1
            touched = 0
            for j in range(n):
                if row[j] != 0.0:
                    gradient[j] += residual * row[j]
                    scratch.touched[touched] = j
                    touched += 1
            if weight != 0.0:
                for a in range(touched):
                    j = scratch.touched[a]
                    slope = weight * row[j]
                    for c in range(a + 1):
                        hessian[j, scratch.touched[c]] += slope * row[scratch.touched[c]]
        first_cell, first_term = s, k
    for j in range(n):
        for other in range(j):
            hessian[j, other] += hessian[other, j]
            hessian[other, j] = hessian[j, other]


@internal_kernel
def _add_to_row(
    window: Window,
    theta: Floats,
    s: int,
    b: int,
    k: int,
    residual: float,
    exact: int,
    scratch: Scratch,
) -> int:
    """Add the derivatives of a cell in its bin ``b``; return the first term of the next cell.

    The mixed second derivatives go below or above the diagonal, once.
    """
    row, hessian = scratch.row, scratch.hessian
    value, content = scratch.of_cell[s], scratch.yields[s, b]
    gamma = _gamma(window, theta, s, b, -1, -1)
    for j in range(theta.size):
        row[j] += scratch.cell_jacobian[s, j] * gamma * content
    start = window.cell_multipliers[0]
    m0, m1 = window.cell_multipliers[s] - start, window.cell_multipliers[s + 1] - start
    for m in range(m0, m1):
        without = _gamma(window, theta, s, b, m, m)
        g = window.multipliers[m, b]
        row[g] += value * without * content
        if exact != 0:
            slope = residual * without * content
            for j in range(theta.size):
                hessian[g, j] += slope * scratch.cell_jacobian[s, j]
            for other in range(m):
                if other >= m0:
                    hessian[g, window.multipliers[other, b]] += (
                        residual * value * content * _gamma(window, theta, s, b, m, other)
                    )
    while k < scratch.shape.size and window.term_cell[k] == s:
        template = window.templates[k, b]
        scratch.score[k] += residual * gamma * template
        if scratch.shape_slope[k] != 0.0:
            slope = value * scratch.shape_slope[k] * template
            row[window.term_parameter[k]] += gamma * slope
            if exact != 0:
                for m in range(m0, m1):
                    hessian[window.multipliers[m, b], window.term_parameter[k]] += (
                        residual * slope * _gamma(window, theta, s, b, m, m)
                    )
        k += 1
    return k
