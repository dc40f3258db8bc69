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

from fourmu.physics.kernels import internal_kernel, internal_summing_kernel

from .window import Scratch, Window

__all__ = ["factorised_derivatives", "factorised_rates"]


@internal_summing_kernel
def factorised_rates(window: Window, scratch: Scratch) -> None:
    """Set the rates from the coefficients."""
    rates, templates = scratch.rates, window.templates
    for i in range(rates.size):
        rates[i] = scratch.coefficient[0] * templates[0, i]
    for k in range(1, templates.shape[0]):
        a = scratch.coefficient[k]
        for i in range(rates.size):
            rates[i] += a * templates[k, i]


@internal_summing_kernel
def _contract_bins(window: Window, scratch: Scratch) -> None:
    """Set u and G from the residuals and weights of the bins."""
    templates = window.templates
    terms, bins = templates.shape
    for k in range(terms):
        total = 0.0
        for i in range(bins):
            total += scratch.residual[i] * templates[k, i]
        scratch.score[k] = total
        for other in range(k + 1):
            total = 0.0
            for i in range(bins):
                total += scratch.weight[i] * templates[k, i] * templates[other, i]
            scratch.gram[k, other] = total
            scratch.gram[other, k] = total


@internal_kernel
def factorised_derivatives(window: Window, scratch: Scratch) -> None:
    """Set the gradient J^T u and the Gauss-Newton matrix J^T G J, and the score of the terms."""
    _contract_bins(window, scratch)
    jacobian, product, hessian = scratch.jacobian, scratch.gram_jacobian, scratch.hessian
    terms, n = jacobian.shape
    for k in range(terms):
        s = window.term_cell[k]
        for j in range(n):
            jacobian[k, j] = scratch.shape[k] * scratch.cell_jacobian[s, j]
        j = window.term_parameter[k]
        jacobian[k, j] += scratch.shape_slope[k] * scratch.of_cell[s]
    for k in range(terms):
        for j in range(n):
            product[k, j] = 0.0
        for other in range(terms):
            g = scratch.gram[k, other]
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
        scratch.gradient[j] = total
