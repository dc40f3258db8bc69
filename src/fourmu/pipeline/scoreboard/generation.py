"""Shares of the four-muon process, cross sections and radiation (Secs. III, IV D, notes 2)."""

from __future__ import annotations

import math
from functools import lru_cache, partial
from typing import Literal

import numpy as np

from fourmu.classifiers.ranges import BoolArray
from fourmu.couplings import interpolate_cross_sections
from fourmu.detector import simulate
from fourmu.generator import (
    PartonEvents,
    cross_section,
    generate_four_muon,
    prepare_four_muon_sampler,
)
from fourmu.generator.mumu_gamma_sampler import MumuGammaRadiation
from fourmu.generator.radiation import luminosity_average
from fourmu.physics.kinematics import FloatArray
from fourmu.pipeline.samples import TRAINING, sample_files, training_masses_gev
from fourmu.selection import select
from fourmu.selection.photon_loss import photon_loss_from_mumu_gamma

from .claims import Claim, no_number, value
from .found import Found, NotMeasured, number
from .groups import Group
from .row import Row
from .run import Run

__all__ = ["GENERATION", "RADIATION"]

_OPPOSITE_PAIRS = ((0, 1), (0, 3), (2, 1), (2, 3))  # mu+, mu-, mu+, mu-
Part = Literal["all", "conversion", "annihilation"]


# samples


def _masses(model: str, run: Run) -> Found:
    files = [file for file in sample_files(run.analysis) if file.sample == model]
    masses = {file.mass_gev for file in files if file.mass_gev is not None}
    if not masses:
        raise NotMeasured("there is no such sample")
    return number(len(masses), text=f"({min(masses):g} to {max(masses):g} GeV)")


def _training_step(run: Run) -> Found:
    if not any(file.sample == TRAINING for file in sample_files(run.analysis)):
        raise NotMeasured("there is no training sample")
    steps = np.diff(training_masses_gev(run.analysis))
    return number(round(1e3 * float(np.median(steps)), 6))


# parts of the four-muon process


@lru_cache(maxsize=4)
def _part_xsec(run: Run, part: Part) -> tuple[float, float]:
    found = cross_section(
        "4mu",
        part=part,
        rel_error=run.analysis.report.rel_error,
        rng=run.rng("part", part),
        sqrt_s_gev=run.analysis.generation.sqrt_s_gev,
    )
    return found.xsec_fb, found.error_fb


def _conversion(run: Run) -> Found:
    part, part_error = _part_xsec(run, "conversion")
    whole, whole_error = _part_xsec(run, "all")
    return number(
        100.0 * part / whole,
        100.0 * part / whole * math.hypot(part_error / part, whole_error / whole),
    )


def _interference(run: Run) -> Found:
    """What conversion and annihilation alone leave of the total."""
    whole, whole_error = _part_xsec(run, "all")
    parts = [_part_xsec(run, part) for part in ("conversion", "annihilation")]
    left = whole - sum(xsec for xsec, _ in parts)
    error = math.hypot(whole_error, *(part_error for _, part_error in parts))
    return number(100.0 * left / whole, 100.0 * error / whole)


@lru_cache(maxsize=4)
def _pair_masses(run: Run, part: Part) -> tuple[FloatArray, FloatArray]:
    """Dimuon masses of generated pairs, and of candidates that pass the selection."""
    analysis = run.analysis
    sampler = prepare_four_muon_sampler(part=part, sqrt_s_gev=analysis.generation.sqrt_s_gev)
    rng = run.rng("pairs", part)
    events = generate_four_muon(analysis.report.four_muon_events, rng, sampler=sampler)
    selected = select(
        simulate(events, analysis.detector, rng), analysis.selection, analysis.detector
    )
    return _generated_masses(events), np.asarray(selected.candidates.mass_gev)


def _generated_masses(events: PartonEvents) -> FloatArray:
    """(4 n,) of all opposite-charge pairs."""
    pairs = [events.momenta[:, a] + events.momenta[:, b] for a, b in _OPPOSITE_PAIRS]
    total = np.concatenate(pairs)
    squared = total[:, 0] ** 2 - np.sum(total[:, 1:] ** 2, axis=1)
    return np.asarray(np.sqrt(np.maximum(squared, 0.0)))


def _annihilation(below: bool, level: int, run: Run) -> Found:
    """Share of annihilation among the pairs on one side of 1 GeV.

    ``level`` 0: all generated pairs; 1: candidates that pass the selection.
    """

    def rate(part: Part) -> tuple[float, float]:
        mass = _pair_masses(run, part)[level]
        inside: BoolArray = mass < 1.0 if below else mass >= 1.0
        count = int(np.count_nonzero(inside))
        if count == 0:
            raise NotMeasured("no pair is left")
        # pairs of an event are correlated: at most four of them, so at most twice the error
        return _part_xsec(run, part)[0] * count, 2.0 / math.sqrt(count)

    (part, part_error), (whole, whole_error) = rate("annihilation"), rate("all")
    share = 100.0 * part / whole
    mass = _pair_masses(run, "all")[level]
    inside = np.count_nonzero(mass < 1.0 if below else mass >= 1.0) / len(mass)
    text = f"({100.0 * inside:.0f} % of them)"
    return number(share, share * math.hypot(part_error, whole_error), text)


GENERATION = Group(
    name="generation",
    title="Samples and the four-muon process (Secs. III, IV D)",
    cost=12.0,
    rows=(
        Row(
            id="generation.zprime_masses",
            quantity="simulated masses of the Z', 0.212 to 10 GeV in steps of 250 MeV",
            source="Sec. III",
            claim=value("41"),
            measure=partial(_masses, "zprime"),
        ),
        Row(
            id="generation.scalar_masses",
            quantity="simulated masses of the scalar, in steps of 40 MeV below 1 GeV, then 250 MeV",
            source="Sec. III",
            claim=value("57"),
            measure=partial(_masses, "scalar"),
        ),
        Row(
            id="generation.training_step",
            quantity="mass step of the training set",
            source="Secs. III, IV D",
            unit="MeV",
            claim=value("5"),
            measure=_training_step,
        ),
        Row(
            id="generation.conversion",
            quantity="double photon conversion, share of the four-muon cross section",
            source="Sec. IV D",
            unit="%",
            claim=value("80"),
            measure=_conversion,
        ),
        Row(
            id="generation.conversion_notes",
            quantity="the same, as independent amplitudes give it",
            source="notes 2",
            unit="%",
            claim=value("83", about=True),
            measure=_conversion,
        ),
        Row(
            id="generation.interference",
            quantity="interference of conversion and annihilation, share of the cross section",
            source="notes 2",
            unit="%",
            claim=no_number(),
            measure=_interference,
        ),
        *(
            Row(
                id=f"generation.annihilation_{side}{suffix}",
                quantity=f"annihilation, share of {what} with a mass {side} 1 GeV",
                source="Sec. IV D",
                unit="%",
                claim=value(percent),
                measure=partial(_annihilation, side == "below", level),
            )
            for level, suffix, what in (
                (0, "", "all generated pairs"),
                (1, "_selected", "candidates after the selection, before the networks,"),
            )
            for side, percent in (("below", "20"), ("above", "10"))
        ),
    ),
)


# radiation


def _structure(low_gev: float, run: Run) -> Found:
    energy = run.analysis.generation.sqrt_s_gev
    return number(luminosity_average(np.ones_like, energy, low_gev))


def _four_muon_over_born(low_gev: float, run: Run) -> Found:
    energy = run.analysis.generation.sqrt_s_gev
    radiated = cross_section(
        "4mu",
        isr=True,
        rel_error=run.analysis.report.rel_error,
        rng=run.rng("isr", str(low_gev)),
        sqrt_s_gev=energy,
        sqrt_s_prime_min_gev=low_gev,
    )
    born, born_error = _part_xsec(run, "all")
    ratio = radiated.xsec_fb / born
    error = ratio * math.hypot(radiated.error_fb / radiated.xsec_fb, born_error / born)
    return number(ratio, error)


def _rise(run: Run) -> Found:
    """Born cross section of four muons at 2 GeV over that at the c.m. energy."""
    found = cross_section(
        "4mu", rel_error=run.analysis.report.rel_error, rng=run.rng("rise"), sqrt_s_gev=2.0
    )
    born, born_error = _part_xsec(run, "all")
    ratio = found.xsec_fb / born
    return number(ratio, ratio * math.hypot(found.error_fb / found.xsec_fb, born_error / born))


def _k_factor(model: str, mass_gev: float, run: Run) -> Found:
    """From the table with which the run makes coupling limits."""
    found = interpolate_cross_sections(run.cross_sections(model), np.array([mass_gev]))
    return number(float(found.k_factor[0]), float(found.k_factor_error[0]))


def _ratio_row(name: str, quantity: str, claim: Claim, low_gev: float) -> Row:
    return Row(
        id=f"radiation.{name}",
        quantity=quantity,
        source="notes 2",
        claim=claim,
        measure=partial(_four_muon_over_born, low_gev),
    )


def _photon_loss(radiation: MumuGammaRadiation, run: Run) -> Found:
    """Efficiency lost to the photon cuts, in per cent, from mu mu gamma."""
    analysis = run.analysis
    loss, error = photon_loss_from_mumu_gamma(
        analysis.generation,
        analysis.detector,
        analysis.selection,
        analysis.report.photon_events,
        run.rng("photon_loss", radiation),
        radiation=radiation,
    )
    return number(100.0 * loss, 100.0 * error)


RADIATION = Group(
    name="radiation",
    title="Radiation (Secs. III, IV E)",
    cost=15.0,
    rows=(
        Row(
            id="radiation.structure_above_10",
            quantity="weight of the structure functions with sqrt(s') above 10 GeV",
            source="notes 2",
            claim=value("0.865"),
            measure=partial(_structure, 10.0),
        ),
        Row(
            id="radiation.structure_peak",
            quantity="the same above 10.54 GeV",
            source="notes 2",
            claim=value("0.691"),
            measure=partial(_structure, 10.54),
        ),
        _ratio_row(
            "four_muon_above_10",
            "four muons with radiation over Born, sqrt(s') above 10 GeV",
            value("0.87"),
            10.0,
        ),
        _ratio_row("four_muon_peak", "the same above 10.54 GeV", value("0.69"), 10.54),
        _ratio_row("four_muon_k", "the same at all energies: K", value("1.33"), 0.0),
        Row(
            id="radiation.four_muon_rise",
            quantity="four-muon cross section at 2 GeV over that at 10.58 GeV, Born",
            source="notes 2",
            claim=no_number(),
            measure=_rise,
        ),
        *(
            Row(
                id=f"radiation.k_{model}_{mass:g}",
                quantity=f"K of the {particle} at {mass:g} GeV",
                source="notes 2",
                claim=value(k, about=model == "zprime"),
                measure=partial(_k_factor, model, mass),
            )
            for model, particle, table in (
                (
                    "zprime",
                    "Z'",
                    (
                        (0.3, "1.06"),
                        (1.0, "1.02"),
                        (3.0, "0.96"),
                        (5.0, "0.91"),
                        (8.0, "0.83"),
                        (9.0, "0.79"),
                    ),
                ),
                ("scalar", "scalar", ((0.3, "1.11"), (3.0, "0.97"))),
            )
            for mass, k in table
        ),
        Row(
            id="radiation.photon_loss",
            quantity="efficiency lost to the photon cuts by initial-state radiation at wide "
            "angles, from mu mu gamma with 10 < M(mu mu) < 11 GeV",
            source="Sec. IV E",
            unit="%",
            claim=value("2.8"),
            measure=partial(_photon_loss, "initial"),
        ),
        Row(
            id="radiation.photon_loss_all",
            quantity="the same with radiation off the muons, which simulated signals do not have",
            source="Sec. IV E",
            unit="%",
            claim=no_number(),
            measure=partial(_photon_loss, "all"),
        ),
    ),
)
