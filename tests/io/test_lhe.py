import gzip

import numpy as np
import pytest
from particle import Particle

from fourmu.errors import InputError
from fourmu.io.lhe import read_lhe
from fourmu.io.lhe_event import is_x
from fourmu.physics.kinematics import boost, invariant_mass

MASS = 0.1056583755
HEAD = '<LesHouchesEvents version="3.0">\n<header>\n</header>\n'
TAIL = "</LesHouchesEvents>\n"


def rng():
    return np.random.default_rng(1)


def init(beams=(11, -11), energies=(5.29, 5.29)):
    line = f"{beams[0]} {beams[1]} {energies[0]} {energies[1]} 0 0 0 0 -4 1"
    return f"<init>\n{line}\n1.0 0.1 1.0 1\n</init>\n"


def line(code, status, mothers, p):
    mass = float(np.sqrt(max(p[0] ** 2 - np.sum(np.square(p[1:])), 0.0)))
    e, x, y, z = (format(float(v), ".10e") for v in p)
    return f"{code} {status} {mothers[0]} {mothers[1]} 0 0 {x} {y} {z} {e} {mass} 0.0 9.0"


def block(particles, weight=1.0):
    rows = "\n".join(line(*particle) for particle in particles)
    return f"<event>\n{len(particles)} 1 {weight} 10.0 0.007 0.1\n{rows}\n</event>\n"


def four_muons(energy=10.58):
    """mu- along +x ... of equal energies; mu+ mu- mu+ mu- in this order."""
    p = np.sqrt((energy / 4) ** 2 - MASS**2)
    directions = [(1, 0, 0), (-1, 0, 0), (0, 0.6, 0.8), (0, -0.6, -0.8)]
    return [np.array([energy / 4, *(p * np.array(d))]) for d in directions]


def event(momenta, codes=(-13, 13, -13, 13), mothers=None, weight=1.0, beams=None, codes_in=None):
    incoming = beams or ([5.29, 0, 0, 5.29], [5.29, 0, 0, -5.29])
    first, second = codes_in or (11, -11)
    rows = [(first, -1, (0, 0), incoming[0]), (second, -1, (0, 0), incoming[1])]
    mothers = mothers or [(1, 2)] * len(codes)
    rows += [(code, 1, mother, p) for code, mother, p in zip(codes, mothers, momenta, strict=True)]
    return block(rows, weight)


@pytest.fixture
def write(tmp_path):
    def save(*parts, name="events.lhe"):
        path = tmp_path / name
        path.write_text(HEAD + "".join(parts) + TAIL)
        return path

    return save


@pytest.mark.parametrize("mass", [1, 3])
def test_decayed_x_is_found_by_its_mother(lhe_folder, mass):
    partons = read_lhe(lhe_folder / f"zprime_m{mass}_to_mumu_1k.lhe.gz", rng())
    assert partons.momenta.shape == (1000, 4, 4)
    assert partons.pdg.tolist() == [-13, 13, -13, 13]
    # Breit-Wigner of a tiny width: most within an MeV, kept as each event has it
    assert np.median(partons.x_mass_gev) == pytest.approx(mass, abs=1e-4)
    assert np.ptp(partons.x_mass_gev) > 0.0
    pair = invariant_mass(partons.momenta[:, 2:].sum(axis=1))
    assert pair == pytest.approx(partons.x_mass_gev)
    prompt = invariant_mass(partons.momenta[:, :2].sum(axis=1))
    assert np.ptp(prompt) > 1.0
    assert partons.process == "lhe_x"
    assert np.all(partons.weight == 1.0)


def test_undecayed_x_is_decayed_isotropically(lhe_folder):
    partons = read_lhe(lhe_folder / "scalar_m3_undecayed_1k.lhe.gz", rng())
    assert partons.x_mass_gev == pytest.approx(3.0, abs=1e-6)
    x = partons.momenta[:, 2:].sum(axis=1)
    plus = boost(partons.momenta[:, 2], -x[:, 1:] / x[:, :1])
    p = np.sqrt(1.5**2 - MASS**2)
    assert np.linalg.norm(plus[:, 1:], axis=1) == pytest.approx(p, rel=1e-6)
    directions = plus[:, 1:] / p
    # mean of a direction cosine: sigma 1/sqrt(3 n)
    assert np.abs(directions.mean(axis=0)).max() < 4.0 / np.sqrt(3.0 * 1000)
    assert invariant_mass(partons.momenta[:, 2]) == pytest.approx(MASS, abs=1e-6)


def test_four_muons_have_no_x(lhe_folder):
    partons = read_lhe(lhe_folder / "4mu_inclusive_1k.lhe.gz", rng())
    assert np.isnan(partons.x_mass_gev).all()
    assert partons.process == "lhe_4mu"
    total = partons.momenta.sum(axis=1)
    assert total == pytest.approx(np.tile([10.58, 0, 0, 0], (1000, 1)), abs=1e-6)


def test_plain_and_compressed_files_are_the_same(lhe_folder, tmp_path):
    source = lhe_folder / "zprime_m3_to_mumu_1k.lhe.gz"
    plain = tmp_path / "plain.lhe"
    plain.write_bytes(gzip.decompress(source.read_bytes()))
    one, two = read_lhe(source, rng()), read_lhe(plain, rng())
    assert np.array_equal(one.momenta, two.momenta)
    both = read_lhe([source, plain], rng())
    assert len(both) == 2000


def test_beams_in_the_other_order_are_turned(write):
    p = four_muons()
    ours = read_lhe(write(init(), event(p)), rng())
    turned = [np.array([e, -x, y, -z]) for e, x, y, z in p]
    other = read_lhe(
        write(init((-11, 11)), event(turned, codes_in=(-11, 11)), name="other.lhe"), rng()
    )
    assert other.momenta == pytest.approx(ours.momenta, abs=1e-9)


def test_asymmetric_beams_are_boosted_home(write):
    electron, positron = 7.0, 10.58**2 / 28.0
    beta = (electron - positron) / (electron + positron)
    moving = [boost(p, np.array([0.0, 0.0, beta])) for p in four_muons()]
    beams = ([electron, 0, 0, electron], [positron, 0, 0, -positron])
    path = write(init(energies=(electron, positron)), event(moving, beams=beams))
    found = read_lhe(path, rng())
    assert found.sqrt_s_gev == 10.58
    assert found.momenta[0] == pytest.approx(np.array(four_muons()), abs=1e-6)


def test_a_copied_x_and_its_photon_are_followed(write):
    # X -> X -> mu+ mu- with three photons that balance, as showers write it
    p = four_muons(10.18)
    x = p[2] + p[3]
    rows = [
        (11, -1, (0, 0), [5.29, 0, 0, 5.29]),
        (-11, -1, (0, 0), [5.29, 0, 0, -5.29]),
        (9000001, 2, (1, 2), x),
        (9000001, 2, (3, 3), x),
        (-13, 1, (1, 2), p[0]),
        (13, 1, (1, 2), p[1]),
        (13, 1, (4, 4), p[3]),
        (-13, 1, (4, 4), p[2]),
        (22, 1, (1, 2), [0.1, 0.0, 0.0, 0.1]),
        (22, 1, (1, 2), [0.1, 0.0, 0.0, 0.1]),
        (22, 1, (1, 2), [0.2, 0.0, 0.0, -0.2]),
    ]
    partons = read_lhe(write(init(), block(rows)), rng())
    assert partons.x_mass_gev == pytest.approx([float(invariant_mass(x))])
    assert partons.momenta[0, 2] == pytest.approx(p[2])
    assert partons.photons[0, :, 0] == pytest.approx([0.2, 0.1])
    # the third photon is a particle of its own
    assert partons.pdg.tolist() == [-13, 13, -13, 13, 22]
    assert partons.momenta[0, 4] == pytest.approx([0.1, 0.0, 0.0, 0.1])
    rows[-1] = (22, 1, (1, 2), [0.0] * 4)
    with pytest.raises(InputError, match="energy that is not positive"):
        read_lhe(write(init(), block(rows)), rng())


def test_weights_are_relative_to_their_mean(write):
    p = four_muons()
    partons = read_lhe(write(init(), event(p, weight=2.0), event(p, weight=6.0)), rng())
    assert partons.weight == pytest.approx([0.5, 1.5])


def test_x_can_be_named(write, lhe_folder):
    source = lhe_folder / "zprime_m3_to_mumu_1k.lhe.gz"
    assert len(read_lhe(source, rng(), x_pdg=9000001)) == 1000
    # with another name for X no muon comes from one
    assert np.isnan(read_lhe(source, rng(), x_pdg=55).x_mass_gev).all()
    with pytest.raises(InputError, match="another process"):
        read_lhe(lhe_folder / "scalar_m3_undecayed_1k.lhe.gz", rng(), x_pdg=55)


@pytest.mark.parametrize(
    "code", [25, 32, 36, 55, -55, 666, 1023, 1000022, 4900101, 5000001, 9000001, 9900023, 10**12]
)
def test_codes_of_no_known_particle_are_x(code):
    assert is_x(code)


def test_codes_of_known_particles_are_not_x():
    leptons_quarks_bosons = [*range(1, 9), *range(11, 19), 21, 22, 23, 24]
    diquarks = [1103, 2101, 2203, 3303, 5503]
    mesons = [111, 113, 130, 310, 331, 443, 553, 100443, 300553, 9000221, 9010221]
    # of quarks that can make it, but not seen so far
    mesons += [539, 20549, 557]
    baryons = [2112, 2212, 3122, 4122, 5232, 5554]
    nuclei = [1000010020, 1000020040, 1000822080]
    pseudo = [0, 81, 91, 92, 110, 990]
    for code in [*leptons_quarks_bosons, *diquarks, *mesons, *baryons, *nuclei, *pseudo]:
        assert not is_x(code), code
        assert not is_x(-code), code


def test_every_code_of_the_tables_but_that_of_the_higgs_is_known():
    assert {int(p.pdgid) for p in Particle.all() if is_x(int(p.pdgid))} == {25}


def test_a_given_code_is_x_whatever_it_belongs_to():
    assert is_x(443, 443)
    assert is_x(-443, 443)
    assert not is_x(9000001, 443)


def test_a_muon_pair_of_a_known_meson_does_not_come_from_x(write):
    p = four_muons()
    rows = [
        (11, -1, (0, 0), [5.29, 0, 0, 5.29]),
        (-11, -1, (0, 0), [5.29, 0, 0, -5.29]),
        (443, 2, (1, 2), p[2] + p[3]),
        (-13, 1, (1, 2), p[0]),
        (13, 1, (1, 2), p[1]),
        (-13, 1, (3, 3), p[2]),
        (13, 1, (3, 3), p[3]),
    ]
    path = write(init(), block(rows))
    assert read_lhe(path, rng()).process == "lhe_4mu"
    assert read_lhe(path, rng(), x_pdg=443).process == "lhe_x"


def test_events_of_different_layouts_keep_their_order(write):
    # mu- first, a photon, and the plain order, with weights that tell them apart
    plain = four_muons()
    radiating = [*four_muons(10.38), np.array([0.1, 0, 0, 0.1]), np.array([0.1, 0, 0, -0.1])]
    events = [
        event(plain, weight=1.0),
        event([plain[i] for i in (1, 0, 3, 2)], codes=(13, -13, 13, -13), weight=2.0),
        event(radiating, codes=(-13, 13, -13, 13, 22, 22), weight=3.0),
    ]
    partons = read_lhe(write(init(), *events, *events[:2]), rng())
    # of mean 9 / 5
    assert partons.weight * 1.8 == pytest.approx([1.0, 2.0, 3.0, 1.0, 2.0])
    for row in (0, 1, 3, 4):
        # written with 11 digits
        assert partons.momenta[row] == pytest.approx(np.array(plain), abs=1e-9)
    assert partons.photons[2, :, 0] == pytest.approx([0.1, 0.1])
    assert not partons.photons[[0, 1, 3, 4]].any()


def test_incoming_momenta_that_are_no_numbers_are_refused(write):
    beams = ([5.29, 0, 0, np.nan], [5.29, 0, 0, -5.29])
    with pytest.raises(InputError, match=r"event 2: an event does not conserve"):
        read_lhe(write(init(), event(four_muons()), event(four_muons(), beams=beams)), rng())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (init((2212, 2212), (6500, 6500)) + event(four_muons()), "electron and a positron"),
        (init(energies=(5.0, 5.0)) + event(four_muons(10.0)), "another c.m. energy"),
        (init(energies=("nan", 5.29)) + event(four_muons()), "positive numbers"),
        (init() + event(four_muons(), codes=(-11, 11, -13, 13)), "another process"),
        (init() + event(four_muons(), codes=(-13, -13, -13, 13)), "another process"),
        (init() + event(four_muons()[:2], codes=(-13, 13)), "another process"),
        (init() + event(four_muons(10.2)), "does not conserve"),
        (init() + event([p * np.nan for p in four_muons()]), "not finite"),
        (init() + event(four_muons(), weight="nan"), "weight"),
        (init() + event(four_muons(), weight=0.0), "weights"),
        (init(), "no events"),
        (event(four_muons()), "LHE file"),
    ],
)
def test_what_is_not_ours_is_refused_by_name(write, content, words):
    path = write(content)
    with pytest.raises(InputError, match=words) as caught:
        read_lhe(path, rng())
    assert "events.lhe" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_x_below_threshold_is_refused(write):
    x = np.array([np.hypot(0.2, 1.0), 0.0, 0.0, 1.0])
    energy = (10.58 - x[0]) / 2
    pz = -0.5
    px = np.sqrt(energy**2 - MASS**2 - pz**2)
    rest = [np.array([energy, px, 0.0, pz]), np.array([energy, -px, 0.0, pz])]
    with pytest.raises(InputError, match="too light"):
        read_lhe(write(init(), event([*rest, x], codes=(-13, 13, 9000002))), rng())


def test_an_event_that_announces_more_particles_is_refused(write):
    text = event(four_muons()).replace("<event>\n6 ", "<event>\n7 ")
    with pytest.raises(InputError, match="number of particles"):
        read_lhe(write(init(), text), rng())


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_truncated_files_are_refused(lhe_folder, tmp_path, share):
    content = (lhe_folder / "zprime_m3_to_mumu_1k.lhe.gz").read_bytes()
    text = gzip.decompress(content)
    for name, data in (("half.lhe.gz", content), ("half.lhe", text)):
        path = tmp_path / name
        path.write_bytes(data[: int(share * len(data))])
        with pytest.raises(InputError, match=r"half\.lhe"):
            read_lhe(path, rng())


def test_files_that_are_no_lhe_are_refused(tmp_path):
    for name, data in (("a", b"plain text"), ("b", b"<html></html>"), ("c", b"\x1f\x8bnonsense")):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(InputError):
            read_lhe(tmp_path / name, rng())
    with pytest.raises(InputError, match="no LHE file"):
        read_lhe([], rng())


def test_files_of_different_processes_are_not_mixed(lhe_folder):
    names = ("4mu_inclusive_1k.lhe.gz", "zprime_m3_to_mumu_1k.lhe.gz")
    with pytest.raises(InputError, match="different processes") as caught:
        read_lhe([lhe_folder / name for name in names], rng())
    assert names[1] in str(caught.value)


def test_an_event_with_more_energy_than_the_beams_is_refused(write):
    beams = ([5.4, 0, 0, 5.4], [5.4, 0, 0, -5.4])
    with pytest.raises(InputError, match=r"event 2: an event has more energy than the beams"):
        read_lhe(write(init(), event(four_muons()), event(four_muons(10.8), beams=beams)), rng())
