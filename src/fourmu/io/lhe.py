"""Les Houches events -> parton events (arXiv:hep-ph/0609017), from any generator.

Accepted are e+e- -> four muons and e+e- -> mu+ mu- X, X decayed or not, with photons if there
are any; beams in either order, symmetric or not. What comes out is in our frame: the c.m. of
the beams with e- along +z.
"""

from __future__ import annotations

import contextlib
import gzip
import itertools
import warnings
import zlib
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any, cast
from xml.etree.ElementTree import ParseError

import numpy as np
import pylhe

from fourmu.errors import InputError
from fourmu.generator.decay import decay_isotropic
from fourmu.generator.events import PartonEvents
from fourmu.physics.constants import SQRT_S_GEV
from fourmu.physics.kinematics import invariant_mass

from .files import existing_file
from .lhe_event import LheBeams, LheMuons, check_event, sort_particles

__all__ = ["read_lhe"]


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
        Code of X; without it any code of a particle outside the Standard Model, or 25, is X.
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
    files = [paths] if isinstance(paths, str | Path) else list(paths)
    if not files:
        raise InputError("no LHE file is given")
    events: list[LheMuons] = []
    weights: list[float] = []
    energies: list[float] = []
    with_x: list[bool] = []
    for name in files:
        path = existing_file(name)
        before = len(events)
        energy = _read_file(path, sqrt_s_gev, x_pdg, events, weights)
        if len(events) == before:
            raise InputError("the file has no events", where=path)
        if energies and abs(energy - energies[0]) > 1e-3:
            raise InputError(
                "files of different energies are not mixed",
                where=path,
                found=f"{energy:.4f} GeV",
                expected=f"{energies[0]:.4f} GeV",
            )
        energies.append(energy)
        # within a file events without X occur: generators leave out an X far off its mass
        with_x.append(any(event.from_x for event in events[before:]))
        if with_x[-1] != with_x[0]:
            raise InputError(
                "files of different processes are not mixed",
                where=path,
                found="mu+ mu- X" if with_x[-1] else "mu+ mu- mu+ mu-",
                expected="mu+ mu- X" if with_x[0] else "mu+ mu- mu+ mu-",
            )
    return _assembled(events, weights, energies[0], rng, process, files[0])


def _read_file(
    path: Path,
    sqrt_s_gev: float,
    x_pdg: int | None,
    events: list[LheMuons],
    weights: list[float],
) -> float:
    """Append the events of one file and return its c.m. energy."""
    # pylhe says that the XML ended early by a warning; here it is an error
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        try:
            file = pylhe.LHEFile.fromfile(str(path), with_attributes=False)
            # pylhe's generator holds the file open until it is closed
            with contextlib.closing(cast(Generator[Any, None, None], file.events)) as source:
                frame = LheBeams(path, file.init.initInfo, sqrt_s_gev)
                for number, event in enumerate(source):
                    where = f"{path}, event {number + 1}"
                    check_event(where, event)
                    muons = sort_particles(where, event.particles, x_pdg)
                    events.append(frame.brought_home(where, muons, event.particles))
                    weights.append(float(event.eventinfo.weight))
        except InputError:
            raise
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise InputError(f"the compressed file is damaged: {error}", where=path) from error
        except RuntimeWarning as error:
            raise InputError(f"the file is truncated or not XML: {error}", where=path) from error
        except (ParseError, ValueError, IndexError, TypeError, AttributeError, OSError) as error:
            raise InputError(f"this is no readable LHE file: {error}", where=path) from error
    return frame.sqrt_s


def _assembled(
    events: Sequence[LheMuons],
    weights: Sequence[float],
    sqrt_s: float,
    rng: np.random.Generator,
    process: str | None,
    first_file: str | Path,
) -> PartonEvents:
    """Put single events into arrays; X is decayed here."""
    n = len(events)
    n_photons = max(len(event.photons) for event in events)
    extra = max(n_photons - 2, 0)
    momenta = np.zeros((n, 4 + extra, 4))
    momenta[:, :2] = [event.prompt for event in events]
    momenta[:, 2:4] = [event.pair for event in events]
    open_x = np.array([event.undecayed is not None for event in events])
    if open_x.any():
        x = np.array([event.undecayed for event in events if event.undecayed is not None])
        momenta[open_x, 2:4] = decay_isotropic(x, rng)
    photons = np.zeros((n, 2, 4))
    for i, event in enumerate(events):
        for j, photon in enumerate(event.photons):
            if j < 2:
                photons[i, j] = photon
            else:
                momenta[i, 2 + j] = photon
    signal = np.array([event.from_x for event in events])
    mass = invariant_mass(momenta[:, 2:4].sum(axis=1))
    weight = np.array(weights)
    if not weight.mean() > 0.0:
        raise InputError("the weights do not add up to a positive number", where=first_file)
    equal = np.ptp(weight) <= 1e-6 * abs(weight[0])
    return PartonEvents(
        momenta=momenta,
        pdg=np.array([-13, 13, -13, 13, *itertools.repeat(22, extra)]),
        photons=photons,
        weight=np.ones(n) if equal else weight / weight.mean(),
        x_mass_gev=np.where(signal, mass, np.nan),
        sqrt_s_gev=sqrt_s,
        process=process or ("lhe_x" if signal.any() else "lhe_4mu"),
    )
