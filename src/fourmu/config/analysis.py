"""The whole configuration: one section per stage, in chain order."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from .archive import Archiving
from .classifiers import Classifiers
from .corrections import Correction
from .couplings import Couplings
from .detector import Detector
from .execution import Execution, Paths
from .generation import Generation
from .inference import Inference
from .look_elsewhere import LookElsewhere
from .ntuples import Ntuples
from .report import Report
from .samples import Samples
from .section import Section
from .selection import Selection
from .signal_model import SignalModelling
from .statmodel import Statmodel
from .systematics import SystematicsMeasurement
from .templates import Templates

__all__ = ["Analysis"]


class Analysis(Section):
    """Every number of the analysis; the defaults are those of the paper and its methods."""

    source: Annotated[Path | None, Field(exclude=True)] = None
    """File the configuration was read from."""
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 20240614
    """Seed of everything random; each stage, sample, file and window draws from a stream of
    its own, derived from this number."""
    blind: bool = False
    """Refuse fits to observed data. The data of the shipped configuration are pseudo-data."""
    models: tuple[str, ...] = ("zprime", "scalar")
    """Models that are searched for."""
    paths: Paths = Paths()
    """Where products go."""
    execution: Execution = Execution()
    """How the work is spread."""
    samples: Samples = Samples()
    """Events that are made (Sec. III)."""
    ntuples: Ntuples = Ntuples()
    """Somebody's own files in their place."""
    corrections: tuple[Correction, ...] = ()
    """Tables of factors between data and simulation, in momentum and polar angle, that weight all
    simulated events in the stage select: a list of {name, kind, path, particle, charge}. Kinds:
    tracking, muon_id, electron_id, three_track_trigger, single_muon_trigger."""
    generation: Generation = Generation()
    """The collisions."""
    detector: Detector = Detector()
    """Parametric response of the detector (Secs. II, IV A-B)."""
    selection: Selection = Selection()
    """Cuts and the kinematic fit (Secs. IV A-C, E)."""
    classifiers: Classifiers = Classifiers()
    """Five networks and their working points (Sec. IV D)."""
    signal_model: SignalModelling = SignalModelling()
    """Resolution, shape and efficiency of the signal (Secs. IV E, V)."""
    templates: Templates = Templates()
    """Windows and the templates in them (Sec. V)."""
    statmodel: Statmodel = Statmodel()
    """Systematic uncertainties of the workspaces (Sec. VI, Table I)."""
    systematics: SystematicsMeasurement = SystematicsMeasurement()
    """Measurement of the systematic uncertainties (Sec. VI)."""
    inference: Inference = Inference()
    """Fits and limits (Sec. VII)."""
    look_elsewhere: LookElsewhere = LookElsewhere()
    """Pseudo-scans and global significances (Sec. VII)."""
    couplings: Couplings = Couplings()
    """From cross sections to couplings (Sec. VII)."""
    report: Report = Report()
    """The scoreboard."""
    archive: Archiving = Archiving()
    """What is published."""

    @model_validator(mode="after")
    def _sections_agree(self) -> Analysis:
        if not self.models or len(set(self.models)) < len(self.models):
            raise ValueError("models must name at least one model, each once")
        for key in ("name", "kind"):
            values = [getattr(entry, key) for entry in self.corrections]
            # triggers have one weight together, of a table each
            doubled = {
                v for v in values if values.count(v) > 1 and (key == "name" or "trigger" in v)
            }
            if doubled:
                raise ValueError(f"corrections: the {key} {min(doubled)} stands twice")
        first, last = self.templates.mass_range_gev
        tabulated = self.couplings.table_masses_gev
        borders = self.classifiers.range_edges_gev
        for name, low, high in (
            ("couplings.table_masses_gev", tabulated[0], tabulated[-1]),
            ("classifiers.range_edges_gev", borders[0], borders[-1]),
        ):
            if first < low or last > high:
                raise ValueError(
                    f"templates.mass_range_gev ({first:g} to {last:g}) leaves {name} "
                    f"({low:g} to {high:g})"
                )
        sizes = len(self.statmodel.systematics.mlp)
        if len(borders) != sizes + 1:
            raise ValueError(
                f"classifiers.range_edges_gev must have {sizes + 1} entries, one network for each "
                f"size of statmodel.systematics.mlp; found {len(borders)}"
            )
        return self
