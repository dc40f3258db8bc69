"""Limits on couplings from limits on cross sections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fourmu.config.couplings import Couplings
from fourmu.errors import ConsistencyError
from fourmu.physics.constants import SQRT_S_GEV
from fourmu.physics.models import Model

from .cross_sections import CrossSectionTable, interpolate_cross_sections
from .running_alpha import running_alpha_factor

__all__ = [
    "CouplingLimits",
    "coupling_limits",
    "coupling_rows",
    "quoted_range",
    "width_message",
]

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class CouplingLimits:
    """Coupling limits of (n,) windows, NaN where the status says why.

    The coupling is a common factor of all couplings of the model (g' of the Z', g_S of the
    scalar). ``xsec_limit_fb`` is at the level of the data, sigma_ISR x BR; the same limit at Born
    level stands beside it.
    """

    model: str
    window: tuple[str, ...]
    mass_gev: FloatArray
    sigma_gev: FloatArray
    """Resolution of M_R."""
    xsec_limit_fb: FloatArray
    """Limit on sigma_ISR x BR."""
    xsec_limit_expected_fb: FloatArray
    """(n, 5) expected limits, -2 ... +2 sigma."""
    xsec_limit_born_fb: FloatArray
    """``xsec_limit_fb`` / K: limit on sigma_Born x BR."""
    xsec_limit_born_expected_fb: FloatArray
    k_factor: FloatArray
    k_factor_error: FloatArray
    branching_fraction: FloatArray
    xsec_br_fb: FloatArray
    """Prediction sigma_ISR x BR at coupling 1."""
    xsec_br_error_fb: FloatArray
    """Integration error of the prediction."""
    xsec_br_born_fb: FloatArray
    """Prediction sigma_Born x BR at coupling 1."""
    coupling_limit: FloatArray
    coupling_limit_error: FloatArray
    """From the error of the prediction alone."""
    coupling_limit_expected: FloatArray
    """(n, 5)."""
    width_gev: FloatArray
    """Total width at the coupling limit."""
    status: tuple[str, ...]
    """That of the window, or ``width_not_negligible``: there the numbers are given, but the
    width exceeds ``width_fraction`` of sigma(M_R) and the narrow-signal template is optimistic."""
    message: tuple[str, ...]


def coupling_limits(
    *,
    model: Model,
    table: CrossSectionTable,
    section: Couplings,
    window: Sequence[str],
    mass_gev: FloatArray,
    sigma_gev: FloatArray,
    xsec_limit_fb: FloatArray,
    xsec_limit_expected_fb: FloatArray,
    status: Sequence[str],
    message: Sequence[str],
    sqrt_s_gev: float = SQRT_S_GEV,
) -> CouplingLimits:
    """g_UL = g_ref sqrt(xsec_UL / (K sigma_Born(g_ref) BR)) in every window (Sec. VII).

    Parameters
    ----------
    model
        The model.
    table
        Its production cross sections.
    section
        Section of the configuration.
    window, mass_gev, sigma_gev
        (n,) names, masses and resolutions of the windows.
    xsec_limit_fb
        (n,) observed limits on sigma_ISR x BR; NaN where there is none (blind).
    xsec_limit_expected_fb
        (n, 5) expected limits, -2 ... +2 sigma.
    status, message
        (n,) of the limits; whatever is not ``ok`` is carried through with NaN.
    sqrt_s_gev
        Scale of a running alpha.

    Raises
    ------
    ConsistencyError
        The table is that of another model, or lengths differ.
    """
    mass, sigma = (np.asarray(x, dtype=np.float64) for x in (mass_gev, sigma_gev))
    n = len(mass)
    _check(model, table, n, window, sigma, xsec_limit_fb, xsec_limit_expected_fb, status, message)
    ok = np.array([entry == "ok" for entry in status], dtype=np.bool_)
    observed = np.where(ok, np.asarray(xsec_limit_fb, dtype=np.float64), np.nan)
    expected = np.where(ok[:, None], np.asarray(xsec_limit_expected_fb, dtype=np.float64), np.nan)

    xsec = interpolate_cross_sections(table, mass)
    alpha_factor = (
        running_alpha_factor(sqrt_s_gev) if section.alpha_production == "running" else 1.0
    )
    branching = np.asarray(model.branching_fraction_mumu(mass), dtype=np.float64)
    per_unit = alpha_factor * branching / table.coupling**2
    prediction = per_unit * xsec.xsec_isr_fb
    prediction_rel_error = xsec.xsec_isr_error_fb / xsec.xsec_isr_fb
    limit = _coupling(observed, prediction)
    limit_expected = _coupling(expected, prediction[:, None])

    # without an observed limit (blind) the width is judged at the median expected one
    at = np.where(np.isnan(limit), limit_expected[:, 2], limit)
    width = np.asarray(model.width_gev(mass, 1.0)) * at**2
    with np.errstate(invalid="ignore"):
        wide = width > section.width_fraction * sigma
    k = xsec.k_factor
    return CouplingLimits(
        model=model.name,
        window=tuple(window),
        mass_gev=mass,
        sigma_gev=sigma,
        xsec_limit_fb=observed,
        xsec_limit_expected_fb=expected,
        xsec_limit_born_fb=observed / k,
        xsec_limit_born_expected_fb=expected / k[:, None],
        k_factor=k,
        k_factor_error=xsec.k_factor_error,
        branching_fraction=branching,
        xsec_br_fb=prediction,
        xsec_br_error_fb=prediction * prediction_rel_error,
        xsec_br_born_fb=per_unit * xsec.xsec_born_fb,
        coupling_limit=limit,
        coupling_limit_error=0.5 * limit * prediction_rel_error,
        coupling_limit_expected=limit_expected,
        width_gev=width,
        status=tuple(
            "width_not_negligible" if flag else entry
            for flag, entry in zip(wide, status, strict=True)
        ),
        message=tuple(
            width_message(w, s) if flag else entry
            for flag, entry, w, s in zip(wide, message, width, sigma, strict=True)
        ),
    )


def width_message(width_gev: float, sigma_gev: float) -> str:
    """Say that a width is not negligible beside the resolution."""
    return f"width at the limit {1e3 * width_gev:.2g} MeV, sigma(M_R) {1e3 * sigma_gev:.2g} MeV"


def _coupling(xsec_fb: FloatArray, prediction_fb: FloatArray) -> FloatArray:
    """Coupling at which the prediction at coupling 1 reaches a cross section; 0/0 is NaN."""
    ratio = np.full(xsec_fb.shape, np.nan)
    np.divide(xsec_fb, prediction_fb, out=ratio, where=(prediction_fb > 0.0) & (xsec_fb >= 0.0))
    return np.asarray(np.sqrt(ratio))


def _check(model: Model, table: CrossSectionTable, n: int, *columns: Any) -> None:
    """Raise if the table or the columns do not belong together."""
    if table.model != model.name:
        raise ConsistencyError(
            "the cross sections are those of another model",
            found=table.model,
            expected=model.name,
        )
    lengths = [len(column) for column in columns]
    if any(length != n for length in lengths):
        raise ConsistencyError(
            "the columns of the limits differ in length", found=lengths, expected=n
        )


def quoted_range(limits: CouplingLimits, *, below_gev: float) -> tuple[float, float]:
    """Smallest and largest observed coupling limit below a mass, narrow windows alone.

    Windows whose status is not ``ok`` are left out; NaN without any.
    """
    use = np.array([entry == "ok" for entry in limits.status]) & (limits.mass_gev < below_gev)
    values = limits.coupling_limit[use & np.isfinite(limits.coupling_limit)]
    if len(values) == 0:
        return (float("nan"), float("nan"))
    return (float(values.min()), float(values.max()))


_COLUMNS = (
    "mass_gev",
    "sigma_gev",
    "xsec_limit_fb",
    "xsec_limit_expected_fb",
    "xsec_limit_born_fb",
    "xsec_limit_born_expected_fb",
    "k_factor",
    "k_factor_error",
    "branching_fraction",
    "xsec_br_fb",
    "xsec_br_error_fb",
    "xsec_br_born_fb",
    "coupling_limit",
    "coupling_limit_error",
    "coupling_limit_expected",
    "width_gev",
)


def coupling_rows(limits: CouplingLimits) -> list[dict[str, Any]]:
    """One plain mapping per window, None for what is not a number: content of JSON and CSV."""
    columns = {name: getattr(limits, name) for name in _COLUMNS}
    return [
        {
            "window": name,
            **{key: _plain(values[i]) for key, values in columns.items()},
            "status": limits.status[i],
            "message": limits.message[i] or None,
        }
        for i, name in enumerate(limits.window)
    ]


def _plain(value: Any) -> Any:
    if np.ndim(value) == 1:
        return [_plain(entry) for entry in value]
    return float(value) if np.isfinite(value) else None
