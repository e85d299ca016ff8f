"""Elementary functions of many numbers at once.

They are as exact as those of the C library to a few units in the last place, in the ranges that they name; numbers
outside are for the caller to look after. Vectors have to be a multiple of four long.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from latentclass.graph.lanes import LANES, exponent_and_rest, load, power_of_two, store
from latentclass.jit import inner

__all__ = ["FARTHEST", "exponentials", "log1p", "logarithms"]

# Largest number, of either sign, that `exponentials` takes.
FARTHEST = 700.0

# The logarithm of 2 is in two parts, so that what is left of a number keeps its digits (Cody and Waite 1980).
_LOG2_HIGH, _LOG2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10

# exp(x) = 2^k exp(r) with k the whole number next to x / log 2: adding and subtracting 1.5 2^52 rounds to it.
_ROUND, _PER_LOG2 = 1.5 * 2.0**52, 1.4426950408889634
_C2, _C3, _C4, _C5, _C6, _C7 = 1 / 2, 1 / 6, 1 / 24, 1 / 120, 1 / 720, 1 / 5040
_C8, _C9, _C10, _C11, _C12 = 1 / 40320, 1 / 362880, 1 / 3628800, 1 / 39916800, 1 / 479001600

# log(1 + f) = 2 s (1 + s^2 / 3 + s^4 / 5 + ...) with s = f / (2 + f).
_D1, _D2, _D3, _D4, _D5, _D6, _D7, _D8 = 2 / 3, 2 / 5, 2 / 7, 2 / 9, 2 / 11, 2 / 13, 2 / 15, 2 / 17
_D9, _D10, _D11, _D12, _D13, _D14, _D15, _D16 = 2 / 19, 2 / 21, 2 / 23, 2 / 25, 2 / 27, 2 / 29, 2 / 31, 2 / 33

type Floats = NDArray[np.float64]


@inner
def _whole(x: Floats) -> int:
    if len(x) % LANES:
        message = "The length of the vector is no multiple of four."
        raise ValueError(message)
    return len(x)


@inner
def exponentials(x: Floats) -> None:
    """Replace numbers, of `FARTHEST` at most in size, by their exponentials."""
    for i in range(0, _whole(x), LANES):
        given = load(x, i)
        shifted = given * _PER_LOG2 + _ROUND
        whole = shifted - _ROUND
        r = (given - whole * _LOG2_HIGH) - whole * _LOG2_LOW
        r2 = r * r
        r4 = r2 * r2
        low = (r + 1.0) + (r * _C3 + _C2) * r2
        middle = (r * _C5 + _C4) + (r * _C7 + _C6) * r2
        high = (r * _C9 + _C8) + (r * _C11 + _C10) * r2
        store(x, i, ((low + middle * r4) + (high + r4 * _C12) * (r4 * r4)) * power_of_two(shifted))


@inner
def logarithms(x: Floats) -> None:
    """Replace numbers, positive and not subnormal, by their logarithms."""
    for i in range(0, _whole(x), LANES):
        k, m = exponent_and_rest(load(x, i))
        f = m - 1.0
        s = f / (f + 2.0)
        z = s * s
        z2 = z * z
        low = (z * _D2 + _D1) + (z * _D4 + _D3) * z2
        high = (z * _D6 + _D5) + (z * _D8 + _D7) * z2
        rest = z * (low + (high + z2 * z2 * _D9) * (z2 * z2))
        half = f * f * 0.5
        store(x, i, k * _LOG2_HIGH - ((half - (s * (half + rest) + k * _LOG2_LOW)) - f))


@inner
def log1p(x: Floats) -> None:
    """Replace numbers, from 0 to 1, by the logarithms of 1 more."""
    for i in range(0, _whole(x), LANES):
        f = load(x, i)
        s = f / (f + 2.0)
        z = s * s
        z2 = z * z
        z4 = z2 * z2
        first = (z * _D2 + _D1) + (z * _D4 + _D3) * z2
        second = (z * _D6 + _D5) + (z * _D8 + _D7) * z2
        third = (z * _D10 + _D9) + (z * _D12 + _D11) * z2
        fourth = (z * _D14 + _D13) + (z * _D16 + _D15) * z2
        store(x, i, f - s * (f - z * ((first + second * z4) + (third + fourth * z4) * (z4 * z4))))
