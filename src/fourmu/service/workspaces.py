"""Workspaces of pyhf as they may be posted: its JSON schema, and how much of everything."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field

from .problems import ProblemError
from .requests import Request

__all__ = [
    "EXAMPLE_WORKSPACE",
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
    """Of the parameter."""
    type: Literal["normfactor"]
    """Kind of modifier."""
    data: None = None
    """None."""


class Lumi(Request):
    """The luminosity."""

    name: Text
    """Of the parameter."""
    type: Literal["lumi"]
    """Kind of modifier."""
    data: None = None
    """None."""


class Shapefactor(Request):
    """A free factor in each bin."""

    name: Text
    """Of the parameters."""
    type: Literal["shapefactor"]
    """Kind of modifier."""
    data: None = None
    """None."""


class Normalisation(Request):
    """Factors of a normsys."""

    hi: float
    """At +1 standard deviation."""
    lo: float
    """At -1 standard deviation."""


class Normsys(Request):
    """An uncertainty of the normalisation."""

    name: Text
    """Of the parameter."""
    type: Literal["normsys"]
    """Kind of modifier."""
    data: Normalisation
    """Its factors."""


class Shapes(Request):
    """Templates of a histosys."""

    hi_data: Numbers
    """Contents of the bins at +1 standard deviation."""
    lo_data: Numbers
    """Contents of the bins at -1 standard deviation."""


class Histosys(Request):
    """An uncertainty of the shape."""

    name: Text
    """Of the parameter."""
    type: Literal["histosys"]
    """Kind of modifier."""
    data: Shapes
    """Its templates."""


class Shapesys(Request):
    """Uncorrelated uncertainties of the bins of a sample."""

    name: Text
    """Of the parameters."""
    type: Literal["shapesys"]
    """Kind of modifier."""
    data: Numbers
    """Uncertainties of the bins."""


class Staterror(Request):
    """Statistical uncertainties of the simulation, shared by samples."""

    name: Text
    """Of the parameters."""
    type: Literal["staterror"]
    """Kind of modifier."""
    data: Numbers
    """Uncertainties of the bins."""


Modifier = Annotated[
    Normfactor | Normsys | Histosys | Lumi | Shapefactor | Shapesys | Staterror,
    Field(discriminator="type"),
]


class Sample(Request):
    """A process in a channel."""

    name: Text
    """Of the process."""
    data: Numbers
    """Contents of the bins."""
    modifiers: Annotated[list[Modifier], Field(max_length=MOST_MODIFIERS, fail_fast=True)]
    """What changes them."""


class Channel(Request):
    """A region with its samples."""

    name: Text
    """Of the region."""
    samples: Annotated[list[Sample], Field(min_length=1, max_length=MOST_SAMPLES, fail_fast=True)]
    """Its processes."""


class Observation(Request):
    """Counts of a channel."""

    name: Text
    """Of the channel."""
    data: Numbers
    """Counts of the bins."""


class Parameter(Request):
    """Settings of a parameter."""

    name: Text
    """Of the parameter."""
    inits: Numbers | None = None
    """Initial values."""
    bounds: Annotated[list[Pair], Field(max_length=MOST_BINS, fail_fast=True)] | None = None
    """Lowest and highest values."""
    auxdata: Numbers | None = None
    """Auxiliary data."""
    factors: Numbers | None = None
    """Of constraints by Poisson terms."""
    sigmas: Numbers | None = None
    """Widths of constraints by Gaussians."""
    fixed: bool | None = None
    """Whether it keeps its initial value."""


class MeasurementConfig(Request):
    """Parameter of interest, and settings of parameters."""

    poi: Annotated[str, Field(max_length=300)]
    """Name of the parameter of interest."""
    parameters: Annotated[list[Parameter], Field(max_length=MOST_MODIFIERS, fail_fast=True)] = (
        Field(default_factory=list)
    )
    """Settings of some parameters."""


class Measurement(Request):
    """One way to look at the data; the first is taken."""

    name: Text
    """Of the measurement."""
    config: MeasurementConfig
    """What is measured."""


EXAMPLE_WORKSPACE: Final[dict[str, Any]] = {
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

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_WORKSPACE]})

    version: Literal["1.0.0"]
    """Of the schema."""
    channels: Annotated[
        list[Channel], Field(min_length=1, max_length=MOST_CHANNELS, fail_fast=True)
    ]
    """Regions."""
    observations: Annotated[
        list[Observation], Field(min_length=1, max_length=MOST_CHANNELS, fail_fast=True)
    ]
    """Counts of each region."""
    measurements: Annotated[list[Measurement], Field(min_length=1, max_length=100, fail_fast=True)]
    """Of which the first is taken."""


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
