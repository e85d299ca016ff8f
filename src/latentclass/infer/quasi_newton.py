"""L-BFGS as one compiled loop: a climb calls the density through its address, and no Python.

Densities of small surveys take some ten microseconds. An optimiser in Python costs several times as much for every
one of them, and holds the lock that climbs side by side would wait for.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from latentclass.infer.stick_kernels import into_sticks, loss_by_logits
from latentclass.jit import inner, kernel

__all__ = ["Table", "at_points", "evaluate", "minimise"]

type Vector = NDArray[np.float64]
type Rows = NDArray[np.float64]
type Table = NDArray[np.int64]

# What a line search asks for: decrease and flattening (Wolfe's conditions), and what rounding may hide of the former.
_DECREASE, _FLATTENING, _ROUNDING = 1e-4, 0.9, 1e-14
_MOST_TRIALS = 25
# Beyond the first a logit or log-odds makes no difference to a probability; the other is the longest move of one.
_FARTHEST, _LONGEST = 30.0, 10.0
_CURVED = 2.2e-16
_NARROWEST = 1e-12


@intrinsic
def _call(typing: Any, address: Any, n: Any, x: Any, gradient: Any, value: Any, data: Any) -> Any:
    """Call the C function at an address, which takes a length and four addresses, and returns a status."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        word, pointer = ir.IntType(64), ir.IntType(8).as_pointer()
        function = ir.FunctionType(word, [word, pointer, pointer, pointer, pointer])
        found = builder.inttoptr(arguments[0], function.as_pointer())
        return builder.call(found, [arguments[1], *(builder.inttoptr(a, pointer) for a in arguments[2:])])

    return types.int64(*[types.int64] * 6), generate


@inner
def evaluate(
    z: Vector,
    odds: Vector,
    slope: Vector,
    x: Vector,
    by_x: Vector,
    places: Table,
    sizes: Table,
    address: int,
    data: int,
) -> tuple[float, int]:
    """Return minus the log density at coordinates, in the space of the probabilities, and write its gradient.

    Parameters
    ----------
    z : ndarray
        Coordinates.
    odds : ndarray
        Scratch.
    slope : ndarray
        Where the gradient by the coordinates is written to.
    x : ndarray of shape (n_dim,)
        Vector that lends what is not searched; what is searched is written to it.
    by_x : ndarray of shape (n_dim,)
        Scratch.
    places : ndarray of int, shape (n_places, 6)
        A row for each variable: its first entry in the vector and in the coordinates, its number of entries in the
        vector, its rows of simplexes (none where the coordinates are the entries themselves), and where the numbers of
        levels of a row of them begin and end in `sizes`.
    sizes : ndarray of int
        Numbers of levels.
    address, data : int
        Addresses of the C function of the log density and of what it takes as its last argument.

    Returns
    -------
    tuple of float and int
        Minus the log density, infinite where it is not finite, and the status of the C function, negative where it
        failed.
    """
    product = 0.0
    for row in range(len(places)):
        in_x, in_z, n, rows, first, last = places[row]
        if rows == 0:
            for i in range(n):
                x[in_x + i] = z[in_z + i]
        else:
            product += into_sticks(z, odds, in_z, x, in_x, rows, sizes[first:last])
    value = np.empty(1)
    status: int = _call(address, len(x), x.ctypes.data, by_x.ctypes.data, value.ctypes.data, data)  # type: ignore[call-arg]
    if status != 0:
        return np.inf, status
    for row in range(len(places)):
        in_x, in_z, n, rows, first, last = places[row]
        if rows == 0:
            for i in range(n):
                slope[in_z + i] = -by_x[in_x + i]
        else:
            loss_by_logits(odds, slope, in_z, by_x, in_x, rows, sizes[first:last])
    return product - value[0], 0


@kernel
def at_points(points: Rows, values: Vector, gradients: Rows, address: int, data: int) -> int:
    """Write log density and gradient at every point.

    Parameters
    ----------
    points : ndarray [point, entry]
        Vectors.
    values : ndarray [point]
        Where the log densities are written to.
    gradients : ndarray [point, entry]
        Where their gradients are written to.
    address, data : int
        As in `evaluate`.

    Returns
    -------
    int
        Negative where the C function failed.
    """
    size = points.shape[1] * points.itemsize
    for row in range(len(points)):
        at = row * size
        x, gradient = points.ctypes.data + at, gradients.ctypes.data + at
        status: int = _call(address, points.shape[1], x, gradient, values.ctypes.data + row * values.itemsize, data)  # type: ignore[call-arg]
        if status < 0:
            return status
    return 0


@inner
def _dot(a: Vector, b: Vector) -> float:
    total = 0.0
    for i in range(len(a)):
        total += a[i] * b[i]
    return total


@inner
def _rest(z: Vector, slope: Vector) -> float:
    """Return the largest slope of what is not held."""
    largest = 0.0
    for i in range(len(z)):
        if not (abs(z[i]) >= _FARTHEST and z[i] * slope[i] <= 0.0):
            largest = max(largest, abs(slope[i]))
    return largest


@inner
def _direction(way: Vector, z: Vector, slope: Vector, steps: Rows, changes: Rows, kept: int, last: int) -> float:
    """Write the quasi-Newton direction by the two-loop recursion, and return the slope along it.

    Coordinates far from zero do not go further, and none goes far at once: where slopes fade they say little of what
    lies ahead.
    """
    n, m = len(slope), len(steps)
    # Before there is anything to learn from, a step of length one.
    unit = 1.0 if kept > 0 else max(np.sqrt(_dot(slope, slope)), 1.0)
    for i in range(n):
        way[i] = -slope[i] / unit
    share = np.empty(m)
    for back in range(kept):
        at = (last - back) % m
        share[at] = _dot(steps[at], way) / _dot(steps[at], changes[at])
        for i in range(n):
            way[i] -= share[at] * changes[at, i]
    if kept > 0:
        scale = _dot(steps[last], changes[last]) / _dot(changes[last], changes[last])
        for i in range(n):
            way[i] *= scale
    for back in range(kept - 1, -1, -1):
        at = (last - back) % m
        other = share[at] - _dot(changes[at], way) / _dot(steps[at], changes[at])
        for i in range(n):
            way[i] += other * steps[at, i]
    for i in range(n):
        away = abs(z[i]) >= _FARTHEST and z[i] * way[i] >= 0.0
        way[i] = 0.0 if away else min(max(way[i], -_LONGEST), _LONGEST)
    return _dot(way, slope)


@inner
def _between(a: float, f_a: float, s_a: float, b: float, f_b: float, s_b: float) -> float:
    """Return the minimum of the cubic through two values and slopes, kept off the ends of the interval."""
    low, width = min(a, b), abs(b - a)
    middle = 0.5 * (a + b)
    if np.isfinite(f_b):
        bend = s_a + s_b - 3.0 * (f_a - f_b) / (a - b)
        square = bend * bend - s_a * s_b
        if square >= 0.0:
            root = np.sqrt(square) if b > a else -np.sqrt(square)
            below = s_b - s_a + 2.0 * root
            if below != 0.0:
                middle = b - (b - a) * (s_b + root - bend) / below
    else:
        middle = a + 0.1 * (b - a)
    return min(max(middle, low + 0.05 * width), low + 0.95 * width)


@inner
def _line_search(
    trial: Vector,
    trial_slope: Vector,
    z: Vector,
    way: Vector,
    value: float,
    begin: float,
    odds: Vector,
    x: Vector,
    by_x: Vector,
    places: Table,
    sizes: Table,
    address: int,
    data: int,
) -> tuple[float, int, int]:
    """Write a point along a way that satisfies Wolfe's conditions, or at least lies lower, and its slope.

    The value there, infinite where none was found, the number of evaluations, and the last status are returned.
    """
    # The lowest so far, and the other end of an interval that holds a step to be accepted.
    low, f_low, s_low = 0.0, value, begin
    high, f_high, s_high = np.inf, np.inf, 0.0
    step, slack, spent = 1.0, _ROUNDING * abs(value), False
    for calls in range(1, _MOST_TRIALS + 2):
        for i in range(len(z)):
            trial[i] = z[i] + step * way[i]
        f, status = evaluate(trial, odds, trial_slope, x, by_x, places, sizes, address, data)
        if status < 0 or spent:
            return f, calls, status
        s = _dot(trial_slope, way) if np.isfinite(f) else 0.0
        falls = f <= value + _DECREASE * step * begin
        nearly = f <= value + slack and s <= (2.0 * _DECREASE - 1.0) * begin and s >= _FLATTENING * begin
        if (falls and abs(s) <= -_FLATTENING * begin) or nearly:
            return f, calls, status
        before = low
        if not falls or f >= f_low:
            high, f_high, s_high = step, f, s
        else:
            if (s >= 0.0) == (high > low):
                high, f_high, s_high = low, f_low, s_low
            low, f_low, s_low = step, f, s
        narrow = high < np.inf and abs(high - low) <= _NARROWEST * max(high, low)
        if calls == _MOST_TRIALS or narrow:
            # The lowest is not the last: once more there.
            step, spent = low, True
            if low == 0.0:
                break
        elif np.isinf(high):
            step = low + 4.0 * (low - before)
        else:
            step = _between(low, f_low, s_low, high, f_high, s_high)
    return np.inf, calls, status


@kernel
def minimise(
    z: Vector,
    x: Vector,
    places: Table,
    sizes: Table,
    address: int,
    data: int,
    history: int,
    most_steps: int,
    flat: float,
    gain: float,
) -> tuple[float, int, int]:
    """Minimise minus a log density by L-BFGS.

    Directions are those of the two-loop recursion (Nocedal 1980). Steps satisfy Wolfe's conditions, and near the
    optimum, where rounding hides whether a value fell, the approximate ones of Hager and Zhang (2005, eq. 4.1).
    Coordinates that are 30 and more from zero are held where the direction leads further away.

    Parameters
    ----------
    z : ndarray
        Coordinates of the start; the end is written to it.
    x, places, sizes, address, data
        As in `evaluate`.
    history : int
        Number of steps that are remembered.
    most_steps : int
        Most steps.
    flat : float
        Stop when no slope is larger.
    gain : float
        Stop when two steps running gain no more each, relative to the value.

    Returns
    -------
    tuple of float, int and int
        Minus the log density at the end, number of times that it was computed, and the last status of the C function.

    References
    ----------
    Hager, W. W. and Zhang, H. (2005). A new conjugate gradient method with guaranteed descent and an efficient line
    search. SIAM Journal on Optimization, 16(1), 170-192.
    Nocedal, J. (1980). Updating quasi-Newton matrices with limited storage. Mathematics of Computation, 35(151),
    773-782.
    """
    n = len(z)
    by_x, slope, trial_slope = np.zeros(len(x)), np.zeros(n), np.zeros(n)
    odds, trial, way = np.empty(n), np.empty(n), np.empty(n)
    steps, changes = np.empty((history, n)), np.empty((history, n))
    # Not 0 itself: a literal would have what is called with it compiled once more, for a number that is constant.
    kept = last = idle = 0 * history
    value, status = evaluate(z, odds, slope, x, by_x, places, sizes, address, data)
    calls = 1
    for _ in range(most_steps):
        if not np.isfinite(value) or _rest(z, slope) <= flat:
            break
        begin = _direction(way, z, slope, steps, changes, kept, last)
        f, own = np.inf, 0
        if begin < 0.0:
            f, own, status = _line_search(
                trial, trial_slope, z, way, value, begin, odds, x, by_x, places, sizes, address, data
            )
            calls += own
        if status < 0 or (np.isinf(f) and kept == 0):
            break
        if np.isinf(f):
            # Forget what led here, and go straight down.
            kept = 0
            continue
        at = (last + 1) % history
        product = square = 0.0
        for i in range(n):
            steps[at, i], changes[at, i] = trial[i] - z[i], trial_slope[i] - slope[i]
            product += steps[at, i] * changes[at, i]
            square += changes[at, i] * changes[at, i]
            z[i], slope[i] = trial[i], trial_slope[i]
        if product > _CURVED * square:
            last, kept = at, min(kept + 1, history)
        # One step may be short for reasons of its own.
        idle = idle + 1 if value - f <= gain * max(abs(value), abs(f), 1.0) else 0
        value = f
        if idle > 1:
            break
    return value, calls, status
