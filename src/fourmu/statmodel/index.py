"""The index of a scan: which workspace is which mass, and where its bins are."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fourmu.errors import InputError

if TYPE_CHECKING:  # a name in annotations; importing it would load the whole chain
    from fourmu.templates.window_template import Template, Window

__all__ = ["IndexEntry", "index_document", "index_entries", "index_entry", "vetoed_entry"]


@dataclass(frozen=True, kw_only=True)
class IndexEntry:
    """One hypothesis of the scan; a vetoed one has neither efficiency nor digest nor file."""

    name: str
    mass_gev: float
    reduced_mass_gev: float
    sigma_gev: float
    mlp_range: int
    bin_low: tuple[float, ...]
    """Lower edges of the bins in M_R, GeV."""
    bin_high: tuple[float, ...]
    efficiency: float | None
    """That of the template: divided by the share of the shape inside the training interval of the
    network (below 1 near the borders of the MLP ranges), so that the template is luminosity x
    efficiency x integral of the shape."""
    digest: str | None
    """SHA-256 of the workspace file."""
    vetoed: bool


def index_entry(window: Template, workspace_file: bytes) -> IndexEntry:
    """Entry of a window whose workspace was serialised to ``workspace_file``."""
    return _entry(
        window.window,
        efficiency=window.efficiency,
        digest=hashlib.sha256(workspace_file).hexdigest(),
    )


def vetoed_entry(window: Window) -> IndexEntry:
    """Entry of a hypothesis inside a veto: it keeps its number and has no workspace."""
    return _entry(window, efficiency=None, digest=None)


def _entry(window: Window, *, efficiency: float | None, digest: str | None) -> IndexEntry:
    return IndexEntry(
        name=window.name,
        mass_gev=float(window.mass_gev),
        reduced_mass_gev=float(window.reduced_mass_gev),
        sigma_gev=float(window.sigma_gev),
        mlp_range=int(window.mlp_range),
        bin_low=tuple(float(edge) for edge in window.bin_low),
        bin_high=tuple(float(edge) for edge in window.bin_high),
        efficiency=None if efficiency is None else float(efficiency),
        digest=digest,
        vetoed=window.vetoed,
    )


def index_document(model: str, entries: Iterable[IndexEntry]) -> dict[str, Any]:
    """Content of ``workspaces/<model>/index.json``, windows in the order of their masses."""
    ordered = sorted(entries, key=lambda entry: entry.mass_gev)
    return {
        "model": model,
        "poi": "xsec_fb",
        "windows": [
            {
                "name": entry.name,
                "mass_gev": entry.mass_gev,
                "reduced_mass_gev": entry.reduced_mass_gev,
                "sigma_gev": entry.sigma_gev,
                "mlp_range": entry.mlp_range,
                "bin_low": list(entry.bin_low),
                "bin_high": list(entry.bin_high),
                "efficiency": entry.efficiency,
                "digest": entry.digest,
                "vetoed": entry.vetoed,
            }
            for entry in ordered
        ],
    }


def index_entries(document: Mapping[str, Any]) -> list[IndexEntry]:
    """Windows of an ``index.json``.

    Raises
    ------
    InputError
        It does not have the fields of an index.
    """
    try:
        return [
            IndexEntry(
                **{
                    **window,
                    "bin_low": tuple(window["bin_low"]),
                    "bin_high": tuple(window["bin_high"]),
                }
            )
            for window in document["windows"]
        ]
    except (KeyError, TypeError) as error:
        raise InputError("not the index of a scan", where="index.json", found=error) from error
