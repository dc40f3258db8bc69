import numpy as np
import pytest
from scipy import stats

from fourmu.config.detector import Detector
from fourmu.config.selection import Selection
from fourmu.detector import beam_frame, lab_from_cm
from fourmu.physics.constants import MUON_MASS_GEV
from fourmu.selection import kinematic_fit
from fourmu.selection.kinematic_fit import total_momentum_lab

SQRT_S = 10.58
DETECTOR, SETTINGS = Detector(), Selection()


def four_momentum(pt, theta, phi):
    pz = pt / np.tan(theta)
    energy = np.sqrt(pt**2 + pz**2 + MUON_MASS_GEV**2)
    return np.stack([energy, pt * np.cos(phi), pt * np.sin(phi), pz], axis=-1)


def true_tracks(partons):
    """(1/pT, theta, phi) of generated muons that fly within the detector."""
    lab = lab_from_cm(partons.momenta, beam_frame(DETECTOR))
    pt = np.hypot(lab[..., 1], lab[..., 2])
    theta = np.arctan2(pt, lab[..., 3])
    inside = np.all((theta > np.radians(17)) & (theta < np.radians(150)) & (pt > 0.1), axis=1)
    return pt[inside], theta[inside], np.arctan2(lab[..., 2], lab[..., 1])[inside]


def sigmas(pt, theta):
    relative = np.hypot(0.001 * pt, 0.003)
    angle = 0.001 * np.sqrt(0.25 + (np.sin(theta) / pt) ** 2)
    return relative, angle


@pytest.fixture(scope="module")
def smeared(reference_partons):
    """Gaussian measurements of the reference Z' events, twenty of each."""
    partons = reference_partons("zprime_m3_to_mumu_1k")
    pt, theta, phi = (np.tile(a, (20, 1)) for a in true_tracks(partons))
    relative, angle = sigmas(pt, theta)
    rng = np.random.default_rng(5)
    return (
        pt / (1.0 + relative * rng.standard_normal(pt.shape)),
        theta + angle * rng.standard_normal(pt.shape),
        phi + angle * rng.standard_normal(pt.shape),
        (pt, theta, phi),
    )


def fit(pt, theta, phi, settings=SETTINGS):
    return kinematic_fit(pt, theta, phi, SQRT_S, settings, DETECTOR)


def test_the_target_is_the_nominal_energy_moving_with_the_cm_frame():
    target = total_momentum_lab(SQRT_S, DETECTOR)
    assert np.sqrt(target[0] ** 2 - np.sum(target[1:] ** 2)) == pytest.approx(SQRT_S, rel=1e-14)
    rest = np.array([SQRT_S, 0.0, 0.0, 0.0])
    assert target == pytest.approx(lab_from_cm(rest, beam_frame(DETECTOR)), rel=1e-14)


def test_fitted_muons_have_the_four_momentum_of_the_beams(smeared):
    result = fit(*smeared[:3])
    total = four_momentum(result.pt, result.theta, result.phi).sum(axis=1)
    assert result.converged.all()
    assert np.abs(total - total_momentum_lab(SQRT_S, DETECTOR)).max() < 1e-6


def test_chi2_follows_its_distribution_of_four_degrees_of_freedom(smeared):
    chi2 = fit(*smeared[:3]).chi2
    n = len(chi2)
    # variance 8; the covariance is taken at the measured momentum, which is off by 1 %
    assert chi2.mean() == pytest.approx(4.0, abs=3.0 * np.sqrt(8.0 / n) + 0.04)
    p_values = stats.chi2.sf(chi2, df=4)
    counts = np.histogram(p_values, bins=10, range=(0, 1))[0]
    assert stats.chisquare(counts).pvalue > 1e-3


def test_the_fit_improves_every_parameter(smeared):
    measured, truth = smeared[:3], smeared[3]
    result = fit(*measured)
    for before, after, true in zip(
        measured, (result.pt, result.theta, result.phi), truth, strict=True
    ):
        assert np.std(after / true - 1.0) < np.std(before / true - 1.0)


def test_chi2_is_that_of_the_shifts(smeared):
    pt, theta, phi, _ = smeared
    result = fit(pt, theta, phi)
    relative, angle = sigmas(pt, theta)
    shifts = [
        (pt / result.pt - 1.0) / relative,
        (result.theta - theta) / angle,
        (result.phi - phi) / angle,
    ]
    total = sum(np.sum(shift**2, axis=1) for shift in shifts)
    assert result.chi2 == pytest.approx(total, rel=1e-4, abs=1e-4)


def test_exact_measurements_stay(reference_partons):
    pt, theta, phi = true_tracks(reference_partons("zprime_m3_to_mumu_1k"))
    result = fit(pt, theta, phi)
    # the file rounds the muon mass at 2e-8 GeV and lacks 1e-9 GeV of the beams
    assert result.pt == pytest.approx(pt, rel=1e-6)
    assert result.chi2.max() < 1e-6


def test_a_fit_that_runs_out_of_iterations_says_so(smeared):
    settings = SETTINGS.model_copy(update={"fit_iterations_max": 2})
    result = fit(*(a[:200] for a in smeared[:3]), settings)
    assert not result.converged.any()


def test_events_with_a_lost_photon_converge_with_a_large_chi2(reference_partons):
    pt, theta, phi = true_tracks(reference_partons("zprime_m3_to_mumu_1k"))
    result = fit(0.95 * pt, theta, phi)
    assert result.converged.all()
    assert np.median(result.chi2) > 100.0
