"""The tables of a HEPData record, out of the index of an archive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from fourmu.archive import ArchiveIndex, ModelTable

from .columns import Column, DataTable, Qualifier
from .common import (
    cells,
    fitted_mass_axis,
    mass_axis,
    phrases_of,
    pseudo_data_note,
    qualifiers_of,
    qualifiers_of_all,
    table_of_model,
)
from .systematics import SignalUncertainties
from .systematics_tables import summary_table, systematics_table

__all__ = ["data_tables"]

FloatArray = npt.NDArray[np.float64]

_XSEC: Final = r"$\sigma(e^+e^-\to\mu^+\mu^-X)\times\mathcal{B}(X\to\mu^+\mu^-)$"
_LEVELS: Final = (
    r"Expected, $-2\sigma$",
    r"Expected, $-1\sigma$",
    "Expected, median",
    r"Expected, $+1\sigma$",
    r"Expected, $+2\sigma$",
)
_STATUS: Final = (
    "The column of the status is about the limits of the mass: ok, or width_not_negligible where "
    "the width of X at its coupling limit is not negligible beside the resolution, so that the "
    "narrow-signal template is optimistic; anything else says why a fit has no limit"
)
_COUPLINGS: Final = {"zprime": "$g'$", "scalar": "$g_S$"}
"""As the literature calls them; other models have names of their own."""


def data_tables(
    index: ArchiveIndex, uncertainties: Mapping[str, SignalUncertainties]
) -> list[DataTable]:
    """All tables, model by model; those of fits leave out vetoed masses.

    Parameters
    ----------
    index
        Index of the archive.
    uncertainties
        Systematic uncertainties by model.
    """
    tables = []
    for model, table in index.models.items():
        tables += [
            _cross_section_limits(index, table),
            _coupling_limits(index, table),
            _significances(index, table),
            _best_fits(index, table),
            _efficiencies(index, table),
            _cross_sections(index, table),
            systematics_table(index, table, uncertainties[model]),
        ]
    return [*tables, summary_table(index, uncertainties), _windows(index)]


def _cross_section_limits(index: ArchiveIndex, table: ModelTable) -> DataTable:
    return table_of_model(
        index,
        table,
        stem="xsec_limits",
        title="Cross-section limits",
        description=f"Upper limits (CLs, {100 * index.confidence_level:.4g}% CL) on the cross "
        f"section, with initial-state radiation, times the branching fraction, {_XSEC}, of "
        f"{table.title}, and the limits expected without a signal. {_STATUS}.",
        location="xsec_limit_fb, xsec_limit_expected_fb",
        observables=("SIG", "CLS"),
        axis=fitted_mass_axis(index),
        columns=_limit_columns(
            index,
            table,
            f"Upper limit on {_XSEC}",
            "fb",
            table.xsec_limit_fb,
            table.xsec_limit_expected_fb,
        ),
        has_figure=True,
    )


def _coupling_limits(index: ArchiveIndex, table: ModelTable) -> DataTable:
    coupling = f"coupling {_COUPLINGS.get(table.name, '')}".rstrip()
    return table_of_model(
        index,
        table,
        stem="coupling_limits",
        title="Coupling limits",
        description=f"Upper limits (CLs, {100 * index.confidence_level:.4g}% CL) on the {coupling} "
        f"of {table.title}, the common factor of its couplings to muons ({_couplings(table)} at "
        f"coupling 1), and the limits expected without a signal. {_STATUS}.",
        location="coupling_limit, coupling_limit_expected",
        observables=("CLS",),
        axis=fitted_mass_axis(index),
        columns=_limit_columns(
            index,
            table,
            f"Upper limit on the {coupling}",
            "",
            table.coupling_limit,
            table.coupling_limit_expected,
        ),
        has_figure=True,
    )


def _significances(index: ArchiveIndex, table: ModelTable) -> DataTable:
    rows = ~index.vetoed
    qualifiers = qualifiers_of(index, table)
    return table_of_model(
        index,
        table,
        stem="significances",
        title="Local significances",
        description=f"Local p-value of the background-only hypothesis against a signal of "
        f"{table.title} (asymptotic, one-sided), and the local significance in standard deviations."
        f" Neither accounts for the number of masses that were looked at. {_STATUS}.",
        location="p0, z_local",
        observables=("P-VALUE",),
        axis=fitted_mass_axis(index),
        columns=(
            Column(name="Local p-value", values=cells(table.p0[rows]), qualifiers=qualifiers),
            Column(
                name="Local significance",
                values=cells(table.z_local[rows]),
                qualifiers=qualifiers,
            ),
            _status(index, table),
        ),
        has_figure=True,
    )


def _best_fits(index: ArchiveIndex, table: ModelTable) -> DataTable:
    rows = ~index.vetoed
    return table_of_model(
        index,
        table,
        stem="best_fits",
        title="Best-fit cross sections",
        description=f"Best fit of the cross section, with initial-state radiation, times the "
        f"branching fraction, {_XSEC}, of {table.title}. The error is that of the fit, statistical "
        f"and systematic; a best fit at a boundary has none. {_STATUS}.",
        location="poi_hat, poi_hat_error",
        observables=("SIG",),
        axis=fitted_mass_axis(index),
        columns=(
            Column(
                name=f"Best fit of {_XSEC}",
                units="fb",
                values=cells(table.poi_hat[rows]),
                errors=cells(table.poi_hat_error[rows]),
                error_label="stat+sys",
                qualifiers=qualifiers_of(index, table),
            ),
            _status(index, table),
        ),
    )


def _efficiencies(index: ArchiveIndex, table: ModelTable) -> DataTable:
    def column(radiation: str, values: FloatArray, errors: FloatArray) -> Column:
        return Column(
            name="Signal efficiency",
            values=cells(values),
            errors=cells(errors),
            error_label="stat",
            qualifiers=qualifiers_of(index, table, Qualifier("Initial-state radiation", radiation)),
        )

    return table_of_model(
        index,
        table,
        stem="efficiencies",
        title="Efficiencies",
        description=f"Efficiency of the whole selection for {table.title}, acceptance, trigger and "
        "networks included, for events with initial-state radiation (as in the likelihoods, divided"
        " by the share of the signal shape that the network of the window sees) and without it. "
        "Vetoed masses are included. Systematic uncertainties have a table of their own.",
        location="efficiency, efficiency_error, efficiency_no_isr, efficiency_no_isr_error",
        observables=("EFF",),
        axis=mass_axis(index.mass_gev),
        columns=(
            column("with", table.efficiency, table.efficiency_error),
            column("without", table.efficiency_no_isr, table.efficiency_no_isr_error),
        ),
    )


def _cross_sections(index: ArchiveIndex, table: ModelTable) -> DataTable:
    at = Qualifier("Coupling", table.coupling)

    def column(name: str, units: str, values: FloatArray, errors: FloatArray | None) -> Column:
        return Column(
            name=name,
            units=units,
            values=cells(values),
            errors=() if errors is None else cells(errors),
            error_label="integration",
            qualifiers=qualifiers_of(index, table, at),
        )

    sigma = r"\sigma(e^+e^-\to\mu^+\mu^-X)"
    return table_of_model(
        index,
        table,
        stem="cross_sections",
        title="Predicted cross sections",
        description=f"Production cross section of {table.title} at coupling {table.coupling:g}, "
        "without branching fraction, at Born level and with initial-state radiation, their ratio K,"
        " and the branching fraction to two muons: with these a limit on the cross section becomes "
        "one on the coupling, whose square the cross sections go with.",
        location="xsec_born_fb, xsec_isr_fb, k_factor, branching_fraction",
        observables=("SIG", "BR"),
        axis=mass_axis(index.mass_gev),
        columns=(
            column(rf"${sigma}$, Born level", "fb", table.xsec_born_fb, table.xsec_born_error_fb),
            column(
                rf"${sigma}$, with initial-state radiation",
                "fb",
                table.xsec_isr_fb,
                table.xsec_isr_error_fb,
            ),
            column("K", "", table.k_factor, table.k_factor_error),
            column(r"$\mathcal{B}(X\to\mu^+\mu^-)$", "", table.branching_fraction, None),
        ),
    )


def _windows(index: ArchiveIndex) -> DataTable:
    """Which likelihood of the archive belongs to which mass."""
    rows, qualifiers = ~index.vetoed, qualifiers_of_all(index)
    names = tuple(name for name, row in zip(index.name, rows, strict=True) if row)
    return DataTable(
        name="Windows",
        stem="windows",
        description=f"{pseudo_data_note(index)}The likelihood of each mass in the archive (folder "
        "windows/), the reduced dimuon mass that its window is centred at, its resolution, and the "
        "range of the networks.",
        location="Archive, index.json: reduced_mass_gev, sigma_gev, mlp_range, name",
        observables=("M",),
        phrases=phrases_of(index),
        axis=fitted_mass_axis(index),
        columns=(
            Column(
                name="$M_R$",
                units="GeV",
                values=cells(index.reduced_mass_gev[rows]),
                qualifiers=qualifiers,
            ),
            Column(
                name=r"$\sigma(M_R)$",
                units="GeV",
                values=cells(index.sigma_gev[rows]),
                qualifiers=qualifiers,
            ),
            Column(
                name="Range of the networks",
                values=tuple(float(value) for value in index.mlp_range[rows]),
                qualifiers=qualifiers,
            ),
            Column(name="Likelihood", values=names, qualifiers=qualifiers),
        ),
    )


def _limit_columns(
    index: ArchiveIndex,
    table: ModelTable,
    name: str,
    units: str,
    observed: FloatArray,
    expected: FloatArray,
) -> tuple[Column, ...]:
    """Observed limit, the five of the band, and the status."""
    rows = ~index.vetoed
    level = Qualifier("Confidence level", index.confidence_level)
    return (
        *(
            Column(
                name=name,
                units=units,
                values=cells(values),
                qualifiers=qualifiers_of(index, table, level, Qualifier("Limit", which)),
            )
            for which, values in zip(
                ("Observed", *_LEVELS), (observed[rows], *expected[rows].T), strict=True
            )
        ),
        _status(index, table),
    )


def _status(index: ArchiveIndex, table: ModelTable) -> Column:
    return Column(
        name="Status",
        values=tuple(
            status for status, vetoed in zip(table.status, index.vetoed, strict=True) if not vetoed
        ),
        qualifiers=qualifiers_of(index, table),
    )


def _couplings(table: ModelTable) -> str:
    found = table.couplings
    every = {
        "gV": found.vector,
        "gA": found.axial,
        "gS": found.scalar,
        "gP": found.pseudoscalar,
    }
    return ", ".join(f"{name} = {value:g}" for name, value in every.items() if value != 0.0)
