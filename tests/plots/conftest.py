"""Smooth made-up contents for figures."""

from __future__ import annotations

import numpy as np
import pytest

from fourmu.config.couplings import Couplings
from fourmu.couplings import CrossSectionTable, coupling_limits, g_minus_2_band, trident_coupling
from fourmu.physics.models import model_by_name
from fourmu.plots import (
    DISTRIBUTIONS,
    Curve,
    Roc,
    WindowFit,
    WorkingPointCurve,
    coupling_scan,
    histogram,
    plane,
    scan,
    spectrum,
)


@pytest.fixture
def rng():
    return np.random.default_rng(20240614)


@pytest.fixture
def made_spectrum(rng):
    fourmu = rng.beta(1.0, 2.0, 120_000) * 10.2 + 0.212
    conversions = rng.normal(1.5, 0.3, 6_000)
    photons = 0.212 + rng.exponential(0.4, 4_000)
    return spectrum(
        np.arange(0.2, 10.4001, 0.05),
        rng.choice(fourmu, 45_000, replace=False),
        {
            "mumugamma": (conversions, np.full(6_000, 0.5)),
            "ee_mumu": (photons, np.full(4_000, 0.5)),
            "four_muon": (fourmu, np.full(120_000, 0.5)),
        },
    )


@pytest.fixture
def made_plane(rng):
    axes = DISTRIBUTIONS["figure_04_candidate_momenta"]
    signal = (*rng.normal(2.2, 0.7, (2, 20_000)), np.ones(20_000))
    background = (*(5.0 * rng.beta(0.5, 0.5, (2, 20_000))), np.ones(20_000))
    return plane(axes, signal, background)


@pytest.fixture
def made_histogram(rng):
    (axis,) = DISTRIBUTIONS["figure_09_pair_momentum"]
    return histogram(
        axis,
        (rng.normal(3.0, 0.8, 5_000), np.ones(5_000)),
        (4.86 - rng.exponential(0.6, 5_000), np.full(5_000, 0.5)),
    )


@pytest.fixture
def made_curves():
    mass = np.concatenate([[0.212], np.arange(0.25, 10.01, 0.25)])
    line = np.linspace(0.212, 9.0, 300)
    return [
        Curve(
            title=title,
            mass_gev=mass,
            value=top * (1.0 - (mass / 11.0) ** 4),
            error=np.full(len(mass), 0.004),
            smooth_mass_gev=line,
            smooth_value=top * (1.0 - (line / 11.0) ** 4),
        )
        for title, top in (("$Z'$", 0.42), ("$S$", 0.38))
    ]


@pytest.fixture
def made_limits(rng):
    def make(name="zprime", *, blind=False):
        sigma = 0.004
        mass = np.arange(0.212, 9.0, sigma)
        mass = mass[(mass < 3.07) | (mass > 3.12)]
        median = 0.06 * (1.0 + 3.0 * np.exp(-mass / 0.4) + (mass / 8.0) ** 8)
        bands = np.array([0.54, 0.72, 1.0, 1.4, 1.9])
        z = rng.standard_normal(len(mass))
        observed = median * np.exp(0.35 * z)
        status = ["ok"] * len(mass)
        status[700] = "not_converged"
        table_mass = np.array(Couplings().table_masses_gev)
        born = 5e4 * (1.0 - (table_mass / 10.58) ** 2) ** 4 / (1.0 + table_mass**2 / 4.0)
        table = CrossSectionTable(
            model=name,
            coupling=1.0,
            mass_gev=table_mass,
            xsec_born_fb=born,
            xsec_born_error_fb=0.003 * born,
            xsec_isr_fb=0.97 * born,
            xsec_isr_error_fb=0.003 * born,
        )
        limits = coupling_limits(
            model=model_by_name(name),
            table=table,
            section=Couplings(),
            window=[f"w{i:04d}" for i in range(len(mass))],
            mass_gev=mass,
            sigma_gev=np.full(len(mass), sigma),
            xsec_limit_fb=np.full(len(mass), np.nan) if blind else observed,
            xsec_limit_expected_fb=median[:, None] * bands,
            status=status,
            message=[""] * len(mass),
        )
        return limits, np.maximum(z, 0.0)

    return make


@pytest.fixture
def made_scan(made_limits):
    def make(name="zprime"):
        limits, z_local = made_limits(name)
        return scan(
            model=name,
            mass_gev=limits.mass_gev,
            sigma_gev=limits.sigma_gev,
            observed=limits.xsec_limit_fb,
            expected=limits.xsec_limit_expected_fb,
            z_local=z_local,
        )

    return make


@pytest.fixture
def made_coupling_figure(made_limits):
    def make(name="zprime", measurement="2024"):
        content = coupling_scan(made_limits(name)[0])
        mass = np.geomspace(0.2, 9.5, 300)
        return {
            "content": content,
            "band": g_minus_2_band(model_by_name(name), mass, measurement=measurement),
            "trident": (mass, trident_coupling(mass)) if name == "zprime" else None,
        }

    return make


@pytest.fixture
def made_fit(rng):
    edges = np.linspace(5.28, 5.58, 121)
    centres = 0.5 * (edges[1:] + edges[:-1])
    background = 4.0 - 2.0 * (centres - 5.28)
    signal = 25.0 * np.exp(-0.5 * ((centres - 5.43) / 0.005) ** 2) * 0.0025 / (0.005 * 2.5066)
    return WindowFit(
        model_title="$L_\\mu - L_\\tau$ $Z'$",
        window="w1234",
        mass_gev=5.434,
        bin_low=edges[:-1],
        bin_high=edges[1:],
        observed=rng.poisson(background + signal).astype(np.float64),
        signal=signal,
        background=background,
        background_only=1.05 * background,
        z_local=3.4,
        xsec_fb=0.213,
        xsec_error_fb=0.061,
    )


@pytest.fixture
def made_rocs():
    x = np.linspace(0.0, 1.0, 200)
    return [
        Roc(
            title=f"range {i + 1}",
            signal_efficiency=x,
            background_efficiency=x ** (4 + i),
            area=0.9,
        )
        for i in range(5)
    ]


@pytest.fixture
def made_working_points():
    points = []
    for i, (low, high) in enumerate(
        [(0.212, 1.0), (1.0, 3.75), (3.75, 6.25), (6.25, 8.25), (8.25, 9.0)]
    ):
        mass = np.linspace(low, high, 12)
        points.append(
            WorkingPointCurve(
                title=f"{low:g}-{high:g} GeV",
                mass_gev=mass,
                cut_raw=0.6 + 0.02 * np.sin(9.0 * mass),
                cut=np.full(12, 0.6),
                figure_of_merit=0.2 + 0.01 * mass + 0.01 * i,
            )
        )
    return points
