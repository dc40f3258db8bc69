r"""The factors of a cell (a sample in a channel) and of its terms, with their derivatives.

The coefficient of term k of cell s is :math:`a_k = h_k(\theta) c_s(\theta)`, where c_s is the
product of the cell's normfactors and of its ``normsys`` factors and h_k is 1 for a nominal
template and the interpolation of a ``histosys`` for its two templates. This is common to the
factorised and to the general form of the likelihood.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fourmu.physics.kernels import internal_kernel, merged_kernel

from .window import Scratch, Window

__all__ = ["add_second_derivatives", "set_coefficients", "set_jacobian"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@internal_kernel
def _normsys(code: int, table: Floats, alpha: float, side: int) -> tuple[float, float, float]:
    """Value, slope and curvature of a normsys factor; ``side`` decides at a kink."""
    edge = 1.0
    if code == 1:
        edge = 0.0
    if alpha > edge or (alpha == edge and side > 0):
        log_hi = table[0]
        value = math.exp(alpha * log_hi)
        return value, value * log_hi, value * log_hi * log_hi
    if alpha <= -edge:
        log_lo = table[1]
        value = math.exp(-alpha * log_lo)
        return value, -value * log_lo, value * log_lo * log_lo
    value, slope, bend = 0.0, 0.0, 0.0
    for i in range(6, 0, -1):  # Horner's scheme for a polynomial and its derivatives
        bend = bend * alpha + 2.0 * slope
        slope = slope * alpha + value
        value = value * alpha + table[i + 1]
    bend = bend * alpha + 2.0 * slope
    slope = slope * alpha + value
    value = value * alpha + 1.0
    return value, slope, bend


@internal_kernel
def _shape(kind: int, alpha: float, side: int) -> tuple[float, float, float]:
    """Value, slope and curvature of what a histosys multiplies one of its templates by."""
    if kind == 0:
        return 1.0, 0.0, 0.0
    if kind == 1:
        return alpha, 1.0, 0.0
    if kind == 3:
        return abs(alpha), (1.0 if alpha > 0.0 or (alpha == 0.0 and side > 0) else -1.0), 0.0
    if alpha > 1.0 or alpha < -1.0:
        slope = 8.0
        if kind == 4:
            slope = 2.0
        value = slope * abs(alpha)
        if kind == 4:
            value -= 1.0
        return value, (slope if alpha > 0.0 else -slope), 0.0
    square = alpha * alpha
    if kind == 4:
        return square, 2.0 * alpha, 2.0
    return (
        square * (15.0 + square * (3.0 * square - 10.0)),
        alpha * (30.0 + square * (18.0 * square - 40.0)),
        30.0 + square * (90.0 * square - 120.0),
    )


@merged_kernel
def set_coefficients(window: Window, theta: Floats, scratch: Scratch) -> None:
    """Set the coefficients c of the cells, h and a of the terms, and their log-derivatives."""
    (
        cell_normsys,
        normsys_parameter,
        normsys_code,
        normsys_code4,
        cell_factors,
        factor_parameter,
        term_cell,
        term_kind,
        term_parameter,
    ) = (
        window.cell_normsys,
        window.normsys_parameter,
        window.normsys_code,
        window.normsys_code4,
        window.cell_factors,
        window.factor_parameter,
        window.term_cell,
        window.term_kind,
        window.term_parameter,
    )
    side, log_slope, log_bend, of_cell, of_normsys, shape, shape_slope, shape_bend, coefficient = (
        scratch.side,
        scratch.log_slope,
        scratch.log_bend,
        scratch.of_cell,
        scratch.of_normsys,
        scratch.shape,
        scratch.shape_slope,
        scratch.shape_bend,
        scratch.coefficient,
    )
    first = cell_normsys[0]
    for s in range(of_cell.size):
        product = 1.0
        for i in range(cell_normsys[s], cell_normsys[s + 1]):
            j = normsys_parameter[i]
            value, slope, bend = _normsys(normsys_code[i], normsys_code4[i], theta[j], side[j])
            product *= value
            relative = slope / value
            log_slope[i - first] = relative
            log_bend[i - first] = bend / value - relative * relative
        of_normsys[s] = product
        for m in range(cell_factors[s], cell_factors[s + 1]):
            product *= theta[factor_parameter[m]]
        of_cell[s] = product
    for k in range(shape.size):
        j = term_parameter[k]
        value, slope, bend = _shape(term_kind[k], theta[j], side[j])
        shape[k] = value
        shape_slope[k] = slope
        shape_bend[k] = bend
        coefficient[k] = value * of_cell[term_cell[k]]


@merged_kernel
def set_jacobian(window: Window, theta: Floats, scratch: Scratch) -> None:
    """Set dc/dtheta of the cells."""
    cell_normsys, normsys_parameter, cell_factors = (
        window.cell_normsys,
        window.normsys_parameter,
        window.cell_factors,
    )
    cell_jacobian, log_slope, of_cell, of_normsys = (
        scratch.cell_jacobian,
        scratch.log_slope,
        scratch.of_cell,
        scratch.of_normsys,
    )
    first = cell_normsys[0]
    factors = window.factor_parameter
    for s in range(of_cell.size):
        for j in range(theta.size):
            cell_jacobian[s, j] = 0.0
        value = of_cell[s]
        for i in range(cell_normsys[s], cell_normsys[s + 1]):
            j = normsys_parameter[i]
            cell_jacobian[s, j] += value * log_slope[i - first]
        m0, m1 = cell_factors[s], cell_factors[s + 1]
        for m in range(m0, m1):
            cell_jacobian[s, factors[m]] += _without(of_normsys[s], factors, theta, m0, m1, m, m)


@internal_kernel
def _without(
    start: float, factors: Integers, theta: Floats, m0: int, m1: int, m: int, other: int
) -> float:
    """Product of ``start`` and the factors ``m0`` to ``m1``, but for ``m`` and ``other``."""
    product = start
    for i in range(m0, m1):
        if i not in (m, other):
            product *= theta[factors[i]]
    return product


@merged_kernel
def add_second_derivatives(window: Window, theta: Floats, scratch: Scratch) -> None:
    """Add sum_k u_k d2a_k to the Hessian, u being the score of the terms."""
    term_cell, term_kind, term_parameter, cell_normsys, normsys_parameter, cell_factors = (
        window.term_cell,
        window.term_kind,
        window.term_parameter,
        window.cell_normsys,
        window.normsys_parameter,
        window.cell_factors,
    )
    (
        score,
        shape,
        shape_slope,
        shape_bend,
        log_slope,
        log_bend,
        of_cell,
        of_normsys,
        cell_jacobian,
    ) = (
        scratch.score,
        scratch.shape,
        scratch.shape_slope,
        scratch.shape_bend,
        scratch.log_slope,
        scratch.log_bend,
        scratch.of_cell,
        scratch.of_normsys,
        scratch.cell_jacobian,
    )
    first = cell_normsys[0]
    hessian, factors = scratch.hessian, window.factor_parameter
    k0 = 0
    for s in range(of_cell.size):
        k1 = k0
        weight = 0.0
        while k1 < scratch.coefficient.size and term_cell[k1] == s:
            weight += score[k1] * shape[k1]
            k1 += 1
        i0, i1 = cell_normsys[s], cell_normsys[s + 1]
        m0, m1 = cell_factors[s], cell_factors[s + 1]
        value = weight * of_cell[s]
        for i in range(i0, i1):
            j = normsys_parameter[i]
            slope = value * log_slope[i - first]
            hessian[j, j] += value * log_bend[i - first]
            for other in range(i0, i1):
                hessian[j, normsys_parameter[other]] += slope * log_slope[other - first]
        for m in range(m0, m1):
            j = factors[m]
            if i1 > i0:
                slope = weight * _without(of_normsys[s], factors, theta, m0, m1, m, m)
                for i in range(i0, i1):
                    mixed = slope * log_slope[i - first]
                    hessian[j, normsys_parameter[i]] += mixed
                    hessian[normsys_parameter[i], j] += mixed
            for other in range(m0, m1):
                if other != m:
                    hessian[j, factors[other]] += weight * _without(
                        of_normsys[s], factors, theta, m0, m1, m, other
                    )
        for k in range(k0, k1):
            if term_kind[k] == 0:
                continue
            j = term_parameter[k]
            slope = score[k] * shape_slope[k]
            for other in range(theta.size):
                mixed = slope * cell_jacobian[s, other]
                hessian[j, other] += mixed
                hessian[other, j] += mixed
            hessian[j, j] += score[k] * shape_bend[k] * of_cell[s]
        k0 = k1
