"""Stage ``generate``: one ntuple per sample file, from the generator through the detector."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np

from fourmu.config import Analysis
from fourmu.config.generation import Generation
from fourmu.detector import Events, simulate
from fourmu.errors import ConfigError
from fourmu.generator import (
    FourMuonSampler,
    PartonEvents,
    XSampler,
    cross_section,
    generate_four_muon,
    generate_x,
    prepare_four_muon_sampler,
    prepare_x_sampler,
)
from fourmu.io.ntuple import write_ntuple
from fourmu.physics.models import MODELS

from .context import Context, seed_sequence
from .samples import (
    FOUR_MUON,
    PSEUDO_DATA,
    SampleFile,
    check_models,
    sample_files,
    training_masses_gev,
)

__all__ = ["GenerateJob", "generate_file", "pseudo_data_events", "run"]


@dataclass(frozen=True, kw_only=True)
class GenerateJob:
    """One file to make; ``four_muon_xsec_fb`` normalises four-muon files and pseudo-data."""

    analysis: Analysis
    file: SampleFile
    path: Path
    four_muon_xsec_fb: float


def run(context: Context) -> None:
    """Generate all samples."""
    analysis = context.analysis
    check_models(analysis)
    folder = context.target("events")
    born, radiative = (four_muon_xsec_fb(analysis, isr=isr) for isr in (False, True))
    jobs = []
    for file in sample_files(analysis):
        path = file.path(folder, ".root")
        job = GenerateJob(
            analysis=analysis,
            file=file,
            path=path,
            four_muon_xsec_fb=radiative if file.isr else born,
        )
        jobs.append((job, path))
    context.run(generate_file, jobs, label="generate", unit="events")


def four_muon_xsec_fb(analysis: Analysis, *, isr: bool) -> float:
    """Total four-muon cross section, to 0.1 %, the same in every run of a seed."""
    rng = np.random.default_rng(seed_sequence(analysis.seed, "four_muon_xsec", int(isr)))
    found = cross_section(
        "4mu", isr=isr, rel_error=1e-3, rng=rng, sqrt_s_gev=analysis.generation.sqrt_s_gev
    )
    return found.xsec_fb


def generate_file(job: GenerateJob) -> int:
    """Generate one file; its content depends on the configuration and the seed only."""
    analysis, file = job.analysis, job.file
    rng = np.random.default_rng(seed_sequence(analysis.seed, "generate", file.sample, file.index))
    if file.sample == PSEUDO_DATA:
        events = pseudo_data_events(analysis, job.four_muon_xsec_fb, rng)
    else:
        partons = _partons(analysis, file, rng)
        events = simulate(partons, analysis.detector, rng)
        events = replace(events, event=events.event + file.index * file.stride)
    metadata = {
        "sample": file.sample,
        "generated": len(events),
        "isr": file.isr,
        "photons": analysis.samples.signal_photons if file.is_signal else "angular",
        "seed": analysis.seed,
        "luminosity_ifb": analysis.samples.luminosity_ifb,
    }
    if file.sample == FOUR_MUON:
        metadata["xsec_fb"] = job.four_muon_xsec_fb
    write_ntuple(job.path, events, metadata)
    return len(events)


def _partons(analysis: Analysis, file: SampleFile, rng: np.random.Generator) -> PartonEvents:
    """Events of one simulated file."""
    if file.model is None:
        sampler = _four_muon_sampler(analysis.generation, file.isr)
        return generate_four_muon(file.events, rng, sampler=sampler)
    masses = training_masses_gev(analysis) if file.mass_gev is None else (file.mass_gev,)
    photons = analysis.samples.signal_photons
    sampler_x = _x_sampler(analysis.generation, file.model, tuple(masses), file.isr, photons)
    return generate_x(
        MODELS[file.model].couplings,
        np.array(masses),
        file.events,
        rng,
        isr=file.isr,
        sampler=sampler_x,
        process=file.model,
    )


@lru_cache(maxsize=4)
def _four_muon_sampler(generation: Generation, isr: bool) -> FourMuonSampler:
    """Tables of the four-muon process, trained once per process and not once per file."""
    return prepare_four_muon_sampler(
        isr=isr,
        photons="angular",
        sqrt_s_gev=generation.sqrt_s_gev,
        sqrt_s_spread_gev=generation.sqrt_s_spread_gev,
        overweight=generation.overweight_fraction,
    )


@lru_cache(maxsize=4)
def _x_sampler(
    generation: Generation,
    model: str,
    masses_gev: tuple[float, ...],
    isr: bool,
    photons: Literal["collinear", "angular"],
) -> XSampler:
    """Tables of X, once per process for the files of a sample."""
    return prepare_x_sampler(
        MODELS[model].couplings,
        np.array(masses_gev),
        isr=isr,
        photons=photons,
        sqrt_s_gev=generation.sqrt_s_gev,
        sqrt_s_spread_gev=generation.sqrt_s_spread_gev,
        overweight=generation.overweight_fraction,
    )


def pseudo_data_events(
    analysis: Analysis,
    four_muon_xsec_fb: float,
    rng: np.random.Generator,
    *,
    signal_photons: Literal["collinear", "angular"] = "angular",
) -> Events:
    """Draw one set of pseudo-data: integer unit-weight events for the luminosity of the data.

    Parameters
    ----------
    analysis
        The configuration; injected signals are those of ``samples.pseudo_data.injections``.
    four_muon_xsec_fb
        Cross section of the four-muon process at the level (ISR or not) of the pseudo-data.
    rng
        Draws the numbers of events, the events and the response.
    signal_photons
        ISR photons of injected signals; collinear ones are for closure tests alone.
    """
    generation, settings = analysis.generation, analysis.samples.pseudo_data
    luminosity = analysis.samples.luminosity_ifb
    count = int(rng.poisson(luminosity * four_muon_xsec_fb))
    parts = [generate_four_muon(count, rng, sampler=_four_muon_sampler(generation, settings.isr))]
    for injection in settings.injections:
        count = int(rng.poisson(luminosity * injection.xsec_fb))
        if count:
            mass = (injection.mass_gev,)
            sampler = _x_sampler(generation, injection.model, mass, settings.isr, signal_photons)
            couplings = MODELS[injection.model].couplings
            parts.append(
                generate_x(
                    couplings, injection.mass_gev, count, rng, isr=settings.isr, sampler=sampler
                )
            )
    if not any(len(part) for part in parts):
        raise ConfigError(
            "there are no pseudo-data events to expect from this luminosity",
            where=analysis.source,
            key="samples.luminosity_ifb",
            found=luminosity,
        )
    # data do not tell which event is which: one process, shuffled, without a mass of X
    order = rng.permutation(sum(len(part) for part in parts))
    together = PartonEvents(
        momenta=np.concatenate([part.momenta for part in parts])[order],
        pdg=parts[0].pdg,
        photons=np.concatenate([part.photons for part in parts])[order],
        weight=np.ones(len(order)),
        x_mass_gev=np.full(len(order), np.nan),
        sqrt_s_gev=generation.sqrt_s_gev,
        process="pseudo_data",
    )
    return simulate(together, analysis.detector, rng)
