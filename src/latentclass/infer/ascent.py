"""Climbs to a mode of a compiled density, and the curvature there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentclass.infer.coordinates import Coordinates
from latentclass.infer.jitted import Jitted, Late, Vector
from latentclass.infer.native import callback_entry, density_entry
from latentclass.infer.quasi_newton import at_points, minimise
from latentclass.infer.threads import available_cores, threads

__all__ = ["EXACT", "ROUGH", "Density", "End", "Stop", "Target", "curvature", "maximise"]

type Density = Callable[[Vector], tuple[Any, ...]]
type End = tuple[float, Vector]

_HISTORY = 20
_MOST_STEPS = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """When a climb ends.

    Parameters
    ----------
    slope : float
        No slope is steeper.
    gain : float
        A step gains no more, relative to the density.
    """

    slope: float
    gain: float


EXACT = Stop(slope=1e-5, gain=1e-12)
ROUGH = Stop(slope=1e-2, gain=1e-8)


class Target:
    """A density with the data as they are now, to be climbed by compiled code.

    Parameters
    ----------
    density : Jitted or Late or callable
        Vector to log density and gradient.
    n_dim : int
        Length of the vector.

    Attributes
    ----------
    address, place : int
        Where the C function of the density is, and what it takes as its last argument.
    side_by_side : bool
        Whether climbs gain from running side by side: nothing in the density uses all cores, or Python's lock.
    """

    __slots__ = ("_alive", "_failure", "address", "place", "side_by_side")

    def __init__(self, density: Jitted | Late | Density, n_dim: int) -> None:
        self._failure: list[BaseException] = []
        self.side_by_side = isinstance(density, Jitted | Late) and not density.in_parts
        if isinstance(density, Jitted | Late) and not density.in_parts:
            entry, places = density_entry(density, np.zeros(n_dim))
            self._alive: Any = (entry, places, density.data())
            self.address, self.place = entry.address, int(places.ctypes.data)
            return
        # Parts of many respondents are spread over the cores by Python.
        function = density.spread() if isinstance(density, Jitted | Late) else density
        self._alive = callback_entry(function, self._failure)
        self.address, self.place = self._alive.address, 0

    def at(self, points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return log density and gradient at every point, on all cores.

        Parameters
        ----------
        points : ndarray [point, entry]
            Vectors.

        Returns
        -------
        tuple of ndarray [point] and ndarray [point, entry]
            Log densities and gradients, not finite where they are none.
        """
        points = np.ascontiguousarray(points, dtype=float)
        values, gradients = np.empty(len(points)), np.empty(points.shape)

        def fill(own: slice) -> None:
            at_points(points[own], values[own], gradients[own], self.address, self.place)

        size = -(-len(points) // available_cores()) or 1
        blocks = [slice(begin, begin + size) for begin in range(0, len(points), size)]
        list((threads().map if self.side_by_side else map)(fill, blocks))
        self.raise_failure()
        return values, gradients

    def raise_failure(self) -> None:
        """Raise what went wrong when the density was called, if anything did."""
        if self._failure:
            raise self._failure.pop()


def maximise(target: Target, coordinates: Coordinates, start: Vector, *, floor: float = 0.0, stop: Stop = EXACT) -> End:
    """Maximise a density by L-BFGS.

    By logits, the density is that in the space of the probabilities: the Jacobian of a stick-breaking row is the
    product of its probabilities, which leaves the density of the unconstrained vector divided by it. With flat priors
    what remains is the log-likelihood, up to a constant.

    Parameters
    ----------
    target : Target
        The density.
    coordinates : Coordinates
        In which to climb; entries of the vector that they do not tell stay as they are.
    start : ndarray of shape (n_dim,)
        Where to begin.
    floor : float
        Probabilities that are logits are lifted to this before.
    stop : Stop
        When to end.

    Returns
    -------
    tuple of float and ndarray of shape (n_dim,)
        Largest density found, minus infinity where it is not finite at the start, and where.
    """
    z, x = coordinates.from_x(start, floor), np.array(start, dtype=float)
    where = (coordinates.places, coordinates.sizes, target.address, target.place)
    loss, _, _ = minimise(z, x, *where, _HISTORY, _MOST_STEPS, stop.slope, stop.gain)
    target.raise_failure()
    return -loss, coordinates.to_x(z, start)


def curvature(
    target: Target,
    point: Vector,
    step: float | NDArray[np.float64] = 1e-4,
    entries: NDArray[np.int64] | None = None,
) -> NDArray[np.float64]:
    """Return negative second derivatives of a log density, from differences of its gradient.

    Parameters
    ----------
    target : Target
        The density.
    point : ndarray [entry]
        Where.
    step : float or ndarray [row]
        Half the distance of the gradients.
    entries : ndarray of int [row], optional
        By which entries; all by default.

    Returns
    -------
    ndarray [row, entry]
        The derivatives, symmetric up to the error of the differences.

    Examples
    --------
    >>> def normal(x):
    ...     return -0.5 * float(x @ (x / [1.0, 4.0])), -x / [1.0, 4.0]
    >>> curvature(Target(normal, 2), np.array([0.3, 1.0])).round(6) + 0.0
    array([[1.  , 0.  ],
           [0.  , 0.25]])
    """
    rows = np.arange(len(point)) if entries is None else entries
    sizes = np.broadcast_to(np.asarray(step, dtype=float), rows.shape)
    steps = np.zeros((len(rows), len(point)))
    steps[np.arange(len(rows)), rows] = sizes
    upper, lower = (target.at(point + way * steps)[1] for way in (1.0, -1.0))
    return np.asarray((lower - upper) / (2.0 * sizes[:, None]))
