"""Unweighted events per second on one core: ``python benchmarks/bench_generator.py``."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from fourmu.generator import (
    PartonEvents,
    TrackAcceptance,
    generate_four_lepton,
    generate_four_muon,
    generate_mumu_gamma,
    generate_x,
    prepare_four_lepton_sampler,
    prepare_four_muon_sampler,
    prepare_mumu_gamma_sampler,
    prepare_x_sampler,
)
from fourmu.physics.models import SCALAR, ZPRIME

OVERWEIGHT = 1e-4
FOUR_TRACKS = TrackAcceptance(
    min_tracks=4,
    theta_min_rad=np.radians(18.0),
    theta_max_rad=np.radians(162.0),
    momentum_min_gev=0.05,
)


def rate(
    make: Callable[[int, np.random.Generator], PartonEvents], seconds: float, batch: int = 200_000
) -> str:
    """Events per CPU second of this thread, over at least the given time."""
    make(1000, np.random.default_rng(0))
    rng = np.random.default_rng(1)
    start = time.thread_time()
    events, excess, rounds = 0, 0.0, 0
    while time.thread_time() - start < seconds:
        sample = make(batch, rng)
        events += len(sample)
        excess += sample.overweight_fraction
        rounds += 1
    per_second = events / (time.thread_time() - start)
    return f"{per_second:12,.0f} events/s/core, overweight fraction {excess / rounds:.1e}"


def bench_four_muon(*, isr: bool = False, seconds: float = 2.0) -> str:
    """Four muons; the reference generator makes 100 per CPU second."""
    start = time.thread_time()
    sampler = prepare_four_muon_sampler(isr=isr, overweight=OVERWEIGHT)
    preparation = time.thread_time() - start
    text = rate(lambda n, rng: generate_four_muon(n, rng, sampler=sampler), seconds)
    return f"{text}, preparation {preparation:.2f} s"


def bench_x(
    mass_gev: float = 3.0, *, scalar: bool = False, isr: bool = False, seconds: float = 2.0
) -> str:
    """X at one mass with its decay; the reference generator makes 690 Z' per CPU second."""
    couplings = SCALAR.couplings if scalar else ZPRIME.couplings
    start = time.thread_time()
    sampler = prepare_x_sampler(couplings, mass_gev, isr=isr, overweight=OVERWEIGHT)
    preparation = time.thread_time() - start

    def make(n: int, rng: np.random.Generator) -> PartonEvents:
        return generate_x(couplings, mass_gev, n, rng, isr=isr, sampler=sampler)

    return f"{rate(make, seconds)}, preparation {preparation:.2f} s"


def bench_training(*, seconds: float = 2.0) -> str:
    """Z' with masses at random from the 5 MeV grid, with radiation."""
    grid = np.arange(0.215, 10.0, 0.005)
    start = time.thread_time()
    sampler = prepare_x_sampler(ZPRIME.couplings, grid, isr=True, overweight=OVERWEIGHT)
    preparation = time.thread_time() - start

    def make(n: int, rng: np.random.Generator) -> PartonEvents:
        return generate_x(ZPRIME.couplings, grid, n, rng, isr=True, sampler=sampler)

    return f"{rate(make, seconds)}, preparation {preparation:.2f} s"


def bench_mumu_gamma(*, isr: bool = False, seconds: float = 2.0) -> str:
    """mu mu gamma above 0.1 GeV; with radiation the photon is 0.3 rad off the beams."""
    start = time.thread_time()
    sampler = prepare_mumu_gamma_sampler(
        photon_energy_min_gev=0.1,
        photon_angle_min_rad=0.3 if isr else 0.0,
        isr=isr,
        overweight=OVERWEIGHT,
    )
    preparation = time.thread_time() - start
    text = rate(lambda n, rng: generate_mumu_gamma(n, rng, sampler=sampler), seconds)
    return f"{text}, preparation {preparation:.2f} s"


def bench_electrons(*, isr: bool = False, seconds: float = 2.0) -> str:
    """ee mumu with four tracks; with radiation only sqrt(s') above 9.8 GeV."""
    start = time.thread_time()
    sampler = prepare_four_lepton_sampler(
        "eemumu",
        acceptance=FOUR_TRACKS,
        isr=isr,
        sqrt_s_prime_min_gev=9.8 if isr else 0.0,
        overweight=OVERWEIGHT,
    )
    preparation = time.thread_time() - start
    text = rate(lambda n, rng: generate_four_lepton(n, rng, sampler=sampler), seconds, 10_000)
    return f"{text}, preparation {preparation:.2f} s"


def bench_taus(*, seconds: float = 2.0) -> str:
    """mumu tautau."""
    start = time.thread_time()
    sampler = prepare_four_lepton_sampler("mumutautau", overweight=OVERWEIGHT)
    preparation = time.thread_time() - start
    text = rate(lambda n, rng: generate_four_lepton(n, rng, sampler=sampler), seconds, 50_000)
    return f"{text}, preparation {preparation:.2f} s"


def main() -> None:
    """Print all rates."""
    bench_four_muon(seconds=0.1)
    bench_x(seconds=0.1)
    bench_mumu_gamma(seconds=0.1)
    bench_taus(seconds=0.1)
    print("4mu, Born               ", bench_four_muon())
    print("4mu, ISR                ", bench_four_muon(isr=True))
    print("Z' 3 GeV, Born, decayed ", bench_x())
    print("Z' 3 GeV, ISR, decayed  ", bench_x(isr=True))
    print("S 3 GeV, Born, decayed  ", bench_x(scalar=True))
    print("Z' 0.215-10 GeV, ISR    ", bench_training())
    print("mumugamma, Born         ", bench_mumu_gamma())
    print("mumugamma, ISR          ", bench_mumu_gamma(isr=True))
    print("eemumu, 4 tracks, Born  ", bench_electrons())
    print("eemumu, 4 tracks, ISR   ", bench_electrons(isr=True))
    print("mumutautau, Born        ", bench_taus())


if __name__ == "__main__":
    main()
