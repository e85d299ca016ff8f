"""Coordinates in which a posterior is close to normal: log-odds of stick-breaking are bent, the rest is scaled.

With the class of every respondent known, a stick-breaking proportion has a beta posterior, whose log-odds lean to the
side of the boundary, the more so the fewer answers there are beyond it. A normal distribution cannot lean. So each
log-odds is the quantile function of the logarithmic odds of a beta variable, taken at the normal probability of a
coordinate: with known classes the posterior is standard normal in these coordinates, whatever the counts, and with
uncertain classes nearly so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, betaincinv, betaln, expit, ndtr, ndtri

__all__ = ["Warp", "warp_around"]

# Quantiles are computed at these values of the coordinate and interpolated between: what matters is not that the
# interpolated function is exactly that of a beta variable, but that its derivative is known exactly.
_KNOTS = np.linspace(-7.0, 7.0, 57)
_STEP = _KNOTS[1] - _KNOTS[0]
# Keeps the smallest quantile a number.
_LEAST_COUNT = 0.05

type Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Warp:
    """A monotone function of every entry of a vector: cubic for bent entries, linear for the others.

    Parameters
    ----------
    centre : ndarray [entry]
        Value of linear entries at 0.
    scale : ndarray [entry]
        Slope of linear entries.
    bent : ndarray of int [bent]
        Which entries are bent.
    start : ndarray [entry]
        The coordinates of the point it was made around.
    values, slopes : ndarray [bent, knot]
        Bent entries and their derivatives at the knots.
    """

    centre: NDArray[np.float64]
    scale: NDArray[np.float64]
    bent: NDArray[np.int64]
    start: NDArray[np.float64]
    values: NDArray[np.float64]
    slopes: NDArray[np.float64]

    def __call__(self, z: Points) -> tuple[Points, Points, Points]:
        """Return the entries at coordinates, with first and second derivatives.

        Parameters
        ----------
        z : ndarray [sample, entry]
            Coordinates.

        Returns
        -------
        tuple of ndarray [sample, entry]
            Unconstrained vectors, derivative of each entry by its coordinate, and the second derivative.
        """
        x, slope = self.centre + self.scale * z, np.broadcast_to(self.scale, z.shape).copy()
        bend = np.zeros_like(x)
        x[:, self.bent], slope[:, self.bent], bend[:, self.bent] = self._cubic(z[:, self.bent])
        return x, slope, bend

    def _cubic(self, z: Points) -> tuple[Points, Points, Points]:
        row = np.arange(len(self.bent))
        inside = np.clip(z, _KNOTS[0], _KNOTS[-1])
        knot = np.minimum(((inside - _KNOTS[0]) / _STEP).astype(np.int64), len(_KNOTS) - 2)
        t = (inside - _KNOTS[knot]) / _STEP
        first, second = self.values[row, knot], self.values[row, knot + 1]
        leave, arrive = self.slopes[row, knot] * _STEP, self.slopes[row, knot + 1] * _STEP
        square = 3.0 * (second - first) - 2.0 * leave - arrive
        cube = leave + arrive - 2.0 * (second - first)
        value = first + t * (leave + t * (square + t * cube))
        slope = (leave + t * (2.0 * square + 3.0 * t * cube)) / _STEP
        bend = (2.0 * square + 6.0 * t * cube) / _STEP**2
        # Straight on beyond the last knots.
        beyond = z - inside
        return value + slope * beyond, slope, np.where(beyond == 0.0, bend, 0.0)


def warp_around(point: NDArray[np.float64], deviation: NDArray[np.float64], bent: NDArray[np.bool_]) -> Warp:
    """Return the coordinates that suit a mode.

    The density of the log-odds u of a Beta(a, b) variable has its mode where ``expit(u) = a / (a + b)``, and there a
    curvature of ``a b / (a + b)``: mode and standard deviation of a normal approximation tell a and b.

    Parameters
    ----------
    point : ndarray [entry]
        Mode of the density of the unconstrained vector.
    deviation : ndarray [entry]
        Standard deviations there by the curvature.
    bent : ndarray of bool [entry]
        Which entries are log-odds of stick-breaking.

    Returns
    -------
    Warp
        The coordinates.

    Examples
    --------
    >>> warp = warp_around(np.array([0.0, 5.0]), np.array([1.0, 2.0]), np.array([True, False]))
    >>> warp(np.array([[0.0, 1.0]]))[0].round(6) + 0.0
    array([[0., 7.]])
    """
    at = np.flatnonzero(bent)
    odds, variance = point[at], np.square(deviation[at])
    a = np.maximum(1.0 / (variance * expit(-odds)), _LEAST_COUNT)
    b = np.maximum(1.0 / (variance * expit(odds)), _LEAST_COUNT)
    log_v = np.log(betaincinv(a[:, None], b[:, None], ndtr(_KNOTS)))
    log_w = np.log(betaincinv(b[:, None], a[:, None], ndtr(-_KNOTS)))
    # The derivative of a quantile function is one over the density.
    log_slope = -0.5 * np.square(_KNOTS) - 0.5 * np.log(2.0 * np.pi) + betaln(a, b)[:, None]
    log_slope = log_slope - a[:, None] * log_v - b[:, None] * log_w
    start = np.zeros(len(point))
    start[at] = ndtri(betainc(a, b, expit(odds)))
    return Warp(centre=point, scale=deviation, bent=at, start=start, values=log_v - log_w, slopes=np.exp(log_slope))
