"""What a blind analysis shows: the expectation in the place of the observation, and no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from fourmu.inference import Limits, LookElsewhere, ToyLimits
from fourmu.inference.results import OBSERVED_NUMBERS
from fourmu.templates import Template

from .summary import BLIND

__all__ = [
    "expected_in_place_of_observed",
    "limits_without_observation",
    "scan_without_observation",
    "toys_without_observation",
]


def expected_in_place_of_observed(templates: Sequence[Template]) -> tuple[Template, ...]:
    """Fill every window with the nominal background of its own model (Asimov).

    Fits of such windows are fits of the expectation: no count of the data enters them.
    """
    return tuple(
        replace(template, observed=np.sum(template.background, axis=0)) for template in templates
    )


def limits_without_observation(found: Limits) -> Limits:
    """Keep expected limits; what stands for observed fields has no number."""
    nothing: dict[str, Any] = dict.fromkeys(OBSERVED_NUMBERS, np.full(len(found), np.nan))
    messages = (f"{message}; {BLIND}" if message else BLIND for message in found.message)
    return replace(
        found,
        message=tuple(messages),
        poi_hat_at_boundary=np.zeros(len(found), dtype=np.bool_),
        **nothing,
    )


def toys_without_observation(toys: ToyLimits | None) -> ToyLimits | None:
    """Keep expected limits by toys."""
    if toys is None:
        return None
    nothing = np.full(len(toys.limit_observed), np.nan)
    return replace(
        toys,
        limit_observed=nothing,
        limit_observed_error=nothing,
        goodness_of_fit_p=nothing,
    )


def scan_without_observation(found: LookElsewhere) -> LookElsewhere:
    """Keep what pseudo-scans say; no local significance and no excess."""
    return replace(found, z_local=np.full(len(found.z_local), np.nan), excesses=())
