"""Doubts about an archive from elsewhere: everything that can be checked is.

Later steps build on earlier ones: files and digests, then schema and index, then workspaces and
patches, then the limits. A step that finds something is the last one.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Hashable, Iterator
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Any, Final

import numpy as np

from fourmu.couplings import coupling_limits, interpolate_cross_sections
from fourmu.errors import FourMuError
from fourmu.inference import limits
from fourmu.physics.kinematics import FloatArray, reduced_mass
from fourmu.physics.models import Model
from fourmu.statmodel import batch_of, structure_of, validate_workspace, workspace_bytes
from fourmu.templates import signal_templates

from .checksums import CHECKSUMS
from .content import index_schema, patchset_metadata
from .index import BAND_COLUMNS, COLUMNS, ModelTable, index_rows
from .patches import SIGNAL, canonical_digest, patched, signal_place
from .record import (
    INDEX,
    INDEX_CSV,
    Archive,
    background_file,
    cross_section_file,
    kinematics_file,
    network_file,
    patchset_file,
    signal_file,
)

__all__ = ["problems"]

Problem = tuple[str, str]
"""File of the archive, and what is wrong with it."""

_SUFFIXES: Final = ("minus2", "minus1", "median", "plus1", "plus2")
_ROUNDING: Final = 1e-9
"""Relative difference of numbers that were computed twice from the same input."""
_FIT: Final = 1e-6
"""Same for limits: a fit on another processor ends a few steps of rounding elsewhere."""
_MOST_SCHEMA_PROBLEMS: Final = 5


def problems(
    archive: Archive,
    *,
    refit: bool = True,
    progress: Callable[[int], None] | None = None,
) -> Iterator[Problem]:
    """Find what is wrong with an archive.

    Parameters
    ----------
    archive
        The archive.
    refit
        Fit all windows again and compare the limits with those of the index.
    progress
        Called with the number of windows looked at since the last call.

    Yields
    ------
    file, reason
        Nothing if the archive holds.
    """
    workspaces: list[tuple[str, str, dict[str, Any]]] = []
    steps: list[Callable[[], Iterator[Problem]]] = [
        lambda: _files(archive),
        lambda: _index(archive),
        lambda: _tables(archive),
        lambda: _windows(archive, workspaces, progress),
    ]
    if refit:
        steps.append(lambda: _limits(archive, workspaces))
    for step in steps:
        found = False
        try:
            for problem in step():
                found = True
                yield problem
        except FourMuError as error:
            found = True
            yield _name_in(archive, error), _reason(error)
        except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
            found = True  # numbers that no check of a file has doubts about, but arithmetic does
            yield archive.source, f"the numbers of the archive do not fit together: {error!r}"
        if found:
            return


def _reason(error: FourMuError) -> str:
    details = [
        f"{name} {value}"
        for name, value in (
            ("key", error.key),
            ("found", error.found),
            ("expected", error.expected),
        )
        if value is not None
    ]
    return f"{error.message} ({', '.join(details)})" if details else error.message


def _name_in(archive: Archive, error: FourMuError) -> str:
    return (error.where or archive.source).removeprefix(f"{archive.source}: ")


def _files(archive: Archive) -> Iterator[Problem]:
    """Each file is listed once, has its digest, and lies below the archive."""
    sums = archive.checksums
    for name in sums:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\\" in name or str(path) != name:
            yield CHECKSUMS, f"a path leaves the archive (found {name[:200]})"
            return
    present = set(archive.files) - {CHECKSUMS}
    for name in sorted(set(sums) - present):
        yield name, "the file is missing"
    for name in sorted(present - set(sums)):
        yield name, f"the file is not in {CHECKSUMS}"
    for name in sorted(present & set(sums)):
        digest = hashlib.sha256(archive.files[name]).hexdigest()
        if digest != sums[name]:
            yield name, f"the file was changed (SHA-256 found {digest}, expected {sums[name]})"


def _index(archive: Archive) -> Iterator[Problem]:
    """The index follows its schema, and its windows follow each other."""
    import jsonschema  # noqa: PLC0415  half a second, and only this needs it

    validator = jsonschema.Draft202012Validator(index_schema())
    count = 0
    for error in validator.iter_errors(archive.document(INDEX)):
        where = "/".join(str(part) for part in error.absolute_path)
        yield INDEX, f"{where}: {error.message[:200]}"
        count += 1
        if count == _MOST_SCHEMA_PROBLEMS:
            return
    if count:
        return
    index = archive.index
    for place, window in enumerate(index.windows):
        if window.name != f"w{place:04d}":
            yield INDEX, f"window w{place:04d} is missing (found {window.name})"
            return
    for first, second in pairwise(index.windows):
        if not second.mass_gev > first.mass_gev:
            yield INDEX, f"{second.name}: masses do not increase"
    entries = archive.document(INDEX)["windows"]
    edges = index.edges_gev
    for place, (window, entry) in enumerate(zip(index.windows, entries, strict=True)):
        bins = window.n_bins
        if len(window.bin_high) != bins or np.any(window.bin_high <= window.bin_low):
            yield INDEX, f"{window.name}: bin_low and bin_high do not fit together"
        elif np.any(window.bin_low[1:] < window.bin_high[:-1] - 1e-12):
            yield INDEX, f"{window.name}: bins overlap"
        if not _close(reduced_mass(np.array([window.mass_gev])), window.reduced_mass_gev):
            yield INDEX, f"{window.name}: reduced_mass_gev is not that of mass_gev"
        ends = np.array([entry["mass_low_gev"], entry["mass_high_gev"]])
        if not _close(ends, edges[place : place + 2]):
            yield INDEX, f"{window.name}: mass_low_gev, mass_high_gev leave gaps between windows"
        if set(entry["models"]) != set(index.models):
            yield INDEX, f"{window.name}: models are not those of the index"


def _tables(archive: Archive) -> Iterator[Problem]:
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
    bad = np.flatnonzero(np.abs(step / analysis.templates.step_sigmas - 1.0) > _ROUNDING * 1e3)
    if len(bad):
        yield INDEX, f"{index.name[bad[0]]}: sigma_gev is not the step of the scan"


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
    same = np.isclose(found, expected, rtol=_ROUNDING, atol=0.0, equal_nan=True)
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


def _windows(
    archive: Archive,
    workspaces: list[tuple[str, str, dict[str, Any]]],
    progress: Callable[[int], None] | None,
) -> Iterator[Problem]:
    """Each window has its workspace and patches, and they are what the index says."""
    index = archive.index
    expected = {
        file(window.name)
        for window in index.windows
        if not window.vetoed
        for file in (background_file, patchset_file)
    }
    present = {name for name in archive.checksums if name.startswith("windows/")}
    for name in sorted(expected - present):
        yield name, "the file of a window of the index is missing"
    for name in sorted(present - expected):
        yield name, "there is no such window in the index"
    if expected != present:
        return
    signals = _signals(archive)
    validated: set[Hashable] = set()
    for place, window in enumerate(index.windows):
        if not window.vetoed:
            try:
                yield from _window(archive, place, signals, validated, workspaces)
            except FourMuError as error:
                yield _name_in(archive, error), _reason(error)
            except (KeyError, TypeError, IndexError, AttributeError) as error:
                yield patchset_file(window.name), f"not a patchset or workspace: {error!r}"
        if progress is not None:
            progress(1)


def _signals(archive: Archive) -> dict[tuple[str, str], FloatArray]:
    """Signal of 1 fb by model and window, from shape and efficiency."""
    index = archive.index
    fitted = [window for window in index.windows if not window.vetoed]
    return {
        (model, window.name): signal.nominal
        for model in index.models
        for window, signal in zip(
            fitted,
            signal_templates(
                fitted,
                archive.signal_model(model),
                archive.analysis.templates,
                luminosity_ifb=index.luminosity_ifb,
            ),
            strict=True,
        )
    }


def _window(
    archive: Archive,
    place: int,
    signals: dict[tuple[str, str], FloatArray],
    validated: set[Hashable],
    workspaces: list[tuple[str, str, dict[str, Any]]],
) -> Iterator[Problem]:
    """Check workspace and patches of one window, and keep the patched workspaces."""
    index = archive.index
    window = index.windows[place]
    name, patches = background_file(window.name), patchset_file(window.name)
    background = archive.background_only(window.name)
    digest = canonical_digest(background)
    if digest != index.background_sha256[place]:
        yield name, f"not the workspace of the index (digest {digest})"
        return
    structure = structure_of(background, name)
    if structure not in validated:
        validate_workspace(background, name)
        validated.add(structure)
    i, j = signal_place(background, name)
    empty = background["channels"][i]["samples"][j]["data"]
    if any(empty):
        yield name, f"the sample {SIGNAL} is not empty"
    if len(empty) != window.n_bins:
        yield name, f"{len(empty)} bins (the index has {window.n_bins})"
    document = archive.document(patches)
    yield from _patchset(patches, document, digest, validated)
    said = document["metadata"]
    for key, value in patchset_metadata(index).items():
        if said.get(key) != value and key != "description":
            yield patches, f"{key} is not that of the index (found {str(said.get(key))[:100]})"
    if background["measurements"][0]["config"]["poi"] != index.poi:
        yield name, f"the parameter of interest is not that of the index ({index.poi})"
    entries = {patch["metadata"]["name"]: patch for patch in document["patches"]}
    if set(entries) != set(index.models):
        yield patches, f"patches {sorted(entries)} (the index has {sorted(index.models)})"
        return
    for model, entry in entries.items():
        if entry["metadata"]["values"] != [model, window.mass_gev]:
            yield patches, f"{model}: values {entry['metadata']['values']} are not model and mass"
        workspace = patched(background, entry["patch"], f"{patches}, {model}")
        found = hashlib.sha256(workspace_bytes(workspace)).hexdigest()
        if found != index.models[model].workspace_sha256[place]:
            yield patches, f"{model}: not the patch of the index (patched workspace {found})"
            continue
        structure = structure_of(workspace, name)
        if structure not in validated:
            validate_workspace(workspace, f"{patches}, {model}")
            validated.add(structure)
        data = np.array(workspace["channels"][i]["samples"][j]["data"])
        if not _close(data, signals[model, window.name], atol=_ROUNDING * data.max()):
            yield patches, f"{model}: the signal is not luminosity x efficiency x shape"
        workspaces.append((window.name, model, workspace))


def _patchset(
    name: str, document: dict[str, Any], digest: str, validated: set[Hashable]
) -> Iterator[Problem]:
    """Check a patchset with pyhf, once for each structure, and what it is bound to."""
    import pyhf  # type: ignore[import-untyped]  # noqa: PLC0415

    metadata = document["metadata"]
    bound = metadata["digests"]
    if bound != {"sha256": digest}:
        yield name, f"bound to another background-only workspace (found {bound}, expected {digest})"
    # all but what differs from window to window
    common = {
        **document,
        "metadata": {
            **metadata,
            "digests": None,
            "description": isinstance(metadata.get("description"), str),
        },
        "patches": [
            [sorted(patch), {**patch["metadata"], "values": len(patch["metadata"]["values"])}]
            for patch in document["patches"]
        ],
    }
    shape = ("patchset", canonical_digest(common))
    if shape not in validated:
        try:
            pyhf.PatchSet(document)
        except (
            pyhf.exceptions.InvalidSpecification,
            pyhf.exceptions.InvalidPatchSet,
            pyhf.exceptions.SchemaNotFound,  # another version
        ) as error:
            yield name, f"pyhf refuses the patchset: {str(error).splitlines()[0]}"
            return
        validated.add(shape)


def _limits(
    archive: Archive, workspaces: list[tuple[str, str, dict[str, Any]]]
) -> Iterator[Problem]:
    """Fits of the archived likelihoods give the numbers of the index."""
    index = archive.index
    settings = archive.analysis.inference
    for model, table in index.models.items():
        chosen = [(name, workspace) for name, owner, workspace in workspaces if owner == model]
        found = limits(batch_of(chosen), settings)
        places = {window.name: place for place, window in enumerate(index.windows)}
        rows = [places[name] for name, _ in chosen]
        for row, status, message in zip(rows, found.status, found.message, strict=True):
            has_limit = table.status[row] in ("ok", "width_not_negligible")
            if has_limit != (status == "ok"):
                yield INDEX, f"{index.windows[row].name}: {model} is {status}: {message}"
        for name, values in (
            ("xsec_limit_fb", found.limit_observed),
            ("xsec_limit_expected_fb", found.limit_expected),
            ("poi_hat", found.poi_hat),
            ("poi_hat_error", found.poi_hat_error),
            ("z_local", found.z_local),
            ("p0", found.p0),
        ):
            said = getattr(table, name)[rows]
            # a best fit is good to a part of its error, z and p0 of theirs, which is one
            error: FloatArray = np.zeros(len(rows))
            if name == "poi_hat":
                error = np.nan_to_num(table.poi_hat_error[rows])
            elif name in ("z_local", "p0"):
                error = np.ones(len(rows))
            error = error if said.ndim == 1 else error[:, None]
            same = np.isnan(said) & np.isnan(values)
            same |= np.abs(said - values) <= _FIT * np.maximum(error, np.abs(values))
            bad = np.flatnonzero(~same if same.ndim == 1 else ~same.all(axis=1))
            if len(bad):
                first = int(bad[0])
                reason = (
                    f"{index.name[rows[first]]}: {model}.{name} is not that of a fit to the "
                    f"likelihood (found {said[first]}, expected {values[first]}; "
                    f"{len(bad)} windows)"
                )
                yield INDEX, reason


def _close(found: FloatArray, expected: FloatArray | float, atol: float = 0.0) -> bool:
    return bool(np.allclose(found, expected, rtol=_ROUNDING, atol=atol))
