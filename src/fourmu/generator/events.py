"""Parton-level events: what the generator, and a reader of LHE files, hand to the detector."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from fourmu.errors import ConsistencyError
from fourmu.physics.kinematics import FloatArray

__all__ = ["FOUR_MUON_PDG", "PartonEvents", "concatenate"]

FOUR_MUON_PDG = (-13, 13, -13, 13)
"""mu+ and mu- that come with X, then mu+ and mu- from X."""


@dataclass(frozen=True, kw_only=True)
class PartonEvents:
    """Final-state momenta in the nominal c.m. frame, e- along +z.

    Final-state particles come in a fixed order: mu+ and mu- (prompt), then mu+ and mu- from X
    (four muons of QED: mu+, mu-, mu+, mu-); others follow.

    Attributes
    ----------
    momenta
        (n, k, 4) float64, (E, px, py, pz) in GeV. A particle of zero energy is absent from its
        event.
    pdg
        (k,) particle codes, common to all events.
    photons
        (n, 2, 4) radiated in the initial state by e- and by e+; zeros where none.
    weight
        (n,), 1 for unweighted events.
    x_mass_gev
        (n,) mass of X, NaN where there is none.
    sqrt_s_gev
        Nominal c.m. energy.
    process
        Name of the process.
    overweight_fraction
        Share of the cross section that lies in weights above the maximum of the unweighting,
        hence missing from the densest places; NaN if unknown.
    """

    momenta: FloatArray
    pdg: npt.NDArray[np.int64]
    photons: FloatArray
    weight: FloatArray
    x_mass_gev: FloatArray
    sqrt_s_gev: float
    process: str
    overweight_fraction: float = float("nan")

    def __post_init__(self) -> None:
        """Refuse arrays that do not belong together."""
        n, k = self.momenta.shape[:2]
        shapes = {
            "momenta": (self.momenta.shape, (n, k, 4)),
            "pdg": (self.pdg.shape, (k,)),
            "photons": (self.photons.shape, (n, 2, 4)),
            "weight": (self.weight.shape, (n,)),
            "x_mass_gev": (self.x_mass_gev.shape, (n,)),
        }
        for name, (found, expected) in shapes.items():
            if found != expected:
                raise ConsistencyError(
                    "arrays of parton events have unequal sizes",
                    key=name,
                    found=found,
                    expected=expected,
                )

    def __len__(self) -> int:
        """Return the number of events."""
        return len(self.momenta)

    def __getitem__(self, index: slice | npt.NDArray[np.generic]) -> PartonEvents:
        """Events of a slice, a mask or an index array."""
        return replace(
            self,
            momenta=self.momenta[index],
            photons=self.photons[index],
            weight=self.weight[index],
            x_mass_gev=self.x_mass_gev[index],
        )


def concatenate(parts: list[PartonEvents]) -> PartonEvents:
    """Join samples of one process.

    Raises
    ------
    ConsistencyError
        There are none, or they differ in final state or energy.
    """
    if not parts:
        raise ConsistencyError("no events to join")
    first = parts[0]
    for part in parts[1:]:
        if not np.array_equal(part.pdg, first.pdg) or part.sqrt_s_gev != first.sqrt_s_gev:
            raise ConsistencyError("samples of different final states or energies cannot be joined")
    return replace(
        first,
        momenta=np.concatenate([part.momenta for part in parts]),
        photons=np.concatenate([part.photons for part in parts]),
        weight=np.concatenate([part.weight for part in parts]),
        x_mass_gev=np.concatenate([part.x_mass_gev for part in parts]),
    )
