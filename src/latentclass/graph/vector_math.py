"""Elementary functions of many numbers at once, in loops that the compiler makes vector instructions of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from latentclass.jit import inner

__all__ = ["exponentials"]

# exp(x) = 2^k exp(r) with k the whole number next to x / log 2: adding and subtracting 1.5 2^52 rounds to it, and the
# lowest bits of that sum are k. The logarithm of 2 is in two parts, so that r keeps its digits (Cody and Waite 1980).
_ROUND, _PER_LOG2 = 1.5 * 2.0**52, 1.4426950408889634
_LOG2_HIGH, _LOG2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_EXPONENT_ONE = np.int64(1023 << 52)
_C2, _C3, _C4, _C5, _C6, _C7 = 1 / 2, 1 / 6, 1 / 24, 1 / 120, 1 / 720, 1 / 5040
_C8, _C9, _C10, _C11, _C12 = 1 / 40320, 1 / 362880, 1 / 3628800, 1 / 39916800, 1 / 479001600

type Floats = NDArray[np.float64]


@inner
def exponentials(x: Floats, scratch: Floats, n: int) -> None:
    """Replace the first n numbers by their exponentials."""
    bits = scratch.view(np.int64)
    for i in range(n):
        shifted = x[i] * _PER_LOG2 + _ROUND
        scratch[i] = shifted
        whole = shifted - _ROUND
        r = (x[i] - whole * _LOG2_HIGH) - whole * _LOG2_LOW
        r2 = r * r
        r4 = r2 * r2
        low = (1.0 + r) + (_C2 + _C3 * r) * r2
        middle = (_C4 + _C5 * r) + (_C6 + _C7 * r) * r2
        high = (_C8 + _C9 * r) + (_C10 + _C11 * r) * r2
        x[i] = (low + middle * r4) + (high + _C12 * r4) * (r4 * r4)
    for i in range(n):
        bits[i] = (bits[i] << 52) + _EXPONENT_ONE
    for i in range(n):
        x[i] *= scratch[i]
