"""A signal of one's own in the archived likelihoods: the sample, its patch, its limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fourmu.archive import Archive, patched
from fourmu.archive.patches import SIGNAL, patch_of, signal_place
from fourmu.archive.record import background_file
from fourmu.errors import ConsistencyError
from fourmu.inference import Limits, limits
from fourmu.statmodel import batch_of
from fourmu.templates import SignalTemplate

from .result import Patch

__all__ = [
    "SIGNAL_NUISANCE",
    "FittedSignals",
    "empty_signal",
    "fit_signals",
    "scaled",
    "signal_sample",
]

FloatArray = npt.NDArray[np.float64]
Document = dict[str, Any]

SIGNAL_NUISANCE: Final = "signal_model"
"""Name of the nuisance parameter of the errors that efficiency and shape of a signal have."""


@dataclass(frozen=True, kw_only=True)
class FittedSignals:
    """Limits of signals of 1 fb, and the patches that put them in."""

    limits: Limits
    patches: tuple[Patch, ...]


def signal_sample(template: Document, signal: SignalTemplate, relative_error: float) -> Document:
    """Return the signal sample of a background-only workspace with yields.

    Parameters
    ----------
    template
        The empty sample with its modifiers.
    signal
        Yields of 1 fb.
    relative_error
        Relative error of the yield that the modifiers do not know of; it becomes a nuisance
        parameter whose variations are 1 + error and its inverse, so that no yield turns negative.

    Raises
    ------
    ConsistencyError
        The numbers of bins differ, or a shape uncertainty has no yields.
    """
    if len(signal.nominal) != len(template["data"]):
        raise ConsistencyError(
            "the signal has another number of bins than the window",
            found=len(signal.nominal),
            expected=len(template["data"]),
        )
    modifiers = [_with_yields(modifier, signal, template) for modifier in template["modifiers"]]
    modifiers += _nuisance(relative_error)
    return {**template, "data": signal.nominal.tolist(), "modifiers": modifiers}


def _with_yields(modifier: Document, signal: SignalTemplate, template: Document) -> Document:
    """Fill a shape uncertainty; the normalisation beside it is that of its variations."""
    shaped = [m["name"] for m in template["modifiers"] if m["type"] == "histosys"]
    if modifier["name"] not in shaped:
        return modifier
    if signal.wide is None or signal.narrow is None:
        raise ConsistencyError("a shape uncertainty needs its variations", key=modifier["name"])
    total = float(signal.nominal.sum())
    up, down = float(signal.wide.sum()) / total, float(signal.narrow.sum()) / total
    if modifier["type"] == "histosys":
        data = {
            "hi_data": (signal.wide / up).tolist(),
            "lo_data": (signal.narrow / down).tolist(),
        }
        return {**modifier, "data": data}
    return {**modifier, "data": {"hi": up, "lo": down}}


def _nuisance(relative_error: float) -> list[Document]:
    """Modifier of the error of the signal itself, if it has one."""
    if not relative_error > 0.0:
        return []
    up = 1.0 + float(relative_error)  # of a row of an array: documents have plain numbers
    data = {"hi": up, "lo": 1.0 / up}
    return [{"name": SIGNAL_NUISANCE, "type": "normsys", "data": data}]


def scaled(sample: Document, factor: float, relative_error: float) -> Document:
    """Return an archived signal sample with all yields times a factor, and an own error."""

    def times(values: Sequence[float]) -> list[float]:
        return [factor * value for value in values]

    modifiers = [
        {**m, "data": {key: times(values) for key, values in m["data"].items()}}
        if m["type"] == "histosys"
        else m
        for m in sample["modifiers"]
    ]
    modifiers += _nuisance(relative_error)
    return {**sample, "data": times(sample["data"]), "modifiers": modifiers}


def empty_signal(archive: Archive, window: str) -> Document:
    """Signal sample of zero yield of a background-only workspace."""
    background = archive.background_only(window)
    channel, place = signal_place(background, archive.where(background_file(window)))
    sample: Document = background["channels"][channel]["samples"][place]
    return sample


def fit_signals(archive: Archive, samples: Mapping[str, Document]) -> FittedSignals:
    """Fit signals in their windows.

    Parameters
    ----------
    archive
        The likelihoods.
    samples
        Signal sample by name of the window.

    Returns
    -------
    FittedSignals
        In the order of ``samples``.
    """
    patches: list[Patch] = []
    workspaces = []
    for window, sample in samples.items():
        background = archive.background_only(window)
        where = archive.where(background_file(window))
        patch = patch_of(*signal_place(background, where), {**sample, "name": SIGNAL})
        patches.append(patch)
        workspaces.append((window, patched(background, patch, where)))
    found = limits(batch_of(workspaces), archive.analysis.inference)
    return FittedSignals(limits=found, patches=tuple(patches))
