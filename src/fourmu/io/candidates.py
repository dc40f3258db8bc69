"""Candidates in a Parquet file: one row each, columns as in :class:`Candidates`.

The sixteen variables are columns under their own names; the scores of the networks, where they
are known, are ``score_0`` to ``score_4``, null outside the interval a network was trained on.
The metadata of the file hold one JSON object, the cut-flow among its keys.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from fourmu.errors import ConsistencyError, InputError, StorageError
from fourmu.selection import VARIABLES, Candidates

from .files import atomic_path, existing_file

__all__ = [
    "SCORES",
    "read_candidate_metadata",
    "read_candidates",
    "read_scores",
    "write_candidates",
    "write_scores",
]

SCORES: Final = tuple(f"score_{index}" for index in range(5))
_METADATA: Final = b"fourmu"
_TYPES: Final[dict[str, npt.DTypeLike]] = {
    "event": np.int64,
    "pair": np.int8,
    "is_true_pair": np.bool_,
    "fit_converged": np.bool_,
}
_MAY_BE_NAN: Final = ("mass_gev", "reduced_mass_gev", "chi2", "x_mass_gev")
"""After a fit that did not converge, and without X."""


def _columns() -> list[str]:
    """Columns of single numbers, in the order of the record."""
    return [field.name for field in fields(Candidates) if field.name != "variables"]


def write_candidates(
    path: str | Path,
    candidates: Candidates,
    *,
    scores: npt.NDArray[np.float32] | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> None:
    """Write candidates; the file appears whole or not at all.

    Parameters
    ----------
    path
        The Parquet file.
    candidates
        Rows; there may be none.
    scores
        Shape (n, 5), output of each network; NaN becomes null.
    metadata
        Plain values to keep with the rows.

    Raises
    ------
    ConsistencyError
        The scores do not belong to the candidates.
    StorageError
        The place cannot be written to.
    """
    arrays = {name: pa.array(getattr(candidates, name)) for name in _columns()}
    for index, name in enumerate(VARIABLES):
        arrays[name] = pa.array(np.ascontiguousarray(candidates.variables[:, index]))
    if scores is not None:
        if scores.shape != (len(candidates), len(SCORES)):
            raise ConsistencyError(
                "scores do not belong to the candidates",
                where=path,
                key="scores",
                found=scores.shape,
                expected=(len(candidates), len(SCORES)),
            )
        arrays |= _score_columns(scores)
    table = pa.table(arrays).replace_schema_metadata({_METADATA: json.dumps(metadata or {})})
    _write(path, table)


def _score_columns(scores: npt.NDArray[np.float32]) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for index, name in enumerate(SCORES):
        column = np.ascontiguousarray(scores[:, index], dtype=np.float32)
        columns[name] = pa.array(column, mask=np.isnan(column))
    return columns


def _write(path: str | Path, table: pa.Table) -> None:
    with atomic_path(path) as temporary:
        try:
            pq.write_table(table, temporary, compression="zstd", write_page_checksum=True)
        except pa.ArrowException as error:
            raise StorageError(f"the candidates cannot be written: {error}", where=path) from error


def read_candidates(path: str | Path) -> tuple[Candidates, dict[str, Any]]:
    """Read candidates and the metadata of their file.

    Raises
    ------
    InputError
        The file is missing, empty, damaged or no Parquet file; a column is missing or holds
        numbers that are not finite.
    """
    table = _read(path)
    metadata = _metadata(path, table.schema)
    values: dict[str, Any] = {}
    for name in _columns():
        values[name] = _column(path, table, name, _TYPES.get(name, np.float64))
    variables = [_column(path, table, name, np.float32) for name in VARIABLES]
    return Candidates(**values, variables=np.stack(variables, axis=-1)), metadata


def read_candidate_metadata(path: str | Path) -> dict[str, Any]:
    """Read the metadata of a file of candidates alone.

    Raises
    ------
    InputError
        The file is missing, empty, damaged or no Parquet file.
    """
    path = existing_file(path)
    try:
        schema = pq.read_schema(path)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError("the file is damaged or no Parquet file", where=path) from error
    return _metadata(path, schema)


def _metadata(path: str | Path, schema: pa.Schema) -> dict[str, Any]:
    content = (schema.metadata or {}).get(_METADATA, b"{}")
    try:
        metadata = json.loads(content)
    except ValueError as error:
        raise InputError("the metadata are not JSON", where=path) from error
    if not isinstance(metadata, dict):
        raise InputError("the metadata are no mapping", where=path)
    return metadata


def write_scores(path: str | Path, scores: npt.NDArray[np.float32]) -> None:
    """Write the scores (n, 5) of a file of candidates beside it, row by row; NaN becomes null.

    Raises
    ------
    StorageError
        The place cannot be written to.
    """
    _write(path, pa.table(_score_columns(scores)))


def read_scores(path: str | Path) -> npt.NDArray[np.float32]:
    """Read the scores (n, 5) of the candidates of a file; NaN where a network has none.

    Raises
    ------
    InputError
        As :func:`read_candidates`; also if the file was written without scores.
    """
    table = _read(path)
    columns = []
    for name in SCORES:
        if name not in table.column_names:
            raise InputError("the file lacks a column", where=path, key=name)
        columns.append(table.column(name).to_numpy().astype(np.float32))
    return np.stack(columns, axis=-1)


def _read(path: str | Path) -> pa.Table:
    path = existing_file(path)
    try:
        return pq.read_table(path, memory_map=False, page_checksum_verification=True)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError("the file is damaged or no Parquet file", where=path) from error


def _column(path: str | Path, table: pa.Table, name: str, dtype: npt.DTypeLike) -> Any:
    if name not in table.column_names:
        raise InputError("the file lacks a column", where=path, key=name)
    column = table.column(name)
    if column.null_count:
        raise InputError("a column has empty fields", where=path, key=name)
    try:
        values = column.to_numpy().astype(dtype)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise InputError(
            "a column has another type", where=path, key=name, found=column.type
        ) from error
    if name not in _MAY_BE_NAN and not np.all(np.isfinite(values)):
        raise InputError("a column holds numbers that are not finite", where=path, key=name)
    return values
