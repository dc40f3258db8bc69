"""Examples of answers, for OpenAPI; the numbers are those of some archive of pseudo-data."""

from __future__ import annotations

from typing import Any, Final

from .workspaces import EXAMPLE_WORKSPACE

__all__ = ["EXAMPLES", "EXAMPLE_CSV", "EXAMPLE_LMT", "EXAMPLE_METRICS"]

_DIGEST: Final = "6a001242b9ef274744887796c2035e77d1a7fc5a6ace21875512c91f086dd682"
_BAND: Final = [0.0902, 0.1205, 0.1723, 0.2467, 0.3356]
_COUPLING_BAND: Final = [0.00321, 0.00371, 0.00444, 0.00531, 0.00619]
_WINDOW: Final = {
    "name": "w1182",
    "mass_gev": 2.99967,
    "mass_low_gev": 2.9976,
    "mass_high_gev": 3.00174,
    "sigma_gev": 0.00412,
    "mlp_range": 2,
    "vetoed": False,
}
_ROW: Final = {
    "mass_gev": 3.0,
    "window": "w1182",
    "window_mass_gev": 2.99967,
    "efficiency": 0.3953,
    "efficiency_error": 0.0011,
    "xsec_limit_fb": 0.1551,
    "xsec_limit_expected_fb": _BAND,
    "xsec_limit_error_fb": 0.0004,
    "coupling_limit": 0.001272,
    "coupling_limit_expected": _COUPLING_BAND,
    "coupling_limit_error": 0.000002,
    "width_gev": None,
    "status": "ok",
    "message": None,
    "xsec_br_fb": 0.0958,
    "xsec_br_error_fb": 0.0001,
    "k_factor": 0.9584,
    "k_factor_error": 0.0001,
    "branching_fraction": None,
    "g_minus_2_coupling_low": None,
    "g_minus_2_coupling_high": None,
}
_REINTERPRETATION: Final = {
    "method": "xsec",
    "efficiency_from": "zprime",
    "level": "born",
    "coupling": 0.001,
    "confidence_level": 0.9,
    "excluded_gev": [],
    "g_minus_2": {
        "measurement": None,
        "excluded_gev": [],
        "message": "the couplings behind a table are not known",
    },
    "warnings": [],
    "provenance": {"fourmu_version": "0.1.0", "archive_sha256": _DIGEST},
    "results": [_ROW],
}
_NO_TOYS: Final = dict.fromkeys(
    (
        *("limit_observed_toys", "limit_observed_toys_error", "limit_expected_toys"),
        *("limit_expected_toys_error", "limit_expected_pseudo", "limit_expected_pseudo_error"),
        "n_toys",
    )
)

EXAMPLES: Final[dict[str, Any]] = {
    "ArchiveDocument": {
        "title": "Likelihoods of a search for a dimuon resonance X",
        "data_kind": "pseudo-data",
        "schema_version": "1.0.0",
        "licence": "CC-BY-4.0",
        "authors": ["The fourmu developers"],
        "citation": "Phys. Rev. D 109, 112015",
        "doi": None,
        "hepdata": None,
        "luminosity_ifb": 178.0,
        "sqrt_s_gev": 10.58,
        "confidence_level": 0.9,
        "windows": 2258,
        "vetoed": 12,
        "mass_min_gev": 0.212,
        "mass_max_gev": 8.9951,
        "models": ["zprime", "scalar"],
        "digest": _DIGEST,
        "fourmu_version": "0.1.0",
    },
    "ModelDocument": {
        "name": "zprime",
        "title": "Z'",
        "couplings": {"gV": 1.0, "gA": 0.0, "gS": 0.0, "gP": 0.0},
        "coupling": 1.0,
        "has_g_minus_2_band": True,
    },
    "LimitsDocument": {
        "model": "scalar",
        "title": "S",
        "confidence_level": 0.9,
        "window": ["w1182"],
        "mass_gev": [2.99967],
        "sigma_gev": [0.00412],
        "vetoed": [False],
        "xsec_limit_fb": [0.1551],
        "xsec_limit_expected_fb": [_BAND],
        "coupling_limit": [0.00421],
        "coupling_limit_expected": [_COUPLING_BAND],
        "z_local": [0.0],
        "p0": [0.5],
        "poi_hat": [-0.0658],
        "poi_hat_error": [0.0822],
        "efficiency": [0.3953],
        "efficiency_error": [0.0011],
        "k_factor": [0.9584],
        "branching_fraction": [1.0],
        "width_gev": [0.119],
        "status": ["ok"],
        "message": [None],
        "g_minus_2": {
            "measurement": "bmw20",
            "n_sigma": 2.0,
            "coupling_low": [0.0051],
            "coupling_high": [0.0093],
            "message": None,
        },
        "trident": None,
    },
    "WindowEntry": _WINDOW,
    "WindowDocument": {
        **_WINDOW,
        "reduced_mass_gev": 2.99222,
        "bin_low": [2.99016, 2.99222],
        "bin_high": [2.99222, 2.99428],
        "background_sha256": _DIGEST,
        "models": {"zprime": {"xsec_limit_fb": 0.1551, "status": "ok"}},
    },
    "WorkspaceDocument": EXAMPLE_WORKSPACE,
    "FitDocument": {
        "window": "w1182",
        "model": "zprime",
        "mass_gev": 2.99967,
        "bin_low": [2.99016, 2.99222],
        "bin_high": [2.99222, 2.99428],
        "observed": [3.0, 5.0],
        "background_only": [4.1, 4.1],
        "background": [3.9, 3.9],
        "signal": [0.4, 0.6],
        "total": [4.3, 4.5],
        "signal_at_limit": [2.5, 3.2],
        "poi_hat": 0.03,
        "poi_hat_error": 0.08,
        "z_local": 0.38,
        "p0": 0.352,
        "goodness_of_fit_p": 0.45,
        "xsec_limit_fb": 0.1551,
        "xsec_limit_expected_fb": _BAND,
    },
    "ReinterpretationDocument": _REINTERPRETATION,
    "LimitRow": {
        "workspace": "request",
        "patch": None,
        "poi": "mu",
        "poi_hat": 0.25,
        "poi_hat_error": 1.06,
        "poi_hat_at_boundary": False,
        "twice_nll_free": 8.17,
        "twice_nll_null": 8.22,
        "q0": 0.05,
        "z_local": 0.23,
        "p0": 0.41,
        "limit_observed": 1.98,
        "limit_expected": [0.93, 1.26, 1.79, 2.58, 3.55],
        **_NO_TOYS,
        "goodness_of_fit_p": 1.0,
        "status": "ok",
        "message": None,
        "confidence_level": 0.9,
    },
    "JobReceipt": {"job": _DIGEST, "status_url": f"/api/jobs/{_DIGEST}"},
    "JobDocument": {"id": _DIGEST, "status": "done", "progress": 1.0, "result": _REINTERPRETATION},
    "HealthDocument": {
        "status": "ok",
        "fourmu_version": "0.1.0",
        "archive": _DIGEST,
        "lanes": {"quick": True, "fits": True},
        "jobs": {"queued": 0, "running": 0, "done": 1, "failed": 0},
    },
}
"""By the name of the schema."""

EXAMPLE_CSV: Final = "window,mass_gev,model,xsec_limit_fb\nw1182,2.99967,zprime,0.1551\n"
EXAMPLE_LMT: Final = "2.99967 0.00421\n"
EXAMPLE_METRICS: Final = (
    "# HELP fourmu_http_requests_active Requests at work.\n"
    "# TYPE fourmu_http_requests_active gauge\n"
    "fourmu_http_requests_active 1\n"
)
