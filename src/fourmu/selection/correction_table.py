"""A table of factors in rectangles of momentum and polar angle that leave no hole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from fourmu.errors import InputError
from fourmu.physics.kinematics import FloatArray

__all__ = ["COLUMNS", "OPTIONAL_COLUMNS", "CorrectionTable"]

IntArray = npt.NDArray[np.int64]

COLUMNS: Final = (
    "p_min_gev",
    "p_max_gev",
    "theta_min_deg",
    "theta_max_deg",
    "factor",
    "error",
)
OPTIONAL_COLUMNS: Final = ("statistical_error", "efficiency")


@dataclass(frozen=True, kw_only=True)
class CorrectionTable:
    """Factors between data and simulation in rectangles of momentum and polar angle.

    Attributes
    ----------
    p_edges_gev, theta_edges_rad
        Shapes (a + 1,) and (b + 1,), every edge of a rectangle.
    bin_of_cell
        Shape (a, b), bin of the table that covers a cell between neighbouring edges.
    factor, error, statistical_error
        Shape (bins,), ratio of the efficiencies in data and simulation; its error that moves all
        bins together, and that which moves each by itself.
    efficiency
        Shape (bins,), efficiency of the simulation; NaN throughout where it is not known.
    """

    p_edges_gev: FloatArray
    theta_edges_rad: FloatArray
    bin_of_cell: IntArray
    factor: FloatArray
    error: FloatArray
    statistical_error: FloatArray
    efficiency: FloatArray

    @classmethod
    def of_columns(cls, columns: Mapping[str, FloatArray]) -> CorrectionTable:
        """Build a table from columns (bins,): ``COLUMNS``, and ``OPTIONAL_COLUMNS`` if known.

        Raises
        ------
        InputError
            A number is outside its domain, or the rectangles leave a hole or overlap; the
            message gives the place, not the file.
        """
        columns = {name: np.asarray(values, np.float64) for name, values in columns.items()}
        for name in COLUMNS[:4]:  # an edge that two bins share may be written in two ways
            columns[name] = np.round(columns[name], 9)
        _check_numbers(columns)
        p_edges = np.unique([columns["p_min_gev"], columns["p_max_gev"]])
        theta_edges = np.unique([columns["theta_min_deg"], columns["theta_max_deg"]])
        n = len(columns["factor"])
        return cls(
            p_edges_gev=p_edges,
            theta_edges_rad=np.radians(theta_edges),
            bin_of_cell=_covered(columns, p_edges, theta_edges),
            factor=columns["factor"],
            error=columns["error"],
            statistical_error=columns.get("statistical_error", np.zeros(n)),
            efficiency=columns.get("efficiency", np.full(n, np.nan)),
        )

    @property
    def knows_efficiency(self) -> bool:
        """Whether the table has the efficiency of the simulation."""
        return not np.isnan(self.efficiency).any()

    def moved(self, shift: FloatArray) -> FloatArray:
        """Factors (bins,) after a shift, no efficiency below 0 or above 1."""
        largest = np.full(len(self.factor), np.inf)
        known = self.efficiency > 0.0
        largest[known] = np.maximum(1.0 / self.efficiency[known], self.factor[known])
        return np.asarray(np.clip(self.factor + shift, 0.0, largest))

    def bins(
        self, p_gev: FloatArray, theta_rad: FloatArray
    ) -> tuple[IntArray, npt.NDArray[np.bool_]]:
        """Bin (m,) of tracks, and whether they are beyond the edges and take the nearest."""
        cells, beyond = [], np.zeros(len(p_gev), dtype=np.bool_)
        for values, edges in ((p_gev, self.p_edges_gev), (theta_rad, self.theta_edges_rad)):
            cell = np.searchsorted(edges, values, side="right") - 1
            beyond |= (values < edges[0]) | (values >= edges[-1])
            cells.append(np.clip(cell, 0, len(edges) - 2))
        return self.bin_of_cell[cells[0], cells[1]], beyond


def _check_numbers(columns: Mapping[str, FloatArray]) -> None:
    """Refuse numbers outside their domain, naming column and bin."""
    if not len(columns["factor"]):
        raise InputError("the table has no bins")
    zero = np.zeros(len(columns["factor"]))
    for name, good, expected in (
        ("p_min_gev", columns["p_min_gev"] >= 0.0, "not negative"),
        ("p_max_gev", columns["p_max_gev"] > columns["p_min_gev"], "above p_min_gev"),
        ("theta_min_deg", columns["theta_min_deg"] >= 0.0, "not negative"),
        ("theta_max_deg", columns["theta_max_deg"] > columns["theta_min_deg"], "above theta_min"),
        ("theta_max_deg", columns["theta_max_deg"] <= 180.0, "at most 180"),
        ("factor", columns["factor"] >= 0.0, "not negative"),
        ("error", columns["error"] >= 0.0, "not negative"),
        ("statistical_error", columns.get("statistical_error", zero) >= 0.0, "not negative"),
        (
            "efficiency",
            (columns.get("efficiency", zero) >= 0.0) & (columns.get("efficiency", zero) <= 1.0),
            "between 0 and 1",
        ),
        (
            "factor",
            columns["factor"] * columns.get("efficiency", zero) <= 1.0 + 1e-9,
            "a factor times the efficiency of at most 1",
        ),
    ):
        wrong = np.flatnonzero(~good)
        if len(wrong):
            raise InputError(
                f"bin {wrong[0] + 1} of the table is outside its domain",
                key=name,
                found=f"{columns[name][wrong[0]]:g}",
                expected=expected,
            )
    largest = columns["theta_max_deg"].max()
    if largest <= np.pi:
        raise InputError(
            "the polar angles are in radians",
            key="theta_max_deg",
            found=f"at most {largest:g}",
            expected="degrees",
        )


def _covered(
    columns: Mapping[str, FloatArray], p_edges: FloatArray, theta_edges: FloatArray
) -> IntArray:
    """Bin of each cell between edges; each cell belongs to one bin."""
    bins = np.full((len(p_edges) - 1, len(theta_edges) - 1), -1, dtype=np.int64)
    for index in range(len(columns["factor"])):
        p, theta = (
            slice(
                int(np.searchsorted(edges, columns[low][index])),
                int(np.searchsorted(edges, columns[high][index])),
            )
            for edges, low, high in (
                (p_edges, "p_min_gev", "p_max_gev"),
                (theta_edges, "theta_min_deg", "theta_max_deg"),
            )
        )
        taken = bins[p, theta]
        if (taken >= 0).any():
            raise InputError(
                "two bins of the table overlap",
                key="p_min_gev ... theta_max_deg",
                found=f"bins {taken.max() + 1} and {index + 1}",
                expected="rectangles side by side",
            )
        bins[p, theta] = index
    holes = np.argwhere(bins < 0)
    if len(holes):
        i, j = holes[0]
        raise InputError(
            "the table has a hole",
            key="p_min_gev ... theta_max_deg",
            found=f"no bin for {p_edges[i]:g} < p < {p_edges[i + 1]:g} GeV, "
            f"{theta_edges[j]:g} < theta < {theta_edges[j + 1]:g} deg",
            expected="rectangles side by side",
        )
    return bins
