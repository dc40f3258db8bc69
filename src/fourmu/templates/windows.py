"""The grid of mass hypotheses and the bins around each (Sec. V)."""

from __future__ import annotations

import numpy as np

from fourmu.classifiers import SigmaOfMass, range_of_mass
from fourmu.config.templates import Templates
from fourmu.errors import DomainError
from fourmu.physics.kinematics import FloatArray, mass_from_reduced, reduced_mass

from .window_template import Window

__all__ = ["build_windows"]

_SMALLEST_BIN = 0.5  # of a regular bin: what M_R = 0 leaves of a narrower one joins the next


def build_windows(
    sigma: SigmaOfMass, range_edges_gev: tuple[float, ...], config: Templates
) -> tuple[Window, ...]:
    """All mass hypotheses of the scan, vetoed ones included.

    Parameters
    ----------
    sigma
        sigma(M_R) in GeV against dimuon mass in GeV, of the Z'; one grid serves all models.
    range_edges_gev
        Borders of the MLP ranges; the central mass decides.
    config
        Range, step, width, bins and vetoes.

    Returns
    -------
    Windows in order of mass. A window's name is its place in this grid, so vetoes change no
    name; bins that overlap a veto are missing from ``bin_low`` and ``bin_high``.

    Raises
    ------
    DomainError
        The resolution is not positive, or the scan leaves the MLP ranges.

    Notes
    -----
    The step from a hypothesis to the next is its own sigma(M_R) (times ``step_sigmas``) in M_R.
    Windows are cut at M_R = 0; a first bin of less than half the regular width joins its
    neighbour.
    """
    first, last = config.mass_range_gev
    reduced: list[float] = []
    widths: list[float] = []
    position = float(reduced_mass(first))
    # the last hypothesis may sit on the end of the range up to rounding
    end = float(reduced_mass(last)) * (1.0 + 1e-12)
    while position <= end:
        width = float(sigma(np.array([mass_from_reduced(position)]))[0])
        if not width > 0.0 or not np.isfinite(width):
            raise DomainError("sigma(M_R) must be positive", found=width)
        reduced.append(position)
        widths.append(width)
        position += config.step_sigmas * width
    mass = mass_from_reduced(np.array(reduced))
    index = range_of_mass(range_edges_gev, mass)
    if np.any(index < 0):
        raise DomainError(
            "the scan leaves the MLP ranges",
            key="mass_range_gev",
            found=mass[index < 0][0],
            expected=f"{range_edges_gev[0]} to {range_edges_gev[-1]} GeV",
        )
    vetoes = [
        (float(reduced_mass(low)), float(reduced_mass(high))) for low, high in config.veto_gev
    ]
    windows = []
    for place, (centre, width) in enumerate(zip(reduced, widths, strict=True)):
        low, high = _bins(centre, width, config)
        kept = np.ones(len(low), dtype=np.bool_)
        for veto_low, veto_high in vetoes:
            kept &= (high <= veto_low) | (low >= veto_high)
        windows.append(
            Window(
                name=f"w{place:04d}",
                index=place,
                mass_gev=float(mass[place]),
                reduced_mass_gev=centre,
                sigma_gev=width,
                mlp_range=int(index[place]),
                bin_low=low[kept],
                bin_high=high[kept],
                vetoed=any(a <= centre <= b for a, b in vetoes),
            )
        )
    return tuple(windows)


def _bins(centre: float, width: float, config: Templates) -> tuple[FloatArray, FloatArray]:
    """Lower and upper edges of the bins of one window, before vetoes."""
    step = config.window_sigmas * width / config.bins
    edges = centre + step * (np.arange(config.bins + 1) - 0.5 * config.bins)
    edges = edges[edges > 0.0] if edges[0] < 0.0 else edges
    if len(edges) <= config.bins:
        narrow = edges[0] < _SMALLEST_BIN * step
        edges = np.append(0.0, edges[1:] if narrow else edges)
    return np.asarray(edges[:-1], dtype=np.float64), np.asarray(edges[1:], dtype=np.float64)
