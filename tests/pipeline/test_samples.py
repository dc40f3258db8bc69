"""The files of all samples: numbers of events, event numbers, what trains and what expects."""

import dataclasses
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fourmu.config import Analysis
from fourmu.config.samples import Backgrounds, Injection, PseudoData, ResonancePeak, Samples
from fourmu.errors import ConfigError
from fourmu.pipeline.samples import (
    EE_MUMU,
    FOUR_MUON,
    MUMU_GAMMA,
    MUMU_TAUTAU,
    PSEUDO_DATA,
    TRAINING,
    background_names,
    background_split,
    check_names,
    grid_masses,
    no_isr,
    sample_files,
    training_masses_gev,
)


def analysis_of(**samples):
    return Analysis(samples=Samples(**samples))


def of(files, sample):
    return [file for file in files if file.sample == sample]


@settings(max_examples=40, deadline=None)
@given(
    total=st.integers(1, 10_000),
    chunk=st.integers(1, 3_000),
    training=st.integers(1, 20),
    per_mass=st.integers(1, 5_000),
)
def test_event_numbers_are_unique_and_no_event_is_lost(total, chunk, training, per_mass):
    analysis = analysis_of(
        four_muon_events=total,
        chunk_events=chunk,
        training_events_per_mass=training,
        events_per_mass=per_mass,
    )
    files = sample_files(analysis)
    wanted = {
        FOUR_MUON: total,
        TRAINING: training * len(training_masses_gev(analysis)),
        "zprime": per_mass * len(grid_masses(analysis, "zprime")),
        "scalar": per_mass * len(grid_masses(analysis, "scalar")),
    }
    for sample, events in wanted.items():
        parts = of(files, sample)
        assert sum(part.events for part in parts) == events
        # numbers of a part: index * stride ... + events - 1, as the stage generate gives them
        first = [part.index * part.stride for part in parts]
        last = [start + part.events for start, part in zip(first, parts, strict=True)]
        assert first == sorted(first)
        assert all(end <= start for end, start in zip(last, first[1:], strict=False))
        assert all(part.events >= 1 for part in parts)
    for sample in (FOUR_MUON, TRAINING):
        assert max(part.events for part in of(files, sample)) <= chunk


def test_every_file_has_a_place_of_its_own():
    files = sample_files(Analysis())
    paths = [file.path(Path("events"), ".root") for file in files]
    assert len(set(paths)) == len(paths)


def test_long_files_come_first():
    files = sample_files(Analysis())
    order = list(dict.fromkeys(file.sample for file in files))
    assert order == [
        *(PSEUDO_DATA, MUMU_GAMMA, EE_MUMU, MUMU_TAUTAU, FOUR_MUON, TRAINING),
        *("zprime", no_isr("zprime"), "scalar", no_isr("scalar")),
    ]
    shortest = min(file.events for file in of(files, FOUR_MUON))
    assert shortest >= max(file.events for file in files if file.mass_gev is not None)


def test_data_radiate_and_simulated_background_does_not():
    """PHYSICS 2: AAFH has no ISR; signals have it, and are repeated without."""
    files = sample_files(Analysis())
    isr = {file.sample: file.isr for file in files}
    radiating = {sample for sample, value in isr.items() if value}
    assert radiating == {PSEUDO_DATA, TRAINING, "zprime", "scalar"}
    backgrounds = {FOUR_MUON, MUMU_GAMMA, EE_MUMU, MUMU_TAUTAU}
    assert set(isr) - radiating == {*backgrounds, "zprime_no_isr", "scalar_no_isr"}
    assert {file.sample for file in files if file.is_background} == backgrounds
    assert {file.sample for file in files if not file.is_signal} == {*backgrounds, PSEUDO_DATA}


@settings(max_examples=15, deadline=None)
@given(parts=st.integers(2, 30), fraction=st.floats(0.001, 0.999))
def test_training_and_expectation_share_no_event(parts, fraction):
    analysis = analysis_of(
        four_muon_events=100 * parts, chunk_events=100, background_training_fraction=fraction
    )
    training, expectation = background_split(analysis)
    assert training
    assert expectation
    assert not set(training) & set(expectation)
    files = sample_files(analysis)
    assert {*training, *expectation} == {file for file in files if file.is_background}
    for sample in background_names(analysis):
        # the nearest number of files that leaves one for each
        count = len(of(files, sample))
        wanted = min(max(fraction * count, 1.0), count - 1.0)
        assert abs(len(of(training, sample)) - wanted) <= 0.5


def test_one_file_cannot_be_split():
    with pytest.raises(ConfigError, match="at least two files") as caught:
        background_split(analysis_of(four_muon_events=100, chunk_events=100))
    assert caught.value.key == "samples.chunk_events"


def test_the_zprime_is_simulated_whatever_is_searched_for():
    """The scan follows its resolution, and the networks are trained with it (Sec. IV D)."""
    files = sample_files(Analysis().model_copy(update={"models": ("scalar",)}))
    assert {"zprime", "zprime_no_isr", "scalar", "scalar_no_isr"} <= {f.sample for f in files}
    alone = sample_files(Analysis().model_copy(update={"models": ("zprime",)}))
    assert not [file for file in alone if file.sample.startswith("scalar")]


def test_masses_are_those_of_the_paper():
    """Sec. III: 250 MeV steps, the scalar 40 MeV below 1 GeV; training in 5 MeV steps."""
    analysis = Analysis()
    zprime, scalar = grid_masses(analysis, "zprime"), grid_masses(analysis, "scalar")
    assert (zprime[0], zprime[-1], len(zprime)) == (0.212, 10.0, 41)
    assert (scalar[0], scalar[1], scalar[-1]) == (0.212, 0.252, 10.0)
    training = training_masses_gev(analysis)
    assert training[0] == 0.212
    assert training[1] == pytest.approx(0.217, abs=1e-12)
    assert 9.995 <= training[-1] <= 10.0
    masses = [file.mass_gev for file in of(sample_files(analysis), "zprime")]
    assert masses == list(zprime)


def test_the_names_of_files_do_not_depend_on_their_sizes():
    """So that an enlarged sample replaces its files instead of leaving old ones beside."""
    small = sample_files(analysis_of(events_per_mass=10))
    large = sample_files(analysis_of(events_per_mass=20))
    assert [dataclasses.replace(f, events=0, stride=0) for f in small] == [
        dataclasses.replace(f, events=0, stride=0) for f in large
    ]


def test_unknown_models_are_refused_by_the_key_that_names_them():
    check_names(Analysis())
    with pytest.raises(ConfigError, match="unknown model 'dilaton'") as caught:
        check_names(Analysis().model_copy(update={"models": ("zprime", "dilaton")}))
    assert caught.value.key == "models"
    samples = Samples(pseudo_data={"injections": [Injection(model="dilaton")]})
    with pytest.raises(ConfigError, match="unknown model 'dilaton'") as caught:
        check_names(Analysis(samples=samples))
    assert caught.value.key == "samples.pseudo_data.injections"


def test_sizes_in_luminosity_are_shared_by_files_of_at_most_the_size_of_a_chunk():
    analysis = analysis_of(
        luminosity_ifb=178.0,
        chunk_luminosity_ifb=25.0,
        backgrounds=Backgrounds(mumu_gamma=2.0, ee_mumu=0.1, mumu_tautau=0.0),
    )
    files = sample_files(analysis)
    for sample, luminosity, count in (
        (PSEUDO_DATA, 178.0, 8),
        (MUMU_GAMMA, 356.0, 15),
        (EE_MUMU, 17.8, 2),  # two at least, to train and to expect with
    ):
        parts = of(files, sample)
        assert len(parts) == count
        assert sum(part.luminosity_ifb for part in parts) == pytest.approx(luminosity)
        assert max(part.luminosity_ifb for part in parts) <= 25.0
    assert of(files, MUMU_TAUTAU) == []
    assert background_names(analysis) == (FOUR_MUON, MUMU_GAMMA, EE_MUMU)


def test_unknown_resonances_are_refused_by_the_key_that_names_them():
    peaks = (ResonancePeak(name="jpsi"), ResonancePeak(name="omega"))
    samples = Samples(pseudo_data=PseudoData(resonances=peaks))
    with pytest.raises(ConfigError, match="unknown resonance 'omega'") as caught:
        check_names(Analysis(samples=samples))
    assert caught.value.key == "samples.pseudo_data.resonances.1.name"
    assert "jpsi" in str(caught.value.expected)
