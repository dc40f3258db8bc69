"""From the JSON document of a pyhf workspace to its specification."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .checks import RefusedError, filled_list, named_entries, numbers
from .interpolation import NORMSYS_CODES
from .modifiers import CellReader, Modifiers
from .parameter_sets import FREE, Parameter
from .specification import Cell, Specification

__all__ = ["parse_specification"]

MOST_PARAMETERS = 4000
"""A fit holds two square matrices of this size."""


def parse_specification(
    spec: object,
    *,
    measurement: str | None = None,
    normsys_code: str = "code4",
    histosys_code: str = "code4p",
) -> Specification:
    """Check a pyhf workspace and take it apart.

    Parameters
    ----------
    spec
        What the JSON file holds.
    measurement
        Name of the measurement; the first one if None.
    normsys_code, histosys_code
        Interpolation: ``code1`` or ``code4``; ``code0``, ``code2`` or ``code4p``.

    Raises
    ------
    RefusedError
        With status ``invalid`` (malformed, numbers that are not finite, negative data),
        ``unsupported`` (a structure this engine does not fit; the message names it) or
        ``no_signal`` (the parameter of interest moves nothing).
    """
    try:
        with np.errstate(over="raise", invalid="raise"):
            return _parse(spec, measurement, normsys_code, histosys_code)
    except KeyError as error:
        raise RefusedError(f"the key {error} is missing") from error
    except RefusedError:
        raise
    except FloatingPointError as error:
        raise RefusedError(f"numbers too large to compute with: {error}") from error
    except (TypeError, AttributeError, IndexError, ValueError, OverflowError) as error:
        raise RefusedError(f"malformed: {error}") from error


def _parse(
    spec: Any, measurement: str | None, normsys_code: str, histosys_code: str
) -> Specification:
    if not isinstance(spec, dict):
        raise RefusedError(f"a workspace is a JSON object, found {type(spec).__name__}")
    channels = named_entries(filled_list(spec, "channels"), "channel")
    observations = named_entries(filled_list(spec, "observations"), "observation")
    config = _measurement(filled_list(spec, "measurements"), measurement)
    if set(channels) != set(observations):
        odd = min(set(channels) ^ set(observations))
        missing = "observation" if odd in channels else "channel"
        raise RefusedError(f"there is no {missing} named '{odd}'")
    names = sorted(channels)  # the order of pyhf's data
    observed = [_observed(observations[name], name) for name in names]
    modifiers = Modifiers(histosys_code=histosys_code)
    first_bin = 0
    readers: list[CellReader] = []
    for name, data in zip(names, observed, strict=True):
        samples = named_entries(filled_list(channels[name], "samples"), "sample")
        readers += [
            modifiers.read_cell(name, sample, first_bin, data.size) for sample in samples.values()
        ]
        first_bin += data.size
    cells = modifiers.finished(readers, NORMSYS_CODES[normsys_code])
    parameters = modifiers.parameters(_settings(config))
    if len(parameters) > MOST_PARAMETERS:
        raise RefusedError(
            f"{len(parameters)} parameters, more than {MOST_PARAMETERS}", status="unsupported"
        )
    return Specification(
        observed=np.concatenate(observed),
        parameters=parameters,
        cells=cells,
        normsys_code=NORMSYS_CODES[normsys_code],
        poi=_poi(config["poi"], parameters, modifiers, cells),
    )


def _observed(entry: dict[str, Any], channel: str) -> NDArray[np.float64]:
    data = numbers(entry["data"], f"observation of channel '{channel}'")
    if data.size == 0:
        raise RefusedError(f"channel '{channel}' has no bins")
    if data.min() < 0:
        raise RefusedError(f"negative data in bin {int(data.argmin())} of channel '{channel}'")
    return data


def _measurement(measurements: list[Any], name: str | None) -> dict[str, Any]:
    for entry in measurements:
        if name is None or entry["name"] == name:
            config: dict[str, Any] = entry["config"]
            return config
    known = ", ".join(repr(entry["name"]) for entry in measurements)
    raise RefusedError(f"no measurement named '{name}', there is {known}")


def _settings(config: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the settings by the name of their parameter; those of unknown ones are not used."""
    entries = config.get("parameters", [])
    if not isinstance(entries, list):
        raise RefusedError("'parameters' of the measurement must be a list")
    return named_entries(entries, "parameter")


def _poi(
    name: Any, parameters: tuple[Parameter, ...], modifiers: Modifiers, cells: tuple[Cell, ...]
) -> int:
    if not name:
        raise RefusedError("the measurement has no parameter of interest", status="unsupported")
    if name not in modifiers.sets:
        raise RefusedError(f"the parameter of interest '{name}' is in no modifier")
    what = f"the parameter of interest '{name}'"
    if modifiers.sets[name].size > 1:
        raise RefusedError(f"{what} has several components")
    poi = modifiers.places()[name]
    found = parameters[poi]
    if found.constraint != FREE:
        raise RefusedError(f"{what} is constrained by a measurement", status="unsupported")
    if not _moves(poi, parameters, cells):
        raise RefusedError(f"'{name}' multiplies nothing but zero", status="no_signal")
    if found.fixed:
        raise RefusedError(f"{what} is fixed", status="unsupported")
    if found.upper <= 0.0:
        raise RefusedError(f"{what} may not be positive", status="unsupported")
    return poi


def _moves(poi: int, parameters: tuple[Parameter, ...], cells: tuple[Cell, ...]) -> bool:
    """Whether any rate depends on the parameter of interest."""
    for cell in cells:
        others = [parameters[j] for j in cell.normfactors if j != poi]
        if any(other.fixed and other.init == 0.0 for other in others):
            continue
        if poi in cell.normfactors:
            reached = np.ones(cell.terms[0].template.size, dtype=np.bool_)
        else:
            reached = np.zeros(cell.terms[0].template.size, dtype=np.bool_)
            for multiplier in cell.multipliers:
                reached |= multiplier == poi
        if any(term.template[reached].any() for term in cell.terms):
            return True
    return False
