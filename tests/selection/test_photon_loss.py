"""The share of events lost to a photon at a wide angle, two ways."""

import numpy as np
import pytest

from fourmu.config.detector import Detector
from fourmu.config.generation import Generation
from fourmu.config.selection import Selection
from fourmu.detector import simulate
from fourmu.errors import DomainError
from fourmu.generator import generate_lepton_pairs
from fourmu.selection.photon_loss import _in_range, photon_loss_from_mumu_gamma

DETECTOR = Detector(background_photons_mean=0.0)


def test_the_exact_loss_is_that_of_photons_with_their_angles():
    """Structure functions with the angles of soft radiation know nothing of mu mu gamma."""
    loss, error = photon_loss_from_mumu_gamma(
        Generation(), DETECTOR, Selection(), 40_000, np.random.default_rng(1)
    )
    assert error < 0.02 * loss
    n = 100_000
    events = generate_lepton_pairs(
        "mumu",
        n,
        np.random.default_rng(2),
        isr=True,
        photons="angular",
        sqrt_s_prime_min_gev=9.75,
    )
    seen = simulate(events, DETECTOR, np.random.default_rng(3))
    inside, lost = (
        np.count_nonzero(_in_range(seen, Selection(), DETECTOR, rejected=x)) for x in (False, True)
    )
    # statistics, and the hard part of the spectrum at wide angles: k / sqrt(s) = 5 %
    assert abs(loss - lost / inside) < 4 * np.hypot(error, np.sqrt(lost) / inside) + 0.05 * loss


def test_radiation_off_the_muons_adds_to_it():
    values = [
        photon_loss_from_mumu_gamma(
            Generation(), DETECTOR, Selection(), 20_000, np.random.default_rng(4), radiation=part
        )[0]
        for part in ("initial", "final", "all")
    ]
    # the interference is odd under exchange of the muons
    assert values[2] == pytest.approx(values[0] + values[1], rel=0.05)


def test_too_few_events_are_refused():
    with pytest.raises(DomainError, match="more events"):
        photon_loss_from_mumu_gamma(
            Generation(), DETECTOR, Selection(), 10, np.random.default_rng(5)
        )
