"""Results of the chain: a row per window, consistent with each other and with their inputs."""

import csv

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from fourmu.config import load_analysis
from fourmu.io.candidates import read_candidates
from fourmu.pipeline.samples import sample_files

MUON, TAU = 0.1056583755, 1.77686


def branching_zprime(mass):
    """Z' of L_mu - L_tau: widths m (1 + 2 r) sqrt(1 - 4 r) per charged lepton, m/2 per neutrino.

    PHYSICS 1; r is the squared ratio of the masses.
    """

    def lepton(m):
        r = (m / mass) ** 2
        return np.where(r < 0.25, (1 + 2 * r) * np.sqrt(np.maximum(1 - 4 * r, 0.0)), 0.0)

    return lepton(MUON) / (lepton(MUON) + lepton(TAU) + 2 * 0.5)


def test_every_window_is_ok(chain, model):
    rows = chain.json(f"output/limits/{model}.json")["results"]
    assert [row["workspace"] for row in rows] == [
        f"{model}/{window['name']}.json" for window in chain.fitted(model)
    ]
    assert {row["status"] for row in rows} == {"ok"}
    for row in rows:
        assert row["limit_observed"] > 0
        assert np.all(np.diff(row["limit_expected"]) > 0)


def test_results_carry_the_limits_of_their_windows(chain, model):
    limits = chain.json(f"output/limits/{model}.json")["results"]
    results = chain.json(f"output/results/{model}.json")["results"]
    windows = chain.fitted(model)
    for limit, row, window in zip(limits, results, windows, strict=True):
        assert row["window"] == window["name"]
        assert row["status"] in {"ok", "width_not_negligible"}
        for name in ("mass_gev", "sigma_gev", "reduced_mass_gev", "mlp_range", "efficiency"):
            assert row[name] == window[name]
        for name in ("poi_hat", "poi_hat_error", "q0", "z_local", "p0"):
            assert row[name] == limit[name]
        assert row["xsec_limit_fb"] == limit["limit_observed"]
        assert row["xsec_limit_expected_fb"] == limit["limit_expected"]


def test_coupling_limit_is_the_root_of_limit_over_prediction(chain, model):
    table = chain.json(f"output/results/cross_sections_{model}.json")
    spline = CubicSpline(np.log(table["mass_gev"]), np.log(table["xsec_isr_fb"]))
    rows = chain.json(f"output/results/{model}.json")["results"]
    mass = np.array([row["mass_gev"] for row in rows])
    prediction = np.exp(spline(np.log(mass)))
    if model == "zprime":
        prediction *= branching_zprime(mass)
    else:
        # two muons but for two photons through the muon loop, of relative order (alpha/pi)^2
        # times ln^4(m/m_mu) beyond the threshold: never above 1e-3 where phase space is open
        open_ = mass > 0.25
        branching = np.array([row["branching_fraction"] for row in rows])
        assert np.all(branching[open_] > 0.999)
        prediction *= branching
    limit = np.array([row["xsec_limit_fb"] for row in rows])
    coupling = np.array([row["coupling_limit"] for row in rows])
    # masses of leptons are taken from PDG here and there: 1e-6 is their last digit
    np.testing.assert_allclose(coupling, np.sqrt(limit / prediction), rtol=1e-5)


def test_cross_sections_reach_the_error_asked_for(chain, model):
    table = chain.json(f"output/results/cross_sections_{model}.json")
    for level in ("born", "isr"):
        relative = np.array(table[f"xsec_{level}_error_fb"]) / np.array(table[f"xsec_{level}_fb"])
        assert np.all(relative <= 0.03)


def test_csv_holds_what_json_holds(chain, model):
    rows = chain.json(f"output/results/{model}.json")["results"]
    with (chain.root / f"output/results/{model}.csv").open(newline="") as stream:
        lines = list(csv.DictReader(stream))
    assert len(lines) == len(rows)
    bands = ("minus2", "minus1", "median", "plus1", "plus2")
    for row, line in zip(rows, lines, strict=True):
        flat = {}
        for name, value in row.items():
            if "_expected" in name:
                values = [None] * len(bands) if value is None else value
                flat |= {f"{name}_{band}": v for band, v in zip(bands, values, strict=True)}
            else:
                flat[name] = value
        assert list(flat) == list(line)
        for name, value in flat.items():
            if isinstance(value, str):
                assert line[name] == value
            elif value is None:
                assert line[name] == ""
            else:
                assert float(line[name]) == value


def test_no_event_number_is_given_twice_in_a_sample(chain):
    analysis = load_analysis(chain.config)
    selected = chain.root / "output" / "selected"
    seen = {}
    for file in sample_files(analysis):
        events = np.unique(read_candidates(file.path(selected, ".parquet"))[0].event)
        # mu mu tau tau loses too much energy to neutrinos to leave candidates
        assert len(events) > 0 or file.sample == "mumu_tautau"
        seen.setdefault(file.sample, []).append(events)
    assert len(seen["four_muon"]) == 4
    for sample, parts in seen.items():
        together = np.concatenate(parts)
        assert len(np.unique(together)) == len(together), sample


@pytest.mark.parametrize(
    "name", ["limits/zprime", "limits/scalar", "results/zprime", "results/scalar"]
)
def test_results_say_where_they_come_from(chain, name):
    content = chain.json(f"output/{name}.json")
    assert content["confidence_level"] == 0.9
    assert content["seed"] == content["provenance"]["seed"]
    assert content["provenance"]["inputs_sha256"]
    assert len(content["provenance"]["config_sha256"]) == 64
