"""What a HEPData table is: one axis, columns with qualifiers, and words about them."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Axis", "Column", "DataTable", "Qualifier"]

Cell = float | str


@dataclass(frozen=True)
class Qualifier:
    """One thing that holds for a whole column."""

    name: str
    value: Cell
    units: str = ""


@dataclass(frozen=True, kw_only=True)
class Axis:
    """The independent variable."""

    name: str
    values: tuple[Cell, ...]
    units: str = ""


@dataclass(frozen=True, kw_only=True)
class Column:
    """A dependent variable; NaN is a row without a number."""

    name: str
    values: tuple[Cell, ...]
    units: str = ""
    qualifiers: tuple[Qualifier, ...] = ()
    errors: tuple[float, ...] = ()
    """Symmetric errors, as many as values or none; NaN or 0 where a value has no error."""
    error_label: str = ""


@dataclass(frozen=True, kw_only=True)
class DataTable:
    """A table of a record."""

    name: str
    """At most 64 characters, each table its own."""
    stem: str
    """Name of its files, without suffix."""
    description: str
    location: str
    """Where the numbers stand in the archive."""
    observables: tuple[str, ...]
    phrases: tuple[str, ...]
    axis: Axis
    columns: tuple[Column, ...]
    figure: str | None = None
    """Stem of the figure that shows it."""
