"""Tables of the systematic uncertainties in a HEPData record: against mass, and their ranges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from fourmu.archive import ArchiveIndex, ModelTable
from fourmu.statmodel import TABLE_ONE_TITLES

from .columns import Axis, Column, DataTable, Qualifier
from .common import (
    cells,
    mass_axis,
    phrases_of,
    pseudo_data_note,
    qualifiers_of,
    table_of_model,
)
from .systematics import SignalUncertainties

__all__ = ["summary_table", "systematics_table"]

_TOTAL: Final = "Total"


def systematics_table(
    index: ArchiveIndex, table: ModelTable, uncertainties: SignalUncertainties
) -> DataTable:
    """Size of each source, and of all together, against mass."""
    return table_of_model(
        index,
        table,
        stem="systematics",
        title="Systematic uncertainties",
        description=f"Relative systematic uncertainties of the signal yield of {table.title} by "
        "source, as the likelihoods have them: one standard deviation, half the distance of the "
        "yields at +1 and -1. Sources are independent of each other.",
        location="windows/*: modifiers normsys of the sample signal",
        observables=("EFF",),
        axis=mass_axis(uncertainties.mass_gev),
        columns=(
            *(
                Column(
                    name=_source(source),
                    values=cells(sizes),
                    qualifiers=qualifiers_of(
                        index,
                        table,
                        Qualifier(
                            "Effect",
                            "yield and shape" if source in uncertainties.shapes else "yield",
                        ),
                    ),
                )
                for source, sizes in uncertainties.size.items()
            ),
            Column(
                name=_TOTAL,
                values=cells(uncertainties.total),
                qualifiers=qualifiers_of(index, table),
            ),
        ),
    )


def summary_table(
    index: ArchiveIndex, uncertainties: Mapping[str, SignalUncertainties]
) -> DataTable:
    """Smallest and largest size of each source over the scan, as in Table I of the paper."""
    sources = tuple(dict.fromkeys(name for found in uncertainties.values() for name in found.size))
    columns = []
    for model, found in uncertainties.items():
        sizes = [found.size.get(source, np.array([np.nan])) for source in sources]
        for word, extreme in (("Smallest", np.nanmin), ("Largest", np.nanmax)):
            columns.append(
                Column(
                    name=f"{word} relative uncertainty",
                    values=tuple(
                        float(extreme(size)) if np.isfinite(size).any() else np.nan
                        for size in (*sizes, found.total)
                    ),
                    qualifiers=qualifiers_of(index, index.models[model]),
                )
            )
    return DataTable(
        name="Systematic uncertainties, summary",
        stem="systematics_summary",
        description=f"{pseudo_data_note(index)}Relative systematic uncertainties of the signal "
        "yield by source: smallest and largest over the masses of the scan.",
        location="Archive, windows/*: modifiers normsys of the sample signal",
        observables=("EFF",),
        phrases=phrases_of(index),
        axis=Axis(name="Source", values=(*map(_source, sources), _TOTAL)),
        columns=tuple(columns),
    )


def _source(name: str) -> str:
    return TABLE_ONE_TITLES.get(name, name.replace("_", " "))
