"""Batched fits of workspaces: limits, significances, p-values.

All windows are fitted at once by compiled kernels, from the workspaces alone::

    from fourmu.statmodel import read_workspaces
    from fourmu.inference import limits
    result = limits(read_workspaces("workspaces/zprime"))

``model`` is the likelihood with its algebra, ``minimise`` its minimum by the steps of ``newton``,
``asymptotics`` the distributions of the test statistics, ``upper_limits`` the searches along the
parameter of interest, ``window_fit`` all that is asked of one window, ``limits`` the loop over
windows.
``scan_spectra``, ``scan_fits`` and ``pseudo_scans`` repeat the whole scan without signal,
``look_elsewhere`` and ``gross_vitells`` make global significances of it. ``nuisances`` and
``impacts`` tell what the fits make of their other parameters, ``diagnostics`` is both.
``toy_limits`` and ``expected_bands`` do by pseudo-experiments what asymptotic formulas do:
``pseudo_data`` draws them, ``toy_tests`` fits them, ``toy_sample`` weighs them, ``toy_curves``
makes CLs of them and ``toy_search`` limits; ``chunks`` spreads the work, ``coverage`` tests it.
"""

from .chunks import WINDOWS_PER_CHUNK, chunks_of
from .coverage import Coverage, coverage, gaussian_cls_coverage
from .diagnostics import Diagnostics, diagnostics, passes_over
from .event_bootstrap import SimulatedCandidates, resampled, variance_ratio
from .expected_bands import expected_bands, expected_bands_of
from .gross_vitells import UpCrossings, count_up_crossings, global_bound
from .impacts import BestFitImpacts, LimitImpacts, best_fit_impacts, limit_impacts
from .likelihood import Likelihood, likelihood
from .limits import WINDOWS_PER_TASK, limits
from .look_elsewhere import (
    Excess,
    GlobalSignificance,
    LookElsewhere,
    Region,
    global_significance,
    local_of_global,
    look_elsewhere,
)
from .nuisances import Pulls, pulls
from .pseudo_scans import (
    BackgroundFits,
    background_fits,
    count_significances,
    pseudo_scans,
    scan_significances,
)
from .results import STATUSES, Limits
from .scan_spectra import ScanBins, ScanSpectra, draw_candidates, scan_bins, scan_spectra
from .toy_limits import toy_limits, toy_limits_of
from .toy_p_values import ToyPValues, toy_p_values
from .toy_results import ExpectedBands, ToyLimits

__all__ = [
    "STATUSES",
    "WINDOWS_PER_CHUNK",
    "WINDOWS_PER_TASK",
    "BackgroundFits",
    "BestFitImpacts",
    "Coverage",
    "Diagnostics",
    "Excess",
    "ExpectedBands",
    "GlobalSignificance",
    "Likelihood",
    "LimitImpacts",
    "Limits",
    "LookElsewhere",
    "Pulls",
    "Region",
    "ScanBins",
    "ScanSpectra",
    "SimulatedCandidates",
    "ToyLimits",
    "ToyPValues",
    "UpCrossings",
    "background_fits",
    "best_fit_impacts",
    "chunks_of",
    "count_significances",
    "count_up_crossings",
    "coverage",
    "diagnostics",
    "draw_candidates",
    "expected_bands",
    "expected_bands_of",
    "gaussian_cls_coverage",
    "global_bound",
    "global_significance",
    "likelihood",
    "limit_impacts",
    "limits",
    "local_of_global",
    "look_elsewhere",
    "passes_over",
    "pseudo_scans",
    "pulls",
    "resampled",
    "scan_bins",
    "scan_significances",
    "scan_spectra",
    "toy_limits",
    "toy_limits_of",
    "toy_p_values",
    "variance_ratio",
]
