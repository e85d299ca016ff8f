"""Compiled loops of stick-breaking in log-odds, with its gradient."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from latentclass.graph.lanes import padded
from latentclass.graph.vector_math import FARTHEST, exponentials, log1p
from latentclass.jit import inner

__all__ = ["gradient_by_sticks", "log_probabilities"]

type Floats = NDArray[np.float64]


@inner
def log_probabilities(sticks: Floats, rank: NDArray[np.int64], sizes: NDArray[np.int64]) -> Floats:
    """Return the log probabilities of rows of simplexes.

    Parameters
    ----------
    sticks : ndarray of shape (rows, n_sticks)
        Log-odds of what every break takes of what is left.
    rank : ndarray of int, shape (rows, n_cells) or (1, n_cells)
        Place at which every cell is broken off, or the same places for all rows.
    sizes : ndarray of int
        Number of cells of every simplex.

    Returns
    -------
    ndarray of shape (rows, n_cells)
        Log probabilities.
    """
    n_rows, n_cells = sticks.shape[0], rank.shape[1]
    found, broken = np.empty((n_rows, n_cells)), np.empty(n_cells)
    shared, at = _smaller_odds(sticks), 0
    log1p(shared)
    for r in range(n_rows):
        cell = stick = 0
        for size in sizes:
            left = 0.0
            for _ in range(size - 1):
                u = sticks[r, stick]
                broken[cell] = left - (shared[at] + max(-u, 0.0))
                left -= shared[at] + max(u, 0.0)
                cell += 1
                stick += 1
                at += 1
            broken[cell] = left
            cell += 1
        own = r if len(rank) > 1 else 0
        for c in range(n_cells):
            found[r, c] = broken[rank[own, c]]
    return found


@inner
def gradient_by_sticks(
    sticks: Floats, rank: NDArray[np.int64], by_log_probability: Floats, sizes: NDArray[np.int64]
) -> Floats:
    """Return the gradient by the log-odds from that by the log probabilities.

    The log-odds u of a break with the proportion v change the log probability of the cell broken off by 1 - v, and
    those of all cells broken off later by -v.

    Parameters
    ----------
    sticks : ndarray of shape (rows, n_sticks)
        Log-odds.
    rank : ndarray of int, shape (rows, n_cells) or (1, n_cells)
        Place at which every cell is broken off.
    by_log_probability : ndarray of shape (rows, n_cells)
        Gradient by the log probabilities.
    sizes : ndarray of int
        Number of cells of every simplex.

    Returns
    -------
    ndarray of shape (rows, n_sticks)
        Gradient by the log-odds.
    """
    n_rows, n_cells = sticks.shape[0], rank.shape[1]
    found, broken = np.empty(sticks.shape), np.empty(n_cells)
    odds, first = _smaller_odds(sticks), 0
    for r in range(n_rows):
        own = r if len(rank) > 1 else 0
        for c in range(n_cells):
            broken[rank[own, c]] = by_log_probability[r, c]
        cell = stick = 0
        for size in sizes:
            later = broken[cell + size - 1]
            for p in range(size - 2, -1, -1):
                # The two shares of the stick, neither as 1 less the other.
                small = odds[first + stick + p]
                large_share = 1.0 / (1.0 + small)
                small_share = small * large_share
                if sticks[r, stick + p] < 0:
                    found[r, stick + p] = broken[cell + p] * large_share - later * small_share
                else:
                    found[r, stick + p] = broken[cell + p] * small_share - later * large_share
                later += broken[cell + p]
            cell += size
            stick += size - 1
        first += stick
    return found


@inner
def _smaller_odds(sticks: Floats) -> Floats:
    """Return exp(-|u|) of all log-odds, row after row; zero where log-odds are hardly told from infinite ones."""
    n_rows, n_sticks = sticks.shape
    found = np.zeros(padded(sticks.size))
    for r in range(n_rows):
        for i in range(n_sticks):
            found[r * n_sticks + i] = -abs(sticks[r, i])
    exponentials(found)
    for r in range(n_rows):
        for i in range(n_sticks):
            if abs(sticks[r, i]) > FARTHEST:
                found[r * n_sticks + i] = 0.0
    return found
