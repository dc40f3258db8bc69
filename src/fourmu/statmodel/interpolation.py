"""How HistFactory interpolates between the variations of a systematic.

``normsys`` with code 4: a factor that is exponential beyond one standard deviation and a
polynomial of degree 6 between, with continuous value, slope and curvature; ``histosys`` with
code 4p: a shift that is linear beyond and a polynomial of degree 6 between, which is linear
in two templates.

Sources: Cranmer et al., HistFactory, CERN-OPEN-2012-016, Sec. 4; the names of the codes are
those of pyhf.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["CODE4_LENGTH", "code4_coefficients", "code4p_templates"]

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


def code4p_templates(
    nominal: NDArray[np.float64], hi: NDArray[np.float64], lo: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Split a histosys into the two templates in which its shift is linear.

    The shift is ``alpha * straight + g(alpha) * bent`` with
    g = alpha^2 (15 - 10 alpha^2 + 3 alpha^4) for abs(alpha) <= 1 and 8 abs(alpha) beyond.

    Parameters
    ----------
    nominal, hi, lo
        Yields per bin, nominal and at +1 and -1 standard deviation.

    Returns
    -------
    tuple of numpy.ndarray
        ``straight`` and ``bent``, yields per bin.
    """
    up, down = hi - nominal, nominal - lo
    return 0.5 * (up + down), 0.0625 * (up - down)
