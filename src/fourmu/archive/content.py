"""The files of a new archive, whole and in their order; equal input gives equal bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any, Final

import fourmu
from fourmu.classifiers import Network, WorkingPoint
from fourmu.couplings import CrossSectionTable
from fourmu.statmodel import workspace_bytes
from fourmu.templates import SignalModel

from .index import SCHEMA_VERSION, ArchiveIndex, index_document
from .kinematics import KinematicDensity
from .patches import patchset_document, split_workspaces
from .record import (
    ANALYSIS,
    INDEX,
    WORKING_POINTS,
    ArchivedAnalysis,
    background_file,
    cross_section_file,
    kinematics_file,
    network_file,
    patchset_file,
    signal_file,
)

__all__ = [
    "NO_HEPDATA",
    "SCHEMA_FILE",
    "archive_files",
    "index_schema",
    "patchset_metadata",
    "window_files",
]

Document = dict[str, Any]

NO_HEPDATA: Final = "ins0000000"
"""Stands in patchsets for a HEPData record that does not exist yet."""
SCHEMA_FILE: Final = "schemas/index.schema.json"

_ATTRIBUTION: Final = (
    "You may share and adapt it for any purpose, with credit, a link to the licence and a\n"
    "word on what you changed."
)
_LICENCES: Final = {
    "CC-BY-4.0": (
        "Creative Commons Attribution 4.0 International",
        "https://creativecommons.org/licenses/by/4.0/legalcode",
        _ATTRIBUTION,
    ),
    "CC0-1.0": (
        "Creative Commons Zero 1.0 Universal",
        "https://creativecommons.org/publicdomain/zero/1.0/legalcode",
        "To the extent possible under law, its authors have waived all rights to it.",
    ),
}


def index_schema() -> Document:
    """JSON schema of ``index.json`` of this version."""
    text = (
        resources.files("fourmu.schemas")
        .joinpath(f"archive-{SCHEMA_VERSION}.json")
        .read_text(encoding="utf-8")
    )
    schema: Document = json.loads(text)
    return schema


def archive_files(
    index: ArchiveIndex,
    analysis: ArchivedAnalysis,
    *,
    networks: Sequence[Network],
    working_points: Sequence[WorkingPoint],
    signal_models: Mapping[str, SignalModel],
    cross_sections: Mapping[str, CrossSectionTable],
    kinematics: Mapping[str, Sequence[KinematicDensity]],
) -> dict[str, bytes]:
    """All files but those of the windows, the table ``index.csv`` and the checksums.

    Parameters
    ----------
    index
        Windows and models.
    analysis
        What events meet.
    networks, working_points
        One per MLP range.
    signal_models, cross_sections, kinematics
        By model.
    """
    files = {
        INDEX: _json(index_document(index)),
        "README.md": _readme(index),
        "LICENSE": _licence(index),
        "CITATION.cff": _citation(index),
        SCHEMA_FILE: _json(index_schema(), indent=2),
        ANALYSIS: _json(analysis.model_dump(mode="json"), indent=1),
        WORKING_POINTS: _json({"working_points": [point.to_dict() for point in working_points]}),
    }
    for place, network in enumerate(networks):
        files[network_file(place)] = _json({"network": network.to_dict()})
    for name, model in signal_models.items():
        files[signal_file(name)] = _json({"signal_model": model.to_dict()})
    for name, table in cross_sections.items():
        files[cross_section_file(name)] = _json(table.to_dict())
    for name, densities in kinematics.items():
        files[kinematics_file(name)] = _json(
            {
                "model": name,
                "axes": ["energy", "cos_theta", "cos_decay", "reduced_mass"],
                "masses": [density.to_dict() for density in densities],
            }
        )
    return files


def window_files(
    window: str, mass_gev: float, workspaces: Mapping[str, Document], metadata: Mapping[str, Any]
) -> dict[str, bytes]:
    """Background-only workspace and patchset of one window.

    Parameters
    ----------
    window, mass_gev
        Name and mass.
    workspaces
        By model.
    metadata
        Of the patchset, see :func:`patchset_metadata`.

    Raises
    ------
    ConsistencyError
        The workspaces differ in more than the signal sample.
    """
    background, patches = split_workspaces(workspaces, window)
    described = {**metadata, "description": f"{metadata['description']}, window {window}"}
    patchset = patchset_document(patches, background, mass_gev=mass_gev, metadata=described)
    return {
        background_file(window): workspace_bytes(background),
        patchset_file(window): _json(patchset),
    }


def patchset_metadata(index: ArchiveIndex) -> Document:
    """Licence, citation and identifiers as every patchset carries them."""
    return {
        "description": f"{index.title} ({index.data_kind})",
        # the schema of patchsets asks for a number of this form, also before there is one
        "references": {"hepdata": index.hepdata or NO_HEPDATA},
        "licence": index.licence,
        "citation": index.citation,
        "doi": index.doi,
        "data_kind": index.data_kind,
    }


def _json(content: Mapping[str, Any], indent: int | None = None) -> bytes:
    separators = (",", ":") if indent is None else None
    text = json.dumps(content, allow_nan=False, indent=indent, separators=separators)
    return text.encode() + b"\n"


def _licence(index: ArchiveIndex) -> bytes:
    name, link, meaning = _LICENCES[index.licence]
    text = (
        f"{index.title}\n"
        f"Copyright (c) {', '.join(index.authors)}\n\n"
        f"The content of this archive is under the licence {index.licence}\n"
        f"({name}).\n{meaning}\nFull text: {link}\n"
    )
    return text.encode()


def _citation(index: ArchiveIndex) -> bytes:
    lines = [
        "cff-version: 1.2.0",
        'message: "If you use these likelihoods, please cite them and the paper they follow."',
        f"title: {json.dumps(index.title)}",
        "type: dataset",
        f"version: {json.dumps(SCHEMA_VERSION)}",
        f"license: {index.licence}",
        *([] if index.doi is None else [f"doi: {index.doi}"]),
        "authors:",
        *(f"  - name: {json.dumps(author)}" for author in index.authors),
        "references:",
        "  - type: article",
        '    title: "Search for a mu+mu- resonance in four-muon final states at Belle II"',
        "    authors:",
        '      - name: "Belle II Collaboration"',
        '    journal: "Physical Review D"',
        "    volume: 109",
        "    start: 112015",
        "    year: 2024",
        "    doi: 10.1103/PhysRevD.109.112015",
    ]
    return ("\n".join(lines) + "\n").encode()


def _readme(index: ArchiveIndex) -> bytes:
    fitted = [window for window in index.windows if not window.vetoed]
    example = min(fitted, key=lambda window: abs(window.mass_gev - 3.0))
    models = list(index.models)
    pseudo = (
        "**The data in these likelihoods are pseudo-data from a simulation. No Belle II data are "
        "in this archive.**\n\n"
        if index.data_kind == "pseudo-data"
        else ""
    )
    text = f"""# {index.title}

{pseudo}One HistFactory likelihood per mass hypothesis: {len(fitted)} windows from \
{index.windows[0].mass_gev:.4g} to {index.windows[-1].mass_gev:.4g} GeV
({len(index.windows) - len(fitted)} more hypotheses are vetoed), models {", ".join(models)}, \
{index.luminosity_ifb:g} fb^-1 at {index.sqrt_s_gev:g} GeV.
The parameter of interest `{index.poi}` is the cross section with initial-state radiation times
the branching fraction to two muons, in fb. Limits in the index are CLs at \
{100 * index.confidence_level:g} % confidence level.

| file | content |
|---|---|
| `index.json`, `index.csv` | every hypothesis: mass, M_R, bins, sigma(M_R), and for each model \
efficiency, cross sections, K, branching fraction, limits; a mass belongs to the window with \
mass_low_gev <= m < mass_high_gev |
| `windows/w0000/BkgOnly.json` | pyhf workspace with a signal sample of zero yield |
| `windows/w0000/patchset.json` | one patch per model, which puts the signal in |
| `networks/`, `analysis.json` | networks, working points, detector, selection: to run events \
through the analysis |
| `signal/`, `cross_sections/` | shape and efficiency (with and without ISR), cross sections \
(Born, ISR) against mass |
| `kinematics/` | generated kinematics of X beside what passes, to reweight models |
| `schemas/index.schema.json` | JSON schema of the index, version {SCHEMA_VERSION} |
| `SHA256SUMS` | `sha256sum --check SHA256SUMS` |

With pyhf alone, the window nearest to 3 GeV:

    pyhf patchset apply --name {models[0]} --output-file ws.json \
windows/{example.name}/BkgOnly.json windows/{example.name}/patchset.json
    pyhf cls ws.json --test-poi 0.2

With fourmu (`pip install fourmu`), a limit on a model of one's own in all windows:

    fourmu reinterpret . --couplings gP=1 --json limits.json
    fourmu reinterpret . --xsec table.csv --efficiency-from {models[-1]} --json limits.json
    fourmu reinterpret . --lhe events.lhe.gz --json limits.json
    fourmu archive verify .

Licence: {index.licence} (`LICENSE`). Citation: {index.citation} (`CITATION.cff`).
DOI: {index.doi or "none yet"}. HEPData: {index.hepdata or "none yet"}.
Written by fourmu {fourmu.__version__}.
"""
    return text.encode()
