"""Made-up smooth cross sections and limits."""

from __future__ import annotations

import numpy as np
import pytest

from fourmu.config.couplings import Couplings
from fourmu.couplings import CrossSectionTable


def _born_fb(mass_gev):
    """Something with the shape of sigma(e+e- -> mu+mu- X): logarithms, an end at sqrt(s)."""
    mass = np.asarray(mass_gev)
    return 6e4 * (1.0 - (mass / 10.58) ** 2) ** 3 * (1.0 + np.log(112.0 / (mass**2 + 0.05)))


def _k_factor(mass_gev):
    return 1.07 - 0.03 * np.asarray(mass_gev)


@pytest.fixture
def born_fb():
    return _born_fb


@pytest.fixture
def k_factor():
    return _k_factor


@pytest.fixture
def make_table():
    def table(model="zprime", coupling=1.0, rel_error=0.003):
        mass = np.array(Couplings().table_masses_gev)
        born = coupling**2 * _born_fb(mass)
        isr = born * _k_factor(mass)
        return CrossSectionTable(
            model=model,
            coupling=coupling,
            mass_gev=mass,
            xsec_born_fb=born,
            xsec_born_error_fb=rel_error * born,
            xsec_isr_fb=isr,
            xsec_isr_error_fb=rel_error * isr,
        )

    return table
