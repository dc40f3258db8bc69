"""What an archive must hold before it becomes a release that nobody can take back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np

from fourmu.archive import Archive
from fourmu.archive.index import ArchiveIndex
from fourmu.errors import ConsistencyError, ConvergenceError

__all__ = ["require_publishable", "windows_without_limit"]

_WITH_LIMIT = ("ok", "width_not_negligible")
_VETOED = "vetoed"


def require_publishable(
    archive: Archive,
    *,
    refit: bool = False,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Refuse an archive that does not hold, or has a window without limit and without status.

    Parameters
    ----------
    archive
        The archive; files, digests, schema, workspaces and patches are checked.
    refit
        Fit all windows again as well, and compare the limits with those of the index.
    progress
        Called with the number of windows looked at since the last call.

    Raises
    ------
    ConsistencyError
        Something is wrong with it.
    ConvergenceError
        A window has no limit, and the index does not say why.
    """
    from fourmu.archive import problems  # noqa: PLC0415  fits windows: a second to import

    found = list(problems(archive, refit=refit, progress=progress))
    if found:
        name, reason = found[0]
        more = f" (and {len(found) - 1} more problems)" if len(found) > 1 else ""
        raise ConsistencyError(
            f"the archive does not hold, so it is not published: {reason}{more}",
            where=archive.where(name),
        )
    _require_statuses(archive)


def windows_without_limit(index: ArchiveIndex) -> dict[str, dict[str, int]]:
    """Windows that have no limit though they are not vetoed, by model and status."""
    failed = {
        model: Counter(s for s in table.status if s not in (*_WITH_LIMIT, _VETOED))
        for model, table in index.models.items()
    }
    return {model: dict(sorted(counts.items())) for model, counts in failed.items() if counts}


def _require_statuses(archive: Archive) -> None:
    """A window has a limit exactly if its status says so; a failure says its reason."""
    index = archive.index
    for model, table in index.models.items():
        for row, (name, status, message) in enumerate(
            zip(index.name, table.status, table.message, strict=True)
        ):
            has_limit = bool(np.isfinite(table.xsec_limit_fb[row]))
            failed = status not in (*_WITH_LIMIT, _VETOED)
            if has_limit != (status in _WITH_LIMIT) or (failed and not message):
                raise ConvergenceError(
                    "a window without a limit is published with its status and reason only",
                    where=archive.where(name),
                    key=model,
                    found=f"status {status}, limit {table.xsec_limit_fb[row]}, message {message}",
                )
