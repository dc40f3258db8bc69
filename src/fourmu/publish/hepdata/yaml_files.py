"""Tables and record in the YAML of HEPData, every number with all its digits.

A float is written as the shortest text that reads back to it, so nothing is rounded. What has no
number is ``-``, without errors, and an error of zero is left out: HEPData refuses both otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, Final

import yaml

from .columns import Cell, Column, DataTable, Qualifier

__all__ = ["MISSING", "documents_yaml", "table_yaml"]

MISSING: Final = "-"
"""Stands where a row has no number."""

_WIDTH: Final = 100


def table_yaml(table: DataTable) -> bytes:
    """Content of the data file of a table."""
    axis = table.axis
    return _dumped(
        [
            {
                "independent_variables": [
                    {
                        "header": _header(axis.name, axis.units),
                        "values": [{"value": value} for value in axis.values],
                    }
                ],
                "dependent_variables": [_variable(column) for column in table.columns],
            }
        ],
        separated=False,
    )


def documents_yaml(documents: Iterable[Mapping[str, Any]]) -> bytes:
    """Content of ``submission.yaml``: the record, then its tables."""
    return _dumped(documents, separated=True)


def _dumped(documents: Iterable[Mapping[str, Any]], *, separated: bool) -> bytes:
    text: str = yaml.dump_all(
        documents,
        # ten times as fast where PyYAML was built with libyaml, as its wheels are
        Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper),
        default_flow_style=None,  # leaves on one line
        sort_keys=False,
        allow_unicode=True,
        width=_WIDTH,
        explicit_start=separated,
    )
    return text.encode("utf-8")


def _variable(column: Column) -> dict[str, Any]:
    errors = column.errors or (math.nan,) * len(column.values)
    return {
        "header": _header(column.name, column.units),
        "qualifiers": [_qualifier(entry) for entry in column.qualifiers],
        "values": [
            _cell(value, error, column.error_label)
            for value, error in zip(column.values, errors, strict=True)
        ],
    }


def _header(name: str, units: str) -> dict[str, str]:
    return {"name": name, "units": units} if units else {"name": name}


def _qualifier(entry: Qualifier) -> dict[str, Cell]:
    plain: dict[str, Cell] = {"name": entry.name, "value": entry.value}
    return {**plain, "units": entry.units} if entry.units else plain


def _cell(value: Cell, error: float, label: str) -> dict[str, Any]:
    if not isinstance(value, str) and not math.isfinite(value):
        return {"value": MISSING}
    if not math.isfinite(error) or error == 0.0:
        return {"value": value}
    return {"value": value, "errors": [{"symerror": error, "label": label}]}
