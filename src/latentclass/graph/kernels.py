"""Compiled loops of the class likelihood.

Answers to a few neighbouring items are one cell of a joint table (see `latentclass.graph.packing`), so that a
respondent costs one product per group of items and class. Probabilities are multiplied instead of logarithms added,
and four classes are worked on at a time (see `latentclass.graph.lanes`). A respondent whose product runs out of range
is computed again by sums of logarithms.

Sums run in a fixed order without fast-math: the same input gives the same bits.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from latentclass.graph.cell_kernels import by_table, joint_table
from latentclass.graph.lanes import LANES, across, load, padded, store
from latentclass.graph.vector_math import exponentials, logarithms
from latentclass.jit import inner

__all__ = ["class_likelihood", "overwriting_likelihood"]

# Respondents that are worked on at a time: what is noted down about them stays in the nearest cache.
_BLOCK = 64
# Groups of items after which a product is brought back into range.
_STRETCH = 16
_SMALL, _SCALE_UP, _LOG_SCALE = 2.0**-400, 2.0**400, 400 * np.log(2.0)
# Below this a class may have lost digits, or everything, to underflow.
_LOST = 1e-290
# Products below this, and logits beyond this, are left to the sums of logarithms.
_LEAST, _FARTHEST = 1e-250, 300.0
# Logit of the classes that are not there: far below all others, and its exponential is a normal number.
_NOTHING = -700.0

type Floats = NDArray[np.float64]


@inner
def class_likelihood(
    logits: Floats, table: Floats, answers: NDArray[np.int64], members: NDArray[np.int64], weights: Floats
) -> tuple[Floats, Floats, Floats]:
    """Return weighted log-likelihoods, and the gradients of their sum by the logits and by the table.

    Parameters
    ----------
    logits : ndarray of shape (n, K)
        Membership logits, up to a constant per row.
    table : ndarray of shape (L, K)
        Log probability of every cell (a level of an item) in every class.
    answers : ndarray of int, shape (n, G)
        Joint cell that each respondent chose of every group of items.
    members : ndarray of int, shape (n_joint, width)
        The cells, rows of `table`, that make up a joint cell; L for none.
    weights : ndarray of shape (n,) or (1,)
        Weight of every respondent, or of all.

    Returns
    -------
    tuple of ndarray
        Shapes (n,), (n, K), (L, K).
    """
    own = np.empty(logits.shape)
    own[:] = logits
    return overwriting_likelihood(own, table, answers, members, weights)


@inner
def overwriting_likelihood(
    logits: Floats, table: Floats, answers: NDArray[np.int64], members: NDArray[np.int64], weights: Floats
) -> tuple[Floats, Floats, Floats]:
    """As `class_likelihood`, with the gradient by the logits in their place: they are an array that nobody else reads.

    Parameters
    ----------
    logits, table, answers, members, weights : ndarray
        As those of `class_likelihood`; the logits are overwritten.

    Returns
    -------
    tuple of ndarray
        As that of `class_likelihood`; the second is the first that was given.
    """
    n, n_classes = logits.shape
    width = padded(n_classes)
    joint = joint_table(table, members, width)
    sums = np.zeros(len(joint))
    value = np.empty(n)
    prior, posterior = np.empty((_BLOCK, width)), np.empty((_BLOCK, width))
    prior_sum, total, scaled = np.empty(_BLOCK), np.empty(_BLOCK), np.empty(_BLOCK)
    found, weight = np.empty(_BLOCK), np.empty(_BLOCK)
    flat_logits = logits.reshape(-1)
    flat, flat_posterior = prior.reshape(-1), posterior.reshape(-1)
    per_respondent = 1 if len(weights) > 1 else 0
    for start in range(0, n, _BLOCK):
        m = min(_BLOCK, n - start)
        near, failed = _copy_logits(logits, start, m, flat, width), 0
        if near:
            exponentials(flat)
            _products(flat, flat_posterior, prior_sum, total, scaled, m, n_classes, joint, answers, start, width)
            for i in range(0, _BLOCK, LANES):
                store(found, i, load(total, i) / load(prior_sum, i))
            for i in range(m):
                total[i] = total[i] if found[i] >= _LEAST else np.nan
                failed += 0 if _LEAST <= total[i] < np.inf else 1
            logarithms(found)
            for i in range(0, _BLOCK, LANES):
                store(found, i, load(found, i) - load(scaled, i))
        if failed or not near:
            for i in range(m):
                if not (near and _LEAST <= total[i] < np.inf):
                    found[i] = _by_logarithms(logits, table, answers, members, start + i, prior[i], posterior[i])
                    prior_sum[i] = total[i] = 1.0
        for i in range(m):
            weight[i] = weights[(start + i) * per_respondent]
            value[start + i] = found[i] * weight[i]
        for i in range(0, _BLOCK, LANES):
            store(prior_sum, i, load(weight, i) / load(prior_sum, i))
            store(total, i, load(weight, i) / load(total, i))
        _accumulate(flat, flat_posterior, prior_sum, total, m, answers, start, sums, width)
        if n_classes == width:
            for at in range(m * width):
                flat_logits[start * width + at] = flat[at]
        else:
            for i in range(m):
                for k in range(n_classes):
                    logits[start + i, k] = prior[i, k]
    return value, logits, by_table(sums, members, table.shape, width)


@inner
def _copy_logits(logits: Floats, start: int, m: int, flat: Floats, width: int) -> bool:
    """Copy logits of a block, padded, and return whether all are in the range of `exponentials`."""
    n_classes, beyond = logits.shape[1], 0
    for i in range(m):
        own = np.uintp(start + i)
        for k in range(n_classes):
            flat[i * width + k] = logits[own, np.uintp(k)]
        for pad in range(n_classes, width):
            flat[i * width + pad] = 0.0
    for i in range(m * width):
        # Written so that NaN is beyond too.
        beyond += 0 if -_FARTHEST <= flat[i] <= _FARTHEST else 1
    for i in range(m):
        for pad in range(n_classes, width):
            flat[i * width + pad] = _NOTHING
    return beyond == 0


@inner
def _products(
    prior: Floats,
    posterior: Floats,
    prior_sum: Floats,
    total: Floats,
    scaled: Floats,
    m: int,
    n_classes: int,
    joint: Floats,
    answers: NDArray[np.int64],
    start: int,
    width: int,
) -> None:
    """Multiply the probabilities of the answers onto class weights, and sum both over the classes.

    A total of NaN says that the respondent has to be computed by logarithms.
    """
    n_groups = answers.shape[1]
    # No literal: all would be compiled once more for a first group that is constant.
    none = np.int64(0)
    _multiply(prior, posterior, prior_sum, total, m, joint, answers, start, none, min(_STRETCH, n_groups), width)
    scaled[:] = 0.0
    for first in range(_STRETCH, n_groups, _STRETCH):
        for i in range(m):
            scaled[i] += _rescale(posterior[i * width : i * width + n_classes])
        last = min(first + _STRETCH, n_groups)
        _multiply(posterior, posterior, total, total, m, joint, answers, start, first, last, width)
        for i in range(m):
            total[i] += 0.0 * scaled[i]


@inner
def _multiply(
    rows: Floats,
    products: Floats,
    before: Floats,
    after: Floats,
    m: int,
    joint: Floats,
    answers: NDArray[np.int64],
    start: int,
    first: int,
    last: int,
    width: int,
) -> None:
    """Multiply the probabilities of the answers to groups first to last onto rows of class weights."""
    at = 0
    for i in range(m):
        row_sum = product_sum = 0.0
        own = np.uintp(start + i)
        for lane in range(0, width, LANES):
            found = load(rows, at)
            row_sum += across(found)
            for j in range(first, last):
                found *= load(joint, np.intp(answers[own, np.uintp(j)]) * width + lane)
            store(products, at, found)
            product_sum += across(found)
            at += LANES
        before[i] = row_sum
        after[i] = product_sum


@inner
def _accumulate(
    prior: Floats,
    posterior: Floats,
    before: Floats,
    after: Floats,
    m: int,
    answers: NDArray[np.int64],
    start: int,
    sums: Floats,
    width: int,
) -> None:
    """Add scaled class weights after the answers to their cells, and take those before them away from the former."""
    at = 0
    for i in range(m):
        own, up, down = np.uintp(start + i), after[i], before[i]
        for lane in range(0, width, LANES):
            found = load(posterior, at) * up
            for j in range(answers.shape[1]):
                cell = np.intp(answers[own, np.uintp(j)]) * width + lane
                store(sums, cell, load(sums, cell) + found)
            store(prior, at, found - load(prior, at) * down)
            at += LANES


@inner
def _rescale(row: Floats) -> float:
    """Scale a row up where it is small, and return the logarithm of the factor; NaN where a class may be lost."""
    least, top, scaled = np.inf, 0.0, 0.0
    for k in range(len(row)):
        least, top = min(least, row[k]), max(top, row[k])
    if least < _LOST:
        return np.nan
    while top < _SMALL:
        for k in range(len(row)):
            row[k] *= _SCALE_UP
        top *= _SCALE_UP
        scaled += _LOG_SCALE
    return scaled


@inner
def _by_logarithms(
    logits: Floats,
    table: Floats,
    answers: NDArray[np.int64],
    members: NDArray[np.int64],
    i: int,
    prior: Floats,
    posterior: Floats,
) -> float:
    """Return the log-likelihood of one respondent, and fill in class probabilities before and after the answers."""
    n_classes = logits.shape[1]
    for k in range(n_classes):
        prior[k] = posterior[k] = logits[i, k]
    for j in range(answers.shape[1]):
        for cell in members[answers[i, j]]:
            if cell < len(table):
                for k in range(n_classes):
                    posterior[k] += table[cell, k]
    before = _softmax(prior, n_classes)
    top = posterior[0]
    for k in range(1, n_classes):
        top = max(top, posterior[k])
    if top == -np.inf:
        # The answers are impossible in every class.
        for k in range(len(prior)):
            posterior[k] = prior[k]
        return -np.inf
    return _softmax(posterior, n_classes) - before


@inner
def _softmax(row: Floats, n: int) -> float:
    """Replace the first n numbers by their softmax, others by zero; return the log of their sum of exponentials."""
    top, total = row[0], 0.0
    for k in range(1, n):
        top = max(top, row[k])
    for k in range(n):
        row[k] = np.exp(row[k] - top)
        total += row[k]
    for k in range(len(row)):
        row[k] = row[k] / total if k < n else 0.0
    return top + np.log(total)
