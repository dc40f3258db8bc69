"""Corrected simulation has the efficiencies of data; errors of tables move it as they should."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from fourmu.config.detector import Detector
from fourmu.config.selection import Selection
from fourmu.detector import simulate
from fourmu.errors import InputError
from fourmu.selection import (
    CorrectionEffect,
    CorrectionTable,
    EfficiencyCorrection,
    correction_effects,
    correction_weights,
    select,
)

P_EDGES = (0.0, 0.7, 1.5, 8.0)
THETA_EDGES = (15.0, 60.0, 120.0, 155.0)


def table(factor=1.0, error=0.0, statistical=0.0, efficiency=None):
    """A table of three by three bins; numbers, or functions of the bin."""
    rows = [(p, q, low, high) for p, q in pairwise(P_EDGES) for low, high in pairwise(THETA_EDGES)]
    names = ("p_min_gev", "p_max_gev", "theta_min_deg", "theta_max_deg")
    columns = {name: np.array([row[k] for row in rows]) for k, name in enumerate(names)}
    given = {"factor": factor, "error": error, "statistical_error": statistical}
    if efficiency is not None:
        given["efficiency"] = efficiency
    for name, value in given.items():
        columns[name] = np.broadcast_to(np.asarray(value, dtype=float), len(rows)).copy()
    return CorrectionTable.of_columns(columns)


def correction(kind, name="c", particle="any", charge=None, **columns):
    return EfficiencyCorrection(
        name=name, kind=kind, table=table(**columns), particle=particle, charge=charge
    )


@pytest.fixture(scope="module")
def sample(reference_partons):
    """Reconstructed Z' events of 1 GeV, many responses to each."""
    partons = reference_partons("zprime_m1_to_mumu_1k")
    rng = np.random.default_rng(3)
    return [
        simulate(partons, Detector(), rng, first_event=copy * len(partons)) for copy in range(20)
    ]


@pytest.fixture(scope="module")
def events(sample):
    return type(sample[0]).concatenate(sample)


def test_factors_of_one_change_nothing(events):
    corrections = [
        correction("tracking", "a"),
        correction("muon_id", "b", efficiency=0.95),
        correction("single_muon_trigger", "c", particle="muon", efficiency=0.7),
    ]
    assert np.allclose(correction_weights(events, corrections), 1.0, rtol=1e-12)
    assert np.all(correction_weights(events, []) == 1.0)


def test_found_tracks_multiply_their_factors(events):
    weights = correction_weights(events, [correction("tracking", factor=0.98)])
    assert np.allclose(weights, 0.98 ** np.diff(events.track_offsets), rtol=1e-12)


def test_only_tracks_of_the_particle_and_charge_are_corrected(events):
    negative = correction_weights(events, [correction("tracking", factor=0.9, charge=-1)])
    counts = np.add.reduceat(
        np.append(events.track_charge < 0, 0),
        np.minimum(events.track_offsets[:-1], len(events.track_pt)),
    )
    counts[np.diff(events.track_offsets) == 0] = 0
    assert np.allclose(negative, 0.9**counts)
    hadrons = correction("tracking", factor=0.9, particle="hadron")
    assert np.all(correction_weights(events, [hadrons]) == 1.0)


def test_each_track_takes_the_factor_of_its_bin():
    factors = np.linspace(0.9, 1.08, 9)
    found = table(factor=factors)
    # p 1.0 is in the second bin of momentum, 100 degrees in the second of angle
    index, beyond = found.bins(np.array([1.0, 0.1, 99.0]), np.radians([100.0, 16.0, 170.0]))
    assert factors[index].tolist() == [factors[4], factors[0], factors[8]]
    assert beyond.tolist() == [False, False, True]


def test_identification_of_data_is_recovered(reference_partons):
    """The weighted simulation passes 'at least three muons' as often as one made with the data's.

    The efficiencies of the simulation are flat here, so the table knows them exactly.
    """
    partons = reference_partons("zprime_m3_to_mumu_1k")
    flat = {"muon_id_momentum_gev": (0.5, 2.0), "pion_as_muon": (0.1, 0.1)}
    share = {}
    for name, efficiency in (("simulation", 0.9), ("data", 0.81)):
        settings = Detector(**flat, muon_id_efficiency=(efficiency, efficiency))
        rng = np.random.default_rng(5)
        parts = [simulate(partons, settings, rng) for _ in range(30)]
        found = type(parts[0]).concatenate(parts)
        if name == "simulation":
            weights = correction_weights(found, [correction("muon_id", factor=0.9, efficiency=0.9)])
            # losses and gains cancel over all events
            assert weights.mean() == pytest.approx(1.0, abs=4 * weights.std() / len(weights) ** 0.5)
            found = replace(found, weight=weights)
        flow = select(found, Selection(), settings).cutflow
        place = flow.names.index("three_muons")
        share[name] = (
            flow.weights[place] / flow.weights[place - 1],
            flow.weights_squared[place] ** 0.5 / flow.weights[place - 1],
        )
    (simulated, error), (data, other) = share["simulation"], share["data"]
    # four tracks, at least three of them: 4 e^3 (1 - e) + e^4
    assert data == pytest.approx(4 * 0.81**3 * 0.19 + 0.81**4, abs=3 * other)
    assert simulated == pytest.approx(data, abs=3 * np.hypot(error, other))


def test_the_efficiency_of_the_or_of_triggers_is_recovered(reference_partons):
    """A worse single-muon trigger in data: the corrected simulation fires as often."""
    partons = reference_partons("zprime_m1_to_mumu_1k")
    plain = {
        "single_muon_theta_deg": (17.0, 150.0),
        "klm_momentum_min_gev": 0.0,
        "track_efficiency": (0.99, 0.99, 0.99),
    }
    found = {}
    for name, efficiency in (("simulation", 0.6), ("data", 0.48)):
        settings = Detector(**plain, single_muon_efficiency=(efficiency, efficiency))
        rng = np.random.default_rng(11)
        parts = [simulate(partons, settings, rng) for _ in range(30)]
        found[name] = type(parts[0]).concatenate(parts)
    simulation, data = found["simulation"], found["data"]
    # the table sees found tracks alone: events in which every muon of the acceptance is found
    corrections = [correction("single_muon_trigger", factor=0.8, efficiency=0.6, particle="muon")]
    weights = correction_weights(simulation, corrections)
    fired = simulation.trigger_three_track | simulation.trigger_single_muon
    passing = float(weights[fired].sum() / weights.sum())
    wanted = float((data.trigger_three_track | data.trigger_single_muon).mean())
    error = np.hypot(
        np.sqrt(np.square(weights[fired]).sum()) / weights.sum() * np.sqrt(1 - passing),
        np.sqrt(wanted * (1 - wanted) / len(data)),
    )
    uncorrected = float(fired.mean())
    assert uncorrected - wanted > 10 * error
    # one per cent of the tracks is lost to the table, which says less of their events
    assert passing == pytest.approx(wanted, abs=3 * error + 0.01 * (uncorrected - wanted))


def test_three_tracks_of_four_fire_with_their_binomial_probability(event):
    one = event([{"pt": 1.0, "phi": k} for k in range(4)], triggers=(True, False))
    up = correction_weights(one, [correction("three_track_trigger", factor=0.8, efficiency=0.9)])
    chance = lambda e: 4 * e**3 * (1 - e) + e**4  # noqa: E731
    assert up[0] == pytest.approx(chance(0.72) / chance(0.9), rel=1e-12)
    silent = replace(one, trigger_three_track=np.array([False]))
    down = correction_weights(
        silent, [correction("three_track_trigger", factor=0.8, efficiency=0.9)]
    )
    assert down[0] == pytest.approx((1 - chance(0.72)) / (1 - chance(0.9)), rel=1e-9)
    # the other trigger fired: the event passes whatever this one does
    spectator = replace(one, trigger_single_muon=np.array([True]))
    same = correction_weights(
        spectator, [correction("three_track_trigger", factor=0.8, efficiency=0.9)]
    )
    assert same[0] == 1.0


def test_two_triggers_weight_an_event_together(event):
    one = event([{"pt": 1.0, "phi": k} for k in range(4)], triggers=(True, True))
    corrections = [
        correction("three_track_trigger", "a", factor=0.8, efficiency=0.9),
        correction("single_muon_trigger", "b", factor=0.5, efficiency=0.6),
    ]
    chance = lambda e: 4 * e**3 * (1 - e) + e**4  # noqa: E731
    either = lambda e, m: 1 - (1 - chance(e)) * (1 - m) ** 4  # noqa: E731
    wanted = either(0.72, 0.3) / either(0.9, 0.6)
    assert correction_weights(one, corrections)[0] == pytest.approx(wanted, rel=1e-12)


KINDS = {
    "tracking": None,
    "muon_id": 0.9,
    "electron_id": 0.02,
    "three_track_trigger": 0.8,
    "single_muon_trigger": 0.6,
}


@pytest.mark.parametrize("kind", KINDS)
def test_errors_move_the_sum_as_moved_tables_do(events, kind):
    """The shift by the error is that of two tables; the slope of each bin is its difference."""
    rng = np.random.default_rng(17)
    factor = rng.uniform(0.93, 1.02, 9)
    error, statistical = rng.uniform(0.005, 0.02, 9), rng.uniform(0.005, 0.03, 9)
    own = correction(
        kind, "own", factor=factor, error=error, statistical=statistical, efficiency=KINDS[kind]
    )
    other = correction("tracking", "other", factor=0.97, error=0.01)
    chosen = np.flatnonzero(events.trigger_single_muon | events.trigger_three_track)[::3]

    def total(shift):
        moved = replace(own, table=replace(own.table, factor=factor + shift))
        return float(correction_weights(events, [moved, other])[chosen].sum())

    weights = correction_weights(events, [own, other])[chosen]
    effect, second = correction_effects(events, [own, other], chosen, weights)
    nominal = total(0.0)
    assert effect.mean_weight == pytest.approx(
        nominal / correction_weights(events, [other])[chosen].sum(), rel=1e-9
    )
    assert effect.shift == pytest.approx(abs(total(error) - total(-error)) / 2 / nominal, rel=1e-9)
    step = 1e-4
    slopes = [(total(step * unit) - total(-step * unit)) / (2 * step) for unit in np.eye(9)]
    wanted = np.linalg.norm(np.array(slopes) * statistical) / nominal
    # central differences are good to the square of the step
    assert effect.shift_statistical == pytest.approx(wanted, rel=1e-5)
    if kind != "tracking":
        return
    assert second.shift == pytest.approx(
        np.average(np.diff(events.track_offsets)[chosen], weights=weights) * 0.01 / 0.97, rel=1e-3
    )


def test_an_effect_survives_json():
    effect = CorrectionEffect(
        name="a", kind="tracking", mean_weight=0.9, shift=0.03, shift_statistical=0.04, outside=0.0
    )
    assert CorrectionEffect.from_dict(effect.to_dict()) == effect
    assert effect.total == pytest.approx(0.05)


def test_kinds_that_need_the_efficiency_say_so():
    for kind in ("electron_id", "single_muon_trigger", "three_track_trigger"):
        with pytest.raises(InputError, match="need the efficiency"):
            correction(kind)


@pytest.mark.parametrize("kind", KINDS)
def test_a_sample_without_candidates_has_no_shift(events, kind):
    nothing = np.zeros(0, dtype=np.int64)
    own = correction(kind, factor=0.9, error=0.1, statistical=0.1, efficiency=KINDS[kind])
    (effect,) = correction_effects(events, [own], nothing, np.zeros(0))
    assert (effect.mean_weight, effect.total, effect.outside) == (1.0, 0.0, 0.0)
