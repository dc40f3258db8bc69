"""pyhf workspaces as documents of HS3, the HEP Statistics Serialization Standard.

A document holds what its workspace holds, number by number, in the spelling that HS3 0.2 and its
Python reader (pyhs3 0.4) share. What they cannot carry with equal values of the likelihood is
refused by name instead of being written in a way that reads well and fits wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

import fourmu
from fourmu.errors import InputError

from .checks import filled_list, named_entries, number, numbers
from .parameter_sets import FREE, Parameter, ParameterSet, configured

__all__ = ["hs3_document"]

Document = dict[str, Any]

HS3_VERSION: Final = "0.2"
NORMSYS_CODE: Final = "code4"
HISTOSYS_CODE: Final = "code4p"

_LIKELIHOOD: Final = "likelihood"
_DOMAIN: Final = "default_domain"
_POINT: Final = "default_values"
_METADATA: Final = ("packages", "authors", "publications", "description")
_KINDS: Final = {"normfactor": "normfactor", "normsys": "alpha", "histosys": "alpha"}
"""Supported modifiers and the kind of the parameter behind each."""
_REFUSED: Final = {
    "staterror": "pyhs3 takes its width from one sample, pyhf from all samples that share it",
    "shapesys": "pyhs3 divides by its uncertainties, of which pyhf allows some to be zero",
    "shapefactor": "its parameters, one per bin, have no names of their own in a pyhf workspace",
    "lumi": "HS3 has no modifier with a constraint of any width",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Use:
    """The first modifier of a parameter."""

    kind: str
    what: str
    where: str


def hs3_document(
    workspace: Mapping[str, Any],
    *,
    measurement: str | None = None,
    edges: Sequence[float] | NDArray[np.float64] | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Document:
    """Write a pyhf workspace as an HS3 document with the same likelihood.

    Parameters
    ----------
    workspace
        A full pyhf specification with the modifiers ``normfactor``, ``normsys`` and, at most once
        in a sample, ``histosys``. A parameter of the latter two belongs to one modifier.
    measurement
        Name of the measurement; the first one if None.
    edges
        Edges of the bins in GeV, shape (bins + 1,), increasing, of a gap-free axis of the only
        channel. If None, axes count bins from 0.
    metadata
        Entries of HS3's ``metadata``: ``packages``, ``authors``, ``publications``,
        ``description``. Without ``packages`` this version of fourmu stands there.

    Returns
    -------
    document
        Plain lists, mappings, numbers and strings:

        - ``distributions``: a ``histfactory_dist`` per channel, of the channel's name; ``data``:
          its counts, ``<channel>_observed``; ``likelihoods``: all of them.
        - ``domains``: ``default_domain`` with the bounds of every parameter;
          ``parameter_points``: ``default_values`` with the initial values, fixed ones ``const``.
        - ``analyses``: the measurement, with its parameter of interest if it has one.

    Raises
    ------
    InputError
        The workspace is malformed, or HS3 or pyhs3 would give another likelihood. The message
        names channel, sample and modifier.

    Notes
    -----
    HS3 0.2, "HistFactory distribution", as pyhs3 0.4.0 reads it:

    - Interpolation is that of pyhf's ``code4`` for normsys and ``code4p`` for histosys, under
      these names. The templates of a histosys are absolute, as in pyhf and pyhs3 (the text of HS3
      speaks of differences), and it stands before the factors of its sample: pyhs3 subtracts from
      them what the modifiers before it have left.
    - HS3 wants one constraint for all modifiers that share a parameter. pyhs3 multiplies one per
      modifier, which adds ln(2 pi) + alpha^2 to -2 ln L for each further one; so a normsys and a
      histosys of one name are refused even on one sample.
    - pyhs3 clips parameters to the domain in silence, so the bounds of constrained ones are
      written as well: those of the measurement, else pyhf's [-5, 5], which fits of pyhf do not
      leave either. A best fit of ours with a cross section below its bound is outside.
    - pyhs3 multiplies probabilities and takes the logarithm last: where -2 ln L of a channel
      exceeds 1416 (a probability of 2e-308) it loses digits, soon finds infinity, and NaN where
      the rate of a bin is exactly 0. A bin that is empty in all samples is refused for that.
    - pyhs3 computes in single precision with a ``hi`` or ``lo`` of a normsys that single precision
      holds exactly (1.5, not 1.05), which moves -2 ln L by 1e-7 or so.

    Examples
    --------
    >>> signal = {"name": "signal", "data": [1.0, 2.0], "modifiers": [
    ...     {"name": "mu", "type": "normfactor", "data": None}]}
    >>> workspace = {
    ...     "version": "1.0.0",
    ...     "channels": [{"name": "window", "samples": [signal]}],
    ...     "observations": [{"name": "window", "data": [3.0, 1.0]}],
    ...     "measurements": [{"name": "scan", "config": {"poi": "mu", "parameters": []}}],
    ... }
    >>> document = hs3_document(workspace, edges=[2.0, 2.5, 3.0])
    >>> document["distributions"][0]["axes"]
    [{'name': 'window_gev', 'min': 2.0, 'max': 3.0, 'edges': [2.0, 2.5, 3.0]}]
    >>> document["analyses"][0]["parameters_of_interest"]
    ['mu']
    """
    try:
        return _document(workspace, measurement, edges, metadata or {})
    except KeyError as error:
        raise InputError(f"the key {error} is missing in the workspace") from error
    except InputError:
        raise
    except (TypeError, AttributeError, IndexError, ValueError) as error:
        raise InputError(f"malformed workspace: {error}") from error


def _document(
    workspace: Mapping[str, Any],
    measurement: str | None,
    edges: Sequence[float] | NDArray[np.float64] | None,
    metadata: Mapping[str, Any],
) -> Document:
    spec = dict(workspace)
    channels = named_entries(filled_list(spec, "channels"), "channel")
    observations = named_entries(filled_list(spec, "observations"), "observation")
    if set(channels) != set(observations):
        odd = min(set(channels) ^ set(observations))
        missing = "observation" if odd in channels else "channel"
        raise InputError(f"there is no {missing} named '{odd}'")
    analysis, config = _measurement(filled_list(spec, "measurements"), measurement)
    if edges is not None and len(channels) > 1:
        raise InputError("edges belong to a single channel", key="edges", found=len(channels))
    uses: dict[str, _Use] = {}
    distributions: list[Document] = []
    data: list[Document] = []
    for name, channel in channels.items():
        counts = _counts(observations[name], name)
        samples = named_entries(filled_list(channel, "samples"), "sample").values()
        written = [_sample(name, sample, len(counts), uses) for sample in samples]
        _check_filled(name, written)
        head = {"name": name, "type": "histfactory_dist", "axes": [_axis(name, counts, edges)]}
        distributions.append({**head, "samples": written})
        head = {"name": _observed(name), "type": "binned", "axes": [_axis(name, counts, edges)]}
        data.append({**head, "contents": counts})
    _check_names(uses, distributions)
    parameters = _parameters(uses, config)
    poi = config["poi"]
    if poi and poi not in uses:
        raise InputError(f"the parameter of interest '{poi}' is in no modifier")
    return {
        "metadata": _metadata(metadata),
        "distributions": distributions,
        "data": data,
        "likelihoods": [
            {
                "name": _LIKELIHOOD,
                "distributions": [entry["name"] for entry in distributions],
                "data": [entry["name"] for entry in data],
            }
        ],
        "domains": [
            {
                "name": _DOMAIN,
                "type": "product_domain",
                "axes": [
                    {"name": found.name, "min": found.lower, "max": found.upper}
                    for found in parameters
                ],
            }
        ],
        "parameter_points": [
            {
                "name": _POINT,
                "parameters": [
                    {"name": found.name, "value": found.init}
                    | ({"const": True} if found.fixed else {})
                    for found in parameters
                ],
            }
        ],
        "analyses": [
            {"name": analysis, "likelihood": _LIKELIHOOD, "domains": [_DOMAIN], "init": _POINT}
            | ({"parameters_of_interest": [poi]} if poi else {})
        ],
    }


def _measurement(entries: list[Any], name: str | None) -> tuple[str, dict[str, Any]]:
    """Return name and configuration of the measurement."""
    by_name = named_entries(entries, "measurement")
    chosen = next(iter(by_name)) if name is None else name
    if chosen not in by_name:
        raise InputError("there is no such measurement", found=name, expected=", ".join(by_name))
    config: dict[str, Any] = by_name[chosen]["config"]
    return chosen, config


def _counts(observation: dict[str, Any], channel: str) -> list[float]:
    counts = numbers(observation["data"], f"observation of channel '{channel}'")
    if counts.size == 0:
        raise InputError("no bins", where=f"channel '{channel}'")
    if counts.min() < 0.0:
        raise InputError("negative data", where=f"channel '{channel}'", found=float(counts.min()))
    return _plain(counts)


def _observed(channel: str) -> str:
    """Return the name of the counts of a channel, the one that pyhs3 looks for."""
    return f"{channel}_observed"


def _axis(
    channel: str, counts: list[float], edges: Sequence[float] | NDArray[np.float64] | None
) -> Document:
    bins = len(counts)
    if edges is None:
        return {"name": f"{channel}_bin", "min": 0.0, "max": float(bins), "nbins": bins}
    values = np.asarray(edges, dtype=np.float64)
    if values.shape != (bins + 1,):
        raise InputError(
            "edges do not fit the bins", key="edges", found=values.shape, expected=(bins + 1,)
        )
    if not (np.isfinite(values).all() and (np.diff(values) > 0.0).all()):
        raise InputError("edges must be finite and increase", key="edges")
    written = _plain(values)
    return {"name": f"{channel}_gev", "min": written[0], "max": written[-1], "edges": written}


def _sample(channel: str, sample: dict[str, Any], bins: int, uses: dict[str, _Use]) -> Document:
    """Write a sample and note the parameters of its modifiers."""
    name = sample["name"]
    where = f"channel '{channel}', sample '{name}'"
    contents = _plain(numbers(sample["data"], where, bins))
    additive: list[Document] = []
    multiplicative: list[Document] = []
    seen: set[tuple[str, str]] = set()
    for modifier in sample["modifiers"]:
        kind, label = modifier["type"], modifier["name"]
        what = f"{kind} '{label}'"
        if kind not in _KINDS:
            reason = _REFUSED.get(kind, "it is none of " + ", ".join(_KINDS))
            raise InputError(f"{what} cannot be written: {reason}", where=where)
        if (kind, label) in seen:
            raise InputError(f"{what} stands twice", where=where)
        seen.add((kind, label))
        _note_use(uses, label, _Use(kind=kind, what=what, where=where))
        written = {"name": label, "type": kind, "parameter": label}
        if kind == "histosys":
            if additive:
                raise InputError(
                    f"{what} cannot be written: the sample has histosys "
                    f"'{additive[0]['name']}' already, and pyhs3 applies a second one to "
                    "rates that the first has moved",
                    where=where,
                )
            additive.append(written | _histosys(modifier["data"], f"{what} of {where}", bins))
        elif kind == "normsys":
            multiplicative.append(written | _normsys(modifier["data"], f"{what} of {where}"))
        else:
            multiplicative.append(written)
    return {
        "name": name,
        "data": {"contents": contents, "errors": [0.0] * bins},
        "modifiers": additive + multiplicative,
    }


def _note_use(uses: dict[str, _Use], label: str, use: _Use) -> None:
    """Note the first modifier of a parameter; a further one must be a normfactor, as the first."""
    first = uses.setdefault(label, use)
    if first is use or first.kind == use.kind == "normfactor":
        return
    if _KINDS[first.kind] != _KINDS[use.kind]:
        reason = "the name belongs to a parameter of another kind"
    else:
        reason = "pyhs3 would count the constraint of the parameter twice"
    raise InputError(
        f"{use.what} cannot be written: {reason}, see {first.what} of {first.where}",
        where=use.where,
    )


def _normsys(data: dict[str, Any], what: str) -> Document:
    hi, lo = number(data["hi"], f"hi of {what}"), number(data["lo"], f"lo of {what}")
    if hi <= 0.0 or lo <= 0.0:
        raise InputError(f"{what}: hi and lo must be positive", found=f"{hi}, {lo}")
    return {"constraint": "Gauss", "data": {"hi": hi, "lo": lo, "interpolation": NORMSYS_CODE}}


def _histosys(data: dict[str, Any], what: str, bins: int) -> Document:
    hi = _plain(numbers(data["hi_data"], f"hi_data of {what}", bins))
    lo = _plain(numbers(data["lo_data"], f"lo_data of {what}", bins))
    return {
        "constraint": "Gauss",
        "data": {
            "hi": {"contents": hi},
            "lo": {"contents": lo},
            "interpolation": HISTOSYS_CODE,
        },
    }


def _check_filled(channel: str, samples: list[Document]) -> None:
    """Refuse bins whose rate is 0 whatever the parameters: their 0 ln 0 is NaN in pyhs3."""
    filled = np.zeros(len(samples[0]["data"]["contents"]), dtype=np.bool_)
    for sample in samples:
        filled |= np.asarray(sample["data"]["contents"]) != 0.0
        for modifier in sample["modifiers"]:
            if modifier["type"] == "histosys":
                filled |= np.asarray(modifier["data"]["hi"]["contents"]) != 0.0
                filled |= np.asarray(modifier["data"]["lo"]["contents"]) != 0.0
    if not filled.all():
        raise InputError(
            f"bin {int(np.flatnonzero(~filled)[0])} cannot be written: no sample has a yield in "
            "it, and pyhs3 takes the logarithm of every rate",
            where=f"channel '{channel}'",
        )


def _check_names(uses: dict[str, _Use], distributions: list[Document]) -> None:
    """Refuse parameters whose name stands for something else: HS3 has one space of names."""
    for distribution in distributions:
        channel = distribution["name"]
        for name in (channel, _observed(channel), distribution["axes"][0]["name"]):
            if name in uses:
                raise InputError(
                    f"{uses[name].what} cannot be written: the name is that of channel "
                    f"'{channel}', of its data or of its axis in HS3",
                    where=uses[name].where,
                )


def _parameters(uses: dict[str, _Use], config: dict[str, Any]) -> list[Parameter]:
    """Return the parameters with the settings of the measurement, in the order of their use."""
    settings = named_entries(config.get("parameters", []), "parameter")
    found: list[Parameter] = []
    for name, use in uses.items():
        parameter_set = ParameterSet(kind=_KINDS[use.kind])
        (parameter,) = configured(name, parameter_set, settings.get(name, {}))
        if parameter.constraint != FREE and parameter.auxiliary != 0.0:
            raise InputError(
                f"{use.what} cannot be written: HS3 constrains its parameter at 0",
                where=use.where,
                key="auxdata",
                found=parameter.auxiliary,
                expected=0.0,
            )
        if not np.isfinite([parameter.lower, parameter.upper]).all():
            raise InputError(
                f"{use.what} cannot be written: JSON has no infinite bounds",
                where=use.where,
                key="bounds",
                found=f"{parameter.lower}, {parameter.upper}",
            )
        found.append(parameter)
    return found


def _metadata(given: Mapping[str, Any]) -> Document:
    unknown = sorted(set(given) - set(_METADATA))
    if unknown:
        raise InputError(
            "HS3 knows no such metadata",
            key="metadata",
            found=", ".join(unknown),
            expected=", ".join(_METADATA),
        )
    packages = [{"name": "fourmu", "version": fourmu.__version__}]
    return {"hs3_version": HS3_VERSION, "packages": packages, **given}


def _plain(values: NDArray[np.float64]) -> list[float]:
    found: list[float] = values.tolist()
    return found
