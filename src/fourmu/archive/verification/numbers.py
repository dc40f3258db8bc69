"""The numbers of the index are those of the rest of the archive."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Final

import numpy as np

from fourmu.archive.index import BAND_COLUMNS, COLUMNS, ModelTable, index_rows
from fourmu.archive.record import (
    INDEX,
    INDEX_CSV,
    Archive,
    cross_section_file,
    kinematics_file,
    network_file,
    signal_file,
)
from fourmu.couplings import coupling_limits, interpolate_cross_sections
from fourmu.physics.kinematics import FloatArray
from fourmu.physics.models import Model

from .problem import ROUNDING, Problem

__all__ = ["number_problems"]

_ROUNDED_STEP: Final = 1e-6
"""Relative difference of widths: small differences of masses, each of them rounded."""
_SUFFIXES: Final = ("minus2", "minus1", "median", "plus1", "plus2")


def number_problems(archive: Archive) -> Iterator[Problem]:
    """Networks, signal models and cross sections can be read; the index has their numbers."""
    index, analysis = archive.index, archive.analysis
    ranges = len(analysis.classifiers.range_edges_gev) - 1
    if len(archive.networks) != ranges:
        yield network_file(0), f"{len(archive.networks)} networks (expected {ranges})"
    named = [f(model) for model in index.models for f in (signal_file, cross_section_file)]
    missing = [
        name
        for name in (*named, *map(kinematics_file, index.models))
        if name not in archive.checksums
    ]
    for name in missing:
        yield name, "the file of a model of the index is missing"
    if missing:
        return
    yield from _settings(archive)
    mass = index.mass_gev
    mlp_range = np.array([window.mlp_range for window in index.windows], dtype=np.int64)
    for model, table in index.models.items():
        archive.kinematics(model)  # can be read
        signal = archive.signal_model(model)
        xsec = interpolate_cross_sections(archive.cross_sections(model), mass)
        errors = signal.efficiency_errors(mass, mlp_range)
        computed = {
            "efficiency": signal.efficiency_in(mass, mlp_range),
            "efficiency_no_isr": signal.efficiency_no_isr(mass),
            "efficiency_error": errors.with_isr,
            "efficiency_no_isr_error": errors.no_isr,
            **{
                name: getattr(xsec, name)
                for name in COLUMNS
                if name.startswith(("xsec_born", "xsec_isr", "k_factor"))
            },
            "width_gev": _width(table, mass),
            **_couplings(archive, table),
        }
        for name, values in computed.items():
            yield from _different(archive, model, name, getattr(table, name), values)
        yield from _statuses(archive, table)
    yield from _csv(archive)


def _settings(archive: Archive) -> Iterator[Problem]:
    """Settings of the index are those of the analysis."""
    index, analysis = archive.index, archive.analysis
    for name, found, expected in (
        ("sqrt_s_gev", index.sqrt_s_gev, analysis.generation.sqrt_s_gev),
        ("confidence_level", index.confidence_level, analysis.inference.confidence_level),
        *(
            (f"{model}.coupling", table.coupling, archive.cross_sections(model).coupling)
            for model, table in index.models.items()
        ),
    ):
        if found != expected:
            yield (
                INDEX,
                f"{name} is not that of the analysis (found {found}, expected {expected})",
            )
    step = np.diff(index.reduced_mass_gev) / index.sigma_gev[:-1]
    bad = np.flatnonzero(np.abs(step / analysis.templates.step_sigmas - 1.0) > _ROUNDED_STEP)
    if len(bad):
        yield INDEX, f"{index.name[bad[0]]}: sigma_gev is not the step of the scan"
        return
    templates = analysis.templates
    for window in index.windows:
        width = window.sigma_gev * templates.window_sigmas / templates.bins
        bins = window.bin_high - window.bin_low
        if bins.size and abs(np.median(bins) / width - 1.0) > _ROUNDED_STEP:
            yield INDEX, f"{window.name}: sigma_gev is not that of the bins"
            return


def _width(table: ModelTable, mass_gev: FloatArray) -> FloatArray:
    """Total width: that to two muons over their branching fraction."""
    model = Model(name=table.name, title=table.title, couplings=table.couplings)
    muons = np.asarray(model.width_mumu_gev(mass_gev, table.coupling))
    return np.asarray(muons / table.branching_fraction)


def _statuses(archive: Archive, table: ModelTable) -> Iterator[Problem]:
    """A width that matters is said so."""
    index = archive.index
    width = table.width_gev * (table.coupling_limit / table.coupling) ** 2
    wide = width > archive.analysis.couplings.width_fraction * index.sigma_gev
    for window, status, matters in zip(index.name, table.status, wide, strict=True):
        if status in ("ok", "width_not_negligible") and (status == "ok") == bool(matters):
            yield INDEX, f"{window}: {table.name}.status is not that of the width (found {status})"
            return


def _couplings(archive: Archive, table: ModelTable) -> dict[str, FloatArray]:
    """Coupling limits from the cross-section limits and the rest of the index."""
    index = archive.index
    model = Model(name=table.name, title=table.title, couplings=table.couplings)
    n = len(index.windows)
    found = coupling_limits(
        model=model,
        table=archive.cross_sections(table.name),
        section=archive.analysis.couplings,
        window=[""] * n,
        mass_gev=index.mass_gev,
        sigma_gev=index.sigma_gev,
        xsec_limit_fb=table.xsec_limit_fb,
        xsec_limit_expected_fb=table.xsec_limit_expected_fb,
        status=["ok"] * n,
        message=[""] * n,
        sqrt_s_gev=index.sqrt_s_gev,
    )
    # the other decays of a model are not in the archive, only their branching fraction is
    scale = np.sqrt(found.branching_fraction / table.branching_fraction)
    return {
        "coupling_limit": found.coupling_limit * scale,
        "coupling_limit_expected": found.coupling_limit_expected * scale[:, None],
    }


def _different(
    archive: Archive, model: str, name: str, found: FloatArray, expected: FloatArray
) -> Iterator[Problem]:
    """Name the first window in which a column of the index is not what it should be."""
    same = np.isclose(found, expected, rtol=ROUNDING, atol=0.0, equal_nan=True)
    bad = np.flatnonzero(~same if same.ndim == 1 else ~same.all(axis=1))
    if len(bad):
        window = archive.index.windows[int(bad[0])].name
        reason = (
            f"{window}: {model}.{name} is not that of the rest of the archive (found "
            f"{found[bad[0]]}, expected {expected[bad[0]]}; {len(bad)} windows)"
        )
        yield INDEX, reason


def _csv(archive: Archive) -> Iterator[Problem]:
    """``index.csv`` has the numbers of ``index.json``."""
    try:
        rows = list(csv.DictReader(io.StringIO(archive.read(INDEX_CSV).decode("utf-8", "replace"))))
    except csv.Error as error:
        yield INDEX_CSV, f"not a table: {error}"
        return
    expected = index_rows(archive.index)
    if len(rows) != len(expected):
        yield INDEX_CSV, f"{len(rows)} rows (expected {len(expected)})"
        return
    for row, wanted in zip(rows, expected, strict=True):
        for name, value in wanted.items():
            cells = (
                [(f"{name}_{suffix}", i) for i, suffix in enumerate(_SUFFIXES)]
                if name in BAND_COLUMNS
                else [(name, None)]
            )
            for cell, place in cells:
                single = value if place is None or value is None else value[place]
                text = "" if single is None else str(single)
                if row.get(cell) != text:
                    reason = (
                        f"{wanted['window']}, {wanted['model']}: {cell} is not that of {INDEX} "
                        f"(found {row.get(cell)}, expected {text})"
                    )
                    yield INDEX_CSV, reason
                    return
