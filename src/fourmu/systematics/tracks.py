"""Events with a fixed number of tracks, as rectangular arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fourmu.detector import Events
from fourmu.physics.constants import MUON_MASS_GEV
from fourmu.physics.kinematics import FloatArray, energy_momentum, invariant_mass

__all__ = ["Tracks", "pair_mass", "tracks_of"]

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Tracks:
    """k tracks of each of n events, shapes (n, k).

    Attributes
    ----------
    place
        (n,) places of the events in the sample.
    pt, theta, phi
        GeV and rad, in the detector.
    charge
        +1 or -1.
    is_muon, is_electron
        Identification.
    """

    place: IntArray
    pt: FloatArray
    theta: FloatArray
    phi: FloatArray
    charge: IntArray
    is_muon: BoolArray
    is_electron: BoolArray

    @property
    def momentum(self) -> FloatArray:
        """Momenta in GeV."""
        return np.asarray(self.pt / np.sin(self.theta))

    def take(self, chosen: BoolArray | IntArray) -> Tracks:
        """Return some of the events."""
        return Tracks(**{name: getattr(self, name)[chosen] for name in self.__dataclass_fields__})

    @classmethod
    def concatenate(cls, parts: Sequence[Tracks]) -> Tracks:
        """Join events with equally many tracks; places are those in the parts."""
        return cls(
            **{
                name: np.concatenate([getattr(part, name) for part in parts])
                for name in cls.__dataclass_fields__
            }
        )

    def of(self, index: IntArray) -> Tracks:
        """Return the tracks (n, j) of each event at the given places among its tracks."""
        fields = {
            name: np.take_along_axis(getattr(self, name), index, axis=1)
            for name in self.__dataclass_fields__
            if name != "place"
        }
        return Tracks(place=self.place, **fields)


def tracks_of(events: Events, count: int, chosen: BoolArray | None = None) -> Tracks:
    """Tracks of the events that have exactly ``count`` of them.

    Parameters
    ----------
    events
        Reconstructed events.
    count
        Number of tracks.
    chosen
        (n,) events to look at; all if None.
    """
    mask = np.diff(events.track_offsets) == count
    if chosen is not None:
        mask &= chosen
    place = np.flatnonzero(mask)
    index = events.track_offsets[place][:, None] + np.arange(count)
    return Tracks(
        place=place,
        pt=events.track_pt[index],
        theta=events.track_theta[index],
        phi=events.track_phi[index],
        charge=events.track_charge[index].astype(np.int64),
        is_muon=events.track_is_muon[index],
        is_electron=events.track_is_electron[index],
    )


def pair_mass(pt: FloatArray, theta: FloatArray, phi: FloatArray) -> FloatArray:
    """Invariant mass (n,) of k tracks each, shapes (n, k), taken as muons."""
    three = np.stack([pt * np.cos(phi), pt * np.sin(phi), pt / np.tan(theta)], axis=-1)
    return invariant_mass(energy_momentum(three, MUON_MASS_GEV).sum(axis=1))
