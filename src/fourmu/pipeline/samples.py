"""The files of all samples: what each holds, how many events, where it lies."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from fourmu.config import Analysis
from fourmu.errors import ConfigError
from fourmu.physics.models import MODELS
from fourmu.physics.resonances import RESONANCES

__all__ = [
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
TRAINING = "zprime_training"
_NUMBERS_APART = 10_000_000
"""Event numbers kept for a file whose number of events follows from its luminosity."""


@dataclass(frozen=True, kw_only=True)
class SampleFile:
    """One file of one sample.

    Attributes
    ----------
    sample
        Folder: a model, a model with ``_no_isr``, ``zprime_training``, a background
        (``four_muon``, ``mumu_gamma`` ...), ``pseudo_data``.
    chunk
        Name within the sample: ``m03.0000`` for a mass, ``c000`` for a part.
    index
        Place within the sample; event numbers start at ``index * stride``.
    events
        Events to generate; 0 where the number follows from the luminosity.
    luminosity_ifb
        What the file stands for, where that is its size.
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
        return self.model is None and self.sample != PSEUDO_DATA


def check_names(analysis: Analysis) -> None:
    """Refuse models and resonances that do not exist, by name."""
    pseudo_data = analysis.samples.pseudo_data
    injected = tuple(injection.model for injection in pseudo_data.injections)
    for key, names in (("models", analysis.models), ("samples.pseudo_data.injections", injected)):
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


def grid_masses(analysis: Analysis, model: str) -> tuple[float, ...]:
    """Grid of simulated masses of a model (Sec. III)."""
    samples = analysis.samples
    return samples.scalar_masses_gev if model == "scalar" else samples.zprime_masses_gev


def sample_files(analysis: Analysis) -> list[SampleFile]:
    """All files of all samples, the long ones first so that workers end together."""
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
                    chunk=f"m{mass:07.4f}",
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
