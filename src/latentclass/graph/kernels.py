"""Compiled loops of the class likelihood.

Classes lie in the innermost, contiguous axis, so that one respondent's sums over the items vectorise over the
classes. Sums run in a fixed order without fast-math: the same input gives the same bits.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

__all__ = ["accumulate_cells", "class_likelihood"]


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def class_likelihood(
    logits: NDArray[np.float64], table: NDArray[np.float64], cells: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return log-likelihood, responsibilities and its derivative by the logits, per respondent.

    Parameters
    ----------
    logits : ndarray of shape (n, K)
        Membership logits, up to a constant per row.
    table : ndarray of shape (L, K)
        Log probability of every cell (a level of an item) in every class.
    cells : ndarray of int, shape (n, J)
        Row of `table` for every answer; negative for a missing one.

    Returns
    -------
    tuple of ndarray
        Shapes (n,), (n, K), (n, K).
    """
    n, n_classes = logits.shape
    n_items = cells.shape[1]
    value = np.empty(n)
    posterior = np.empty((n, n_classes))
    slope = np.empty((n, n_classes))
    total = np.empty(n_classes)
    for i in range(n):
        top_prior = -np.inf
        for k in range(n_classes):
            total[k] = logits[i, k]
            top_prior = max(top_prior, total[k])
        prior_sum = 0.0
        for k in range(n_classes):
            weight = np.exp(total[k] - top_prior)
            slope[i, k] = weight
            prior_sum += weight
        for j in range(n_items):
            cell = cells[i, j]
            if cell >= 0:
                for k in range(n_classes):
                    total[k] += table[cell, k]
        top = -np.inf
        for k in range(n_classes):
            top = max(top, total[k])
        if top == -np.inf:
            # The answers are impossible in every class.
            value[i] = -np.inf
            posterior[i] = 1.0 / n_classes
            slope[i] = 0.0
            continue
        joint_sum = 0.0
        for k in range(n_classes):
            weight = np.exp(total[k] - top)
            posterior[i, k] = weight
            joint_sum += weight
        for k in range(n_classes):
            posterior[i, k] /= joint_sum
            slope[i, k] = posterior[i, k] - slope[i, k] / prior_sum
        value[i] = top + np.log(joint_sum) - top_prior - np.log(prior_sum)
    return value, posterior, slope


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def accumulate_cells(weights: NDArray[np.float64], cells: NDArray[np.int64], n_cells: int) -> NDArray[np.float64]:
    """Return the sum of the respondents' class weights over every cell they chose.

    Parameters
    ----------
    weights : ndarray of shape (n, K)
        Weight of every respondent in every class.
    cells : ndarray of int, shape (n, J)
        Cell of every answer; negative for a missing one.
    n_cells : int
        Number of cells L.

    Returns
    -------
    ndarray of shape (L, K)
        The sums.
    """
    n, n_classes = weights.shape
    sums = np.zeros((n_cells, n_classes))
    for i in range(n):
        for j in range(cells.shape[1]):
            cell = cells[i, j]
            if cell >= 0:
                for k in range(n_classes):
                    sums[cell, k] += weights[i, k]
    return sums
