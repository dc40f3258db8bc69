"""Every process of Sec. III, and what stands for it here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

__all__ = ["PROCESSES", "Process", "ProcessKind"]

ProcessKind = Literal["generated", "optional", "ntuples", "negligible"]


@dataclass(frozen=True, kw_only=True)
class Process:
    """One background process.

    Attributes
    ----------
    name, title
        Key, and what figures show.
    kind
        ``generated`` by this package, ``optional`` with the extra ``pythia``, from somebody's own
        ``ntuples``, or ``negligible``.
    sample
        Folder of its events, None where there are none.
    why
        What is known about its size.
    """

    name: str
    title: str
    kind: ProcessKind
    sample: str | None
    why: str


def _table(*rows: Process) -> Mapping[str, Process]:
    return MappingProxyType({row.name: row for row in rows})


PROCESSES: Final[Mapping[str, Process]] = _table(
    Process(
        name="mumumumu",
        title=r"$e^+e^-\to\mu^+\mu^-\mu^+\mu^-$",
        kind="generated",
        sample="four_muon",
        why="The dominant background; exact at tree level, no ISR in simulation as in AAFH.",
    ),
    Process(
        name="mumugamma",
        title=r"$e^+e^-\to\mu^+\mu^-(\gamma)$",
        kind="generated",
        sample="mumu_gamma",
        why="The photon converts in material and the electrons fake muons; below 2 GeV before "
        "the networks.",
    ),
    Process(
        name="eemumu",
        title=r"$e^+e^-\to e^+e^-\mu^+\mu^-$",
        kind="generated",
        sample="ee_mumu",
        why="An electron fakes a muon; all four tracks must be seen, which leaves wide-angle "
        "events.",
    ),
    Process(
        name="mumutautau",
        title=r"$e^+e^-\to\mu^+\mu^-\tau^+\tau^-$",
        kind="generated",
        sample="mumu_tautau",
        why="Neutrinos take energy, so that few events reach M(4mu) above 10 GeV.",
    ),
    Process(
        name="tautau",
        title=r"$e^+e^-\to\tau^+\tau^-(\gamma)$",
        kind="optional",
        sample="tau_pairs",
        why="Four tracks from one- and three-prong decays; neutrinos keep M(4mu) below 10 GeV.",
    ),
    Process(
        name="hadrons",
        title=r"$e^+e^-\to q\bar q$",
        kind="optional",
        sample="hadrons",
        why="Four tracks without neutral energy are rare, and at least three must fake muons.",
    ),
    Process(
        name="eeee",
        title=r"$e^+e^-\to e^+e^-e^+e^-$",
        kind="ntuples",
        sample=None,
        why="Three electrons would have to fake muons.",
    ),
    Process(
        name="eetautau",
        title=r"$e^+e^-\to e^+e^-\tau^+\tau^-$",
        kind="ntuples",
        sample=None,
        why="Neutrinos and at least one electron that fakes a muon.",
    ),
    Process(
        name="eepipi",
        title=r"$e^+e^-\to e^+e^-\pi^+\pi^-$",
        kind="ntuples",
        sample=None,
        why="Three of two electrons and two pions would have to fake muons.",
    ),
    Process(
        name="pipigamma",
        title=r"$e^+e^-\to\pi^+\pi^-(\gamma)$",
        kind="ntuples",
        sample=None,
        why="A converted photon, and three fakes among pions and electrons.",
    ),
    Process(
        name="eegamma",
        title=r"$e^+e^-\to e^+e^-(\gamma)$",
        kind="ntuples",
        sample=None,
        why="Four electrons, three of which would have to fake muons.",
    ),
    Process(
        name="bbbar",
        title=r"$e^+e^-\to B\bar B$",
        kind="ntuples",
        sample=None,
        why="About ten charged particles per event; exactly four without lost energy are rare.",
    ),
    Process(
        name="mumupipi",
        title=r"$e^+e^-\to\mu^+\mu^-\pi^+\pi^-$",
        kind="generated",
        sample=None,
        why="In pseudo-data only, as a rho whose pions fake muons; absent from the paper's "
        "simulation.",
    ),
    Process(
        name="mumuh",
        title=r"$e^+e^-\to\mu^+\mu^-h,\ \pi^+\pi^-h$",
        kind="ntuples",
        sample=None,
        why="Other hadronic systems; absent from the paper's simulation.",
    ),
    Process(
        name="jpsi_mumu",
        title=r"$J/\psi,\psi(2S),\Upsilon(1S)\to\mu^+\mu^-$",
        kind="generated",
        sample=None,
        why="In pseudo-data only, as narrow peaks; absent from the paper's simulation.",
    ),
    Process(
        name="jpsi_pipi",
        title=r"$J/\psi\,\pi^+\pi^-$",
        kind="ntuples",
        sample=None,
        why="Radiative return; one pion must fake a muon. Its peak is part of that of the J/psi.",
    ),
    Process(
        name="psi2s_gamma",
        title=r"$\psi(2S)\gamma$",
        kind="ntuples",
        sample=None,
        why="Radiative return to psi(2S) -> J/psi pi pi with the photon along a beam: M(4mu) is "
        "far below 10 GeV unless a photon is missed that the cut on M(4mu) forbids.",
    ),
    Process(
        name="upsilon_pipi",
        title=r"$\Upsilon(1,2,3S)\,\pi^+\pi^-$",
        kind="ntuples",
        sample=None,
        why="Pions of at most 1.1 GeV together, one of which must fake a muon; the peak is part "
        "of that of the Upsilon(1S).",
    ),
)
"""Every process of Sec. III by name, in the order of the table."""
