"""The two ways in which a function is compiled, typed once for the whole package.

No process state is touched: the number of threads is the caller's (``numba.set_num_threads``
or ``NUMBA_NUM_THREADS``). Full ``fastmath`` is not used, because kernels test for NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numba

__all__ = ["inlined", "kernel", "parallel_kernel"]

F = TypeVar("F", bound=Callable[..., object])


def kernel(function: F) -> F:
    """Compile for one thread; cached on disk, releases the interpreter lock."""
    return cast(F, numba.njit(cache=True, nogil=True, error_model="numpy")(function))


def parallel_kernel(function: F) -> F:
    """Compile with ``numba.prange`` loops spread over threads."""
    return cast(F, numba.njit(cache=True, nogil=True, error_model="numpy", parallel=True)(function))


def inlined(function: F) -> F:
    """Compile a small function that kernels call."""
    compile_inlined = numba.njit(cache=True, nogil=True, error_model="numpy", inline="always")
    return cast(F, compile_inlined(function))
