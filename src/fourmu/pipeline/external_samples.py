"""Stage ``generate`` for files from outside: surveyed, checked against each other, converted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fourmu.config import Analysis
from fourmu.config.ntuples import BackgroundFiles
from fourmu.detector import Events
from fourmu.errors import ConfigError, InputError
from fourmu.io.basf2 import GeneratedX, Survey, read_basf2, survey_basf2
from fourmu.io.ntuple import write_ntuple

from .external_sources import DATA
from .progress import say
from .samples import SampleFile

__all__ = ["ConvertJob", "convert_file", "convert_jobs"]


@dataclass(frozen=True, kw_only=True)
class ConvertJob:
    """One file of a sample to make from files from outside.

    Attributes
    ----------
    first_events
        Number of the first event of each source; None for data, which keep theirs.
    generated
        Generated events that the file stands for.
    xsec_fb
        Cross section of a background, else None.
    """

    analysis: Analysis
    file: SampleFile
    path: Path
    first_events: tuple[int | None, ...]
    generated: int
    xsec_fb: float | None


def convert_jobs(
    analysis: Analysis, files: Sequence[SampleFile], folder: Path
) -> list[tuple[ConvertJob, Path]]:
    """Jobs for all files of samples that come from outside, and what each makes.

    Every source is surveyed first: experiments and doubled events show only in all files of a
    sample together, and the share of each in the generated events is that of its events.

    Raises
    ------
    InputError
        Files of a sample hold other experiments than asked for, an event of data stands twice, or
        a file cannot be read; fewer events were generated than are in the files.
    """
    external = [file for file in files if file.source is not None]
    if not external:
        return []
    surveys: dict[Path, Survey] = {}
    for file in external:
        for path in _source_paths(file):
            if path not in surveys:
                surveys[path] = survey_basf2(path, analysis.ntuples.branches)
    events = sum(survey.events for survey in surveys.values())
    say(f"   {len(surveys)} files from outside hold {events} events")
    jobs = []
    for sample in dict.fromkeys(file.sample for file in external):
        members = [file for file in external if file.sample == sample]
        jobs += _sample_jobs(analysis, members, surveys, folder)
    return jobs


def convert_file(job: ConvertJob) -> int:
    """Read the sources of one file and write them as one of our ntuples."""
    analysis, file = job.analysis, job.file
    source = file.source
    if source is None:
        raise InputError("this file is generated", where=job.path)
    generated_x = None
    if source.x_pdg is not None:
        generated_x = GeneratedX(pdg=source.x_pdg, mass_gev=file.mass_gev)
    parts = [
        read_basf2(
            path,
            analysis.ntuples.branches,
            process=file.sample,
            sqrt_s_gev=analysis.generation.sqrt_s_gev,
            simulated=file.sample != DATA,
            generated_x=generated_x,
            part=source.part,
            first_event=first,
            photon_energy_min_gev=analysis.detector.photon_energy_min_gev,
        )
        for path, first in zip(source.paths, job.first_events, strict=True)
    ]
    events = Events.concatenate(parts)
    metadata: dict[str, Any] = {
        "sample": file.sample,
        "external": True,
        "sources": [path.name for path in source.paths],
        "generated": job.generated,
        "isr": file.isr,
        "luminosity_ifb": analysis.samples.luminosity_ifb,
    }
    if file.is_signal:
        metadata["photons"] = analysis.samples.signal_photons
    if job.xsec_fb is not None:
        metadata["xsec_fb"] = job.xsec_fb
    write_ntuple(job.path, events, metadata)
    return len(events)


def _sample_jobs(
    analysis: Analysis,
    files: Sequence[SampleFile],
    surveys: Mapping[Path, Survey],
    folder: Path,
) -> list[tuple[ConvertJob, Path]]:
    """Jobs of one sample."""
    sample = files[0].sample
    paths = list(dict.fromkeys(path for file in files for path in _source_paths(file)))
    _check_experiments(analysis, files, surveys)
    if sample == DATA:
        _check_doubled({path: surveys[path] for path in paths})
    starts: dict[Path, int] = {}
    total = 0
    for path in paths:
        starts[path] = total
        total += surveys[path].events
    background = next((b for b in analysis.ntuples.backgrounds if b.name == sample), None)
    jobs = []
    begin = 0
    for file in files:
        begin_of_next = begin + _events_in(file, surveys)
        if background is not None:
            generated, xsec_fb = _size(background, total)
            # whole numbers that add up to all
            share = generated * begin_of_next // total - generated * begin // total
        else:
            xsec_fb, share = None, _generated(analysis, file, begin_of_next - begin)
        begin = begin_of_next
        job = ConvertJob(
            analysis=analysis,
            file=file,
            path=file.path(folder, ".root"),
            first_events=tuple(
                None if sample == DATA else starts[path] for path in _source_paths(file)
            ),
            generated=share,
            xsec_fb=xsec_fb,
        )
        jobs.append((job, job.path))
    return jobs


def _size(background: BackgroundFiles, events: int) -> tuple[int, float]:
    """Generated events of a background and the cross section that they stand for."""
    generated = events if background.generated is None else background.generated
    if background.xsec_fb is not None:
        _require_generated(background.name, generated, events)
        return generated, background.xsec_fb
    if background.luminosity_ifb is None:  # the configuration refuses this
        raise ConfigError("a background has no size", key=f"ntuples.backgrounds: {background.name}")
    _require_generated(background.name, generated, events)
    return generated, generated / background.luminosity_ifb


def _generated(analysis: Analysis, file: SampleFile, events: int) -> int:
    """Generated events behind a file of signal; the events themselves for others."""
    names = (file.model, f"{file.model}_no_isr")
    if file.sample not in names:
        return events
    for entry in analysis.ntuples.signals:
        if (entry.model, entry.mass_gev, entry.isr) == (file.model, file.mass_gev, file.isr):
            name = f"{file.sample} at {entry.mass_gev:g} GeV"
            _require_generated(name, entry.generated, events)
            return entry.generated
    return events


def _require_generated(name: str, generated: int, events: int) -> None:
    if generated < events:
        raise InputError(
            f"fewer events of {name} were generated than are in the files",
            key="generated",
            found=generated,
            expected=f"at least {events}",
        )


def _check_experiments(
    analysis: Analysis, files: Sequence[SampleFile], surveys: Mapping[Path, Survey]
) -> None:
    """Refuse files of a sample that hold other experiments than asked for, or several."""
    ntuples = analysis.ntuples
    for key in dict.fromkeys(file.source.key for file in files if file.source is not None):
        section, *place = key.removeprefix("ntuples.").removesuffix(".files").split(".")
        entry = getattr(ntuples, section)
        allowed = (entry[int(place[0])] if place else entry).experiments
        known: dict[int, Path] = {}
        for file in files:
            if file.source is None or file.source.key != key:
                continue
            for path in file.source.paths:
                for experiment in surveys[path].experiments:
                    known.setdefault(experiment, path)
                    if allowed and experiment not in allowed:
                        raise InputError(
                            "an experiment is not one of those asked for",
                            where=path,
                            key=key.replace(".files", ".experiments"),
                            found=experiment,
                            expected=f"one of {', '.join(map(str, allowed))}",
                        )
        if not allowed and len(known) > 1:
            (first, one), (second, other) = list(known.items())[:2]
            raise InputError(
                "the files of a sample mix experiments",
                where=other,
                key=key.replace(".files", ".experiments"),
                found=f"{first} in {one.name} and {second} in {other.name}",
                expected=f"[{', '.join(map(str, sorted(known)))}] if they belong together",
            )


def _check_doubled(surveys: Mapping[Path, Survey]) -> None:
    """Refuse an event of data that stands in two files, or twice in one."""
    numbers = np.concatenate([survey.event_numbers for survey in surveys.values()])
    owner = np.repeat(np.arange(len(surveys)), [survey.events for survey in surveys.values()])
    order = np.argsort(numbers, kind="stable")
    doubled = np.flatnonzero(numbers[order][1:] == numbers[order][:-1])
    if len(doubled):
        first, second = order[doubled[0]], order[doubled[0] + 1]
        number = int(numbers[first])
        names = [path.name for path in surveys]
        raise InputError(
            "an event of data stands twice",
            where=list(surveys)[owner[second]],
            key="__experiment__, __run__, __event__",
            found=f"{number >> 50}, {(number >> 32) & (2**18 - 1)}, {number & (2**32 - 1)}, "
            f"also in {names[owner[first]]}",
        )


def _source_paths(file: SampleFile) -> tuple[Path, ...]:
    return () if file.source is None else file.source.paths


def _events_in(file: SampleFile, surveys: Mapping[Path, Survey]) -> int:
    """Events of the sources that a file gets."""
    if file.source is None:
        return 0
    part, parts = file.source.part
    return sum(
        surveys[path].events * (part + 1) // parts - surveys[path].events * part // parts
        for path in file.source.paths
    )
