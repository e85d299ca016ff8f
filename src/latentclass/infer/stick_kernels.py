"""Compiled loops between stick-breaking log-odds and logits of every level, row by row of simplexes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from latentclass.jit import inner, kernel

__all__ = ["into_sticks", "log_probabilities", "loss_by_logits"]


@inner
def _log1p_exp(x: float) -> float:
    return max(x, 0.0) + np.log1p(np.exp(-abs(x)))


@kernel
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


@kernel
def into_sticks(
    z: NDArray[np.float64],
    odds: NDArray[np.float64],
    in_z: int,
    x: NDArray[np.float64],
    in_x: int,
    rows: int,
    sizes: NDArray[np.int64],
) -> float:
    """Write the log-odds that belong to logits of the levels, and return the log of the product of all probabilities.

    Logits of a simplex may be some 700 apart; then their exponentials, relative to the largest, are no longer told
    from zero.

    Parameters
    ----------
    z : ndarray
        Logits of rows of simplexes, up to a constant per simplex.
    odds : ndarray
        Where the exponentials of the logits, relative to the largest of the simplex, are written to.
    in_z : int
        Where the rows begin in `z` and `odds`.
    x : ndarray
        Where the log-odds are written to.
    in_x : int
        Where they begin.
    rows : int
        Number of rows.
    sizes : ndarray of int
        Numbers of levels of a row.

    Returns
    -------
    float
        Log product.
    """
    product = 0.0
    cell, stick = in_z, in_x
    for _ in range(rows):
        for size in sizes:
            largest = z[cell]
            for q in range(1, size):
                largest = max(largest, z[cell + q])
            rest = total = 0.0
            for q in range(size - 1, -1, -1):
                if q < size - 1:
                    x[stick + q] = z[cell + q] - largest - np.log(rest)
                odds[cell + q] = np.exp(z[cell + q] - largest)
                rest += odds[cell + q]
                total += z[cell + q] - largest
            product += total - size * np.log(rest)
            cell += size
            stick += size - 1
    return product


@kernel
def loss_by_logits(
    odds: NDArray[np.float64],
    slope: NDArray[np.float64],
    in_z: int,
    by_x: NDArray[np.float64],
    in_x: int,
    rows: int,
    sizes: NDArray[np.int64],
) -> None:
    """Write minus the gradient by the logits, from that by the log-odds less that of the log product.

    With u_p = logit_p - log(sum of exp(logits) after p), the derivative of u_p is 1 by its own logit and minus its
    share of the remainder by a later one; that of the log product is 1 less the number of levels times the probability.

    Parameters
    ----------
    odds : ndarray
        Exponentials of the logits, as `into_sticks` leaves them.
    slope : ndarray
        Where the result is written to.
    in_z : int
        Where the rows begin in `odds` and `slope`.
    by_x : ndarray
        Gradient by the log-odds.
    in_x : int
        Where it begins.
    rows : int
        Number of rows.
    sizes : ndarray of int
        Numbers of levels of a row.
    """
    cell, stick = in_z, in_x
    for _ in range(rows):
        for size in sizes:
            rest = 0.0
            for q in range(size - 1, -1, -1):
                rest += odds[cell + q]
                slope[cell + q] = rest
            # By a level: the slopes of all sticks that it is part of the remainder of, per unit of its odds.
            shared = -float(size) / rest
            for q in range(size):
                if q > 0:
                    shared += by_x[stick + q - 1] / slope[cell + q]
                own = by_x[stick + q] if q < size - 1 else 0.0
                slope[cell + q] = 1.0 - own + odds[cell + q] * shared
            cell += size
            stick += size - 1
