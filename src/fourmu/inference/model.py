r"""The likelihood of one window: rates, gradient, curvature.

With expected counts :math:`\lambda_i(\theta)`, observed ones n, and the constraints of the
parameters, the half deviance that is minimised is

.. math::
   f = \sum_i \left[\lambda_i - n_i + n_i \ln(n_i / \lambda_i)\right]
     + \tfrac{1}{2} \sum_{j\,\mathrm{Gaussian}} p_j (\theta_j - a_j)^2
     + \sum_{j\,\mathrm{Poisson}} \left[\tau_j\theta_j - a_j + a_j \ln(a_j/\tau_j\theta_j)\right],

which is zero for a perfect fit, so that differences keep their digits. The rates and their
derivatives come from the factorised form where the window allows it, else from the general one.

Sources: Cranmer et al., HistFactory, CERN-OPEN-2012-016, Eq. 2; Baker and Cousins, NIM 221
(1984) 437 for the deviance.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fourmu.physics.kernels import internal_kernel, internal_summing_kernel
from fourmu.statmodel.batch import FREE, GAUSSIAN, POISSON

from .cell_factors import add_second_derivatives, set_coefficients, set_jacobian
from .factorised_form import factorised_derivatives, factorised_rates
from .general_form import general_derivatives, general_rates
from .window import Scratch, Window, copy_into, scratch_for, window_of

__all__ = [
    "FEASIBLE",
    "FREE",
    "GAUSSIAN",
    "NEGATIVE_EMPTY",
    "NEGATIVE_FILLED",
    "POISSON",
    "Scratch",
    "Window",
    "constant_terms",
    "copy_into",
    "derivatives",
    "expected_auxiliary",
    "half_deviance",
    "scratch_for",
    "window_of",
]

Floats = NDArray[np.float64]

FEASIBLE, NEGATIVE_EMPTY, NEGATIVE_FILLED = 0, 1, 2
"""Whether all rates are allowed: not where an empty bin is negative, nor a filled one zero."""


@internal_kernel
def half_deviance(
    window: Window, counts: Floats, auxiliary: Floats, theta: Floats, scratch: Scratch
) -> tuple[float, int]:
    """Set the rates and return f with the feasibility of the rates.

    Parameters
    ----------
    window
        The model.
    counts, auxiliary
        The data it is compared with, shapes (B,) and (n,).
    theta
        Parameters, shape (n,).
    scratch
        Its ``rates`` and coefficients are set.

    Returns
    -------
    value
        f, infinity where a bin with counts has no rate.
    feasibility
        0 if all rates are allowed, 1 if an empty bin is negative, 2 if a filled one is not
        positive.
    """
    constraint, precision, rate_factor = window.constraint, window.precision, window.rate_factor
    set_coefficients(window, theta, scratch)
    if window.general != 0:
        general_rates(window, theta, scratch)
    else:
        factorised_rates(scratch.coefficient, window.templates, scratch.rates)
    value, feasibility = _poisson_part(counts, scratch.rates)
    if feasibility == NEGATIVE_FILLED:
        return np.inf, NEGATIVE_FILLED
    for j in range(theta.size):
        if constraint[j] == GAUSSIAN:
            pull = theta[j] - auxiliary[j]
            value += 0.5 * precision[j] * pull * pull
        elif constraint[j] == POISSON:
            n, rate = auxiliary[j], rate_factor[j] * theta[j]
            value += rate - n
            if n > 0.0:
                if rate <= 0.0:
                    return np.inf, NEGATIVE_FILLED
                value += n * math.log(n / rate)
    return value, feasibility


@internal_summing_kernel
def _poisson_part(counts: Floats, rates: Floats) -> tuple[float, int]:
    """Half deviance of the bins, and whether all rates are allowed."""
    value, feasibility = 0.0, FEASIBLE
    for i in range(rates.size):
        n, rate = counts[i], rates[i]
        value += rate - n
        if n > 0.0:
            if not rate > 0.0:
                return np.inf, NEGATIVE_FILLED
            value += n * math.log(n / rate)
        elif rate < 0.0:
            feasibility = NEGATIVE_EMPTY
    return value, feasibility


@internal_kernel
def derivatives(
    window: Window,
    counts: Floats,
    auxiliary: Floats,
    theta: Floats,
    exact: int,
    epsilon: float,
    scratch: Scratch,
) -> None:
    """Set gradient and curvature at the point of the last :func:`half_deviance`.

    Parameters
    ----------
    window, counts, auxiliary, theta
        As there.
    exact
        1 for the full Hessian, 0 for the Gauss-Newton matrix.
    epsilon
        Counts that stand for a logarithmic barrier in empty bins; if positive, weigh the bins
        with a positive ``scratch.dual`` (the empty ones) by dual / rate, as a primal-dual
        interior-point method does.
    scratch
        Its ``gradient`` and ``hessian`` are set.
    """
    constraint, precision, rate_factor = window.constraint, window.precision, window.rate_factor
    residual, weight, rates, dual, gradient, hessian = (
        scratch.residual,
        scratch.weight,
        scratch.rates,
        scratch.dual,
        scratch.gradient,
        scratch.hessian,
    )
    for i in range(counts.size):
        n, rate = counts[i], rates[i]
        if n > 0.0:
            ratio = n / rate
            residual[i] = 1.0 - ratio
            weight[i] = ratio / rate
        else:
            residual[i] = 1.0
            weight[i] = 0.0
    if epsilon > 0.0:
        for i in range(counts.size):
            if dual[i] > 0.0:
                weight[i] = dual[i] / rates[i]
    set_jacobian(window, theta, scratch)
    if window.general != 0:
        general_derivatives(window, theta, exact, scratch)
    else:
        factorised_derivatives(window, scratch)
    if exact != 0:
        add_second_derivatives(window, theta, scratch)
    for j in range(theta.size):
        if constraint[j] == GAUSSIAN:
            gradient[j] += precision[j] * (theta[j] - auxiliary[j])
            hessian[j, j] += precision[j]
        elif constraint[j] == POISSON:
            gradient[j] += rate_factor[j]
            if auxiliary[j] > 0.0:
                ratio = auxiliary[j] / theta[j]
                gradient[j] -= ratio
                hessian[j, j] += ratio / theta[j]


@internal_kernel
def expected_auxiliary(window: Window, theta: Floats, auxiliary: Floats) -> None:
    """Set the auxiliary data that the parameters predict (of the Asimov data set)."""
    for j in range(theta.size):
        auxiliary[j] = theta[j]
        if window.constraint[j] == POISSON:
            auxiliary[j] *= window.rate_factor[j]


@internal_kernel
def constant_terms(window: Window) -> float:
    """Return what pyhf's -2 ln L has beyond 2 f: the saturated likelihood of the data."""
    total = 0.0
    for n in window.observed:
        total += _saturated(n)
    for j in range(window.constraint.size):
        if window.constraint[j] == GAUSSIAN:
            total += math.log(2.0 * math.pi / window.precision[j])
        elif window.constraint[j] == POISSON:
            total += _saturated(window.auxiliary[j])
    return total


@internal_kernel
def _saturated(n: float) -> float:
    """-2 ln of the Poisson probability of n counts where n are expected."""
    if n > 0.0:
        return 2.0 * (math.lgamma(n + 1.0) + n - n * math.log(n))
    return 0.0
