"""Smooth made-up windows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from fourmu.physics.kinematics import reduced_mass
from fourmu.templates.window_template import Template, Window

CONFIGS = Path(__file__).parents[2] / "cabinetry_configs"


@pytest.fixture(scope="session", params=["zprime", "scalar"])
def cabinetry_template(request: pytest.FixtureRequest) -> dict[str, Any]:
    return yaml.safe_load((CONFIGS / f"{request.param}.yaml").read_text(encoding="utf-8"))


@pytest.fixture
def zprime_template() -> dict[str, Any]:
    return yaml.safe_load((CONFIGS / "zprime.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def make_window() -> Callable[..., Template]:
    return window


def window(
    mass_gev: float = 3.0,
    *,
    degree: int = 1,
    n_bins: int = 120,
    scale: float = 1.0,
    shape: bool = False,
    seed: int = 1,
) -> Template:
    rng = np.random.default_rng(seed)
    edges = np.linspace(-0.25 * n_bins, 0.25 * n_bins, n_bins + 1)
    centres = 0.5 * (edges[1:] + edges[:-1])

    def peak(width: float) -> np.ndarray:
        values = np.exp(-0.5 * (centres / width) ** 2)
        return 70.0 * scale * values / values.sum()

    centre, sigma_gev = float(reduced_mass(mass_gev)), 0.004
    background = rng.uniform(1.0, 3.0, (degree + 1, n_bins))
    return Template(
        window=Window(
            name="w0123",
            index=123,
            mass_gev=mass_gev,
            reduced_mass_gev=centre,
            sigma_gev=sigma_gev,
            mlp_range=int(np.searchsorted([1.0, 3.75, 6.25, 8.25], mass_gev)),
            bin_low=centre + sigma_gev * edges[:-1],
            bin_high=centre + sigma_gev * edges[1:],
        ),
        signal=peak(1.25 if shape else 1.0),
        background=background,
        observed=rng.poisson(background.sum(axis=0)).astype(np.float64),
        efficiency=0.42,
        signal_wide=peak(1.5) if shape else None,
        signal_narrow=peak(1.0) if shape else None,
    )
