r"""The likelihood where every cell spans all bins: rates are sums of a few whole templates.

:math:`\lambda_i = \sum_k a_k(\theta) T_{ki}`, so that the bins enter the derivatives of the half
deviance f only through

.. math::
   u_k = \sum_i (1 - n_i/\lambda_i) T_{ki}, \qquad G_{kl} = \sum_i (n_i/\lambda_i^2) T_{ki} T_{li},

and with the chain rule :math:`\nabla f = J^T u`, :math:`H = J^T G J + \sum_k u_k \nabla^2 a_k`,
J being the Jacobian of a. Leaving out the second term of H gives the Gauss-Newton matrix, which
is positive semidefinite.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fourmu.physics.kernels import internal_summing_kernel, merged_kernel

from .window import Scratch, Window

__all__ = ["factorised_derivatives", "factorised_rates"]

Floats = NDArray[np.float64]


@internal_summing_kernel
def factorised_rates(coefficient: Floats, templates: Floats, rates: Floats) -> None:
    """Set the rates from the coefficients."""
    for i in range(rates.size):
        rates[i] = coefficient[0] * templates[0, i]
    for k in range(1, templates.shape[0]):
        for i in range(rates.size):
            rates[i] += coefficient[k] * templates[k, i]


@internal_summing_kernel
def _contract_bins(
    templates: Floats, residual: Floats, weight: Floats, score: Floats, gram: Floats
) -> None:
    """Set u and G from the residuals and weights of the bins."""
    terms, bins = templates.shape
    for k in range(terms):
        total = 0.0
        for i in range(bins):
            total += residual[i] * templates[k, i]
        score[k] = total
        for other in range(k + 1):
            total = 0.0
            for i in range(bins):
                total += weight[i] * templates[k, i] * templates[other, i]
            gram[k, other] = total
            gram[other, k] = total


@merged_kernel
def factorised_derivatives(window: Window, scratch: Scratch) -> None:
    """Set the gradient J^T u and the Gauss-Newton matrix J^T G J, and the score of the terms."""
    term_cell, term_parameter = window.term_cell, window.term_parameter
    shape, shape_slope, cell_jacobian, of_cell, gram, gradient = (
        scratch.shape,
        scratch.shape_slope,
        scratch.cell_jacobian,
        scratch.of_cell,
        scratch.gram,
        scratch.gradient,
    )
    _contract_bins(window.templates, scratch.residual, scratch.weight, scratch.score, gram)
    jacobian, product, hessian = scratch.jacobian, scratch.gram_jacobian, scratch.hessian
    terms, n = jacobian.shape
    for k in range(terms):
        s = term_cell[k]
        for j in range(n):
            jacobian[k, j] = shape[k] * cell_jacobian[s, j]
        j = term_parameter[k]
        jacobian[k, j] += shape_slope[k] * of_cell[s]
    for k in range(terms):
        for j in range(n):
            product[k, j] = 0.0
        for other in range(terms):
            g = gram[k, other]
            for j in range(n):
                product[k, j] += g * jacobian[other, j]
    for j in range(n):
        for other in range(n):
            hessian[j, other] = 0.0
        total = 0.0
        for k in range(terms):
            a = jacobian[k, j]
            if a != 0.0:
                total += a * scratch.score[k]
                for other in range(n):
                    hessian[j, other] += a * product[k, other]
        gradient[j] = total
