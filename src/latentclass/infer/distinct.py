"""Rows that are alike, to be computed once and counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["distinct_rows"]

type Vector = NDArray[np.float64]

# Share of distinct rows beyond which all are computed as they stand.
_MOST_DISTINCT = 0.9


def distinct_rows(
    arrays: Sequence[NDArray[Any]], counts: NDArray[Any] | None = None
) -> tuple[NDArray[np.int64] | None, Vector]:
    """Return where each distinct row of several arrays stands first, and how often there is one like it.

    Parameters
    ----------
    arrays : sequence of ndarray of shape (n, ...)
        The rows, side by side.
    counts : ndarray of shape (n,), optional
        How often each row is there, once by default.

    Returns
    -------
    tuple of ndarray
        Positions, in increasing order, and counts; None and the counts of all rows (a single 1 where each is there
        once) where hardly any two rows are alike.
    """
    n = len(arrays[0]) if arrays else 0
    each = np.ones(1) if counts is None else np.asarray(counts, dtype=float)
    if n == 0:
        return None, each
    rows = np.hstack([np.ascontiguousarray(array).reshape(n, -1).view(np.uint8) for array in arrays])
    keys = np.ascontiguousarray(rows).view(np.dtype((np.void, rows.shape[1]))).ravel()
    _, first, which = np.unique(keys, return_index=True, return_inverse=True)
    if len(first) > _MOST_DISTINCT * n:
        return None, each
    order = np.argsort(first)
    return first[order], np.bincount(which, None if counts is None else each)[order].astype(float)
