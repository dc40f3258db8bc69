"""Settings of the fits and limits."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from .section import Section

__all__ = ["FEWEST_EXPERIMENTS", "FEWEST_TOYS", "Inference"]

FEWEST_TOYS, FEWEST_EXPERIMENTS = 50, 50
"""Below these a limit by toys, or an edge of a band, has no error worth its name."""


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
    toys: Annotated[int, Field(ge=0)] = 20_000
    """Pseudo-experiments (toys) per tested value and hypothesis at most; 0 for no limits by toys,
    else at least 50. Fewer are thrown where ``toys_rel_error`` is reached before."""
    toys_rel_error: Annotated[float, Field(gt=0.0, le=0.5)] = 0.02
    """Relative statistical error of the observed and of each expected limit with which the toys
    of a window end."""
    toys_nll_tolerance: Annotated[float, Field(gt=0.0, le=1e-4)] = 1e-5
    """As ``nll_tolerance``, for the fits of toys and pseudo-experiments, which only need to be good
    beside statistical errors; the last Newton step makes their ln L good to about 1e-8 anyway."""
    goodness_of_fit_toys: Annotated[int, Field(ge=100)] = 500
    """Toys of the goodness of fit, at most ``toys``; its p-value is good to 0.5 / sqrt(this)."""
    pseudo_experiments: Annotated[int, Field(ge=0)] = 200
    """Background-only pseudo-experiments per window, for quantiles of their limits; 0 for none,
    else at least 50."""

    @field_validator("toys")
    @classmethod
    def _enough_toys(cls, value: int) -> int:
        return _none_or_at_least(value, FEWEST_TOYS)

    @field_validator("pseudo_experiments")
    @classmethod
    def _enough_experiments(cls, value: int) -> int:
        return _none_or_at_least(value, FEWEST_EXPERIMENTS)


def _none_or_at_least(value: int, fewest: int) -> int:
    if 0 < value < fewest:
        raise ValueError(f"must be 0 or at least {fewest}, to tell a limit with an error")
    return value
