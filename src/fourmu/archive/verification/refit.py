"""Fits of the archived likelihoods give the numbers of the index."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from fourmu.archive.record import INDEX, Archive
from fourmu.inference import limits
from fourmu.physics.kinematics import FloatArray
from fourmu.statmodel import batch_of

from .likelihoods import Kept
from .problem import Problem

__all__ = ["limit_problems"]

_FIT: Final = 1e-6
"""Relative difference of limits: a fit on another processor ends a few steps of rounding
elsewhere."""


def limit_problems(archive: Archive, workspaces: Kept) -> Iterator[Problem]:
    """Fits of the archived likelihoods give the numbers of the index."""
    index = archive.index
    settings = archive.analysis.inference
    for model, table in index.models.items():
        chosen = [(name, workspace) for name, owner, workspace in workspaces if owner == model]
        found = limits(batch_of(chosen), settings)
        places = {window.name: place for place, window in enumerate(index.windows)}
        rows = [places[name] for name, _ in chosen]
        for row, status, message in zip(rows, found.status, found.message, strict=True):
            has_limit = table.status[row] in ("ok", "width_not_negligible")
            if has_limit != (status == "ok"):
                yield INDEX, f"{index.windows[row].name}: {model} is {status}: {message}"
        for name, values in (
            ("xsec_limit_fb", found.limit_observed),
            ("xsec_limit_expected_fb", found.limit_expected),
            ("poi_hat", found.poi_hat),
            ("poi_hat_error", found.poi_hat_error),
            ("z_local", found.z_local),
            ("p0", found.p0),
        ):
            said = getattr(table, name)[rows]
            # a best fit is good to a part of its error, z and p0 of theirs, which is one
            error: FloatArray = np.zeros(len(rows))
            if name == "poi_hat":
                error = np.nan_to_num(table.poi_hat_error[rows])
            elif name in ("z_local", "p0"):
                error = np.ones(len(rows))
            error = error if said.ndim == 1 else error[:, None]
            same = np.isnan(said) & np.isnan(values)
            same |= np.abs(said - values) <= _FIT * np.maximum(error, np.abs(values))
            bad = np.flatnonzero(~same if same.ndim == 1 else ~same.all(axis=1))
            if len(bad):
                first = int(bad[0])
                reason = (
                    f"{index.name[rows[first]]}: {model}.{name} is not that of a fit to the "
                    f"likelihood (found {said[first]}, expected {values[first]}; "
                    f"{len(bad)} windows)"
                )
                yield INDEX, reason
