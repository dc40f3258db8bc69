"""Windows and templates of a model in one compressed file."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fourmu.errors import InputError
from fourmu.templates import Template, Window

from .files import atomic_path, existing_file

__all__ = ["read_templates", "write_templates"]

_SCALARS = ("index", "mass_gev", "reduced_mass_gev", "sigma_gev", "mlp_range", "vetoed")


def write_templates(
    path: str | Path, windows: Sequence[Window], templates: Sequence[Template]
) -> None:
    """Write all windows of a scan and the templates of those that are fitted.

    Raises
    ------
    StorageError
        The file cannot be written.
    """
    arrays: dict[str, np.ndarray] = {
        name: np.array([getattr(window, name) for window in windows]) for name in _SCALARS
    }
    arrays["name"] = np.array([window.name for window in windows])
    arrays["n_bins"] = np.array([window.n_bins for window in windows])
    arrays["bin_low"] = np.concatenate([window.bin_low for window in windows])
    arrays["bin_high"] = np.concatenate([window.bin_high for window in windows])
    arrays["template_window"] = np.array([template.window.index for template in templates])
    arrays["efficiency"] = np.array([template.efficiency for template in templates])
    arrays["coefficients"] = np.array([len(template.background) for template in templates])
    arrays["signal"] = np.concatenate([template.signal for template in templates])
    arrays["observed"] = np.concatenate([template.observed for template in templates])
    arrays["background"] = np.concatenate([template.background.ravel() for template in templates])
    if templates[0].signal_wide is not None:
        for name in ("signal_wide", "signal_narrow"):
            arrays[name] = np.concatenate([getattr(template, name) for template in templates])
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, allow_pickle=False, **arrays)


def read_templates(path: str | Path) -> tuple[list[Window], list[Template]]:
    """Read what :func:`write_templates` wrote.

    Raises
    ------
    InputError
        It is not such a file.
    """
    path = existing_file(path)
    try:
        # opened here: numpy leaves its own file open where the content is damaged
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as content:
            arrays = {name: content[name] for name in content.files}
        return _windows_and_templates(arrays)
    except (KeyError, ValueError, IndexError, OSError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError(f"not a file of templates: {error}", where=path) from error


def _windows_and_templates(
    arrays: dict[str, np.ndarray],
) -> tuple[list[Window], list[Template]]:
    first = np.concatenate([[0], np.cumsum(arrays["n_bins"])])
    windows = [
        Window(
            name=str(arrays["name"][place]),
            index=int(arrays["index"][place]),
            mass_gev=float(arrays["mass_gev"][place]),
            reduced_mass_gev=float(arrays["reduced_mass_gev"][place]),
            sigma_gev=float(arrays["sigma_gev"][place]),
            mlp_range=int(arrays["mlp_range"][place]),
            bin_low=arrays["bin_low"][first[place] : first[place + 1]],
            bin_high=arrays["bin_high"][first[place] : first[place + 1]],
            vetoed=bool(arrays["vetoed"][place]),
        )
        for place in range(len(arrays["name"]))
    ]
    templates = []
    start = start_background = 0
    for place, index in enumerate(arrays["template_window"]):
        window = windows[int(index)]
        n, rows = window.n_bins, int(arrays["coefficients"][place])
        part = slice(start, start + n)
        background = arrays["background"][start_background : start_background + rows * n]
        shaped = "signal_wide" in arrays
        templates.append(
            Template(
                window=window,
                signal=arrays["signal"][part],
                background=background.reshape(rows, n),
                observed=arrays["observed"][part],
                efficiency=float(arrays["efficiency"][place]),
                signal_wide=arrays["signal_wide"][part] if shaped else None,
                signal_narrow=arrays["signal_narrow"][part] if shaped else None,
            )
        )
        start += n
        start_background += rows * n
    return windows, templates
