"""|M|^2 at the points of a table like the reference's ``matrix_elements.json``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from fourmu.errors import InputError
from fourmu.physics.kinematics import FloatArray
from fourmu.physics.models import Couplings

from .amplitudes import (
    TreeConstants,
    me2_electrons_muons,
    me2_four_muon,
    me2_mumu_gamma,
    me2_mumu_tautau,
    me2_x,
    me2_x_decayed,
)

__all__ = ["evaluate_points"]

_LARGEST = float(np.finfo(np.float64).max)


def evaluate_points(
    table: Any, *, part: str | None = None, where: str = "points"
) -> tuple[dict[str, list[float]], list[str]]:
    """Evaluate every entry of a table of phase-space points.

    Parameters
    ----------
    table
        Mapping with ``alpha_inv, m_e, m_mu, m_tau, gzp, gs0`` and ``results``: process name ->
        {``points``: [{``p``: legs x 4}], ``mass``, ``width``}. Incoming e+, e- first, GeV.
    part
        ``conversion`` or ``annihilation``: only the four-muon entries, of that class alone and
        without the factor 1/4 for identical particles.
    where
        Name for messages.

    Returns
    -------
    values, unknown
        Process -> |M|^2 per point, and the names of entries without an amplitude here.

    Raises
    ------
    InputError
        A key is missing, momenta are not finite numbers of the right shape or have an energy
        that is not positive, or no collision has them: |M|^2 is not finite there.
    """
    if not isinstance(table, Mapping) or not isinstance(table.get("results"), Mapping):
        raise InputError("no table of processes", where=where, key="results")
    constants = TreeConstants(
        alpha=1.0 / _number(table, "alpha_inv", where),
        electron_mass_gev=_number(table, "m_e", where),
        muon_mass_gev=_number(table, "m_mu", where),
        tau_mass_gev=_number(table, "m_tau", where),
    )
    values: dict[str, list[float]] = {}
    unknown: list[str] = []
    for name, entry in table["results"].items():
        amplitude = _amplitude(str(name), entry, table, constants, part, f"{where}, {name}")
        if amplitude is None:
            if part is None:
                unknown.append(str(name))
            continue
        legs, function = amplitude
        momenta = _momenta(entry, legs, f"{where}, {name}")
        with np.errstate(all="ignore"):  # what is not finite is refused below
            squares = function(momenta)
        _refuse_singular(squares, f"{where}, {name}")
        values[str(name)] = [float(value) for value in squares]
    return values, unknown


def _number(mapping: Any, key: str, where: str) -> float:
    value = mapping.get(key) if isinstance(mapping, Mapping) else None
    valid = isinstance(value, int | float) and not isinstance(value, bool)
    if value is None or not valid or not 0.0 < value <= _LARGEST:
        raise InputError("a positive number is needed", where=where, key=key, found=value)
    return float(value)


def _momenta(entry: Any, legs: int, where: str) -> FloatArray:
    points = entry.get("points") if isinstance(entry, Mapping) else None
    if not isinstance(points, list) or not all(isinstance(p, Mapping) and "p" in p for p in points):
        raise InputError("a list of {'p': momenta} is needed", where=where, key="points")
    if not points:
        return np.empty((0, legs, 4))
    try:
        momenta = np.array([point["p"] for point in points], dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(
            "momenta are not numbers of one shape", where=where, key="p", expected=f"{legs} x 4"
        ) from error
    if momenta.shape[1:] != (legs, 4):
        raise InputError(
            "momenta of a wrong shape",
            where=where,
            key="p",
            found=momenta.shape[1:],
            expected=(legs, 4),
        )
    if not np.all(np.isfinite(momenta)):
        raise InputError("momenta must be finite numbers", where=where, key="p")
    if np.any(momenta[..., 0] <= 0.0):
        raise InputError(
            "energies must be positive", where=where, key="p", found=np.min(momenta[..., 0])
        )
    return momenta


def _refuse_singular(squares: FloatArray, where: str) -> None:
    bad = np.flatnonzero(~np.isfinite(squares))
    if len(bad):
        raise InputError(
            "|M|^2 is not finite: no collision has these momenta, or the masses do not fit them",
            where=f"{where}, point {bad[0] + 1}",
            key="p",
        )


def _amplitude(
    name: str,
    entry: Any,
    table: Any,
    constants: TreeConstants,
    part: str | None,
    where: str,
) -> tuple[int, Callable[[FloatArray], FloatArray]] | None:
    """Number of legs and amplitude of a process, None if there is none."""
    if name.startswith("4mu"):
        if part == "conversion":
            return 6, lambda p: me2_four_muon(
                p, part="conversion", identical=False, constants=constants
            )
        if part == "annihilation":
            return 6, lambda p: me2_four_muon(
                p, part="annihilation", identical=False, constants=constants
            )
        return 6, lambda p: me2_four_muon(p, constants=constants)
    if part is not None:
        return None
    if name.startswith("zprime_decay"):
        vector = Couplings(vector=_number(table, "gzp", where))
        mass, width = _number(entry, "mass", where), _number(entry, "width", where)
        return 6, lambda p: me2_x_decayed(p, vector, mass, width, constants=constants)
    if name.startswith("zprime"):
        vector = Couplings(vector=_number(table, "gzp", where))
        mass = _number(entry, "mass", where)
        return 5, lambda p: me2_x(p, vector, mass, constants=constants)
    if name.startswith("scalar"):
        scalar = Couplings(scalar=_number(table, "gs0", where))
        mass = _number(entry, "mass", where)
        return 5, lambda p: me2_x(p, scalar, mass, constants=constants)
    others: dict[str, tuple[int, Callable[[FloatArray], FloatArray]]] = {
        "mumugamma": (5, lambda p: me2_mumu_gamma(p, constants=constants)),
        "eemumu": (6, lambda p: me2_electrons_muons(p, constants=constants)),
        "mumutautau": (6, lambda p: me2_mumu_tautau(p, constants=constants)),
    }
    for prefix, amplitude in others.items():
        if name.startswith(prefix):
            return amplitude
    return None
