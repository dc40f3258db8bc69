"""Settings of the pseudo-scans that turn local significances into global ones."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .section import Section

__all__ = ["LookElsewhere"]

Count = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0.0)]


class LookElsewhere(Section):
    """How often background alone gives an excess somewhere in the scan (Sec. VII)."""

    pseudo_scans: Count = 1000
    """Background-only pseudo-scans of all windows. A global p-value below one over this number is
    given as an upper limit."""
    scans_per_chunk: Count = 25
    """Pseudo-scans that a worker takes at a time; results do not depend on it."""
    fine_bins_per_sigma: Count = 10
    """Bins of the expected spectrum in one sigma(M_R); within one, candidates are uniform."""
    sharing_bins: Count = 12
    """Bins across the overlap of two MLP ranges in which the share of candidates that pass both
    networks is measured with simulation before it is smoothed."""
    sharing_max_degree: Annotated[int, Field(ge=0)] = 3
    """Highest degree of the polynomial in M_R that smooths this share."""
    gross_vitells_z: Positive = 1.0
    """Local significance at which up-crossings are counted for Gross and Vitells (choice: low
    enough for some hundred in a scan, high enough to be above the zeros of negative best fits)."""
    excesses: Count = 5
    """Largest local excesses whose global significance is given."""
    excess_separation_sigmas: Positive = 10.0
    """Excesses closer than this many sigma(M_R) count as one."""
