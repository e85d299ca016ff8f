"""The best and the second-best way to match the classes of many draws to those of a pivot."""

from __future__ import annotations

from itertools import permutations
from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from latentclass.posterior.samples import blocks

__all__ = ["Assignment", "assign"]

_ENUMERATED_CLASSES = 6


class Assignment(NamedTuple):
    """Cheapest matching of every draw, with what the next one costs.

    Attributes
    ----------
    permutation : ndarray of int [sample, class]
        Label of the draw that stands for each class of the pivot.
    best, second : ndarray [sample]
        Costs of that matching, and of the cheapest matching that differs from it (infinite for
        a single class).
    """

    permutation: np.ndarray
    best: np.ndarray
    second: np.ndarray


def assign(cost: np.ndarray) -> Assignment:
    """Solve the assignment problem of every draw.

    Up to six classes all matchings are enumerated, for all draws at once. Above that the Hungarian
    method solves one draw after another; the runner-up forbids each edge of the best matching in
    turn (Murty 1968).

    Parameters
    ----------
    cost : ndarray [sample, label, pivot class]
        What it costs to let a label of the draw stand for a class of the pivot.

    Returns
    -------
    Assignment
        The matchings and their costs.

    References
    ----------
    Murty, K. G. (1968). An algorithm for ranking all the assignments in order of increasing cost.
    Operations Research, 16(3), 682-687.

    Examples
    --------
    >>> assign(np.array([[[1.0, 0.0], [0.0, 5.0]]]))
    Assignment(permutation=array([[1, 0]]), best=array([0.]), second=array([6.]))
    """
    if cost.shape[1] == 1:
        best = cost[:, 0, 0].copy()
        return Assignment(np.zeros((len(cost), 1), dtype=np.int64), best, np.full_like(best, np.inf))
    if cost.shape[1] > _ENUMERATED_CLASSES:
        return _one_by_one(cost)
    return _enumerated(cost)


def _enumerated(cost: np.ndarray) -> Assignment:
    n, k, _ = cost.shape
    orders = np.array(list(permutations(range(k))))
    found = Assignment(np.empty((n, k), dtype=np.int64), np.empty(n), np.empty(n))
    for block in blocks(n, len(orders)):
        # Summed class by class of the pivot, so that renaming the labels of a draw changes no bit.
        total = np.zeros((block.stop - block.start, len(orders)))
        for pivot in range(k):
            total += cost[block, :, pivot][:, orders[:, pivot]]
        found.permutation[block] = orders[total.argmin(axis=1)]
        cheapest = np.partition(total, 1, axis=1)
        found.best[block], found.second[block] = cheapest[:, 0], cheapest[:, 1]
    return found


def _one_by_one(cost: np.ndarray) -> Assignment:
    n, k, _ = cost.shape
    found = Assignment(np.empty((n, k), dtype=np.int64), np.empty(n), np.empty(n))
    for i in range(n):
        by_pivot = np.ascontiguousarray(cost[i].T)
        labels = linear_sum_assignment(by_pivot)[1]
        found.permutation[i] = labels
        found.best[i] = _total(by_pivot, labels)
        found.second[i] = min(_without(by_pivot, pivot, labels[pivot]) for pivot in range(k))
    return found


def _without(by_pivot: np.ndarray, pivot: int, label: int) -> float:
    forbidden = by_pivot.copy()
    forbidden[pivot, label] = np.inf
    return _total(by_pivot, linear_sum_assignment(forbidden)[1])


def _total(by_pivot: np.ndarray, labels: np.ndarray) -> float:
    return float(np.cumsum(by_pivot[np.arange(len(labels)), labels])[-1])
