"""Settings of the fits and limits."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .section import Section

__all__ = ["Inference"]


class Inference(Section):
    """How limits are computed (Sec. VII)."""

    confidence_level: Annotated[float, Field(ge=0.5, lt=1.0)] = 0.90
    """Confidence level of the upper limits (CLs)."""
    nll_tolerance: Annotated[float, Field(gt=0.0, le=1e-4)] = 1e-9
    """A fit ends with the Newton step that promises to change ln L by less than this; the step
    is taken, so that what is left is of the order of its square."""
    limit_rel_tolerance: Annotated[float, Field(gt=0.0, le=1e-4)] = 1e-10
    """A limit ends with the Newton step whose relative size squared is less than this; the step
    is taken, so that this is about the relative error that is left."""
    max_iterations: Annotated[int, Field(ge=1)] = 200
    """Newton steps of one fit at most; a fit takes about five."""
    goodness_of_fit_min_rate: Annotated[float, Field(gt=0.0)] = 5.0
    """The deviance follows a chi-squared only where every bin is well filled: with a smaller
    expected count in any bin no asymptotic goodness of fit is given."""
