"""Compiled loops of the graded response likelihood (Samejima 1969) of Likert indicators."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from latentclass.jit import kernel

__all__ = ["accumulate_graded", "graded_response"]


# Beyond this many logits the logistic function is its own tail, and is added as a logarithm.
_TAIL = 200.0
# A running product of probabilities below this is turned into a logarithm before it can underflow.
_SMALL = 1e-40


@kernel
def _gaps(
    thresholds: NDArray[np.float64], n_levels: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return 1 - exp(-gap) and 1 / (exp(gap) - 1) for the gap at every inner level; 1 and 0 for the outer ones."""
    n_indicators, width = thresholds.shape
    factor = np.ones((n_indicators, width + 1))
    pull = np.zeros((n_indicators, width + 1))
    for j in range(n_indicators):
        for code in range(1, n_levels[j] - 1):
            gap = thresholds[j, code] - thresholds[j, code - 1]
            factor[j, code] = -np.expm1(-gap)
            pull[j, code] = 1.0 / np.expm1(gap)
    return factor, pull


@kernel
def _below(x: float) -> tuple[float, float, float]:
    """Return the logistic function as a factor and a logarithm to add, and one minus it."""
    e = np.exp(-abs(x))
    larger, smaller = 1.0 / (1.0 + e), e / (1.0 + e)
    if x >= 0:
        return larger, 0.0, smaller
    if x < -_TAIL:
        return 1.0, x, larger
    return smaller, 0.0, larger


@kernel
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
        Log-likelihood (n,); derivative by the scores (n, C); derivatives of each answer by the thresholds above and
        below it
        (n, J) each.
    """
    n, n_indicators = codes.shape
    factor, pull = _gaps(thresholds, n_levels)
    value = np.zeros(n)
    by_score = np.zeros(score.shape)
    by_upper = np.zeros((n, n_indicators))
    by_lower = np.zeros((n, n_indicators))
    for i in range(n):
        product, logs = 1.0, 0.0
        for j in range(n_indicators):
            code = codes[i, j]
            if code < 0:
                continue
            at = loading[j] * score[i, construct[j]]
            product *= factor[j, code]
            upper, lower = pull[j, code], -pull[j, code]
            if code < n_levels[j] - 1:
                part, log, rest = _below(thresholds[j, code] - at)
                product *= part
                logs += log
                upper += rest
            if code > 0:
                part, log, rest = _below(at - thresholds[j, code - 1])
                product *= part
                logs += log
                lower -= rest
            if product < _SMALL:
                logs += np.log(product)
                product = 1.0
            by_upper[i, j] = upper
            by_lower[i, j] = lower
            by_score[i, construct[j]] -= loading[j] * (upper + lower)
        value[i] = logs + np.log(product)
    return value, by_score, by_upper, by_lower


@kernel
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
