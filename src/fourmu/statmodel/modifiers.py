"""The seven HistFactory modifiers: what each adds to its sample and to the parameters.

Conventions are those of pyhf, modifier by modifier:

- ``staterror``: one gamma per bin, shared by the samples that name it; its width is the quadratic
  sum of their uncertainties over the sum of their nominal yields. Bins without yield or
  uncertainty have a fixed gamma.
- ``shapesys``: one gamma per bin of one sample, tau = (yield / uncertainty)^2; bins without
  yield or uncertainty have a fixed gamma.
- ``shapefactor``: one free factor per bin, shared by bin number between channels.
- ``normsys`` and ``histosys`` of one name share a parameter.

Sources: Cranmer et al., HistFactory, CERN-OPEN-2012-016; pyhf 0.7.6, ``pyhf.modifiers``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .checks import RefusedError, number, numbers
from .interpolation import histosys_templates
from .parameter_sets import VECTORS, Parameter, ParameterSet, configured
from .specification import ABSOLUTE, NOMINAL, Cell, Term

__all__ = ["CellReader", "Modifiers"]

SUPPORTED = (
    "normfactor",
    "normsys",
    "histosys",
    "lumi",
    "staterror",
    "shapesys",
    "shapefactor",
)

_FACTORS = ("normfactor", "lumi")
_SETS = {"normsys": "alpha", "histosys": "alpha"}
"""Kinds of parameter sets that are not named as their modifier."""


@dataclass(kw_only=True, slots=True)
class CellReader:
    """A sample in a channel with its modifiers by the names of their parameters."""

    channel: str
    sample: str
    first_bin: int
    nominal: NDArray[np.float64]
    factors: list[str] = field(default_factory=list)
    normsys: list[tuple[str, float, float]] = field(default_factory=list)
    histosys: list[tuple[str, int, NDArray[np.float64]]] = field(default_factory=list)
    per_bin: list[str] = field(default_factory=list)

    @property
    def filled(self) -> NDArray[np.bool_]:
        """Bins in which the sample can have a yield."""
        found: NDArray[np.bool_] = self.nominal != 0.0
        for _, _, template in self.histosys:
            found = found | (template != 0.0)
        return found


class Modifiers:
    """Collects the modifiers of a workspace and the parameters they need."""

    def __init__(self, *, histosys_code: str) -> None:
        self.sets: dict[str, ParameterSet] = {}
        self._histosys_code = histosys_code
        self._staterrors: dict[str, list[tuple[CellReader, NDArray[np.float64]]]] = {}
        self._offsets: dict[str, dict[str, int]] = {}

    def read_cell(
        self, channel: str, sample: dict[str, Any], first_bin: int, bins: int
    ) -> CellReader:
        """Read a sample of a channel."""
        name = sample["name"]
        where = f"sample '{name}' of channel '{channel}'"
        cell = CellReader(
            channel=channel,
            sample=name,
            first_bin=first_bin,
            nominal=numbers(sample["data"], where, bins),
        )
        seen: set[tuple[str, str]] = set()
        for modifier in sample["modifiers"]:
            kind, label = modifier["type"], modifier["name"]
            what = f"{kind} '{label}' of {where}"
            if kind not in SUPPORTED:
                raise RefusedError(
                    f"modifier {what} is not supported, only {', '.join(SUPPORTED)}",
                    status="unsupported",
                )
            if (kind, label) in seen:
                raise RefusedError(f"{what} stands twice")
            seen.add((kind, label))
            self._read(cell, kind, label, modifier.get("data"), what)
        return cell

    def _read(self, cell: CellReader, kind: str, label: str, data: Any, what: str) -> None:
        found = self._set(label, _SETS.get(kind, kind), what)
        bins = cell.nominal.size
        if kind in _FACTORS:
            cell.factors.append(label)
        elif kind == "normsys":
            hi = number(data["hi"], f"hi of {what}")
            lo = number(data["lo"], f"lo of {what}")
            if hi <= 0 or lo <= 0:
                raise RefusedError(f"{what}: hi and lo must be positive, found {hi}, {lo}")
            cell.normsys.append((label, hi, lo))
        elif kind == "histosys":
            hi_data = numbers(data["hi_data"], f"hi_data of {what}", bins)
            lo_data = numbers(data["lo_data"], f"lo_data of {what}", bins)
            for shape, template in histosys_templates(
                self._histosys_code, cell.nominal, hi_data, lo_data
            ):
                if template.any():
                    cell.histosys.append((label, shape, template))
                    found.kinked |= shape == ABSOLUTE
        elif kind == "shapefactor":
            self._read_shapefactor(cell, label, found, what)
        elif kind == "shapesys":
            self._read_shapesys(cell, label, found, numbers(data, f"data of {what}", bins), what)
        else:
            uncertainty = numbers(data, f"data of {what}", bins)
            self._staterrors.setdefault(label, []).append((cell, uncertainty))
            cell.per_bin.append(label)

    def _set(self, label: str, kind: str, what: str) -> ParameterSet:
        found = self.sets.get(label)
        if found is None:
            found = self.sets[label] = ParameterSet(kind=kind)
        elif found.kind != kind:
            raise RefusedError(f"{what}: the name belongs to a parameter of another kind")
        return found

    def _read_shapefactor(
        self, cell: CellReader, label: str, found: ParameterSet, what: str
    ) -> None:
        if label not in self._offsets:
            found.size = cell.nominal.size
            self._offsets[label] = {}
        elif cell.nominal.size > found.size:
            raise RefusedError(
                f"{what}: {cell.nominal.size} bins, the first channel with it has {found.size}"
            )
        self._offsets[label][cell.channel] = 0
        cell.per_bin.append(label)

    def _read_shapesys(
        self,
        cell: CellReader,
        label: str,
        found: ParameterSet,
        uncertainty: NDArray[np.float64],
        what: str,
    ) -> None:
        if label in self._offsets:
            raise RefusedError(f"{what}: a shapesys belongs to one sample of one channel")
        valid = (cell.nominal > 0.0) & (uncertainty > 0.0)
        found.size = cell.nominal.size
        found.factors = np.zeros(found.size)
        np.divide(cell.nominal, uncertainty, out=found.factors, where=valid)
        found.factors **= 2
        self._offsets[label] = {cell.channel: 0}
        cell.per_bin.append(label)

    def _finish_staterror(self, label: str) -> None:
        """Set size and widths of a staterror, whose gammas run over its channels."""
        found = self.sets[label]
        by_channel: dict[str, list[tuple[CellReader, NDArray[np.float64]]]] = {}
        channels_of: dict[str, set[str]] = {}
        for cell, uncertainty in self._staterrors[label]:
            by_channel.setdefault(cell.channel, []).append((cell, uncertainty))
            channels_of.setdefault(cell.sample, set()).add(cell.channel)
        if any(channels != set(by_channel) for channels in channels_of.values()):
            raise RefusedError(
                f"staterror '{label}': every sample must have it in the same channels"
            )
        self._offsets[label] = {}
        sigmas: list[NDArray[np.float64]] = []
        offset = 0
        for channel, entries in by_channel.items():
            total = np.sum([cell.nominal for cell, _ in entries], axis=0)
            squares = np.sum([uncertainty**2 for _, uncertainty in entries], axis=0)
            sigma = np.zeros(total.size)
            np.divide(np.sqrt(squares), total, out=sigma, where=total > 0.0)
            sigmas.append(sigma)
            self._offsets[label][channel] = offset
            offset += total.size
        found.sigmas = np.concatenate(sigmas)
        found.size = offset

    def finished(self, readers: list[CellReader], normsys_code: int) -> tuple[Cell, ...]:
        """Return the cells with the places of their parameters."""
        for label in self._staterrors:
            self._finish_staterror(label)
        places = self.places()
        self._mark_used(readers)
        if normsys_code == 1:
            for reader in readers:
                for label, hi, lo in reader.normsys:
                    self.sets[label].kinked |= hi * lo != 1.0
        return tuple(self._cell(reader, places) for reader in readers)

    def places(self) -> dict[str, int]:
        """Return the place of the first parameter of every name: scalars first, then bins."""
        found: dict[str, int] = {}
        place = 0
        for vectors in (False, True):
            for label, entry in self.sets.items():
                if (entry.kind in VECTORS) == vectors:
                    found[label] = place
                    place += entry.size
        return found

    def parameters(self, settings: dict[str, dict[str, Any]]) -> tuple[Parameter, ...]:
        """Return the parameters in the order of :meth:`places`."""
        found: list[Parameter] = []
        for label in self.places():
            found += configured(label, self.sets[label], settings.get(label, {}))
        return tuple(found)

    def _mark_used(self, readers: list[CellReader]) -> None:
        """Find the free parameters that multiply anything."""
        for entry in self.sets.values():
            if entry.kind in ("normfactor", "shapefactor"):
                entry.used = np.zeros(entry.size, dtype=np.bool_)
        for reader in readers:
            filled = reader.filled
            for label in reader.factors + reader.per_bin:
                used = self.sets[label].used
                if used is None:
                    continue
                if label in reader.factors:
                    used |= filled.any()
                else:
                    used[: filled.size] |= filled

    def _cell(self, reader: CellReader, places: dict[str, int]) -> Cell:
        bins = np.arange(reader.nominal.size)
        return Cell(
            first_bin=reader.first_bin,
            terms=(
                Term(kind=NOMINAL, parameter=0, template=reader.nominal),
                *(
                    Term(kind=shape, parameter=places[label], template=template)
                    for label, shape, template in reader.histosys
                ),
            ),
            normfactors=tuple(places[label] for label in reader.factors),
            normsys=tuple((places[label], hi, lo) for label, hi, lo in reader.normsys),
            multipliers=tuple(
                bins + (places[label] + self._offsets[label][reader.channel])
                for label in reader.per_bin
            ),
        )
