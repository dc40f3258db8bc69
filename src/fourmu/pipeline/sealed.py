"""Signals in the pseudo-data that nobody knows until the analysis is unblinded."""

from __future__ import annotations

import hashlib
import json

import numpy as np

from fourmu.config import Analysis, Injection
from fourmu.errors import ConfigError

from .context import seed_sequence

__all__ = ["commitment", "sealed_injections", "told_injections"]


def sealed_injections(analysis: Analysis) -> tuple[Injection, ...]:
    """Draw the sealed signals from the seed: model, mass and cross section."""
    settings = analysis.samples.pseudo_data
    low, high = np.log(settings.sealed_xsec_fb)
    rng = np.random.default_rng(seed_sequence(analysis.seed, "sealed"))
    return tuple(
        Injection(
            model=analysis.models[int(rng.integers(len(analysis.models)))],
            mass_gev=round(float(rng.uniform(*settings.sealed_mass_gev)), 6),
            xsec_fb=round(float(np.exp(rng.uniform(low, high))), 6),
        )
        for _ in range(settings.sealed_injections)
    )


def commitment(analysis: Analysis) -> str:
    """SHA-256 of the sealed signals and a word drawn with them: nobody can change them later."""
    drawn = np.random.default_rng(seed_sequence(analysis.seed, "sealed", "word"))
    content = {
        "injections": [injection.model_dump() for injection in sealed_injections(analysis)],
        "word": drawn.bytes(16).hex(),
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def told_injections(analysis: Analysis) -> tuple[Injection, ...]:
    """Signals in the pseudo-data, given and sealed, for an analysis that is not blind.

    Raises
    ------
    ConfigError
        The analysis is blind.
    """
    if analysis.blind:
        raise ConfigError(
            "blind: the injected signals are not told",
            where=analysis.source,
            key="blind",
            found="true",
            expected="--unblind to know them",
        )
    return (*analysis.samples.pseudo_data.injections, *sealed_injections(analysis))
