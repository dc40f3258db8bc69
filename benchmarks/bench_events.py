"""Events per second and core through detector, selection, fit, variables and networks.

``python benchmarks/bench_events.py [--events 200000] [--repeat 3]``

One thread. The networks have the shape of the configuration and random numbers for weights; they
score every candidate that is a row, as the chain does.
"""

from __future__ import annotations

import argparse
import time
from itertools import pairwise

import numpy as np
from threadpoolctl import threadpool_limits

from fourmu.classifiers import MlpRange, Network, scores
from fourmu.config import Analysis
from fourmu.detector import simulate
from fourmu.generator import PartonEvents, generate_four_muon, generate_x
from fourmu.physics.models import MODELS
from fourmu.selection import VARIABLES, select

ANALYSIS = Analysis()


def networks(rng: np.random.Generator) -> list[Network]:
    """One network per range, of the configured shape."""
    edges = ANALYSIS.classifiers.range_edges_gev
    sizes = [len(VARIABLES), *ANALYSIS.classifiers.hidden_layers, 1]
    made = []
    for index, (low, high) in enumerate(pairwise(edges)):
        shapes = list(pairwise(sizes))
        made.append(
            Network(
                mlp_range=MlpRange(
                    index=index,
                    low_gev=low,
                    high_gev=high,
                    interval_low_gev=max(low - 0.1, 0.0),
                    interval_high_gev=high + 0.1,
                ),
                variables=VARIABLES,
                mean=np.zeros(len(VARIABLES), np.float32),
                scale=np.ones(len(VARIABLES), np.float32),
                weights=tuple(rng.normal(0.0, 0.3, shape).astype(np.float32) for shape in shapes),
                biases=tuple(np.zeros(size, np.float32) for _, size in shapes),
                activation="relu",
            )
        )
    return made


def measure(events: PartonEvents, repeat: int) -> dict[str, float]:
    """Best time of each step in microseconds per generated event."""
    trained = networks(np.random.default_rng(1))
    best = {"detector": np.inf, "selection, fit, variables": np.inf, "networks": np.inf}
    for turn in range(repeat + 1):
        start = time.perf_counter()
        reconstructed = simulate(events, ANALYSIS.detector, np.random.default_rng(2))
        measured = time.perf_counter()
        selected = select(reconstructed, ANALYSIS.selection, ANALYSIS.detector)
        chosen = time.perf_counter()
        scores(trained, selected.candidates)
        scored = time.perf_counter()
        if turn:  # the first turn compiles
            times = (measured - start, chosen - measured, scored - chosen)
            for name, seconds in zip(best, times, strict=True):
                best[name] = min(best[name], 1e6 * seconds / len(events))
    return best


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    rng = np.random.default_rng(3)
    couplings = MODELS["zprime"].couplings
    samples = {
        "Z' of 3 GeV, no ISR": generate_x(couplings, 3.0, options.events, rng, isr=False),
        "Z' of 3 GeV, ISR": generate_x(couplings, 3.0, options.events, rng, isr=True),
        "four muons, no ISR": generate_four_muon(options.events, rng, isr=False),
    }
    for name, events in samples.items():
        with threadpool_limits(1):
            times = measure(events, options.repeat)
        parts = ", ".join(f"{step} {value:.2f}" for step, value in times.items())
        total = sum(times.values())
        print(f"{name}: {1e6 / total:,.0f} events/s/core ({parts} microseconds per event)")


if __name__ == "__main__":
    main()
