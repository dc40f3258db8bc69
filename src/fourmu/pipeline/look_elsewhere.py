"""Stage ``look-elsewhere``: pseudo-scans of each model, and the global significances."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from fourmu.config import Analysis
from fourmu.config.inference import Inference
from fourmu.errors import InputError
from fourmu.inference import (
    BackgroundFits,
    ScanBins,
    background_fits,
    look_elsewhere,
    pseudo_scans,
    scan_bins,
    scan_spectra,
)
from fourmu.io.json_files import read_json
from fourmu.io.look_elsewhere import (
    read_significances,
    read_spectra,
    write_look_elsewhere,
    write_significances,
    write_spectra,
)
from fourmu.statmodel import Batch, index_entries, read_workspaces
from fourmu.templates import border_sharing

from .blinding import scan_without_observation
from .context import Context, seed_sequence
from .inputs import files_of, read_backgrounds, read_training
from .progress import say
from .samples import background_split

__all__ = ["ScanJob", "run", "scan_file"]


@dataclass(frozen=True, kw_only=True)
class ScanJob:
    """Some pseudo-scans of one model."""

    analysis: Analysis
    key: str
    """Of the run: what is read once per process belongs to it."""
    workspaces: Path
    spectra: Path
    first: int
    last: int
    path: Path


def run(context: Context) -> None:
    """Draw the pseudo-scans of every model and compare the data with them."""
    analysis, settings = context.analysis, context.analysis.look_elsewhere
    target = context.target("look_elsewhere")
    key = str(context.provenance["key"])
    for model in analysis.models:
        folder = context.source(f"workspaces/{model}")
        spectra = target / f"{model}_spectra.npz"
        if not spectra.exists():
            _write_expectation(context, folder, spectra)
        jobs = [
            ScanJob(
                analysis=analysis,
                key=key,
                workspaces=folder,
                spectra=spectra,
                first=first,
                last=min(first + settings.scans_per_chunk, settings.pseudo_scans),
                path=context.work / "pseudo_scans" / model / f"s{first:06d}.npz",
            )
            for first in range(0, settings.pseudo_scans, settings.scans_per_chunk)
        ]
        context.run(
            scan_file,
            [(job, job.path) for job in jobs],
            label=f"pseudo-scans {model}",
            unit="scans",
        )
        batch, bins, background = _background(key, folder, analysis.inference)
        found = look_elsewhere(
            # names without the folders of this machine
            [f"{model}/{Path(name).name}" for name in batch.workspaces],
            bins,
            background.z_local,
            np.concatenate([read_significances(job.path) for job in jobs]),
            settings,
        )
        if analysis.blind:
            found = scan_without_observation(found)
        failed = int(found.failed_fits.sum())
        if failed:
            worst = int(np.argmax(found.failed_fits))
            say(
                f"{model}: {failed} fits of pseudo-scans did not converge, most of them "
                f"({found.failed_fits[worst]}) in {found.workspaces[worst]}"
            )
        write_look_elsewhere(
            target / f"{model}.json", found, seed=analysis.seed, provenance=context.provenance
        )


def scan_file(job: ScanJob) -> int:
    """Fit the pseudo-scans of one chunk.

    A scan has the same candidates for every model, as the data have: the stream of random
    numbers is named by the number of the scan alone.
    """
    batch, bins, background = _background(job.key, job.workspaces, job.analysis.inference)
    z_local = pseudo_scans(
        batch,
        bins,
        read_spectra(job.spectra),
        background,
        seed=seed_sequence(job.analysis.seed, "look-elsewhere"),
        scans=range(job.first, job.last),
        settings=job.analysis.inference,
        threads=1,
    )
    write_significances(job.path, z_local)
    return len(z_local)


def _write_expectation(context: Context, folder: Path, path: Path) -> None:
    """Write the expected spectra of one model."""
    analysis, settings = context.analysis, context.analysis.look_elsewhere
    key = str(context.provenance["key"])
    _, bins, background = _background(key, folder, analysis.inference)
    selected, mlp = context.source("selected"), context.source("mlp")
    _, expectation = background_split(analysis)
    points = read_training(mlp).working_points
    reduced_mass, passed, weight = [], [], []
    for sample in dict.fromkeys(file.sample for file in expectation):  # little of each is kept
        files = files_of(expectation, sample)
        (part,) = read_backgrounds(selected, mlp, files, analysis.samples.luminosity_ifb).values()
        reduced_mass.append(part.candidates.reduced_mass_gev)
        passed.append(part.passed(points))
        weight.append(part.candidates.weight)
    sharing = border_sharing(
        bins.extents_gev,
        np.concatenate(reduced_mass),
        np.concatenate(passed),
        np.concatenate(weight),
        bins=settings.sharing_bins,
        max_degree=settings.sharing_max_degree,
    )
    write_spectra(
        path,
        scan_spectra(
            bins,
            background.null_rates,
            sharing,
            fine_bins_per_sigma=settings.fine_bins_per_sigma,
        ),
    )


@lru_cache(maxsize=1)
def _background(
    key: str, folder: Path, settings: Inference
) -> tuple[Batch, ScanBins, BackgroundFits]:
    """Windows of a model with their fits, read once per process and run."""
    del key  # tells apart what a folder held in different runs
    batch = read_workspaces(folder)
    entries = {entry.name: entry for entry in index_entries(read_json(folder / "index.json"))}
    names = [Path(name).stem for name in batch.workspaces]
    missing = [name for name in names if name not in entries]
    if missing:
        raise InputError(
            "a workspace is not in the index", where=folder / "index.json", found=missing[0]
        )
    bins = scan_bins([entries[name] for name in names], batch.tables.bin_start)
    return batch, bins, background_fits(batch, settings)
