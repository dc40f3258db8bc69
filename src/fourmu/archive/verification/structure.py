"""Files and digests, then schema and index, and that windows follow each other."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Final

import numpy as np

from fourmu.archive.checksums import CHECKSUMS
from fourmu.archive.content import index_schema
from fourmu.archive.record import INDEX, Archive
from fourmu.physics.kinematics import reduced_mass

from .problem import Problem, close

__all__ = ["file_problems", "index_problems"]

_MOST_SCHEMA_PROBLEMS: Final = 5


def file_problems(archive: Archive) -> Iterator[Problem]:
    """Each file is listed once, has its digest, and lies below the archive."""
    sums = archive.checksums
    for name in sums:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\\" in name or str(path) != name:
            yield CHECKSUMS, f"a path leaves the archive (found {name[:200]})"
            return
    present = set(archive.files) - {CHECKSUMS}
    for name in sorted(set(sums) - present):
        yield name, "the file is missing"
    for name in sorted(present - set(sums)):
        yield name, f"the file is not in {CHECKSUMS}"
    for name in sorted(present & set(sums)):
        digest = hashlib.sha256(archive.files[name]).hexdigest()
        if digest != sums[name]:
            yield name, f"the file was changed (SHA-256 found {digest}, expected {sums[name]})"


def index_problems(archive: Archive) -> Iterator[Problem]:
    """The index follows its schema, and its windows follow each other."""
    import jsonschema  # noqa: PLC0415  half a second, and only this needs it

    validator = jsonschema.Draft202012Validator(index_schema())
    count = 0
    for error in validator.iter_errors(archive.document(INDEX)):
        where = "/".join(str(part) for part in error.absolute_path)
        yield INDEX, f"{where}: {error.message[:200]}"
        count += 1
        if count == _MOST_SCHEMA_PROBLEMS:
            return
    if count:
        return
    index = archive.index
    for place, window in enumerate(index.windows):
        if window.name != f"w{place:04d}":
            yield INDEX, f"window w{place:04d} is missing (found {window.name})"
            return
    for first, second in pairwise(index.windows):
        if not second.mass_gev > first.mass_gev:
            yield INDEX, f"{second.name}: masses do not increase"
    entries = archive.document(INDEX)["windows"]
    edges = index.edges_gev
    for place, (window, entry) in enumerate(zip(index.windows, entries, strict=True)):
        bins = window.n_bins
        if len(window.bin_high) != bins or np.any(window.bin_high <= window.bin_low):
            yield INDEX, f"{window.name}: bin_low and bin_high do not fit together"
        elif np.any(window.bin_low[1:] < window.bin_high[:-1] - 1e-12):
            yield INDEX, f"{window.name}: bins overlap"
        if not close(reduced_mass(np.array([window.mass_gev])), window.reduced_mass_gev):
            yield INDEX, f"{window.name}: reduced_mass_gev is not that of mass_gev"
        ends = np.array([entry["mass_low_gev"], entry["mass_high_gev"]])
        if not close(ends, edges[place : place + 2]):
            yield INDEX, f"{window.name}: mass_low_gev, mass_high_gev leave gaps between windows"
        if set(entry["models"]) != set(index.models):
            yield INDEX, f"{window.name}: models are not those of the index"
