"""The index of an archive: every hypothesis of the scan with the numbers of every model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from fourmu.errors import DomainError, InputError
from fourmu.physics.constants import MUON_MASS_GEV
from fourmu.physics.models import Couplings

if TYPE_CHECKING:  # a name in annotations; a table of limits needs none of what it imports
    from fourmu.templates import Window

__all__ = [
    "BAND_COLUMNS",
    "COLUMNS",
    "SCHEMA_VERSION",
    "ArchiveIndex",
    "ModelTable",
    "index_document",
    "index_from_document",
    "index_rows",
    "mass_edges_gev",
    "summary",
    "window_numbers",
]

FloatArray = npt.NDArray[np.float64]

SCHEMA_VERSION: Final = "1.0.0"
"""Of the archives that this version writes; the first number changes with what readers need."""

COLUMNS: Final = (
    "efficiency",
    "efficiency_error",
    "efficiency_no_isr",
    "efficiency_no_isr_error",
    "xsec_born_fb",
    "xsec_born_error_fb",
    "xsec_isr_fb",
    "xsec_isr_error_fb",
    "k_factor",
    "k_factor_error",
    "branching_fraction",
    "width_gev",
    "poi_hat",
    "poi_hat_error",
    "z_local",
    "p0",
    "xsec_limit_fb",
    "coupling_limit",
)
"""Numbers of one model in one window, in the order of the files."""
BAND_COLUMNS: Final = ("xsec_limit_expected_fb", "coupling_limit_expected")
"""Those with five values, -2 ... +2 standard deviations."""


_WINDOW_COLUMNS: Final[dict[str, npt.DTypeLike]] = {
    "mass_gev": np.float64,
    "reduced_mass_gev": np.float64,
    "sigma_gev": np.float64,
    "mlp_range": np.int64,
    "vetoed": np.bool_,
}


@dataclass(frozen=True, kw_only=True)
class ModelTable:
    """Numbers of one model in all (n,) windows of an archive; NaN where there is none.

    Cross sections are those of production at ``coupling``, without branching fraction.
    """

    name: str
    title: str
    couplings: Couplings
    """Of X to muons at coupling 1."""
    coupling: float
    """Reference coupling of cross sections and width."""
    efficiency: FloatArray
    """With ISR, as in the templates: divided by the share of the shape that the network sees."""
    efficiency_error: FloatArray
    """Statistical."""
    efficiency_no_isr: FloatArray
    efficiency_no_isr_error: FloatArray
    xsec_born_fb: FloatArray
    xsec_born_error_fb: FloatArray
    xsec_isr_fb: FloatArray
    xsec_isr_error_fb: FloatArray
    k_factor: FloatArray
    """sigma_ISR / sigma_Born."""
    k_factor_error: FloatArray
    branching_fraction: FloatArray
    """To two muons."""
    width_gev: FloatArray
    """Total width."""
    poi_hat: FloatArray
    """Best fit of sigma_ISR x BR, fb."""
    poi_hat_error: FloatArray
    z_local: FloatArray
    p0: FloatArray
    xsec_limit_fb: FloatArray
    """On sigma_ISR x BR."""
    xsec_limit_expected_fb: FloatArray
    """(n, 5)."""
    coupling_limit: FloatArray
    coupling_limit_expected: FloatArray
    """(n, 5)."""
    workspace_sha256: tuple[str | None, ...]
    """Of the canonical JSON of background-only workspace and patch together."""
    status: tuple[str, ...]
    """``ok``, ``width_not_negligible``, ``vetoed``, or that of a fit without limit."""
    message: tuple[str | None, ...]


@dataclass(frozen=True, kw_only=True)
class ArchiveIndex:
    """What an archive says of itself, its windows and its models."""

    title: str
    data_kind: str
    """``pseudo-data`` or ``data``."""
    licence: str
    authors: tuple[str, ...]
    citation: str
    doi: str | None
    hepdata: str | None
    sqrt_s_gev: float
    luminosity_ifb: float
    poi: str
    confidence_level: float
    provenance: Mapping[str, Any]
    name: tuple[str, ...]
    """(n,) of the windows, in order of mass, vetoed ones included."""
    mass_gev: FloatArray
    reduced_mass_gev: FloatArray
    sigma_gev: FloatArray
    """(n,) resolution of M_R."""
    mlp_range: npt.NDArray[np.int64]
    vetoed: npt.NDArray[np.bool_]
    """(n,) hypotheses inside a veto, which have no likelihood."""
    bin_low: tuple[Sequence[float], ...]
    """(n,) lower edges of the bins in M_R, GeV; a veto leaves gaps."""
    bin_high: tuple[Sequence[float], ...]
    background_sha256: tuple[str | None, ...]
    """Per window, pyhf's digest of the background-only workspace."""
    models: Mapping[str, ModelTable]

    def __len__(self) -> int:
        """Return the number of hypotheses."""
        return len(self.name)

    @cached_property
    def windows(self) -> tuple[Window, ...]:
        """The windows as the templates know them."""
        from fourmu.templates import Window  # noqa: PLC0415  see above

        return tuple(
            Window(
                name=name,
                index=place,
                mass_gev=float(self.mass_gev[place]),
                reduced_mass_gev=float(self.reduced_mass_gev[place]),
                sigma_gev=float(self.sigma_gev[place]),
                mlp_range=int(self.mlp_range[place]),
                bin_low=np.array(self.bin_low[place], dtype=np.float64),
                bin_high=np.array(self.bin_high[place], dtype=np.float64),
                vetoed=bool(self.vetoed[place]),
            )
            for place, name in enumerate(self.name)
        )

    @property
    def edges_gev(self) -> FloatArray:
        """(n + 1,) masses between which each window is the nearest, without gaps."""
        return mass_edges_gev(self.mass_gev)

    def nearest(self, mass_gev: FloatArray) -> npt.NDArray[np.int64]:
        """Place of the nearest window for masses (k,), -1 outside the scan."""
        mass, edges = np.asarray(mass_gev, dtype=np.float64), self.edges_gev
        place = np.clip(np.searchsorted(edges, mass, side="right") - 1, 0, len(self) - 1)
        inside = (mass >= edges[0]) & (mass <= edges[-1])
        return np.where(inside, place, -1).astype(np.int64)

    def table(self, model: str) -> ModelTable:
        """Numbers of a model.

        Raises
        ------
        DomainError
            The archive does not have it.
        """
        if model not in self.models:
            raise DomainError(
                "the archive has no such model", found=model, expected=" or ".join(self.models)
            )
        return self.models[model]


def mass_edges_gev(mass_gev: FloatArray) -> FloatArray:
    """Middles between masses (n,), and a step beyond both ends: (n + 1,), without gaps.

    A step is one sigma(M_R): the scan ends with the last hypothesis below the end of its range,
    which belongs to it. The first edge is never below the threshold of the decay to two muons.
    """
    mass = np.asarray(mass_gev, dtype=np.float64)
    if len(mass) < 2:
        return np.concatenate([mass, mass])
    middle = 0.5 * (mass[1:] + mass[:-1])
    first, last = 2.0 * mass[0] - mass[1], 2.0 * mass[-1] - mass[-2]
    return np.concatenate([[max(first, 2.0 * MUON_MASS_GEV)], middle, [last]])


def index_document(index: ArchiveIndex) -> dict[str, Any]:
    """Content of ``index.json``: plain values, null where there is no number."""
    edges = index.edges_gev
    return {
        "schema_version": SCHEMA_VERSION,
        "title": index.title,
        "data_kind": index.data_kind,
        "licence": index.licence,
        "authors": list(index.authors),
        "citation": index.citation,
        "doi": index.doi,
        "hepdata": index.hepdata,
        "sqrt_s_gev": index.sqrt_s_gev,
        "luminosity_ifb": index.luminosity_ifb,
        "poi": index.poi,
        "xsec_level": "isr",
        "confidence_level": index.confidence_level,
        "models": {
            name: {
                "title": table.title,
                "couplings": {
                    "gV": table.couplings.vector,
                    "gA": table.couplings.axial,
                    "gS": table.couplings.scalar,
                    "gP": table.couplings.pseudoscalar,
                },
                "coupling": table.coupling,
            }
            for name, table in index.models.items()
        },
        "provenance": dict(index.provenance),
        "windows": [
            {
                "name": name,
                "mass_gev": float(index.mass_gev[place]),
                "mass_low_gev": float(edges[place]),
                "mass_high_gev": float(edges[place + 1]),
                "reduced_mass_gev": float(index.reduced_mass_gev[place]),
                "sigma_gev": float(index.sigma_gev[place]),
                "mlp_range": int(index.mlp_range[place]),
                "vetoed": bool(index.vetoed[place]),
                "bin_low": list(index.bin_low[place]),
                "bin_high": list(index.bin_high[place]),
                "background_sha256": index.background_sha256[place],
                "models": {
                    model: _model_numbers(table, place) for model, table in index.models.items()
                },
            }
            for place, name in enumerate(index.name)
        ],
    }


def _model_numbers(table: ModelTable, place: int) -> dict[str, Any]:
    numbers: dict[str, Any] = {name: _plain(getattr(table, name)[place]) for name in COLUMNS}
    for name in BAND_COLUMNS:
        band = [_plain(value) for value in getattr(table, name)[place]]
        numbers[name] = None if all(value is None for value in band) else band
    return {
        **numbers,
        "workspace_sha256": table.workspace_sha256[place],
        "status": table.status[place],
        "message": table.message[place],
    }


def _plain(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def index_from_document(document: Mapping[str, Any], where: str) -> ArchiveIndex:
    """Read what :func:`index_document` wrote.

    Raises
    ------
    InputError
        It is of another schema version, or something else.
    """
    version = document.get("schema_version")
    if not isinstance(version, str) or version.split(".")[0] != SCHEMA_VERSION.split(".")[0]:
        raise InputError(
            "the archive is of another schema version",
            where=where,
            key="schema_version",
            found=version,
            expected=f"{SCHEMA_VERSION.split('.')[0]}.x.y",
        )
    if document.get("windows") == []:
        raise InputError("the archive has no windows", where=where, key="windows")
    try:
        windows = document["windows"]
        head = (
            *("title", "data_kind", "licence", "citation", "doi", "hepdata", "sqrt_s_gev"),
            *("luminosity_ifb", "poi", "confidence_level", "provenance"),
        )
        plain: dict[str, Any] = {name: document[name] for name in head}
        plain |= {
            key: np.array([window[key] for window in windows], dtype=kind)
            for key, kind in _WINDOW_COLUMNS.items()
        }
        return ArchiveIndex(
            **plain,
            authors=tuple(document["authors"]),
            name=tuple(window["name"] for window in windows),
            bin_low=tuple(window["bin_low"] for window in windows),
            bin_high=tuple(window["bin_high"] for window in windows),
            background_sha256=tuple(window["background_sha256"] for window in windows),
            models={
                name: _model_table(name, head, [window["models"][name] for window in windows])
                for name, head in document["models"].items()
            },
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise InputError(f"not the index of an archive: {error!r}", where=where) from error


def _model_table(
    name: str, head: Mapping[str, Any], entries: Sequence[Mapping[str, Any]]
) -> ModelTable:
    couplings = head["couplings"]
    numbers = {
        column: np.array([entry[column] for entry in entries], dtype=np.float64)
        for column in COLUMNS
    }
    bands = {
        column: np.array([entry[column] or [None] * 5 for entry in entries], dtype=np.float64)
        for column in BAND_COLUMNS
    }
    return ModelTable(
        name=name,
        title=head["title"],
        couplings=Couplings(
            vector=couplings["gV"],
            axial=couplings["gA"],
            scalar=couplings["gS"],
            pseudoscalar=couplings["gP"],
        ),
        coupling=float(head["coupling"]),
        workspace_sha256=tuple(entry["workspace_sha256"] for entry in entries),
        status=tuple(entry["status"] for entry in entries),
        message=tuple(entry["message"] for entry in entries),
        **numbers,
        **bands,
    )


def index_rows(index: ArchiveIndex) -> list[dict[str, Any]]:
    """Rows of ``index.csv``: one per window and model."""
    edges = index.edges_gev
    return [
        {
            "window": window,
            "model": name,
            "mass_gev": float(index.mass_gev[place]),
            "mass_low_gev": float(edges[place]),
            "mass_high_gev": float(edges[place + 1]),
            "reduced_mass_gev": float(index.reduced_mass_gev[place]),
            "sigma_gev": float(index.sigma_gev[place]),
            "mlp_range": int(index.mlp_range[place]),
            "vetoed": int(index.vetoed[place]),
            "bins": len(index.bin_low[place]),
            "first_bin_low_gev": index.bin_low[place][0] if index.bin_low[place] else None,
            "last_bin_high_gev": index.bin_high[place][-1] if index.bin_high[place] else None,
            **_model_numbers(table, place),
        }
        for place, window in enumerate(index.name)
        for name, table in index.models.items()
    ]


def summary(index: ArchiveIndex) -> dict[str, Any]:
    """What an archive holds, in a few plain values."""
    mass = index.mass_gev
    return {
        "title": index.title,
        "data_kind": index.data_kind,
        "schema_version": SCHEMA_VERSION,
        "licence": index.licence,
        "citation": index.citation,
        "doi": index.doi,
        "hepdata": index.hepdata,
        "luminosity_ifb": index.luminosity_ifb,
        "sqrt_s_gev": index.sqrt_s_gev,
        "confidence_level": index.confidence_level,
        "windows": len(mass),
        "vetoed": int(index.vetoed.sum()),
        "mass_min_gev": float(mass[0]),
        "mass_max_gev": float(mass[-1]),
        **{
            f"{name}_{what}": value
            for name, table in index.models.items()
            for what, value in (
                ("title", table.title),
                ("xsec_limit_min_fb", _extreme(table.xsec_limit_fb, np.min)),
                ("xsec_limit_max_fb", _extreme(table.xsec_limit_fb, np.max)),
            )
        },
    }


def _extreme(values: FloatArray, of: Callable[[FloatArray], Any]) -> float | None:
    """Smallest or largest of the numbers; None if there is none."""
    known = values[np.isfinite(values)]
    return float(of(known)) if len(known) else None


def window_numbers(index: ArchiveIndex, mass_gev: float, model: str) -> dict[str, Any]:
    """Everything about the window nearest to a mass, for one model.

    Raises
    ------
    DomainError
        The mass is outside the scan, or there is no such model.
    """
    table = index.table(model)
    place = int(index.nearest(np.array([mass_gev]))[0])
    if place < 0:
        edges = index.edges_gev
        raise DomainError(
            "the mass is outside the scan",
            key="--mass",
            found=mass_gev,
            expected=f"{edges[0]:.4f} to {edges[-1]:.4f} GeV",
        )
    return {
        "window": index.name[place],
        "mass_gev": float(index.mass_gev[place]),
        "reduced_mass_gev": float(index.reduced_mass_gev[place]),
        "sigma_gev": float(index.sigma_gev[place]),
        "mlp_range": int(index.mlp_range[place]),
        "bins": len(index.bin_low[place]),
        **_model_numbers(table, place),
    }
