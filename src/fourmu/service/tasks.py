"""What is computed: functions of the archive and a checked request that return JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pydantic_core

import fourmu
from fourmu.archive import Archive
from fourmu.errors import ConvergenceError
from fourmu.inference import likelihood, limits
from fourmu.io.json_files import finite_or_none
from fourmu.io.reinterpretations import reinterpretation_document
from fourmu.io.results import limit_rows
from fourmu.reinterpret import XsecTable, at_every_window, reinterpret_table
from fourmu.statmodel import batch_of

from .bodies import digest_of, json_bytes
from .problems import ProblemError
from .workspaces import MOST_PARAMETERS

__all__ = ["TASKS"]

FloatArray = npt.NDArray[np.float64]
Progress = Callable[[float], None]

_SIMULATION: Final = 0.7
"""Share of a job's time that events take; the rest are fits of shapes and limits."""
_SEED: Final = 1


def warm_up(archive: Archive, _progress: Progress) -> bytes:
    """Read what tables take, and fit a window, which compiles or loads the kernels."""
    index = archive.index
    fitted = [name for name, vetoed in zip(index.name, index.vetoed, strict=True) if not vetoed]
    if fitted:
        named = [(window, content) for window, _, content in archive.window_workspaces(fitted[0])]
        batch = batch_of(named)
        found = limits(batch, archive.analysis.inference, threads=1)
        likelihood(
            batch, 0, np.nan_to_num(found.parameters_free[: batch.tables.parameter_start[1]])
        )
    return b""


def table(archive: Archive, _progress: Progress, *, request: Mapping[str, Any]) -> bytes:
    """Limits on a table of cross sections."""
    mass = _array(request["mass_gev"])
    fraction = request["br"]
    known = np.full(len(mass), np.nan) if fraction is None else _array(fraction) + 0.0 * mass
    given = request["xsec_br_fb"]
    xsec = XsecTable(
        source="request",
        mass_gev=mass,
        xsec_br_fb=_array(given) if given is not None else _array(request["xsec_fb"]) * known,
        branching_fraction=known,
    )
    found = reinterpret_table(
        archive,
        at_every_window(archive, xsec) if request["every_window"] else xsec,
        request["efficiency_from"],
        coupling=request["coupling"],
        level=request["level"],
    )
    return json_bytes(
        reinterpretation_document(found, _provenance(archive, request, "table", br=None))
    )


def couplings(
    archive: Archive, progress: Progress, *, request: Mapping[str, Any], threads: int
) -> bytes:
    """Limits on a model from its couplings to muons; takes a minute."""
    from fourmu.reinterpret import reinterpret_couplings  # noqa: PLC0415  with the generator
    from fourmu.reinterpret.simulation import simulated_masses  # noqa: PLC0415

    masses, done = len(simulated_masses(archive)), 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        progress(_SIMULATION * done / masses)

    names = ("gV", "gA", "gS", "gP")
    found = reinterpret_couplings(
        archive,
        {name: request[name] for name in names},
        coupling=request["coupling"],
        branching_fraction=request["br"],
        mass_gev=request["mass_gev"],
        events_per_mass=request["events"],
        seed=_SEED,
        threads=threads or None,
        progress=advance,
    )
    text = ",".join(f"{name}={request[name]!r}" for name in names if request[name])
    provenance = _provenance(
        archive, request, text, br=request["br"], events_per_mass=request["events"], seed=_SEED
    )
    return json_bytes(reinterpretation_document(found, provenance))


def workspace(archive: Archive, _progress: Progress, *, body: bytes) -> bytes:
    """Limit of a workspace of anyone, a row as ``fourmu limits`` writes it."""
    batch = batch_of([("request", pydantic_core.from_json(body, allow_inf_nan=False))])
    if batch.status[0] == "invalid":
        raise ProblemError(422, f"not a workspace that can be fitted: {batch.message[0][:400]}")
    count = len(batch.parameter_names[0])
    if count > MOST_PARAMETERS:
        raise ProblemError(
            422,
            f"the workspace has too many parameters (found {count}, expected at most "
            f"{MOST_PARAMETERS})",
            key="parameters",
        )
    found = limits(batch, archive.analysis.inference, threads=1)
    (row,) = limit_rows(found)
    return json_bytes({**row, "confidence_level": found.confidence_level})


def window_fit(archive: Archive, _progress: Progress, *, window: str, model: str) -> bytes:
    """Data and fitted contents of the bins of one window."""
    index = archive.index
    place = index.name.index(window)
    named = [(name, content) for _, name, content in archive.window_workspaces(window)]
    batch = batch_of([entry for entry in named if entry[0] == model])
    found = limits(batch, archive.analysis.inference, threads=1)
    try:
        found.raise_for_status()
    except ConvergenceError as error:
        raise ProblemError(404, f"there is no fit of this window: {found.message[0]}") from error
    poi = int(batch.tables.poi[0])
    values = found.parameters(0)
    free = np.array([values[name][0] for name in batch.parameter_names[0]])
    null = np.array([values[name][1] for name in batch.parameter_names[0]])

    def rates(parameters: FloatArray, xsec_fb: float) -> FloatArray:
        """Contents of the bins with the parameter of interest at a value."""
        at = parameters.copy()
        at[poi] = xsec_fb
        return likelihood(batch, 0, at).rates

    total, background = rates(free, free[poi]), rates(free, 0.0)
    limit = float(found.limit_observed[0])
    columns = {
        "observed": batch.tables.observed,
        "background_only": rates(null, 0.0),
        "background": background,
        "signal": total - background,
        "total": total,
        "signal_at_limit": rates(free, limit) - background,
    }
    return json_bytes(
        {
            "window": window,
            "model": model,
            "mass_gev": float(index.mass_gev[place]),
            "bin_low": list(index.bin_low[place]),
            "bin_high": list(index.bin_high[place]),
            **{name: column.tolist() for name, column in columns.items()},
            "poi_hat": finite_or_none(found.poi_hat[0]),
            "poi_hat_error": finite_or_none(found.poi_hat_error[0]),
            "z_local": finite_or_none(found.z_local[0]),
            "p0": finite_or_none(found.p0[0]),
            "goodness_of_fit_p": finite_or_none(found.goodness_of_fit_p[0]),
            "xsec_limit_fb": finite_or_none(limit),
            "xsec_limit_expected_fb": [finite_or_none(x) for x in found.limit_expected[0]],
        }
    )


def _array(values: float | Sequence[float]) -> FloatArray:
    return np.array(values, dtype=np.float64)


def _provenance(
    archive: Archive,
    request: Mapping[str, Any],
    text: str,
    *,
    br: float | str | None,
    events_per_mass: int | None = None,
    seed: int | None = None,
) -> dict[str, Any]:
    """What a result was made from, as the command line records it."""
    return {
        "fourmu_version": fourmu.__version__,
        "archive_sha256": archive.digest,
        "data_kind": archive.index.data_kind,
        "input": text,
        "input_sha256": [digest_of(json_bytes(dict(request)))],
        "br": br,
        "events_per_mass": events_per_mass,
        "seed": seed,
    }


TASKS: Final[Mapping[str, Callable[..., bytes]]] = {
    "warm_up": warm_up,
    "table": table,
    "couplings": couplings,
    "workspace": workspace,
    "window_fit": window_fit,
}
"""By the names that tasks have."""
