"""An archive in memory: the files by name, parsed where they are asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

import pydantic_core
from pydantic import ValidationError

from fourmu.config.classifiers import Classifiers
from fourmu.config.couplings import Couplings
from fourmu.config.detector import Detector
from fourmu.config.generation import Generation
from fourmu.config.inference import Inference
from fourmu.config.section import Section
from fourmu.config.selection import Selection
from fourmu.config.signal_model import SignalModelling
from fourmu.config.templates import Templates
from fourmu.errors import FourMuError, InputError

from .checksums import CHECKSUMS, parsed_checksums
from .index import ArchiveIndex, index_from_document
from .patches import patched

if TYPE_CHECKING:  # imported where they are parsed: a table of limits needs none of them
    from fourmu.classifiers import Network, WorkingPoint
    from fourmu.couplings import CrossSectionTable
    from fourmu.templates import SignalModel

    from .kinematics import KinematicDensity

__all__ = [
    "ANALYSIS",
    "INDEX",
    "INDEX_CSV",
    "WORKING_POINTS",
    "Archive",
    "ArchivedAnalysis",
    "background_file",
    "cross_section_file",
    "kinematics_file",
    "network_file",
    "patchset_file",
    "signal_file",
]

Parsed = TypeVar("Parsed")
Document = dict[str, Any]

INDEX: Final = "index.json"
INDEX_CSV: Final = "index.csv"
ANALYSIS: Final = "analysis.json"
WORKING_POINTS: Final = "networks/working_points.json"


def background_file(window: str) -> str:
    """Name of the background-only workspace of a window."""
    return f"windows/{window}/BkgOnly.json"


def patchset_file(window: str) -> str:
    """Name of the patchset of a window."""
    return f"windows/{window}/patchset.json"


def network_file(mlp_range: int) -> str:
    """Name of the network of an MLP range."""
    return f"networks/network_{mlp_range}.json"


def signal_file(model: str) -> str:
    """Name of the signal model (shape and efficiency) of a model."""
    return f"signal/{model}.json"


def cross_section_file(model: str) -> str:
    """Name of the cross sections of a model."""
    return f"cross_sections/{model}.json"


def kinematics_file(model: str) -> str:
    """Name of the kinematic densities of a model."""
    return f"kinematics/{model}.json"


class ArchivedAnalysis(Section):
    """The sections of the configuration that running events through the analysis takes."""

    generation: Generation
    detector: Detector
    selection: Selection
    classifiers: Classifiers
    signal_model: SignalModelling
    templates: Templates
    inference: Inference
    couplings: Couplings
    signal_photons: Literal["collinear", "angular"]
    """Photons of simulated signals, along the beams or with their angles."""
    signal_fsr: bool
    """Whether the muons of simulated signals radiate."""
    photon_loss: float
    """Share of the efficiency lost to collinear photons; 0 where photons are in the detector."""


@dataclass(frozen=True)
class Archive:
    """Likelihoods of a scan with all that running events through the analysis takes.

    Nothing is read before it is asked for, and nothing is used whose SHA-256 is not that of
    ``SHA256SUMS``.
    """

    source: str
    """Where it came from, for messages."""
    files: Mapping[str, bytes]
    """Content by name, read by whoever opened the archive."""

    @cached_property
    def checksums(self) -> dict[str, str]:
        """Digest of every file."""
        if CHECKSUMS not in self.files:
            raise InputError(
                "this is no archive of likelihoods", where=self.source, expected=CHECKSUMS
            )
        return parsed_checksums(self.files[CHECKSUMS], self.source)

    @property
    def digest(self) -> str:
        """SHA-256 of ``SHA256SUMS`` as it is now, which stands for all that is in the archive."""
        return hashlib.sha256(self.read(CHECKSUMS)).hexdigest()

    def where(self, name: str) -> str:
        """File of this archive, for messages."""
        return f"{self.source}: {name}"

    def read(self, name: str) -> bytes:
        """Content of a file with the digest that it should have; ``SHA256SUMS`` has none.

        Raises
        ------
        InputError
            There is no such file, or its content is another.
        """
        sums = self.checksums
        if name == CHECKSUMS:
            return self.files[CHECKSUMS]
        expected = sums.get(name)
        if expected is None or name not in self.files:
            raise InputError("a file of the archive is missing", where=self.where(name))
        content = self.files[name]
        found = hashlib.sha256(content).hexdigest()
        if found != expected:
            raise InputError(
                "a file of the archive was changed",
                where=self.where(name),
                key="SHA-256",
                found=found,
                expected=expected,
            )
        return content

    def document(self, name: str) -> Document:
        """JSON object of a file."""
        try:
            content = pydantic_core.from_json(self.read(name), allow_inf_nan=False)
        except ValueError as error:
            if isinstance(error, FourMuError):
                raise
            raise InputError(f"not valid JSON: {error}", where=self.where(name)) from error
        if not isinstance(content, dict):
            raise InputError("another kind of JSON", where=self.where(name), expected="an object")
        return content

    def _parsed(self, name: str, parse: Callable[[Document], Parsed]) -> Parsed:
        """Content of a file as a record; trouble with it names the file."""
        try:
            return parse(self.document(name))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise InputError(
                first["msg"],
                where=self.where(name),
                key=".".join(str(part) for part in first["loc"]),
            ) from error
        except FourMuError as error:
            if error.where is not None and self.source in error.where:
                raise
            raise InputError(
                error.message,
                where=self.where(name),
                key=error.key,
                found=error.found,
                expected=error.expected,
            ) from error
        except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise InputError(
                f"a key is missing or of another type: {error!r}"[:200], where=self.where(name)
            ) from error

    @cached_property
    def index(self) -> ArchiveIndex:
        """What it says of itself, its windows and its models."""
        return self._parsed(INDEX, lambda content: index_from_document(content, self.where(INDEX)))

    @cached_property
    def analysis(self) -> ArchivedAnalysis:
        """Detector, selection and whatever else events meet."""
        return self._parsed(ANALYSIS, ArchivedAnalysis.model_validate)

    @cached_property
    def working_points(self) -> tuple[WorkingPoint, ...]:
        """Cut of each network."""
        from fourmu.classifiers import WorkingPoint  # noqa: PLC0415  see above

        return self._parsed(
            WORKING_POINTS,
            lambda content: tuple(
                WorkingPoint.from_dict(item) for item in content["working_points"]
            ),
        )

    @cached_property
    def networks(self) -> tuple[Network, ...]:
        """One per MLP range."""
        from fourmu.classifiers import Network  # noqa: PLC0415  see above

        return tuple(
            self._parsed(network_file(place), lambda content: Network.from_dict(content["network"]))
            for place in range(len(self.working_points))
        )

    def signal_model(self, model: str) -> SignalModel:
        """Shape and efficiency of a model."""
        from fourmu.templates import SignalModel  # noqa: PLC0415  see above

        self.index.table(model)
        return self._parsed(
            signal_file(model), lambda content: SignalModel.from_dict(content["signal_model"])
        )

    def cross_sections(self, model: str) -> CrossSectionTable:
        """Cross sections of a model at the masses they were computed at."""
        from fourmu.couplings import CrossSectionTable  # noqa: PLC0415  see above

        self.index.table(model)
        return self._parsed(cross_section_file(model), CrossSectionTable.from_dict)

    def kinematics(self, model: str) -> tuple[KinematicDensity, ...]:
        """Kinematic densities of a model, one per generated mass."""
        from .kinematics import KinematicDensity  # noqa: PLC0415  see above

        self.index.table(model)
        return self._parsed(
            kinematics_file(model),
            lambda content: tuple(KinematicDensity.from_dict(item) for item in content["masses"]),
        )

    def background_only(self, window: str) -> Document:
        """Pyhf workspace of a window with an empty signal."""
        return self.document(background_file(window))

    def patches(self, window: str) -> dict[str, list[Document]]:
        """JSON patch of every model in a window."""
        return self._parsed(
            patchset_file(window),
            lambda content: {
                patch["metadata"]["name"]: patch["patch"] for patch in content["patches"]
            },
        )

    def workspaces(self, model: str | None = None) -> Iterator[tuple[str, str, Document]]:
        """Window, model and full workspace of every patch, in the order of windows.

        Parameters
        ----------
        model
            Only this one.
        """
        for window, vetoed in zip(self.index.name, self.index.vetoed, strict=True):
            if not vetoed:
                for found in self.window_workspaces(window):
                    if model is None or found[1] == model:
                        yield found

    def window_workspaces(self, window: str) -> list[tuple[str, str, Document]]:
        """Window, model and full workspace of every patch of one window."""
        background = self.background_only(window)
        where = self.where(patchset_file(window))
        return [
            (window, name, patched(background, patch, where))
            for name, patch in self.patches(window).items()
        ]
