"""The ways in which a function is compiled, typed once for the whole package.

No process state is touched: the number of threads is the caller's (``numba.set_num_threads``
or ``NUMBA_NUM_THREADS``). Full ``fastmath`` is not used where kernels test for NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

__all__ = [
    "event_loop",
    "inlined",
    "internal_event_loop",
    "internal_kernel",
    "internal_summing_kernel",
    "kernel",
    "merged_kernel",
    "straight_line",
]

F = TypeVar("F", bound=Callable[..., object])

# options that numba's own annotations do not know
_NO_WRAPPER: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def kernel(function: F) -> F:
    """Compile for one thread; cached on disk, releases the interpreter lock."""
    return cast(F, numba.njit(cache=True, nogil=True, error_model="numpy")(function))


def internal_kernel(function: F) -> F:
    """Compile for one thread a function that only kernels call.

    It cannot be called from Python: the wrapper that would turn its arguments into Python objects
    takes longer to compile than most functions, where they are records of many arrays.
    """
    compile_internal = numba.njit(
        cache=True,
        nogil=True,
        error_model="numpy",
        **_NO_WRAPPER,
    )
    return cast(F, compile_internal(function))


def internal_summing_kernel(function: F) -> F:
    """Compile as :func:`internal_kernel`, letting sums be reordered so that they vectorise.

    NaN and infinity keep their meaning; results differ by rounding only.
    """
    compile_summing = numba.njit(
        cache=True,
        nogil=True,
        error_model="numpy",
        fastmath={"reassoc", "contract", "nsz"},
        **_NO_WRAPPER,
    )
    return cast(F, compile_summing(function))


def merged_kernel(function: F) -> F:
    """Compile as :func:`internal_kernel` a function that becomes part of the one that calls it.

    For functions with records of many arrays as arguments, which are not passed then.
    """
    compile_merged = numba.njit(
        cache=True,
        nogil=True,
        error_model="numpy",
        forceinline=True,
        **_NO_WRAPPER,
    )
    return cast(F, compile_merged(function))


def inlined(function: F) -> F:
    """Compile a small function that kernels call."""
    compile_inlined = numba.njit(cache=True, nogil=True, error_model="numpy", inline="always")
    return cast(F, compile_inlined(function))


def straight_line(function: F) -> F:
    """Compile branch-free algebra to be fused into a loop over events, which then vectorises.

    Full ``fastmath``: zeros in complex products vanish, products and sums are fused. Such a
    function takes finite numbers and must not test for NaN.
    """
    return cast(
        F,
        numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=True, forceinline=True)(
            function
        ),
    )


def event_loop(function: F) -> F:
    """Compile a loop over events that calls :func:`straight_line` functions; same rules."""
    return cast(F, numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=True)(function))


def internal_event_loop(function: F) -> F:
    """Compile as :func:`event_loop` a function that only kernels call, without its wrapper."""
    compile_internal = numba.njit(
        cache=True,
        nogil=True,
        error_model="numpy",
        fastmath=True,
        **_NO_WRAPPER,
    )
    return cast(F, compile_internal(function))
