"""Windows per second in building workspaces with cabinetry, one process."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import yaml

from fourmu.config.statmodel import Systematics
from fourmu.physics.kinematics import reduced_mass
from fourmu.statmodel import build_workspaces, workspace_bytes
from fourmu.templates.window_template import Template, Window

CONFIGS = Path(__file__).parents[1] / "cabinetry_configs"


def windows(n_windows: int, n_bins: int = 120) -> list[Template]:
    """Windows with a Gaussian signal and a flat background, spread over the scan."""
    rng = np.random.default_rng(20240614)
    edges = np.linspace(-30.0, 30.0, n_bins + 1)
    peak = np.exp(-0.5 * (0.5 * (edges[1:] + edges[:-1])) ** 2)
    peak /= peak.sum()
    made = []
    for index, mass_gev in enumerate(np.linspace(0.4, 9.0, n_windows)):
        degree = 2 if mass_gev < 1.0 else 1
        sigma_gev, centre = 0.004, float(reduced_mass(float(mass_gev)))
        background = np.full((degree + 1, n_bins), 2.0 / (degree + 1))
        window = Window(
            name=f"w{index:04d}",
            index=index,
            mass_gev=float(mass_gev),
            reduced_mass_gev=centre,
            sigma_gev=sigma_gev,
            mlp_range=int(np.searchsorted([1.0, 3.75, 6.25, 8.25], mass_gev)),
            bin_low=centre + sigma_gev * edges[:-1],
            bin_high=centre + sigma_gev * edges[1:],
        )
        made.append(
            Template(
                window=window,
                signal=60.0 * peak,
                background=background * rng.uniform(0.8, 1.2),
                observed=rng.poisson(2.0, n_bins).astype(np.float64),
                efficiency=0.4,
            )
        )
    return made


def main() -> None:
    """Build, serialise and print the rate."""
    template = yaml.safe_load((CONFIGS / "zprime.yaml").read_text(encoding="utf-8"))
    list(build_workspaces(template, windows(2), Systematics()))  # imports cabinetry
    many = windows(500)
    start = time.perf_counter()
    sizes = [len(workspace_bytes(w)) for w in build_workspaces(template, many, Systematics())]
    seconds = time.perf_counter() - start
    print(
        f"workspaces: {len(sizes) / seconds:.0f} windows/s on one core "
        f"({1e3 * seconds / len(sizes):.2f} ms, {np.mean(sizes) / 1e3:.1f} kB per window)"
    )


if __name__ == "__main__":
    main()
