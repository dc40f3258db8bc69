"""The parameters behind the modifiers of one name, with the settings of a measurement.

A name stands for one parameter (``normfactor``, ``normsys``, ``histosys``, ``lumi``) or for one
per bin (``staterror``, ``shapesys``, ``shapefactor``). Defaults and conventions are those of pyhf:

===============  =========  ===========  =========================================
kind             initially  bounds       constraint
===============  =========  ===========  =========================================
normfactor       1          [0, 10]      none
shapefactor      1          [0, 10]      none
normsys/histo.   0          [-5, 5]      Gaussian, measured 0 +- 1
staterror        1          [1e-10, 10]  Gaussian, measured 1 +- relative uncertainty
shapesys         1          [1e-10, 10]  Poisson, measured tau, expected tau x gamma
lumi             given      given        Gaussian, all of it given by the measurement
===============  =========  ===========  =========================================
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .checks import RefusedError, number, numbers

__all__ = ["FREE", "GAUSSIAN", "POISSON", "Parameter", "ParameterSet", "configured"]

FREE, GAUSSIAN, POISSON = 0, 1, 2
"""How a parameter is constrained."""

VECTORS = ("shapefactor", "shapesys", "staterror")
"""Kinds with one parameter per bin."""

_DEFAULTS: dict[str, tuple[int, float, tuple[float, float]]] = {
    "normfactor": (FREE, 1.0, (0.0, 10.0)),
    "shapefactor": (FREE, 1.0, (0.0, 10.0)),
    "alpha": (GAUSSIAN, 0.0, (-5.0, 5.0)),
    "staterror": (GAUSSIAN, 1.0, (1e-10, 10.0)),
    "shapesys": (POISSON, 1.0, (1e-10, 10.0)),
    "lumi": (GAUSSIAN, math.nan, (math.nan, math.nan)),
}
_SETTINGS = {"name", "inits", "bounds", "auxdata", "sigmas", "factors", "fixed"}
_LUMI_NEEDS = ("inits", "bounds", "auxdata", "sigmas")


@dataclass(frozen=True, kw_only=True, slots=True)
class Parameter:
    """A parameter of the model.

    Attributes
    ----------
    constraint
        :data:`FREE`, :data:`GAUSSIAN` or :data:`POISSON`.
    auxiliary
        Measured value of its constraint, 0 for a free parameter.
    precision
        Inverse variance of a Gaussian constraint, else 0.
    rate_factor
        Expected auxiliary counts per unit of the parameter of a Poisson constraint, else 0.
    kinked
        Whether the likelihood has a kink where the parameter is 0.
    """

    name: str
    init: float
    lower: float
    upper: float
    fixed: bool
    constraint: int = FREE
    auxiliary: float = 0.0
    precision: float = 0.0
    rate_factor: float = 0.0
    kinked: bool = False


@dataclass(kw_only=True, slots=True)
class ParameterSet:
    """What the modifiers of one name ask for, collected while they are read.

    Attributes
    ----------
    kind
        A key of the table above; ``alpha`` for normsys and histosys.
    size
        Number of parameters.
    sigmas
        Relative uncertainties of a staterror, 0 where there is none, shape (size,).
    factors
        tau of a shapesys, 0 where there is none, shape (size,).
    used
        Whether each parameter moves any rate, shape (size,); a free one that does not stays.
    kinked
        See :class:`Parameter`.
    """

    kind: str
    size: int = 1
    sigmas: NDArray[np.float64] | None = None
    factors: NDArray[np.float64] | None = None
    used: NDArray[np.bool_] | None = None
    kinked: bool = False


def configured(name: str, found: ParameterSet, given: dict[str, Any]) -> list[Parameter]:
    """Apply the settings of the measurement to what the modifiers ask for.

    Raises
    ------
    RefusedError
        A setting that pyhf refuses too: of the wrong length, unknown to this kind, an initial
        value outside its bounds; or bounds that contradict each other.
    """
    what = f"parameter '{name}'"
    if not given and found.kind == "alpha":  # most parameters, made short
        return [_alpha(name, found)]
    constraint, init, bounds = _DEFAULTS[found.kind]
    _check_settings(what, found.kind, constraint, given)
    size = found.size
    inits = _values(given, "inits", what, size, np.full(size, init))
    lower, upper = _bounds(given, what, size, bounds)
    fixed, auxiliary, precision, factors = _constraint(given, what, found, constraint, init)
    if constraint == POISSON:
        lower = np.maximum(lower, 0.0)
    outside = np.flatnonzero((inits < lower) | (inits > upper))
    if outside.size:
        j = outside[0]
        raise RefusedError(
            f"{what}: the initial value {inits[j]:g} is outside of the bounds "
            f"[{lower[j]:g}, {upper[j]:g}]"
        )
    fixed |= lower == upper
    if constraint == FREE and found.used is not None:
        fixed |= ~found.used
    return [
        Parameter(
            name=f"{name}[{j}]" if found.kind in VECTORS else name,
            init=float(inits[j]),
            lower=float(lower[j]),
            upper=float(upper[j]),
            fixed=bool(fixed[j]),
            constraint=constraint,
            auxiliary=float(auxiliary[j]),
            precision=float(precision[j]),
            rate_factor=float(factors[j]),
            kinked=found.kinked,
        )
        for j in range(size)
    ]


def _alpha(name: str, found: ParameterSet) -> Parameter:
    return Parameter(
        name=name,
        init=0.0,
        lower=-5.0,
        upper=5.0,
        fixed=False,
        constraint=GAUSSIAN,
        precision=1.0,
        kinked=found.kinked,
    )


def _check_settings(what: str, kind: str, constraint: int, given: dict[str, Any]) -> None:
    unknown = set(given) - _SETTINGS
    if unknown:
        raise RefusedError(f"{what}: unknown setting {', '.join(sorted(unknown))}")
    unused = set()
    if constraint == FREE:
        unused.add("auxdata")
    if kind not in ("lumi", "staterror"):
        unused.add("sigmas")
    if constraint != POISSON:
        unused.add("factors")
    if unused & set(given):
        raise RefusedError(f"{what} does not use {', '.join(sorted(unused & set(given)))}")
    if kind == "lumi":
        missing = [key for key in _LUMI_NEEDS if key not in given]
        if missing:
            raise RefusedError(f"{what}: the measurement must give {', '.join(missing)}")


def _values(
    given: dict[str, Any], key: str, what: str, size: int, default: NDArray[np.float64]
) -> NDArray[np.float64]:
    return numbers(given[key], f"{key} of {what}", size) if key in given else default


def _bounds(
    given: dict[str, Any], what: str, size: int, default: tuple[float, float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    pairs = given.get("bounds")
    if pairs is None:
        return np.full(size, default[0]), np.full(size, default[1])
    if not isinstance(pairs, list) or len(pairs) != size:
        raise RefusedError(f"bounds of {what}: expected a list of {size}")
    lower, upper = np.empty(size), np.empty(size)
    for j, pair in enumerate(pairs):
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise RefusedError(f"bounds of {what}: expected pairs, found {pair!r}")
        lower[j], upper[j] = (_bound(value, what) for value in pair)
        if lower[j] > upper[j]:
            raise RefusedError(f"{what}: the bounds {lower[j]:g}, {upper[j]:g} leave no room")
    return lower, upper


def _bound(value: Any, what: str) -> float:
    """Return a bound, which may be infinite."""
    if isinstance(value, float) and math.isinf(value):
        return value
    return number(value, f"bound of {what}")


def _constraint(
    given: dict[str, Any], what: str, found: ParameterSet, constraint: int, measured: float
) -> tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return which parameters stay, and measured value, precision and tau of the constraints."""
    size = found.size
    auxiliary, precision, factors = np.zeros(size), np.zeros(size), np.zeros(size)
    fixed = np.zeros(size, dtype=np.bool_)
    if constraint == GAUSSIAN:
        auxiliary = _values(given, "auxdata", what, size, np.full(size, measured))
        sigmas = np.ones(size)
        if found.sigmas is not None:
            fixed = found.sigmas == 0.0  # pyhf keeps the constraint, with a width of 1
            sigmas = np.where(fixed, 1.0, found.sigmas)
        sigmas = _values(given, "sigmas", what, size, sigmas)
        if not (sigmas > 0.0).all():
            raise RefusedError(f"{what}: sigmas must be positive")
        precision = 1.0 / sigmas**2
    elif constraint == POISSON and found.factors is not None:
        fixed = found.factors == 0.0  # likewise, with tau = 1
        factors = np.where(fixed, 1.0, found.factors)
        auxiliary = _values(given, "auxdata", what, size, factors)
        factors = _values(given, "factors", what, size, factors)
        if not ((factors > 0.0).all() and (auxiliary >= 0.0).all()):
            raise RefusedError(f"{what}: factors must be positive, auxdata not negative")
    if "fixed" in given:
        if not isinstance(given["fixed"], bool):
            raise RefusedError(f"{what}: fixed is true or false, found {given['fixed']!r}")
        fixed = np.full(size, given["fixed"])  # overrides the zero bins, as in pyhf
    return fixed, auxiliary, precision, factors
