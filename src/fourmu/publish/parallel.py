"""The same for many items in several threads; the first trouble ends the rest."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from queue import SimpleQueue
from typing import TypeVar

__all__ = ["in_threads"]

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_threads(
    function: Callable[[Item], Result], items: Iterable[Item], jobs: int
) -> Iterator[Result]:
    """Results in the order in which they come; what has not begun at an error never does.

    After an error nothing goes on behind the caller's back. Who is interrupted waits for nothing:
    what has begun may be stalled by the other side. So the threads are no executor's, which the
    interpreter would wait for at its end.
    """
    work, done = deque(items), SimpleQueue[Future[Result]]()

    def run() -> None:
        while True:
            try:
                item = work.popleft()
            except IndexError:
                return
            result = Future[Result]()
            try:
                result.set_result(function(item))
            except BaseException as error:  # noqa: BLE001  raised where the result is asked for
                result.set_exception(error)
            done.put(result)

    count = len(work)
    threads = [threading.Thread(target=run, daemon=True) for _ in range(min(jobs, count))]
    for thread in threads:
        thread.start()
    try:
        for _ in range(count):
            yield done.get().result()
    except Exception:
        work.clear()
        for thread in threads:
            thread.join()
        raise
    finally:
        work.clear()
