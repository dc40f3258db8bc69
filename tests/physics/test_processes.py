"""The table of Sec. III is whole, and the resonances are those of the tables of particles."""

import pytest

from fourmu.errors import ConfigError
from fourmu.physics.processes import PROCESSES
from fourmu.physics.resonances import RESONANCES, resonance_by_name


def test_every_process_has_a_row_with_a_reason():
    for name, process in PROCESSES.items():
        assert process.name == name
        assert process.why.endswith(".")
        if process.kind == "optional":
            assert process.sample in ("hadrons", "tau_pairs")
        if process.kind in ("ntuples", "negligible"):
            assert process.sample is None


def test_the_samples_of_the_chain_are_those_of_the_table():
    samples = [process.sample for process in PROCESSES.values() if process.sample]
    assert sorted(samples) == [
        "ee_mumu",
        "four_muon",
        "hadrons",
        "mumu_gamma",
        "mumu_tautau",
        "tau_pairs",
    ]


def test_resonances_by_name():
    assert {name: r.area_gev for name, r in RESONANCES.items()} == {
        "rho": 1.870,
        "jpsi": 0.0875,
        "psi2s": 0.0050,
        "upsilon1s": 0.0088,
    }
    assert resonance_by_name("jpsi").mass_gev == pytest.approx(3.0969)
    with pytest.raises(ConfigError, match="unknown resonance 'phi'"):
        resonance_by_name("phi")
