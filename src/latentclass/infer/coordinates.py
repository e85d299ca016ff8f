"""Coordinates in which the search for modes climbs: a logit for every level instead of stick-breaking log-odds.

Under stick-breaking, how the remainder of a stick is shared has no slope once the remainder is gone, so that a
search can end where only a level that shares the remainder with another would raise the density. With a logit of its
own, every level finds its way alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentclass.infer.compiled import Compiled, Part, Vector
from latentclass.infer.stick_kernels import gradient_by_logits, log_probabilities, sticks

__all__ = ["Coordinates"]

# Below this a probability counts as zero: its logit would only lengthen the way back.
_TINY = 1e-13


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Coordinates:
    """The searched part of a point, rows of simplexes as logits.

    Parameters
    ----------
    compiled : Compiled
        The model.
    """

    compiled: Compiled

    @property
    def _searched(self) -> list[Part]:
        return [part for part in self.compiled.parts if part.searched]

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
        found = []
        for part in self._searched:
            if part.transform is None:
                found.append(x[part.where])
            else:
                log_p = log_probabilities(_rows(x[part.where], part.shape), _sizes(part))
                found.append(np.log(np.maximum(np.exp(log_p), max(floor, _TINY))).ravel())
        return np.concatenate(found) if found else np.empty(0)

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
        x, start = x.copy(), 0
        for part in self._searched:
            if part.transform is None:
                size = part.where.stop - part.where.start
                x[part.where] = z[start : start + size]
            else:
                size, cells = _cells(part)
                x[part.where] = sticks(_rows(z[start : start + size], cells), _sizes(part)).ravel()
            start += size
        return x

    def density(self, z: Vector, x: Vector) -> tuple[float, Vector]:
        """Return the log posterior density in the space of the probabilities, with its gradient by the coordinates.

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
        value, gradient = self.compiled.natural_log_posterior(self.to_x(z, x))
        found, start = [], 0
        for part in self._searched:
            own = gradient[part.where]
            if part.transform is None:
                found.append(own)
                start += len(own)
            else:
                size, cells = _cells(part)
                logits = _rows(z[start : start + size], cells)
                found.append(gradient_by_logits(logits, _rows(own, part.shape), _sizes(part)).ravel())
                start += size
        return value, np.concatenate(found)


def _cells(part: Part) -> tuple[int, tuple[int, ...]]:
    cells = (*part.shape[:-1], part.transform.blocks.n_cells) if part.transform else part.shape
    return int(np.prod(cells)), cells


def _rows(values: Vector, shape: tuple[int, ...]) -> Vector:
    return np.ascontiguousarray(values).reshape(-1, shape[-1])


def _sizes(part: Part) -> NDArray[np.int64]:
    return np.asarray(part.transform.blocks.sizes if part.transform else (), dtype=np.int64)
