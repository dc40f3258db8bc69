"""Doubts about an archive from elsewhere: everything that can be checked is.

Later steps build on earlier ones; a step that finds something is the last one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from fourmu.archive.record import Archive
from fourmu.errors import FourMuError

from .likelihoods import Kept, window_problems
from .numbers import number_problems
from .problem import Problem, file_of, reason_of
from .refit import limit_problems
from .structure import file_problems, index_problems

__all__ = ["problems"]


def problems(
    archive: Archive,
    *,
    refit: bool = True,
    progress: Callable[[int], None] | None = None,
) -> Iterator[Problem]:
    """Find what is wrong with an archive.

    Parameters
    ----------
    archive
        The archive.
    refit
        Fit all windows again and compare the limits with those of the index.
    progress
        Called with the number of windows looked at since the last call.

    Yields
    ------
    file, reason
        Nothing if the archive holds.
    """
    workspaces: Kept = []
    steps: list[Callable[[], Iterator[Problem]]] = [
        lambda: file_problems(archive),
        lambda: index_problems(archive),
        lambda: number_problems(archive),
        lambda: window_problems(archive, workspaces, progress),
    ]
    if refit:
        steps.append(lambda: limit_problems(archive, workspaces))
    for step in steps:
        found = False
        try:
            for problem in step():
                found = True
                yield problem
        except FourMuError as error:
            found = True
            yield file_of(archive, error), reason_of(error)
        except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
            found = True  # numbers that no check of a file has doubts about, but arithmetic does
            yield archive.source, f"the numbers of the archive do not fit together: {error!r}"
        if found:
            return
