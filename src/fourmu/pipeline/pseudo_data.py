"""Pseudo-data: every process with what simulation lacks, mixed without truth (PHYSICS 2)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import numpy as np

from fourmu.config import Analysis, DetectorDifferences
from fourmu.config.detector import Detector
from fourmu.detector import Events, simulate
from fourmu.errors import ConfigError
from fourmu.generator import PartonEvents, generate_x, luminosities_needed, resonant_events
from fourmu.physics.models import MODELS
from fourmu.physics.resonances import resonance_by_name

from .processes import final_state, process_events, x_sampler
from .samples import EE_MUMU, FOUR_MUON, PSEUDO_DATA
from .sealed import sealed_injections

__all__ = ["data_detector", "pseudo_data_events", "pseudo_data_samples"]

_CONTINUUM_EVENTS = 20_000
"""Events from which pairs are taken, at least: fewer may have none at the mass of a resonance."""
_SCATTERED_RESONANCES = ("jpsi", "psi2s")
"""Resonances that are put into e e mu mu, too: the control sample of the resolution (Sec. V)."""


def data_detector(detector: Detector, differences: DetectorDifferences) -> Detector:
    """Detector of the pseudo-data.

    Parameters
    ----------
    detector
        As it is simulated.
    differences
        What is different in the pseudo-data.
    """
    values = detector.model_dump()

    def scaled(name: str, factor: float) -> tuple[float, ...]:
        return tuple(min(factor * value, 1.0) for value in values[name])

    values |= {
        "resolution_scale": differences.resolution_scale * detector.resolution_scale,
        "three_track_pt_half_gev": max(
            detector.three_track_pt_half_gev + differences.three_track_pt_half_shift_gev, 0.0
        ),
        "single_muon_efficiency": scaled("single_muon_efficiency", differences.single_muon_scale),
        "muon_id_efficiency": scaled("muon_id_efficiency", differences.muon_id_scale),
        "background_photons_mean": (
            differences.background_photons_scale * detector.background_photons_mean
        ),
    }
    return Detector.model_validate(values)


def pseudo_data_samples(analysis: Analysis) -> tuple[str, ...]:
    """Processes in the pseudo-data, four muons first."""
    samples = analysis.samples
    others = [name for name, multiple in samples.backgrounds if multiple > 0]
    return (FOUR_MUON, *(others if samples.pseudo_data.backgrounds else ()))


def pseudo_data_events(
    analysis: Analysis,
    xsec_fb: Mapping[str, float],
    rng: np.random.Generator,
    *,
    luminosity_ifb: float | None = None,
    signal_photons: Literal["collinear", "angular"] = "angular",
) -> Events:
    """Draw one set of pseudo-data: integer unit-weight events for a luminosity.

    Parameters
    ----------
    analysis
        The configuration: switches, sizes and signals are those of ``samples.pseudo_data``.
    xsec_fb
        Cross sections by process, at the level (ISR or not) of the pseudo-data; processes that
        are not in it are left out.
    rng
        Draws the numbers of events, the events and the response.
    luminosity_ifb
        Luminosity of this set; that of the data if none is given.
    signal_photons
        ISR photons of injected signals; collinear ones are for closure tests alone.

    Raises
    ------
    ConfigError
        The luminosity gives no events.
    """
    settings = analysis.samples.pseudo_data
    luminosity = analysis.samples.luminosity_ifb if luminosity_ifb is None else luminosity_ifb
    detector = data_detector(analysis.detector, settings.detector)
    generated = [
        (sample, partons)
        for sample in pseudo_data_samples(analysis)
        if sample in xsec_fb
        for partons in _process(analysis, sample, luminosity, xsec_fb[sample], rng)
    ]
    generated += [
        (FOUR_MUON, partons) for partons in _signals(analysis, luminosity, rng, signal_photons)
    ]
    parts = [
        simulate(final_state(sample, partons, rng, fsr=settings.fsr), detector, rng)
        for sample, partons in generated
    ]
    parts = [part for part in parts if len(part)]
    if not parts:
        raise ConfigError(
            "there are no pseudo-data events to expect from this luminosity",
            where=analysis.source,
            key="samples.luminosity_ifb",
            found=luminosity,
        )
    together = Events.mixed(parts, PSEUDO_DATA)
    # data do not tell which event is which
    shuffled = together.take(rng.permutation(len(together)))
    return replace(shuffled, event=together.event)


def _process(
    analysis: Analysis,
    sample: str,
    luminosity_ifb: float,
    xsec_fb: float,
    rng: np.random.Generator,
) -> list[PartonEvents]:
    """Events of a process, and of the resonances over it."""
    settings = analysis.samples.pseudo_data
    isr = settings.isr
    count = int(rng.poisson(luminosity_ifb * xsec_fb))
    events = process_events(analysis, sample, count, rng, isr=isr)
    parts = [events]
    peaks = [
        peak
        for peak in settings.resonances
        if sample == FOUR_MUON or (sample == EE_MUMU and peak.name in _SCATTERED_RESONANCES)
    ]
    if not peaks:
        return parts
    needed = max(
        luminosities_needed(resonance_by_name(peak.name), 1e-3 * peak.area_mev) for peak in peaks
    )
    continuum = events
    # four muons with a pair in common would make a false peak; electrons are no candidates
    if sample == FOUR_MUON or len(events) < max(needed * count, _CONTINUUM_EVENTS):
        enough = max(math.ceil(needed * luminosity_ifb * xsec_fb), _CONTINUUM_EVENTS)
        continuum = process_events(analysis, sample, enough, rng, isr=isr)
    parts += [
        resonant_events(
            resonance_by_name(peak.name),
            continuum,
            rng,
            area_gev=1e-3 * peak.area_mev,
            continuum_luminosities=len(continuum) / (luminosity_ifb * xsec_fb),
        )
        for peak in peaks
    ]
    return parts


def _signals(
    analysis: Analysis,
    luminosity_ifb: float,
    rng: np.random.Generator,
    photons: Literal["collinear", "angular"],
) -> list[PartonEvents]:
    """Events of the injected signals, the sealed ones too."""
    settings = analysis.samples.pseudo_data
    parts = []
    for injection in (*settings.injections, *sealed_injections(analysis)):
        count = int(rng.poisson(luminosity_ifb * injection.xsec_fb))
        if count:
            mass = (injection.mass_gev,)
            sampler = x_sampler(analysis.generation, injection.model, mass, settings.isr, photons)
            parts.append(
                generate_x(
                    MODELS[injection.model].couplings,
                    injection.mass_gev,
                    count,
                    rng,
                    isr=settings.isr,
                    sampler=sampler,
                )
            )
    return parts
