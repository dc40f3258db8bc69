"""Global significances: how often background alone gives as large an excess somewhere."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from fourmu.config.look_elsewhere import LookElsewhere as Settings
from fourmu.errors import ConsistencyError, DomainError

from .gross_vitells import UpCrossings, count_up_crossings, global_bound
from .scan_spectra import ScanBins

__all__ = [
    "CONFIDENCE_OF_UPPER_LIMITS",
    "LEVELS",
    "Excess",
    "GlobalSignificance",
    "LookElsewhere",
    "Region",
    "global_significance",
    "local_of_global",
    "look_elsewhere",
    "z_of_p",
]

Floats = NDArray[np.float64]

LEVELS = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0)
"""Local significances at which the tail, the up-crossings and the global p-value are tabulated."""
CONFIDENCE_OF_UPPER_LIMITS = 0.95
"""Of the limit on a global p-value that no pseudo-scan reaches."""
_LEAST_SCANS = 10  # for a quantile that is known to a third
_ONE_SIGMA = 0.682689492137086


@dataclass(frozen=True, kw_only=True)
class Region:
    """A part of the scan, and what pseudo-scans do in it.

    Attributes
    ----------
    name
        ``full`` or ``range r``.
    mlp_range
        r, None for the full scan.
    hypotheses
        Windows in it.
    largest
        Largest local significance of each pseudo-scan, sorted, shape (S,).
    tail, tail_error
        Share of all fits with a local significance of at least each of :data:`LEVELS`, and its
        standard error from scan to scan, shape (L,). Of a normal distribution it is the upper
        tail.
    up_crossings
        Per level, the mean number in a scan.
    reference
        Up-crossings at the low level of Gross and Vitells.
    """

    name: str
    mlp_range: int | None
    hypotheses: int
    largest: Floats
    tail: Floats
    tail_error: Floats
    up_crossings: tuple[UpCrossings, ...]
    reference: UpCrossings


@dataclass(frozen=True, kw_only=True)
class GlobalSignificance:
    """The global p-value of a local significance in a region, two ways.

    Attributes
    ----------
    z_local, p_local
        Local one-sided significance and its p-value.
    scans_above
        Pseudo-scans whose largest significance is at least as large.
    p_scans
        Their share.
    p_scans_low, p_scans_high
        Clopper-Pearson interval of 68.3 %; with ``is_upper_limit`` 0 and the upper limit at 95 %.
    is_upper_limit
        No pseudo-scan is as large: of the p-value only ``p_scans_high`` is known.
    p_bound, p_bound_error
        Gross and Vitells, and its error from the number of up-crossings.
    is_extrapolation
        The bound is below what the pseudo-scans can show, one over their number.
    """

    z_local: float
    p_local: float
    scans_above: int
    p_scans: float
    p_scans_low: float
    p_scans_high: float
    is_upper_limit: bool
    p_bound: float
    p_bound_error: float
    is_extrapolation: bool

    @property
    def z_scans(self) -> float:
        """Global significance by the pseudo-scans; a lower limit if the p-value is an upper one."""
        return z_of_p(self.p_scans_high if self.is_upper_limit else self.p_scans)

    @property
    def z_scans_interval(self) -> tuple[float, float]:
        """Its interval of 68.3 %, the smaller significance first."""
        return z_of_p(self.p_scans_high), z_of_p(self.p_scans_low)

    @property
    def z_bound(self) -> float:
        """Global significance by Gross and Vitells; not smaller than minus infinity."""
        return z_of_p(self.p_bound)


@dataclass(frozen=True, kw_only=True)
class Excess:
    """A local excess of the observed data."""

    workspace: str
    mass_gev: float
    mlp_range: int
    z_local: float
    in_full: GlobalSignificance
    """In the whole scan."""
    in_range: GlobalSignificance
    """In the MLP range of the excess."""


@dataclass(frozen=True, kw_only=True)
class LookElsewhere:
    """The look-elsewhere effect of one model.

    Attributes
    ----------
    pseudo_scans
        Their number S.
    workspaces, mass_gev, sigma_gev, mlp_range, z_local
        Windows that were fitted, in order of mass, and what is observed there, shape (W,).
    failed_fits
        Pseudo-scans in which the fit of a window did not converge, shape (W,); it then counts as
        no excess.
    regions
        The full scan, then the MLP ranges.
    excesses
        The largest ones observed, each largest among its neighbours.
    """

    pseudo_scans: int
    workspaces: tuple[str, ...]
    mass_gev: Floats
    sigma_gev: Floats
    mlp_range: NDArray[np.int64]
    z_local: Floats
    failed_fits: NDArray[np.int64]
    regions: tuple[Region, ...]
    excesses: tuple[Excess, ...]

    @property
    def full(self) -> Region:
        """The whole scan."""
        return self.regions[0]

    def range(self, index: int) -> Region:
        """The region of an MLP range."""
        return next(region for region in self.regions if region.mlp_range == index)


def look_elsewhere(
    workspaces: Sequence[str],
    bins: ScanBins,
    z_local: Floats,
    z_scans: NDArray[np.float32],
    settings: Settings | None = None,
) -> LookElsewhere:
    """Compare the observed excesses with those of pseudo-scans.

    Parameters
    ----------
    workspaces
        Names of the windows, in order of mass, W of them.
    bins
        Their masses and MLP ranges.
    z_local
        Observed local significances, shape (W,); windows with NaN are left out everywhere.
    z_scans
        Those of the pseudo-scans, shape (S, W).
    settings
        Level of the up-crossings, number and separation of excesses.

    Raises
    ------
    ConsistencyError
        The shapes differ.
    DomainError
        No window, or no pseudo-scan.
    """
    settings = Settings() if settings is None else settings
    if z_scans.shape[1:] != z_local.shape or len(workspaces) != len(z_local):
        raise ConsistencyError(
            "pseudo-scans and observation have other windows",
            found=z_scans.shape[1:],
            expected=z_local.shape,
        )
    used = np.flatnonzero(np.isfinite(z_local))
    if used.size == 0 or len(z_scans) == 0:
        raise DomainError("global significances need windows and pseudo-scans")
    names = [workspaces[int(place)] for place in used]
    z_local, z_scans, ranges = z_local[used], z_scans[:, used], bins.mlp_range[used]
    failed = np.isnan(z_scans)
    z_scans = np.where(failed, np.float32(0.0), z_scans)
    everywhere = np.ones(used.size, dtype=np.bool_)
    regions = [_region("full", None, z_scans[:, everywhere], settings)]
    regions += [
        _region(f"range {index}", int(index), z_scans[:, ranges == index], settings)
        for index in np.unique(ranges)
    ]
    by_range = {region.mlp_range: region for region in regions}
    excesses = []
    for place in _peaks(z_local, bins.centre[used], bins.sigma[used], settings):
        z, index = float(z_local[place]), int(ranges[place])
        excesses.append(
            Excess(
                workspace=names[place],
                mass_gev=float(bins.mass_gev[used[place]]),
                mlp_range=index,
                z_local=z,
                in_full=global_significance(regions[0], z),
                in_range=global_significance(by_range[index], z),
            )
        )
    return LookElsewhere(
        pseudo_scans=len(z_scans),
        workspaces=tuple(names),
        mass_gev=bins.mass_gev[used],
        sigma_gev=bins.sigma[used],
        mlp_range=ranges,
        z_local=z_local,
        failed_fits=np.count_nonzero(failed, axis=0),
        regions=tuple(regions),
        excesses=tuple(excesses),
    )


def global_significance(region: Region, z_local: float) -> GlobalSignificance:
    """Global p-value of any local significance in a region.

    Parameters
    ----------
    region
        What pseudo-scans do there.
    z_local
        Local significance.
    """
    from scipy.special import betaincinv  # noqa: PLC0415  imported where it is needed

    scans = region.largest.size
    above = int(scans - np.searchsorted(region.largest, np.float32(z_local)))
    half = 0.5 * (1.0 - _ONE_SIGMA)
    low = float(betaincinv(above, scans - above + 1, half)) if above > 0 else 0.0
    high = float(betaincinv(above + 1, scans - above, 1.0 - half)) if above < scans else 1.0
    if above == 0:
        high = 1.0 - (1.0 - CONFIDENCE_OF_UPPER_LIMITS) ** (1.0 / scans)
    bound, error = global_bound(z_local, region.reference)
    return GlobalSignificance(
        z_local=z_local,
        p_local=NormalDist().cdf(-z_local),
        scans_above=above,
        p_scans=above / scans,
        p_scans_low=low,
        p_scans_high=high,
        is_upper_limit=above == 0,
        p_bound=bound,
        p_bound_error=error,
        is_extrapolation=bound < 1.0 / scans,
    )


def local_of_global(region: Region, p_global: float) -> tuple[float, bool]:
    """Local significance that a global p-value needs, and whether up-crossings had to tell it.

    Parameters
    ----------
    region
        What pseudo-scans do there.
    p_global
        Where fewer than ten pseudo-scans have it the bound of Gross and Vitells is inverted.
    """
    scans = region.largest.size
    if p_global * scans >= _LEAST_SCANS:
        allowed = math.floor(p_global * scans)
        return float(region.largest[scans - allowed]), False
    low, high = 0.0, 40.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        bound, _ = global_bound(middle, region.reference)
        low, high = (middle, high) if bound > p_global else (low, middle)
    return high, True


def z_of_p(p_value: float) -> float:
    """One-sided significance of a p-value, infinite at 0 and 1."""
    if p_value <= 0.0:
        return math.inf
    return -NormalDist().inv_cdf(p_value) if p_value < 1.0 else -math.inf


def _region(name: str, index: int | None, z: NDArray[np.float32], settings: Settings) -> Region:
    shares = np.stack([np.mean(z >= np.float32(level), axis=1) for level in LEVELS])
    scans = len(z)
    spread = shares.std(axis=1, ddof=1) if scans > 1 else np.full(len(LEVELS), np.nan)
    return Region(
        name=name,
        mlp_range=index,
        hypotheses=z.shape[1],
        largest=np.sort(z.max(axis=1)).astype(np.float64),
        tail=shares.mean(axis=1),
        tail_error=spread / math.sqrt(scans),
        up_crossings=tuple(count_up_crossings(z, level) for level in LEVELS),
        reference=count_up_crossings(z, settings.gross_vitells_z),
    )


def _peaks(z: Floats, centre: Floats, sigma: Floats, settings: Settings) -> list[int]:
    """Places of the largest excesses; what is near a larger one is part of it."""
    found: list[int] = []
    for place in np.argsort(-z, kind="stable"):
        if len(found) == settings.excesses or z[place] <= 0.0:
            break
        reach = settings.excess_separation_sigmas * sigma[place]
        if all(abs(centre[place] - centre[other]) > reach for other in found):
            found.append(int(place))
    return found
