"""Compiled sweeps of a collapsed Gibbs sampler for sparse finite mixtures of categorical answers."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

__all__ = ["sweeps"]


@numba.njit(cache=True, nogil=True)
def sweeps(
    codes: NDArray[np.int64],
    first: NDArray[np.int64],
    sizes: NDArray[np.int64],
    z: NDArray[np.int64],
    n_classes: int,
    share: float,
    concentration: float,
    uniform: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Draw allocations given all others, shares and answer probabilities integrated out.

    Parameters
    ----------
    codes : ndarray of int, shape (n, items)
        Answers, -1 where missing.
    first, sizes : ndarray of int, shape (items,)
        First cell and number of levels of every item.
    z : ndarray of int, shape (n,)
        Allocations at the start; holds those of the end.
    n_classes : int
        Number of components.
    share, concentration : float
        Concentrations of the Dirichlet priors of shares and of answer probabilities.
    uniform : ndarray of shape (sweeps, n)
        Uniform random numbers.

    Returns
    -------
    ndarray of int, shape (sweeps, n_classes)
        Respondents in every component after each sweep.
    """
    n, n_items = codes.shape
    cells = np.zeros((n_classes, first[-1] + sizes[-1]))
    given, inside = np.zeros((n_classes, n_items)), np.zeros(n_classes, dtype=np.int64)
    for i in range(n):
        _move(codes[i], first, z[i], 1.0, cells, given, inside)
    found = np.empty((len(uniform), n_classes), dtype=np.int64)
    weight = np.empty(n_classes)
    for t in range(len(uniform)):
        for i in range(n):
            _move(codes[i], first, z[i], -1.0, cells, given, inside)
            for k in range(n_classes):
                product = inside[k] + share
                for j in range(n_items):
                    if codes[i, j] >= 0:
                        cell = cells[k, first[j] + codes[i, j]]
                        product *= (cell + concentration) / (given[k, j] + sizes[j] * concentration)
                weight[k] = product
            z[i] = _chosen(weight, uniform[t, i])
            _move(codes[i], first, z[i], 1.0, cells, given, inside)
        found[t] = inside
    return found


@numba.njit(cache=True, nogil=True)
def _move(row, first, k, sign, cells, given, inside):  # type: ignore[no-untyped-def]  # pragma: no cover
    inside[k] += int(sign)
    for j in range(len(row)):
        if row[j] >= 0:
            cells[k, first[j] + row[j]] += sign
            given[k, j] += sign


@numba.njit(cache=True, nogil=True)
def _chosen(weight, uniform):  # type: ignore[no-untyped-def]  # pragma: no cover
    left = uniform * weight.sum()
    for k in range(len(weight) - 1):
        left -= weight[k]
        if left < 0:
            return k
    return len(weight) - 1
