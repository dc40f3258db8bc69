"""Les Houches events -> parton events (arXiv:hep-ph/0609017), from any generator.

Accepted are e+e- -> four muons and e+e- -> mu+ mu- X, X decayed or not, with photons if there
are any; beams in either order, symmetric or not. What comes out is in our frame: the c.m. of
the beams with e- along +z.
"""

from __future__ import annotations

import contextlib
import gzip
import itertools
import math
import warnings
import zlib
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias, cast
from xml.etree.ElementTree import ParseError

import numpy as np
import numpy.typing as npt
import pylhe

from fourmu.errors import InputError
from fourmu.generator.decay import decay_isotropic
from fourmu.generator.events import FOUR_MUON_PDG, PartonEvents
from fourmu.physics.constants import SQRT_S_GEV
from fourmu.physics.kinematics import FloatArray, invariant_mass

from .files import existing_file
from .lhe_event import LheBeams, LheLayout, LheMomenta, LheRow, sort_particles

__all__ = ["LheFile", "parton_events", "read_lhe", "read_lhe_files"]

_CHUNK: Final = 5_000
"""Events that are held as objects of pylhe at a time."""
_ENERGY_SPREAD_GEV: Final = 1e-3
"""Largest difference of the c.m. energies of files that are read together."""

_Rows: TypeAlias = tuple[tuple[int, int, int], ...]
"""Code, status and first mother of all lines of an event."""


@dataclass(frozen=True, kw_only=True)
class LheFile:
    """Events of one file, n of them, in our frame.

    Attributes
    ----------
    path
        The file.
    sqrt_s_gev
        Energy of its beams.
    cross_sections_pb
        Cross section and error of each process that ``<init>`` lists, unchecked.
    n_processes
        Number of processes that ``<init>`` announces.
    layouts, layout
        Different layouts of its events, and (n,) which of them an event has.
    momenta
        Four-vectors of the n events; (n, m, 4) photons, zeros where absent.
    weight
        (n,) weights as the file has them.
    """

    path: Path
    sqrt_s_gev: float
    cross_sections_pb: tuple[tuple[float, float], ...]
    n_processes: int
    layouts: tuple[LheLayout, ...]
    layout: npt.NDArray[np.int64]
    momenta: LheMomenta
    weight: FloatArray

    def __len__(self) -> int:
        """Return the number of events."""
        return len(self.layout)

    @property
    def from_x(self) -> npt.NDArray[np.bool_]:
        """(n,) whether an event has an X, decayed or not."""
        return np.array([layout.from_x for layout in self.layouts])[self.layout]

    @property
    def undecayed(self) -> npt.NDArray[np.bool_]:
        """(n,) whether an event has an X that is not decayed."""
        return np.array([layout.undecayed is not None for layout in self.layouts])[self.layout]


def read_lhe(
    paths: str | Path | Sequence[str | Path],
    rng: np.random.Generator,
    *,
    sqrt_s_gev: float = SQRT_S_GEV,
    x_pdg: int | None = None,
    process: str | None = None,
) -> PartonEvents:
    """Read events of four muons, or of two muons and X.

    Parameters
    ----------
    paths
        One file or several of the same process; plain or gzip.
    rng
        For the decay of an X that the file leaves undecayed: isotropic in its rest frame.
    sqrt_s_gev
        Energy the beams must have.
    x_pdg
        Code of X; without it any code of no known particle, or 25, is X.
    process
        Name of the process; ``lhe_x`` or ``lhe_4mu`` without it.

    Returns
    -------
    PartonEvents
        ``x_mass_gev`` is the mass that each event has, also off shell. A photon beyond the two
        most energetic becomes a further particle. Weights are divided by their mean.

    Raises
    ------
    InputError
        A file cannot be read or is truncated, has no events, another process, other beams or
        another energy, or numbers that are not finite. The message names file and event.
    """
    files = read_lhe_files(paths, sqrt_s_gev=sqrt_s_gev, x_pdg=x_pdg)
    # within a file events without X occur: generators leave out an X far off its mass
    with_x = [bool(file.from_x.any()) for file in files]
    for file, has_x in zip(files, with_x, strict=True):
        if has_x != with_x[0]:
            raise InputError(
                "files of different processes are not mixed",
                where=file.path,
                found="mu+ mu- X" if has_x else "mu+ mu- mu+ mu-",
                expected="mu+ mu- X" if with_x[0] else "mu+ mu- mu+ mu-",
            )
    weight = np.concatenate([file.weight for file in files])
    if not weight.mean() > 0.0:
        raise InputError("the weights do not add up to a positive number", where=files[0].path)
    name = process or ("lhe_x" if with_x[0] else "lhe_4mu")
    return parton_events(files, weight, rng, process=name)


def read_lhe_files(
    paths: str | Path | Sequence[str | Path],
    *,
    sqrt_s_gev: float = SQRT_S_GEV,
    x_pdg: int | None = None,
) -> list[LheFile]:
    """Read files of one energy, each by itself; parameters as those of `read_lhe`.

    Raises
    ------
    InputError
        There is no file, or one cannot be read, has no events, or another energy than the
        first.
    """
    names = [paths] if isinstance(paths, str | Path) else list(paths)
    if not names:
        raise InputError("no LHE file is given")
    files: list[LheFile] = []
    for name in names:
        file = _read_file(existing_file(name), sqrt_s_gev, x_pdg)
        if files and abs(file.sqrt_s_gev - files[0].sqrt_s_gev) > _ENERGY_SPREAD_GEV:
            raise InputError(
                "files of different energies are not mixed",
                where=file.path,
                found=f"{file.sqrt_s_gev:.4f} GeV",
                expected=f"{files[0].sqrt_s_gev:.4f} GeV",
            )
        files.append(file)
    return files


def parton_events(
    files: Sequence[LheFile], weight: FloatArray, rng: np.random.Generator, *, process: str
) -> PartonEvents:
    """Put the events of files together and decay X where it is not decayed.

    Parameters
    ----------
    files
        Files of one energy.
    weight
        (n,) weights of their events, of positive mean, by which they are divided.
    rng
        For the decays.
    process
        Name of the process.

    Returns
    -------
    PartonEvents
        As `read_lhe` returns them.
    """
    photons = _padded([file.momenta.photons for file in files])
    n, n_photons = photons.shape[:2]
    extra = max(n_photons - 2, 0)
    momenta = np.zeros((n, 4 + extra, 4))
    momenta[:, :2] = np.concatenate([file.momenta.prompt for file in files])
    momenta[:, 2:4] = np.concatenate([file.momenta.pair for file in files])
    momenta[:, 4:] = photons[:, 2:]
    undecayed = np.concatenate([file.undecayed for file in files])
    if undecayed.any():
        x = np.concatenate([file.momenta.x for file in files])[undecayed]
        momenta[undecayed, 2:4] = decay_isotropic(x, rng)
    beam_photons = np.zeros((n, 2, 4))
    beam_photons[:, : min(n_photons, 2)] = photons[:, :2]
    signal = np.concatenate([file.from_x for file in files])
    mass = invariant_mass(momenta[:, 2:4].sum(axis=1))
    equal = np.ptp(weight) <= 1e-6 * abs(weight[0])
    return PartonEvents(
        momenta=momenta,
        pdg=np.array([*FOUR_MUON_PDG, *itertools.repeat(22, extra)]),
        photons=beam_photons,
        weight=np.ones(n) if equal else weight / weight.mean(),
        x_mass_gev=np.where(signal, mass, np.nan),
        sqrt_s_gev=files[0].sqrt_s_gev,
        process=process,
    )


def _read_file(path: Path, sqrt_s_gev: float, x_pdg: int | None) -> LheFile:
    """Read one file."""
    # pylhe says that the XML ended early by a warning; here it is an error
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        try:
            file = pylhe.LHEFile.fromfile(str(path), with_attributes=False)
            # pylhe's generator holds the file open until it is closed
            with contextlib.closing(cast(Generator[Any, None, None], file.events)) as source:
                return _collected(path, file.init, source, sqrt_s_gev, x_pdg)
        except InputError:
            raise
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise InputError(f"the compressed file is damaged: {error}", where=path) from error
        except RuntimeWarning as error:
            raise InputError(f"the file is truncated or not XML: {error}", where=path) from error
        except IndexError as error:
            reason = "this is no readable LHE file: <init> or an event has too few lines or numbers"
            raise InputError(reason, where=path) from error
        except (ParseError, ValueError, TypeError, AttributeError, OSError) as error:
            raise InputError(f"this is no readable LHE file: {error}", where=path) from error


def _collected(
    path: Path, init: Any, source: Iterator[Any], sqrt_s_gev: float, x_pdg: int | None
) -> LheFile:
    """Take all events of a file, chunk by chunk, into arrays."""
    beams = LheBeams(path, init.initInfo, sqrt_s_gev)
    layouts: dict[_Rows, LheLayout] = {}
    chunks: list[tuple[npt.NDArray[np.int64], LheMomenta]] = []
    weights: list[float] = []
    while chunk := list(itertools.islice(source, _CHUNK)):
        first = len(weights) + 1
        weights += _checked_weights(path, first, chunk)
        chunks.append(_momenta(path, first, chunk, beams, layouts, x_pdg))
    if not chunks:
        raise InputError("the file has no events", where=path)
    momenta = [part for _, part in chunks]
    return LheFile(
        path=path,
        sqrt_s_gev=beams.sqrt_s,
        cross_sections_pb=tuple((float(p.xSection), float(p.error)) for p in init.procInfo),
        n_processes=int(init.initInfo.numProcesses),
        layouts=tuple(layouts.values()),
        layout=np.concatenate([part for part, _ in chunks]),
        momenta=LheMomenta(
            prompt=np.concatenate([part.prompt for part in momenta]),
            pair=np.concatenate([part.pair for part in momenta]),
            x=np.concatenate([part.x for part in momenta]),
            photons=_padded([part.photons for part in momenta]),
        ),
        weight=np.array(weights),
    )


def _checked_weights(path: Path, first: int, chunk: Sequence[Any]) -> list[float]:
    """Weights of events; refused is an event that is cut short or whose weight is no number."""
    weights = [float(event.eventinfo.weight) for event in chunk]
    for number, (event, weight) in enumerate(zip(chunk, weights, strict=True), first):
        if event.eventinfo.nparticles != len(event.particles):
            raise InputError(
                "an event has another number of particles than it says",
                where=f"{path}, event {number}",
                found=len(event.particles),
                expected=event.eventinfo.nparticles,
            )
        if not math.isfinite(weight):
            raise InputError(
                "the weight of an event is not finite",
                where=f"{path}, event {number}",
                found=weight,
            )
    return weights


def _momenta(
    path: Path,
    first: int,
    chunk: Sequence[Any],
    beams: LheBeams,
    layouts: dict[_Rows, LheLayout],
    x_pdg: int | None,
) -> tuple[npt.NDArray[np.int64], LheMomenta]:
    """Layouts and momenta of a chunk; events of one layout are treated at once.

    ``first`` is the number of the first event in the file. New layouts are added to ``layouts``.
    """
    members: dict[_Rows, list[int]] = {}
    for index, event in enumerate(chunk):
        rows = tuple([(p.id, p.status, p.mother1) for p in event.particles])
        members.setdefault(rows, []).append(index)
    for rows, indices in members.items():
        if rows not in layouts:
            where = f"{path}, event {first + indices[0]}"
            layouts[rows] = sort_particles(where, [LheRow(*row) for row in rows], x_pdg)
    n = len(chunk)
    known = list(layouts)
    kinds = np.empty(n, dtype=np.int64)
    prompt, pair, x = np.empty((n, 2, 4)), np.empty((n, 2, 4)), np.empty((n, 4))
    photons = np.zeros((n, max(len(layouts[rows].photons) for rows in members), 4))
    for rows, indices in members.items():
        p = np.array([[(q.e, q.px, q.py, q.pz) for q in chunk[i].particles] for i in indices])
        home = beams.brought_home(layouts[rows], p, [first + i for i in indices])
        kinds[indices] = known.index(rows)
        prompt[indices], pair[indices], x[indices] = home.prompt, home.pair, home.x
        photons[indices, : home.photons.shape[1]] = home.photons
    return kinds, LheMomenta(prompt=prompt, pair=pair, x=x, photons=photons)


def _padded(photons: Sequence[FloatArray]) -> FloatArray:
    """Join photons (n, m, 4) of different m; absent ones are zeros."""
    most = max(part.shape[1] for part in photons)
    return np.concatenate(
        [np.pad(part, ((0, 0), (0, most - part.shape[1]), (0, 0))) for part in photons]
    )
