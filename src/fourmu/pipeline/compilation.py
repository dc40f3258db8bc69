"""Compile all kernels once, side by side, before the stages start.

Workers that meet an empty cache would each compile the same kernels. Here every job compiles
another set, by using it on a few events, so that no kernel is compiled twice.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fourmu.config import Analysis
from fourmu.io.files import atomic_path

from .workers import Workers

if TYPE_CHECKING:  # each job imports what it needs alone
    from fourmu.generator import PartonEvents

__all__ = ["CompileJob", "compile_kernels", "compile_set"]

_FEW = 64
SETS = ("limits", "four_lepton", "four_muon", "x", "mumu_gamma", "selection", "radiation")
"""Sets of kernels, the slowest to compile first; none uses kernels that another compiles."""


@dataclass(frozen=True, kw_only=True)
class CompileJob:
    """One set of kernels."""

    name: str
    analysis: Analysis
    done: Path


def compile_kernels(analysis: Analysis, workers: Workers) -> None:
    """Compile what the cache of this installation does not hold yet."""
    cache = os.environ.get("NUMBA_CACHE_DIR")
    if cache is None or workers.kind == "threads":
        return  # no place that tells what is compiled, or one compiler lock for all workers
    jobs = [
        CompileJob(name=name, analysis=analysis, done=Path(cache) / f"compiled-{name}")
        for name in SETS
    ]
    missing = [job for job in jobs if not job.done.exists()]
    if missing:
        workers.run(compile_set, missing, label="compile kernels (once)", unit="sets")


def compile_set(job: CompileJob) -> int:
    """Use one set of kernels, and leave a mark that it is compiled."""
    {
        "limits": _limits,
        "four_lepton": _four_lepton,
        "four_muon": _four_muon,
        "x": _x,
        "mumu_gamma": _mumu_gamma,
        "selection": _selection,
        "radiation": _radiation,
    }[job.name](job.analysis)
    with atomic_path(job.done) as temporary:
        temporary.write_text("", encoding="utf-8")
    return 1


def _limits(analysis: Analysis) -> None:
    from fourmu.inference import (  # noqa: PLC0415  each job imports what it needs alone
        ScanBins,
        background_fits,
        limits,
        scan_significances,
    )
    from fourmu.statmodel import batch_of, example_workspace  # noqa: PLC0415

    batch = batch_of([("example", example_workspace(np.random.default_rng(1)))])
    limits(batch, analysis.inference, threads=1)
    edges = np.linspace(0.0, 1.0, batch.tables.observed.size + 1)
    bins = ScanBins(
        start=batch.tables.bin_start,
        low=edges[:-1],
        high=edges[1:],
        centre=np.array([0.5]),
        sigma=np.array([0.02]),
        mass_gev=np.array([0.5]),
        mlp_range=np.zeros(1, dtype=np.int64),
    )
    scan_significances(batch, bins, background_fits(batch), [[edges]])


def _four_muon(analysis: Analysis) -> None:
    from fourmu.generator import generate_four_muon, prepare_four_muon_sampler  # noqa: PLC0415

    for isr in (False, True):
        sampler = prepare_four_muon_sampler(
            isr=isr,
            photons="angular",
            sqrt_s_gev=analysis.generation.sqrt_s_gev,
            sqrt_s_spread_gev=analysis.generation.sqrt_s_spread_gev,
        )
        generate_four_muon(_FEW, np.random.default_rng(1), sampler=sampler)


def _four_lepton(analysis: Analysis) -> None:
    from .samples import EE_MUMU  # noqa: PLC0415

    _process(analysis, EE_MUMU)


def _mumu_gamma(analysis: Analysis) -> None:
    from .samples import MUMU_GAMMA  # noqa: PLC0415

    _process(analysis, MUMU_GAMMA)


def _process(analysis: Analysis, sample: str) -> None:
    """Integrate and generate, Born and with ISR."""
    from .processes import process_events, process_xsec_fb  # noqa: PLC0415

    for isr in (False, True):
        rng = np.random.default_rng(1)
        process_xsec_fb(analysis, sample, rng, isr=isr)
        process_events(analysis, sample, _FEW, rng, isr=isr)


def _radiation(analysis: Analysis) -> None:
    from fourmu.generator import radiate_fsr  # noqa: PLC0415

    radiate_fsr(_four_muons(analysis), np.random.default_rng(1))


def _x(analysis: Analysis) -> None:
    from fourmu.generator import cross_section, generate_x  # noqa: PLC0415
    from fourmu.physics.models import MODELS  # noqa: PLC0415

    for isr in (False, True):
        for model in MODELS.values():
            generate_x(
                model.couplings,
                3.0,
                _FEW,
                np.random.default_rng(1),
                isr=isr,
                sqrt_s_gev=analysis.generation.sqrt_s_gev,
            )
        cross_section("zprime", 3.0, isr=isr, sqrt_s_gev=analysis.generation.sqrt_s_gev)


def _selection(analysis: Analysis) -> None:
    from fourmu.detector import simulate  # noqa: PLC0415
    from fourmu.selection import select  # noqa: PLC0415

    rng = np.random.default_rng(1)
    events = simulate(_four_muons(analysis), analysis.detector, rng)
    select(events, analysis.selection, analysis.detector)


def _four_muons(analysis: Analysis) -> PartonEvents:
    """Muons of no process in particular: the generator's kernels are other sets."""
    from fourmu.generator import PartonEvents  # noqa: PLC0415
    from fourmu.physics.constants import MUON_MASS_GEV  # noqa: PLC0415
    from fourmu.physics.kinematics import energy_momentum  # noqa: PLC0415

    rng = np.random.default_rng(1)
    # the energies of the two back-to-back pairs add up to that of the collision
    directions = rng.normal(size=(2, _FEW, 3))
    directions /= np.linalg.norm(directions, axis=-1, keepdims=True)
    energy = 0.25 * analysis.generation.sqrt_s_gev
    first, second = np.sqrt(energy**2 - MUON_MASS_GEV**2) * directions
    return PartonEvents(
        momenta=energy_momentum(np.stack([first, -first, second, -second], axis=1), MUON_MASS_GEV),
        pdg=np.array([-13, 13, -13, 13]),
        photons=np.zeros((_FEW, 2, 4)),
        weight=np.ones(_FEW),
        x_mass_gev=np.full(_FEW, np.nan),
        sqrt_s_gev=analysis.generation.sqrt_s_gev,
        process="compilation",
    )
