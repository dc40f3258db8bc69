"""Sentences that the pages of a report share."""

from __future__ import annotations

from typing import Final

from fourmu.config import Analysis

__all__ = ["BLIND", "INTRODUCTION", "TITLE", "kind_of_data"]

TITLE: Final = "Scoreboard: the paper's numbers and ours"
INTRODUCTION: Final = (
    "Every number of the paper (Phys. Rev. D 109, 112015) that is not a cut or an input, and of "
    "the project's notes on physics, beside what one run of the chain measured. No value is typed "
    "in, and none is tuned: where ours differs the last column says why, as far as that is known. "
    "Errors are one standard deviation; 'notes' are numbers of the project, not of the paper."
)
BLIND: Final = (
    "The analysis is blind: rows about the data themselves have no value, and figures show "
    "expectations."
)


def kind_of_data(analysis: Analysis) -> str:
    """What stands in the place of data, said first."""
    luminosity = analysis.samples.luminosity_ifb
    if analysis.ntuples.data.files:
        return f"The data are files from outside, of {luminosity:g} fb⁻¹."
    return (
        f"Pseudo-data of {luminosity:g} fb⁻¹ from our own simulation stand in the place of data. "
        "No Belle II data are used."
    )
