"""Coordinates in which the search for modes climbs: a logit for every level instead of stick-breaking log-odds.

Under stick-breaking, how the remainder of a stick is shared has no slope once the remainder is gone, so that a
search can end where only a level that shares the remainder with another would raise the density. With a logit of its
own, every level finds its way alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from latentclass.infer.compiled import Part, Vector
from latentclass.infer.quasi_newton import Table
from latentclass.infer.stick_kernels import into_sticks, log_probabilities

__all__ = ["Coordinates"]

# Below this a probability counts as zero: its logit would only lengthen the way back.
_TINY = 1e-13


class Coordinates:
    """Some variables of a point, rows of simplexes as logits.

    Parameters
    ----------
    parts : sequence of Part
        Where the variables lie in the unconstrained vector.
    logits : bool
        Whether rows of simplexes are logits; otherwise all coordinates are entries of the vector.
    """

    __slots__ = ("n", "places", "sizes")

    def __init__(self, parts: Sequence[Part], *, logits: bool = True) -> None:
        places, sizes, end = [], list[int](), 0
        for part in parts:
            n, rows, first = part.where.stop - part.where.start, 0, len(sizes)
            if logits and part.transform is not None:
                rows = math.prod(part.shape[:-1])
                sizes += part.transform.blocks.sizes
            places.append((part.where.start, end, n, rows, first, len(sizes)))
            end += rows * sum(sizes[first:]) if rows else n
        self.n = end
        self.places: Table = np.array(places, dtype=np.int64).reshape(-1, 6)
        self.sizes: Table = np.array(sizes, dtype=np.int64)

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
        z = np.empty(self.n)
        for in_x, in_z, n, rows, first, last in self.places:
            own = x[in_x : in_x + n]
            if rows:
                sizes = self.sizes[first:last]
                log_p = log_probabilities(np.ascontiguousarray(own).reshape(rows, -1), sizes)
                own = np.log(np.maximum(np.exp(log_p), max(floor, _TINY))).ravel()
            z[in_z : in_z + len(own)] = own
        return z

    def to_x(self, z: Vector, x: Vector) -> Vector:
        """Return the unconstrained vector that belongs to coordinates.

        Parameters
        ----------
        z : ndarray
            The coordinates.
        x : ndarray of shape (n_dim,)
            Vector that lends what the coordinates do not tell.

        Returns
        -------
        ndarray of shape (n_dim,)
            The vector.
        """
        x, odds = x.copy(), np.empty(self.n)
        for in_x, in_z, n, rows, first, last in self.places:
            if rows:
                into_sticks(z, odds, in_z, x, in_x, rows, self.sizes[first:last])
            else:
                x[in_x : in_x + n] = z[in_z : in_z + n]
        return x
