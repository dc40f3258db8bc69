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
Integers = NDArray[np.int64]


@internal_kernel
def general_rates(window: Window, theta: Floats, scratch: Scratch) -> None:
    """Set the rates, and the shifted yields y of the cells."""
    of_cell, shape = scratch.of_cell, scratch.shape
    cell_multipliers, cell_bins, cell_first_bin, term_cell, templates = (
        window.cell_multipliers,
        window.cell_bins,
        window.cell_first_bin,
        window.term_cell,
        window.templates,
    )
    rates, yields, multipliers = scratch.rates, scratch.yields, window.multipliers
    for i in range(rates.size):
        rates[i] = 0.0
    start = cell_multipliers[0]
    k = 0
    for s in range(of_cell.size):
        bins, first = cell_bins[s], cell_first_bin[s]
        for b in range(bins):
            yields[s, b] = 0.0
        while k < shape.size and term_cell[k] == s:
            for b in range(bins):
                yields[s, b] += shape[k] * templates[k, b]
            k += 1
        m0, m1 = cell_multipliers[s] - start, cell_multipliers[s + 1] - start
        for b in range(bins):
            gamma = _product(multipliers, theta, m0, m1, b, -1, -1)
            rates[first + b] += of_cell[s] * gamma * yields[s, b]


@internal_kernel
def _product(
    multipliers: Integers, theta: Floats, m0: int, m1: int, b: int, m: int, other: int
) -> float:
    """Product of the per-bin factors of a cell without the factors ``m`` and ``other``."""
    product = 1.0
    for i in range(m0, m1):
        if i not in (m, other):
            product *= theta[multipliers[i, b]]
    return product


@internal_kernel
def general_derivatives(window: Window, theta: Floats, exact: int, scratch: Scratch) -> None:
    """Set the gradient, the Gauss-Newton matrix and the score of the terms.

    If ``exact``, add the second derivatives in which per-bin factors take part; the others follow
    from the score.
    """
    of_cell, yields, shape_slope = scratch.of_cell, scratch.yields, scratch.shape_slope
    cell_first_bin, cell_bins, cell_multipliers, term_cell, term_parameter, templates = (
        window.cell_first_bin,
        window.cell_bins,
        window.cell_multipliers,
        window.term_cell,
        window.term_parameter,
        window.templates,
    )
    n, cells = theta.size, of_cell.size
    hessian, gradient, row, touched = (
        scratch.hessian,
        scratch.gradient,
        scratch.row,
        scratch.touched,
    )
    multipliers, jacobian, score = window.multipliers, scratch.cell_jacobian, scratch.score
    for j in range(n):
        gradient[j] = 0.0
        for other in range(n):
            hessian[j, other] = 0.0
    for k in range(score.size):
        score[k] = 0.0
    start = cell_multipliers[0]
    first_cell, first_term = 0, 0
    while first_cell < cells:  # channel by channel
        first = cell_first_bin[first_cell]
        s, k = first_cell, first_term
        for b in range(cell_bins[first_cell]):
            residual, weight = scratch.residual[first + b], scratch.weight[first + b]
            for j in range(n):
                row[j] = 0.0
            s, k = first_cell, first_term
            while s < cells and cell_first_bin[s] == first:
                value, content = of_cell[s], yields[s, b]
                m0, m1 = cell_multipliers[s] - start, cell_multipliers[s + 1] - start
                gamma = _product(multipliers, theta, m0, m1, b, -1, -1)
                for j in range(n):
                    row[j] += jacobian[s, j] * gamma * content
                # mixed second derivatives go below or above the diagonal, once
                for m in range(m0, m1):
                    g = multipliers[m, b]
                    slope = content * _product(multipliers, theta, m0, m1, b, m, m)
                    row[g] += value * slope
                    if exact != 0:
                        for j in range(n):
                            hessian[g, j] += residual * slope * jacobian[s, j]
                        for other in range(m0, m):
                            mixed = content * _product(multipliers, theta, m0, m1, b, m, other)
                            hessian[g, multipliers[other, b]] += residual * value * mixed
                while k < score.size and term_cell[k] == s:
                    template = templates[k, b]
                    score[k] += residual * gamma * template
                    if shape_slope[k] != 0.0:
                        slope = value * shape_slope[k] * template
                        row[term_parameter[k]] += gamma * slope
                        if exact != 0:
                            for m in range(m0, m1):
                                hessian[multipliers[m, b], term_parameter[k]] += (
                                    residual * slope * _product(multipliers, theta, m0, m1, b, m, m)
                                )
                    k += 1
                s += 1
            _add_outer_product(residual, weight, row, touched, gradient, hessian)
        first_cell, first_term = s, k
    for j in range(n):
        for other in range(j):
            hessian[j, other] += hessian[other, j]
            hessian[other, j] = hessian[j, other]


@internal_kernel
def _add_outer_product(
    residual: float,
    weight: float,
    row: Floats,
    touched: Integers,
    gradient: Floats,
    hessian: Floats,
) -> None:
    """Add what the derivatives of one rate give to gradient and lower half of the Hessian."""
    count = 0
    for j in range(row.size):
        if row[j] != 0.0:
            gradient[j] += residual * row[j]
            touched[count] = j
            count += 1
    for a in range(count):
        j = touched[a]
        slope = weight * row[j]
        for c in range(a + 1):
            hessian[j, touched[c]] += slope * row[touched[c]]
