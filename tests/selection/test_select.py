import numpy as np
import pytest

from fourmu.config.detector import Detector
from fourmu.config.selection import Selection
from fourmu.detector import Events, simulate
from fourmu.errors import ConsistencyError, DomainError, InputError
from fourmu.physics.kinematics import reduced_mass
from fourmu.selection import (
    Candidates,
    Cutflow,
    half_smallest_interval,
    reduced_mass_resolution,
    select,
)

DETECTOR, SETTINGS = Detector(), Selection()


def test_cutflow_falls_and_efficiencies_are_those_of_the_sketch(reference_events):
    # DESIGN, "Sizes to expect": 0.55-0.67 before the network, without ISR
    for name in ("zprime_m1_to_mumu_1k", "zprime_m3_to_mumu_1k", "scalar_m3_undecayed_1k"):
        flow = select(reference_events(name, copies=5), SETTINGS, DETECTOR).cutflow
        assert np.all(np.diff(flow.events) <= 0)
        assert flow.names[0] == "all"
        assert 0.55 < flow.efficiencies()[-1] < 0.67
        assert flow.without_trigger[0] >= flow.events[-1]


def test_signal_gives_its_true_pair_and_counts_the_others(reference_events):
    events = reference_events("zprime_m3_to_mumu_1k")
    selected = select(events, SETTINGS, DETECTOR)
    flow, rows = selected.cutflow, selected.candidates
    assert rows.is_true_pair.all()
    assert flow.n_candidates == 4 * flow.events[-1]
    assert len(rows) + flow.n_wrong_pairings + flow.n_electron_vetoed == flow.n_candidates
    assert len(np.unique(rows.event)) == len(rows)
    every = select(events, SETTINGS, DETECTOR, keep="all").candidates
    assert len(every) == flow.n_candidates - flow.n_electron_vetoed
    assert np.array_equal(every.take(every.is_true_pair).mass_gev, rows.mass_gev)


def test_true_pairs_sit_at_the_generated_mass(reference_events):
    rows = select(reference_events("zprime_m1_to_mumu_1k"), SETTINGS, DETECTOR).candidates
    shift = rows.reduced_mass_gev - reduced_mass(rows.x_mass_gev)
    assert abs(np.median(shift)) < 3.0 * 1.2533 * 2.4e-3 / np.sqrt(len(rows))


def test_four_muon_events_give_four_candidates(reference_events):
    selected = select(reference_events("4mu_inclusive_1k"), SETTINGS, DETECTOR)
    rows, flow = selected.candidates, selected.cutflow
    assert not rows.is_true_pair.any()
    assert flow.n_wrong_pairings == 0
    assert len(rows) == 4 * flow.events[-1] - flow.n_electron_vetoed
    full = np.bincount(np.unique(rows.event, return_inverse=True)[1])
    assert set(full) <= {1, 2, 3, 4}
    assert np.all(np.isfinite(rows.variables))
    # pair 0 has both harder muons, pair 3 both softer ones, each as the recoil of the other
    first, last = rows.take(rows.pair == 0), rows.take(rows.pair == 3)
    both, i, j = np.intersect1d(first.event, last.event, return_indices=True)
    assert len(both) > 100
    s = rows.four_muon_mass_gev.max() ** 2
    assert np.all(first.mass_gev[i] ** 2 + last.mass_gev[j] ** 2 < s)


def test_the_fit_narrows_the_reduced_mass_as_in_the_page(reference_events):
    # PHYSICS 3: 2.9 and 7.9 MeV become 2.3 and 3.9; the half interval of n events is known to
    # about 1 / sqrt(n), and the last digit quoted is half a unit
    for name, before, after in (
        ("zprime_m1_to_mumu_1k", 2.9e-3, 2.3e-3),
        ("zprime_m3_to_mumu_1k", 7.9e-3, 3.9e-3),
    ):
        rows = select(reference_events(name, copies=5), SETTINGS, DETECTOR).candidates
        found = reduced_mass_resolution(rows)
        # the five measurements share the parton events, but not their errors
        relative = 3.0 / np.sqrt(len(rows))
        assert found.prefit_gev == pytest.approx(before, abs=before * relative + 5e-5)
        assert found.fitted_gev == pytest.approx(after, abs=after * relative + 5e-5)


def test_electrons_veto_only_candidates_below_one_gev(reference_events):
    events = reference_events("4mu_inclusive_1k")
    object.__setattr__(events, "track_is_electron", np.ones(len(events.track_pt), dtype=np.bool_))
    vetoed = select(events, SETTINGS, DETECTOR)
    events = reference_events("4mu_inclusive_1k")
    object.__setattr__(events, "track_is_electron", np.zeros(len(events.track_pt), dtype=np.bool_))
    clean = select(events, SETTINGS, DETECTOR)
    assert vetoed.candidates.mass_prefit_gev.min() >= 1.0
    light = np.count_nonzero(clean.candidates.mass_prefit_gev < 1.0)
    assert light == vetoed.cutflow.n_electron_vetoed > 0
    assert clean.cutflow.n_electron_vetoed == 0
    assert clean.cutflow.events[-1] == vetoed.cutflow.events[-1]


def test_chunks_add_up_to_the_whole(reference_partons):
    partons = reference_partons("4mu_inclusive_1k")
    rng = np.random.default_rng(3)
    parts = [simulate(partons, DETECTOR, rng, first_event=1000 * k) for k in range(2)]
    chunks = [select(part, SETTINGS, DETECTOR) for part in parts]
    whole = select(Events.concatenate(parts), SETTINGS, DETECTOR)
    joined = chunks[0].cutflow + chunks[1].cutflow
    assert joined.to_dict() == whole.cutflow.to_dict()
    rows = Candidates.concatenate([chunk.candidates for chunk in chunks])
    assert np.array_equal(rows.mass_gev, whole.candidates.mass_gev)
    assert np.array_equal(rows.event, whole.candidates.event)


def test_cutflow_survives_json_and_refuses_strangers(reference_events):
    flow = select(reference_events("4mu_inclusive_1k"), SETTINGS, DETECTOR).cutflow
    assert Cutflow.from_dict(flow.to_dict()).to_dict() == flow.to_dict()
    broken = flow.to_dict()
    del broken["n_candidates"]
    with pytest.raises(InputError, match="n_candidates"):
        Cutflow.from_dict(broken)
    other = Cutflow.from_dict({**flow.to_dict(), "names": ["all"] * len(flow.names)})
    with pytest.raises(ConsistencyError):
        _ = flow + other


def test_weights_are_carried(reference_events):
    events = reference_events("4mu_inclusive_1k")
    object.__setattr__(events, "weight", np.full(len(events), 0.5))
    selected = select(events, SETTINGS, DETECTOR)
    assert selected.cutflow.weights == pytest.approx(0.5 * selected.cutflow.events)
    assert selected.cutflow.weights_squared == pytest.approx(0.25 * selected.cutflow.events)
    assert np.all(selected.candidates.weight == 0.5)


def test_nothing_selected_is_an_empty_table(reference_events):
    settings = Selection(four_muon_mass_gev=(10.99, 11.0))
    selected = select(reference_events("4mu_inclusive_1k"), settings, DETECTOR)
    assert len(selected.candidates) == 0
    assert selected.candidates.variables.shape == (0, 16)


def test_smallest_interval_of_a_skewed_sample():
    # an exponential is densest at zero: the interval is [0, -ln(1 - 0.683)]
    values = np.random.default_rng(4).exponential(1.0, 200_000)
    assert half_smallest_interval(values) == pytest.approx(0.5 * -np.log(0.317), rel=0.01)
    with pytest.raises(DomainError):
        half_smallest_interval(np.array([1.0, np.nan]))
