"""Figures of a HEPData record with their thumbnails, drawn from the archive alone."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from matplotlib.image import imsave

from fourmu import plots
from fourmu.archive import Archive, ModelTable
from fourmu.couplings import (
    TRIDENT_RANGE_GEV,
    CouplingLimits,
    GMinus2Band,
    coupling_limits,
    g_minus_2_band,
    trident_coupling,
)
from fourmu.physics.models import Model
from fourmu.plots.style import style

__all__ = ["THUMBNAIL_WIDTH", "figure_notes", "figures", "images", "thumbnail_name"]

FloatArray = npt.NDArray[np.float64]

THUMBNAIL_WIDTH: Final = 240
"""Pixels."""
_BAND_POINTS: Final = 300
_FINER: Final = 4
_NO_SOFTWARE: Final[Any] = {"Software": None}  # equal bytes from every version


def thumbnail_name(image: str) -> str:
    """Name under which HEPData finds the thumbnail of an image."""
    return f"thumb_{image}"


def figures(archive: Archive) -> dict[str, Figure]:
    """Limits on cross sections and couplings, and significances, of each model.

    Parameters
    ----------
    archive
        The archive.

    Returns
    -------
    figures
        By the stem of the table that a figure shows.
    """
    index = archive.index
    kind = cast(plots.Kind, index.data_kind)
    rows = ~index.vetoed
    drawn = {}
    for name, table in index.models.items():
        content = plots.scan(
            model=name,
            mass_gev=index.mass_gev[rows],
            sigma_gev=index.sigma_gev[rows],
            observed=table.xsec_limit_fb[rows],
            expected=table.xsec_limit_expected_fb[rows],
            z_local=table.z_local[rows],
            confidence_level=index.confidence_level,
        )
        drawn[f"xsec_limits_{name}"] = plots.draw_cross_section_limits(
            content, kind=kind, luminosity_ifb=index.luminosity_ifb
        )
        drawn[f"coupling_limits_{name}"] = _draw_couplings(archive, table, kind)
        drawn[f"significances_{name}"] = plots.draw_significance(
            content, kind=kind, paper_largest=None
        )
    return drawn


def figure_notes(archive: Archive) -> dict[str, str]:
    """Say, by stem, what a figure shows that is not part of its table.

    Parameters
    ----------
    archive
        The archive.
    """
    notes = {}
    for name, table in archive.index.models.items():
        drawn = []
        if np.isfinite(_band(archive, table, archive.index.mass_gev).coupling_high).any():
            drawn.append("the couplings that explain the muon's (g-2), as a band or its upper edge")
        if _has_tridents(archive, table):
            drawn.append("the bound from neutrino tridents at CCFR (95% CL)")
        if drawn:
            notes[f"coupling_limits_{name}"] = (
                f"for comparison it shows {' and '.join(drawn)}: not part of the table, and no "
                "result of this record"
            )
    return notes


def images(drawn: Mapping[str, Figure]) -> dict[str, bytes]:
    """PNG of each figure and of its thumbnail, by file name; equal figures give equal bytes.

    Parameters
    ----------
    drawn
        Figures by stem.
    """
    files = {}
    for stem, figure in drawn.items():
        name = f"{stem}.png"
        files[name] = plots.rendered(figure, "png")
        files[thumbnail_name(name)] = _thumbnail(figure)
    return files


def _thumbnail(figure: Figure) -> bytes:
    """Shrink a figure: drawn several times as fine, then averaged, which keeps thin lines."""
    drawn = io.BytesIO()
    with style():
        figure.savefig(drawn, format="rgba", dpi=_FINER * THUMBNAIL_WIDTH / figure.get_figwidth())
    wide = np.frombuffer(drawn.getbuffer(), dtype=np.uint8).reshape(-1, _FINER * THUMBNAIL_WIDTH, 4)
    height = len(wide) // _FINER
    cells = wide[: height * _FINER].reshape(height, _FINER, THUMBNAIL_WIDTH, _FINER, 4)
    buffer = io.BytesIO()
    small = np.rint(cells.mean(axis=(1, 3))).astype(np.uint8)
    imsave(buffer, small, format="png", metadata=_NO_SOFTWARE)
    return buffer.getvalue()


def _draw_couplings(archive: Archive, table: ModelTable, kind: plots.Kind) -> Figure:
    """Coupling limits with the (g-2) band and, for the Z', neutrino tridents."""
    index = archive.index
    mass = index.mass_gev[~index.vetoed]
    grid = np.geomspace(mass[0], mass[-1], _BAND_POINTS)
    trident = None
    if _has_tridents(archive, table):
        low, high = TRIDENT_RANGE_GEV
        known = grid[(grid >= low) & (grid <= high)]
        trident = (known, trident_coupling(known))
    return plots.draw_coupling_limits(
        plots.coupling_scan(_limits_of(archive, table), confidence_level=index.confidence_level),
        kind=kind,
        luminosity_ifb=index.luminosity_ifb,
        band=_band(archive, table, grid),
        trident=trident,
    )


def _band(archive: Archive, table: ModelTable, mass_gev: FloatArray) -> GMinus2Band:
    """Couplings that explain (g-2), by the measurement of the configuration."""
    measurement = archive.analysis.couplings.g_minus_2
    return g_minus_2_band(_model(table), mass_gev, measurement=measurement)


def _has_tridents(archive: Archive, table: ModelTable) -> bool:
    """Whether the bound from neutrino tridents is drawn: it is one on the Z'."""
    return table.name == "zprime" and archive.analysis.couplings.trident


def _limits_of(archive: Archive, table: ModelTable) -> CouplingLimits:
    """Coupling limits of the index as the figure takes them."""
    index = archive.index
    rows = ~index.vetoed
    names = [name for name, row in zip(index.name, rows, strict=True) if row]
    found = coupling_limits(
        model=_model(table),
        table=archive.cross_sections(table.name),
        section=archive.analysis.couplings,
        window=names,
        mass_gev=index.mass_gev[rows],
        sigma_gev=index.sigma_gev[rows],
        xsec_limit_fb=table.xsec_limit_fb[rows],
        xsec_limit_expected_fb=table.xsec_limit_expected_fb[rows],
        status=["ok"] * len(names),
        message=[""] * len(names),
        sqrt_s_gev=index.sqrt_s_gev,
    )
    # the index knows the other decays of X, and what the chain said of the width
    return replace(
        found,
        coupling_limit=table.coupling_limit[rows],
        coupling_limit_expected=table.coupling_limit_expected[rows],
        status=tuple(entry for entry, row in zip(table.status, rows, strict=True) if row),
    )


def _model(table: ModelTable) -> Model:
    return Model(name=table.name, title=table.title, couplings=table.couplings)
