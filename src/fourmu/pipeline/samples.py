"""The files of all samples: what each holds, how many events, where it lies."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from fourmu.config import Analysis
from fourmu.errors import ConfigError
from fourmu.physics.models import MODELS
from fourmu.physics.resonances import RESONANCES

from .external_sources import DATA, TRAINING, ExternalSource, external_masses, external_sources

__all__ = [
    "DATA",
    "EE_MUMU",
    "FOUR_MUON",
    "HADRONS",
    "MUMU_GAMMA",
    "MUMU_TAUTAU",
    "PSEUDO_DATA",
    "TAU_PAIRS",
    "TRAINING",
    "SampleFile",
    "background_names",
    "background_split",
    "check_names",
    "data_sample",
    "grid_masses",
    "no_isr",
    "sample_files",
]

FOUR_MUON = "four_muon"
MUMU_GAMMA = "mumu_gamma"
EE_MUMU = "ee_mumu"
MUMU_TAUTAU = "mumu_tautau"
HADRONS = "hadrons"
TAU_PAIRS = "tau_pairs"
PSEUDO_DATA = "pseudo_data"
_NUMBERS_APART = 10_000_000
"""Event numbers kept for a file whose number of events follows from its luminosity."""


@dataclass(frozen=True, kw_only=True)
class SampleFile:
    """One file of one sample.

    Attributes
    ----------
    sample
        Folder: a model, a model with ``_no_isr``, ``zprime_training``, a background
        (``four_muon``, ``mumu_gamma`` ...), ``pseudo_data``, ``data``.
    chunk
        Name within the sample: ``m03.0000`` for a mass, ``c000`` for a part.
    index
        Place within the sample; event numbers start at ``index * stride``.
    events
        Events to generate; 0 where the number follows from the luminosity.
    luminosity_ifb
        What the file stands for, where that is its size.
    source
        Files from outside that it is made from; None where it is generated.
    """

    sample: str
    chunk: str
    index: int
    stride: int
    events: int
    model: str | None
    mass_gev: float | None
    isr: bool
    luminosity_ifb: float | None = None
    source: ExternalSource | None = None

    def path(self, folder: Path, suffix: str) -> Path:
        """Place of this file below the folder of a stage."""
        return folder / self.sample / f"{self.chunk}{suffix}"

    @property
    def is_signal(self) -> bool:
        """Whether each event has one true pair."""
        return self.model is not None

    @property
    def is_background(self) -> bool:
        """Whether it is simulated background."""
        return self.model is None and self.is_simulated

    @property
    def is_simulated(self) -> bool:
        """Whether it is neither data nor what stands in their place."""
        return self.sample not in (PSEUDO_DATA, DATA)


def check_names(analysis: Analysis) -> None:
    """Refuse models and resonances that do not exist, by name."""
    pseudo_data = analysis.samples.pseudo_data
    injected = tuple(injection.model for injection in pseudo_data.injections)
    external = tuple(entry.model for entry in analysis.ntuples.signals)
    for key, names in (
        ("models", analysis.models),
        ("samples.pseudo_data.injections", injected),
        ("ntuples.signals", external),
    ):
        for name in names:
            if name not in MODELS:
                raise ConfigError(
                    f"unknown model '{name}'",
                    where=analysis.source,
                    key=key,
                    expected=f"one of {', '.join(MODELS)}",
                )
    for place, peak in enumerate(pseudo_data.resonances):
        if peak.name not in RESONANCES:
            raise ConfigError(
                f"unknown resonance '{peak.name}'",
                where=analysis.source,
                key=f"samples.pseudo_data.resonances.{place}.name",
                expected=f"one of {', '.join(RESONANCES)}",
            )


def no_isr(model: str) -> str:
    """Name of the sample of a model without initial-state radiation."""
    return f"{model}_no_isr"


def data_sample(analysis: Analysis) -> str:
    """Sample that is fitted: data from outside, or pseudo-data."""
    return DATA if analysis.ntuples.data.files else PSEUDO_DATA


def grid_masses(analysis: Analysis, model: str) -> tuple[float, ...]:
    """Grid of simulated masses of a model (Sec. III), or those of its files from outside."""
    external = external_masses(analysis, model)
    if external:
        return external
    samples = analysis.samples
    return samples.scalar_masses_gev if model == "scalar" else samples.zprime_masses_gev


def sample_files(analysis: Analysis) -> list[SampleFile]:
    """All files of all samples, the long ones first so that workers end together.

    Files from outside take the place of the generated ones of their sample; backgrounds, of all
    generated backgrounds.

    Raises
    ------
    ConfigError
        A file from outside is not there.
    """
    external = [
        SampleFile(
            sample=sample,
            chunk=f"c{index:03d}"
            if sample in (TRAINING, DATA) or model is None
            else _of_mass(mass),
            index=index,
            stride=0,
            events=0,
            model=model,
            mass_gev=mass,
            isr=isr,
            source=source,
        )
        for (sample, model, isr), entries in external_sources(analysis).items()
        for index, (mass, source) in enumerate(entries)
    ]
    replaced = {file.sample for file in external}
    if DATA in replaced:
        replaced.add(PSEUDO_DATA)
    has_backgrounds = any(file.is_background for file in external)
    return external + [
        file
        for file in _generated_files(analysis)
        if file.sample not in replaced and not (has_backgrounds and file.is_background)
    ]


def _of_mass(mass_gev: float | None) -> str:
    """Name of the file of a mass."""
    return f"m{mass_gev:07.4f}"


def _generated_files(analysis: Analysis) -> list[SampleFile]:
    """Files of all samples, generated as if there were none from outside."""
    samples = analysis.samples
    isr = samples.pseudo_data.isr
    files = _luminosity_parts(
        PSEUDO_DATA, samples.luminosity_ifb, samples.chunk_luminosity_ifb, at_least=1, isr=isr
    )
    for sample, multiple in samples.backgrounds:
        if multiple > 0:
            luminosity = multiple * samples.luminosity_ifb
            files += _luminosity_parts(
                sample, luminosity, samples.chunk_luminosity_ifb, at_least=2, isr=False
            )
    files += [
        _part(FOUR_MUON, *part) for part in _parts(samples.four_muon_events, samples.chunk_events)
    ]
    training_masses = len(training_masses_gev(analysis))
    training = training_masses * samples.training_events_per_mass
    files += [
        _part(TRAINING, *part, model="zprime", isr=True)
        for part in _parts(training, samples.chunk_events)
    ]
    # the scan follows the Z' resolution whatever models are searched for
    for model in dict.fromkeys(("zprime", *analysis.models)):
        masses = grid_masses(analysis, model)
        for sample, events, isr in (
            (model, samples.events_per_mass, True),
            (no_isr(model), samples.events_per_mass_no_isr, False),
        ):
            files += [
                SampleFile(
                    sample=sample,
                    chunk=_of_mass(mass),
                    index=index,
                    stride=events,
                    events=events,
                    model=model,
                    mass_gev=mass,
                    isr=isr,
                )
                for index, mass in enumerate(masses)
            ]
    return files


def training_masses_gev(analysis: Analysis) -> tuple[float, ...]:
    """Grid of masses of the training set (Sec. III: 5 MeV steps)."""
    first, last = analysis.samples.training_range_gev
    step = analysis.samples.training_step_gev
    count = math.floor((last - first) / step * (1 + 1e-12)) + 1
    return tuple(round(first + step * index, 9) for index in range(count))


def background_names(analysis: Analysis) -> tuple[str, ...]:
    """Names of the simulated backgrounds, four muons first."""
    found = dict.fromkeys(file.sample for file in sample_files(analysis) if file.is_background)
    return tuple(sorted(found, key=lambda name: name != FOUR_MUON))


def background_split(analysis: Analysis) -> tuple[list[SampleFile], list[SampleFile]]:
    """Background files that train the networks, and those that give the expectation.

    Every sample is split by itself, in whole files.

    Raises
    ------
    ConfigError
        A sample has a single file.
    """
    training: list[SampleFile] = []
    expectation: list[SampleFile] = []
    files = [file for file in sample_files(analysis) if file.is_background]
    for sample in background_names(analysis):
        parts = [file for file in files if file.sample == sample]
        if len(parts) < 2 and parts[0].source is not None:
            raise ConfigError(
                f"{sample} needs at least two parts, one to train and one to expect with",
                where=analysis.source,
                key=parts[0].source.key.replace(".files", ".parts"),
                found=1,
                expected="2 or more, or several files",
            )
        if len(parts) < 2:
            raise ConfigError(
                f"{sample} needs at least two files, one to train and one to expect with",
                where=analysis.source,
                key="samples.chunk_events",
                found=analysis.samples.chunk_events,
                expected=f"at most {analysis.samples.four_muon_events // 2}",
            )
        count = round(len(parts) * analysis.samples.background_training_fraction)
        count = min(max(count, 1), len(parts) - 1)
        training += parts[:count]
        expectation += parts[count:]
    return training, expectation


def _luminosity_parts(
    sample: str, luminosity_ifb: float, size_ifb: float, *, at_least: int, isr: bool
) -> list[SampleFile]:
    """Files of equal luminosity, of at most ``size_ifb`` each."""
    count = max(math.ceil(luminosity_ifb / size_ifb), at_least)
    return [
        SampleFile(
            sample=sample,
            chunk=f"c{index:03d}",
            index=index,
            stride=_NUMBERS_APART,
            events=0,
            model=None,
            mass_gev=None,
            isr=isr,
            luminosity_ifb=luminosity_ifb / count,
        )
        for index in range(count)
    ]


def _parts(total: int, size: int) -> list[tuple[int, int, int]]:
    """(index, stride, events) of equal parts of at most ``size``."""
    count = math.ceil(total / size)
    stride = math.ceil(total / count)
    return [(index, stride, min(stride, total - index * stride)) for index in range(count)]


def _part(
    sample: str,
    index: int,
    stride: int,
    events: int,
    *,
    model: str | None = None,
    isr: bool = False,
) -> SampleFile:
    return SampleFile(
        sample=sample,
        chunk=f"c{index:03d}",
        index=index,
        stride=stride,
        events=events,
        model=model,
        mass_gev=None,
        isr=isr,
    )
