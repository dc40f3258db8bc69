r"""The likelihood of one window: rates, gradient, curvature.

With samples s, templates k and parameters theta the expected counts of bin i are

.. math::
   \lambda_i = \sum_k a_k(\theta) T_{ki}, \qquad a_k = h_k(\theta) c_{s(k)}(\theta),

where c_s is the product of the sample's normfactors and of its ``normsys`` factors (code 4)
and h_k is 1 for a nominal template, alpha or g(alpha) for the two templates of a ``histosys``
(code 4p, which is linear in them). The half deviance that is minimised,

.. math::
   f = \sum_i \left[\lambda_i - n_i + n_i \ln(n_i / \lambda_i)\right]
     + \tfrac{1}{2} \sum_j p_j (\theta_j - \theta^{aux}_j)^2,

is zero for a perfect fit, so that differences keep their digits. The bins enter its derivatives
only through

.. math::
   u_k = \sum_i (1 - n_i/\lambda_i) T_{ki}, \qquad G_{kl} = \sum_i (n_i/\lambda_i^2) T_{ki} T_{li},

and with the chain rule :math:`\nabla f = J^T u`, :math:`H = J^T G J + \sum_k u_k \nabla^2 a_k`
plus the constraints, J being the Jacobian of a. Leaving out the second term of H gives the
Gauss-Newton matrix, which is positive semidefinite.

Sources: Cranmer et al., HistFactory, CERN-OPEN-2012-016, Eq. 2; Baker and Cousins, NIM 221
(1984) 437 for the deviance.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fourmu.physics.kernels import internal_kernel, internal_summing_kernel
from fourmu.statmodel.batch import Tables

__all__ = [
    "Scratch",
    "Window",
    "constant_terms",
    "copy_into",
    "derivatives",
    "half_deviance",
    "scratch_for",
    "window_of",
]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

FEASIBLE, NEGATIVE_EMPTY, NEGATIVE_FILLED = 0, 1, 2
"""Whether all rates are allowed: not where an empty bin is negative, nor a filled one zero."""


class Window(NamedTuple):
    """The entries of one window in the tables of a batch; see :class:`Tables`."""

    observed: Floats
    templates: Floats
    term_sample: Integers
    term_kind: Integers
    term_parameter: Integers
    sample_factors: Integers
    factor_parameter: Integers
    sample_normsys: Integers
    normsys_parameter: Integers
    normsys_code4: Floats
    init: Floats
    lower: Floats
    upper: Floats
    constraint: Integers
    auxiliary: Floats
    precision: Floats
    rate_factor: Floats
    fixed: Flags
    poi: int


class Scratch(NamedTuple):
    """Working memory of the fits of one window: B bins, K terms, S samples, n parameters."""

    rates: Floats
    residual: Floats
    weight: Floats
    counts: Floats
    dual: Floats
    coefficient: Floats
    of_sample: Floats
    of_normsys: Floats
    shape: Floats
    shape_slope: Floats
    shape_bend: Floats
    log_slope: Floats
    log_bend: Floats
    score: Floats
    gram: Floats
    sample_jacobian: Floats
    jacobian: Floats
    gram_jacobian: Floats
    gradient: Floats
    hessian: Floats
    cholesky: Floats
    right: Floats
    step: Floats
    trial: Floats
    low: Floats
    high: Floats
    tangent: Floats
    state: Integers
    free: Integers


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
    s0, s1 = tables.sample_start[w], tables.sample_start[w + 1]
    t0, t1 = tables.template_start[w], tables.template_start[w + 1]
    return Window(
        tables.observed[b0:b1],
        tables.templates[t0:t1].reshape((k1 - k0, b1 - b0)),
        tables.term_sample[k0:k1],
        tables.term_kind[k0:k1],
        tables.term_parameter[k0:k1],
        tables.sample_factors[s0 : s1 + 1],
        tables.factor_parameter,
        tables.sample_normsys[s0 : s1 + 1],
        tables.normsys_parameter,
        tables.normsys_code4,
        tables.init[p0:p1],
        tables.lower[p0:p1],
        tables.upper[p0:p1],
        tables.constraint[p0:p1],
        tables.auxiliary[p0:p1],
        tables.precision[p0:p1],
        tables.rate_factor[p0:p1],
        tables.fixed[p0:p1],
        tables.poi[w],
    )


@internal_kernel
def scratch_for(window: Window) -> Scratch:
    """Allocate the working memory of a window."""
    terms, bins = window.templates.shape
    n = window.init.size
    samples = window.sample_factors.size - 1
    systematics = window.sample_normsys[-1] - window.sample_normsys[0]
    return Scratch(
        np.empty(bins),
        np.empty(bins),
        np.empty(bins),
        np.empty(bins),
        np.zeros(bins),
        np.empty(terms),
        np.empty(samples),
        np.empty(samples),
        np.empty(terms),
        np.empty(terms),
        np.empty(terms),
        np.empty(systematics),
        np.empty(systematics),
        np.empty(terms),
        np.empty((terms, terms)),
        np.empty((samples, n)),
        np.empty((terms, n)),
        np.empty((terms, n)),
        np.empty(n),
        np.empty((n, n)),
        np.empty((n, n)),
        np.empty(n),
        np.empty(n),
        np.empty(n),
        np.empty(n),
        np.empty(n),
        np.zeros(n),
        np.empty(n, dtype=np.int64),
        np.empty(n, dtype=np.int64),
    )


@internal_kernel
def _code4(code4: Floats, alpha: float) -> tuple[float, float, float]:
    """Value, slope and curvature of a normsys factor."""
    if alpha >= 1.0:
        log_hi = code4[0]
        value = math.exp(alpha * log_hi)
        return value, value * log_hi, value * log_hi * log_hi
    if alpha <= -1.0:
        log_lo = code4[1]
        value = math.exp(-alpha * log_lo)
        return value, -value * log_lo, value * log_lo * log_lo
    value, slope, bend = 0.0, 0.0, 0.0
    for i in range(6, 0, -1):  # Horner's scheme for a polynomial and its derivatives
        bend = bend * alpha + 2.0 * slope
        slope = slope * alpha + value
        value = value * alpha + code4[i + 1]
    bend = bend * alpha + 2.0 * slope
    slope = slope * alpha + value
    value = value * alpha + 1.0
    return value, slope, bend


@internal_kernel
def _shape(kind: int, alpha: float) -> tuple[float, float, float]:
    """Value, slope and curvature of what a histosys multiplies one of its templates by."""
    if kind == 0:
        return 1.0, 0.0, 0.0
    if kind == 1:
        return alpha, 1.0, 0.0
    if alpha > 1.0:
        return 8.0 * alpha, 8.0, 0.0
    if alpha < -1.0:
        return -8.0 * alpha, -8.0, 0.0
    square = alpha * alpha
    return (
        square * (15.0 + square * (3.0 * square - 10.0)),
        alpha * (30.0 + square * (18.0 * square - 40.0)),
        30.0 + square * (90.0 * square - 120.0),
    )


@internal_kernel
def _coefficients(window: Window, theta: Floats, scratch: Scratch) -> None:
    """Set the coefficients c of the samples, h and a of the terms, and their log-derivatives."""
    first = window.sample_normsys[0]
    for s in range(scratch.of_sample.size):
        product = 1.0
        for i in range(window.sample_normsys[s], window.sample_normsys[s + 1]):
            value, slope, bend = _code4(window.normsys_code4[i], theta[window.normsys_parameter[i]])
            product *= value
            log_slope = slope / value
            scratch.log_slope[i - first] = log_slope
            scratch.log_bend[i - first] = bend / value - log_slope * log_slope
        scratch.of_normsys[s] = product
        for m in range(window.sample_factors[s], window.sample_factors[s + 1]):
            product *= theta[window.factor_parameter[m]]
        scratch.of_sample[s] = product
    for k in range(scratch.shape.size):
        value, slope, bend = _shape(window.term_kind[k], theta[window.term_parameter[k]])
        scratch.shape[k] = value
        scratch.shape_slope[k] = slope
        scratch.shape_bend[k] = bend
        scratch.coefficient[k] = value * scratch.of_sample[window.term_sample[k]]


@internal_summing_kernel
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
    _coefficients(window, theta, scratch)
    rates, templates = scratch.rates, window.templates
    for i in range(rates.size):
        rates[i] = scratch.coefficient[0] * templates[0, i]
    for k in range(1, templates.shape[0]):
        a = scratch.coefficient[k]
        for i in range(rates.size):
            rates[i] += a * templates[k, i]
    value, feasibility = 0.0, FEASIBLE
    for i in range(rates.size):
        n, rate = counts[i], rates[i]
        value += rate - n
        if n > 0.0:
            if rate <= 0.0:
                return np.inf, NEGATIVE_FILLED
            value += n * math.log(n / rate)
        elif rate < 0.0:
            feasibility = NEGATIVE_EMPTY
    for j in range(theta.size):
        pull = theta[j] - auxiliary[j]
        value += 0.5 * window.precision[j] * pull * pull
    return value, feasibility


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
def _set_jacobian(window: Window, theta: Floats, scratch: Scratch) -> None:
    """Set dc/dtheta of the samples and da/dtheta of the terms."""
    first = window.sample_normsys[0]
    for s in range(scratch.of_sample.size):
        for j in range(theta.size):
            scratch.sample_jacobian[s, j] = 0.0
    for s in range(scratch.of_sample.size):
        value = scratch.of_sample[s]
        for i in range(window.sample_normsys[s], window.sample_normsys[s + 1]):
            j = window.normsys_parameter[i]
            scratch.sample_jacobian[s, j] += value * scratch.log_slope[i - first]
        for m in range(window.sample_factors[s], window.sample_factors[s + 1]):
            j = window.factor_parameter[m]
            scratch.sample_jacobian[s, j] += _without(window, theta, s, m, m, scratch)
    for k in range(scratch.coefficient.size):
        s = window.term_sample[k]
        for j in range(theta.size):
            scratch.jacobian[k, j] = scratch.shape[k] * scratch.sample_jacobian[s, j]
        j = window.term_parameter[k]
        scratch.jacobian[k, j] += scratch.shape_slope[k] * scratch.of_sample[s]


@internal_kernel
def _without(window: Window, theta: Floats, s: int, m: int, other: int, scratch: Scratch) -> float:
    """Coefficient of sample ``s`` without its normfactors ``m`` and ``other``."""
    product: float = scratch.of_normsys[s]
    for i in range(window.sample_factors[s], window.sample_factors[s + 1]):
        if i not in (m, other):
            product *= theta[window.factor_parameter[i]]
    return product


@internal_kernel
def _add_second_derivatives(window: Window, theta: Floats, scratch: Scratch) -> None:
    """Add sum_k u_k d2a_k to the Hessian."""
    first = window.sample_normsys[0]
    hessian = scratch.hessian
    for s in range(scratch.of_sample.size):
        weight = 0.0
        for k in range(scratch.coefficient.size):
            if window.term_sample[k] == s:
                weight += scratch.score[k] * scratch.shape[k]
        i0, i1 = window.sample_normsys[s], window.sample_normsys[s + 1]
        m0, m1 = window.sample_factors[s], window.sample_factors[s + 1]
        value = weight * scratch.of_sample[s]
        for i in range(i0, i1):
            j = window.normsys_parameter[i]
            slope = value * scratch.log_slope[i - first]
            hessian[j, j] += value * scratch.log_bend[i - first]
            for other in range(i0, i1):
                hessian[j, window.normsys_parameter[other]] += (
                    slope * scratch.log_slope[other - first]
                )
        for m in range(m0, m1):
            j = window.factor_parameter[m]
            if i1 > i0:
                slope = weight * _without(window, theta, s, m, m, scratch)
                for i in range(i0, i1):
                    mixed = slope * scratch.log_slope[i - first]
                    hessian[j, window.normsys_parameter[i]] += mixed
                    hessian[window.normsys_parameter[i], j] += mixed
            for other in range(m0, m1):
                if other != m:
                    hessian[j, window.factor_parameter[other]] += weight * _without(
                        window, theta, s, m, other, scratch
                    )
    for k in range(scratch.coefficient.size):
        if window.term_kind[k] == 0:
            continue
        s, j = window.term_sample[k], window.term_parameter[k]
        slope = scratch.score[k] * scratch.shape_slope[k]
        for other in range(theta.size):
            mixed = slope * scratch.sample_jacobian[s, other]
            hessian[j, other] += mixed
            hessian[other, j] += mixed
        hessian[j, j] += scratch.score[k] * scratch.shape_bend[k] * scratch.of_sample[s]


@internal_kernel
def _project(window: Window, scratch: Scratch) -> None:
    """Set the Gauss-Newton matrix J^T G J plus the constraints."""
    jacobian, product, hessian = scratch.jacobian, scratch.gram_jacobian, scratch.hessian
    terms, n = jacobian.shape
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
        for k in range(terms):
            a = jacobian[k, j]
            if a != 0.0:
                for other in range(n):
                    hessian[j, other] += a * product[k, other]
        hessian[j, j] += window.precision[j]


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
    for i in range(counts.size):
        n, rate = counts[i], scratch.rates[i]
        if n > 0.0:
            ratio = n / rate
            scratch.residual[i] = 1.0 - ratio
            scratch.weight[i] = ratio / rate
        else:
            scratch.residual[i] = 1.0
            scratch.weight[i] = 0.0
    if epsilon > 0.0:
        for i in range(counts.size):
            if scratch.dual[i] > 0.0:
                scratch.weight[i] = scratch.dual[i] / scratch.rates[i]
    _contract_bins(window, scratch)
    _set_jacobian(window, theta, scratch)
    _project(window, scratch)
    if exact != 0:
        _add_second_derivatives(window, theta, scratch)
    for j in range(theta.size):
        total = window.precision[j] * (theta[j] - auxiliary[j])
        for k in range(scratch.score.size):
            total += scratch.jacobian[k, j] * scratch.score[k]
        scratch.gradient[j] = total


@internal_kernel
def constant_terms(window: Window) -> float:
    """Return what pyhf's -2 ln L has beyond 2 f: the saturated likelihood of the data."""
    total = 0.0
    for n in window.observed:
        if n > 0.0:
            total += 2.0 * (math.lgamma(n + 1.0) + n - n * math.log(n))
    for precision in window.precision:
        if precision > 0.0:
            total += math.log(2.0 * math.pi / precision)
    return total
