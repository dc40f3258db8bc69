import gzip

import numpy as np
import pytest

from fourmu.errors import InputError
from fourmu.io.lhe import read_lhe
from fourmu.io.lhe_samples import read_lhe_samples
from fourmu.physics.constants import MUON_MASS_GEV
from fourmu.physics.kinematics import boost, energy_momentum, invariant_mass, momentum_two_body

SQRT_S = 10.58
X = 9000001


def rng():
    return np.random.default_rng(1)


def init(processes=((1.0, 0.1),), beams=(11, -11), energies=(5.29, 5.29), announced=None):
    n = len(processes) if announced is None else announced
    lines = [f"{beams[0]} {beams[1]} {energies[0]} {energies[1]} 0 0 0 0 -4 {n}"]
    lines += [f"{xsec} {error} 1.0 1" for xsec, error in processes]
    return "\n".join(["<init>", *lines, "</init>\n"])


def pairs(total, mass_1, mass_2, direction):
    """Two-body decay of four-vectors (n, 4) along a direction of their rest frames."""
    p = momentum_two_body(invariant_mass(total), mass_1, mass_2)[:, None] * direction
    beta = total[:, 1:] / total[:, :1]
    mass_1, mass_2 = (np.broadcast_to(m, len(total)) for m in (mass_1, mass_2))
    return boost(energy_momentum(p, mass_1), beta), boost(energy_momentum(-p, mass_2), beta)


def final_state(masses, energy=SQRT_S):
    """X of these masses, its mu+ and mu-, and prompt mu+ and mu- of 1 GeV together: (n, 4)."""
    masses = np.atleast_1d(np.asarray(masses, dtype=float))
    total = np.tile([energy, 0.0, 0.0, 0.0], (len(masses), 1))
    x, rest = pairs(total, masses, 1.0, np.array([0.6, 0.0, 0.8]))
    plus, minus = pairs(x, MUON_MASS_GEV, MUON_MASS_GEV, np.array([0.0, 1.0, 0.0]))
    prompt = pairs(rest, MUON_MASS_GEV, MUON_MASS_GEV, np.array([0.8, 0.0, -0.6]))
    return x, plus, minus, *prompt


def block(rows, weight):
    lines = [f"{len(rows)} 1 {weight} 10.0 0.007 0.1"]
    for code, status, mother, p in rows:
        e, px, py, pz = (format(float(v), ".12e") for v in p)
        lines.append(f"{code} {status} {mother} {mother} 0 0 {px} {py} {pz} {e} 0.0 0.0 9.0")
    return "\n".join(["<event>", *lines, "</event>\n"])


def events(masses, *, code=X, decayed=True, listed=True, weight=1.0, energy=SQRT_S, extra=()):
    """One event for each mass; ``extra`` rows follow; there are no incoming ones."""
    text = []
    for x, plus, minus, prompt_plus, prompt_minus in zip(*final_state(masses, energy), strict=True):
        own = [(code, 2, 0, x)] if decayed and listed else []
        own = own if decayed else [(code, 1, 0, x)]
        rows = [*own, (-13, 1, 0, prompt_plus), (13, 1, 0, prompt_minus)]
        if decayed:
            mother = 1 if listed else 0
            rows += [(-13, 1, mother, plus), (13, 1, mother, minus)]
        text.append(block([*rows, *extra], weight))
    return "".join(text)


def reduced(energy):
    """Incoming e- and e+ of less energy than the beams."""
    return [(s * 11, -1, 0, [energy / 2, 0, 0, s * energy / 2]) for s in (1, -1)]


@pytest.fixture
def write(tmp_path):
    def save(*parts, name="signal.lhe"):
        text = '<LesHouchesEvents version="3.0">\n' + "".join(parts) + "</LesHouchesEvents>\n"
        path = tmp_path / name
        path.write_text(text)
        return path

    return save


def refused(paths, words, **options):
    with pytest.raises(InputError, match=words) as caught:
        read_lhe_samples(paths, rng(), **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "mass", "xsec_pb", "error_pb", "decayed"),
    [
        ("zprime_m1_to_mumu_1k", 1.0, 1.9487e-2, 7.0285e-5, True),
        ("zprime_m3_to_mumu_1k", 3.0, 2.6836e-3, 5.874e-6, True),
        ("scalar_m3_undecayed_1k", 3.0, 3.4396, 5.7421e-3, False),
    ],
)
def test_reference_files_are_samples(lhe_folder, name, mass, xsec_pb, error_pb, decayed):
    path = lhe_folder / f"{name}.lhe.gz"
    (sample,) = read_lhe_samples(path, rng())
    assert sample.sources == (path,)
    # widths of 20 and 60 keV: the median is off by less than a keV or two
    assert sample.mass_gev == pytest.approx(mass, abs=5e-6)
    assert sample.mass_spread_gev < 1e-4
    assert sample.xsec_fb == pytest.approx(1e3 * xsec_pb, rel=1e-12)
    assert sample.xsec_error_fb == pytest.approx(1e3 * error_pb, rel=1e-12)
    assert sample.x_decayed is decayed
    assert sample.is_isr_free
    assert not sample.has_photons
    same = read_lhe(path, rng())
    assert np.array_equal(sample.events.momenta, same.momenta)
    # of X as listed or of its muons: 11 digits of momenta
    assert sample.events.x_mass_gev == pytest.approx(same.x_mass_gev, abs=1e-8)
    assert sample.events.process == "lhe_x"
    assert np.all(sample.events.weight == 1.0)


def test_samples_come_in_the_order_of_masses(lhe_folder, write):
    names = ("zprime_m3_to_mumu_1k", "zprime_m1_to_mumu_1k")
    three, one = (lhe_folder / f"{name}.lhe.gz" for name in names)
    two = write(init(), events([2.0] * 5, decayed=False))
    samples = read_lhe_samples([three, two, one], rng())
    assert [s.sources for s in samples] == [(one,), (two,), (three,)]
    assert [len(s.events) for s in samples] == [1000, 5, 1000]
    # the random numbers of decays do not depend on the order of files
    again = read_lhe_samples([two, one, three], rng())
    for left, right in zip(samples, again, strict=True):
        assert np.array_equal(left.events.momenta, right.events.momenta)


def test_files_of_one_mass_count_by_their_own_cross_section(write):
    few = write(init([(1.0, 0.1)]), events([2.0] * 2), name="few.lhe")
    many = write(init([(3.0, 0.2)]), events([2.0] * 6, weight=7.0), name="many.lhe")
    (sample,) = read_lhe_samples([many, few], rng())
    assert sample.sources == (many, few)
    # (2 x 1000 + 6 x 3000) / 8 fb
    assert sample.xsec_fb == pytest.approx(2500.0)
    # sqrt((2 x 100)^2 + (6 x 200)^2) / 8 fb
    assert sample.xsec_error_fb == pytest.approx(np.hypot(200.0, 1200.0) / 8.0)
    # 3000 and 1000 in units of 2500
    assert sample.events.weight == pytest.approx([1.2] * 6 + [0.4] * 2)
    assert len(sample.events) == 8


def test_weights_within_a_file_are_kept(write):
    path = write(init(), events([2.0] * 3, weight=1.0), events([2.0], weight=-1.0))
    (sample,) = read_lhe_samples(path, rng())
    # of mean 1/2
    assert sample.events.weight == pytest.approx([2.0, 2.0, 2.0, -2.0])


def test_masses_that_differ_by_less_than_their_errors_are_one(write):
    # medians of 200 Gaussian masses of 20 MeV have errors of 1.25 x 20 / sqrt(200) = 1.8 MeV
    draw = np.random.default_rng(3)
    files = [write(init(), events(draw.normal(2.0, 0.02, 200)), name=f"{i}.lhe") for i in range(3)]
    assert len(read_lhe_samples(files, rng())) == 1
    near = write(init(), events([2.0] * 3), name="near.lhe")
    far = write(init(), events([2.001] * 3), name="far.lhe")
    assert [s.mass_gev for s in read_lhe_samples([far, near], rng())] == pytest.approx(
        [2.0, 2.001], abs=1e-9
    )


def test_an_event_that_lists_no_x_is_named(write):
    path = write(init(), events([2.0] * 2), events([2.0], listed=False))
    assert "signal.lhe, event 3: X is not listed" in refused(path, "X is not listed")
    # simulation takes such a file
    assert np.isnan(read_lhe(path, rng()).x_mass_gev).tolist() == [False, False, True]


def test_four_muons_are_no_signal(lhe_folder):
    message = refused(lhe_folder / "4mu_inclusive_1k.lhe.gz", "X is not listed")
    assert "4mu_inclusive_1k.lhe.gz, event 1" in message


@pytest.mark.parametrize("decayed", [True, False])
@pytest.mark.parametrize("code", [25, 36, 55, 666, 1023, 5000001, 9000001])
def test_x_has_any_code_of_no_known_particle(write, code, decayed):
    path = write(init(), events([2.0] * 2, code=code, decayed=decayed))
    (sample,) = read_lhe_samples(path, rng())
    assert sample.x_decayed is decayed
    assert sample.mass_gev == pytest.approx(2.0, abs=1e-9)


@pytest.mark.parametrize("code", [22, 23, 113, 331, 443, 553])
def test_a_known_particle_is_x_only_when_it_is_named(write, code):
    path = write(init(), events([2.0] * 2, code=code))
    assert str(code) in refused(path, "X is not listed")
    (sample,) = read_lhe_samples(path, rng(), x_pdg=code)
    assert sample.mass_gev == pytest.approx(2.0, abs=1e-9)
    undecayed = write(init(), events([2.0], code=443, decayed=False))
    refused(undecayed, "another process")
    assert "55" in refused(write(init(), events([2.0])), "X is not listed", x_pdg=55)
    for code in (11, -13):
        refused(write(init(), events([2.0])), "this particle is in every event", x_pdg=code)


def test_a_file_with_an_empty_init(tmp_path):
    path = tmp_path / "empty.lhe"
    path.write_text('<LesHouchesEvents version="3.0">\n<init>\n</init>\n</LesHouchesEvents>\n')
    refused([path], "<init> or an event has too few lines")


def test_muons_must_name_x_as_their_mother(write):
    x, plus, minus, prompt_plus, prompt_minus = (p[0] for p in final_state(2.0))
    rows = [(X, 2, 0, x)]
    rows += [(-13, 1, 0, plus), (13, 1, 0, minus), (-13, 1, 0, prompt_plus)]
    path = write(init(), block([*rows, (13, 1, 0, prompt_minus)], 1.0))
    assert "event 1" in refused(path, "no pair of muons has it as mother")


def test_decayed_and_undecayed_are_not_mixed(write):
    path = write(init(), events([2.0] * 2), events([2.0], decayed=False))
    assert "event 3" in refused(path, "decayed in some events and not in others")
    left = write(init(), events([2.0] * 2), name="left.lhe")
    right = write(init(), events([2.0] * 2, decayed=False), name="right.lhe")
    message = refused([left, right], "not alike")
    assert "right.lhe" in message
    assert "left.lhe" in message
    # of different masses they are samples of their own
    other = write(init(), events([3.0] * 2, decayed=False), name="other.lhe")
    assert [s.x_decayed for s in read_lhe_samples([left, other], rng())] == [True, False]


def test_runs_with_and_without_radiation_are_not_mixed(write):
    left = write(init(), events([2.0] * 2), name="left.lhe")
    right = write(init(), events([2.0], energy=10.4, extra=reduced(10.4)), name="right.lhe")
    assert "right.lhe" in refused([left, right], "not alike")


# X of two masses ----------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.5, 0.1, 0.03])
@pytest.mark.parametrize("gap_gev", [0.05, -0.05, 0.3, 3.0])
@pytest.mark.parametrize("width_gev", [0.0, 1e-4])
def test_two_masses_in_a_file_are_refused(write, share, gap_gev, width_gev):
    n = 200
    second = int(share * n)
    masses = np.array([4.0] * (n - second) + [4.0 + gap_gev] * second)
    masses += np.clip(width_gev / 2 * np.random.default_rng(2).standard_cauchy(n), -0.01, 0.01)
    message = refused(write(init(), events(masses)), "several masses")
    assert "signal.lhe" in message
    assert "one mass per file" in message
    # the peak and the median of what is off it, each of a few masses at least
    found = sorted(
        float(word) for word in message.split("found ")[1].split(" GeV")[0].split(" and ")
    )
    assert found == pytest.approx(sorted([4.0, 4.0 + gap_gev]), abs=0.01)


@pytest.mark.parametrize("masses", [[1.0, 3.0], [2.0, 2.0, 2.5, 2.5], [2.0] * 5 + [2.05] * 5])
def test_two_masses_of_a_small_file_are_refused(write, masses):
    refused(write(init(), events(masses)), "several masses")


@pytest.mark.parametrize("masses", [[2.0, 3.0, 4.0], np.arange(2.0, 3.0, 0.05)])
def test_a_scan_in_one_file_is_refused(write, masses):
    refused(write(init(), events(np.repeat(masses, 400 // len(masses)))), "several masses")


def test_two_masses_with_widths_are_refused(write):
    # each a Breit-Wigner of 5 MeV: a tenth of 2,000 events makes a second peak 50 MeV away, of
    # which the tail of the first has 2,000 x 5 / (2 pi 50) = 32 per 50 MeV
    masses = np.array([3.0] * 1800 + [3.05] * 200)
    masses += 0.0025 * np.random.default_rng(4).standard_cauchy(2000).clip(-200.0, 200.0)
    refused(write(init(), events(masses)), "several masses")


@pytest.mark.parametrize("n", [100, 2000])
@pytest.mark.parametrize("width_gev", [1e-4, 3e-3, 0.03])
@pytest.mark.parametrize("cut_widths", [15.0, 80.0])
def test_one_mass_may_have_a_width_and_its_tails(write, n, width_gev, cut_widths):
    # Breit-Wigner of up to a percent of the mass, its tails cut as generators cut them, or far out
    draw = np.random.default_rng(5)
    edge = np.arctan(2.0 * cut_widths) / np.pi
    masses = 3.0 + 0.5 * width_gev * np.tan(np.pi * draw.uniform(-edge, edge, n))
    (sample,) = read_lhe_samples(write(init(), events(masses)), rng())
    # sigma of the median: (pi/4) Gamma / sqrt(n)
    assert sample.mass_gev == pytest.approx(3.0, abs=3.0 * 0.79 * width_gev / np.sqrt(n) + 1e-9)
    # (Gamma / 2) tan(0.683 pi / 2); a quantile p has the error sqrt(p (1 - p) / n) / density, here
    # sqrt(0.683 x 0.317 / n) Gamma (1 + 1.84^2) pi / 4
    error = np.sqrt(0.683 * 0.317 / n) * width_gev * 3.45
    # the shortest of many intervals is shorter by as much
    assert sample.mass_spread_gev == pytest.approx(0.921 * width_gev, abs=4.0 * error)


def test_spread_is_half_the_shortest_interval(write):
    # 7 of 10 masses, the smallest number above 68.3 %, lie within 6 MeV
    masses = 2.0 + 1e-3 * np.array([0, 1, 2, 3, 4, 5, 6, 9, 9.5, 10])
    (sample,) = read_lhe_samples(write(init(), events(masses)), rng())
    assert sample.mass_spread_gev == pytest.approx(3e-3, abs=1e-9)
    assert sample.mass_gev == pytest.approx(2.0045, abs=1e-9)


# cross sections -----------------------------------------------------------------------------


def test_cross_sections_of_processes_add_up(write):
    path = write(init([(1.5, 0.3), (0.0, 0.0), (2.5e-3, 0.4)]), events([2.0] * 2))
    (sample,) = read_lhe_samples(path, rng())
    assert sample.xsec_fb == pytest.approx(1502.5)
    assert sample.xsec_error_fb == pytest.approx(500.0)


@pytest.mark.parametrize(
    ("processes", "announced", "words"),
    [
        ([], 0, "absent"),
        ([], 1, "absent"),
        ([(1.0, 0.1)], 2, "absent"),
        ([("nan", 0.1)], None, "not a positive number"),
        ([("inf", 0.1)], None, "not a positive number"),
        ([(0.0, 0.1)], None, "not a positive number"),
        ([(-1.0, 0.1)], None, "not a positive number"),
        ([(1.0, "nan")], None, "error of the cross section"),
        ([(1.0, -0.1)], None, "error of the cross section"),
        ([("one", 0.1)], None, "no readable LHE file"),
    ],
)
def test_files_without_a_cross_section_are_refused(write, processes, announced, words):
    path = write(init(processes, announced=announced), events([2.0]))
    message = refused(path, words)
    assert "signal.lhe" in message


# radiation ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("missing", "is_free"), [(0.5e-4, True), (2e-4, False)])
def test_radiation_along_the_beams_is_seen_in_the_energy(write, missing, is_free):
    # one event of many is enough
    lost = missing * SQRT_S
    photons = [(22, 1, 0, [lost / 2, 0, 0, s * lost / 2]) for s in (1, -1)]
    radiating = events([2.0], energy=SQRT_S - lost, extra=photons)
    (sample,) = read_lhe_samples(write(init(), events([2.0] * 3), radiating), rng())
    assert sample.is_isr_free is is_free
    assert sample.has_photons


def test_reduced_beams_without_a_photon_are_radiation(write):
    # the incoming particles of the event have less than those of <init>
    radiating = events([2.0], energy=10.5, extra=reduced(10.5))
    (sample,) = read_lhe_samples(write(init(), events([2.0] * 3), radiating), rng())
    assert not sample.is_isr_free
    assert not sample.has_photons


def test_a_photon_of_x_belongs_to_x(write):
    x, _, _, prompt_plus, prompt_minus = (p[0] for p in final_state(2.0))
    photon = 0.2 * np.array([1.0, 0.0, 1.0, 0.0])
    plus, minus = pairs((x - photon)[None], MUON_MASS_GEV, MUON_MASS_GEV, np.array([1.0, 0, 0]))
    rows = [(X, 2, 0, x), (-13, 1, 0, prompt_plus), (13, 1, 0, prompt_minus)]
    rows += [(-13, 1, 1, plus[0]), (13, 1, 1, minus[0]), (22, 1, 1, photon)]
    path = write(init(), block(rows, 1.0), events([2.0] * 3))
    (sample,) = read_lhe_samples(path, rng())
    assert sample.is_isr_free
    assert sample.has_photons
    # 13 digits of momenta
    assert sample.events.x_mass_gev == pytest.approx([2.0] * 4, abs=1e-9)
    pair = invariant_mass(sample.events.momenta[:, 2:].sum(axis=1))
    assert pair[0] < 1.99
    # to `read_lhe` the mass is that of the muons
    assert read_lhe(path, rng()).x_mass_gev == pytest.approx(pair)


@pytest.mark.parametrize("swapped", [False, True])
def test_asymmetric_beams_in_either_order_are_free_of_radiation(write, swapped):
    electron, positron = 7.0, SQRT_S**2 / 28.0
    beta = np.array([0.0, 0.0, (electron - positron) / (electron + positron)])
    momenta = [boost(p[0], beta) for p in final_state(2.0)]
    codes, energies = (11, -11), (electron, positron)
    if swapped:
        codes, energies = codes[::-1], energies[::-1]
        momenta = [p * [1.0, -1.0, 1.0, -1.0] for p in momenta]
    x, plus, minus, prompt_plus, prompt_minus = momenta
    rows = [(X, 2, 0, x), (-13, 1, 0, prompt_plus), (13, 1, 0, prompt_minus)]
    rows += [(-13, 1, 1, plus), (13, 1, 1, minus)]
    (sample,) = read_lhe_samples(
        write(init(beams=codes, energies=energies), block(rows, 1.0)), rng()
    )
    assert sample.is_isr_free
    assert sample.events.sqrt_s_gev == SQRT_S
    expected = np.array([p[0] for p in final_state(2.0)])[[3, 4, 1, 2]]
    # the electron mass moves the boost by 1e-8
    assert sample.events.momenta[0] == pytest.approx(expected, abs=1e-6)


# what is no readable sample -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (init(energies=(5.0, 5.0)) + events([2.0], energy=10.0), "another c.m. energy"),
        (init(beams=(2212, 2212)) + events([2.0]), "electron and a positron"),
        (init(), "no events"),
        (init() + events([2.0], weight=-1.0), "weights"),
        (init() + events([2.0], weight="nan"), "weight"),
        (init() + events([2.0]).replace("e+00 ", "nan ", 1), "no readable LHE file"),
        (init() + events([2.0], extra=[(11, 1, 0, [1.0, 0, 0, 1.0])]), "another process"),
        (init() + events([2.0], extra=[(22, 1, 0, [np.nan] * 4)]), "not finite"),
        (init() + events([2.0], extra=[(22, 1, 0, [1.0, 0, 0, 1.0])]), "does not conserve"),
        (events([2.0]), "LHE file"),
    ],
)
def test_what_is_no_sample_is_refused_by_name(write, content, words):
    assert "signal.lhe" in refused(write(content), words)


@pytest.mark.parametrize("kind", ["truncated", "truncated gzip", "damaged gzip", "empty"])
def test_damaged_files_are_refused(lhe_folder, tmp_path, kind):
    packed = (lhe_folder / "zprime_m3_to_mumu_1k.lhe.gz").read_bytes()
    plain = gzip.decompress(packed)
    middle = len(packed) // 2
    content = {
        "truncated": plain[: len(plain) // 2],
        "truncated gzip": packed[:middle],
        "damaged gzip": packed[:middle] + bytes(100) + packed[middle + 100 :],
        "empty": b"",
    }[kind]
    path = tmp_path / "broken.lhe.gz"
    path.write_bytes(content)
    assert "broken.lhe.gz" in refused(path, "damaged|truncated|empty|readable")


def test_one_bad_file_of_several_is_named(lhe_folder, write):
    good = lhe_folder / "zprime_m3_to_mumu_1k.lhe.gz"
    assert "signal.lhe" in refused([good, write(init())], "no events")
    refused([], "no LHE file")
    other = write(init(energies=(5.2925, 5.2925)), events([2.0], energy=10.585))
    assert "signal.lhe" in refused([good, other], "different energies")
