"""What is answered, as OpenAPI describes it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from .jobs import Status
from .problems import Problem

__all__ = [
    "ArchiveDocument",
    "FitDocument",
    "HealthDocument",
    "JobDocument",
    "JobReceipt",
    "LimitRow",
    "LimitsDocument",
    "ModelDocument",
    "ReinterpretationDocument",
    "WindowDocument",
    "WindowEntry",
    "WorkspaceDocument",
]

Number = float | None
Band = Annotated[list[Number], Field(min_length=5, max_length=5)] | None
"""Five expected values, -2 ... +2 standard deviations; null where there are none."""


class Document(BaseModel):
    """What answers have in common."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True
    )


class CouplingsDocument(Document):
    """Couplings of X to muons at coupling 1."""

    gV: float  # noqa: N815  as everywhere
    """Vector."""
    gA: float  # noqa: N815  as everywhere
    """Axial vector."""
    gS: float  # noqa: N815  as everywhere
    """Scalar."""
    gP: float  # noqa: N815  as everywhere
    """Pseudoscalar."""


class ModelDocument(Document):
    """A model of the archive."""

    name: str
    """As in addresses."""
    title: str
    """For people."""
    couplings: CouplingsDocument
    """To muons, at a common factor of 1."""
    coupling: float
    """Reference coupling of cross sections."""
    has_g_minus_2_band: bool
    """Whether a coupling moves (g-2) of the muon up."""


class ArchiveDocument(Document):
    """What the archive says of itself; for each model, too, its title and range of limits."""

    model_config = ConfigDict(extra="allow")

    title: str
    """Of the archive."""
    data_kind: Literal["pseudo-data", "data"]
    """What was fitted; pseudo-data are simulated."""
    schema_version: str
    """Of the index of the archive."""
    licence: str
    """SPDX identifier, or a text."""
    authors: list[str]
    """Who made it."""
    citation: str
    """How to cite it."""
    doi: str | None
    """Of the record; null before there is one."""
    hepdata: str | None
    """Inspire number of the HEPData record; null before there is one."""
    luminosity_ifb: float
    """Integrated luminosity, fb^-1."""
    sqrt_s_gev: float
    """Energy of the collisions in the c.m. frame, GeV."""
    confidence_level: float
    """Of the limits, 0 to 1."""
    windows: int
    """Number of windows with a likelihood."""
    vetoed: int
    """Number of hypotheses inside vetoes."""
    mass_min_gev: float
    """Lowest mass of the scan, GeV."""
    mass_max_gev: float
    """Highest mass of the scan, GeV."""
    models: list[str]
    """Names of the models."""
    digest: str
    """SHA-256 of the file SHA256SUMS of the archive."""
    fourmu_version: str
    """Of the service."""


class GMinus2Document(Document):
    """Couplings that explain (g-2) of the muon, against the masses of the windows."""

    measurement: str
    """Which measurement and prediction are compared."""
    n_sigma: float
    """Half the width of the band, in standard deviations."""
    coupling_low: list[Number]
    """Lower edge of the band by window; null where there is none."""
    coupling_high: list[Number]
    """Upper edge of the band by window; null where there is none."""
    message: str | None
    """Why there is no band, or no lower edge."""


class TridentDocument(Document):
    """Upper limit (95 % CL) on g' from neutrino tridents, at the masses of the windows."""

    coupling: list[Number]
    """By window; null outside the masses of the published bound."""


class LimitsDocument(Document):
    """Limits on one model, a column per quantity and an entry per window."""

    model: str
    """Name of the model."""
    title: str
    """Of the model."""
    confidence_level: float
    """Of the limits, 0 to 1."""
    window: list[str]
    """Names of the windows."""
    mass_gev: list[float]
    """Masses of X, GeV."""
    sigma_gev: list[float]
    """Resolution of M_R."""
    vetoed: list[bool]
    """Whether the mass lies inside a veto."""
    xsec_limit_fb: list[Number]
    """On sigma_ISR x BR."""
    xsec_limit_expected_fb: list[Band]
    """Expected limits on sigma_ISR x BR, fb."""
    coupling_limit: list[Number]
    """Limits on the coupling."""
    coupling_limit_expected: list[Band]
    """Expected limits on the coupling."""
    z_local: list[Number]
    """Local significances, standard deviations."""
    p0: list[Number]
    """Local p-values of the background alone."""
    poi_hat: list[Number]
    """Best fit of sigma_ISR x BR, fb."""
    poi_hat_error: list[Number]
    """Errors of the best fits, fb; null at a boundary."""
    efficiency: list[Number]
    """Of the signal, with ISR."""
    efficiency_error: list[Number]
    """Statistical errors of the efficiencies."""
    k_factor: list[Number]
    """Cross sections with ISR over Born ones."""
    branching_fraction: list[Number]
    """Of X to two muons."""
    width_gev: list[Number]
    """Total widths at the reference coupling, GeV."""
    status: list[str]
    """`ok`, `width_not_negligible`, `vetoed`, or why there is no limit."""
    message: list[str | None]
    """What a status other than ok means there."""
    g_minus_2: GMinus2Document
    """The band of (g-2) of the muon."""
    trident: TridentDocument | None
    """Bound from neutrino tridents, for a Z' of L_mu - L_tau; null for others."""


class WindowEntry(Document):
    """A hypothesis of the scan."""

    name: str
    """Of the window."""
    mass_gev: float
    """Mass of X, GeV."""
    mass_low_gev: float
    """Lowest mass that belongs to it, GeV."""
    mass_high_gev: float
    """Masses from low to high belong to it."""
    sigma_gev: float
    """Resolution of M_R, GeV."""
    mlp_range: int
    """Network that selects its candidates, 0 to 4."""
    vetoed: bool
    """Whether it lies inside a veto and has no likelihood."""


class WindowDocument(WindowEntry):
    """A hypothesis with its bins, and the numbers of every model."""

    reduced_mass_gev: float
    """Reduced mass M_R of the mass of X, GeV."""
    bin_low: list[float]
    """Lower edges of its bins in M_R, GeV."""
    bin_high: list[float]
    """Upper edges of its bins in M_R, GeV."""
    background_sha256: str | None
    """Digest of the background-only workspace as pyhf computes it; null for a vetoed one."""
    models: dict[str, dict[str, Any]]
    """Numbers of each model, named as in the index of the archive."""


class WorkspaceDocument(Document):
    """A workspace of pyhf."""

    version: str
    """Of pyhf's schema."""
    channels: list[dict[str, Any]]
    """Regions with their samples and modifiers."""
    observations: list[dict[str, Any]]
    """Counts."""
    measurements: list[dict[str, Any]]
    """Parameter of interest and settings of parameters."""


class FitDocument(Document):
    """Data and fitted contents of the bins of M_R of one window."""

    window: str
    """Name of the window."""
    model: str
    """Name of the model."""
    mass_gev: float
    """Mass of X, GeV."""
    bin_low: list[float]
    """Lower edges of the bins in M_R, GeV."""
    bin_high: list[float]
    """Upper edges of the bins in M_R, GeV."""
    observed: list[float]
    """Candidates."""
    background_only: list[float]
    """Of the fit without signal."""
    background: list[float]
    """Of the fit with signal."""
    signal: list[float]
    """Of that fit; may be negative."""
    total: list[float]
    """Signal and background."""
    signal_at_limit: list[float]
    """Signal of a cross section at the observed limit."""
    poi_hat: Number
    """Best fit of sigma_ISR x BR, fb."""
    poi_hat_error: Number
    """Null at a boundary."""
    z_local: Number
    """Local significance, standard deviations."""
    p0: Number
    """Local p-value of the background alone."""
    goodness_of_fit_p: Number
    """p-value of the saturated model, asymptotic."""
    xsec_limit_fb: Number
    """Observed limit on sigma_ISR x BR, fb."""
    xsec_limit_expected_fb: Band
    """Expected limits on sigma_ISR x BR, fb."""


class ReinterpretationRow(Document):
    """Limits at one mass."""

    mass_gev: float
    """Mass of X, GeV."""
    window: str | None
    """Window that it belongs to; null outside of the scan."""
    window_mass_gev: Number
    """Mass of that window, GeV."""
    efficiency: Number
    """Of the signal, with ISR."""
    efficiency_error: Number
    """Error of the efficiency."""
    xsec_limit_fb: Number
    """Observed limit on sigma_ISR x BR, fb."""
    xsec_limit_expected_fb: Band
    """Expected limits on sigma_ISR x BR, fb."""
    xsec_limit_error_fb: Number
    """Error of the limit from the efficiency and the shape, fb."""
    coupling_limit: Number
    """Observed limit on the coupling."""
    coupling_limit_expected: Band
    """Expected limits on the coupling."""
    coupling_limit_error: Number
    """Error of the limit on the coupling."""
    width_gev: Number
    """Total width at the limit, GeV; null where it is not known."""
    status: str
    """`ok`, `width_not_negligible`, `vetoed`, `out_of_range`, or why the fit failed."""
    message: str | None
    """What a status other than ok means there."""
    xsec_br_fb: Number
    """Prediction of sigma_ISR x BR at the coupling, fb."""
    xsec_br_error_fb: Number
    """Error of the prediction, fb."""
    k_factor: Number
    """Cross section with ISR over the Born one."""
    k_factor_error: Number
    """Error of it."""
    branching_fraction: Number
    """Of X to two muons."""
    g_minus_2_coupling_low: Number
    """Lower edge of the (g-2) band."""
    g_minus_2_coupling_high: Number
    """Upper edge of the (g-2) band."""


class GMinus2Excluded(Document):
    """Where the whole (g-2) band is excluded."""

    measurement: str | None
    """Which measurement and prediction are compared."""
    excluded_gev: list[list[float]]
    """Intervals of mass, GeV."""
    message: str | None
    """Why there is no band."""


class ReinterpretationDocument(Document):
    """Limits on somebody's model, as `fourmu reinterpret` writes them."""

    method: str
    """`xsec` for a table, `couplings` for couplings."""
    efficiency_from: str | None
    """Model whose efficiency was taken."""
    level: str
    """Level of the cross sections that were given, `born` or `isr`."""
    coupling: float
    """Coupling at which the prediction was computed."""
    confidence_level: float
    """Of the limits, 0 to 1."""
    excluded_gev: list[list[float]]
    """Intervals of mass in which the prediction is above the limit."""
    g_minus_2: GMinus2Excluded
    """The band of (g-2) of the muon."""
    warnings: list[str]
    """What to know before using the numbers."""
    provenance: dict[str, Any]
    """What the numbers were made from: version, digests, settings."""
    results: list[ReinterpretationRow]
    """A row for each mass."""


class LimitRow(Document):
    """Limit of a workspace: a row as `fourmu limits` writes it."""

    workspace: str
    """Always `request` here."""
    patch: str | None
    """Always null here."""
    poi: str | None
    """Name of the parameter of interest."""
    poi_hat: Number
    """Its best fit."""
    poi_hat_error: Number
    """Error from the full inverse Hessian; null at a boundary."""
    poi_hat_at_boundary: bool | None
    """Whether the best fit is at a boundary."""
    twice_nll_free: Number
    """-2 ln L at the best fit, constants included as pyhf has them."""
    twice_nll_null: Number
    """-2 ln L without signal."""
    q0: Number
    """Test statistic of a discovery."""
    z_local: Number
    """Local significance, standard deviations."""
    p0: Number
    """p-value of the background alone."""
    limit_observed: Number
    """Observed upper limit (CLs, asymptotic)."""
    limit_expected: Band
    """Expected upper limits."""
    limit_observed_toys: Number
    """By toys: null here."""
    limit_observed_toys_error: Number
    """By toys: null here."""
    limit_expected_toys: Band
    """By toys: null here."""
    limit_expected_toys_error: Band
    """By toys: null here."""
    limit_expected_pseudo: Band
    """By pseudo-experiments: null here."""
    limit_expected_pseudo_error: Band
    """By pseudo-experiments: null here."""
    n_toys: int | None
    """Number of toys: null here."""
    goodness_of_fit_p: Number
    """p-value of the saturated model, asymptotic."""
    status: str
    """`ok`, `not_converged`, `unsupported`, `invalid` or `no_signal`; only `ok` has numbers."""
    message: str | None
    """What a status other than ok means there."""
    confidence_level: float
    """Of the limits, 0 to 1."""


class JobReceipt(Document):
    """Where a job can be asked for."""

    job: str
    """Digest of what was asked for."""
    status_url: str
    """Address of the state of the job."""


class JobDocument(Document):
    """State of a job."""

    id: str
    """Digest of what was asked for."""
    status: Status
    """What it is at."""
    progress: float
    """Share that is done, from 0 to 1."""
    result: ReinterpretationDocument | None = None
    """Of a job that is done."""
    problem: Problem | None = None
    """Of a job that failed."""


class HealthDocument(Document):
    """Whether the service can answer."""

    status: Literal["ok", "starting", "degraded"]
    """`starting` until computations can be asked for; everything else can be asked for at once."""
    fourmu_version: str
    """Of the service."""
    archive: str
    """SHA-256 of the file SHA256SUMS of the archive."""
    lanes: dict[str, bool]
    """Whether each of the processes that compute is ready."""
    jobs: dict[str, int]
    """By status."""
