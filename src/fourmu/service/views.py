"""Documents made of the archive alone."""

from __future__ import annotations

import warnings
from typing import Any, Final

import numpy as np
import numpy.typing as npt

import fourmu
from fourmu.archive import Archive, ArchiveIndex, ModelTable, index_rows, summary, window_numbers
from fourmu.couplings import TRIDENT_RANGE_GEV, g_minus_2_band, trident_coupling
from fourmu.io.csv_files import csv_text
from fourmu.physics.models import Model

__all__ = [
    "archive_document",
    "limits_csv",
    "limits_document",
    "limits_lmt",
    "models_document",
    "window_document",
    "window_entries",
]

Document = dict[str, Any]
FloatArray = npt.NDArray[np.float64]

_BANDS: Final = ("xsec_limit_expected_fb", "coupling_limit_expected")
_COLUMNS: Final = (
    "xsec_limit_fb",
    "xsec_limit_expected_fb",
    "coupling_limit",
    "coupling_limit_expected",
    "z_local",
    "p0",
    "poi_hat",
    "poi_hat_error",
    "efficiency",
    "efficiency_error",
    "k_factor",
    "branching_fraction",
    "width_gev",
)
_TRIDENT_MODEL: Final = "zprime"
"""The bound is on g' of L_mu - L_tau."""


def archive_document(archive: Archive) -> Document:
    """What the archive says of itself."""
    index = archive.index
    # limits of an analysis that is blind are not numbers
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):
        said = summary(index)
    return {
        **{key: _known(value) for key, value in said.items()},
        "authors": list(index.authors),
        "models": list(index.models),
        "digest": archive.digest,
        "fourmu_version": fourmu.__version__,
    }


def models_document(index: ArchiveIndex) -> list[Document]:
    """Models of the archive."""
    return [
        {
            "name": name,
            "title": table.title,
            "couplings": {
                "gV": table.couplings.vector,
                "gA": table.couplings.axial,
                "gS": table.couplings.scalar,
                "gP": table.couplings.pseudoscalar,
            },
            "coupling": table.coupling,
            "has_g_minus_2_band": _model(table).has_g_minus_2_band,
        }
        for name, table in index.models.items()
    ]


def limits_document(archive: Archive, model: str) -> Document:
    """Limits on one model in columns.

    Raises
    ------
    DomainError
        The archive has no such model.
    """
    index = archive.index
    table = index.table(model)
    band = g_minus_2_band(
        _model(table), index.mass_gev, measurement=archive.analysis.couplings.g_minus_2
    )
    return {
        "model": model,
        "title": table.title,
        "confidence_level": index.confidence_level,
        "window": list(index.name),
        "mass_gev": index.mass_gev.tolist(),
        "sigma_gev": index.sigma_gev.tolist(),
        "vetoed": index.vetoed.tolist(),
        **{name: _plain(getattr(table, name)) for name in _COLUMNS},
        "status": list(table.status),
        "message": list(table.message),
        "g_minus_2": {
            "measurement": band.measurement,
            "n_sigma": band.n_sigma,
            "coupling_low": _plain(band.coupling_low),
            "coupling_high": _plain(band.coupling_high),
            "message": band.message or None,
        },
        "trident": {"coupling": _trident(index.mass_gev)} if model == _TRIDENT_MODEL else None,
    }


def limits_csv(index: ArchiveIndex, model: str) -> str:
    """Rows of the table ``index.csv`` of one model."""
    index.table(model)
    return csv_text([row for row in index_rows(index) if row["model"] == model], bands=_BANDS)


def limits_lmt(index: ArchiveIndex, model: str) -> str:
    """Mass and coupling limit as DarkCast reads them; masses without a limit are left out."""
    limit = index.table(model).coupling_limit
    return "".join(
        f"{mass} {value}\n"
        for mass, value in zip(index.mass_gev.tolist(), limit.tolist(), strict=True)
        if np.isfinite(value)
    )


def window_entries(index: ArchiveIndex) -> list[Document]:
    """Every hypothesis of the scan in a few words."""
    edges = index.edges_gev.tolist()
    return [
        {
            "name": name,
            "mass_gev": float(index.mass_gev[place]),
            "mass_low_gev": edges[place],
            "mass_high_gev": edges[place + 1],
            "sigma_gev": float(index.sigma_gev[place]),
            "mlp_range": int(index.mlp_range[place]),
            "vetoed": bool(index.vetoed[place]),
        }
        for place, name in enumerate(index.name)
    ]


def window_document(index: ArchiveIndex, entry: Document, place: int) -> Document:
    """One hypothesis with bins and the numbers of every model.

    Parameters
    ----------
    index
        Of the archive.
    entry, place
        The hypothesis as :func:`window_entries` has it, and its place.
    """
    shared = {*entry, "window", "bins", "reduced_mass_gev"}
    return {
        **entry,
        "reduced_mass_gev": float(index.reduced_mass_gev[place]),
        "bin_low": list(index.bin_low[place]),
        "bin_high": list(index.bin_high[place]),
        "background_sha256": index.background_sha256[place],
        "models": {
            model: {
                name: value
                for name, value in window_numbers(index, entry["mass_gev"], model).items()
                if name not in shared
            }
            for model in index.models
        },
    }


def _known(value: Any) -> Any:
    """A value; None where it is a number that there is none of."""
    return None if isinstance(value, float) and not np.isfinite(value) else value


def _model(table: ModelTable) -> Model:
    return Model(name=table.name, title=table.title, couplings=table.couplings)


def _plain(values: FloatArray) -> list[Any]:
    """Numbers with None for what is not finite; bands without any number are None as a whole."""
    if values.ndim == 2:
        rows = [_plain(row) for row in values]
        return [None if all(value is None for value in row) else row for row in rows]
    finite = np.isfinite(values).tolist()
    return [value if good else None for value, good in zip(values.tolist(), finite, strict=True)]


def _trident(mass_gev: FloatArray) -> list[float | None]:
    low, high = TRIDENT_RANGE_GEV
    known = (mass_gev >= low) & (mass_gev <= high)
    values = np.full(len(mass_gev), np.nan)
    values[known] = trident_coupling(mass_gev[known])
    return _plain(values)
