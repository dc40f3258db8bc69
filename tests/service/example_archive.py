"""A small archive with everything in it: some windows, two models, a network that passes all."""

from dataclasses import replace

import numpy as np

from fourmu.archive import ArchivedAnalysis, ArchiveIndex, ModelTable, archive_files, index_rows
from fourmu.archive.content import patchset_metadata, window_files
from fourmu.archive.index import BAND_COLUMNS
from fourmu.archive.patches import canonical_digest
from fourmu.archive.record import INDEX_CSV, background_file
from fourmu.classifiers import Network, WorkingPoint, mlp_ranges
from fourmu.config import Analysis
from fourmu.couplings import CrossSectionTable, coupling_limits, interpolate_cross_sections
from fourmu.inference import limits
from fourmu.io.archives import write_checksums
from fourmu.io.csv_files import csv_text
from fourmu.physics.models import MODELS
from fourmu.selection import VARIABLES
from fourmu.statmodel import batch_of, example_workspace
from fourmu.templates import SignalModel, build_windows
from fourmu.templates.efficiency import EfficiencyCurve
from fourmu.templates.shape_curves import ShapeCurves
from fourmu.templates.signal_model import RangeModel
from fourmu.templates.smoothing import SmoothCurve

SIGMA_GEV = 0.004
GENERATED_GEV = np.array([1.6, 1.8, 2.0, 2.2, 2.4])
CURVES = (
    "offset",
    "log_sigma",
    "log_width_ratio",
    "logit_fraction",
    "log_alpha_1",
    "log_power_1",
    "log_alpha_2",
    "log_power_2",
)


def write_archive(folder):
    """Write an archive of a scan from 2.00 to 2.05 GeV with a veto in it, and return its index."""
    folder.mkdir()
    analysis = _analysis()
    windows = build_windows(
        lambda mass: np.full(len(mass), SIGMA_GEV),
        analysis.classifiers.range_edges_gev,
        analysis.templates,
    )
    rng = np.random.default_rng(5)
    workspaces = {}
    for window in windows:
        if not window.vetoed:
            first = example_workspace(rng, bins=window.n_bins, signal_yield=60.0, shape=False)
            second = example_workspace(rng, bins=window.n_bins, signal_yield=40.0, shape=False)
            # one window has one background and one set of data
            second["observations"] = first["observations"]
            workspaces[window.name] = {"zprime": first, "scalar": second}
    index = _index(windows, workspaces, analysis)
    metadata = patchset_metadata(index)
    files = {}
    for window in windows:
        if not window.vetoed:
            files |= window_files(window.name, window.mass_gev, workspaces[window.name], metadata)
    index = replace(
        index,
        background_sha256=tuple(
            None if window.vetoed else _background_digest(files, window.name) for window in windows
        ),
    )
    files |= archive_files(
        index,
        analysis,
        networks=[_network(analysis)],
        working_points=[_working_point()],
        signal_models={model: _signal_model(model) for model in MODELS},
        cross_sections={model: _cross_sections(model) for model in MODELS},
        kinematics={model: [] for model in MODELS},
    )
    files[INDEX_CSV] = csv_text(index_rows(index), bands=BAND_COLUMNS).encode()
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    write_checksums(folder)
    return index


def _analysis():
    full = Analysis()
    return ArchivedAnalysis(
        generation=full.generation,
        detector=full.detector,
        selection=full.selection,
        classifiers=full.classifiers.model_copy(update={"range_edges_gev": (1.5, 2.5)}),
        signal_model=full.signal_model,
        templates=full.templates.model_copy(
            update={"mass_range_gev": (2.0, 2.05), "veto_gev": ((2.035, 2.0415),), "bins": 60}
        ),
        inference=full.inference,
        couplings=full.couplings.model_copy(
            update={"table_masses_gev": (1.5, 1.8, 2.1, 2.4, 2.6), "table_rel_error": 0.02}
        ),
        signal_photons="collinear",
        signal_fsr=False,
        photon_loss=0.028,
    )


def _background_digest(files, window):
    import pydantic_core  # noqa: PLC0415

    return canonical_digest(pydantic_core.from_json(files[background_file(window)]))


def _index(windows, workspaces, analysis):
    return ArchiveIndex(
        title="Likelihoods of an example",
        data_kind="pseudo-data",
        licence="CC0-1.0",
        authors=("Nobody",),
        citation="none",
        doi=None,
        hepdata=None,
        sqrt_s_gev=10.58,
        luminosity_ifb=178.0,
        poi="xsec_fb",
        confidence_level=analysis.inference.confidence_level,
        provenance={},
        name=tuple(window.name for window in windows),
        mass_gev=np.array([window.mass_gev for window in windows]),
        reduced_mass_gev=np.array([window.reduced_mass_gev for window in windows]),
        sigma_gev=np.array([window.sigma_gev for window in windows]),
        mlp_range=np.array([window.mlp_range for window in windows]),
        vetoed=np.array([window.vetoed for window in windows]),
        bin_low=tuple(window.bin_low.tolist() for window in windows),
        bin_high=tuple(window.bin_high.tolist() for window in windows),
        background_sha256=(None,) * len(windows),
        models={model: _table(model, windows, workspaces, analysis) for model in MODELS},
    )


def _table(model, windows, workspaces, analysis):
    import hashlib  # noqa: PLC0415

    from fourmu.statmodel import workspace_bytes  # noqa: PLC0415

    mass = np.array([window.mass_gev for window in windows])
    fitted = np.array([not window.vetoed for window in windows])
    found = limits(
        batch_of([(name, content[model]) for name, content in workspaces.items()]),
        analysis.inference,
    )

    def column(values):
        full = np.full((len(windows), *np.shape(values)[1:]), np.nan)
        full[fitted] = values
        return full

    table, xsec = _cross_sections(model), interpolate_cross_sections(_cross_sections(model), mass)
    status = np.where(fitted, "ok", "vetoed").tolist()
    couplings = coupling_limits(
        model=MODELS[model],
        table=table,
        section=analysis.couplings,
        window=[window.name for window in windows],
        mass_gev=mass,
        sigma_gev=np.full(len(mass), SIGMA_GEV),
        xsec_limit_fb=column(found.limit_observed),
        xsec_limit_expected_fb=column(found.limit_expected),
        status=status,
        message=[""] * len(mass),
        sqrt_s_gev=10.58,
    )
    signal, ranges = _signal_model(model), np.zeros(len(mass), dtype=np.int64)
    errors = signal.efficiency_errors(mass, ranges)
    return ModelTable(
        name=model,
        title=MODELS[model].title,
        couplings=MODELS[model].couplings,
        coupling=1.0,
        efficiency=signal.efficiency_in(mass, ranges),
        efficiency_error=errors.with_isr,
        efficiency_no_isr=signal.efficiency_no_isr(mass),
        efficiency_no_isr_error=errors.no_isr,
        xsec_born_fb=xsec.xsec_born_fb,
        xsec_born_error_fb=xsec.xsec_born_error_fb,
        xsec_isr_fb=xsec.xsec_isr_fb,
        xsec_isr_error_fb=xsec.xsec_isr_error_fb,
        k_factor=xsec.k_factor,
        k_factor_error=xsec.k_factor_error,
        branching_fraction=couplings.branching_fraction,
        width_gev=np.asarray(MODELS[model].width_gev(mass)),
        poi_hat=column(found.poi_hat),
        poi_hat_error=column(found.poi_hat_error),
        z_local=column(found.z_local),
        p0=column(found.p0),
        xsec_limit_fb=column(found.limit_observed),
        xsec_limit_expected_fb=column(found.limit_expected),
        coupling_limit=couplings.coupling_limit,
        coupling_limit_expected=couplings.coupling_limit_expected,
        workspace_sha256=tuple(
            None
            if window.vetoed
            else hashlib.sha256(workspace_bytes(workspaces[window.name][model])).hexdigest()
            for window in windows
        ),
        status=tuple(status),
        message=(None,) * len(windows),
    )


def _cross_sections(model):
    mass = np.array([1.0, 1.5, 2.0, 2.5, 3.0])
    born = (3e4 if model == "zprime" else 1e4) * (3.0 - 0.5 * mass)
    return CrossSectionTable(
        model=model,
        coupling=1.0,
        mass_gev=mass,
        xsec_born_fb=born,
        xsec_born_error_fb=1e-3 * born,
        xsec_isr_fb=0.9 * born,
        xsec_isr_error_fb=1e-3 * born,
    )


def _curve(value, error=0.0):
    return SmoothCurve(
        low=1.5,
        high=2.5,
        coefficients=np.array([value]),
        covariance=np.full((1, 1), error**2),
        chi2_per_dof=1.0,
    )


def _signal_model(model):
    efficiency = EfficiencyCurve(
        mass_gev=GENERATED_GEV,
        efficiency=np.full(5, 0.5),
        error=np.full(5, 0.01),
        curve=_curve(0.5, 0.01),
        left_out=np.full(5, 0.5),
    )
    shape = ShapeCurves(
        curves={name: _curve(np.log(SIGMA_GEV) if name == "log_sigma" else 0.5) for name in CURVES},
        covariance=np.zeros((len(CURVES), len(CURVES))),
        mass_gev=GENERATED_GEV,
        n_candidates=np.full(5, 1000.0),
        chi2_per_dof=np.ones(5),
        valid=True,
    )
    part = RangeModel(
        mlp_range=0,
        low_gev=1.5,
        high_gev=2.5,
        shape=shape,
        efficiency=efficiency,
        efficiency_no_isr=efficiency,
    )
    return SignalModel(model=model, ranges=(part,))


def _network(analysis):
    (mlp_range,) = mlp_ranges(analysis.classifiers, lambda mass: np.full(len(mass), SIGMA_GEV))
    n = len(VARIABLES)
    return Network(
        mlp_range=mlp_range,
        variables=tuple(VARIABLES),
        mean=np.zeros(n, dtype=np.float32),
        scale=np.ones(n, dtype=np.float32),
        weights=(np.zeros((n, 1), dtype=np.float32),),
        biases=(np.zeros(1, dtype=np.float32),),
        activation="relu",
    )


def _working_point():
    one = np.ones(1)
    return WorkingPoint(
        mlp_range=0,
        mass_gev=2.0 * one,
        cut=0.0 * one,
        cut_raw=0.0 * one,
        efficiency=one,
        background=one,
        background_before=one,
        figure_of_merit=one,
    )
