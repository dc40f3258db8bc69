"""The branch map and the lists of files are refused by key where they cannot be used."""

import pytest

from fourmu.config import Analysis, load_analysis
from fourmu.config.ntuples import Branches
from fourmu.errors import ConfigError


def refused(folder, text):
    path = folder / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_analysis(path)
    message = str(caught.value)
    assert "mine.yaml" in message
    assert "\n" not in message
    return message


def signals(*masses, model="zprime", isr="true"):
    return "".join(
        f"    - {{model: {model}, mass_gev: {m}, files: [a.root], generated: 10, isr: {isr}}}\n"
        for m in masses
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "branches: {tracks: {theta: 'daughter({i}, pt)'}}",
            ["'daughter(0, pt)' stands 2 times", "branches.tracks.pt and branches.tracks.theta"],
        ),
        ("branches: {tracks: {pt: mu_pt}}", ["'mu_pt' stands 4 times", "tracks.pt", "needs {i}"]),
        ("branches: {tracks: {pt: 'mu{j}_pt'}}", ["tracks.pt", "mu{j}_pt", "placeholder"]),
        ("branches: {events: {run: 'run{i}'}}", ["events.run", "placeholder"]),
        ("branches: {tracks: {pt: 'mu{i_pt'}}", ["expected '}'"]),
        ("branches: {tracks: {px: 'mu{i}_px'}}", ["pt, theta and phi, or px, py and pz"]),
        ("branches: {tracks: {pt: null}}", ["pt, theta and phi, or px, py and pz"]),
        ("branches: {events: {candidate: null}}", ["both branches, or both null"]),
        ("branches: {triggers: {three_track: []}}", ["triggers.three_track", "at least 1 item"]),
        ("branches: {angle_unit: grad}", ["branches.angle_unit", "'rad' or 'deg'"]),
        ("branches: {track: {}}", ["branches.track", "did you mean 'tracks'?"]),
        ("data: {files: a.root}", ["data.files", "'a.root'"]),
        ("backgrounds: [{name: tau, files: [a.root]}]", ["xsec_fb or luminosity_ifb"]),
        ("backgrounds: [{name: tau, files: [a.root], xsec_fb: 2.0}]", ["generated beside xsec_fb"]),
        (
            "backgrounds: [{name: tau, files: [a.root], xsec_fb: 2.0, luminosity_ifb: 3.0}]",
            ["one of them"],
        ),
        ("backgrounds: [{name: pseudo_data, files: [a.root], luminosity_ifb: 3.0}]", ["reserved"]),
        ("backgrounds: [{name: Tau pairs, files: [a.root], luminosity_ifb: 3.0}]", ["Tau pairs"]),
        (
            (
                "backgrounds: [{name: a, files: [a.root], luminosity_ifb: 3.0}, "
                "{name: a, files: [b.root], luminosity_ifb: 3.0}]"
            ),
            ["a stands twice"],
        ),
        ("backgrounds: [{name: a, files: [], luminosity_ifb: 3.0}]", ["files", "at least 1"]),
        ("training: [{files: [a.root]}]", ["mass_gev or from branches.events.x_mass"]),
        ("signals:\n" + signals(1, 2, 3), ["zprime with ISR", "at least 5 masses"]),
        ("signals:\n" + signals(1, 2, 3, 4, 4), ["a mass stands twice"]),
        (
            "signals:\n" + signals(1, 2, 3, 4, 5) + signals(1, 2, 3, 4, 6, isr="false"),
            ["zprime has other masses with ISR than without"],
        ),
    ],
)
def test_what_cannot_be_used_is_one_clear_error(tmp_path, text, words):
    message = refused(tmp_path, "ntuples:\n  " + text)
    for word in words:
        assert word in message, message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[{name: a, kind: muons, path: a.csv}]", ["corrections.0.kind", "'muon_id'"]),
        ("[{name: a, kind: tracking, path: a.csv, charge: 2}]", ["corrections.0.charge"]),
        (
            "[{name: a, kind: tracking, path: a.csv}, {name: a, kind: muon_id, path: b.csv}]",
            ["the name a stands twice"],
        ),
        (
            (
                "[{name: a, kind: three_track_trigger, path: a.csv}, "
                "{name: b, kind: three_track_trigger, path: b.csv}]"
            ),
            ["the kind three_track_trigger stands twice"],
        ),
    ],
)
def test_corrections_that_cannot_be_used_are_one_clear_error(tmp_path, text, words):
    message = refused(tmp_path, "corrections: " + text)
    for word in words:
        assert word in message, message


def test_two_tables_of_tracks_may_share_a_kind(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(
        "corrections: [{name: plus, kind: muon_id, path: a.csv, charge: 1}, "
        "{name: minus, kind: muon_id, path: b.csv, charge: -1}]"
    )
    assert len(load_analysis(path).corrections) == 2


def test_data_from_outside_are_blind_whatever_the_file_says(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("blind: false\nntuples: {data: {files: [data.root]}}\n")
    assert load_analysis(path).blind
    path.write_text("blind: false\n")
    assert not load_analysis(path).blind


def test_the_default_map_has_every_branch_once():
    names = [
        pattern.format(i=number)
        for _, pattern, numbers in Branches().patterns()
        for number in numbers or (0,)
    ]
    assert len(names) == len(set(names))
    assert {"__experiment__", "daughter(3, pt)", "photon4_E", "L1PSNM(ffy)"} <= set(names)
    assert not Analysis().ntuples.data.files
