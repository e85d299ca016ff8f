"""Compiled loops of the weights of factor groups."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

__all__ = ["lost_information"]

_SMALLEST = 1e-300


# Sums may be reordered, so that they are vectorised.
@numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def lost_information(rest: NDArray[np.float64], own: NDArray[np.float64], probability: NDArray[np.float64]) -> float:
    """Return the mean divergence of memberships from the same with a part of the logits averaged out.

    The average over b of softmax(rest_i + own_b) is taken without an exponential in the inner loop: with
    a = exp(rest_i) and b = exp(own_b) it is the average of a_k b_k / sum_k a_k b_k.

    Parameters
    ----------
    rest : ndarray of shape (K, n)
        The part of the logits that stays.
    own : ndarray of shape (K, m)
        The part that is averaged out, of the m respondents that are averaged over.
    probability : ndarray of shape (K, n)
        Membership probabilities given everything.

    Returns
    -------
    float
        Mean over the n respondents of KL(with || without), in nats.
    """
    n_classes, n = rest.shape
    m = own.shape[1]
    ours = np.empty((n_classes, m))
    for b in range(m):
        top = own[:, b].max()
        for k in range(n_classes):
            ours[k, b] = np.exp(own[k, b] - top)
    share, total = np.empty(m), 0.0
    for i in range(n):
        top = rest[:, i].max()
        for b in range(m):
            share[b] = _SMALLEST
        for k in range(n_classes):
            theirs = np.exp(rest[k, i] - top)
            for b in range(m):
                share[b] += theirs * ours[k, b]
        for b in range(m):
            share[b] = 1.0 / share[b]
        for k in range(n_classes):
            given = probability[k, i]
            if given > 0.0:
                without = 0.0
                for b in range(m):
                    without += ours[k, b] * share[b]
                without *= np.exp(rest[k, i] - top) / m
                total += given * (np.log(given) - np.log(without + _SMALLEST))
    return max(total / n, 0.0)
