"""Limits on somebody's model: one row per mass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

__all__ = ["STATUSES", "Reinterpretation", "coupling_at_limit"]

FloatArray = npt.NDArray[np.float64]
Patch = list[dict[str, Any]]

STATUSES: Final = (
    "ok",
    "width_not_negligible",
    "vetoed",
    "out_of_range",
    "no_events",
    "not_converged",
    "unsupported",
    "invalid",
    "no_signal",
)
"""What can become of a mass; ``ok`` and ``width_not_negligible`` carry limits."""

_COLUMNS: Final = (
    "efficiency",
    "efficiency_error",
    "xsec_limit_fb",
    "xsec_limit_expected_fb",
    "xsec_limit_error_fb",
    "coupling_limit",
    "coupling_limit_expected",
    "coupling_limit_error",
    "width_gev",
    "status",
    "message",
    "xsec_br_fb",
    "xsec_br_error_fb",
    "k_factor",
    "k_factor_error",
    "branching_fraction",
    "g_minus_2_coupling_low",
    "g_minus_2_coupling_high",
)


@dataclass(frozen=True, kw_only=True)
class Reinterpretation:
    """Limits of a model at (n,) masses, NaN where the status says why.

    The coupling is a common factor: ``coupling`` is its value at which ``xsec_br_fb`` was
    computed, ``coupling_limit`` that at which it reaches the limit.
    """

    method: str
    """``xsec``, ``couplings`` or ``lhe``."""
    efficiency_from: str | None
    """Model of the archive whose efficiency or correction was taken; None for an own one."""
    level: str
    """Level of the cross sections that were given, ``born`` or ``isr``."""
    coupling: float
    confidence_level: float
    mass_gev: FloatArray
    window: tuple[str | None, ...]
    """Nearest window, None outside the scan."""
    place: npt.NDArray[np.int64]
    """Its number, -1 outside the scan."""
    window_mass_gev: FloatArray
    efficiency: FloatArray
    """On sigma_ISR, as in the templates."""
    efficiency_error: FloatArray
    """Statistical, and that of the correction for ISR."""
    xsec_br_fb: FloatArray
    """Prediction of sigma_ISR x BR at ``coupling``."""
    xsec_br_error_fb: FloatArray
    k_factor: FloatArray
    """sigma_ISR / sigma_Born that the input was multiplied by; 1 for input with ISR."""
    k_factor_error: FloatArray
    branching_fraction: FloatArray
    """To two muons; NaN where only the product with the cross section is known."""
    xsec_limit_fb: FloatArray
    """On sigma_ISR x BR."""
    xsec_limit_expected_fb: FloatArray
    """(n, 5), -2 ... +2 standard deviations."""
    xsec_limit_error_fb: FloatArray
    """Error of the observed limit from those of efficiency and shape of the signal."""
    coupling_limit: FloatArray
    coupling_limit_expected: FloatArray
    """(n, 5)."""
    width_gev: FloatArray
    """Total width at the coupling limit; NaN where the couplings are not known."""
    status: tuple[str, ...]
    message: tuple[str, ...]
    g_minus_2_coupling_low: FloatArray
    """Lower edge of the (g-2) band, in units of ``coupling``; NaN without one."""
    g_minus_2_coupling_high: FloatArray
    g_minus_2_measurement: str | None
    g_minus_2_message: str
    """Why there is no band, or no lower edge."""
    patches: Mapping[str, Patch]
    """JSON patch of each window with a limit, for its background-only workspace."""
    warnings: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Return the number of masses."""
        return len(self.mass_gev)

    @property
    def coupling_limit_error(self) -> FloatArray:
        """(n,) error of the coupling limit: half the relative ones of limit and prediction."""
        limit, prediction = self.xsec_limit_fb, self.xsec_br_fb
        with np.errstate(divide="ignore", invalid="ignore"):
            relative = np.hypot(
                self.xsec_limit_error_fb / limit, self.xsec_br_error_fb / prediction
            )
        return np.asarray(0.5 * self.coupling_limit * relative)

    @property
    def excluded_gev(self) -> list[tuple[float, float]]:
        """Intervals of mass in which the prediction at ``coupling`` is above the limit.

        From the first to the last of masses in neighbouring windows; what lies between masses that
        are farther apart was not tested.
        """
        return self._intervals(self.xsec_br_fb > self.xsec_limit_fb)

    @property
    def g_minus_2_excluded_gev(self) -> list[tuple[float, float]]:
        """Intervals of mass in which the whole (g-2) band is excluded."""
        low = self.g_minus_2_coupling_low
        return self._intervals((low > 0.0) & (self.coupling_limit < low))

    def _intervals(self, excluded: npt.NDArray[np.bool_]) -> list[tuple[float, float]]:
        order = np.argsort(self.mass_gev, kind="stable")
        intervals: list[tuple[float, float]] = []
        last: int | None = None
        for row in order:
            if excluded[row]:
                mass = float(self.mass_gev[row])
                if last is not None and self.place[row] - self.place[last] <= 1:
                    intervals[-1] = (intervals[-1][0], mass)
                else:
                    intervals.append((mass, mass))
                last = int(row)
            else:
                last = None
        return intervals

    def rows(self) -> list[dict[str, Any]]:
        """One plain mapping per mass, None for what is not a number: content of JSON and CSV."""
        return [
            {
                "mass_gev": float(self.mass_gev[place]),
                "window": self.window[place],
                "window_mass_gev": _plain(self.window_mass_gev[place]),
                **{name: _plain(getattr(self, name)[place]) for name in _COLUMNS},
            }
            for place in range(len(self))
        ]


def coupling_at_limit(
    coupling: float, limit_fb: FloatArray, prediction_fb: FloatArray
) -> FloatArray:
    """Coupling at which a prediction reaches a limit; NaN where one is missing or it never does.

    Parameters
    ----------
    coupling
        Coupling of the prediction, which goes with its square.
    limit_fb
        (n,) or (n, 5).
    prediction_fb
        (n,).
    """
    prediction = np.reshape(prediction_fb, (-1,) + (1,) * (np.ndim(limit_fb) - 1))
    ratio = np.full(np.shape(limit_fb), np.nan)
    np.divide(limit_fb, prediction, out=ratio, where=prediction > 0.0)
    return np.asarray(coupling * np.sqrt(ratio))


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value or None
    if np.ndim(value) == 1:
        band = [_plain(entry) for entry in value]
        return None if all(entry is None for entry in band) else band
    return float(value) if np.isfinite(value) else None
