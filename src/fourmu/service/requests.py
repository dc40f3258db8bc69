"""What can be asked for: parameters of addresses, and bodies."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = [
    "MOST_EVENTS",
    "MOST_MASSES",
    "CouplingsRequest",
    "DownloadQuery",
    "ModelQuery",
    "OptionalModelQuery",
    "TableRequest",
    "WindowsQuery",
    "example_table",
]

MOST_MASSES: Final = 5000
"""Rows of a table; the whole scan has two thousand windows."""
MOST_EVENTS: Final = 40_000
"""Per mass that is simulated: statistical errors of the efficiencies are then below a percent."""

Name = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.-]+$")]
Mass = Annotated[float, Field(gt=0.0, le=1000.0)]
Xsec = Annotated[float, Field(ge=0.0, le=1e30)]
Fraction = Annotated[float, Field(gt=0.0, le=1.0)]
Coupling = Annotated[float, Field(ge=-100.0, le=100.0)]
Factor = Annotated[float, Field(ge=1e-12, le=1e6)]
Masses = Annotated[list[Mass], Field(min_length=1, max_length=MOST_MASSES, fail_fast=True)]
Xsecs = Annotated[list[Xsec], Field(min_length=1, max_length=MOST_MASSES, fail_fast=True)]
Fractions = Annotated[list[Fraction], Field(min_length=1, max_length=MOST_MASSES, fail_fast=True)]

_SMALLEST: Final = 1e-6  # of couplings, whose squares are divided by

example_table: Final[dict[str, Any]] = {
    "mass_gev": [1.0, 3.0, 5.0],
    "xsec_br_fb": [0.2, 0.1, 0.05],
    "efficiency_from": "zprime",
    "coupling": 0.001,
    "level": "born",
}
"""A table as it is posted."""


class Request(BaseModel):
    """What requests have in common: unknown keys, NaN and values of another type are refused."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        strict=True,
        use_attribute_docstrings=True,
    )


class Query(BaseModel):
    """Parameters after the question mark; unknown ones are refused."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True
    )


class WindowsQuery(Query):
    """Which windows."""

    mass: Annotated[float | None, Field(gt=0.0, le=1000.0, examples=[3.0])] = None
    """Mass in GeV: the nearest window alone."""


class DownloadQuery(Query):
    """How a file is answered."""

    download: Annotated[Literal["0", "1"], Field(examples=["1"])] = "0"
    """1 makes browsers save it."""


class ModelQuery(Query):
    """Which model."""

    model: Annotated[Name, Field(examples=["zprime"])]
    """Name of a model of the archive."""


class OptionalModelQuery(ModelQuery, DownloadQuery):
    """Which model, and how a file is answered."""


class TableRequest(Request):
    """Cross sections of a model against mass, and the model whose efficiency is taken.

    The cross sections are `xsec_br_fb`, or `xsec_fb` and `br`; lists are as long as `mass_gev`.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [example_table]})

    mass_gev: Masses
    """Masses of X in GeV, none twice; a row each."""
    xsec_br_fb: Xsecs | None = None
    """Cross sections of production times the branching fraction to two muons, fb."""
    xsec_fb: Xsecs | None = None
    """Cross sections of production, fb; needs `br`."""
    br: Fractions | Fraction | None = None
    """Branching fraction to two muons, one for all masses or one for each."""
    efficiency_from: Name
    """Model of the archive whose efficiency, shape and K are taken."""
    coupling: Factor = 1.0
    """Coupling at which the table was computed; cross sections go with its square."""
    level: Literal["born", "isr"] = "born"
    """Level of the cross sections; Born is multiplied by K."""
    every_window: bool = False
    """Interpolate at all windows within the table, in ln(sigma) against ln(mass); a row each."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.xsec_br_fb is None) == (self.xsec_fb is None):
            raise ValueError("one of xsec_br_fb and xsec_fb is needed")
        if (self.xsec_fb is None) != (self.br is None):
            raise ValueError("br belongs to xsec_fb: both or neither")
        for name in ("xsec_br_fb", "xsec_fb", "br"):
            column = getattr(self, name)
            if isinstance(column, list) and len(column) != len(self.mass_gev):
                raise ValueError(
                    f"{name} has another length than mass_gev "
                    f"({len(column)}, expected {len(self.mass_gev)})"
                )
        if len(set(self.mass_gev)) < len(self.mass_gev):
            raise ValueError("a mass stands twice in mass_gev")
        return self


class CouplingsRequest(Request):
    """Couplings of X to muons: gV and gA of spin 1, or gS and gP of spin 0."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"gP": 1.0, "coupling": 1.0, "br": None, "events": 20000}]}
    )

    gV: Coupling = 0.0  # noqa: N815  as everywhere
    """Vector."""
    gA: Coupling = 0.0  # noqa: N815  as everywhere
    """Axial vector."""
    gS: Coupling = 0.0  # noqa: N815  as everywhere
    """Scalar."""
    gP: Coupling = 0.0  # noqa: N815  as everywhere
    """Pseudoscalar."""
    coupling: Factor = 1.0
    """Value of the common factor at which the couplings are given."""
    br: Fraction | Name | None = None
    """Branching fraction to two muons: a number, or the model whose one is taken. Without it X
    decays to muons only, and with spin 0 to photons through their loop."""
    mass_gev: Masses | None = None
    """Masses of the rows in GeV; every hypothesis of the scan without it."""
    events: Annotated[int, Field(ge=1000, le=MOST_EVENTS)] = MOST_EVENTS
    """Events at each mass that is simulated."""

    @model_validator(mode="after")
    def _is_one_particle(self) -> Self:
        spin_one = any((self.gV, self.gA))
        spin_zero = any((self.gS, self.gP))
        if spin_one == spin_zero:
            raise ValueError("couplings of one particle are needed: of gV, gA or of gS, gP")
        if max(map(abs, (self.gV, self.gA, self.gS, self.gP))) < _SMALLEST:
            raise ValueError(f"a coupling of {_SMALLEST:g} or more is needed")
        if self.mass_gev is not None and len(set(self.mass_gev)) < len(self.mass_gev):
            raise ValueError("a mass stands twice in mass_gev")
        return self
