"""Signals in the pseudo-data that nobody knows until the analysis is unblinded."""

from __future__ import annotations

import hashlib
import json

import numpy as np

from fourmu.config import Analysis, Injection
from fourmu.errors import ConfigError, ConsistencyError
from fourmu.io.candidates import read_candidates

from .context import seed_sequence
from .layout import Layout
from .samples import PSEUDO_DATA

__all__ = ["commitment", "sealed_injections", "truth"]


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


def truth(analysis: Analysis) -> str:
    """Signals in the pseudo-data, given and sealed, as text, with the commitment of the latter.

    Raises
    ------
    ConfigError
        The analysis is blind.
    ConsistencyError
        The pseudo-data that exist were made with other sealed signals.
    """
    if analysis.blind:
        raise ConfigError(
            "blind: the signals in the pseudo-data are not told",
            where=analysis.source,
            key="blind",
            found="true",
            expected="--unblind to know them",
        )
    given, sealed = analysis.samples.pseudo_data.injections, sealed_injections(analysis)
    lines = [
        f"{kind:8s}{signal.model:12s}{signal.mass_gev:9.4f} GeV{signal.xsec_fb:10.4f} fb"
        for kind, signals in (("given", given), ("sealed", sealed))
        for signal in signals
    ]
    if sealed:
        lines.append(f"SHA-256 of the sealed ones: {commitment(analysis)}")
        lines.append(_compared(analysis))
    return "\n".join(lines) if lines else "there are no signals in the pseudo-data"


def _compared(analysis: Analysis) -> str:
    """Compare the commitment with the one that the pseudo-data carry."""
    path = Layout.of(analysis).folder("selected") / PSEUDO_DATA / "c000.parquet"
    if not path.exists():
        return "there are no pseudo-data yet"
    found = read_candidates(path)[1].get("sealed_injections_sha256")
    if found != commitment(analysis):
        raise ConsistencyError(
            "the pseudo-data were made with other sealed signals",
            where=path,
            found=found,
            expected=commitment(analysis),
        )
    return "the pseudo-data carry the same"
