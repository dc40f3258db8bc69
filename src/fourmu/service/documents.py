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
    gA: float  # noqa: N815  as everywhere
    gS: float  # noqa: N815  as everywhere
    gP: float  # noqa: N815  as everywhere


class ModelDocument(Document):
    """A model of the archive."""

    name: str
    title: str
    couplings: CouplingsDocument
    coupling: float
    """Reference coupling of cross sections."""
    has_g_minus_2_band: bool
    """Whether a coupling moves (g-2) of the muon up."""


class ArchiveDocument(Document):
    """What the archive says of itself; for each model, too, its title and range of limits."""

    model_config = ConfigDict(extra="allow")

    title: str
    data_kind: Literal["pseudo-data", "data"]
    schema_version: str
    licence: str
    authors: list[str]
    citation: str
    doi: str | None
    hepdata: str | None
    luminosity_ifb: float
    sqrt_s_gev: float
    confidence_level: float
    windows: int
    vetoed: int
    mass_min_gev: float
    mass_max_gev: float
    models: list[str]
    digest: str
    """SHA-256 of the file SHA256SUMS of the archive."""
    fourmu_version: str


class GMinus2Document(Document):
    """Couplings that explain (g-2) of the muon, against the masses of the windows."""

    measurement: str
    n_sigma: float
    coupling_low: list[Number]
    coupling_high: list[Number]
    message: str | None
    """Why there is no band, or no lower edge."""


class TridentDocument(Document):
    """Upper limit (95 % CL) on g' from neutrino tridents, at the masses of the windows."""

    coupling: list[Number]


class LimitsDocument(Document):
    """Limits on one model, a column per quantity and an entry per window."""

    model: str
    title: str
    confidence_level: float
    window: list[str]
    mass_gev: list[float]
    sigma_gev: list[float]
    """Resolution of M_R."""
    vetoed: list[bool]
    xsec_limit_fb: list[Number]
    """On sigma_ISR x BR."""
    xsec_limit_expected_fb: list[Band]
    coupling_limit: list[Number]
    coupling_limit_expected: list[Band]
    z_local: list[Number]
    p0: list[Number]
    poi_hat: list[Number]
    """Best fit of sigma_ISR x BR, fb."""
    poi_hat_error: list[Number]
    efficiency: list[Number]
    efficiency_error: list[Number]
    k_factor: list[Number]
    branching_fraction: list[Number]
    width_gev: list[Number]
    status: list[str]
    message: list[str | None]
    g_minus_2: GMinus2Document
    trident: TridentDocument | None


class WindowEntry(Document):
    """A hypothesis of the scan."""

    name: str
    mass_gev: float
    mass_low_gev: float
    mass_high_gev: float
    """Masses from low to high belong to it."""
    sigma_gev: float
    mlp_range: int
    vetoed: bool


class WindowDocument(WindowEntry):
    """A hypothesis with its bins, and the numbers of every model."""

    reduced_mass_gev: float
    bin_low: list[float]
    bin_high: list[float]
    background_sha256: str | None
    models: dict[str, dict[str, Any]]


class WorkspaceDocument(Document):
    """A workspace of pyhf."""

    version: str
    channels: list[dict[str, Any]]
    observations: list[dict[str, Any]]
    measurements: list[dict[str, Any]]


class FitDocument(Document):
    """Data and fitted contents of the bins of M_R of one window."""

    window: str
    model: str
    mass_gev: float
    bin_low: list[float]
    bin_high: list[float]
    observed: list[float]
    background_only: list[float]
    """Of the fit without signal."""
    background: list[float]
    """Of the fit with signal."""
    signal: list[float]
    """Of that fit; may be negative."""
    total: list[float]
    """Signal and background."""
    signal_at_limit: list[float]
    poi_hat: Number
    poi_hat_error: Number
    """Null at a boundary."""
    z_local: Number
    p0: Number
    goodness_of_fit_p: Number
    xsec_limit_fb: Number
    xsec_limit_expected_fb: Band


class ReinterpretationRow(Document):
    """Limits at one mass."""

    mass_gev: float
    window: str | None
    window_mass_gev: Number
    efficiency: Number
    efficiency_error: Number
    xsec_limit_fb: Number
    xsec_limit_expected_fb: Band
    xsec_limit_error_fb: Number
    coupling_limit: Number
    coupling_limit_expected: Band
    coupling_limit_error: Number
    width_gev: Number
    status: str
    message: str | None
    xsec_br_fb: Number
    xsec_br_error_fb: Number
    k_factor: Number
    k_factor_error: Number
    branching_fraction: Number
    g_minus_2_coupling_low: Number
    g_minus_2_coupling_high: Number


class GMinus2Excluded(Document):
    """Where the whole (g-2) band is excluded."""

    measurement: str | None
    excluded_gev: list[list[float]]
    message: str | None


class ReinterpretationDocument(Document):
    """Limits on somebody's model, as `fourmu reinterpret` writes them."""

    method: str
    efficiency_from: str | None
    level: str
    coupling: float
    confidence_level: float
    excluded_gev: list[list[float]]
    """Intervals of mass in which the prediction is above the limit."""
    g_minus_2: GMinus2Excluded
    warnings: list[str]
    provenance: dict[str, Any]
    results: list[ReinterpretationRow]


class LimitRow(Document):
    """Limit of a workspace: a row as `fourmu limits` writes it."""

    workspace: str
    patch: str | None
    poi: str | None
    poi_hat: Number
    poi_hat_error: Number
    poi_hat_at_boundary: bool | None
    twice_nll_free: Number
    twice_nll_null: Number
    q0: Number
    z_local: Number
    p0: Number
    limit_observed: Number
    limit_expected: Band
    limit_observed_toys: Number
    limit_observed_toys_error: Number
    limit_expected_toys: Band
    limit_expected_toys_error: Band
    limit_expected_pseudo: Band
    limit_expected_pseudo_error: Band
    n_toys: int | None
    goodness_of_fit_p: Number
    status: str
    message: str | None
    confidence_level: float


class JobReceipt(Document):
    """Where a job can be asked for."""

    job: str
    status_url: str


class JobDocument(Document):
    """State of a job."""

    id: str
    status: Status
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
    archive: str
    """SHA-256 of the file SHA256SUMS of the archive."""
    lanes: dict[str, bool]
    """Whether each of the processes that compute is ready."""
    jobs: dict[str, int]
    """By status."""
