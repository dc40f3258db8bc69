"""Pythia is an extra: what happens without it, and that it works where it is installed."""

import sys

import numpy as np
import pytest

from fourmu.errors import ConfigError, DomainError
from fourmu.generator import generate_pythia, lepton_pair_cross_section


def test_without_the_extra_the_error_names_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pythia8mc", None)
    with pytest.raises(ConfigError, match=r"fourmu\[pythia\]"):
        generate_pythia("hadrons", 1, np.random.default_rng(1))


def test_unknown_processes_are_refused():
    with pytest.raises(DomainError, match="unknown process"):
        generate_pythia("bottom", 1, np.random.default_rng(1))


def test_events_are_whole_and_reproducible():
    pytest.importorskip("pythia8mc")
    first, again = (generate_pythia("hadrons", 60, np.random.default_rng(2)) for _ in range(2))
    assert np.array_equal(first.events.momenta, again.events.momenta)
    charge = {-11: 1, 11: -1, -13: 1, 13: -1, 211: 1, -211: -1, 321: 1, -321: -1, 22: 0}
    charge |= {2212: 1, -2212: -1}
    of_column = np.array([charge[int(code)] for code in first.events.pdg])
    seen = first.events.momenta[..., 0] > 0
    assert np.all((seen * of_column).sum(axis=1) == 0)
    total = first.events.momenta.sum(axis=1)
    assert np.all(total[:, 0] < 10.58 + 1e-6)
    # four flavours: 10/3 of a lepton, with the QCD correction and the running of alpha
    assert 3.3 < first.xsec_fb / lepton_pair_cross_section("mumu") < 4.3


def test_few_charged_particles_can_be_asked_for():
    pytest.importorskip("pythia8mc")
    rng = np.random.default_rng(3)
    few = generate_pythia("hadrons", 20, rng, charged_max=4)
    charged = few.events.momenta[:, np.abs(few.events.pdg) != 22, 0] > 0
    assert charged.sum(axis=1).max() <= 4
    assert few.xsec_fb < generate_pythia("hadrons", 20, rng).xsec_fb
