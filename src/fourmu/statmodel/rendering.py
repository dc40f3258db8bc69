"""From the cabinetry template of a model to the cabinetry configuration of one window."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from fourmu.config.statmodel import Systematics
from fourmu.errors import ConfigError, ConsistencyError

from .systematics import systematic_sizes

if TYPE_CHECKING:  # a name in annotations; importing it would load the whole chain
    from fourmu.templates.window_template import Template

__all__ = ["render", "window_histograms"]

FloatArray = npt.NDArray[np.float64]
Variation = Literal["Up", "Down"]

_PLACEHOLDER = re.compile(r"\$\{([a-z_.]+)\}")
_WHOLE = re.compile(r"(-?)\$\{([a-z_.]+)\}")
_COEFFICIENT = "${k}"


def render(
    cabinetry_template: Mapping[str, Any],
    window: Template,
    systematics: Systematics,
    *,
    histogram_folder: str = "histograms",
) -> dict[str, Any]:
    """Fill the placeholders of a cabinetry template for one window.

    Parameters
    ----------
    cabinetry_template
        Content of ``cabinetry_configs/<model>.yaml``.
    window
        The window; its number of bins, degree of the background, mass and MLP range are used.
        With ``signal_wide`` and ``signal_narrow`` the mass resolution becomes a shape and its
        normalisation uncertainty is left out (the two are never used together).
    systematics
        Table I.
    histogram_folder
        What cabinetry will find the histograms in.

    Returns
    -------
    config
        A cabinetry configuration of plain values.

    Raises
    ------
    ConfigError
        A placeholder is unknown, or a systematic uncertainty is not used by the template.
    """
    sizes = systematic_sizes(systematics, window.window.mass_gev, window.window.mlp_range)
    values: dict[str, Any] = {
        **sizes,
        "bin_edges": list(range(window.window.n_bins + 1)),
        "histogram_folder": histogram_folder,
        **_mass_resolution(sizes.pop("mass_resolution"), is_shape=window.signal_wide is not None),
    }
    used: set[str] = set()
    config: dict[str, Any] = _fill(
        dict(cabinetry_template), values, n_coefficients=window.degree + 1, used=used
    )
    unused = [source for source in sizes if source not in used]
    if "mass_resolution.type" not in used:
        unused.append("mass_resolution")
    if unused:
        raise ConfigError(
            "the cabinetry template leaves out systematic uncertainties of the configuration",
            found=", ".join(unused),
            expected="a placeholder ${name} for each",
        )
    return config


def _mass_resolution(size: float, *, is_shape: bool) -> dict[str, Any]:
    """Return the values of the placeholders of the mass resolution."""
    if is_shape:
        return {
            "mass_resolution.type": "NormPlusShape",
            "mass_resolution.up": {"VariationPath": "wide"},
            "mass_resolution.down": {"VariationPath": "narrow"},
        }
    return {
        "mass_resolution.type": "Normalization",
        "mass_resolution.up": {"Normalization": size},
        "mass_resolution.down": {"Normalization": -size},
    }


def _fill(item: Any, values: Mapping[str, Any], *, n_coefficients: int, used: set[str]) -> Any:
    """Fill the placeholders in nested lists and mappings."""
    if isinstance(item, dict):
        return {
            key: _fill(value, values, n_coefficients=n_coefficients, used=used)
            for key, value in item.items()
        }
    if isinstance(item, list):
        filled = []
        for entry in item:
            if _holds_coefficient(entry):
                filled += [
                    _fill(entry, {**values, "k": k}, n_coefficients=n_coefficients, used=used)
                    for k in range(n_coefficients)
                ]
            else:
                filled.append(_fill(entry, values, n_coefficients=n_coefficients, used=used))
        return filled
    if isinstance(item, str) and "${" in item:
        return _fill_text(item, values, used)
    return item


def _fill_text(text: str, values: Mapping[str, Any], used: set[str]) -> Any:
    """Fill one string: a lone placeholder, perhaps with a minus, keeps the type of its value."""
    for name in _PLACEHOLDER.findall(text):
        if name not in values:
            raise ConfigError(
                "unknown placeholder in the cabinetry template",
                key="${" + name + "}",
                expected="one of " + ", ".join(sorted(values)),
            )
        used.add(name)
    if whole := _WHOLE.fullmatch(text):
        sign, name = whole.groups()
        return -values[name] if sign else values[name]
    return _PLACEHOLDER.sub(lambda match: str(values[match.group(1)]), text)


def _holds_coefficient(item: Any) -> bool:
    """Tell whether an entry of a list is to be written once per background coefficient."""
    if isinstance(item, dict):
        return any(_holds_coefficient(value) for value in item.values())
    return isinstance(item, str) and _COEFFICIENT in item


def window_histograms(window: Template) -> dict[tuple[str, Variation | None], FloatArray]:
    """Contents of the histograms of a window.

    Returns
    -------
    histograms
        (n,) contents by name of the sample and, for the mass resolution as a shape, the
        variation ``"Up"`` or ``"Down"`` (else None).

    Raises
    ------
    ConsistencyError
        A template is negative, or a shape uncertainty acts on an empty signal.
    """
    histograms: dict[tuple[str, Variation | None], FloatArray] = {
        ("data", None): window.observed,
        ("signal", None): window.signal,
    }
    for k, values in enumerate(window.background):
        histograms[f"background_{k}", None] = values
    if window.signal_wide is not None and window.signal_narrow is not None:
        histograms["signal", "Up"] = window.signal_wide
        histograms["signal", "Down"] = window.signal_narrow
        if not np.sum(window.signal) > 0.0:
            raise ConsistencyError(
                "a shape uncertainty acts on an empty signal", where=window.window.name
            )
    for (sample, variation), values in histograms.items():
        if np.any(np.asarray(values) < 0.0):
            raise ConsistencyError(
                "a template is negative",
                where=window.window.name,
                key=sample if variation is None else f"{sample} ({variation})",
                found=float(np.min(values)),
                expected="events >= 0",
            )
    return histograms
