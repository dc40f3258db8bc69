import gzip
from dataclasses import replace

import numpy as np
import pylhe
import pytest

from fourmu.errors import ConsistencyError, DomainError
from fourmu.generator import generate_x, radiate_fsr
from fourmu.io.lhe import read_lhe
from fourmu.io.lhe_samples import read_lhe_samples
from fourmu.io.lhe_writing import write_lhe
from fourmu.physics.constants import ELECTRON_MASS_GEV
from fourmu.physics.kinematics import boost, invariant_mass
from fourmu.physics.models import Couplings

N = 300


def generate(*, isr=False, photons="collinear", mass=3.0):
    return generate_x(
        Couplings(vector=1.0), mass, N, np.random.default_rng(7), isr=isr, photons=photons
    )


@pytest.fixture(scope="module")
def born():
    return generate()


def saved(path, events, **options):
    write_lhe(path, events, xsec_fb=12.5, xsec_error_fb=0.25, **options)
    return path


def read(path, **options):
    (sample,) = read_lhe_samples(path, np.random.default_rng(1), **options)
    return sample


def records(path):
    return content(path).events


def content(path):
    """File as another program reads it."""
    return pylhe.LHEFile.fromfile(str(path), generator=False)


def four_vectors(particles):
    return np.array([[p.e, p.px, p.py, p.pz] for p in particles])


@pytest.mark.parametrize("name", ["born.lhe", "born.lhe.gz"])
def test_events_come_back_bit_by_bit(tmp_path, born, name):
    sample = read(saved(tmp_path / name, born))
    assert np.array_equal(sample.events.momenta, born.momenta)
    assert sample.events.x_mass_gev == pytest.approx(born.x_mass_gev, rel=1e-9)
    assert sample.xsec_fb == pytest.approx(12.5, rel=1e-15)
    assert sample.xsec_error_fb == pytest.approx(0.25, rel=1e-15)
    assert sample.mass_gev == pytest.approx(3.0, rel=1e-12)
    assert sample.x_decayed
    assert sample.is_isr_free
    assert not sample.has_photons
    assert np.all(sample.events.weight == 1.0)
    assert sample.events.sqrt_s_gev == born.sqrt_s_gev


def test_the_first_bytes_say_whether_it_is_compressed(tmp_path, born):
    packed = saved(tmp_path / "born.lhe.gz", born).read_bytes()
    plain = saved(tmp_path / "born.lhe", born).read_bytes()
    assert packed[:2] == b"\x1f\x8b"
    assert gzip.decompress(packed) == plain
    # neither the time nor the name of the file
    assert packed == saved(tmp_path / "other.lhe.gz", born).read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["born.lhe", "born.lhe.gz", "other.lhe.gz"]


def test_records_are_those_of_the_accord(tmp_path, born):
    path = saved(tmp_path / "born.lhe", born, x_pdg=1023)
    for event in records(path):
        p = event.particles
        assert [q.id for q in p] == [11, -11, 1023, -13, 13, -13, 13]
        assert [q.status for q in p] == [-1, -1, 2, 1, 1, 1, 1]
        mothers = [(q.mother1, q.mother2) for q in p]
        assert mothers == [(0, 0), (0, 0), *[(1, 2)] * 3, *[(3, 3)] * 2]
        v = four_vectors(p)
        # sums of numbers up to 10 GeV that are rounded at 1e-15
        assert v[:2].sum(axis=0) == pytest.approx(v[3:].sum(axis=0), abs=1e-12)
        assert v[2] == pytest.approx(v[5:].sum(axis=0), abs=1e-12)
        # E^2 - p^2 = (E - p) (E + p) with E rounded at 1e-15
        mass = np.sqrt((v[:2, 0] - abs(v[:2, 3])) * (v[:2, 0] + abs(v[:2, 3])))
        assert mass == pytest.approx(ELECTRON_MASS_GEV, rel=1e-6)
        assert p[2].m == pytest.approx(3.0)
    info = content(path).init
    assert (info.initInfo.beamA, info.initInfo.beamB) == (11, -11)
    assert info.initInfo.energyA == info.initInfo.energyB == 0.5 * born.sqrt_s_gev
    assert info.procInfo[0].xSection == pytest.approx(12.5e-3)
    assert info.procInfo[0].error == pytest.approx(0.25e-3)
    assert read(path).mass_gev == pytest.approx(3.0)


def test_undecayed_x_is_in_the_final_state(tmp_path, born):
    path = saved(tmp_path / "open.lhe", born, decayed=False)
    assert [p.status for p in records(path)[0].particles] == [-1, -1, 1, 1, 1]
    sample = read(path)
    assert not sample.x_decayed
    assert np.array_equal(sample.events.momenta[:, :2], born.momenta[:, :2])
    x, expected = (e.momenta[:, 2:].sum(axis=1) for e in (sample.events, born))
    # decayed anew: boosts of numbers rounded at 1e-15
    assert x == pytest.approx(expected, abs=1e-12)
    assert not np.allclose(sample.events.momenta[:, 2], born.momenta[:, 2])


def test_collinear_radiation_reduces_the_beams(tmp_path):
    events = generate(isr=True)
    path = saved(tmp_path / "isr.lhe.gz", events)
    sample = read(path)
    assert np.array_equal(sample.events.momenta, events.momenta)
    assert not sample.is_isr_free
    assert not sample.has_photons
    assert not sample.events.photons.any()
    incoming = np.array([four_vectors(e.particles[:2]) for e in records(path)])
    # what the photons leave of the energies; m_e moves it by m_e^2 / E, at most 1e-6 GeV while
    # an electron has a quarter of a GeV
    left = 0.5 * events.sqrt_s_gev - events.photons[:, :, 0]
    assert left.min() > 0.25
    assert incoming[:, :, 0] == pytest.approx(left, abs=1e-6)
    assert np.all(incoming[:, 0, 3] > 0.0)
    assert np.all(incoming[:, 1, 3] < 0.0)


def test_photons_with_angles_are_written(tmp_path):
    events = generate(isr=True, photons="angular")
    path = saved(tmp_path / "isr.lhe", events)
    sample = read(path)
    assert np.array_equal(sample.events.momenta, events.momenta)
    assert sample.has_photons
    assert not sample.is_isr_free
    # those below an eV are left out, and the reader puts the harder one first
    expected = np.where(events.photons[:, :, :1] > 1e-9, events.photons, 0.0)
    swap = expected[:, 1, 0] > expected[:, 0, 0]
    expected[swap] = expected[swap, ::-1]
    assert np.array_equal(sample.events.photons, expected)
    for event in records(path):
        v = four_vectors(event.particles)
        # the beams have their full energy, but for what soft photons are left out
        assert v[:2, 0] == pytest.approx(0.5 * events.sqrt_s_gev, abs=1e-8)
        final = [p.status == 1 for p in event.particles]
        assert v[:2].sum(axis=0) == pytest.approx(v[final].sum(axis=0), abs=1e-8)


def test_weights_average_to_the_cross_section(tmp_path, born):
    weight = np.random.default_rng(3).uniform(-0.2, 1.0, N)
    path = saved(tmp_path / "weighted.lhe", replace(born, weight=weight))
    numbers = np.array([e.eventinfo.weight for e in records(path)])
    assert numbers.mean() == pytest.approx(12.5e-3, rel=1e-12)
    assert content(path).init.initInfo.weightingStrategy == -4
    assert read(path).events.weight == pytest.approx(weight / weight.mean(), rel=1e-12)


def test_events_of_a_file_can_be_written_again(tmp_path, lhe_folder):
    events = read_lhe(lhe_folder / "zprime_m1_to_mumu_1k.lhe.gz", np.random.default_rng(1))
    sample = read(saved(tmp_path / "again.lhe.gz", events))
    assert np.array_equal(sample.events.momenta, events.momenta)
    assert np.array_equal(sample.events.x_mass_gev, events.x_mass_gev)


def test_what_is_no_signal_is_refused(tmp_path, born, lhe_folder):
    path = tmp_path / "none.lhe"
    four = read_lhe(lhe_folder / "4mu_inclusive_1k.lhe.gz", np.random.default_rng(1))
    radiated = radiate_fsr(born, np.random.default_rng(1))
    for events, words in ((born[:0], "no events"), (four, "X"), (radiated, "particles")):
        with pytest.raises(DomainError, match=words):
            saved(path, events)
    for code in (0, 11, -13, 22):
        with pytest.raises(DomainError, match="another particle"):
            saved(path, born, x_pdg=code)
    for key, value in (("xsec_fb", 0.0), ("xsec_fb", np.nan), ("xsec_error_fb", -1.0)):
        numbers = {"xsec_fb": 1.0, "xsec_error_fb": 0.1, key: value}
        with pytest.raises(DomainError, match=key):
            write_lhe(path, born, **numbers)
    assert not path.exists()


def test_what_beams_cannot_have_given_is_refused(tmp_path, born):
    path = tmp_path / "none.lhe"
    with pytest.raises(ConsistencyError, match="weights"):
        saved(path, replace(born, weight=np.zeros(N)))
    sideways = boost(born.momenta, np.array([0.01, 0.0, 0.0]))
    # the file that was there stays, and nothing is left beside it
    path.write_text("before")
    for momenta in (sideways, 1.01 * born.momenta, np.nan * born.momenta):
        with pytest.raises(ConsistencyError, match="event 1"):
            saved(path, replace(born, momenta=momenta))
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_light_and_heavy_x_come_back(tmp_path):
    for mass in (0.22, 9.5):
        events = generate(isr=True, mass=mass)
        sample = read(saved(tmp_path / f"{mass}.lhe.gz", events))
        assert np.array_equal(sample.events.momenta, events.momenta)
        # E / m times the rounding of the energies, 1e-15 x (5 / 0.2)^2
        found = invariant_mass(events.momenta[:, 2:].sum(axis=1))
        assert sample.events.x_mass_gev == pytest.approx(found, rel=1e-12)
