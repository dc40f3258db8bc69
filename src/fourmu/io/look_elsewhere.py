"""Global significances as JSON, and the spectra of pseudo-scans as compressed arrays."""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fourmu.errors import InputError
from fourmu.inference.gross_vitells import UpCrossings
from fourmu.inference.look_elsewhere import (
    LEVELS,
    Excess,
    GlobalSignificance,
    LookElsewhere,
    Region,
    global_significance,
)
from fourmu.inference.scan_spectra import ScanSpectra

from .files import atomic_path, existing_file
from .json_files import finite_or_none, read_json, write_json

__all__ = [
    "read_look_elsewhere",
    "read_significances",
    "read_spectra",
    "write_look_elsewhere",
    "write_significances",
    "write_spectra",
]

_TABULATED = tuple(level for level in LEVELS if level >= 2.0)
_QUANTILES = (0.025, 0.16, 0.5, 0.84, 0.975)
_DIGITS = 6


def write_look_elsewhere(
    path: str | Path,
    found: LookElsewhere,
    *,
    seed: int,
    provenance: Mapping[str, Any] | None = None,
) -> None:
    """Write global significances, with all that is needed to find those of other excesses.

    Parameters
    ----------
    path
        File.
    found
        Of one model.
    seed
        Of the pseudo-scans.
    provenance
        What the results were made from.

    Raises
    ------
    StorageError
        The file cannot be written.
    """
    content = {
        "pseudo_scans": found.pseudo_scans,
        "seed": seed,
        "provenance": dict(provenance or {}),
        "excesses": [_excess(excess) for excess in found.excesses],
        "failed_fits": int(found.failed_fits.sum()),
        "regions": [_region(region) for region in found.regions],
        "windows": {
            "workspace": list(found.workspaces),
            "mass_gev": found.mass_gev.tolist(),
            "sigma_gev": found.sigma_gev.tolist(),
            "mlp_range": found.mlp_range.tolist(),
            "z_local": [finite_or_none(z) for z in found.z_local],
            "failed_fits": found.failed_fits.tolist(),
        },
    }
    write_json(path, content)


def _excess(excess: Excess) -> dict[str, Any]:
    return {
        "workspace": excess.workspace,
        "mass_gev": excess.mass_gev,
        "mlp_range": excess.mlp_range,
        "z_local": excess.z_local,
        "full": _significance(excess.in_full),
        "range": _significance(excess.in_range),
    }


def _significance(found: GlobalSignificance) -> dict[str, Any]:
    low, high = found.z_scans_interval
    return {
        "z_local": found.z_local,
        "p_local": found.p_local,
        "scans_above": found.scans_above,
        "p_scans": found.p_scans,
        "p_scans_interval": [found.p_scans_low, found.p_scans_high],
        "p_scans_is_upper_limit": found.is_upper_limit,
        "z_scans": finite_or_none(found.z_scans),
        "z_scans_interval": [finite_or_none(low), finite_or_none(high)],
        "p_gross_vitells": found.p_bound,
        "p_gross_vitells_error": finite_or_none(found.p_bound_error),
        "z_gross_vitells": finite_or_none(found.z_bound),
        "gross_vitells_is_extrapolation": found.is_extrapolation,
    }


def _region(region: Region) -> dict[str, Any]:
    return {
        "name": region.name,
        "mlp_range": region.mlp_range,
        "hypotheses": region.hypotheses,
        "largest_z_quantiles": {str(q): float(np.quantile(region.largest, q)) for q in _QUANTILES},
        "gross_vitells": _crossings(region.reference),
        "levels": [
            {
                **_crossings(crossings),
                "share_of_fits_above": float(share),
                "share_of_fits_above_error": finite_or_none(error),
            }
            for crossings, share, error in zip(
                region.up_crossings, region.tail, region.tail_error, strict=True
            )
        ],
        "global_against_local": [_significance(global_significance(region, z)) for z in _TABULATED],
        "largest_z": [round(float(z), _DIGITS) for z in region.largest],
    }


def _crossings(crossings: UpCrossings) -> dict[str, Any]:
    return {
        "z_local": crossings.z,
        "up_crossings": crossings.mean,
        "up_crossings_error": finite_or_none(crossings.error),
    }


def read_look_elsewhere(path: str | Path) -> LookElsewhere:
    """Read what :func:`write_look_elsewhere` wrote.

    Raises
    ------
    InputError
        The file is something else.
    """
    content = read_json(path)
    try:
        windows = content["windows"]
        return LookElsewhere(
            pseudo_scans=int(content["pseudo_scans"]),
            workspaces=tuple(windows["workspace"]),
            mass_gev=np.array(windows["mass_gev"], dtype=np.float64),
            sigma_gev=np.array(windows["sigma_gev"], dtype=np.float64),
            mlp_range=np.array(windows["mlp_range"], dtype=np.int64),
            z_local=np.array(windows["z_local"], dtype=np.float64),
            failed_fits=np.array(windows["failed_fits"], dtype=np.int64),
            regions=tuple(_read_region(region) for region in content["regions"]),
            excesses=tuple(
                Excess(
                    workspace=excess["workspace"],
                    mass_gev=float(excess["mass_gev"]),
                    mlp_range=int(excess["mlp_range"]),
                    z_local=float(excess["z_local"]),
                    in_full=_read_significance(excess["full"]),
                    in_range=_read_significance(excess["range"]),
                )
                for excess in content["excesses"]
            ),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"not a record of global significances: {error!r}", where=path) from error


def _read_region(content: Mapping[str, Any]) -> Region:
    levels = content["levels"]
    index = content["mlp_range"]
    return Region(
        name=content["name"],
        mlp_range=None if index is None else int(index),
        hypotheses=int(content["hypotheses"]),
        largest=np.array(content["largest_z"], dtype=np.float64),
        tail=np.array([level["share_of_fits_above"] for level in levels], dtype=np.float64),
        tail_error=np.array(
            [_number(level["share_of_fits_above_error"]) for level in levels], dtype=np.float64
        ),
        up_crossings=tuple(_read_crossings(level) for level in levels),
        reference=_read_crossings(content["gross_vitells"]),
    )


def _read_crossings(content: Mapping[str, Any]) -> UpCrossings:
    return UpCrossings(
        z=float(content["z_local"]),
        mean=float(content["up_crossings"]),
        error=_number(content["up_crossings_error"]),
    )


def _read_significance(content: Mapping[str, Any]) -> GlobalSignificance:
    low, high = content["p_scans_interval"]
    return GlobalSignificance(
        z_local=float(content["z_local"]),
        p_local=float(content["p_local"]),
        scans_above=int(content["scans_above"]),
        p_scans=float(content["p_scans"]),
        p_scans_low=float(low),
        p_scans_high=float(high),
        is_upper_limit=bool(content["p_scans_is_upper_limit"]),
        p_bound=float(content["p_gross_vitells"]),
        p_bound_error=_number(content["p_gross_vitells_error"]),
        is_extrapolation=bool(content["gross_vitells_is_extrapolation"]),
    )


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def write_spectra(path: str | Path, spectra: ScanSpectra) -> None:
    """Write the expected spectra of pseudo-scans.

    Raises
    ------
    StorageError
        The file cannot be written.
    """
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(
            stream,
            allow_pickle=False,
            edges=spectra.edges,
            alone=spectra.alone,
            shared=spectra.shared,
        )


def read_spectra(path: str | Path) -> ScanSpectra:
    """Read what :func:`write_spectra` wrote.

    Raises
    ------
    InputError
        The file is something else.
    """
    arrays = _arrays(path, ("edges", "alone", "shared"))
    return ScanSpectra(edges=arrays["edges"], alone=arrays["alone"], shared=arrays["shared"])


def write_significances(path: str | Path, z_local: NDArray[np.float32]) -> None:
    """Write the local significances of some pseudo-scans, shape (S, W).

    Raises
    ------
    StorageError
        The file cannot be written.
    """
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        np.savez(stream, allow_pickle=False, z_local=z_local)


def read_significances(path: str | Path) -> NDArray[np.float32]:
    """Read what :func:`write_significances` wrote.

    Raises
    ------
    InputError
        The file is something else.
    """
    return np.asarray(_arrays(path, ("z_local",))["z_local"], dtype=np.float32)


def _arrays(path: str | Path, names: tuple[str, ...]) -> dict[str, NDArray[Any]]:
    path = existing_file(path)
    try:
        # opened here: numpy leaves its own file open where the content is damaged
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as content:
            return {name: content[name] for name in names}
    except (KeyError, ValueError, OSError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError(f"not a file of arrays of a scan: {error}", where=path) from error
