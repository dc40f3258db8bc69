"""Generated kinematics of X beside what passes the analysis: what reweights a model.

For each generated mass, counts over three variables of X in the nominal c.m. frame: its energy,
as (E - m) / (E_max - m) with E_max = (s + m^2 - 4 m_mu^2) / (2 sqrt(s)), the cosine of its polar
angle (electron beam along +z) and the cosine of the decay angle, between the mu- in the frame of
X and the flight of X. The joint counts have M_R bins as a fourth axis. A model of which these
three are known can be reweighted by plain arithmetic: the weight of a cell is the ratio of
generated shares.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fourmu.errors import DomainError, InputError
from fourmu.physics.constants import MUON_MASS_GEV
from fourmu.physics.kinematics import FloatArray, boost, invariant_mass, reduced_mass

__all__ = ["KinematicDensity", "fill_density", "largest_energy_gev", "x_kinematics"]

IntArray = npt.NDArray[np.int64]
_X_PLUS, _X_MINUS = 2, 3
_AXES = ("energy", "cos_theta", "cos_decay")


def largest_energy_gev(mass_gev: float, sqrt_s_gev: float) -> float:
    """Largest c.m. energy of X beside two muons."""
    return (sqrt_s_gev**2 + mass_gev**2 - 4.0 * MUON_MASS_GEV**2) / (2.0 * sqrt_s_gev)


def x_kinematics(momenta: FloatArray, sqrt_s_gev: float) -> FloatArray:
    """Energy share, cosine of the polar angle and cosine of the decay angle of X.

    Parameters
    ----------
    momenta
        (n, k, 4) generated, E first, GeV, nominal c.m. frame; the third and fourth particle are
        mu+ and mu- from X.
    sqrt_s_gev
        Nominal c.m. energy.

    Returns
    -------
    (n, 3): (E - m) / (E_max - m) in 0..1, cos(theta), cos(decay angle of the mu-).
    """
    p = np.asarray(momenta, dtype=np.float64)
    minus = p[:, _X_MINUS]
    x = p[:, _X_PLUS] + minus
    mass = invariant_mass(x)
    top = (sqrt_s_gev**2 + mass**2 - 4.0 * MUON_MASS_GEV**2) / (2.0 * sqrt_s_gev)
    share = (x[:, 0] - mass) / (top - mass)
    magnitude = np.linalg.norm(x[:, 1:], axis=-1)
    flight = x[:, 1:] / np.maximum(magnitude, 1e-12)[:, None]
    at_rest = boost(minus, -x[:, 1:] / x[:, :1])[:, 1:]
    decay = np.sum(at_rest * flight, axis=-1) / np.linalg.norm(at_rest, axis=-1)
    return np.asarray(
        np.clip(
            np.stack([share, flight[:, 2], decay], axis=-1),
            np.array([0.0, -1.0, -1.0]),
            np.array([1.0, 1.0, 1.0]),
        )
    )


@dataclass(frozen=True, kw_only=True)
class KinematicDensity:
    """Counts of one model at one generated mass.

    With ISR. The efficiency of a cell is ``factor`` x passing / generated.
    """

    mass_gev: float
    sigma_gev: float
    """Resolution of M_R, the unit of the M_R bins."""
    factor: float
    """Efficiency that the sample does not know of: 1 - 0.028 for collinear photons (Sec. IV E)."""
    edges: tuple[FloatArray, FloatArray, FloatArray]
    """Bins in energy share, cos(theta), cos(decay)."""
    reduced_mass_edges_gev: FloatArray
    """(r + 1,) bins in M_R."""
    generated: FloatArray
    """(e, t, d) sums of weights."""
    passing: FloatArray
    """(e, t, d, r) sums of weights of true pairs that pass everything, inside the M_R bins."""

    def energy_edges_gev(self, sqrt_s_gev: float) -> FloatArray:
        """Bins in the c.m. energy of X."""
        top = largest_energy_gev(self.mass_gev, sqrt_s_gev)
        return self.mass_gev + self.edges[0] * (top - self.mass_gev)

    @property
    def efficiency(self) -> FloatArray:
        """(e, t, d) efficiency within the M_R bins, NaN where nothing was generated."""
        passing = self.passing.sum(axis=-1)
        ratio = np.full(passing.shape, np.nan)
        np.divide(passing, self.generated, out=ratio, where=self.generated > 0.0)
        return self.factor * ratio

    def reweighted(self, share: FloatArray) -> FloatArray:
        """Efficiency per M_R bin of a model with another distribution of the kinematics.

        Parameters
        ----------
        share
            (e, t, d) shares of the generated events of the other model, with ISR.

        Returns
        -------
        (r,): its sum is the efficiency. Cells in which this sample has no events are left out.

        Raises
        ------
        DomainError
            The shape is wrong, or a share is negative or not finite.
        """
        other = np.asarray(share, dtype=np.float64)
        if other.shape != self.generated.shape:
            raise DomainError(
                "the shares need the bins of the density",
                found=other.shape,
                expected=self.generated.shape,
            )
        if not np.all(np.isfinite(other)) or np.any(other < 0.0) or not other.sum() > 0.0:
            raise DomainError("shares are numbers >= 0 that do not all vanish")
        weight = np.zeros(other.shape)
        np.divide(other / other.sum(), self.generated, out=weight, where=self.generated > 0.0)
        return np.asarray(self.factor * np.einsum("etd,etdr->r", weight, self.passing))

    def to_dict(self) -> dict[str, Any]:
        """Numbers that JSON can hold; the joint counts as places and values of filled cells."""
        filled = np.flatnonzero(self.passing)
        return {
            "mass_gev": self.mass_gev,
            "sigma_gev": self.sigma_gev,
            "factor": self.factor,
            **{
                f"{name}_edges": edges.tolist()
                for name, edges in zip(_AXES, self.edges, strict=True)
            },
            "reduced_mass_edges_gev": self.reduced_mass_edges_gev.tolist(),
            "generated": _short(self.generated),
            "passing_cells": filled.tolist(),
            "passing": _short(self.passing.ravel()[filled]),
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> KinematicDensity:
        """Read what :meth:`to_dict` wrote; raises InputError if it is something else."""
        try:
            edges = tuple(np.asarray(content[f"{name}_edges"], dtype=np.float64) for name in _AXES)
            reduced = np.asarray(content["reduced_mass_edges_gev"], dtype=np.float64)
            shape = tuple(len(axis) - 1 for axis in (*edges, reduced))
            passing = np.zeros(shape)
            _fill_cells(passing, content["passing_cells"], content["passing"])
            generated = np.asarray(content["generated"], dtype=np.float64)
            return cls(
                mass_gev=float(content["mass_gev"]),
                sigma_gev=float(content["sigma_gev"]),
                factor=float(content["factor"]),
                edges=(edges[0], edges[1], edges[2]),
                reduced_mass_edges_gev=reduced,
                generated=generated.reshape(shape[:3]),
                passing=passing,
            )
        except (KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
            raise InputError(f"not a kinematic density: {error!r}") from error


def _fill_cells(joint: FloatArray, cells: Any, values: Any) -> None:
    """Put values into the places of filled cells."""
    places = np.asarray(cells, dtype=np.int64)
    counts = np.asarray(values, dtype=np.float64)
    if places.ndim != 1 or places.shape != counts.shape or np.any(places < 0):
        raise ValueError("passing_cells and passing do not belong together")
    joint.ravel()[places] = counts


def _short(values: FloatArray) -> list[Any]:
    """Nested lists, whole numbers without their decimal point."""
    if np.all(values == np.rint(values)):
        return list(np.rint(values).astype(np.int64).tolist())
    return list(values.tolist())


def fill_density(
    generated: FloatArray,
    generated_weight: FloatArray,
    passing_rows: IntArray,
    passing_reduced_mass_gev: FloatArray,
    *,
    mass_gev: float,
    sigma_gev: float,
    factor: float,
    sqrt_s_gev: float,
    edges: tuple[FloatArray, FloatArray, FloatArray],
    reduced_mass_edges_sigma: FloatArray,
) -> KinematicDensity:
    """Fill the counts of one sample.

    Parameters
    ----------
    generated, generated_weight
        (n, k, 4) momenta of all generated events, as for :func:`x_kinematics`, and (n,) weights.
    passing_rows, passing_reduced_mass_gev
        (m,) which of them have a true pair that passes everything, and its M_R.
    mass_gev, sigma_gev
        Generated mass and resolution of M_R there.
    factor
        See :class:`KinematicDensity`.
    sqrt_s_gev
        Nominal c.m. energy.
    edges, reduced_mass_edges_sigma
        Bins; those in M_R in sigma around the generated mass, cut at M_R = 0.
    """
    centre = float(reduced_mass(np.array([mass_gev]))[0])
    reduced = centre + sigma_gev * np.asarray(reduced_mass_edges_sigma)
    if reduced[0] < 0.0:
        reduced = np.concatenate([[0.0], reduced[reduced > 0.0]])
    kinematics = x_kinematics(generated, sqrt_s_gev)
    # the last bin includes its upper edge, as NumPy has it
    shares, _ = np.histogramdd(kinematics, bins=list(edges), weights=generated_weight)
    joint, _ = np.histogramdd(
        np.column_stack([kinematics[passing_rows], passing_reduced_mass_gev]),
        bins=[*edges, reduced],
        weights=generated_weight[passing_rows],
    )
    return KinematicDensity(
        mass_gev=float(mass_gev),
        sigma_gev=float(sigma_gev),
        factor=float(factor),
        edges=edges,
        reduced_mass_edges_gev=reduced,
        generated=shares,
        passing=joint,
    )
