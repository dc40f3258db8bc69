import dataclasses

import numpy as np
import pytest

from fourmu.config.detector import Detector
from fourmu.config.selection import Selection
from fourmu.detector import beam_frame, lab_from_cm
from fourmu.physics.kinematics import energy_momentum
from fourmu.selection import cuts
from fourmu.selection.quantities import event_quantities

FRAME = beam_frame(Detector())
SETTINGS = Selection()


def track(momentum_cm, charge, **extra):
    """A muon of given c.m. momentum as a track."""
    p = lab_from_cm(energy_momentum(np.array(momentum_cm, dtype=float), 0.1056583755), FRAME)
    pt = np.hypot(p[1], p[2])
    return {
        "pt": pt,
        "theta": np.arctan2(pt, p[3]),
        "phi": np.arctan2(p[2], p[1]),
        "charge": charge,
        **extra,
    }


def photon(energy, direction):
    """A photon of given c.m. energy and direction, as measured."""
    unit = np.array(direction) / np.linalg.norm(direction)
    p = lab_from_cm(np.concatenate([[energy], energy * unit]), FRAME)
    pt = np.hypot(p[1], p[2])
    return p[0], np.arctan2(pt, p[3]), np.arctan2(p[2], p[1])


def balanced(energy=10.58, **extra):
    """Four muons at right angles that share an energy, at rest together."""
    p = np.sqrt((energy / 4.0) ** 2 - 0.1056583755**2)
    return [
        track([p, 0, 0], 1, **extra),
        track([-p, 0, 0], 1),
        track([0, p, 0], -1),
        track([0, -p, 0], -1),
    ]


def quantities(events):
    return event_quantities(events, FRAME)


def test_a_good_event_passes_every_cut(event):
    q = quantities(event(balanced()))
    assert q.four_muon_mass_gev == pytest.approx([10.58], abs=1e-9)
    assert all(cut(q, SETTINGS).all() for _, cut in cuts.EVENT_CUTS)


@pytest.mark.parametrize("triggers", [(True, False), (False, True), (False, False)])
def test_either_trigger_is_enough(event, triggers):
    q = quantities(event(balanced(), triggers=triggers))
    assert cuts.trigger(q, SETTINGS).tolist() == [any(triggers)]


@pytest.mark.parametrize("number", [0, 3, 5])
def test_other_numbers_of_tracks_fail(event, number):
    tracks = (balanced() + balanced())[:number]
    q = quantities(event(tracks))
    assert not cuts.four_tracks(q, SETTINGS).any()
    assert not cuts.four_muon_mass(q, SETTINGS).any()


def test_net_charge_fails(event):
    tracks = balanced()
    tracks[2]["charge"] = 1
    assert not cuts.zero_charge(quantities(event(tracks)), SETTINGS).any()


@pytest.mark.parametrize(
    ("energy", "passes"), [(9.99, False), (10.01, True), (10.99, True), (11.01, False)]
)
def test_four_muon_mass_between_10_and_11(event, energy, passes):
    q = quantities(event(balanced(energy)))
    assert cuts.four_muon_mass(q, SETTINGS).tolist() == [passes]


@pytest.mark.parametrize(
    ("extra", "passes"),
    [({"d0": 0.49}, True), ({"d0": -0.51}, False), ({"z0": -1.9}, True), ({"z0": 2.1}, False)],
)
def test_impact_parameters(event, extra, passes):
    q = quantities(event(balanced(**extra)))
    assert cuts.impact_parameters(q, SETTINGS).tolist() == [passes]


@pytest.mark.parametrize(("muons", "passes"), [(4, True), (3, True), (2, False)])
def test_three_muons_are_enough(event, muons, passes):
    tracks = balanced()
    for index in range(4 - muons):
        tracks[index]["muon"] = False
    assert cuts.three_muons(quantities(event(tracks)), SETTINGS).tolist() == [passes]


def test_photon_energies_are_summed_in_the_detector(event):
    soft = (0.21, 1.0, 0.5)
    one, two = quantities(event(balanced(), [soft])), quantities(event(balanced(), [soft, soft]))
    assert cuts.photon_energy(one, SETTINGS).all()
    assert not cuts.photon_energy(two, SETTINGS).any()


@pytest.mark.parametrize(
    ("mass", "energy", "passes"),
    [(10.30, 0.27, True), (10.30, 0.29, False), (10.39, 0.20, False), (10.41, 0.20, True)],
)
def test_the_radiated_photon_binds_below_10_4(event, mass, energy, passes):
    q = quantities(event(balanced(mass), [(energy, 1.0, 0.5)]))
    assert cuts.radiated_photon(q, SETTINGS).tolist() == [passes]


def test_events_without_photons_pass_the_photon_cuts(event):
    q = quantities(event(balanced(10.1)))
    assert np.isnan(q.photon_angle_rad).all()
    for cut in (cuts.photon_energy, cuts.radiated_photon, cuts.angle_to_photons):
        assert cut(q, SETTINGS).all()


@pytest.mark.parametrize(("degrees", "passes"), [(10.0, True), (159.5, True), (160.5, False)])
def test_angle_between_muons_and_photons_in_the_cm_frame(event, degrees, passes):
    # the muons fly along +x with 1 GeV; the photon at an angle to that
    tracks = balanced()
    tracks[0] = track([3.6, 0.0, 0.0], 1)
    angle = np.radians(degrees)
    seen = photon(0.2, [np.cos(angle), np.sin(angle) * 0.6, np.sin(angle) * 0.8])
    q = quantities(event(tracks, [seen]))
    assert q.photon_angle_rad == pytest.approx([angle], abs=1e-9)
    assert cuts.angle_to_photons(q, SETTINGS).tolist() == [passes]


def test_cuts_do_not_touch_their_input(event):
    q = quantities(event(balanced()))
    before = dataclasses.asdict(q)
    for _, cut in cuts.EVENT_CUTS:
        cut(q, SETTINGS)
    for name, values in dataclasses.asdict(q).items():
        np.testing.assert_array_equal(values, before[name])
