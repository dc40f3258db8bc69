"""What tables of a HEPData record have in common: axes, qualifiers, phrases, names."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from fourmu.archive import ArchiveIndex, ModelTable

from .columns import Axis, Column, DataTable, Qualifier

__all__ = [
    "REACTION",
    "cells",
    "fitted_mass_axis",
    "mass_axis",
    "phrases_of",
    "pseudo_data_note",
    "qualifiers_of",
    "qualifiers_of_all",
    "table_of_model",
]

FloatArray = npt.NDArray[np.float64]

REACTION: Final = "E+ E- --> MU+ MU- MU+ MU-"
"""In the words of HEPData, whose X would be anything."""


def pseudo_data_note(index: ArchiveIndex) -> str:
    """Say that pseudo-data are no data; nothing where an archive has data."""
    if index.data_kind != "pseudo-data":
        return ""
    return "PSEUDO-DATA from a simulation; no Belle II data are in this record. "


def table_of_model(
    index: ArchiveIndex,
    table: ModelTable,
    *,
    stem: str,
    title: str,
    description: str,
    location: str,
    observables: tuple[str, ...],
    axis: Axis,
    columns: tuple[Column, ...],
    has_figure: bool = False,
) -> DataTable:
    """Give a table of one model its names, and say what its data are."""
    stem = f"{stem}_{table.name}"
    where = "Archive, " if location.startswith("windows") else "Archive, index.json: "
    return DataTable(
        name=f"{title} ({table.name})",
        stem=stem,
        description=pseudo_data_note(index) + description,
        location=where + location,
        observables=observables,
        phrases=(*phrases_of(index), table.title),
        axis=axis,
        columns=columns,
        figure=stem if has_figure else None,
    )


def qualifiers_of(
    index: ArchiveIndex, table: ModelTable, *more: Qualifier
) -> tuple[Qualifier, ...]:
    """What holds for every column of a model, and more."""
    return (*qualifiers_of_all(index), Qualifier("Model", table.title), *more)


def qualifiers_of_all(index: ArchiveIndex) -> tuple[Qualifier, ...]:
    """What holds for every column of the record."""
    return (
        Qualifier("RE", REACTION),
        Qualifier("SQRT(S)", index.sqrt_s_gev, "GeV"),
        Qualifier("Luminosity", index.luminosity_ifb, "fb$^{-1}$"),
        Qualifier("Data", index.data_kind),
    )


def phrases_of(index: ArchiveIndex) -> tuple[str, ...]:
    """Search phrases of every table."""
    return ("Exclusive", "E+ E- Scattering", "Search", "Dimuon resonance", index.data_kind)


def fitted_mass_axis(index: ArchiveIndex) -> Axis:
    """Masses that are not vetoed."""
    return mass_axis(index.mass_gev[~index.vetoed])


def mass_axis(mass_gev: FloatArray) -> Axis:
    """Masses in GeV as the independent variable."""
    return Axis(name="$m_X$", units="GeV", values=cells(mass_gev))


def cells(values: FloatArray) -> tuple[float, ...]:
    """Plain floats of a column."""
    return tuple(np.asarray(values, dtype=np.float64).tolist())
