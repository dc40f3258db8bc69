import gzip

import numpy as np
import pytest

from fourmu.errors import InputError
from fourmu.io.lhe import read_lhe
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
