"""Kinematic fit and mass resolution (Secs. IV E and V)."""

from __future__ import annotations

from functools import lru_cache, partial

import numpy as np

from fourmu.detector import simulate
from fourmu.generator import generate_x
from fourmu.physics.kinematics import reduced_mass
from fourmu.physics.models import MODELS
from fourmu.selection import Candidates, half_smallest_interval, select

from .claims import no_number, span, value
from .found import Found, NotMeasured, number, numbers
from .groups import Group
from .row import Row
from .run import Run

__all__ = ["RESOLUTION"]

# a quantile interval of a Gaussian has 1.3 times the error of its width, sigma/sqrt(2 n)
_QUANTILE_ERROR = 1.3


def _below_one(run: Run) -> Found:
    """Smallest and largest smoothed sigma(M_R) below 1 GeV."""
    sigma = 1e3 * run.products.training.resolution(np.linspace(0.212, 1.0, 200))
    return numbers(float(sigma.min()), float(sigma.max()))


def _smoothed(mass_gev: float, run: Run) -> Found:
    resolution = run.products.training.resolution
    nearest = int(np.argmin(np.abs(resolution.mass_gev - mass_gev)))
    sigma = float(resolution(np.array([mass_gev]))[0])
    return number(1e3 * sigma, 1e3 * float(resolution.error_gev[nearest]))


def _measured(mass_gev: float, column: str, run: Run) -> Found:
    """Width of M_R of true pairs without radiation or spread of sqrt(s)."""
    found = _without_spread(run, mass_gev)
    shift = np.asarray(getattr(found, column)) - reduced_mass(found.x_mass_gev)
    if len(shift) < 10:
        raise NotMeasured("too few candidates")
    width = 1e3 * half_smallest_interval(shift)
    return number(width, _QUANTILE_ERROR * width / np.sqrt(2.0 * len(shift)))


@lru_cache(maxsize=8)
def _without_spread(run: Run, mass_gev: float) -> Candidates:
    """True pairs of a Z' at a fixed energy of the collision, as in independent events."""
    analysis = run.analysis
    rng = run.rng("resolution", str(mass_gev))
    events = generate_x(
        MODELS["zprime"].couplings,
        mass_gev,
        analysis.report.signal_events,
        rng,
        isr=False,
        sqrt_s_gev=analysis.generation.sqrt_s_gev,
    )
    measured = simulate(events, analysis.detector, rng)
    candidates = select(measured, analysis.selection, analysis.detector).candidates
    return candidates.take(candidates.is_true_pair & candidates.fit_converged)


def _chi2(run: Run) -> Found:
    chi2 = _without_spread(run, 3.0).chi2
    if len(chi2) < 10:
        raise NotMeasured("too few candidates")
    return number(float(chi2.mean()), float(chi2.std() / np.sqrt(len(chi2))))


# mass, sigma(M_R) in MeV before and after the kinematic fit, of independent Z' events
_FITTED = ((1.0, "2.9", "2.3"), (3.0, "7.9", "3.9"), (6.0, "17.8", "5.0"))

RESOLUTION = Group(
    name="resolution",
    title="Kinematic fit and resolution (Secs. IV E, V)",
    cost=5.0,
    rows=(
        Row(
            id="resolution.below_1",
            quantity="sigma(M_R) for masses below 1 GeV, smallest and largest",
            source="Sec. V",
            unit="MeV",
            claim=span("2", "2.5"),
            measure=_below_one,
        ),
        *(
            Row(
                id=f"resolution.at_{mass:g}",
                quantity=f"sigma(M_R) at {mass:g} GeV",
                source="Sec. V",
                unit="MeV",
                claim=value(sigma, about=mass == 5.0),
                measure=partial(_smoothed, mass),
            )
            for mass, sigma in ((5.0, "5"), (9.0, "2.5"))
        ),
        *(
            Row(
                id=f"resolution.{state}_{mass:g}",
                quantity=f"width of M_R of a Z' of {mass:g} GeV without ISR or spread of sqrt(s), "
                f"{when} the kinematic fit",
                source="notes 3",
                unit="MeV",
                claim=value(width),
                measure=partial(_measured, mass, column),
            )
            for mass, before, after in _FITTED
            for state, when, width, column in (
                ("prefit", "before", before, "reduced_mass_prefit_gev"),
                ("postfit", "after", after, "reduced_mass_gev"),
            )
        ),
        Row(
            id="resolution.postfit_9",
            quantity="width of M_R of a Z' of 9 GeV without ISR or spread of sqrt(s), after the "
            "kinematic fit",
            source="notes 3",
            unit="MeV",
            claim=no_number(),
            measure=partial(_measured, 9.0, "reduced_mass_gev"),
        ),
        Row(
            id="resolution.chi2",
            quantity="mean chi2 of the kinematic fit, four constraints (the same Z' of 3 GeV)",
            source="notes 5",
            claim=value("4"),
            measure=_chi2,
        ),
    ),
)
