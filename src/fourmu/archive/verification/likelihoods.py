"""Workspaces and patches are what the index says, and pyhf takes them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Iterator
from typing import Any

import numpy as np

from fourmu.archive.content import patchset_metadata
from fourmu.archive.patches import SIGNAL, canonical_digest, patched, signal_place
from fourmu.archive.record import Archive, background_file, patchset_file
from fourmu.errors import FourMuError
from fourmu.physics.kinematics import FloatArray
from fourmu.statmodel import structure_of, validate_workspace, workspace_bytes
from fourmu.templates import signal_templates

from .problem import ROUNDING, Problem, close, file_of, reason_of

__all__ = ["Kept", "window_problems"]

Kept = list[tuple[str, str, dict[str, Any]]]
"""Window, model and patched workspace."""


def window_problems(
    archive: Archive,
    workspaces: Kept,
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
                yield file_of(archive, error), reason_of(error)
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
    workspaces: Kept,
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
        if not close(data, signals[model, window.name], atol=ROUNDING * data.max()):
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
