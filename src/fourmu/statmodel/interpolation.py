"""How HistFactory interpolates between the variations of a systematic.

``normsys`` multiplies by a factor: code 1 is exponential on either side of zero; code 4 is so
beyond one standard deviation and a polynomial of degree 6 between, with continuous value, slope
and curvature. ``histosys`` shifts the yields: code 0 linearly on either side of zero; code 2
quadratically within one standard deviation; code 4p linearly beyond and by a polynomial of
degree 6 between. Every shift is linear in two templates.

Beyond one standard deviation code 2 continues value and slope here, as in HistFactory. pyhf 0.7.6
does not: with a = (hi + lo)/2 - nominal and b = (hi - lo)/2 its shift falls from a + b to 0 above,
and goes from a - b to 2a - b below.

Sources: Cranmer et al., HistFactory, CERN-OPEN-2012-016, Sec. 4; the names of the codes are
those of pyhf.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .specification import ABSOLUTE, BENT, SQUARE, STRAIGHT

__all__ = [
    "CODE4_LENGTH",
    "HISTOSYS_CODES",
    "NORMSYS_CODES",
    "code4_coefficients",
    "histosys_templates",
]

NORMSYS_CODES = {"code1": 1, "code4": 4}
"""Interpolations of a normsys."""

HISTOSYS_CODES = ("code0", "code2", "code4p")
"""Interpolations of a histosys."""

CODE4_LENGTH = 8
"""Numbers that describe one ``normsys``: ln hi, ln lo and six polynomial coefficients."""


def code4_coefficients(hi: NDArray[np.float64], lo: NDArray[np.float64]) -> NDArray[np.float64]:
    """Describe normsys factors by what a kernel needs to evaluate them.

    Parameters
    ----------
    hi, lo
        Factors at +1 and -1 standard deviation, shape (n,), positive.

    Returns
    -------
    numpy.ndarray
        Shape (n, 8): ln hi, ln lo, a_1 ... a_6, with the factor 1 + sum_i a_i alpha^i for
        abs(alpha) < 1, hi^alpha above and lo^-alpha below.

    Notes
    -----
    The polynomial is split into its odd and its even part; each has three coefficients that
    follow from value, slope and curvature at alpha = 1.
    """
    log_hi, log_lo = np.log(hi), np.log(lo)
    value = (hi, lo)
    slope = (hi * log_hi, -lo * log_lo)
    curvature = (hi * log_hi**2, lo * log_lo**2)
    odd = (
        0.5 * (value[0] - value[1]),
        0.5 * (slope[0] + slope[1]),
        0.5 * (curvature[0] - curvature[1]),
    )
    even = (
        0.5 * (value[0] + value[1]) - 1.0,
        0.5 * (slope[0] - slope[1]),
        0.5 * (curvature[0] + curvature[1]),
    )
    return np.stack(
        [
            log_hi,
            log_lo,
            (15 * odd[0] - 7 * odd[1] + odd[2]) / 8,
            (24 * even[0] - 9 * even[1] + even[2]) / 8,
            (-5 * odd[0] + 5 * odd[1] - odd[2]) / 4,
            (-12 * even[0] + 7 * even[1] - even[2]) / 4,
            (3 * odd[0] - 3 * odd[1] + odd[2]) / 8,
            (8 * even[0] - 5 * even[1] + even[2]) / 8,
        ],
        axis=-1,
    )


def histosys_templates(
    code: str, nominal: NDArray[np.float64], hi: NDArray[np.float64], lo: NDArray[np.float64]
) -> tuple[tuple[int, NDArray[np.float64]], tuple[int, NDArray[np.float64]]]:
    """Split a histosys into the two templates in which its shift is linear.

    The first is multiplied by alpha, the second by abs(alpha) for code 0, by alpha^2 for code 2
    (2 abs(alpha) - 1 where abs(alpha) > 1), and for code 4p by
    g = alpha^2 (15 - 10 alpha^2 + 3 alpha^4) (8 abs(alpha) where abs(alpha) > 1).

    Parameters
    ----------
    code
        Of :data:`HISTOSYS_CODES`.
    nominal, hi, lo
        Yields per bin, nominal and at +1 and -1 standard deviation.

    Returns
    -------
    tuple
        Two pairs of a kind of term and its template, yields per bin.
    """
    up, down = hi - nominal, nominal - lo
    kind, scale = {"code0": (ABSOLUTE, 0.5), "code2": (SQUARE, 0.5), "code4p": (BENT, 0.0625)}[code]
    return (STRAIGHT, 0.5 * (up + down)), (kind, scale * (up - down))
