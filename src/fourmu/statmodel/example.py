"""Synthetic windows with the structure of ours, for benchmarks, tests and documentation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["example_workspace"]

_NORMSYS = {
    "trigger": 0.010,
    "tracking": 0.036,
    "particle_id": 0.015,
    "beam_background": 0.010,
    "mlp": 0.050,
    "interpolation": 0.030,
    "fit_bias": 0.040,
    "luminosity": 0.010,
}


def example_workspace(
    rng: np.random.Generator,
    *,
    bins: int = 120,
    degree: int = 1,
    events_per_bin: float = 3.0,
    signal_yield: float = 50.0,
    injected: float = 0.0,
    shape: bool = True,
) -> dict[str, Any]:
    """Return a pyhf workspace: a peak over Bernstein polynomials, and data drawn from it.

    Parameters
    ----------
    rng
        Source of the data.
    bins
        Number of bins; the window is 60 standard deviations of the peak wide.
    degree
        Of the Bernstein polynomials.
    events_per_bin
        Expected background.
    signal_yield
        Events of the signal template, those of a cross section of 1 fb.
    injected
        Cross section in the data, in fb.
    shape
        Whether the resolution is a systematic of the shape.
    """
    edges = np.linspace(0.0, 1.0, bins + 1)
    centres = 30.0 * (edges[1:] + edges[:-1] - 1.0)

    def peak(width: float) -> NDArray[np.float64]:
        y = 0.8 * np.exp(-0.5 * (centres / width) ** 2)
        y += 0.2 / (1.0 + (centres / (2.0 * width)) ** 2) ** 2
        scaled: NDArray[np.float64] = signal_yield * y / y.sum()
        return scaled

    backgrounds = [
        events_per_bin * bins * np.diff(_bernstein_integral(edges, k, degree))
        for k in range(degree + 1)
    ]
    modifiers: list[dict[str, Any]] = [{"name": "xsec_fb", "type": "normfactor", "data": None}]
    modifiers += [
        {"name": name, "type": "normsys", "data": {"hi": 1.0 + size, "lo": 1.0 - size}}
        for name, size in _NORMSYS.items()
    ]
    if shape:
        variations = {"hi_data": peak(1.25).tolist(), "lo_data": peak(0.8).tolist()}
        modifiers += [
            {"name": "mass_resolution", "type": "normsys", "data": {"hi": 0.93, "lo": 1.07}},
            {"name": "mass_resolution", "type": "histosys", "data": variations},
        ]
    samples = [{"name": "signal", "data": peak(1.0).tolist(), "modifiers": modifiers}]
    samples += [
        {
            "name": f"background_{k}",
            "data": template.tolist(),
            "modifiers": [{"name": f"background_{k}", "type": "normfactor", "data": None}],
        }
        for k, template in enumerate(backgrounds)
    ]
    parameters: list[dict[str, Any]] = [
        {"name": "xsec_fb", "inits": [0.1], "bounds": [[0.0, 20.0]]}
    ]
    parameters += [
        {"name": f"background_{k}", "inits": [1.0], "bounds": [[0.0, 50.0]]}
        for k in range(degree + 1)
    ]
    data = rng.poisson(np.sum(backgrounds, axis=0) + injected * peak(1.0))
    return {
        "version": "1.0.0",
        "channels": [{"name": "window", "samples": samples}],
        "observations": [{"name": "window", "data": data.astype(float).tolist()}],
        "measurements": [{"name": "scan", "config": {"poi": "xsec_fb", "parameters": parameters}}],
    }


def _bernstein_integral(u: NDArray[np.float64], k: int, degree: int) -> NDArray[np.float64]:
    """Integral from 0 to u of the k-th Bernstein polynomial, which is 1/(degree + 1) at u = 1."""
    order = degree + 1
    terms = [math.comb(order, j) * u**j * (1.0 - u) ** (order - j) for j in range(k + 1, order + 1)]
    total: NDArray[np.float64] = np.sum(terms, axis=0) / order
    return total
