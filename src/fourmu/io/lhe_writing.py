"""Parton events with X -> Les Houches events (arXiv:hep-ph/0609017)."""

from __future__ import annotations

import contextlib
import gzip
import io
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pylhe

from fourmu import __version__
from fourmu.errors import ConsistencyError, DomainError
from fourmu.generator.events import FOUR_MUON_PDG, PartonEvents
from fourmu.physics.constants import ALPHA, ELECTRON_MASS_GEV, MUON_MASS_GEV
from fourmu.physics.kinematics import FloatArray

from .files import atomic_path
from .lhe_event import BALANCE_TOLERANCE_GEV

__all__ = ["write_lhe"]

_PB_PER_FB: Final = 1e-3
_ELECTRON, _MUON, _PHOTON = 11, 13, 22
_TAKEN: Final = (0, _ELECTRON, _MUON, _PHOTON)
_INCOMING, _FINAL, _INTERMEDIATE = -1, 1, 2
_FROM_BEAMS: Final = (1, 2)
_FROM_X: Final = (3, 3)
_SOFTEST_GEV: Final = 1e-9
"""Photons below this, hence below rounding, are left to the beams."""
_SPIN_UNKNOWN: Final = 9.0

_COMPRESSION: Final = 6
_NUMBER: Final = ": .16e"
"""Format of a number that comes back as it was."""
_FORMAT: Final = pylhe.LHEXMLFormat(
    eventinfo=f"{{nparticles:2d}} {{pid:d}} {{weight{_NUMBER}}} {{scale:.6e}} {{aqed:.8e}} "
    "{aqcd:.8e}",
    particle="{id:8d} {status:2d} {mother1:d} {mother2:d} {color1:d} {color2:d} "
    + " ".join(f"{{{name}{_NUMBER}}}" for name in ("px", "py", "pz", "e"))
    + " {m:.10e} {lifetime:.1f} {spin:.1f}",
    initinfo=f"{{beamA:d}} {{beamB:d}} {{energyA{_NUMBER}}} {{energyB{_NUMBER}}} {{PDFgroupA:d}} "
    "{PDFgroupB:d} {PDFsetA:d} {PDFsetB:d} {weightingStrategy:d} {numProcesses:d}",
    procinfo=f"{{xSection{_NUMBER}}} {{error{_NUMBER}}} {{unitWeight{_NUMBER}}} {{procId:d}}",
)


def write_lhe(
    path: str | Path,
    events: PartonEvents,
    *,
    xsec_fb: float,
    xsec_error_fb: float,
    x_pdg: int = 9000001,
    decayed: bool = True,
) -> None:
    """Write events of mu+ mu- X, X -> mu+ mu-, for other programs or `read_lhe_samples`.

    The same events give the same bytes, also compressed. Numbers of momenta are written so that
    they come back bit by bit.

    Parameters
    ----------
    path
        File to write; compressed when its name ends with ``.gz``.
    events
        Events of four muons, the last two from X. Photons of the initial state that have an
        angle to the beams become final photons, radiated by an electron of full energy. Those
        along the beams are not written: the incoming electrons have what these leave, and sum
        up to the final state.
    xsec_fb, xsec_error_fb
        Cross section and its error in fb, for what is written: with X -> mu+ mu- if ``decayed``.
    x_pdg
        Code of X.
    decayed
        Whether X is written with status 2 and its muons, or with status 1 and without.

    Raises
    ------
    DomainError
        No events, others than those of X, a cross section that is no positive number, or the
        code of a muon, electron or photon.
    ConsistencyError
        Weights without a positive mean, or momenta that the beams cannot have given.
    StorageError
        The file cannot be written.
    """
    _check(events, xsec_fb, xsec_error_fb, x_pdg)
    weight = events.weight * (_PB_PER_FB * xsec_fb / events.weight.mean())
    file = pylhe.LHEFile(
        init=_init(events.sqrt_s_gev, weight, _PB_PER_FB * xsec_fb, _PB_PER_FB * xsec_error_fb),
        events=_events(events, weight, x_pdg, decayed),
    )
    with atomic_path(path) as temporary, contextlib.ExitStack() as stack:
        raw = stack.enter_context(temporary.open("wb"))
        target: io.TextIOBase
        if Path(path).suffix == ".gz":
            # neither name nor time: equal events give equal bytes
            packed = gzip.GzipFile("", "wb", _COMPRESSION, fileobj=raw, mtime=0)
            target = io.TextIOWrapper(packed, "ascii", newline="\n")
        else:
            target = io.TextIOWrapper(raw, "ascii", newline="\n")
        stack.enter_context(target)
        file.write(target, _FORMAT)
        target.write("\n")


def _check(events: PartonEvents, xsec_fb: float, xsec_error_fb: float, x_pdg: int) -> None:
    """Refuse what makes no file of signal events."""
    if len(events) == 0:
        raise DomainError("there are no events to write", where=events.process)
    if tuple(events.pdg.tolist()) != FOUR_MUON_PDG or not np.isfinite(events.x_mass_gev).all():
        raise DomainError(
            "only events of two muons and X, X decayed to muons, are written",
            where=events.process,
            found=f"particles {events.pdg.tolist()}, "
            f"{int(np.isnan(events.x_mass_gev).sum())} of {len(events)} events without X",
            expected=f"particles {list(FOUR_MUON_PDG)}, all events with X",
        )
    if abs(x_pdg) in _TAKEN:
        raise DomainError("this is the code of another particle", key="x_pdg", found=x_pdg)
    if not (math.isfinite(xsec_fb) and xsec_fb > 0.0):
        raise DomainError(
            "the cross section is not a positive number", key="xsec_fb", found=xsec_fb
        )
    if not (math.isfinite(xsec_error_fb) and xsec_error_fb >= 0.0):
        raise DomainError(
            "the error of the cross section is negative or no number",
            key="xsec_error_fb",
            found=xsec_error_fb,
        )
    if not events.weight.mean() > 0.0:
        raise ConsistencyError(
            "the weights do not add up to a positive number", where=events.process
        )


def _init(sqrt_s: float, weight: FloatArray, xsec_pb: float, error_pb: float) -> pylhe.LHEInit:
    return pylhe.LHEInit(
        initInfo=pylhe.LHEInitInfo(
            beamA=_ELECTRON,
            beamB=-_ELECTRON,
            energyA=0.5 * sqrt_s,
            energyB=0.5 * sqrt_s,
            PDFgroupA=0,
            PDFgroupB=0,
            PDFsetA=0,
            PDFsetB=0,
            # weights whose mean is the cross section; negative where weights are
            weightingStrategy=4 if weight.min() >= 0.0 else -4,
            numProcesses=1,
        ),
        procInfo=[
            pylhe.LHEProcInfo(
                xSection=xsec_pb, error=error_pb, unitWeight=float(np.abs(weight).max()), procId=1
            )
        ],
        generators=[
            pylhe.LHEGenerator(name="fourmu", version=__version__, description="e+ e- to mu+ mu- X")
        ],
    )


def _events(
    events: PartonEvents, weight: FloatArray, x_pdg: int, decayed: bool
) -> Iterator[pylhe.LHEEvent]:
    """Events, one by one."""
    angled = _angled(events.photons)
    x = events.momenta[:, 2:].sum(axis=1)
    total = events.momenta.sum(axis=1) + (events.photons * angled[:, :, None]).sum(axis=1)
    incoming = _incoming(events, total).tolist()
    prompt, pair, photons = (
        p.tolist() for p in (events.momenta[:, :2], events.momenta[:, 2:], events.photons)
    )
    masses, numbers = events.x_mass_gev.tolist(), weight.tolist()
    for i, (own_x, seen) in enumerate(zip(x.tolist(), angled.tolist(), strict=True)):
        particles = [
            _particle(_ELECTRON, _INCOMING, (0, 0), incoming[i][0], ELECTRON_MASS_GEV),
            _particle(-_ELECTRON, _INCOMING, (0, 0), incoming[i][1], ELECTRON_MASS_GEV),
            _particle(x_pdg, _INTERMEDIATE if decayed else _FINAL, _FROM_BEAMS, own_x, masses[i]),
        ]
        for code, p in zip(FOUR_MUON_PDG[:2], prompt[i], strict=True):
            particles.append(_particle(code, _FINAL, _FROM_BEAMS, p, MUON_MASS_GEV))
        if decayed:
            for code, p in zip(FOUR_MUON_PDG[2:], pair[i], strict=True):
                particles.append(_particle(code, _FINAL, _FROM_X, p, MUON_MASS_GEV))
        for beam in (1, 2):
            if seen[beam - 1]:
                p = photons[i][beam - 1]
                particles.append(_particle(_PHOTON, _FINAL, (beam, beam), p, 0.0))
        yield pylhe.LHEEvent(
            eventinfo=pylhe.LHEEventInfo(
                nparticles=len(particles),
                pid=1,
                weight=numbers[i],
                scale=events.sqrt_s_gev,
                aqed=ALPHA,
                aqcd=0.0,
            ),
            particles=particles,
        )


def _particle(
    code: int, status: int, mothers: tuple[int, int], p: Sequence[float], mass_gev: float
) -> pylhe.LHEParticle:
    return pylhe.LHEParticle(
        id=code,
        status=status,
        mother1=mothers[0],
        mother2=mothers[1],
        color1=0,
        color2=0,
        px=p[1],
        py=p[2],
        pz=p[3],
        e=p[0],
        m=mass_gev,
        lifetime=0.0,
        spin=_SPIN_UNKNOWN,
    )


def _angled(photons: FloatArray) -> npt.NDArray[np.bool_]:
    """(n, 2) whether a photon has an angle to the beams."""
    off_axis = np.any(photons[:, :, 1:3] != 0.0, axis=2)
    return np.asarray(off_axis & (photons[:, :, 0] > _SOFTEST_GEV))


def _incoming(events: PartonEvents, total: FloatArray) -> FloatArray:
    """(n, 2, 4) e- and e+ along the beam, of the electron's mass, that add up to ``total``."""
    energy, along = total[:, 0], total[:, 3]
    transverse = np.abs(total[:, 1:3]).max(axis=1)
    squared = energy**2 - along**2
    wrong = ~(transverse <= 1e-6 * events.sqrt_s_gev)
    wrong |= ~(energy <= events.sqrt_s_gev + BALANCE_TOLERANCE_GEV)
    wrong |= ~(squared > 4.0 * MUON_MASS_GEV**2)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ConsistencyError(
            "an event has momenta that the beams cannot have given",
            where=f"{events.process}, event {row + 1}",
            found=np.round(total[row], 6).tolist(),
            expected=f"(E, 0, 0, pz), E up to {events.sqrt_s_gev} GeV",
        )
    beta = np.sqrt(1.0 - 4.0 * ELECTRON_MASS_GEV**2 / squared)
    incoming = np.zeros((len(total), 2, 4))
    for beam, sign in enumerate((1.0, -1.0)):
        incoming[:, beam, 0] = 0.5 * (energy + sign * beta * along)
        incoming[:, beam, 3] = 0.5 * (along + sign * beta * energy)
    return incoming
