"""Pseudo-data: every process, what simulation lacks switch by switch, and no truth."""

import numpy as np
import pytest

from fourmu.config import Analysis, DetectorDifferences
from fourmu.config.detector import Detector
from fourmu.config.samples import Backgrounds, Injection, PseudoData, ResonancePeak, Samples
from fourmu.errors import ConfigError
from fourmu.pipeline.processes import final_state, process_events
from fourmu.pipeline.pseudo_data import data_detector, pseudo_data_events, pseudo_data_samples
from fourmu.pipeline.samples import EE_MUMU, FOUR_MUON, MUMU_GAMMA, MUMU_TAUTAU

FOUR_MUON_FB = 350.0
PLAIN = {
    "isr": False,
    "fsr": False,
    "backgrounds": False,
    "resonances": (),
    "detector": DetectorDifferences.none(),
}


def analysis_of(**settings):
    pseudo_data = PseudoData(**{**PLAIN, **settings})
    return Analysis(samples=Samples(luminosity_ifb=20.0, pseudo_data=pseudo_data))


def events_of(xsec_fb=None, seed=3, **settings):
    found = {FOUR_MUON: FOUR_MUON_FB} if xsec_fb is None else xsec_fb
    return pseudo_data_events(analysis_of(**settings), found, np.random.default_rng(seed))


def test_they_have_integer_events_and_no_truth():
    events = events_of()
    mean = 20.0 * FOUR_MUON_FB
    assert abs(len(events) - mean) < 4 * np.sqrt(mean)  # Poisson
    assert np.all(events.weight == 1.0)
    assert events.truth_momenta.shape[1] == 0
    assert np.all(events.track_truth == -1)
    assert np.isnan(events.x_mass_gev).all()
    assert events.process == "pseudo_data"
    np.testing.assert_array_equal(np.sort(events.event), np.arange(len(events)))


def test_a_set_depends_on_its_random_numbers_alone():
    first, again, other = events_of(seed=3), events_of(seed=3), events_of(seed=4)
    np.testing.assert_array_equal(first.track_pt, again.track_pt)
    assert len(first.track_pt) != len(other.track_pt) or np.any(first.track_pt != other.track_pt)


def test_radiation_brings_photons():
    """Photons of beam background are the same with and without."""
    plain, radiating = events_of(), events_of(fsr=True)
    hard = [np.count_nonzero(e.photon_energy > 0.5) / len(e) for e in (plain, radiating)]
    # exponential background of 0.03 GeV has none above 0.5; four muons radiate a photon above
    # 0.5 GeV in some per cent of the events: (2 alpha/pi)(ln(s/m^2)-1) ln(E/0.5) per pair is 0.1
    assert hard[0] < 1e-3
    assert 0.02 < hard[1] < 0.4


def test_resonances_are_over_the_continuum_of_the_process_by_their_area():
    jpsi = (ResonancePeak(name="jpsi", area_mev=2000.0),)
    more, plain = len(events_of(resonances=jpsi)), len(events_of())
    assert more > plain + 5 * np.sqrt(plain)


def test_signals_add_their_events():
    signal = (Injection(model="zprime", mass_gev=3.0, xsec_fb=200.0),)
    alone = events_of({}, injections=signal)
    assert abs(len(alone) - 4000) < 4 * np.sqrt(4000)


def test_no_events_is_one_clear_error():
    with pytest.raises(ConfigError, match="no pseudo-data events"):
        events_of({})


def test_the_detector_differs_by_what_is_asked_for():
    detector = Detector()
    assert data_detector(detector, DetectorDifferences.none()) == detector
    other = data_detector(
        detector,
        DetectorDifferences(
            resolution_scale=1.25,
            three_track_pt_half_shift_gev=0.05,
            single_muon_scale=0.9,
            muon_id_scale=0.95,
            background_photons_scale=2.0,
        ),
    )
    assert other.resolution_scale == 1.25
    assert other.three_track_pt_half_gev == pytest.approx(0.25)
    assert other.single_muon_efficiency == pytest.approx((0.0, 0.81, 0.81, 0.0))
    assert other.muon_id_efficiency[0] == pytest.approx(0.95 * 0.93)
    assert other.background_photons_mean == pytest.approx(1.0)
    changed = {name for name, value in other if value != getattr(detector, name)}
    assert changed == {
        *("resolution_scale", "three_track_pt_half_gev", "single_muon_efficiency"),
        *("muon_id_efficiency", "background_photons_mean"),
    }


def test_efficiencies_do_not_exceed_one():
    scaled = data_detector(Detector(), DetectorDifferences(muon_id_scale=1.4))
    assert scaled.muon_id_efficiency == (1.0, 1.0, 1.0, 1.0)


def test_processes_follow_the_simulated_ones():
    assert pseudo_data_samples(analysis_of()) == (FOUR_MUON,)
    backgrounds = Backgrounds(mumu_gamma=2.0, ee_mumu=0.0, mumu_tautau=5.0)
    samples = Samples(backgrounds=backgrounds)
    assert pseudo_data_samples(Analysis(samples=samples)) == (FOUR_MUON, MUMU_GAMMA, MUMU_TAUTAU)


def test_converted_photons_leave_four_charged_particles():
    rng = np.random.default_rng(1)
    events = process_events(Analysis(), MUMU_GAMMA, 2000, rng, isr=False)
    assert 0 < len(events) < 2000  # forced conversions keep the share of each event
    energy = events.momenta[..., 0]
    charged = np.abs(events.pdg) != 22
    assert np.all(np.count_nonzero(energy[:, charged] > 0.0, axis=1) == 4)


def test_taus_reach_the_detector_decayed_and_electrons_do_not_radiate():
    rng = np.random.default_rng(1)
    taus = process_events(Analysis(), MUMU_TAUTAU, 500, rng, isr=False)
    decayed = final_state(MUMU_TAUTAU, taus, rng, fsr=False)
    assert 15 in np.abs(taus.pdg)
    assert 15 not in np.abs(decayed.pdg)
    scattered = process_events(Analysis(), EE_MUMU, 500, rng, isr=False)
    radiated = final_state(EE_MUMU, scattered, rng, fsr=True)
    electrons = np.abs(scattered.pdg) == 11
    np.testing.assert_allclose(
        radiated.momenta[:, : len(scattered.pdg)][:, electrons],
        scattered.momenta[:, electrons],
        atol=1e-9,
    )
