"""Workspaces of pyhf as they may be posted: its JSON schema, and how much of everything."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field

from .problems import ProblemError
from .requests import Request

__all__ = [
    "MOST_BINS",
    "MOST_CHANNELS",
    "MOST_MODIFIERS",
    "MOST_PARAMETERS",
    "MOST_SAMPLES",
    "Workspace",
    "check_size",
]

MOST_CHANNELS: Final = 200
MOST_SAMPLES: Final = 2000
"""Of all channels together, as bins and modifiers."""
MOST_BINS: Final = 5000
MOST_MODIFIERS: Final = 5000
MOST_PARAMETERS: Final = 500
"""The time of a fit goes with the cube of their number."""

Text = Annotated[str, Field(min_length=1, max_length=300)]
Numbers = Annotated[list[float], Field(max_length=MOST_BINS, fail_fast=True)]


Pair = Annotated[list[float], Field(min_length=2, max_length=2, fail_fast=True)]


class Normfactor(Request):
    """A free factor."""

    name: Text
    type: Literal["normfactor"]
    data: None = None


class Lumi(Request):
    """The luminosity."""

    name: Text
    type: Literal["lumi"]
    data: None = None


class Shapefactor(Request):
    """A free factor in each bin."""

    name: Text
    type: Literal["shapefactor"]
    data: None = None


class Normalisation(Request):
    """Factors of a normsys."""

    hi: float
    lo: float


class Normsys(Request):
    """An uncertainty of the normalisation."""

    name: Text
    type: Literal["normsys"]
    data: Normalisation


class Shapes(Request):
    """Templates of a histosys."""

    hi_data: Numbers
    lo_data: Numbers


class Histosys(Request):
    """An uncertainty of the shape."""

    name: Text
    type: Literal["histosys"]
    data: Shapes


class Shapesys(Request):
    """Uncorrelated uncertainties of the bins of a sample."""

    name: Text
    type: Literal["shapesys"]
    data: Numbers


class Staterror(Request):
    """Statistical uncertainties of the simulation, shared by samples."""

    name: Text
    type: Literal["staterror"]
    data: Numbers


Modifier = Annotated[
    Normfactor | Normsys | Histosys | Lumi | Shapefactor | Shapesys | Staterror,
    Field(discriminator="type"),
]


class Sample(Request):
    """A process in a channel."""

    name: Text
    data: Numbers
    modifiers: Annotated[list[Modifier], Field(max_length=MOST_MODIFIERS, fail_fast=True)]


class Channel(Request):
    """A region with its samples."""

    name: Text
    samples: Annotated[list[Sample], Field(min_length=1, max_length=MOST_SAMPLES, fail_fast=True)]


class Observation(Request):
    """Counts of a channel."""

    name: Text
    data: Numbers


class Parameter(Request):
    """Settings of a parameter."""

    name: Text
    inits: Numbers | None = None
    bounds: Annotated[list[Pair], Field(max_length=MOST_BINS, fail_fast=True)] | None = None
    auxdata: Numbers | None = None
    factors: Numbers | None = None
    sigmas: Numbers | None = None
    fixed: bool | None = None


class MeasurementConfig(Request):
    """Parameter of interest, and settings of parameters."""

    poi: Annotated[str, Field(max_length=300)]
    parameters: Annotated[list[Parameter], Field(max_length=MOST_MODIFIERS, fail_fast=True)] = (
        Field(default_factory=list)
    )


class Measurement(Request):
    """One way to look at the data; the first is taken."""

    name: Text
    config: MeasurementConfig


_EXAMPLE: dict[str, Any] = {
    "version": "1.0.0",
    "channels": [
        {
            "name": "window",
            "samples": [
                {
                    "name": "signal",
                    "data": [0.0, 4.0],
                    "modifiers": [{"name": "mu", "type": "normfactor", "data": None}],
                },
                {
                    "name": "background",
                    "data": [9.0, 9.0],
                    "modifiers": [{"name": "b", "type": "normfactor", "data": None}],
                },
            ],
        }
    ],
    "observations": [{"name": "window", "data": [9.0, 10.0]}],
    "measurements": [{"name": "scan", "config": {"poi": "mu", "parameters": []}}],
}


class Workspace(Request):
    """A workspace of pyhf, version 1.0.0 of its schema."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    version: Literal["1.0.0"]
    channels: Annotated[
        list[Channel], Field(min_length=1, max_length=MOST_CHANNELS, fail_fast=True)
    ]
    observations: Annotated[
        list[Observation], Field(min_length=1, max_length=MOST_CHANNELS, fail_fast=True)
    ]
    measurements: Annotated[list[Measurement], Field(min_length=1, max_length=100, fail_fast=True)]


def check_size(workspace: Workspace) -> None:
    """Refuse a workspace whose channels have too much of anything together.

    Raises
    ------
    ProblemError
        Of status 422, with the name of what is too much as key.
    """
    samples = [sample for channel in workspace.channels for sample in channel.samples]
    bins = [len(entry.data) for entry in workspace.observations]
    modifiers = [len(sample.modifiers) for sample in samples]
    for key, found, most in (
        ("samples", len(samples), MOST_SAMPLES),
        ("bins", sum(bins), MOST_BINS),
        ("modifiers", sum(modifiers), MOST_MODIFIERS),
    ):
        if found > most:
            raise ProblemError(
                422,
                f"the workspace has too many {key} (found {found}, expected at most {most})",
                key=key,
            )
