"""Files from outside that take the place of generated samples: where they lie, and of what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from fourmu.config import Analysis
from fourmu.errors import ConfigError

from .layout import Layout

__all__ = [
    "DATA",
    "TRAINING",
    "ExternalSource",
    "correction_paths",
    "external_files",
    "external_masses",
    "external_sources",
]

DATA = "data"
"""Sample of data from outside; pseudo-data are never called so."""
TRAINING = "zprime_training"
"""Sample of Z' that train the networks."""


@dataclass(frozen=True, kw_only=True)
class ExternalSource:
    """Where the events of one file of a sample come from.

    Attributes
    ----------
    key
        Key of the configuration that names the files.
    paths
        All of them are read into the one file.
    part
        (k, n): the k-th of n equal parts of the events of each, counted from 0.
    x_pdg
        Code of X in signal files, else None.
    """

    key: str
    paths: tuple[Path, ...]
    part: tuple[int, int] = (0, 1)
    x_pdg: int | None = None


def external_masses(analysis: Analysis, model: str) -> tuple[float, ...]:
    """Masses of a model for which there are files, increasing; none if it is generated."""
    masses = {entry.mass_gev for entry in analysis.ntuples.signals if entry.model == model}
    return tuple(sorted(masses))


def external_sources(
    analysis: Analysis,
) -> dict[tuple[str, str | None, bool], list[tuple[float | None, ExternalSource]]]:
    """Sources of all samples from outside.

    Returns
    -------
    sources
        By sample, model (None where it is no signal) and whether it has ISR: the mass of each file
        (None where it has none) and its source.

    Raises
    ------
    ConfigError
        A pattern fits no file, or a file stands in two places.
    """
    ntuples = analysis.ntuples
    sources: dict[tuple[str, str | None, bool], list[tuple[float | None, ExternalSource]]] = {}
    if ntuples.data.files:
        key = "ntuples.data.files"
        sources[DATA, None, True] = [
            (None, ExternalSource(key=key, paths=(path,)))
            for path in _found(analysis, key, ntuples.data.files)
        ]
    for place, background in enumerate(ntuples.backgrounds):
        key = f"ntuples.backgrounds.{place}.files"
        sources[background.name, None, False] = [
            (None, ExternalSource(key=key, paths=(path,), part=(part, background.parts)))
            for path in _found(analysis, key, background.files)
            for part in range(background.parts)
        ]
    for place, training in enumerate(ntuples.training):
        key = f"ntuples.training.{place}.files"
        sources.setdefault((TRAINING, "zprime", True), []).extend(
            (training.mass_gev, ExternalSource(key=key, paths=(path,), x_pdg=training.x_pdg))
            for path in _found(analysis, key, training.files)
        )
    for place, signal in sorted(enumerate(ntuples.signals), key=lambda entry: entry[1].mass_gev):
        key = f"ntuples.signals.{place}.files"
        sample = signal.model if signal.isr else f"{signal.model}_no_isr"
        paths = tuple(_found(analysis, key, signal.files))
        sources.setdefault((sample, signal.model, signal.isr), []).append(
            (signal.mass_gev, ExternalSource(key=key, paths=paths, x_pdg=signal.x_pdg))
        )
    _refuse_doubled(analysis, [s for entries in sources.values() for _, s in entries])
    return sources


def external_files(analysis: Analysis) -> tuple[Path, ...]:
    """All files from outside that are read instead of generating."""
    found = (
        path
        for entries in external_sources(analysis).values()
        for _, source in entries
        for path in source.paths
    )
    return tuple(dict.fromkeys(found))


def correction_paths(analysis: Analysis) -> tuple[Path, ...]:
    """Files of the tables of corrections."""
    base = Layout.of(analysis).configuration
    return tuple(base / correction.path for correction in analysis.corrections)


def _found(analysis: Analysis, key: str, patterns: Sequence[str]) -> Iterator[Path]:
    """Files of the patterns, each once, in the order of the patterns and then by name."""
    base = Layout.of(analysis).configuration
    seen: set[Path] = set()
    for pattern in patterns:
        # an absolute pattern starts at its root
        root, relative = base, pattern
        if Path(pattern).is_absolute():
            root, relative = Path("/"), pattern.lstrip("/")
        is_pattern = any(character in relative for character in "*?[")
        try:
            paths = sorted(root.glob(relative)) if is_pattern else [root / relative]
        except (ValueError, NotImplementedError) as error:
            raise ConfigError(
                f"not a pattern of files: {error}", where=analysis.source, key=key, found=pattern
            ) from error
        files = [path for path in paths if path.is_file()]
        if not files:
            raise ConfigError(
                "no file fits the pattern" if is_pattern else "there is no such file",
                where=analysis.source,
                key=key,
                found=pattern,
            )
        for path in files:
            if path not in seen:
                seen.add(path)
                yield path


def _refuse_doubled(analysis: Analysis, sources: Sequence[ExternalSource]) -> None:
    """Refuse a file that two samples, or two masses, hold."""
    owner: dict[Path, str] = {}
    for source in sources:
        for path in source.paths:
            resolved = path.resolve()
            first = owner.setdefault(resolved, source.key)
            if first != source.key:
                raise ConfigError(
                    "a file stands in two places",
                    where=analysis.source,
                    key=f"{first} and {source.key}",
                    found=path,
                )
