"""Stage ``archive``: likelihoods of all windows and models as others get them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pydantic_core

from fourmu.archive import (
    ArchivedAnalysis,
    ArchiveIndex,
    KinematicDensity,
    ModelTable,
    archive_files,
    canonical_digest,
    fill_density,
    index_rows,
)
from fourmu.archive.content import patchset_metadata, window_files
from fourmu.archive.index import BAND_COLUMNS
from fourmu.archive.record import INDEX_CSV, background_file, kinematics_file
from fourmu.config import Analysis
from fourmu.couplings import interpolate_cross_sections
from fourmu.errors import ConsistencyError, ConvergenceError
from fourmu.io.archives import write_checksums, write_tarball
from fourmu.io.csv_files import csv_text
from fourmu.io.files import atomic_path
from fourmu.io.json_files import read_json, write_json
from fourmu.io.ntuple import read_ntuple
from fourmu.io.templates import read_templates
from fourmu.physics.kinematics import FloatArray
from fourmu.physics.models import MODELS
from fourmu.statmodel import IndexEntry, index_entries
from fourmu.templates import SignalModel, Window

from .context import Context
from .couplings import read_cross_sections
from .inputs import Training, files_of, generated_events, read_scored, read_training
from .layout import TARBALL
from .samples import DATA, SampleFile, data_sample, sample_files
from .templates import photon_loss

__all__ = ["KinematicsJob", "WindowsJob", "kinematics_of_model", "run", "windows_of_archive"]

_WINDOWS_PER_JOB = 120
_RESULTS = ("poi_hat", "poi_hat_error", "z_local", "p0", "xsec_limit_fb", "coupling_limit")


@dataclass(frozen=True, kw_only=True)
class WindowsJob:
    """Some windows, in order; the mark is written last."""

    windows: tuple[tuple[str, float], ...]
    """Name and mass."""
    workspaces: Mapping[str, Path]
    """Folder by model."""
    metadata: Mapping[str, Any]
    target: Path
    done: Path


@dataclass(frozen=True, kw_only=True)
class KinematicsJob:
    """Densities of one model."""

    analysis: Analysis
    model: str
    events: Path
    selected: Path
    mlp: Path
    path: Path


def run(context: Context) -> None:
    """Write the archive as a folder and as a tarball."""
    analysis = context.analysis
    target = context.target("archive")
    windows, _ = read_templates(context.source("templates") / f"{analysis.models[0]}.npz")
    index = _index(context, windows)
    _refuse_failures(analysis, index)

    jobs = [
        KinematicsJob(
            analysis=analysis,
            model=model,
            events=context.source("events"),
            selected=context.source("selected"),
            mlp=context.source("mlp"),
            path=context.work / kinematics_file(model),
        )
        for model in analysis.models
    ]
    context.run(
        kinematics_of_model, [(job, job.path) for job in jobs], label="kinematics", unit="masses"
    )
    fitted = [(window.name, window.mass_gev) for window in windows if not window.vetoed]
    parts = [
        WindowsJob(
            windows=tuple(fitted[first : first + _WINDOWS_PER_JOB]),
            workspaces={model: context.source(f"workspaces/{model}") for model in analysis.models},
            metadata=patchset_metadata(index),
            target=target,
            done=context.work / "windows" / f"{first:05d}",
        )
        for first in range(0, len(fitted), _WINDOWS_PER_JOB)
    ]
    context.run(
        windows_of_archive, [(job, job.done) for job in parts], label="archive", unit="windows"
    )
    index = _with_backgrounds(index, target)
    training = read_training(context.source("mlp"))
    for name, content in archive_files(
        index,
        _archived_analysis(analysis),
        networks=training.networks,
        working_points=training.working_points,
        signal_models={
            model: SignalModel.from_dict(
                read_json(context.source("templates") / f"signal_{model}.json")["signal_model"]
            )
            for model in analysis.models
        },
        cross_sections={
            model: read_cross_sections(context.source("results") / f"cross_sections_{model}.json")
            for model in analysis.models
        },
        kinematics={
            job.model: [KinematicDensity.from_dict(part) for part in read_json(job.path)["masses"]]
            for job in jobs
        },
    ).items():
        with atomic_path(target / name) as temporary:
            temporary.write_bytes(content)
    with atomic_path(target / INDEX_CSV) as temporary:
        text = csv_text(index_rows(index), bands=BAND_COLUMNS)
        temporary.write_text(text, encoding="utf-8")
    write_checksums(target)
    write_tarball(target, context.work / TARBALL)


def windows_of_archive(job: WindowsJob) -> int:
    """Split the workspaces of some windows into background and patches."""
    for name, mass in job.windows:
        workspaces = {
            model: pydantic_core.from_json((folder / f"{name}.json").read_bytes())
            for model, folder in job.workspaces.items()
        }
        for file, content in window_files(name, mass, workspaces, job.metadata).items():
            with atomic_path(job.target / file) as temporary:
                temporary.write_bytes(content)
    with atomic_path(job.done) as temporary:
        temporary.write_text("done", encoding="utf-8")
    return len(job.windows)


def kinematics_of_model(job: KinematicsJob) -> int:
    """Fill the kinematic densities of all masses of a model from its sample with ISR."""
    analysis, section = job.analysis, job.analysis.archive
    training = read_training(job.mlp)
    edges = tuple(
        np.array(axis)
        for axis in (section.energy_edges, section.cos_theta_edges, section.cos_decay_edges)
    )
    densities = []
    for file in files_of(sample_files(analysis), job.model):
        if file.mass_gev is None:
            continue
        events, _ = read_ntuple(file.path(job.events, ".root"))
        if events.truth_momenta.shape[1] < 4:  # somebody's ntuple without truth
            continue
        event, reduced = _passing(job, file, training)
        densities.append(
            fill_density(
                events.truth_momenta.astype(np.float64),
                events.weight,
                np.searchsorted(events.event, event),
                reduced,
                mass_gev=file.mass_gev,
                sigma_gev=float(training.resolution(np.array([file.mass_gev]))[0]),
                factor=_generated_share(job, file, float(events.weight.sum()))
                * (1.0 - photon_loss(analysis)),
                sqrt_s_gev=analysis.generation.sqrt_s_gev,
                edges=(edges[0], edges[1], edges[2]),
                reduced_mass_edges_sigma=np.array(section.reduced_mass_edges_sigma),
            )
        )
    write_json(job.path, {"masses": [density.to_dict() for density in densities]})
    return len(densities)


def _passing(
    job: KinematicsJob, file: SampleFile, training: Training
) -> tuple[npt.NDArray[np.int64], FloatArray]:
    """Events whose true pair passes the working point of the range of its mass, and its M_R."""
    scored = read_scored(job.selected, job.mlp, [file])
    index = int(
        np.searchsorted(
            [network.mlp_range.low_gev for network in training.networks],
            file.mass_gev or 0.0,
            side="right",
        )
        - 1
    )
    rows = scored.candidates.is_true_pair & scored.passed(training.working_points)[:, index]
    return scored.candidates.event[rows], scored.candidates.reduced_mass_gev[rows]


def _generated_share(job: KinematicsJob, file: SampleFile, kept: float) -> float:
    """Weight in the ntuple over that generated: below 1 where somebody's ntuple is skimmed."""
    scored = read_scored(job.selected, job.mlp, [file])
    return kept / generated_events(scored, [file])[file.mass_gev or 0.0].weight


def _archived_analysis(analysis: Analysis) -> ArchivedAnalysis:
    """Sections that events need; other experiments' curves stay with their owner."""
    return ArchivedAnalysis(
        generation=analysis.generation,
        detector=analysis.detector,
        selection=analysis.selection,
        classifiers=analysis.classifiers,
        signal_model=analysis.signal_model,
        templates=analysis.templates,
        inference=analysis.inference,
        couplings=analysis.couplings.model_copy(update={"overlays": ()}),
        signal_photons=analysis.samples.signal_photons,
        signal_fsr=analysis.samples.signal_fsr,
        photon_loss=photon_loss(analysis),
    )


def _index(context: Context, windows: list[Window]) -> ArchiveIndex:
    """Everything of the index but the digests of the background-only workspaces."""
    analysis, section = context.analysis, context.analysis.archive
    return ArchiveIndex(
        title=section.title,
        data_kind="data" if data_sample(analysis) == DATA else "pseudo-data",
        licence=section.licence,
        authors=section.authors,
        citation=section.citation,
        doi=section.doi,
        hepdata=section.hepdata,
        sqrt_s_gev=analysis.generation.sqrt_s_gev,
        luminosity_ifb=analysis.samples.luminosity_ifb,
        poi="xsec_fb",
        confidence_level=analysis.inference.confidence_level,
        provenance=context.provenance,
        name=tuple(window.name for window in windows),
        mass_gev=np.array([window.mass_gev for window in windows]),
        reduced_mass_gev=np.array([window.reduced_mass_gev for window in windows]),
        sigma_gev=np.array([window.sigma_gev for window in windows]),
        mlp_range=np.array([window.mlp_range for window in windows], dtype=np.int64),
        vetoed=np.array([window.vetoed for window in windows], dtype=np.bool_),
        bin_low=tuple(window.bin_low.tolist() for window in windows),
        bin_high=tuple(window.bin_high.tolist() for window in windows),
        background_sha256=(None,) * len(windows),
        models={model: _model_table(context, model, windows) for model in analysis.models},
    )


def _model_table(context: Context, model: str, windows: list[Window]) -> ModelTable:
    """Numbers of one model in all windows, from the products of earlier stages."""
    record = MODELS[model]
    mass = np.array([window.mass_gev for window in windows])
    mlp_range = np.array([window.mlp_range for window in windows], dtype=np.int64)
    signal = SignalModel.from_dict(
        read_json(context.source("templates") / f"signal_{model}.json")["signal_model"]
    )
    table = read_cross_sections(context.source("results") / f"cross_sections_{model}.json")
    xsec = interpolate_cross_sections(table, mass)
    results = {
        row["window"]: row
        for row in read_json(context.source("results") / f"{model}.json")["results"]
    }
    entries: dict[str, IndexEntry] = {
        entry.name: entry
        for entry in index_entries(read_json(context.source(f"workspaces/{model}") / "index.json"))
    }
    rows = [results.get(window.name, {}) for window in windows]

    def column(name: str) -> FloatArray:
        return np.array([row.get(name) for row in rows], dtype=np.float64)

    def band(name: str) -> FloatArray:
        return np.array([row.get(name) or [None] * 5 for row in rows], dtype=np.float64)

    errors = signal.efficiency_errors(mass, mlp_range)
    return ModelTable(
        name=model,
        title=record.title,
        couplings=record.couplings,
        coupling=table.coupling,
        efficiency=signal.efficiency_in(mass, mlp_range),
        efficiency_error=errors.with_isr,
        efficiency_no_isr=signal.efficiency_no_isr(mass),
        efficiency_no_isr_error=errors.no_isr,
        xsec_born_fb=xsec.xsec_born_fb,
        xsec_born_error_fb=xsec.xsec_born_error_fb,
        xsec_isr_fb=xsec.xsec_isr_fb,
        xsec_isr_error_fb=xsec.xsec_isr_error_fb,
        k_factor=xsec.k_factor,
        k_factor_error=xsec.k_factor_error,
        branching_fraction=np.asarray(record.branching_fraction_mumu(mass)),
        width_gev=np.asarray(record.width_gev(mass, table.coupling)),
        **{name: column(name) for name in _RESULTS},
        **{name: band(name) for name in BAND_COLUMNS},
        workspace_sha256=tuple(entries[window.name].digest for window in windows),
        status=tuple(
            "vetoed" if window.vetoed else row["status"]
            for window, row in zip(windows, rows, strict=True)
        ),
        message=tuple(row.get("message") for row in rows),
    )


def _refuse_failures(analysis: Analysis, index: ArchiveIndex) -> None:
    """Nobody publishes a window without a limit unseen."""
    if analysis.archive.failed_windows == "record":
        return
    for name, table in index.models.items():
        for window, status, message in zip(index.name, table.status, table.message, strict=True):
            if status not in ("ok", "width_not_negligible", "vetoed"):
                raise ConvergenceError(
                    f"a window has no limit: {status}: {message}",
                    where=f"{name}, {window}",
                    key="archive.failed_windows",
                    found="refuse",
                    expected="record, to publish its status",
                )


def _with_backgrounds(index: ArchiveIndex, target: Path) -> ArchiveIndex:
    """Put in the digests of the background-only workspaces."""
    digests: list[str | None] = []
    for window, vetoed in zip(index.name, index.vetoed, strict=True):
        if vetoed:
            digests.append(None)
            continue
        path = target / background_file(window)
        if not path.exists():
            raise ConsistencyError("a window was not written", where=path)
        digests.append(canonical_digest(pydantic_core.from_json(path.read_bytes())))
    return replace(index, background_sha256=tuple(digests))
