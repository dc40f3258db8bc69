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
        What is known about its size, with the shipped detector.
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
        why="The dominant background: 116 fb pass the cuts before the networks. Exact at "
        "tree level, without ISR in simulation, as AAFH.",
    ),
    Process(
        name="mumugamma",
        title=r"$e^+e^-\to\mu^+\mu^-(\gamma)$",
        kind="generated",
        sample="mumu_gamma",
        why="The photon converts in the material and an electron fakes a muon: 9 fb pass "
        "the cuts before the networks; below 1 GeV the electron veto leaves 1 in 200 "
        "pairs.",
    ),
    Process(
        name="eemumu",
        title=r"$e^+e^-\to e^+e^-\mu^+\mu^-$",
        kind="generated",
        sample="ee_mumu",
        why="An electron fakes a muon: of 4.5 pb with four tracks in the acceptance 12 fb "
        "pass the cuts before the networks; below 1 GeV the electron veto leaves 1 in "
        "100 pairs.",
    ),
    Process(
        name="mumutautau",
        title=r"$e^+e^-\to\mu^+\mu^-\tau^+\tau^-$",
        kind="generated",
        sample="mumu_tautau",
        why="Neutrinos take energy: of 145 fb less than 0.01 fb keeps M(4mu) above 10 GeV.",
    ),
    Process(
        name="tautau",
        title=r"$e^+e^-\to\tau^+\tau^-(\gamma)$",
        kind="optional",
        sample="tau_pairs",
        why="0.08 pb have four tracks of 10 < M(4mu) < 11 GeV, and one in 150 events with "
        "four tracks has three muons: below 1 fb.",
    ),
    Process(
        name="hadrons",
        title=r"$e^+e^-\to q\bar q$",
        kind="optional",
        sample="hadrons",
        why="0.8 pb have four tracks of 10 < M(4mu) < 11 GeV and little neutral energy; "
        "three of four hadrons fake muons once in a thousand: about 1 fb.",
    ),
    Process(
        name="eeee",
        title=r"$e^+e^-\to e^+e^-e^+e^-$",
        kind="negligible",
        sample=None,
        why="As e e mu mu, but three electrons must fake muons, each with 0.3 %: a factor of 1e-5.",
    ),
    Process(
        name="eetautau",
        title=r"$e^+e^-\to e^+e^-\tau^+\tau^-$",
        kind="negligible",
        sample=None,
        why="Neutrinos, as in mu mu tau tau, and an electron that fakes a muon.",
    ),
    Process(
        name="eepipi",
        title=r"$e^+e^-\to e^+e^-\pi^+\pi^-$",
        kind="ntuples",
        sample=None,
        why="Three of two electrons and two pions must fake muons, about 2e-5 of the events "
        "with four tracks: below 0.2 fb.",
    ),
    Process(
        name="pipigamma",
        title=r"$e^+e^-\to\pi^+\pi^-(\gamma)$",
        kind="negligible",
        sample=None,
        why="Far fewer than mu mu gamma (the form factor of the pion at 10.58 GeV), and "
        "three of two pions and two electrons must fake muons.",
    ),
    Process(
        name="eegamma",
        title=r"$e^+e^-\to e^+e^-(\gamma)$",
        kind="negligible",
        sample=None,
        why="Some 80 times mu mu gamma, but a hard electron and both of the conversion must "
        "fake muons: about 0.01 fb by the rates of fakes.",
    ),
    Process(
        name="bbbar",
        title=r"$e^+e^-\to B\bar B$",
        kind="negligible",
        sample=None,
        why="Ten charged particles and photons on average; four tracks that carry all the "
        "energy do not happen.",
    ),
    Process(
        name="mumupipi",
        title=r"$e^+e^-\to\mu^+\mu^-\pi^+\pi^-$",
        kind="generated",
        sample=None,
        why="In pseudo-data only, as a rho whose pions fake muons; the paper's simulation "
        "does not have it.",
    ),
    Process(
        name="mumuh",
        title=r"$e^+e^-\to\mu^+\mu^-h,\ \pi^+\pi^-h$",
        kind="ntuples",
        sample=None,
        why="Other hadronic systems; the paper's simulation does not have them either.",
    ),
    Process(
        name="jpsi_mumu",
        title=r"$J/\psi,\psi(2S),\Upsilon(1S)\to\mu^+\mu^-$",
        kind="generated",
        sample=None,
        why="In pseudo-data only, as narrow peaks; the paper's simulation does not have them.",
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
        kind="negligible",
        sample=None,
        why="After the radiative return M(4mu) is the mass of the psi(2S); the cut at 10 "
        "GeV removes it.",
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
