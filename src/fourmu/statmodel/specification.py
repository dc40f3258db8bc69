"""One pyhf workspace specification, checked and taken apart.

The structure is checked here instead of with pyhf's JSON schema: that takes several
milliseconds a file, which for thousands of windows is longer than all fits together, and it
does not look at what the fits need (finite numbers, equal lengths, data that are not negative).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fourmu.errors import InputError

from .interpolation import code4p_templates

__all__ = ["Parameter", "RefusedError", "Specification", "Term", "parse_specification"]

SUPPORTED = ("normfactor", "normsys", "histosys")

NOMINAL, STRAIGHT, BENT = 0, 1, 2
"""How a template's coefficient depends on its histosys parameter: not at all, as alpha, as g."""


class RefusedError(InputError):
    """A workspace that is not fitted; ``status`` is that of its row of results."""

    def __init__(self, message: str, *, status: str = "invalid") -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A parameter of the model with its settings in the measurement.

    ``auxiliary`` is the measured value of its constraint, None for a free parameter;
    constraints are Gaussian of unit width.
    """

    name: str
    init: float
    lower: float
    upper: float
    auxiliary: float | None
    fixed: bool


@dataclass(frozen=True, kw_only=True)
class Term:
    """A template with the sample it belongs to and the parameter that moves it.

    ``parameter`` is meaningless for a nominal template.
    """

    sample: int
    kind: int
    parameter: int
    template: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Specification:
    """A workspace as sums of products: rate_i = sum over terms of coefficient x template_i.

    Attributes
    ----------
    observed
        Counts per bin.
    terms
        Templates, those of one sample next to each other.
    normfactors
        Per sample, the parameters that multiply it.
    normsys
        Per sample, (parameter, hi, lo) of its normalisation systematics.
    poi
        Place of the parameter of interest in ``parameters``.
    """

    observed: NDArray[np.float64]
    parameters: tuple[Parameter, ...]
    terms: tuple[Term, ...]
    normfactors: tuple[tuple[int, ...], ...]
    normsys: tuple[tuple[tuple[int, float, float], ...], ...]
    poi: int


def parse_specification(spec: object, *, measurement: str | None = None) -> Specification:
    """Check a pyhf workspace and take it apart.

    Parameters
    ----------
    spec
        What the JSON file holds.
    measurement
        Name of the measurement; the first one if None.

    Raises
    ------
    RefusedError
        With status ``invalid`` (malformed, numbers that are not finite, negative data),
        ``unsupported`` (a structure this engine does not fit; the message names modifier and
        sample) or ``no_signal`` (the parameter of interest moves nothing).
    """
    try:
        return _parse(spec, measurement)
    except KeyError as error:
        raise RefusedError(f"the key {error} is missing") from error
    except RefusedError:
        raise
    except (TypeError, AttributeError, IndexError, ValueError, OverflowError) as error:
        raise RefusedError(f"malformed: {error}") from error


def _parse(spec: Any, measurement: str | None) -> Specification:
    if not isinstance(spec, dict):
        raise RefusedError(f"a workspace is a JSON object, found {type(spec).__name__}")
    channels = _filled_list(spec, "channels")
    observations = _filled_list(spec, "observations")
    if len(channels) > 1:
        names = ", ".join(repr(channel["name"]) for channel in channels)
        raise RefusedError(f"{len(channels)} channels ({names})", status="unsupported")
    channel = channels[0]
    observed = _observed(observations, channel["name"])
    config = _measurement(_filled_list(spec, "measurements"), measurement)
    reader = _Reader(bins=observed.size)
    for sample in _filled_list(channel, "samples"):
        reader.add_sample(sample)
    parameters = reader.configured(config.get("parameters", []))
    poi = _poi(config["poi"], parameters, reader)
    return Specification(
        observed=observed,
        parameters=parameters,
        terms=tuple(reader.terms),
        normfactors=tuple(reader.normfactors),
        normsys=tuple(reader.normsys),
        poi=poi,
    )


def _filled_list(holder: dict[str, Any], key: str) -> list[Any]:
    found = holder[key]
    if not isinstance(found, list) or not found:
        raise RefusedError(f"'{key}' must be a list that is not empty")
    return found


def _observed(observations: list[Any], channel: str) -> NDArray[np.float64]:
    matching = [entry["data"] for entry in observations if entry["name"] == channel]
    if len(matching) != 1:
        raise RefusedError(f"{len(matching)} observations of channel '{channel}', expected one")
    data = _numbers(matching[0], f"observation of channel '{channel}'")
    if data.size == 0:
        raise RefusedError(f"channel '{channel}' has no bins")
    if data.min() < 0:
        raise RefusedError(f"negative data in bin {int(data.argmin())} of channel '{channel}'")
    return data


def _numbers(values: Any, what: str, length: int | None = None) -> NDArray[np.float64]:
    """Return a list of finite numbers as an array."""
    if not isinstance(values, list):
        raise RefusedError(f"{what}: expected a list of numbers, found {type(values).__name__}")
    if not all(_is_number(kind) for kind in set(map(type, values))):
        raise RefusedError(f"{what}: an entry is not a number")
    if length is not None and len(values) != length:
        raise RefusedError(f"{what}: {len(values)} bins, {length} in the observation")
    array = np.array(values, dtype=np.float64)
    if not math.isfinite(array.sum()) and not np.isfinite(array).all():
        bad = int(np.flatnonzero(~np.isfinite(array))[0])
        raise RefusedError(f"{what}: bin {bad} is not finite")
    return array


def _is_number(kind: type) -> bool:
    return issubclass(kind, (int, float)) and kind is not bool


def _number(value: Any, what: str) -> float:
    if not _is_number(type(value)) or not math.isfinite(value):
        raise RefusedError(f"{what}: expected a finite number, found {value!r}")
    return float(value)


def _measurement(measurements: list[Any], name: str | None) -> dict[str, Any]:
    for entry in measurements:
        if name is None or entry["name"] == name:
            config: dict[str, Any] = entry["config"]
            return config
    known = ", ".join(repr(entry["name"]) for entry in measurements)
    raise RefusedError(f"no measurement named '{name}', there is {known}")


def _poi(name: Any, parameters: tuple[Parameter, ...], reader: _Reader) -> int:
    if not name:
        raise RefusedError("the measurement has no parameter of interest", status="unsupported")
    if name not in reader.places:
        raise RefusedError(f"the parameter of interest '{name}' is in no modifier")
    poi = reader.places[name]
    if parameters[poi].auxiliary is not None:
        raise RefusedError(
            f"the parameter of interest '{name}' is not a normfactor", status="unsupported"
        )
    if parameters[poi].fixed:
        raise RefusedError(f"the parameter of interest '{name}' is fixed", status="unsupported")
    moved = {i for i, factors in enumerate(reader.normfactors) if poi in factors}
    if not any(term.sample in moved and term.template.any() for term in reader.terms):
        raise RefusedError(f"'{name}' multiplies a template of zero yield", status="no_signal")
    return poi


class _Reader:
    """Collects samples and parameters in the order in which they appear."""

    def __init__(self, bins: int) -> None:
        self.bins = bins
        self.names: list[str] = []
        self.places: dict[str, int] = {}
        self.constrained: list[bool] = []
        self.terms: list[Term] = []
        self.normfactors: list[tuple[int, ...]] = []
        self.normsys: list[tuple[tuple[int, float, float], ...]] = []

    def add_sample(self, sample: dict[str, Any]) -> None:
        name = sample["name"]
        if name in self.names:
            raise RefusedError(f"two samples are named '{name}'")
        self.names.append(name)
        nominal = _numbers(sample["data"], f"sample '{name}'", self.bins)
        number = len(self.normfactors)
        self.terms.append(Term(sample=number, kind=NOMINAL, parameter=0, template=nominal))
        normfactors: list[int] = []
        normsys: list[tuple[int, float, float]] = []
        seen: set[tuple[str, str]] = set()
        for modifier in sample["modifiers"]:
            kind, label = modifier["type"], modifier["name"]
            what = f"{kind} '{label}' of sample '{name}'"
            if kind not in SUPPORTED:
                raise RefusedError(
                    f"modifier {what} is not supported, only {', '.join(SUPPORTED)}",
                    status="unsupported",
                )
            if (kind, label) in seen:
                raise RefusedError(f"{what} stands twice")
            seen.add((kind, label))
            parameter = self._parameter(label, constrained=kind != "normfactor", what=what)
            if kind == "normfactor":
                normfactors.append(parameter)
            elif kind == "normsys":
                hi = _number(modifier["data"]["hi"], f"hi of {what}")
                lo = _number(modifier["data"]["lo"], f"lo of {what}")
                if hi <= 0 or lo <= 0:
                    raise RefusedError(f"{what}: hi and lo must be positive, found {hi}, {lo}")
                normsys.append((parameter, hi, lo))
            else:
                hi_data = _numbers(modifier["data"]["hi_data"], f"hi_data of {what}", self.bins)
                lo_data = _numbers(modifier["data"]["lo_data"], f"lo_data of {what}", self.bins)
                pair = code4p_templates(nominal, hi_data, lo_data)
                for shape, template in zip((STRAIGHT, BENT), pair, strict=True):
                    if template.any():
                        self.terms.append(
                            Term(sample=number, kind=shape, parameter=parameter, template=template)
                        )
        self.normfactors.append(tuple(normfactors))
        self.normsys.append(tuple(normsys))

    def _parameter(self, name: str, *, constrained: bool, what: str) -> int:
        place = self.places.get(name)
        if place is None:
            place = self.places[name] = len(self.constrained)
            self.constrained.append(constrained)
        elif self.constrained[place] != constrained:
            raise RefusedError(f"{what}: the name belongs to a parameter of another kind")
        return place

    def configured(self, settings: list[dict[str, Any]]) -> tuple[Parameter, ...]:
        """Apply the settings of the measurement to pyhf's defaults."""
        given: dict[str, dict[str, Any]] = {}
        for entry in settings:
            if entry["name"] in given:
                raise RefusedError(f"two settings of parameter '{entry['name']}'")
            given[entry["name"]] = entry
        return tuple(
            _configured(name, self.constrained[place], given.get(name, {}))
            for name, place in self.places.items()
        )


def _configured(name: str, constrained: bool, given: dict[str, Any]) -> Parameter:
    what = f"parameter '{name}'"
    (init,) = given.get("inits", (0.0 if constrained else 1.0,))
    ((lower, upper),) = given.get("bounds", ((-5.0, 5.0) if constrained else (0.0, 10.0),))
    auxiliary: float | None = None
    if constrained:
        (auxiliary,) = given.get("auxdata", (0.0,))
        auxiliary = _number(auxiliary, f"auxdata of {what}")
    unused = {"sigmas", "factors"} | (set() if constrained else {"auxdata"})
    if unused & set(given):
        raise RefusedError(f"{what} does not use {', '.join(sorted(unused & set(given)))}")
    lower, upper = _number(lower, f"bound of {what}"), _number(upper, f"bound of {what}")
    if lower >= upper:
        raise RefusedError(f"{what}: the bounds {lower}, {upper} leave no room")
    return Parameter(
        name=name,
        init=_number(init, f"inits of {what}"),
        lower=lower,
        upper=upper,
        auxiliary=auxiliary,
        fixed=bool(given.get("fixed", False)),
    )
