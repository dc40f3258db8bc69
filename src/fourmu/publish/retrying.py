"""A second try after trouble that passes: waits grow exponentially, with jitter."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Final, TypeVar

from fourmu.errors import FourMuError

__all__ = ["TransientError", "retried"]

Result = TypeVar("Result")

_FIRST_WAIT_S: Final = 0.5
_LONGEST_WAIT_S: Final = 20.0


class TransientError(Exception):
    """Trouble that another try may not meet; ``error`` is raised if all of them do."""

    def __init__(self, error: FourMuError) -> None:
        super().__init__(str(error))
        self.error = error


def retried(
    action: Callable[[], Result], *, attempts: int, sleep: Callable[[float], None] = time.sleep
) -> Result:
    """Call until there is no :class:`TransientError`, or ``attempts`` times.

    Before the n-th repetition it waits a random part of 2^(n-1) times half a second ("full
    jitter"), so that clients which failed together do not come back together.

    Raises
    ------
    FourMuError
        The last trouble.
    """
    for attempt in range(attempts):
        try:
            return action()
        except TransientError as trouble:
            last = trouble.error
        if attempt + 1 < attempts:
            sleep(random.random() * min(_FIRST_WAIT_S * 2**attempt, _LONGEST_WAIT_S))
    raise last
