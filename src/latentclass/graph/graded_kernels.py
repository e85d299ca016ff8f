"""Compiled loops of the graded response likelihood (Samejima 1969) of Likert indicators."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

__all__ = ["accumulate_graded", "graded_response"]


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def _softplus(x: float) -> float:
    return max(x, 0.0) + np.log1p(np.exp(-abs(x)))


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def _logistic(x: float) -> float:
    if x >= 0:
        return 1.0 / (1.0 + np.exp(-x))
    e = np.exp(x)
    return e / (1.0 + e)


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def graded_response(
    score: NDArray[np.float64],
    loading: NDArray[np.float64],
    thresholds: NDArray[np.float64],
    codes: NDArray[np.int64],
    construct: NDArray[np.int64],
    n_levels: NDArray[np.int64],
) -> tuple[NDArray[np.float64], ...]:
    """Return log-likelihood per respondent and its derivatives.

    Parameters
    ----------
    score : ndarray of shape (n, C)
        Scores of the constructs.
    loading : ndarray of shape (J,)
        Loading of every indicator.
    thresholds : ndarray of shape (J, M)
        Increasing thresholds; columns beyond an indicator's own are not read.
    codes : ndarray of int, shape (n, J)
        Answers from 0; negative for a missing one.
    construct, n_levels : ndarray of int, shape (J,)
        Construct and number of levels of every indicator.

    Returns
    -------
    tuple of ndarray
        Log-likelihood (n,); derivative by the scores (n, C); derivatives of each answer by the thresholds above and below it
        (n, J) each.
    """
    n, n_indicators = codes.shape
    value = np.zeros(n)
    by_score = np.zeros(score.shape)
    by_upper = np.zeros((n, n_indicators))
    by_lower = np.zeros((n, n_indicators))
    for i in range(n):
        for j in range(n_indicators):
            code = codes[i, j]
            if code < 0:
                continue
            at = loading[j] * score[i, construct[j]]
            above = code < n_levels[j] - 1
            below = code > 0
            if above:
                upper = thresholds[j, code] - at
                value[i] -= _softplus(-upper)
                by_upper[i, j] = _logistic(-upper)
            if below:
                lower = thresholds[j, code - 1] - at
                value[i] -= _softplus(lower)
                by_lower[i, j] = -_logistic(lower)
            if above and below:
                gap = thresholds[j, code] - thresholds[j, code - 1]
                value[i] += np.log(-np.expm1(-gap))
                pull = 1.0 / np.expm1(gap)
                by_upper[i, j] += pull
                by_lower[i, j] -= pull
            by_score[i, construct[j]] -= loading[j] * (by_upper[i, j] + by_lower[i, j])
    return value, by_score, by_upper, by_lower


@numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def accumulate_graded(
    weight: NDArray[np.float64],
    by_upper: NDArray[np.float64],
    by_lower: NDArray[np.float64],
    score: NDArray[np.float64],
    codes: NDArray[np.int64],
    construct: NDArray[np.int64],
    n_columns: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the derivatives by loadings and thresholds, summed over respondents.

    Parameters
    ----------
    weight : ndarray of shape (n,)
        Weight of every respondent.
    by_upper, by_lower : ndarray of shape (n, J)
        As from `graded_response`.
    score, codes, construct
        As for `graded_response`.
    n_columns : int
        Columns M of the thresholds.

    Returns
    -------
    tuple of ndarray
        Shapes (J,) and (J, M).
    """
    n, n_indicators = codes.shape
    by_loading = np.zeros(n_indicators)
    by_thresholds = np.zeros((n_indicators, n_columns))
    for i in range(n):
        for j in range(n_indicators):
            code = codes[i, j]
            if code < 0:
                continue
            upper, lower = weight[i] * by_upper[i, j], weight[i] * by_lower[i, j]
            by_loading[j] -= score[i, construct[j]] * (upper + lower)
            if code < n_columns:
                by_thresholds[j, code] += upper
            if code > 0:
                by_thresholds[j, code - 1] += lower
    return by_loading, by_thresholds
