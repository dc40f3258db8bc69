"""Bias of fitted yields: signals on bootstrapped background, and a wrong width (Sec. VI)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fourmu.config.inference import Inference
from fourmu.errors import ConsistencyError
from fourmu.physics.kinematics import FloatArray
from fourmu.templates import Template

from .values import Measured
from .yields import fit_yields, yield_batch

__all__ = [
    "BackgroundSample",
    "PullSummary",
    "bootstrapped_counts",
    "mean_bias",
    "overlaid_pulls",
    "summarise_pulls",
    "typical_pulls",
    "width_bias",
]

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class BackgroundSample:
    """Simulated background candidates that can be resampled event by event, shapes (n,).

    Attributes
    ----------
    event
        Number of the event.
    weight
        Events of the data per simulated event, the same for all candidates of an event.
    reduced_mass_gev
        M_R after the fit.
    passed
        (n, ranges) which networks a candidate passes.
    """

    event: npt.NDArray[np.int64]
    weight: FloatArray
    reduced_mass_gev: FloatArray
    passed: BoolArray


@dataclass(frozen=True, kw_only=True)
class PullSummary:
    """Pulls of fitted yields at one mass, or of many masses together.

    Attributes
    ----------
    mean, width
        Of (fitted - overlaid) / error.
    count
        Fits that have an error.
    failed
        Fits that did not converge, or whose best fit is stopped by an empty bin.
    """

    mean: Measured
    width: Measured
    count: int
    failed: int


def bootstrapped_counts(
    sample: BackgroundSample,
    templates: Sequence[Template],
    sets: int,
    rng: np.random.Generator,
) -> list[FloatArray]:
    """Fill windows with background resampled by event.

    Parameters
    ----------
    sample
        Simulated background, several times the luminosity of the data.
    templates
        The windows.
    sets
        Number of bootstrapped data sets; each is shared by all windows.
    rng
        Source of randomness.

    Returns
    -------
    counts
        Per window (sets, bins).

    Notes
    -----
    Each event is taken a Poisson number of times with its weight as mean, so the number of
    events fluctuates as that of data does.
    """
    events, place = np.unique(sample.event, return_inverse=True)
    weight = np.zeros(len(events))
    weight[place] = sample.weight
    order = np.argsort(sample.reduced_mass_gev)
    mass, owner = sample.reduced_mass_gev[order], place[order]
    members = []
    for template in templates:
        window = template.window
        low, high = window.bin_low, window.bin_high
        first, last = np.searchsorted(mass, (low[0], high[-1]))
        rows = np.arange(first, last)[sample.passed[order[first:last], window.mlp_range]]
        index = np.searchsorted(low, mass[rows], side="right") - 1
        inside = (index >= 0) & (mass[rows] < high[np.maximum(index, 0)])
        members.append((owner[rows[inside]], index[inside], len(low)))
    counts = [np.zeros((sets, bins)) for _, _, bins in members]
    for number in range(sets):
        times = rng.poisson(weight)
        for content, (owners, index, bins) in zip(counts, members, strict=True):
            content[number] = np.bincount(index, weights=times[owners], minlength=bins)
    return counts


def overlaid_pulls(
    templates: Sequence[Template],
    background: Sequence[FloatArray],
    signal: Sequence[FloatArray],
    settings: Inference,
    rng: np.random.Generator,
) -> tuple[list[FloatArray], FloatArray]:
    """Pulls of fits to signals that are overlaid on background.

    Parameters
    ----------
    templates
        Windows; their signals are the shapes that are fitted.
    background
        Per window (sets, bins), from :func:`bootstrapped_counts`.
    signal
        Per window M_R of simulated signal candidates of its mass, which are drawn from.
    settings
        Confidence level of the yield that is overlaid, and tolerances.
    rng
        Source of randomness.

    Returns
    -------
    pulls, overlaid
        Per window (sets,) pulls, NaN where there is none; and the mean overlaid yields (w,).

    Notes
    -----
    Overlaid is the yield that background of the expected size excludes (Sec. VI), as a Poisson
    number of candidates drawn from the simulation.
    """
    batch = yield_batch(templates)
    pulls, overlaid = [], np.empty(len(templates))
    for place, (template, counts, masses) in enumerate(
        zip(templates, background, signal, strict=True)
    ):
        window = template.window
        expected = template.background.sum(axis=0)[None]
        size = float(fit_yields(batch, place, expected, settings).expected_limit[0])
        overlaid[place] = size
        if not math.isfinite(size):
            pulls.append(np.full(len(counts), np.nan))
            continue
        index = np.searchsorted(window.bin_low, masses, side="right") - 1
        inside = (index >= 0) & (masses < window.bin_high[np.maximum(index, 0)])
        index = index[inside]
        if len(index) == 0:
            raise ConsistencyError("no simulated signal lies in its window", where=window.name)
        together = counts.copy()
        for row in together:
            drawn = rng.choice(index, rng.poisson(size))
            row += np.bincount(drawn, minlength=window.n_bins)
        fitted = fit_yields(batch, place, together, settings)
        pulls.append((fitted.events - size) / fitted.error)
    return pulls, overlaid


def summarise_pulls(pulls: FloatArray) -> PullSummary:
    """Mean and width of pulls, with errors.

    The error of the width follows from the fourth moment: pulls of few events are not Gaussian.
    """
    good = pulls[np.isfinite(pulls)]
    n = len(good)
    if n < 2:
        nothing = Measured(value=math.nan, error=math.nan)
        return PullSummary(mean=nothing, width=nothing, count=n, failed=len(pulls) - n)
    mean, width = float(good.mean()), float(good.std(ddof=1))
    kurtosis = float(np.mean((good - mean) ** 4)) / width**4
    return PullSummary(
        mean=Measured(value=mean, error=width / math.sqrt(n)),
        width=Measured(value=width, error=0.5 * width * math.sqrt(max(kurtosis - 1.0, 0.1) / n)),
        count=n,
        failed=len(pulls) - n,
    )


def typical_pulls(summaries: Sequence[PullSummary]) -> PullSummary:
    """Mean of the pulls of all masses, and mean of their widths at each mass.

    The simulated background is one sample, whose own fluctuations move the mean of a mass in all
    bootstrapped sets alike: the width of all pulls together would count them, too. The error of
    the mean is that from the spread over masses.
    """
    known = [s for s in summaries if math.isfinite(s.width.value)]
    if not known:
        nothing = Measured(value=math.nan, error=math.nan)
        failed = sum(s.count + s.failed for s in summaries)
        return PullSummary(mean=nothing, width=nothing, count=0, failed=failed)
    means = np.array([s.mean.value for s in known])
    widths = np.array([s.width.value for s in known])
    n = len(known)
    spread = float(np.std(means, ddof=1)) if n > 1 else math.nan
    return PullSummary(
        mean=Measured(value=float(np.mean(means)), error=spread / math.sqrt(n)),
        width=Measured(
            value=float(np.mean(widths)),
            error=math.sqrt(sum(s.width.error**2 for s in known)) / n,
        ),
        count=sum(s.count for s in summaries),
        failed=sum(s.failed for s in summaries),
    )


def width_bias(
    templates: Sequence[Template],
    wide: Sequence[FloatArray],
    settings: Inference,
    *,
    times: float = 1.0,
) -> FloatArray:
    """Fitted over true yield where the true signal is wider than the template.

    Parameters
    ----------
    templates
        Windows with the signal that is fitted.
    wide
        Per window (bins,) the true signal, on the scale of the template's.
    settings
        Confidence level of the yield, and tolerances.
    times
        True yield in units of the one that background of the expected size excludes.

    Returns
    -------
    ratio
        (w,) on Asimov data of expected background and this yield.
    """
    batch = yield_batch(templates)
    ratio = np.empty(len(templates))
    for place, (template, signal) in enumerate(zip(templates, wide, strict=True)):
        background = template.background.sum(axis=0)
        expected = fit_yields(batch, place, background[None], settings).expected_limit[0]
        size = times * float(expected)
        if not math.isfinite(size):
            ratio[place] = np.nan
            continue
        # yields are counted in the window of the fitted shape: what leaves it is lost
        data = background + size * signal / template.signal.sum()
        ratio[place] = float(fit_yields(batch, place, data[None], settings).events[0]) / size
    return ratio


def mean_bias(ratio: FloatArray) -> Measured:
    """Average bias of the yield over masses, and its spread."""
    good = ratio[np.isfinite(ratio)]
    if len(good) < 2:
        return Measured(value=math.nan, error=math.nan)
    return Measured(value=float(1.0 - good.mean()), error=float(good.std(ddof=1)))
