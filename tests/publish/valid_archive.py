"""A small archive that holds: the service's example, with signals that follow from its curves."""

import hashlib

from fourmu.archive import Archive, ArchiveIndex, index_rows
from fourmu.archive.content import patchset_metadata, window_files
from fourmu.archive.index import BAND_COLUMNS, index_document
from fourmu.archive.record import INDEX, INDEX_CSV
from fourmu.io.archives import open_archive, write_checksums
from fourmu.io.csv_files import csv_text
from fourmu.io.json_files import write_json
from fourmu.statmodel import workspace_bytes
from fourmu.templates import signal_templates
from service.example_archive import write_archive


def write_valid_archive(folder):
    """Write it; everything holds but the limits, which are those of the example's signals."""
    write_archive(folder)
    archive = open_archive(folder)
    index, metadata = archive.index, patchset_metadata(archive.index)
    fitted = [window for window in index.windows if not window.vetoed]
    signals = {model: _signals(archive, index, model, fitted) for model in index.models}
    digests = {model: [None] * len(index) for model in index.models}
    for place, window in enumerate(fitted):
        workspaces = {}
        for _, model, workspace in archive.window_workspaces(window.name):
            for sample in workspace["channels"][0]["samples"]:
                if sample["name"] == "signal":
                    sample["data"] = signals[model][place].nominal.tolist()
            digest = hashlib.sha256(workspace_bytes(workspace)).hexdigest()
            digests[model][window.index] = digest
            workspaces[model] = workspace
        for name, content in window_files(
            window.name, window.mass_gev, workspaces, metadata
        ).items():
            (folder / name).write_bytes(content)
    document = index_document(index)
    for place, entry in enumerate(document["windows"]):
        for model, numbers in entry["models"].items():
            numbers["workspace_sha256"] = digests[model][place]
    write_json(folder / INDEX, document)
    write_checksums(folder)
    rows = index_rows(open_archive(folder).index)
    (folder / INDEX_CSV).write_text(csv_text(rows, bands=BAND_COLUMNS), encoding="utf-8")
    write_checksums(folder)


def _signals(archive: Archive, index: ArchiveIndex, model, windows):
    return signal_templates(
        windows,
        archive.signal_model(model),
        archive.analysis.templates,
        luminosity_ifb=index.luminosity_ifb,
    )
