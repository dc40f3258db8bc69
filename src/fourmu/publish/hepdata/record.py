"""What a HEPData record says of itself, and the files that it attaches."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any, Final

import fourmu
from fourmu.archive import Archive, ArchiveIndex

from .columns import DataTable
from .common import REACTION, pseudo_data_note
from .figures import thumbnail_name
from .yaml_files import MISSING

__all__ = ["LIKELIHOODS", "PROVENANCE", "README", "provenance", "readme", "record", "table_record"]

Document = dict[str, Any]

LIKELIHOODS: Final = "fourmu-likelihoods.tar.gz"
"""The archive inside the record."""
README: Final = "README.md"
PROVENANCE: Final = "provenance.json"

_PAPER: Final = "https://doi.org/10.1103/PhysRevD.109.112015"


def record(index: ArchiveIndex) -> Document:
    """First document of ``submission.yaml``: what holds for the whole record."""
    resources = [
        {
            "location": LIKELIHOODS,
            "description": f"{pseudo_data_note(index)}Full likelihoods in the HistFactory JSON "
            f"format of pyhf: one workspace per mass with a patch for each of {_models(index)}, "
            "and what events of another model need to be run through the analysis; README inside",
            "type": "HistFactory",
            "license": _licence(index),
        },
        {"location": README, "description": "Explanation of tables, figures and likelihoods"},
        {
            "location": PROVENANCE,
            "description": f"Software (fourmu {fourmu.__version__}) and configuration that made "
            "this record, by version and digest",
        },
        {
            "location": _PAPER,
            "description": "The paper whose analysis is followed; its results are not in this "
            "record",
        },
    ]
    if index.doi is not None:
        resources.append(
            {"location": f"https://doi.org/{index.doi}", "description": "The likelihoods, by DOI"}
        )
    inspire = (
        {}
        if index.hepdata is None
        else {"record_ids": [{"type": "inspire", "id": int(index.hepdata.removeprefix("ins"))}]}
    )
    return {"comment": _comment(index), **inspire, "additional_resources": resources}


def table_record(index: ArchiveIndex, table: DataTable, note: str = "") -> Document:
    """Document of one table in ``submission.yaml``; the note is about its figure."""
    image = None if table.figure is None else f"{table.figure}.png"
    figure = (
        {}
        if image is None
        else {
            "additional_resources": [
                {
                    "location": image,
                    "description": f"Image file; {note}" if note else "Image file",
                },
                {"location": thumbnail_name(image), "description": "Thumbnail image file"},
            ]
        }
    )
    return {
        "name": table.name,
        "location": table.location,
        "description": table.description,
        "keywords": [
            {"name": "reactions", "values": [REACTION]},
            {"name": "observables", "values": list(table.observables)},
            {"name": "cmenergies", "values": [index.sqrt_s_gev]},
            {"name": "phrases", "values": list(table.phrases)},
        ],
        "data_file": f"{table.stem}.yaml",
        "data_license": _licence(index),
        **figure,
    }


def provenance(archive: Archive, likelihoods: bytes) -> bytes:
    """Content of the file that says what the record was made from, and by what."""
    content = {
        "software": "fourmu",
        "fourmu_version": fourmu.__version__,
        "data_kind": archive.index.data_kind,
        "archive_sha256sums_sha256": archive.digest,
        "archive_tarball_sha256": hashlib.sha256(likelihoods).hexdigest(),
        "archive_provenance": dict(archive.index.provenance),
    }
    return (json.dumps(content, indent=1) + "\n").encode()


def readme(index: ArchiveIndex, tables: Sequence[DataTable]) -> bytes:
    """Content of the README beside ``submission.yaml``."""
    note = pseudo_data_note(index).strip()
    rows = "\n".join(
        f"| `{table.stem}.yaml` | {table.name} | {len(table.axis.values)} | "
        f"{'' if table.figure is None else f'`{table.figure}.png`'} |"
        for table in tables
    )
    text = f"""# {index.title}

{f"**{note}**" if note else "Data of the analysis whose configuration is in the likelihoods."}

{index.luminosity_ifb:g} fb^-1 at {index.sqrt_s_gev:g} GeV; models {_models(index)}; \
{int((~index.vetoed).sum())} masses from {index.mass_gev[0]:.4g} to {index.mass_gev[-1]:.4g} GeV, \
{int(index.vetoed.sum())} more are vetoed.

| table | content | rows | figure |
|---|---|---|---|
{rows}

- Numbers have all digits of the archive: read as 64-bit floats they are equal to those of its
  `index.json`. `{MISSING}` stands where there is none.
- Vetoed masses are left out of what is fitted; efficiencies and cross sections have them.
- Cross-section limits are on sigma x BR to two muons, with initial-state radiation, in fb, CLs at
  {100 * index.confidence_level:g} % confidence level. Expected limits are those of background
  alone: their median, and -2, -1, +1, +2 standard deviations.
- Status: `ok`; `width_not_negligible`: the width of X at the coupling limit is not negligible
  beside the resolution, so that the limit is optimistic; anything else: a fit without limit.
- Each figure has a thumbnail, `thumb_...`.
- `{LIKELIHOODS}` holds the likelihoods (its README says how to use them with pyhf),
  `{PROVENANCE}` what made this record.

Licence: {index.licence}. Authors: {", ".join(index.authors)}. Citation: {index.citation}.
"""
    return text.encode("utf-8")


def _comment(index: ArchiveIndex) -> str:
    return (
        f"{pseudo_data_note(index)}{index.title}. Limits on cross sections and couplings, local "
        "significances, best-fit cross sections, efficiencies, predicted cross sections and "
        f"systematic uncertainties for {_models(index)}, {index.luminosity_ifb:g} fb^-1 at "
        f"{index.sqrt_s_gev:g} GeV, at {int((~index.vetoed).sum())} masses; vetoed masses are left "
        "out of what is fitted. All numbers are those of the attached likelihoods. "
        f"{index.citation}"
    )


def _models(index: ArchiveIndex) -> str:
    return " and ".join(table.title for table in index.models.values())


def _licence(index: ArchiveIndex) -> Document:
    return {"name": index.licence, "url": f"https://spdx.org/licenses/{index.licence}.html"}
