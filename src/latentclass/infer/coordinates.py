"""Coordinates in which the search for modes climbs: a logit for every level instead of stick-breaking log-odds.

Under stick-breaking, how the remainder of a stick is shared has no slope once the remainder is gone, so that a
search can end where only a level that shares the remainder with another would raise the density. With a logit of its
own, every level finds its way alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentclass.infer.compiled import Compiled, Part, Vector
from latentclass.infer.stick_kernels import gradient_by_logits, log_probabilities, sticks

__all__ = ["Coordinates"]

# Below this a probability counts as zero: its logit would only lengthen the way back.
_TINY = 1e-13


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a searched variable lies in the unconstrained vector and in the coordinates."""

    x: slice
    z: slice
    # Rows and columns in the vector and in the coordinates, and numbers of levels; none for what is no simplex.
    sticks: tuple[int, int] = (0, 0)
    cells: tuple[int, int] = (0, 0)
    sizes: NDArray[np.int64] | None = None


class Coordinates:
    """The searched part of a point, rows of simplexes as logits.

    Parameters
    ----------
    compiled : Compiled
        The model.
    """

    __slots__ = ("_density", "_n", "_places")

    def __init__(self, compiled: Compiled) -> None:
        # The data as they are now: to look whether they have changed, at every point, costs as much as small densities.
        self._density = compiled.class_density.spread()
        self._places: list[_Place] = []
        self._n = 0
        for part in compiled.parts:
            if part.searched:
                self._places.append(_place(part, self._n))
                self._n = self._places[-1].z.stop

    def from_x(self, x: Vector, floor: float = 0.0) -> Vector:
        """Return the coordinates of an unconstrained vector.

        Parameters
        ----------
        x : ndarray of shape (n_dim,)
            The vector.
        floor : float
            Lift every probability of a row to at least this.

        Returns
        -------
        ndarray
            The coordinates.
        """
        z = np.empty(self._n)
        for place in self._places:
            if place.sizes is None:
                z[place.z] = x[place.x]
            else:
                log_p = log_probabilities(np.ascontiguousarray(x[place.x]).reshape(place.sticks), place.sizes)
                z[place.z] = np.log(np.maximum(np.exp(log_p), max(floor, _TINY))).ravel()
        return z

    def to_x(self, z: Vector, x: Vector) -> Vector:
        """Return the unconstrained vector that belongs to coordinates.

        Parameters
        ----------
        z : ndarray
            The coordinates.
        x : ndarray of shape (n_dim,)
            Vector that lends what is not searched.

        Returns
        -------
        ndarray of shape (n_dim,)
            The vector.
        """
        return self._moved(z, x)[0]

    def density(self, z: Vector, x: Vector) -> tuple[float, Vector]:
        """Return the log posterior density in the space of the probabilities, with its gradient by the coordinates.

        The Jacobian of a stick-breaking row is the product of its probabilities, which leaves the density of the
        unconstrained vector divided by it. With flat priors what remains is the log-likelihood, up to a constant.

        Parameters
        ----------
        z : ndarray
            The coordinates.
        x : ndarray of shape (n_dim,)
            Vector that lends what is not searched.

        Returns
        -------
        tuple of float and ndarray
            Density and gradient.
        """
        moved, product = self._moved(z, x)
        value, slope = self._density(moved)
        gradient = np.empty(self._n)
        for place in self._places:
            own = slope[place.x]
            if place.sizes is None:
                gradient[place.z] = own
            else:
                by_u = np.ascontiguousarray(own).reshape(place.sticks)
                gradient[place.z] = gradient_by_logits(z[place.z].reshape(place.cells), by_u, place.sizes).ravel()
        return float(value) - product, gradient

    def _moved(self, z: Vector, x: Vector) -> tuple[Vector, float]:
        """Return the vector of the coordinates, and the log product of all probabilities of simplexes."""
        z, x, product = np.ascontiguousarray(z), x.copy(), 0.0
        for place in self._places:
            if place.sizes is None:
                x[place.x] = z[place.z]
            else:
                u, own = sticks(z[place.z].reshape(place.cells), place.sizes)
                x[place.x] = u.ravel()
                product += own
        return x, product


def _place(part: Part, start: int) -> _Place:
    if part.transform is None:
        return _Place(x=part.where, z=slice(start, start + part.where.stop - part.where.start))
    rows, sizes = math.prod(part.shape[:-1]), np.asarray(part.transform.blocks.sizes, dtype=np.int64)
    cells = (rows, part.transform.blocks.n_cells)
    return _Place(
        x=part.where, z=slice(start, start + math.prod(cells)), sticks=(rows, part.shape[-1]), cells=cells, sizes=sizes
    )
