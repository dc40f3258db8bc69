r"""Pseudo-experiments of one window, shared by all tested values of mu.

The p-values of a tested mu are probabilities under two hypotheses: the conditional fits to the
observed data at mu (signal plus background) and at zero (background). Instead of throwing toys
for each of them alone, toys are drawn from all hypotheses of the window and every toy is used for
every one of them, with the weight

.. math::
   w_h(x) = \frac{p(x|h)}{\sum_c N_c \, p(x|c)},

where :math:`N_c` toys come from component c. Sums of weights estimate probabilities under h
without bias, as plain fractions do, because the density of a toy is known: that of Poisson counts
and of the auxiliary measurements. A weight is at most :math:`1/N_h`, so that this can hardly be
worse than the toys of h alone; it is much better where CLs+b is small, since outcomes that are
typical of background count with a small weight, instead of one count in hundreds of toys. One
more component, with a negative signal, makes downward fluctuations common.

Sources: Veach and Guibas, SIGGRAPH 95, 419 (the balance heuristic); Hesterberg, Technometrics 37
(1995) 185 (defensive mixtures); Owen and Zhou, J. Am. Stat. Assoc. 95 (2000) 135.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fourmu.config.inference import Inference
from fourmu.errors import ConvergenceError
from fourmu.statmodel.batch import GAUSSIAN, POISSON, Batch

from .pseudo_data import WindowData, draw_pseudo_data
from .toy_tests import room_for, test_data_sets

__all__ = ["BACKGROUND", "DEFICIT", "SIGNAL", "Hypotheses", "Sample", "draw_sample", "hypotheses"]

Floats = NDArray[np.float64]

DEFICIT, BACKGROUND, SIGNAL = 0, 1, 2
"""Components: a negative signal, none, and from here on the tested values."""

_DEFICITS = 1.2 * np.array([1.0, 0.7, 0.5, 0.35, 0.25, 0.18])  # of the median expected limit
_LEAST_RATE = 0.2  # of the background's that a negative signal must leave in every bin
_NUMBERS_AT_ONCE = 1_000_000
_TINY = 1e-300


@dataclass(frozen=True, kw_only=True)
class Hypotheses:
    """Conditional fits of one window to the observed data; C components, K tested values.

    Attributes
    ----------
    data
        The window.
    values
        Tested values of mu, increasing, shape (K,).
    q_observed
        q~_mu of the observed data at them, shape (K,).
    parameters, rates
        The components' parameters, shape (C, n), and expected counts, shape (C, B), C = K + 2:
        a negative signal, no signal, the tested values.
    has_deficit
        Whether there is a negative signal that leaves all rates positive; if not its entries are
        those without signal and no toys are drawn there.
    """

    data: WindowData
    values: Floats
    q_observed: Floats
    parameters: Floats
    rates: Floats
    has_deficit: bool


@dataclass(frozen=True, kw_only=True)
class Sample:
    """N toys of one window, tested at K values, from C components.

    Attributes
    ----------
    q
        q~_mu of the toys, shape (N, K).
    log_density
        Logarithm of their density under each component up to a constant of the toy, (N, C).
    component
        Where each comes from, shape (N,).
    failed
        Toys of which a fit did not converge; they are not in the arrays.
    """

    q: Floats
    log_density: Floats
    component: NDArray[np.int64]
    failed: int

    def __len__(self) -> int:
        return self.component.size

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Number of toys by component, shape (C,)."""
        return np.bincount(self.component, minlength=self.log_density.shape[1])

    def densities(self) -> Floats:
        """Weights of the toys under each component, shape (N, C); they add to about one."""
        relative = np.exp(self.log_density - self.log_density.max(axis=1, keepdims=True))
        mixture = (relative * self.sizes).sum(axis=1)
        weights: Floats = relative / mixture[:, None]
        return weights

    def joined(self, other: Sample) -> Sample:
        """Return both samples as one."""
        return Sample(
            q=np.concatenate([self.q, other.q]),
            log_density=np.concatenate([self.log_density, other.log_density]),
            component=np.concatenate([self.component, other.component]),
            failed=self.failed + other.failed,
        )


def hypotheses(
    batch: Batch,
    data: WindowData,
    values: Floats,
    start: Floats,
    scale: float,
    settings: Inference,
) -> Hypotheses:
    """Fit the observed data at the tested values of mu.

    Parameters
    ----------
    batch, data
        The batch and the window in it.
    values
        Tested values of mu, increasing, positive, shape (K,).
    start
        Parameters of the background-only fit, shape (n,).
    scale
        Of mu, the median expected limit, which sizes the negative signal.
    settings
        Tolerances.

    Raises
    ------
    ConvergenceError
        A fit did not converge.
    """
    tested = np.concatenate([-scale * _DEFICITS, [0.0], values])
    first = _DEFICITS.size
    found = room_for(1, tested.size, data.observed.size, start.size, conditional=True)
    test_data_sets(
        batch.tables,
        data.place,
        data.observed[None],
        data.auxiliary[None],
        start,
        tested,
        0.0,
        settings.nll_tolerance,
        settings.max_iterations,
        found,
    )
    rates, parameters = found.rates[0], found.parameters[0]
    if not np.isfinite(rates[first:]).all() or not np.isfinite(found.q[0, first:]).all():
        raise ConvergenceError("a fit at a tested value did not converge")
    allowed = (rates[:first] > _LEAST_RATE * rates[first]).all(axis=1)
    allowed &= np.isfinite(rates[:first]).all(axis=1)
    chosen = int(np.argmax(allowed)) if allowed.any() else first
    places = [chosen, *range(first, tested.size)]
    return Hypotheses(
        data=data,
        values=values,
        q_observed=found.q[0, first + 1 :],
        parameters=parameters[places],
        rates=rates[places],
        has_deficit=bool(allowed.any()),
    )


def draw_sample(
    batch: Batch,
    given: Hypotheses,
    sizes: NDArray[np.int64],
    rng: np.random.Generator,
    settings: Inference,
) -> Sample:
    """Draw toys and test them.

    Parameters
    ----------
    batch
        The batch of the window.
    given
        The hypotheses.
    sizes
        Number of toys by component, shape (C,).
    rng
        Source of random numbers.
    settings
        Tolerances.
    """
    data, values = given.data, given.values
    at_once = max(1, _NUMBERS_AT_ONCE // (data.observed.size + data.auxiliary.size))
    tests, densities, components = [], [], []
    for component, size in enumerate(sizes):
        parameters, rates = given.parameters[component], given.rates[component]
        start = given.parameters[max(component, BACKGROUND)]
        for done in range(0, int(size), at_once):
            number = min(at_once, int(size) - done)
            counts, auxiliary = draw_pseudo_data(rng, data, rates, parameters, number)
            found = room_for(number, values.size, rates.size, start.size, conditional=False)
            test_data_sets(
                batch.tables,
                data.place,
                counts,
                auxiliary,
                start,
                values,
                0.0,
                settings.toys_nll_tolerance,
                settings.max_iterations,
                found,
            )
            tests.append(found.q)
            densities.append(_log_densities(given, counts, auxiliary))
            components.append(np.full(number, component))
    q = np.concatenate(tests)
    good = np.isfinite(q).all(axis=1)
    return Sample(
        q=q[good],
        log_density=np.concatenate(densities)[good],
        component=np.concatenate(components)[good],
        failed=int((~good).sum()),
    )


def _log_densities(given: Hypotheses, counts: Floats, auxiliary: Floats) -> Floats:
    """Logarithm of p under each component, without the terms that are common, shape (T, C).

    ``einsum`` here does not call BLAS, whose sums may depend on its threads.
    """
    data, rates, parameters = given.data, given.rates, given.parameters
    total = np.einsum("tb,cb->tc", counts, np.log(np.maximum(rates, _TINY)))
    total -= rates.sum(axis=1)
    gaussian = (data.constraint == GAUSSIAN) & ~data.fixed
    pull = auxiliary[:, None, gaussian] - parameters[None, :, gaussian]
    total -= 0.5 * (pull * pull * data.precision[gaussian]).sum(axis=2)
    poisson = (data.constraint == POISSON) & ~data.fixed
    if poisson.any():
        mean = data.rate_factor[poisson] * parameters[:, poisson]
        total += np.einsum("tj,cj->tc", auxiliary[:, poisson], np.log(np.maximum(mean, _TINY)))
        total -= mean.sum(axis=1)
    log_density: Floats = total
    return log_density
