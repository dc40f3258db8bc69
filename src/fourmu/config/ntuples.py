"""Somebody's own ntuples in the place of generated events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from string import Formatter
from typing import Annotated, Literal

from pydantic import Field, model_validator

from .section import Section

__all__ = [
    "BackgroundFiles",
    "Branches",
    "DataFiles",
    "EventBranches",
    "Ntuples",
    "PhotonBranches",
    "SignalFiles",
    "TrackBranches",
    "TrainingFiles",
    "TriggerBranches",
]

Files = tuple[Annotated[str, Field(min_length=1)], ...]
SomeFiles = Annotated[Files, Field(min_length=1)]
Name = Annotated[str, Field(min_length=1)]
Slots = Annotated[int, Field(ge=1, le=100)]
Positive = Annotated[float, Field(gt=0)]
SampleName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Experiments = tuple[Annotated[int, Field(ge=0)], ...]

_RESERVED = ("data", "pseudo_data", "zprime_training")


class TrackBranches(Section):
    """Branches of a track; ``{i}`` is the number of its slot in the row of a candidate."""

    number: Slots = 4
    """Slots for tracks in a row: the daughters of a candidate."""
    first: Annotated[int, Field(ge=0)] = 0
    """What {i} is for the first slot."""
    pt: Name | None = "daughter({i}, pt)"
    """Transverse momentum; null where px, py and pz are given."""
    theta: Name | None = "daughter({i}, theta)"
    """Polar angle in the laboratory."""
    phi: Name | None = "daughter({i}, phi)"
    """Azimuthal angle."""
    px: Name | None = None
    """Cartesian momentum in the laboratory, in the place of pt, theta and phi: all three."""
    py: Name | None = None
    """Its second component."""
    pz: Name | None = None
    """Its third component, along the detector axis."""
    charge: Name = "daughter({i}, charge)"
    """+1 or -1."""
    dr: Name = "daughter({i}, dr)"
    """Transverse distance from the interaction point; a sign is ignored."""
    dz: Name = "daughter({i}, dz)"
    """Longitudinal distance from it; a sign is ignored."""
    muon_id: Name = "daughter({i}, muonID)"
    """Identification as a muon: a likelihood ratio, or 0 and 1."""
    muon_id_min: float = 0.5
    """A track above this is a muon; one without identification (NaN) is none."""
    electron_id: Name = "daughter({i}, electronID)"
    """Identification as an electron."""
    electron_id_min: float = 0.5
    """A track above this is an electron; one without identification (NaN) is none."""
    identifier: Name | None = None
    """Number that is the same for the same track of an event (mdstIndex in basf2); without it,
    tracks of several candidates are the same if their momenta are, to the last digit."""
    pdg: Name | None = "daughter({i}, mcPDG)"
    """Code of the generated particle; read of simulation, where the tree has it."""
    mother_pdg: Name | None = "daughter({i}, genMotherPDG)"
    """Code of its mother: says in signal files which pair is the decay of X."""

    @model_validator(mode="after")
    def _one_momentum(self) -> TrackBranches:
        cartesian = [name is not None for name in (self.px, self.py, self.pz)]
        polar = [name is not None for name in (self.pt, self.theta, self.phi)]
        if not ((all(polar) and not any(cartesian)) or (all(cartesian) and not any(polar))):
            raise ValueError(
                "a track needs pt, theta and phi, or px, py and pz with the other three null"
            )
        return self


class PhotonBranches(Section):
    """Branches of the photons of an event."""

    form: Literal["fixed", "jagged", "none"] = "fixed"
    """fixed: as many branches as slots, named with {i}, NaN in empty slots; jagged: one list per
    row; none: the ntuples have no photons, and the cuts on them remove nothing."""
    number: Slots = 4
    """fixed: slots, the photons of an event by falling energy."""
    first: Annotated[int, Field(ge=0)] = 1
    """fixed: what {i} is for the first slot."""
    energy: Name = "photon{i}_E"
    """Energy. These names are aliases that the steering file defines: docs/ntuples.md."""
    theta: Name = "photon{i}_theta"
    """Polar angle in the laboratory."""
    phi: Name = "photon{i}_phi"
    """Azimuthal angle."""
    count: Name | None = None
    """fixed: number of photons of the event; one above the number of slots is refused, because
    the photons that have no slot would be missing from the energy sum."""


class TriggerBranches(Section):
    """Trigger bits: one that is not zero fires; several branches are joined by OR."""

    three_track: Annotated[tuple[Name, ...], Field(min_length=1)] = ("L1PSNM(ffy)",)
    """Three-track trigger."""
    single_muon: Annotated[tuple[Name, ...], Field(min_length=1)] = ("L1PSNM(cdcklm1)",)
    """Single-muon trigger."""
    calorimeter: tuple[Name, ...] = ()
    """Reference trigger on the energy in the calorimeter, for measured trigger efficiencies."""


class EventBranches(Section):
    """What names an event and its rows."""

    experiment: Name = "__experiment__"
    """Experiment."""
    run: Name = "__run__"
    """Run."""
    event: Name = "__event__"
    """Event."""
    candidate: Name | None = "__candidate__"
    """Number of the candidate in its event, from 0; null with candidates: a row is an event."""
    candidates: Name | None = "__ncandidates__"
    """Number of candidates of the event, and of its rows."""
    weight: tuple[Name, ...] = ("__weight__",)
    """Weights; several are multiplied, without any the weight is 1."""
    tracks_in_event: Name | None = None
    """Number of tracks in the event. An event with other than its joined tracks is left out, as
    one that cannot pass the cut on exactly four tracks; without it the steering file has to see
    to that cut."""
    x_mass: Name | None = None
    """Generated mass of X: for training files with many masses."""

    @model_validator(mode="after")
    def _both_or_none(self) -> EventBranches:
        if (self.candidate is None) != (self.candidates is None):
            raise ValueError("candidate and candidates are both branches, or both null")
        return self


class Branches(Section):
    """Which branch holds what: names of basf2 variables, of aliases, or of branches."""

    tree: Name = "ntuple"
    """Name of the tree."""
    momentum_unit: Literal["GeV", "MeV"] = "GeV"
    """Unit of momenta, energies and masses."""
    angle_unit: Literal["rad", "deg"] = "rad"
    """Unit of angles."""
    length_unit: Literal["cm", "mm"] = "cm"
    """Unit of the distances from the interaction point."""
    events: EventBranches = EventBranches()
    """The event."""
    tracks: TrackBranches = TrackBranches()
    """Its tracks."""
    photons: PhotonBranches = PhotonBranches()
    """Its photons."""
    triggers: TriggerBranches = TriggerBranches()
    """Its trigger bits."""

    @model_validator(mode="after")
    def _each_once(self) -> Branches:
        keys: dict[str, list[str]] = {}
        for key, pattern, numbers in self.patterns():
            placeholders = {field for _, field, _, _ in Formatter().parse(pattern) if field}
            if placeholders - {"i"} or (numbers is None and placeholders):
                raise ValueError(f"branches.{key}: '{pattern}' has a placeholder that is not known")
            for number in numbers or (0,):
                keys.setdefault(pattern.format(i=number), []).append(key)
        for name, found in keys.items():
            if len(found) > 1:
                once = " and ".join(f"branches.{key}" for key in dict.fromkeys(found))
                why = "needs {i}" if len(set(found)) == 1 else "one branch cannot be both"
                raise ValueError(f"branch '{name}' stands {len(found)} times: {once}; {why}")
        return self

    def patterns(self) -> Iterator[tuple[str, str, range | None]]:
        """Key, pattern and numbers of the slots (None where there are none) of every branch."""
        for section in ("events", "tracks", "photons", "triggers"):
            content = getattr(self, section)
            if section == "photons" and content.form == "none":
                continue
            slots = None
            if section == "tracks" or (section == "photons" and content.form == "fixed"):
                slots = range(content.first, content.first + content.number)
            for field, value in content:
                if field == "form" or not isinstance(value, str | tuple):
                    continue
                numbers = None if field == "count" else slots
                for pattern in (value,) if isinstance(value, str) else value:
                    yield f"{section}.{field}", pattern, numbers


class DataFiles(Section):
    """Data from outside."""

    files: Files = ()
    """Files or patterns (*, ?, **), relative to the configuration. Empty: pseudo-data."""
    experiments: Experiments = ()
    """Experiments that may be in them; empty: one, whatever its number."""


class BackgroundFiles(Section):
    """One simulated background."""

    name: SampleName
    """Name of the process; four_muon, mumu_gamma, ee_mumu, mumu_tautau, hadrons and tau_pairs
    have their place in the figures, any other gets one."""
    files: SomeFiles
    """Files or patterns."""
    generated: Annotated[int, Field(ge=1)] | None = None
    """Generated events, or their summed weights, behind all files; needed with xsec_fb."""
    xsec_fb: Positive | None = None
    """Cross section; or:"""
    luminosity_ifb: Positive | None = None
    """Luminosity that all files together stand for."""
    parts: Annotated[int, Field(ge=1, le=1000)] = 2
    """Parts into which each file is divided: some train, the others give the expectation."""
    experiments: Experiments = ()
    """Experiments that may be in them; empty: one, whatever its number."""

    @model_validator(mode="after")
    def _one_size(self) -> BackgroundFiles:
        if (self.xsec_fb is None) == (self.luminosity_ifb is None):
            raise ValueError(f"background {self.name} needs xsec_fb or luminosity_ifb, one of them")
        if self.xsec_fb is not None and self.generated is None:
            raise ValueError(f"background {self.name} needs generated beside xsec_fb")
        return self


class SignalFiles(Section):
    """Simulated signal of one mass."""

    model: Name
    """Model of the particle."""
    mass_gev: Positive
    """Its mass."""
    files: SomeFiles
    """Files or patterns."""
    generated: Annotated[int, Field(ge=1)]
    """Generated events behind all files: the denominator of the efficiency."""
    isr: bool = True
    """Whether they have initial-state radiation."""
    x_pdg: int = 32
    """Code of X."""
    experiments: Experiments = ()
    """Experiments that may be in them; empty: one, whatever its number."""


class TrainingFiles(Section):
    """Simulated Z' that train the networks, independent of the signals."""

    files: SomeFiles
    """Files or patterns."""
    mass_gev: Positive | None = None
    """Mass of X, where branches.events.x_mass does not say it event by event."""
    x_pdg: int = 32
    """Code of X."""
    experiments: Experiments = ()
    """Experiments that may be in them; empty: one, whatever its number."""


class Ntuples(Section):
    """Files that take the place of generated events, sample by sample.

    What is not given is generated: with data and nothing else, our simulation is fitted to them.
    """

    data: DataFiles = DataFiles()
    """Data. The analysis is blind then, until --unblind."""
    backgrounds: tuple[BackgroundFiles, ...] = ()
    """A list of {name, files, generated, xsec_fb or luminosity_ifb, parts, experiments}; they
    take the place of all generated backgrounds."""
    signals: tuple[SignalFiles, ...] = ()
    """A list of {model, mass_gev, files, generated, isr, x_pdg, experiments}, one for each mass;
    they take the place of the generated ones of the model and isr, and their masses of the grid."""
    training: tuple[TrainingFiles, ...] = ()
    """A list of {files, mass_gev, x_pdg, experiments}: Z' that train the networks."""
    branches: Branches = Branches()
    """Which branch holds what. The default is that of variablesToNtuple of basf2 for candidates
    of four daughters."""

    @model_validator(mode="after")
    def _samples_agree(self) -> Ntuples:
        for name, count in Counter(entry.name for entry in self.backgrounds).items():
            if count > 1:
                raise ValueError(f"backgrounds: the name {name} stands twice")
        for background in self.backgrounds:
            if background.name in _RESERVED or background.name.endswith("_no_isr"):
                raise ValueError(f"backgrounds: the name {background.name} is reserved")
        grids: dict[tuple[str, bool], list[float]] = {}
        for signal in self.signals:
            grids.setdefault((signal.model, signal.isr), []).append(signal.mass_gev)
        for (model, isr), masses in grids.items():
            kind = f"signals: {model} {'with' if isr else 'without'} ISR"
            if any(b - a < 1e-3 for a, b in pairwise(sorted(masses))):
                raise ValueError(f"{kind}: a mass stands twice, or two are closer than 1 MeV")
            if len(masses) < 5:
                raise ValueError(f"{kind} needs at least 5 masses to interpolate between")
            if sorted(grids.get((model, not isr), masses)) != sorted(masses):
                raise ValueError(f"signals: {model} has other masses with ISR than without")
        for entry in self.training:
            if (entry.mass_gev is None) == (self.branches.events.x_mass is None):
                raise ValueError(
                    "training: the mass of X comes from mass_gev or from branches.events.x_mass, "
                    "one of them"
                )
        return self
