"""The files of all samples: what each holds, how many events, where it lies."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from fourmu.config import Analysis
from fourmu.errors import ConfigError
from fourmu.physics.models import MODELS

__all__ = [
    "FOUR_MUON",
    "PSEUDO_DATA",
    "TRAINING",
    "SampleFile",
    "check_models",
    "four_muon_split",
    "grid_masses",
    "no_isr",
    "sample_files",
]

FOUR_MUON = "four_muon"
PSEUDO_DATA = "pseudo_data"
TRAINING = "zprime_training"


@dataclass(frozen=True, kw_only=True)
class SampleFile:
    """One file of one sample.

    Attributes
    ----------
    sample
        Folder: a model, a model with ``_no_isr``, ``zprime_training``, ``four_muon``,
        ``pseudo_data``.
    chunk
        Name within the sample: ``m03.0000`` for a mass, ``c000`` for a part.
    index
        Place within the sample; event numbers start at ``index * stride``.
    events
        Events to generate; 0 for pseudo-data, whose number is drawn.
    """

    sample: str
    chunk: str
    index: int
    stride: int
    events: int
    model: str | None
    mass_gev: float | None
    isr: bool

    def path(self, folder: Path, suffix: str) -> Path:
        """Place of this file below the folder of a stage."""
        return folder / self.sample / f"{self.chunk}{suffix}"

    @property
    def is_signal(self) -> bool:
        """Whether each event has one true pair."""
        return self.model is not None


def check_models(analysis: Analysis) -> None:
    """Refuse models that do not exist, by name."""
    injected = tuple(injection.model for injection in analysis.samples.pseudo_data.injections)
    for key, names in (("models", analysis.models), ("samples.pseudo_data.injections", injected)):
        for name in names:
            if name not in MODELS:
                raise ConfigError(
                    f"unknown model '{name}'",
                    where=analysis.source,
                    key=key,
                    expected=f"one of {', '.join(MODELS)}",
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
    files = [
        _part(FOUR_MUON, *part) for part in _parts(samples.four_muon_events, samples.chunk_events)
    ]
    files.append(
        SampleFile(
            sample=PSEUDO_DATA,
            chunk="c000",
            index=0,
            stride=0,
            events=0,
            model=None,
            mass_gev=None,
            isr=samples.pseudo_data.isr,
        )
    )
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


def four_muon_split(analysis: Analysis) -> tuple[list[SampleFile], list[SampleFile]]:
    """Four-muon files that train the networks, and those that give the expectation."""
    files = [file for file in sample_files(analysis) if file.sample == FOUR_MUON]
    if len(files) < 2:
        raise ConfigError(
            "four-muon events need at least two files, one to train and one to expect with",
            where=analysis.source,
            key="samples.chunk_events",
            found=analysis.samples.chunk_events,
            expected=f"at most {analysis.samples.four_muon_events // 2}",
        )
    count = round(len(files) * analysis.samples.background_training_fraction)
    count = min(max(count, 1), len(files) - 1)
    return files[:count], files[count:]


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
