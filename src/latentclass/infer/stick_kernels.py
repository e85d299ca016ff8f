"""Compiled loops between stick-breaking log-odds and logits of every level, row by row of simplexes."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

__all__ = ["gradient_by_logits", "log_probabilities", "sticks"]


@numba.njit(cache=True, nogil=True)
def _log1p_exp(x: float) -> float:
    return max(x, 0.0) + np.log1p(np.exp(-abs(x)))


@numba.njit(cache=True, nogil=True)
def log_probabilities(u: NDArray[np.float64], sizes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the log probabilities that belong to log-odds.

    Parameters
    ----------
    u : ndarray of shape (rows, n_sticks)
        Log-odds.
    sizes : ndarray of int
        Numbers of levels.

    Returns
    -------
    ndarray of shape (rows, n_cells)
        Log probabilities in the order of breaking.
    """
    rows = np.empty((u.shape[0], u.shape[1] + len(sizes)))
    for r in range(u.shape[0]):
        cell = stick = 0
        for size in sizes:
            left = 0.0
            for _ in range(size - 1):
                rows[r, cell] = left - _log1p_exp(-u[r, stick])
                left -= _log1p_exp(u[r, stick])
                cell += 1
                stick += 1
            rows[r, cell] = left
            cell += 1
    return rows


@numba.njit(cache=True, nogil=True)
def sticks(logits: NDArray[np.float64], sizes: NDArray[np.int64]) -> tuple[NDArray[np.float64], float]:
    """Return the log-odds that belong to logits of the levels, and the log of the product of all probabilities.

    Parameters
    ----------
    logits : ndarray of shape (rows, n_cells)
        Logits, up to a constant per simplex.
    sizes : ndarray of int
        Numbers of levels.

    Returns
    -------
    tuple of ndarray of shape (rows, n_sticks) and float
        Log-odds, and log product.
    """
    product = 0.0
    u = np.empty((logits.shape[0], logits.shape[1] - len(sizes)))
    for r in range(logits.shape[0]):
        cell = stick = 0
        for size in sizes:
            rest = logits[r, cell + size - 1]
            total = rest
            for p in range(size - 2, -1, -1):
                own = logits[r, cell + p]
                total += own
                u[r, stick + p] = own - rest
                rest = max(own, rest) + np.log1p(np.exp(-abs(own - rest)))
            product += total - size * rest
            cell += size
            stick += size - 1
    return u, product


@numba.njit(cache=True, nogil=True)
def gradient_by_logits(
    logits: NDArray[np.float64], by_u: NDArray[np.float64], sizes: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the gradient by the logits from that by the log-odds, less that of the log product of all probabilities.

    With u_p = logit_p - log(sum of exp(logits) after p), the derivative of u_p is 1 by its own logit and minus its
    share of the remainder by a later one; that of the log product is 1 less the number of levels times the probability.

    Parameters
    ----------
    logits : ndarray of shape (rows, n_cells)
        Logits.
    by_u : ndarray of shape (rows, n_sticks)
        Gradient by the log-odds.
    sizes : ndarray of int
        Numbers of levels.

    Returns
    -------
    ndarray of shape (rows, n_cells)
        Gradient.
    """
    found = np.zeros(logits.shape)
    for r in range(logits.shape[0]):
        cell = stick = 0
        for size in sizes:
            rest = -np.inf
            for p in range(size - 1, 0, -1):
                own = logits[r, cell + p]
                rest = own if rest == -np.inf else max(own, rest) + np.log1p(np.exp(-abs(own - rest)))
                slope = by_u[r, stick + p - 1]
                found[r, cell + p - 1] += slope
                for q in range(p, size):
                    found[r, cell + q] -= slope * np.exp(logits[r, cell + q] - rest)
            first = logits[r, cell]
            rest = first if rest == -np.inf else max(first, rest) + np.log1p(np.exp(-abs(first - rest)))
            for q in range(size):
                found[r, cell + q] -= 1.0 - size * np.exp(logits[r, cell + q] - rest)
            cell += size
            stick += size - 1
    return found
