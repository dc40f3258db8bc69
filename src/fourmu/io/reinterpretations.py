"""Limits on somebody's model as JSON, CSV, DarkCast's two columns, and patches for pyhf."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fourmu.errors import ConfigError, InputError, StorageError
from fourmu.reinterpret import Reinterpretation

from .csv_files import write_csv
from .files import atomic_path

__all__ = [
    "check_outputs",
    "reinterpretation_document",
    "write_lmt",
    "write_patches",
    "write_reinterpretation_csv",
    "write_reinterpretation_json",
]

_BANDS = ("xsec_limit_expected_fb", "coupling_limit_expected")


def check_outputs(
    outputs: Mapping[str, Path | None], inputs: Sequence[Path], archive: Path | None
) -> None:
    """Refuse places for results, before they are computed, that cannot take them all.

    Parameters
    ----------
    outputs
        Places by the option that names them; None where nothing is wanted.
    inputs
        Files that must stay as they are, and so must what is in ``archive``.
    archive
        Folder or tarball; None if it is not on this disk.

    Raises
    ------
    ConfigError
        A place is given twice, or is that of an input.
    StorageError
        A place cannot be written.
    """
    taken = {_real(path): "an input" for path in inputs}
    for option, path in outputs.items():
        if path is None:
            continue
        place = _real(path)
        if archive is not None and _real(archive) in (place, *place.parents):
            taken[place] = "a part of the archive"
        if place in taken:
            raise ConfigError(
                f"the output would overwrite {taken[place]}",
                key=option,
                found=str(path),
                expected="a file of its own",
            )
        taken[place] = f"that of {option}"
        folder_is_fine = option == "--patch-out"
        if path.exists() and not (path.is_file() or (folder_is_fine and path.is_dir())):
            reason = "it is a folder" if path.is_dir() else "it is no regular file"
            raise StorageError(f"the file cannot be written: {reason}", where=path, key=option)
        _check_folder(path, option)


def _real(path: Path) -> Path:
    """Path without links; unlike Path.resolve, also of links that lead in a circle."""
    return Path(os.path.realpath(path))


def _check_folder(path: Path, option: str) -> None:
    """Write something where the file will be, or where its folders will be made."""
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    if not folder.is_dir():
        raise StorageError(
            "the file cannot be written: a part of the path is not a folder",
            where=path,
            key=option,
            found=str(folder),
        )
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise StorageError(
            f"the file cannot be written: {error.strerror}", where=path, key=option
        ) from error


def reinterpretation_document(
    found: Reinterpretation, provenance: Mapping[str, Any]
) -> dict[str, Any]:
    """Content of the JSON file: what it was made from, intervals, and a row per mass."""
    return {
        "method": found.method,
        "efficiency_from": found.efficiency_from,
        "level": found.level,
        "coupling": found.coupling,
        "confidence_level": found.confidence_level,
        "excluded_gev": [list(interval) for interval in found.excluded_gev],
        "g_minus_2": {
            "measurement": found.g_minus_2_measurement,
            "excluded_gev": [list(interval) for interval in found.g_minus_2_excluded_gev],
            "message": found.g_minus_2_message or None,
        },
        "warnings": list(found.warnings),
        "provenance": dict(provenance),
        "results": found.rows(),
    }


def write_reinterpretation_json(
    path: str | Path, found: Reinterpretation, provenance: Mapping[str, Any]
) -> None:
    """Write all results, a row per line.

    Raises
    ------
    StorageError
        The file cannot be written.
    """
    document = reinterpretation_document(found, provenance)
    rows = ",\n".join(json.dumps(row, allow_nan=False) for row in document.pop("results"))
    head = json.dumps(document, allow_nan=False)[:-1]
    with atomic_path(path) as temporary:
        temporary.write_text(f'{head}, "results": [\n{rows}\n]}}\n', encoding="utf-8")


def write_reinterpretation_csv(path: str | Path, found: Reinterpretation) -> None:
    """Write a row per mass, bands in columns of their own.

    Raises
    ------
    StorageError
        The file cannot be written.
    """
    write_csv(path, found.rows(), bands=_BANDS)


def write_lmt(path: str | Path, found: Reinterpretation) -> None:
    """Write the coupling limits in the form of DarkCast: mass in GeV and lowest excluded coupling.

    Masses increase; those without a limit are left out.

    Raises
    ------
    InputError
        There is no limit to write.
    StorageError
        The file cannot be written.
    """
    order = np.argsort(found.mass_gev)
    kept = [row for row in order if np.isfinite(found.coupling_limit[row])]
    if not kept:
        raise InputError("no mass has a coupling limit", where=path)
    lines = [f"{float(found.mass_gev[row])} {float(found.coupling_limit[row])}" for row in kept]
    text = "\n".join(lines)
    with atomic_path(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def write_patches(path: Path, found: Reinterpretation) -> list[Path]:
    """Write JSON patches for the background-only workspaces of the archive.

    Parameters
    ----------
    path
        The file of the patch; with patches for several windows, or where it is a folder
        already, a folder of ``<window>.json``.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    InputError
        No window has a patch.
    StorageError
        A file cannot be written.
    """
    if not found.patches:
        raise InputError("no window has a limit, and so none has a patch", where=path)
    alone = len(found.patches) == 1 and not path.is_dir()
    targets = {
        path if alone else path / f"{window}.json": patch for window, patch in found.patches.items()
    }
    for target, patch in targets.items():
        with atomic_path(target) as temporary:
            temporary.write_text(json.dumps(patch, allow_nan=False) + "\n", encoding="utf-8")
    return list(targets)
