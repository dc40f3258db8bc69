"""Stage ``generate``: one ntuple per sample file, from the generator through the detector."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from fourmu.config import Analysis
from fourmu.detector import simulate
from fourmu.generator import PartonEvents, generate_x
from fourmu.io.json_files import read_json, write_json
from fourmu.io.ntuple import write_ntuple
from fourmu.physics.models import MODELS

from .context import Context, seed_sequence
from .external_samples import convert_file, convert_jobs
from .processes import final_state, process_events, process_xsec_fb, x_sampler
from .progress import say
from .pseudo_data import pseudo_data_events, pseudo_data_samples
from .samples import (
    FOUR_MUON,
    PSEUDO_DATA,
    SampleFile,
    check_names,
    sample_files,
    training_masses_gev,
)
from .sealed import commitment

__all__ = [
    "GenerateJob",
    "ProcessJob",
    "generate_file",
    "process_file",
    "pseudo_data_xsec_fb",
    "run",
]


@dataclass(frozen=True, kw_only=True)
class ProcessJob:
    """Cross section of one process, Born or with ISR."""

    analysis: Analysis
    sample: str
    isr: bool
    path: Path


@dataclass(frozen=True, kw_only=True)
class GenerateJob:
    """One file to make.

    ``xsec_fb`` are the cross sections, by process, that normalise a background or pseudo-data.
    """

    analysis: Analysis
    file: SampleFile
    path: Path
    xsec_fb: Mapping[str, float]


def run(context: Context) -> None:
    """Generate all samples."""
    analysis = context.analysis
    check_names(analysis)
    folder = context.target("events")
    files = sample_files(analysis)
    converted = convert_jobs(analysis, files, folder)
    context.run(convert_file, converted, label="convert", unit="events")
    own = [file for file in files if file.source is None]
    processes_of_data: tuple[str, ...] = ()
    if any(file.sample == PSEUDO_DATA for file in own):
        processes_of_data = pseudo_data_samples(analysis)
    radiative = analysis.samples.pseudo_data.isr
    wanted = dict.fromkeys((file.sample, False) for file in own if file.is_background)
    wanted |= dict.fromkeys((name, radiative) for name in processes_of_data)
    processes = [
        ProcessJob(
            analysis=analysis,
            sample=sample,
            isr=isr,
            path=context.work / "processes" / f"{sample}_{'isr' if isr else 'born'}.json",
        )
        for sample, isr in wanted
    ]
    context.run(
        process_file,
        [(job, job.path) for job in processes],
        label="cross sections",
        unit="processes",
    )
    found = {(job.sample, job.isr): read_json(job.path)["xsec_fb"] for job in processes}
    born = {sample: value for (sample, isr), value in found.items() if not isr}
    data = {sample: found[sample, radiative] for sample in processes_of_data}
    jobs = []
    for file in own:
        path = file.path(folder, ".root")
        job = GenerateJob(
            analysis=analysis,
            file=file,
            path=path,
            xsec_fb=data if file.sample == PSEUDO_DATA else born,
        )
        jobs.append((job, path))
    if analysis.samples.pseudo_data.sealed_injections:
        say(f"sealed signals are in the pseudo-data; SHA-256 of them: {commitment(analysis)}")
    context.run(generate_file, jobs, label="generate", unit="events")


def process_file(job: ProcessJob) -> int:
    """Integrate one process; the same in every run of a seed."""
    entropy = seed_sequence(job.analysis.seed, "process_xsec", job.sample, int(job.isr))
    rng = np.random.default_rng(entropy)
    value = process_xsec_fb(job.analysis, job.sample, rng, isr=job.isr)
    write_json(job.path, {"sample": job.sample, "isr": job.isr, "xsec_fb": value})
    return 1


def pseudo_data_xsec_fb(analysis: Analysis) -> dict[str, float]:
    """Cross sections of the processes of the pseudo-data, as the stage takes them."""
    isr = analysis.samples.pseudo_data.isr
    found = {}
    for sample in pseudo_data_samples(analysis):
        entropy = seed_sequence(analysis.seed, "process_xsec", sample, int(isr))
        rng = np.random.default_rng(entropy)
        found[sample] = process_xsec_fb(analysis, sample, rng, isr=isr)
    return found


def generate_file(job: GenerateJob) -> int:
    """Generate one file; its content depends on the configuration and the seed only."""
    analysis, file = job.analysis, job.file
    rng = np.random.default_rng(seed_sequence(analysis.seed, "generate", file.sample, file.index))
    metadata: dict[str, Any] = {
        "sample": file.sample,
        "isr": file.isr,
        "photons": analysis.samples.signal_photons if file.is_signal else "angular",
        "seed": analysis.seed,
        "luminosity_ifb": analysis.samples.luminosity_ifb,
    }
    if file.sample == PSEUDO_DATA:
        events = pseudo_data_events(analysis, job.xsec_fb, rng, luminosity_ifb=file.luminosity_ifb)
        metadata["generated"] = len(events)
        if analysis.samples.pseudo_data.sealed_injections:
            metadata["sealed_injections_sha256"] = commitment(analysis)
    else:
        partons, generated = _partons(job, rng)
        fsr = file.is_signal and analysis.samples.signal_fsr
        process = FOUR_MUON if file.is_signal else file.sample
        events = simulate(final_state(process, partons, rng, fsr=fsr), analysis.detector, rng)
        metadata["generated"] = generated
    if file.is_background:
        metadata["xsec_fb"] = job.xsec_fb[file.sample]
    write_ntuple(job.path, replace(events, event=events.event + file.index * file.stride), metadata)
    return len(events)


def _partons(job: GenerateJob, rng: np.random.Generator) -> tuple[PartonEvents, int]:
    """Events of one simulated file, and how many were generated for them."""
    analysis, file = job.analysis, job.file
    if file.model is None:
        count = file.events
        if file.luminosity_ifb is not None:
            count = max(round(file.luminosity_ifb * job.xsec_fb[file.sample]), 1)
        return process_events(analysis, file.sample, count, rng, isr=file.isr), count
    masses = training_masses_gev(analysis) if file.mass_gev is None else (file.mass_gev,)
    sampler = x_sampler(
        analysis.generation,
        file.model,
        tuple(masses),
        file.isr,
        analysis.samples.signal_photons,
    )
    events = generate_x(
        MODELS[file.model].couplings,
        np.array(masses),
        file.events,
        rng,
        isr=file.isr,
        sampler=sampler,
        process=file.model,
    )
    return events, file.events
