"""What one fit window holds before it becomes a workspace."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fourmu.errors import ConsistencyError

__all__ = ["Template", "Window"]

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Window:
    """A mass hypothesis and the bins of reduced dimuon mass in which it is fitted (Sec. V).

    Its efficiency is that of its :class:`Template`, one per model.
    """

    name: str
    """``w0000`` ... by the place in the grid before vetoes."""
    index: int
    """The same place as a number."""
    mass_gev: float
    """Mass of the hypothesis."""
    reduced_mass_gev: float
    """M_R of the hypothesis."""
    sigma_gev: float
    """Resolution of M_R: half the smallest interval with 68.3 % of the signal shape."""
    mlp_range: int
    """Index 0..4 of the MLP range that selects the candidates: that of the central mass."""
    bin_low: FloatArray
    """(n,) lower edges of the bins in M_R, GeV; a veto leaves gaps."""
    bin_high: FloatArray
    """(n,) upper edges."""
    vetoed: bool = False
    """The hypothesis lies inside a vetoed interval: it keeps its number but is not fitted."""

    @property
    def n_bins(self) -> int:
        """Number of bins."""
        return len(self.bin_low)


@dataclass(frozen=True, kw_only=True)
class Template:
    """Expected and observed contents of one window for one model."""

    window: Window
    signal: FloatArray
    """(n,) events expected for 1 fb: luminosity x efficiency x shape, divided by the yield
    correction when the resolution enters as a normalisation."""
    background: FloatArray
    """(d + 1, n) scaled Bernstein templates; the background is their sum with coefficients 1."""
    observed: FloatArray
    """(n,) counts."""
    efficiency: float
    """Efficiency of the signal relative to all generated events with ISR, divided by the share of
    the shape inside the training interval of the network: below 1 near the borders of the MLP
    ranges. With it ``signal`` is luminosity x efficiency x integral of the shape over a bin."""
    signal_wide: FloatArray | None = None
    """(n,) ``signal`` with the wider resolution, for a shape uncertainty of the resolution."""
    signal_narrow: FloatArray | None = None
    """(n,) ``signal`` with the narrower resolution."""

    def __post_init__(self) -> None:
        n = self.window.n_bins
        expected = {
            "bin_high": (self.window.bin_high, (n,)),
            "signal": (self.signal, (n,)),
            "background": (self.background, (len(self.background), n)),
            "observed": (self.observed, (n,)),
        }
        if (self.signal_wide is None) != (self.signal_narrow is None):
            raise ConsistencyError(
                "a shape uncertainty needs the wide and the narrow signal",
                where=self.window.name,
            )
        if self.signal_wide is not None and self.signal_narrow is not None:
            expected["signal_wide"] = (self.signal_wide, (n,))
            expected["signal_narrow"] = (self.signal_narrow, (n,))
        for key, (values, shape) in expected.items():
            if np.shape(values) != shape:
                raise ConsistencyError(
                    "an array of the window has the wrong shape",
                    where=self.window.name,
                    key=key,
                    found=np.shape(values),
                    expected=shape,
                )
            if not np.all(np.isfinite(values)):
                raise ConsistencyError(
                    "an array of the window is not finite", where=self.window.name, key=key
                )

    @property
    def degree(self) -> int:
        """Degree of the Bernstein polynomial of the background."""
        return len(self.background) - 1
