"""Exchange of the muons of a pair, as interference of radiation off electrons and muons asks."""

from __future__ import annotations

from fourmu.physics.kernels import kernel
from fourmu.physics.kinematics import FloatArray

from .line_kernels import BLOCK

__all__ = ["exchange_asymmetry", "exchange_muons"]


@kernel
def exchange_asymmetry(
    w: FloatArray,
    i: int,
    root: float,
    plus: int,
    minus: int,
    other: int,
    last: int,
    k2: float,
    pair2: float,
    largest: float,
) -> float:
    """Asymmetry under exchange of ``plus`` and ``minus``, the muons that may emit the photon k.

    Eikonal currents of electrons and muons, weighted by the photon propagators 1/pair2 and 1/s;
    ``other`` and ``last`` make up k, k2 is its square; numbers are those of muons in ``w``.
    """
    s = root * root
    kt = w[4 * other * BLOCK + i] + w[4 * last * BLOCK + i]
    kz = w[(4 * other + 3) * BLOCK + i] + w[(4 * last + 3) * BLOCK + i]
    inverse_a = 1.0 / (k2 - root * (kt - kz))
    inverse_b = 1.0 / (k2 - root * (kt + kz))
    # 2 p.k + k^2 = (P - other muon)^2 - m^2
    inverse_minus = 1.0 / (s - 2.0 * root * w[4 * plus * BLOCK + i])
    inverse_plus = 1.0 / (s - 2.0 * root * w[4 * minus * BLOCK + i])
    product = initial = final = 0.0
    sign = 1.0
    for c in range(4):
        k = w[(4 * other + c) * BLOCK + i] + w[(4 * last + c) * BLOCK + i]
        a = b = 0.0
        if c == 0:
            a = b = root
        elif c == 3:
            a, b = root, -root
        electrons = (a - k) * inverse_a - (b - k) * inverse_b
        muons = (2.0 * w[(4 * minus + c) * BLOCK + i] + k) * inverse_minus - (
            2.0 * w[(4 * plus + c) * BLOCK + i] + k
        ) * inverse_plus
        electrons /= pair2
        muons /= s
        product += sign * electrons * muons
        initial += sign * electrons * electrons
        final += sign * muons * muons
        sign = -1.0
    size = abs(initial) + abs(final)
    if size <= 0.0:
        return 0.0
    return min(max(-2.0 * product / size, -largest), largest)


@kernel
def exchange_muons(w: FloatArray, i: int, a: int, b: int) -> None:
    """Let muons ``a`` and ``b`` of trial ``i`` change places."""
    for c in range(4):
        first = w[(4 * a + c) * BLOCK + i]
        w[(4 * a + c) * BLOCK + i] = w[(4 * b + c) * BLOCK + i]
        w[(4 * b + c) * BLOCK + i] = first
