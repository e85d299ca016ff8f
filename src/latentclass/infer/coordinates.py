"""Coordinates in which the search for modes climbs: a logit for every level instead of stick-breaking log-odds.

Under stick-breaking, how the remainder of a stick is shared has no slope once the remainder is gone, so that a search can end where only
a level that shares the remainder with another would raise the density. With a logit of its own, every level finds its way alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentclass.infer.compiled import Compiled, Part, Vector

__all__ = ["Coordinates"]


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
                log_p = _log_probability(x[part.where].reshape(part.shape), part.transform.blocks.sizes)
                found.append(np.log(np.maximum(np.exp(log_p), max(floor, 1e-13))).ravel())
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
                size, rows = _cells(part)
                x[part.where] = _sticks(z[start : start + size].reshape(rows), part.transform.blocks.sizes)[0].ravel()
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
                size, rows = _cells(part)
                logits = z[start : start + size].reshape(rows)
                found.append(_by_logits(logits, own.reshape(part.shape), part.transform.blocks.sizes).ravel())
                start += size
        return value, np.concatenate(found)


def _cells(part: Part) -> tuple[int, tuple[int, ...]]:
    rows = (*part.shape[:-1], part.transform.blocks.n_cells) if part.transform else part.shape
    return int(np.prod(rows)), rows


def _starts(sizes: tuple[int, ...]) -> list[tuple[int, int, int]]:
    cell = stick = 0
    places = []
    for size in sizes:
        places.append((cell, stick, size))
        cell, stick = cell + size, stick + size - 1
    return places


def _log_probability(u: Vector, sizes: tuple[int, ...]) -> Vector:
    rows = np.empty((*u.shape[:-1], sum(sizes)))
    for cell, stick, size in _starts(sizes):
        own = u[..., stick : stick + size - 1]
        left = np.cumsum(-np.logaddexp(0.0, own), axis=-1)
        rows[..., cell : cell + size - 1] = -np.logaddexp(0.0, -own)
        rows[..., cell + size - 1] = 0.0
        rows[..., cell + 1 : cell + size] += left
    return rows


def _sticks(logits: Vector, sizes: tuple[int, ...]) -> tuple[Vector, Vector]:
    u = np.empty((*logits.shape[:-1], sum(sizes) - len(sizes)))
    rest = np.empty_like(u)
    for cell, stick, size in _starts(sizes):
        own = logits[..., cell : cell + size]
        tails = np.logaddexp.accumulate(own[..., ::-1], axis=-1)[..., ::-1]
        rest[..., stick : stick + size - 1] = tails[..., 1:]
        u[..., stick : stick + size - 1] = own[..., :-1] - tails[..., 1:]
    return u, rest


def _by_logits(logits: Vector, by_u: Vector, sizes: tuple[int, ...]) -> Vector:
    # u_p = logit_p - log(sum of exp(logits) after p): its derivative is 1 by its own logit and minus a share by the later ones.
    found = np.zeros_like(logits)
    rest = _sticks(logits, sizes)[1]
    for cell, stick, size in _starts(sizes):
        for p in range(size - 1):
            later: NDArray[np.float64] = logits[..., cell + p + 1 : cell + size]
            share = np.exp(later - rest[..., stick + p, None])
            found[..., cell + p] += by_u[..., stick + p]
            found[..., cell + p + 1 : cell + size] -= by_u[..., stick + p, None] * share
    return found
