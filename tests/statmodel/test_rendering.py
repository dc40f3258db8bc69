"""Rendering the cabinetry template of a model for one window."""

from __future__ import annotations

import copy
import dataclasses
import json

import cabinetry
import numpy as np
import pytest

from fourmu.config.statmodel import Systematics
from fourmu.errors import ConfigError, ConsistencyError
from fourmu.statmodel import render, systematic_sizes
from fourmu.statmodel.rendering import window_histograms


@pytest.mark.parametrize("shape", [False, True])
@pytest.mark.parametrize(("mass_gev", "degree"), [(0.5, 2), (3.0, 1), (9.0, 1)])
def test_rendered_configuration_is_valid_and_complete(
    cabinetry_template, make_window, mass_gev, degree, shape
):
    window = make_window(mass_gev, degree=degree, shape=shape)
    config = render(cabinetry_template, window, Systematics())
    assert cabinetry.configuration.validate(config)
    assert "${" not in json.dumps(config)
    backgrounds = [f"background_{k}" for k in range(degree + 1)]
    assert [sample["Name"] for sample in config["Samples"]] == ["data", "signal", *backgrounds]
    assert all(s.get("Data") or s["DisableStaterror"] for s in config["Samples"])
    factors = {factor["Name"]: factor for factor in config["NormFactors"]}
    assert factors["xsec_fb"]["Bounds"] == [0, 20]
    assert [factors[name]["Bounds"] for name in backgrounds] == [[0, 50]] * (degree + 1)
    assert [factors[name]["Samples"] for name in backgrounds] == backgrounds
    assert config["Regions"][0]["Binning"] == list(range(121))


def test_sizes_are_those_of_table_one_at_the_mass(cabinetry_template, make_window):
    config = render(cabinetry_template, make_window(0.3), Systematics())
    sizes = systematic_sizes(Systematics(), 0.3, 0)
    entries = {entry["Name"]: entry for entry in config["Systematics"]}
    assert list(entries) == list(sizes)
    for name, size in sizes.items():
        assert entries[name]["Type"] == "Normalization"
        assert entries[name]["Up"]["Normalization"] == size
        assert entries[name]["Down"]["Normalization"] == -size


def test_resolution_is_a_shape_or_a_size_never_both(cabinetry_template, make_window):
    config = render(cabinetry_template, make_window(shape=True), Systematics())
    (entry,) = [e for e in config["Systematics"] if e["Name"] == "mass_resolution"]
    assert entry["Type"] == "NormPlusShape"
    assert "Normalization" not in {**entry["Up"], **entry["Down"]}


def test_template_is_not_changed(zprime_template, make_window):
    before = copy.deepcopy(zprime_template)
    render(zprime_template, make_window(), Systematics())
    assert zprime_template == before


def test_unknown_placeholder_is_named(zprime_template, make_window):
    zprime_template["NormFactors"][0]["Nominal"] = "${nonsense}"
    with pytest.raises(ConfigError, match=r"\$\{nonsense\}"):
        render(zprime_template, make_window(), Systematics())


def test_template_that_forgets_a_source_is_refused(zprime_template, make_window):
    zprime_template["Systematics"] = [
        entry
        for entry in zprime_template["Systematics"]
        if entry["Name"] not in {"mlp", "mass_resolution"}
    ]
    with pytest.raises(ConfigError, match="mlp, mass_resolution"):
        render(zprime_template, make_window(), Systematics())


def test_negative_template_is_refused(make_window):
    window = make_window()
    background = window.background.copy()
    background[1, 3] = -0.1
    with pytest.raises(ConsistencyError, match="background_1"):
        window_histograms(dataclasses.replace(window, background=background))


def test_shape_of_an_empty_signal_is_refused(make_window):
    window = dataclasses.replace(make_window(shape=True), signal=np.zeros(120))
    with pytest.raises(ConsistencyError, match="empty signal"):
        window_histograms(window)
