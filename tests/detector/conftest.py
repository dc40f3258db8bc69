import numpy as np
import pytest

from fourmu.config.detector import Detector
from fourmu.detector import beam_frame, cm_from_lab
from fourmu.generator.events import PartonEvents
from fourmu.physics.kinematics import energy_momentum

MASSES = {11: 0.000511, 13: 0.1056583755, 14: 0.0, 22: 0.0, 211: 0.13957039}


@pytest.fixture
def quiet():
    """The detector without photons of beam background."""
    return Detector(background_photons_mean=0.0)


@pytest.fixture
def gun():
    """Events with the same particles (pdg, p, theta in degrees, phi) in each, in the detector."""

    def shoot(n, *particles, photons=()):
        def momenta(listed):
            out = []
            for code, p, theta, phi in listed:
                angle = np.radians(theta)
                direction = [
                    np.sin(angle) * np.cos(phi),
                    np.sin(angle) * np.sin(phi),
                    np.cos(angle),
                ]
                out.append(energy_momentum(p * np.array(direction), MASSES[abs(code)]))
            return cm_from_lab(np.array(out), beam_frame(Detector())) if out else np.zeros((0, 4))

        isr = np.zeros((n, 2, 4))
        isr[:, : len(photons)] = momenta([(22, *photon) for photon in photons])
        return PartonEvents(
            momenta=np.tile(momenta(particles), (n, 1, 1)),
            pdg=np.array([code for code, *_ in particles], dtype=np.int64),
            photons=isr,
            weight=np.ones(n),
            x_mass_gev=np.full(n, np.nan),
            sqrt_s_gev=10.58,
            process="gun",
        )

    return shoot
