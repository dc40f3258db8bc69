"""Reconstructed events: the ntuple in memory, the same for simulation and for data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from fourmu.errors import ConsistencyError
from fourmu.physics.kinematics import FloatArray

__all__ = ["Events"]

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]

_PER_EVENT = (
    "weight",
    "trigger_three_track",
    "trigger_single_muon",
    "trigger_calorimeter",
    "truth_momenta",
    "x_mass_gev",
)


@dataclass(frozen=True, kw_only=True)
class Events:
    """Tracks, photons and trigger bits of events, as flat arrays with offsets.

    Entry i owns tracks ``track_offsets[i]:track_offsets[i + 1]``, and photons likewise. Angles
    are those of the detector frame, in rad.

    Attributes
    ----------
    event
        Shape (n,), number of the event, unique in its sample.
    weight
        Shape (n,).
    track_offsets, photon_offsets
        Shape (n + 1,).
    track_pt, track_theta, track_phi
        Transverse momentum in GeV and direction at the interaction point.
    track_charge
        +1 or -1.
    track_d0_cm, track_z0_cm
        Transverse and longitudinal distance of closest approach to the interaction point.
    track_is_muon, track_is_electron
        Identification; a track may be both or neither.
    track_truth
        Place of the generated particle in ``truth_pdg``, -1 where none is known.
    photon_energy, photon_theta, photon_phi
        Photons above the threshold, GeV and rad.
    trigger_three_track, trigger_single_muon
        Shape (n,), trigger bits.
    trigger_calorimeter
        Shape (n,), bit of the reference trigger, which the selection does not use; false
        throughout where the source does not know it.
    truth_momenta
        Shape (n, k, 4), generated particles, GeV, nominal c.m. frame; k = 0 without truth.
    truth_pdg
        Shape (k,).
    x_mass_gev
        Shape (n,), generated mass of X, NaN without one.
    sqrt_s_gev
        Nominal centre-of-mass energy.
    process
        Name of the process.
    """

    event: IntArray
    weight: FloatArray
    track_offsets: IntArray
    track_pt: FloatArray
    track_theta: FloatArray
    track_phi: FloatArray
    track_charge: npt.NDArray[np.int8]
    track_d0_cm: FloatArray
    track_z0_cm: FloatArray
    track_is_muon: BoolArray
    track_is_electron: BoolArray
    track_truth: npt.NDArray[np.int8]
    photon_offsets: IntArray
    photon_energy: FloatArray
    photon_theta: FloatArray
    photon_phi: FloatArray
    trigger_three_track: BoolArray
    trigger_single_muon: BoolArray
    trigger_calorimeter: BoolArray
    truth_momenta: npt.NDArray[np.float32]
    truth_pdg: IntArray
    x_mass_gev: FloatArray
    sqrt_s_gev: float
    process: str

    def __post_init__(self) -> None:
        """Refuse arrays that do not belong together."""
        n = len(self.event)
        sizes = dict.fromkeys(_PER_EVENT, n)
        for kind in ("track", "photon"):
            sizes[f"{kind}_offsets"] = n + 1
            offsets = getattr(self, f"{kind}_offsets")
            for field in fields(self):
                if field.name.startswith(f"{kind}_") and not field.name.endswith("offsets"):
                    sizes[field.name] = int(offsets[-1]) if len(offsets) else 0
        for name, size in sizes.items():
            if len(getattr(self, name)) != size:
                raise ConsistencyError(
                    "arrays of events have unequal sizes",
                    key=name,
                    found=len(getattr(self, name)),
                    expected=size,
                )

    def __len__(self) -> int:
        """Return the number of events."""
        return len(self.event)

    def without_photons(self) -> Events:
        """Return the same events as if the calorimeter had seen nothing."""
        nothing = np.zeros(0)
        return replace(
            self,
            photon_offsets=np.zeros(len(self) + 1, dtype=np.int64),
            photon_energy=nothing,
            photon_theta=nothing,
            photon_phi=nothing,
        )

    def take(self, index: npt.NDArray[np.generic]) -> Events:
        """Events of an index array or a mask, in the order of the index.

        Parameters
        ----------
        index
            Shape (m,) places of events, which may repeat, or a mask (n,).

        Raises
        ------
        ConsistencyError
            A mask of another length.
        """
        if index.dtype == np.bool_:
            if len(index) != len(self):
                raise ConsistencyError(
                    "a mask of events has another length", found=len(index), expected=len(self)
                )
            chosen = np.flatnonzero(index)
        else:
            chosen = np.asarray(index, dtype=np.int64)
        values: dict[str, Any] = {}
        places: dict[str, IntArray] = {}
        for kind in ("track", "photon"):
            values[f"{kind}_offsets"], places[kind] = _taken(
                getattr(self, f"{kind}_offsets"), chosen
            )
        for field in fields(self):
            name = field.name
            kind = name.split("_")[0]
            if name in (*_PER_EVENT, "event"):
                values[name] = getattr(self, name)[chosen]
            elif kind in places and not name.endswith("_offsets"):
                values[name] = getattr(self, name)[places[kind]]
        return replace(self, **values)

    def without_truth(self, process: str) -> Events:
        """Return the same events as data would have them: measured numbers and a name.

        Generated particles, their links to tracks and the mass of X are dropped.
        """
        return replace(
            self,
            track_truth=np.full(len(self.track_truth), -1, dtype=np.int8),
            truth_momenta=np.zeros((len(self), 0, 4), dtype=np.float32),
            truth_pdg=np.zeros(0, dtype=np.int64),
            x_mass_gev=np.full(len(self), np.nan),
            process=process,
        )

    @classmethod
    def mixed(cls, parts: Sequence[Events], process: str) -> Events:
        """Join samples of different processes into one without truth, numbered from zero.

        Parameters
        ----------
        parts
            Samples of one c.m. energy; they come one after the other (shuffle with ``take``).
        process
            Name of the whole.

        Raises
        ------
        ConsistencyError
            There are no parts, or they differ in energy.
        """
        joined = cls.concatenate([part.without_truth(process) for part in parts])
        return replace(joined, event=np.arange(len(joined), dtype=np.int64))

    @classmethod
    def concatenate(cls, parts: Sequence[Events]) -> Events:
        """Join samples of one process; event numbers are taken over as they are.

        Raises
        ------
        ConsistencyError
            The parts differ in process, energy or generated particles, or there is none.
        """
        if not parts:
            raise ConsistencyError("nothing to concatenate")
        first = parts[0]
        for part in parts[1:]:
            if (part.process, part.sqrt_s_gev) != (first.process, first.sqrt_s_gev) or (
                not np.array_equal(part.truth_pdg, first.truth_pdg)
            ):
                raise ConsistencyError(
                    "samples of different processes are not joined",
                    found=part.process,
                    expected=first.process,
                )
        values: dict[str, Any] = {}
        for field in fields(cls):
            name = field.name
            if name in ("truth_pdg", "sqrt_s_gev", "process"):
                values[name] = getattr(first, name)
            elif name.endswith("_offsets"):
                counts = np.concatenate([np.diff(getattr(part, name)) for part in parts])
                values[name] = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
            else:
                values[name] = np.concatenate([getattr(part, name) for part in parts])
        return cls(**values)


def _taken(offsets: IntArray, chosen: IntArray) -> tuple[IntArray, IntArray]:
    """Offsets of chosen entries, and the places of what belongs to them."""
    counts = (offsets[1:] - offsets[:-1])[chosen]
    new = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    places = np.arange(new[-1], dtype=np.int64) + np.repeat(offsets[:-1][chosen] - new[:-1], counts)
    return new, places
