"""From candidates to the templates of every window."""

import json
import time

import numpy as np
import pytest

from fourmu.classifiers import mlp_ranges
from fourmu.config.classifiers import Classifiers
from fourmu.config.signal_model import SignalModelling
from fourmu.config.templates import Templates
from fourmu.errors import ConsistencyError, DomainError
from fourmu.physics.kinematics import reduced_mass
from fourmu.templates import (
    GeneratedEvents,
    SignalModel,
    SignalSample,
    build_signal_model,
    build_templates,
    build_windows,
    candidate_spectra,
)

EDGES = Classifiers().range_edges_gev
GENERATED = 4000
CONFIG = Templates()
MODELLING = SignalModelling()
PHOTON_LOSS = MODELLING.collinear_photon_loss
LUMINOSITY_IFB = 178.0


def sigma(mass):
    return np.interp(mass, [0.2, 1.0, 5.0, 9.0, 10.0], [0.0021, 0.0025, 0.005, 0.0025, 0.002])


def efficiency(mass):
    """Jumps at the borders, as networks make it."""
    return 0.45 - 0.04 * np.searchsorted(EDGES[1:-1], mass, side="right") + 0.01 * mass


@pytest.fixture(scope="module")
def signal_sample(candidates_of):
    rng = np.random.default_rng(21)
    masses = [0.212, *np.arange(0.25, 10.01, 0.25)]
    reduced, x_mass, ranges = [], [], []
    for mass in masses:
        n = GENERATED
        t = rng.standard_normal(n) * np.where(rng.random(n) < 0.8, 0.9, 1.8)
        reduced.append(np.abs(reduced_mass(mass) + sigma(mass) * t))
        x_mass.append(np.full(n, mass))
        chosen = np.zeros((n, 5), dtype=bool)
        for index in range(5):
            if EDGES[index] <= mass <= EDGES[index + 1]:
                middle = np.clip(mass, EDGES[index] + 1e-6, EDGES[index + 1] - 1e-6)
                chosen[:, index] = rng.random(n) < efficiency(middle)
        ranges.append(chosen)
    reduced[5][:3] = np.nan  # a kinematic fit may fail
    passed = np.concatenate(ranges)
    values = np.concatenate(reduced)
    passed[np.isnan(values)] = False
    return SignalSample(
        candidates=candidates_of(values, np.concatenate(x_mass)),
        passed=passed,
        generated={
            float(mass): GeneratedEvents(weight=GENERATED, weight_squared=GENERATED)
            for mass in masses
        },
    )


@pytest.fixture(scope="module")
def model(signal_sample):
    ranges = mlp_ranges(Classifiers(), sigma)
    return build_signal_model(
        "zprime", ranges, signal_sample, None, MODELLING, photon_loss=PHOTON_LOSS
    )


@pytest.fixture(scope="module")
def windows():
    return build_windows(sigma, EDGES, CONFIG)


@pytest.fixture(scope="module")
def spectra(candidates_of):
    rng = np.random.default_rng(22)
    data = candidates_of(rng.uniform(0.0, 10.2, 20_000), np.full(20_000, np.nan))
    simulation = candidates_of(rng.uniform(0.0, 10.2, 200_000), np.full(200_000, np.nan))
    kept = np.broadcast_to(np.arange(5) % 2 == 0, (20_000, 5))
    return (
        candidate_spectra(data, kept),
        candidate_spectra(simulation, np.ones((200_000, 5), dtype=bool), scale=0.1),
    )


@pytest.fixture(scope="module")
def templates(windows, model, spectra):
    return build_templates(windows, model, *spectra, CONFIG, luminosity_ifb=LUMINOSITY_IFB)


def test_the_efficiency_is_that_of_the_range_and_of_collinear_photons(model):
    for mass in (0.4, 0.9, 1.1, 3.6, 3.9, 5.1, 7.0, 8.1, 8.4, 8.9):
        expected = 0.972 * efficiency(mass)
        # 2 % per point of 4,000 events; between points of one range half of it
        assert model.efficiency(mass)[0] == pytest.approx(expected, rel=0.04)
    jump = model.efficiency(np.array([1.0 - 1e-9, 1.0]))
    assert jump[0] / jump[1] == pytest.approx(efficiency(0.999) / efficiency(1.0), rel=0.06)


def test_angular_photons_leave_no_constant_loss(signal_sample, model):
    ranges = mlp_ranges(Classifiers(), sigma)[:1]
    angular = build_signal_model("zprime", ranges, signal_sample, None, MODELLING, photon_loss=0.0)
    ratio = angular.efficiency(0.5)[0] / model.efficiency(0.5)[0]
    assert ratio == pytest.approx(1.0 / 0.972, rel=1e-9)


def test_the_efficiency_without_isr_is_kept_beside(signal_sample, model):
    ranges = mlp_ranges(Classifiers(), sigma)[:1]
    both = build_signal_model(
        "zprime", ranges, signal_sample, signal_sample, MODELLING, photon_loss=PHOTON_LOSS
    )
    ratio = both.efficiency_no_isr(0.5)[0] / both.efficiency(0.5)[0]
    assert ratio == pytest.approx(1.0 / 0.972, rel=1e-9)
    assert np.isnan(model.efficiency_no_isr(0.5)[0])


@pytest.mark.parametrize(
    ("scan_end", "fewest", "last"),
    [(9.0, 5, 9.25), (8.5, 5, 9.25), (8.5, 3, 8.75), (10.0, 5, 10.0)],
)
def test_masses_no_window_can_use_are_left_out(signal_sample, scan_end, fewest, last):
    config = MODELLING.model_copy(update={"range_masses_min": fewest})
    ranges = mlp_ranges(Classifiers(), sigma)[3:]
    below, part = build_signal_model(
        "zprime", ranges, signal_sample, signal_sample, config, photon_loss=0, mass_max_gev=scan_end
    ).ranges
    assert below.high_gev == 8.25
    assert part.high_gev == last
    for fitted in (part.shape, part.efficiency, part.efficiency_no_isr):
        np.testing.assert_allclose(fitted.mass_gev, np.arange(8.25, last + 0.01, 0.25))


def test_a_mass_outside_the_model_is_refused(model):
    with pytest.raises(DomainError, match="zprime"):
        model.efficiency(10.5)


def test_the_model_survives_json(model):
    again = SignalModel.from_dict(json.loads(json.dumps(model.to_dict())))
    mass = np.linspace(0.212, 10.0, 500)
    np.testing.assert_array_equal(again.efficiency(mass), model.efficiency(mass))
    assert again.shape(3.3) == model.shape(3.3)


def test_every_window_without_veto_has_a_template(windows, templates):
    assert [t.window.name for t in templates] == [w.name for w in windows if not w.vetoed]


def test_the_signal_is_the_expectation_for_one_femtobarn(templates):
    for template in templates[30::97]:
        whole = template.window.n_bins == 120
        yield_fb = LUMINOSITY_IFB * template.efficiency / 1.07
        if whole:
            # two Gaussians: nothing is outside +-16 widths but what the fitted tails put there
            assert template.signal.sum() == pytest.approx(yield_fb, rel=0.01)
        else:
            assert template.signal.sum() < yield_fb
        centre = np.average(
            0.5 * (template.window.bin_low + template.window.bin_high), weights=template.signal
        )
        if whole:
            assert centre == pytest.approx(
                template.window.reduced_mass_gev, abs=0.15 * template.window.sigma_gev
            )


def test_the_background_is_the_smoothed_simulation_over_the_whole_window(templates):
    for template in templates[40::53]:
        window = template.window
        assert template.degree == (2 if window.mass_gev < 1.0 else 1)
        density = 20_000 / 10.2
        width = window.bin_high - window.bin_low
        # a flat spectrum: the sum with coefficients 1 is flat, also beside a veto; the
        # smoothing leaves the error of 10 x the candidates of a window of 60 sigma
        expected = density * width
        error = 1.0 / np.sqrt(10 * density * 60 * window.sigma_gev)
        np.testing.assert_allclose(template.background.sum(axis=0), expected, rtol=4 * error)


def test_observed_counts_come_from_the_range_of_the_centre(templates, spectra):
    data, _ = spectra
    for template in templates[::101]:
        window = template.window
        mass = data[window.mlp_range].reduced_mass_gev
        inside = (mass >= window.bin_low[0]) & (mass < window.bin_high[-1])
        missing = window.bin_low[1:] - window.bin_high[:-1]
        if np.all(missing == 0.0):
            assert template.observed.sum() == inside.sum()
        if window.mlp_range % 2 == 1:
            assert template.observed.sum() == 0
        np.testing.assert_array_equal(template.observed, np.round(template.observed))


def test_an_empty_expectation_counts_as_one_candidate(windows, model, candidates_of):
    nothing = candidate_spectra(
        candidates_of(np.zeros(0), np.zeros(0)), np.zeros((0, 5), dtype=bool)
    )
    for template in build_templates(
        windows[:40], model, nothing, nothing, CONFIG, luminosity_ifb=LUMINOSITY_IFB
    ):
        assert template.observed.sum() == 0
        # a window cut at zero is filled by its bins as any other
        assert template.background.sum() == pytest.approx(1.0)
        np.testing.assert_allclose(template.background.sum(axis=1), 1.0 / 3.0)


def test_bins_at_the_veto_are_removed_and_the_rest_is_unchanged(model, spectra, templates):
    config = Templates(veto_gev=())
    free = {
        t.window.name: t
        for t in build_templates(
            build_windows(sigma, EDGES, config),
            model,
            *spectra,
            config,
            luminosity_ifb=LUMINOSITY_IFB,
        )
    }
    touched = [t for t in templates if 2.9 < t.window.mass_gev < 3.3]
    assert any(t.window.n_bins < 120 for t in touched)
    for template in touched:
        other = free[template.window.name]
        rows = np.isin(other.window.bin_low, template.window.bin_low)
        np.testing.assert_allclose(template.signal, other.signal[rows], rtol=1e-12)
        np.testing.assert_allclose(template.background, other.background[:, rows], rtol=1e-12)
        np.testing.assert_array_equal(template.observed, other.observed[rows])


def test_the_resolution_as_a_shape(windows, model, spectra, templates):
    config = Templates(mass_resolution="shape")
    wide = build_templates(windows, model, *spectra, config, luminosity_ifb=LUMINOSITY_IFB)
    for template, plain in zip(wide[60::211], templates[60::211], strict=True):
        if template.window.n_bins < 120:
            continue
        x = 0.5 * (template.window.bin_low + template.window.bin_high)

        def spread(content, x=x):
            mean = np.average(x, weights=content)
            return np.sqrt(np.average((x - mean) ** 2, weights=content))

        # no 1.07 here; all three hold the same signal up to what the window cuts off
        total = 1.07 * plain.signal.sum()
        for content in (template.signal, template.signal_wide, template.signal_narrow):
            assert content.sum() == pytest.approx(total, rel=0.01)
        assert spread(template.signal_narrow) == pytest.approx(spread(plain.signal), rel=1e-6)
        assert spread(template.signal) > 1.1 * spread(plain.signal)
        assert spread(template.signal_wide) > 1.1 * spread(template.signal)
    assert templates[0].signal_wide is None


def test_bins_of_another_configuration_are_refused(windows, model, spectra):
    with pytest.raises(ConsistencyError, match="do not belong"):
        build_templates(
            windows[100:110],
            model,
            *spectra,
            Templates(window_sigmas=40.0),
            luminosity_ifb=LUMINOSITY_IFB,
        )


def test_all_windows_take_well_below_five_seconds(windows, model, spectra):
    start = time.process_time()
    build_templates(windows, model, *spectra, CONFIG, luminosity_ifb=LUMINOSITY_IFB)
    assert time.process_time() - start < 5.0
