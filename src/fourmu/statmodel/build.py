"""pyhf workspaces, built by cabinetry.

cabinetry reads its histograms from files: this module is the one place outside the edges of
the package that writes files, into a private temporary folder (or one that the caller wants to
keep), through :func:`_build_in`.

Validation is by cabinetry and pyhf, once for each structure. Neither schema looks at the value
of a number, so a configuration or workspace that has the keys, strings and lengths of a
validated one, and finite numbers where that has numbers, is valid too.

cabinetry and pyhf take more than a second to import and are imported when the first window is
built: the package above imports this module, and reading workspaces needs neither.
"""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Hashable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml

from fourmu.config.statmodel import Systematics
from fourmu.errors import ConfigError, ConsistencyError, StorageError

from .rendering import render, window_histograms

if TYPE_CHECKING:  # a name in annotations; importing it would load the whole chain
    from fourmu.templates.window_template import Template

__all__ = [
    "build_workspace",
    "build_workspaces",
    "keep_workspace",
    "structure_of",
    "validate_workspace",
    "workspace_bytes",
]


def build_workspace(
    cabinetry_template: Mapping[str, Any], window: Template, systematics: Systematics
) -> dict[str, Any]:
    """Build the pyhf workspace of one window; see :func:`build_workspaces`."""
    return next(build_workspaces(cabinetry_template, [window], systematics))


def build_workspaces(
    cabinetry_template: Mapping[str, Any], windows: Iterable[Template], systematics: Systematics
) -> Iterator[dict[str, Any]]:
    """Build the pyhf workspaces of many windows of one model, in their order.

    Parameters
    ----------
    cabinetry_template
        Content of ``cabinetry_configs/<model>.yaml``.
    windows
        Templates of the windows.
    systematics
        Table I.

    Yields
    ------
    workspace
        A full pyhf specification: one channel with the samples ``signal`` and
        ``background_0..d``, the observation and one measurement with the parameter of interest
        ``xsec_fb``. Its bins are numbers; their edges in GeV are in the index of the scan.

    Raises
    ------
    ConfigError
        The template cannot be filled, or cabinetry refuses the configuration.
    ConsistencyError
        The contents of a window cannot be a statistical model.
    StorageError
        The temporary folder (``TMPDIR``; a memory file system is a third faster) cannot be used.
    """
    validated: set[Hashable] = set()
    with tempfile.TemporaryDirectory(prefix="fourmu-workspaces-") as folder:
        for window in windows:
            config = render(cabinetry_template, window, systematics, histogram_folder=folder)
            try:
                workspace = _build_in(Path(folder), config, window, validated)
            except OSError as error:
                raise StorageError(
                    f"cannot use the temporary folder: {error.strerror}", where=folder
                ) from error
            yield workspace


def keep_workspace(
    cabinetry_template: Mapping[str, Any],
    window: Template,
    systematics: Systematics,
    folder: Path,
) -> dict[str, Any]:
    """Build one window and leave in a folder all that plain cabinetry needs to repeat it.

    The folder (made if absent) gets ``config.yml``, ``histograms/`` and the workspace
    ``<window>.json``; ``cabinetry workspace config.yml ws.json`` in it gives the same workspace.

    Returns
    -------
    workspace
        As :func:`build_workspace`.

    Raises
    ------
    StorageError
        The folder cannot be written.
    """
    histograms = folder / "histograms"
    config = render(cabinetry_template, window, systematics)
    located = {
        **config,
        "General": {**config["General"], "HistogramFolder": str(histograms)},
    }
    try:
        histograms.mkdir(parents=True, exist_ok=True)
        text = yaml.safe_dump(config, sort_keys=False)
        (folder / "config.yml").write_text(text, encoding="utf-8")
        workspace = _build_in(histograms, located, window, set())
        (folder / f"{window.window.name}.json").write_bytes(workspace_bytes(workspace))
    except OSError as error:
        raise StorageError(f"cannot write: {error.strerror}", where=folder) from error
    return workspace


def workspace_bytes(workspace: Mapping[str, Any]) -> bytes:
    """Serialise a workspace: compact JSON with sorted keys and all digits, one final newline.

    The digest of a workspace is that of these bytes.
    """
    text = json.dumps(workspace, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode() + b"\n"


def validate_workspace(workspace: Mapping[str, Any], where: str) -> None:
    """Check a workspace with pyhf: its schema, and that channels and observations agree.

    Raises
    ------
    ConsistencyError
        pyhf refuses it.
    """
    import pyhf  # type: ignore[import-untyped]  # noqa: PLC0415

    try:
        pyhf.Workspace(workspace)
    except (
        pyhf.exceptions.InvalidSpecification,
        pyhf.exceptions.InvalidModel,
        pyhf.exceptions.SchemaNotFound,  # another version
    ) as error:
        message = str(error).splitlines()[0]
        raise ConsistencyError(f"pyhf refuses the workspace: {message}", where=where) from error


def _validate_config(config: dict[str, Any], where: str) -> None:
    """Check a configuration with cabinetry."""
    import cabinetry  # noqa: PLC0415
    import jsonschema  # noqa: PLC0415

    try:
        cabinetry.configuration.validate(config)
    except (ValueError, NotImplementedError, jsonschema.ValidationError) as error:
        message = str(error).splitlines()[0]
        raise ConfigError(f"cabinetry refuses the configuration: {message}", where=where) from error


def _build_in(
    folder: Path, config: dict[str, Any], window: Template, validated: set[Hashable]
) -> dict[str, Any]:
    """Write the histograms of a window where cabinetry looks for them and let it build."""
    import cabinetry  # noqa: PLC0415

    name = window.window.name
    structure = structure_of(config, name)
    if structure not in validated:
        _validate_config(config, name)
        validated.add(structure)
    if len(config["Regions"]) != 1:
        raise ConfigError(
            "a cabinetry template must have one region",
            key="Regions",
            found=len(config["Regions"]),
            expected=1,
        )
    _write_histograms(folder, config, window)
    workspace: dict[str, Any] = _plain(cabinetry.workspace.build(config, with_validation=False))
    structure = structure_of(workspace, name)
    if structure not in validated:
        validate_workspace(workspace, name)
        validated.add(structure)
    return workspace


def _write_histograms(folder: Path, config: Mapping[str, Any], window: Template) -> None:
    """Write the contents of a window under the names that cabinetry gives to histograms."""
    import cabinetry  # noqa: PLC0415

    (region,) = config["Regions"]
    bins = np.arange(window.window.n_bins + 1, dtype=np.float64)
    no_error = np.zeros(window.window.n_bins)
    for (sample, variation), values in window_histograms(window).items():
        name = cabinetry.histo.name(
            region, {"Name": sample}, {"Name": "mass_resolution"}, template=variation
        )
        # the layout of cabinetry.histo.Histogram.save, without building a histogram for it
        np.savez(
            folder / f"{name}.npz",
            yields=np.asarray(values, dtype=np.float64),
            stdev=no_error,
            bins=bins,
        )


def _plain(item: Any) -> Any:
    """Turn NumPy scalars into Python numbers, everywhere in nested lists and mappings."""
    if isinstance(item, dict):
        return {key: _plain(value) for key, value in item.items()}
    if isinstance(item, list):
        if item and type(item[0]) is float:
            return item
        return [_plain(value) for value in item]
    return item.item() if isinstance(item, np.generic) else item


def structure_of(item: Any, where: str) -> Hashable:
    """All of nested lists and mappings but the values of numbers, which must be finite."""
    if isinstance(item, dict):
        return tuple((key, structure_of(value, where)) for key, value in item.items())
    if isinstance(item, list):
        if item and all(type(value) is float or type(value) is int for value in item):
            if not math.isfinite(sum(item)):
                raise ConsistencyError("a number is not finite", where=where)
            return ("numbers", len(item))
        return tuple(structure_of(value, where) for value in item)
    if isinstance(item, float | int) and not isinstance(item, bool):
        if not math.isfinite(item):
            raise ConsistencyError("a number is not finite", where=where)
        return "number"
    return (type(item).__name__, item)
