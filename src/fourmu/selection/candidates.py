"""Dimuon candidates: four opposite-charge pairs per event, each with its recoil pair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from fourmu.errors import ConsistencyError
from fourmu.physics.kinematics import FloatArray

from .variables import VARIABLES

__all__ = ["Candidates"]

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]
Float32Array = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Candidates:
    """One row per candidate; the attributes are the columns of the Parquet file.

    Attributes
    ----------
    event
        Number of the event in its sample.
    pair
        Which of the four pairs: 2 x (0 for the mu+ of larger pT, else 1), plus the same for mu-.
    weight
        Weight of the event.
    is_true_pair
        Both muons come from X (simulated signal).
    mass_gev, reduced_mass_gev
        M(mumu) and M_R after the kinematic fit; NaN where it did not converge.
    mass_prefit_gev, reduced_mass_prefit_gev
        The same before the fit.
    four_muon_mass_gev
        M(4mu) before the fit.
    chi2, fit_converged
        Of the kinematic fit, four degrees of freedom; NaN where it did not converge.
    x_mass_gev
        Generated mass of X, NaN without one.
    variables
        Shape (n, 16), see ``VARIABLES``.
    """

    event: IntArray
    pair: npt.NDArray[np.int8]
    weight: FloatArray
    is_true_pair: BoolArray
    mass_gev: FloatArray
    reduced_mass_gev: FloatArray
    mass_prefit_gev: FloatArray
    reduced_mass_prefit_gev: FloatArray
    four_muon_mass_gev: FloatArray
    chi2: FloatArray
    fit_converged: BoolArray
    x_mass_gev: FloatArray
    variables: Float32Array

    def __post_init__(self) -> None:
        """Refuse columns that do not belong together."""
        for field in fields(self):
            found = len(getattr(self, field.name))
            if found != len(self.event):
                raise ConsistencyError(
                    "columns of candidates have unequal lengths",
                    key=field.name,
                    found=found,
                    expected=len(self.event),
                )
        if self.variables.shape[1:] != (len(VARIABLES),):
            raise ConsistencyError(
                "candidates have another number of variables",
                key="variables",
                found=self.variables.shape,
                expected=(len(self.event), len(VARIABLES)),
            )

    def __len__(self) -> int:
        """Return the number of candidates."""
        return len(self.event)

    def take(self, rows: BoolArray | IntArray) -> Candidates:
        """Rows by mask or by index."""
        return Candidates(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    @classmethod
    def concatenate(cls, parts: Sequence[Candidates]) -> Candidates:
        """Join samples.

        Raises
        ------
        ConsistencyError
            There is nothing to join.
        """
        if not parts:
            raise ConsistencyError("nothing to concatenate")
        return cls(
            **{f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(cls)}
        )
