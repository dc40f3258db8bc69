import numpy as np
import pytest

from fourmu.config.detector import Detector
from fourmu.detector import beam_frame, lab_from_cm, simulate
from fourmu.errors import DomainError
from fourmu.generator.events import PartonEvents

N = 20_000


def within(count, n, probability):
    """Whether a count agrees with a probability within 4 standard deviations."""
    sigma = np.sqrt(max(n * probability * (1.0 - probability), 1.0))
    return abs(count - n * probability) <= 4.0 * sigma


def test_pulls_of_track_parameters_are_standard_normal(gun, quiet):
    p, theta, phi = 2.0, 70.0, 0.3
    events = simulate(gun(N, (13, p, theta, phi)), quiet, np.random.default_rng(1))
    pt = p * np.sin(np.radians(theta))
    relative = np.hypot(0.001 * pt, 0.003)
    angle = 0.001 * np.sqrt(0.25 + 1.0 / p**2)
    beta = p / np.hypot(p, 0.1056583755)
    impact = 1e-4 * np.hypot(12.0, 20.0 / (p * beta * np.sin(np.radians(theta)) ** 1.5))
    for pull in (
        (pt / events.track_pt - 1.0) / relative,
        (events.track_theta - np.radians(theta)) / angle,
        (events.track_phi - phi) / angle,
        events.track_d0_cm / impact,
        events.track_z0_cm / impact,
    ):
        n = len(pull)
        assert abs(pull.mean()) < 4.0 / np.sqrt(n)
        assert abs(pull.std() - 1.0) < 4.0 / np.sqrt(2.0 * n)


def test_a_worse_detector_is_wider_by_the_scale(gun, quiet):
    worse = quiet.model_copy(update={"resolution_scale": 1.25})
    shots = gun(N, (13, 2.0, 70.0, 0.3))
    nominal = simulate(shots, quiet, np.random.default_rng(2)).track_theta.std()
    scaled = simulate(shots, worse, np.random.default_rng(2)).track_theta.std()
    assert scaled / nominal == pytest.approx(1.25, rel=1e-9)


@pytest.mark.parametrize(("pt", "expected"), [(1.0, 0.99), (0.2, 0.97), (0.1, 0.95), (0.04, 0.0)])
def test_tracking_efficiency_against_pt(gun, quiet, pt, expected):
    p = pt / np.sin(np.radians(80.0))
    events = simulate(gun(N, (-13, p, 80.0, 1.0)), quiet, np.random.default_rng(3))
    assert within(len(events.track_pt), N, expected)
    assert np.all(events.track_charge == 1)


@pytest.mark.parametrize(
    ("theta", "seen"), [(16.5, False), (17.5, True), (149.5, True), (150.5, False)]
)
def test_tracks_are_found_between_17_and_150_degrees(gun, quiet, theta, seen):
    events = simulate(gun(100, (13, 2.0, theta, 0.0)), quiet, np.random.default_rng(4))
    assert (len(events.track_pt) > 0) == seen


@pytest.mark.parametrize(
    ("code", "p", "theta", "muon", "electron"),
    [
        (13, 0.4, 80.0, 0.93, 0.005),
        (13, 3.0, 80.0, 0.99, 0.005),
        (211, 0.4, 80.0, 0.20, 0.01),
        (-211, 3.0, 80.0, 0.03, 0.01),
        (11, 0.4, 80.0, 0.01, 0.95),
        (11, 3.0, 42.0, 0.01, 0.95),
        (-11, 3.0, 80.0, 0.0002, 0.95),
    ],
)
def test_identification_goes_by_the_kind_of_particle(gun, quiet, code, p, theta, muon, electron):
    events = simulate(gun(N, (code, p, theta, 0.0)), quiet, np.random.default_rng(5))
    n = len(events.track_pt)
    assert within(np.count_nonzero(events.track_is_muon), n, muon)
    assert within(np.count_nonzero(events.track_is_electron), n, electron)


def test_a_photon_in_the_barrel_is_measured_with_its_resolution(gun, quiet):
    events = simulate(gun(N, photons=[(8.0, 90.0, 0.0)]), quiet, np.random.default_rng(6))
    assert len(events.photon_energy) == N
    relative = events.photon_energy.std() / 8.0
    assert relative == pytest.approx(0.016, rel=0.01 + 4.0 / np.sqrt(2 * N))


@pytest.mark.parametrize(("energy", "theta"), [(1.0, 31.8), (1.0, 129.5), (1.0, 10.0), (0.05, 90)])
def test_photons_in_gaps_beside_the_calorimeter_or_too_soft_are_unseen(gun, quiet, energy, theta):
    events = simulate(gun(100, photons=[(energy, theta, 0.0)]), quiet, np.random.default_rng(7))
    assert len(events.photon_energy) == 0


def test_a_photon_at_the_threshold_is_seen_half_of_the_time(gun, quiet):
    events = simulate(gun(N, photons=[(0.1, 90.0, 0.0)]), quiet, np.random.default_rng(8))
    assert within(len(events.photon_energy), N, 0.5)
    assert events.photon_energy.min() >= 0.1


def test_collinear_isr_photons_leave_through_the_beam_pipe(gun, quiet):
    events = gun(10, (13, 2.0, 70.0, 0.0))
    photons = np.zeros((10, 2, 4))
    photons[:, 0] = [1.0, 0.0, 0.0, 1.0]
    photons[:, 1] = [1.0, 0.0, 0.0, -1.0]
    object.__setattr__(events, "photons", photons)
    assert len(simulate(events, quiet, np.random.default_rng(9)).photon_energy) == 0


def test_photons_among_the_final_particles_are_measured_and_absent_ones_skipped(gun, quiet):
    events = gun(4, (13, 2.0, 70.0, 0.0), (22, 1.0, 90.0, 1.0))
    events.momenta[2:, 1] = 0.0
    seen = simulate(events, quiet, np.random.default_rng(10))
    assert np.diff(seen.photon_offsets).tolist() == [1, 1, 0, 0]


def test_beam_background_follows_its_level():
    settings = Detector(background_photons_mean=0.7)
    rng = np.random.default_rng(11)
    n = 5_000
    empty = PartonEvents(
        momenta=np.zeros((n, 0, 4)),
        pdg=np.zeros(0, dtype=np.int64),
        photons=np.zeros((n, 2, 4)),
        weight=np.ones(n),
        x_mass_gev=np.full(n, np.nan),
        sqrt_s_gev=10.58,
        process="empty",
    )
    events = simulate(empty, settings, rng)
    assert abs(len(events.photon_energy) - 0.7 * n) < 4.0 * np.sqrt(0.7 * n)
    excess = events.photon_energy - 0.1
    assert excess.min() >= 0.0
    assert excess.mean() == pytest.approx(0.03, abs=4.0 * 0.03 / np.sqrt(len(excess)))


def test_single_muon_triggers_are_independent(gun, quiet):
    one = simulate(gun(N, (13, 2.0, 80.0, 0.0)), quiet, np.random.default_rng(12))
    two = simulate(
        gun(N, (13, 2.0, 80.0, 0.0), (-13, 2.0, 80.0, 3.0)), quiet, np.random.default_rng(13)
    )
    assert within(np.count_nonzero(one.trigger_single_muon), N, 0.90)
    assert within(np.count_nonzero(two.trigger_single_muon), N, 0.99)
    assert not one.trigger_three_track.any()
    assert not two.trigger_three_track.any()


def test_the_single_muon_trigger_falls_beside_its_plateau(gun, quiet):
    # halfway between 17 degrees, the end of the tracks, and 51, the end of the plateau
    events = simulate(gun(N, (13, 2.0, 34.0, 0.0)), quiet, np.random.default_rng(20))
    assert within(np.count_nonzero(events.trigger_single_muon), N, 0.45)


@pytest.mark.parametrize("particle", [(13, 0.6, 80.0, 0.0), (11, 2.0, 80.0, 0), (211, 2.0, 80, 0)])
def test_what_does_not_reach_the_klm_fires_no_single_muon(gun, quiet, particle):
    events = simulate(gun(500, particle), quiet, np.random.default_rng(14))
    assert not events.trigger_single_muon.any()


def test_three_track_trigger_turns_on_in_the_softest_of_three(gun, quiet):
    def efficiency(softest):
        shots = gun(4_000, (13, 2.0, 60, 0.0), (-13, 2.0, 80, 2.0), (13, softest, 90.0, 4.0))
        return simulate(shots, quiet, np.random.default_rng(15)).trigger_three_track.mean()

    curve = [efficiency(pt) for pt in (0.1, 0.2, 0.3, 0.5, 1.0)]
    assert np.all(np.diff(curve) > -0.01)
    assert curve[0] < 0.3
    assert curve[-2] > 0.98


def test_equal_seeds_give_equal_events(gun):
    shots = gun(200, (13, 2.0, 60, 0.0), (-13, 2.0, 80, 2.0))
    first = simulate(shots, Detector(), np.random.default_rng(16))
    again = simulate(shots, Detector(), np.random.default_rng(16), first_event=200)
    assert np.array_equal(first.track_pt, again.track_pt)
    assert np.array_equal(first.photon_energy, again.photon_energy)
    assert again.event.tolist() == list(range(200, 400))


def test_the_kernel_uses_the_same_frame_as_everyone(gun):
    sharp = Detector(
        pt_resolution_per_gev=0.0,
        pt_resolution_constant=1e-12,
        angle_resolution_rad=1e-12,
        background_photons_mean=0.0,
    )
    shots = gun(1, (13, 2.0, 60, 0.4))
    seen = simulate(shots, sharp, np.random.default_rng(18))
    lab = lab_from_cm(shots.momenta[0, 0], beam_frame(sharp))
    assert seen.track_pt == pytest.approx([np.hypot(lab[1], lab[2])], rel=1e-10)
    assert seen.track_theta == pytest.approx([np.radians(60)], rel=1e-10)
    assert seen.track_phi == pytest.approx([0.4], rel=1e-10)


def test_a_particle_without_response_is_refused(gun, quiet):
    events = gun(1, (13, 2.0, 60, 0.4))
    object.__setattr__(events, "pdg", np.array([15]))
    with pytest.raises(DomainError, match="no response"):
        simulate(events, quiet, np.random.default_rng(19))


@pytest.mark.parametrize(
    ("particles", "fires"),
    [
        ([(11, 1.5, 80, 0)], True),
        ([(11, 0.9, 80, 0)], False),
        ([(11, 1.5, 20, 0)], False),
        ([(11, 1.5, 129, 0)], False),
        ([(22, 1.5, 80, 0)], True),
        ([(13, 4.0, 80, 0)], False),
        # four minimum-ionising particles leave 0.8 GeV, six 1.2
        ([(13, 4.0, 80, i) for i in range(4)], False),
        ([(211, 4.0, 80, 0.5 * i) for i in range(6)], True),
        ([(11, 0.9, 80, 0), (-13, 2.0, 80, 1)], True),
        # a soft muon leaves no more than its momentum
        ([(11, 0.9, 80, 0), (-13, 0.09, 80, 1)], False),
        ([(14, 4.0, 80, 0)], False),
    ],
)
def test_the_reference_trigger_sums_the_calorimeter(gun, quiet, particles, fires):
    events = simulate(gun(20, *particles), quiet, np.random.default_rng(21))
    assert np.all(events.trigger_calorimeter == fires)
