"""Events of somebody's model through the archived analysis: efficiency and candidates."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fourmu.archive import Archive
from fourmu.classifiers import passes, scores
from fourmu.couplings import CrossSectionTable
from fourmu.detector import simulate
from fourmu.generator import (
    PartonEvents,
    XSampler,
    cross_section,
    generate_x,
    prepare_x_sampler,
    radiate_fsr,
)
from fourmu.physics.models import Model
from fourmu.selection import Candidates, select
from fourmu.templates import GeneratedEvents, SignalModel, SignalSample, build_signal_model

__all__ = [
    "Analysed",
    "analyse",
    "cross_section_table",
    "simulated_masses",
    "simulated_signal_model",
]

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Analysed:
    """True pairs of signal events that pass the selection, and whether they pass the networks."""

    candidates: Candidates
    passed: BoolArray
    """(n, ranges)."""
    generated: GeneratedEvents


def analyse(
    archive: Archive, partons: PartonEvents, rng: np.random.Generator, *, fsr: bool
) -> Analysed:
    """Run signal events through detector, selection and networks of an archive.

    Parameters
    ----------
    archive
        The analysis.
    partons
        Events with the muons of X in third and fourth place.
    rng
        Of the detector.
    fsr
        Let the muons radiate first.
    """
    settings = archive.analysis
    if fsr:
        partons = radiate_fsr(partons, rng)
    events = simulate(partons, settings.detector, rng)
    candidates = select(events, settings.selection, settings.detector).candidates
    passed = passes(
        archive.working_points, scores(archive.networks, candidates), candidates.mass_gev
    )
    return Analysed(
        candidates=candidates,
        passed=passed,
        generated=GeneratedEvents(
            weight=float(partons.weight.sum()),
            weight_squared=float(np.square(partons.weight).sum()),
        ),
    )


def simulated_signal_model(
    archive: Archive,
    model: Model,
    *,
    events_per_mass: int,
    seed: int,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> SignalModel:
    """Shape and efficiency of a model, by the methods of the built-in ones.

    Parameters
    ----------
    archive
        The analysis; the masses are all those at which its own models were simulated.
    model
        Its couplings to muons.
    events_per_mass
        Events with ISR at each.
    seed
        Of all randomness; each mass has its own stream, so that threads change nothing.
    threads
        As many masses at a time; the number of processors if None.
    progress
        Called with the number of masses finished since the last call.
    """
    masses = simulated_masses(archive)
    settings = archive.analysis
    sampler = _sampler(archive, model, masses)
    # what the threads share is read before they start
    archive.networks, archive.working_points  # noqa: B018

    def one(place: int) -> Analysed:
        rng = np.random.default_rng((seed, place))
        partons = generate_x(
            model.couplings,
            masses[place],
            events_per_mass,
            rng,
            isr=True,
            sampler=sampler,
            process=model.name,
        )
        return analyse(archive, partons, rng, fsr=settings.signal_fsr)

    parts: list[Analysed] = []
    with ThreadPoolExecutor(threads or len(os.sched_getaffinity(0))) as pool:
        for part in pool.map(one, range(len(masses))):
            parts.append(part)
            if progress is not None:
                progress(1)
    return build_signal_model(
        model.name,
        [network.mlp_range for network in archive.networks],
        SignalSample(
            candidates=Candidates.concatenate([part.candidates for part in parts]),
            passed=np.concatenate([part.passed for part in parts]),
            generated={mass: part.generated for mass, part in zip(masses, parts, strict=True)},
        ),
        None,
        settings.signal_model,
        photon_loss=settings.photon_loss,
        mass_max_gev=settings.templates.mass_range_gev[1],
    )


def simulated_masses(archive: Archive) -> list[float]:
    """All masses at which a model of the archive was simulated, increasing."""
    masses: set[float] = set()
    for name in archive.index.models:
        for part in archive.signal_model(name).ranges:
            masses.update(float(mass) for mass in part.efficiency.mass_gev)
    return sorted(masses)


def _sampler(archive: Archive, model: Model, masses: Sequence[float]) -> XSampler:
    settings = archive.analysis
    return prepare_x_sampler(
        model.couplings,
        np.array(masses),
        isr=True,
        photons=settings.signal_photons,
        sqrt_s_gev=settings.generation.sqrt_s_gev,
        sqrt_s_spread_gev=settings.generation.sqrt_s_spread_gev,
        overweight=settings.generation.overweight_fraction,
    )


def cross_section_table(archive: Archive, model: Model) -> CrossSectionTable:
    """Cross sections of a model, Born and with ISR, at the masses of the archive's tables."""
    section, sqrt_s = archive.analysis.couplings, archive.analysis.generation.sqrt_s_gev
    masses = section.table_masses_gev
    found = {
        isr: [
            cross_section(
                model.couplings,
                mass,
                isr=isr,
                rel_error=section.table_rel_error,
                sqrt_s_gev=sqrt_s,
            )
            for mass in masses
        ]
        for isr in (False, True)
    }
    return CrossSectionTable(
        model=model.name,
        coupling=1.0,
        mass_gev=np.array(masses),
        xsec_born_fb=np.array([x.xsec_fb for x in found[False]]),
        xsec_born_error_fb=np.array([x.error_fb for x in found[False]]),
        xsec_isr_fb=np.array([x.xsec_fb for x in found[True]]),
        xsec_isr_error_fb=np.array([x.error_fb for x in found[True]]),
    )
