"""Compiled loops of the class likelihood.

Answers to a few neighbouring items are one cell of a joint table (see `latentclass.graph.packing`), so that a
respondent costs one product per group of items and class. Probabilities are multiplied instead of logarithms added,
and four classes are worked on at a time, which the compiler turns into vector instructions. A respondent whose
product runs out of range is computed again by sums of logarithms.

Sums run in a fixed order without fast-math: the same input gives the same bits.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentclass.jit import inner, kernel

__all__ = ["accumulate_cells", "class_likelihood", "pack_answers"]

# Classes that are worked on at a time.
_LANES = 4
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

# exp(x) = 2^k exp(r) with k the whole number next to x / log 2: adding and subtracting 1.5 2^52 rounds to it, and the
# lowest bits of that sum are k. The logarithm of 2 is in two parts, so that r keeps its digits (Cody and Waite 1980).
_ROUND, _PER_LOG2 = 1.5 * 2.0**52, 1.4426950408889634
_LOG2_HIGH, _LOG2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_EXPONENT_ONE = np.int64(1023 << 52)
_C2, _C3, _C4, _C5, _C6, _C7 = 1 / 2, 1 / 6, 1 / 24, 1 / 120, 1 / 720, 1 / 5040
_C8, _C9, _C10, _C11, _C12 = 1 / 40320, 1 / 362880, 1 / 3628800, 1 / 39916800, 1 / 479001600

# Unsigned, since a signed index is looked at for being negative.
_ONE, _TWO, _THREE, _FOUR = np.uintp(1), np.uintp(2), np.uintp(3), np.uintp(4)

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
    n, n_classes = logits.shape
    width = -(-n_classes // _LANES) * _LANES
    joint = _joint_table(table, members, width)
    sums = np.zeros(len(joint))
    value, slope = np.empty(n), np.empty((n, n_classes))
    prior, posterior = np.empty((_BLOCK, width)), np.empty((_BLOCK, width))
    prior_sum, total, scaled, ratio = np.empty(_BLOCK), np.empty(_BLOCK), np.empty(_BLOCK), np.empty(_BLOCK)
    flat_slope = slope.reshape(-1)
    flat, flat_posterior, scratch = prior.reshape(-1), posterior.reshape(-1), np.empty(_BLOCK * width)
    per_respondent = 1 if len(weights) > 1 else 0
    for start in range(0, n, _BLOCK):
        m = min(_BLOCK, n - start)
        near, failed = _copy_logits(logits, start, m, flat, width), 0
        if near:
            _exponentials(flat, scratch, m * width)
            _products(flat, flat_posterior, prior_sum, total, scaled, m, n_classes, joint, answers, start, width)
            for i in range(m):
                ratio[i] = total[i] / prior_sum[i]
                failed += 0 if _LEAST <= total[i] < np.inf else 1
            for i in range(m):
                value[start + i] = np.log(ratio[i]) - scaled[i]
        if failed or not near:
            for i in range(m):
                if not (near and _LEAST <= total[i] < np.inf):
                    value[start + i] = _by_logarithms(
                        logits, table, answers, members, start + i, prior[i], posterior[i]
                    )
                    prior_sum[i] = total[i] = 1.0
        for i in range(m):
            ratio[i] = weights[(start + i) * per_respondent]
        for i in range(m):
            value[start + i] *= ratio[i]
            prior_sum[i], total[i] = ratio[i] / prior_sum[i], ratio[i] / total[i]
        _accumulate(flat, flat_posterior, prior_sum, total, m, answers, start, sums, width)
        if n_classes == width:
            for at in range(m * width):
                flat_slope[start * width + at] = flat[at]
        else:
            for i in range(m):
                for k in range(n_classes):
                    slope[start + i, k] = prior[i, k]
    return value, slope, _by_table(sums, members, table.shape, width)


@inner
def _copy_logits(logits: Floats, start: int, m: int, flat: Floats, width: int) -> bool:
    """Copy logits of a block, padded, and return whether all are in the range of `_exponentials`."""
    n_classes, at, beyond = np.uintp(logits.shape[1]), np.uintp(0), 0
    wide, whole = np.uintp(width), n_classes // _FOUR * _FOUR
    for i in range(m):
        own, k = np.uintp(start + i), np.uintp(0)
        while k < whole:
            a, b, c, d = logits[own, k], logits[own, k + _ONE], logits[own, k + _TWO], logits[own, k + _THREE]
            flat[at + k], flat[at + k + _ONE], flat[at + k + _TWO], flat[at + k + _THREE] = a, b, c, d
            k += _FOUR
        while k < wide:
            flat[at + k] = logits[own, k] if k < n_classes else 0.0
            k += _ONE
        at += wide
    for i in range(m * width):
        # Written so that NaN is beyond too.
        beyond += 0 if -_FARTHEST <= flat[i] <= _FARTHEST else 1
    if n_classes < wide:
        for i in range(m):
            for k in range(n_classes, width):
                flat[i * width + k] = _NOTHING
    return beyond == 0


@inner
def _exponentials(x: Floats, scratch: Floats, n: int) -> None:
    """Replace the first n numbers by their exponentials."""
    bits = scratch.view(np.int64)
    for i in range(n):
        shifted = x[i] * _PER_LOG2 + _ROUND
        scratch[i] = shifted
        whole = shifted - _ROUND
        r = (x[i] - whole * _LOG2_HIGH) - whole * _LOG2_LOW
        r2 = r * r
        r4 = r2 * r2
        low = (1.0 + r) + (_C2 + _C3 * r) * r2
        middle = (_C4 + _C5 * r) + (_C6 + _C7 * r) * r2
        high = (_C8 + _C9 * r) + (_C10 + _C11 * r) * r2
        x[i] = (low + middle * r4) + (high + _C12 * r4) * (r4 * r4)
    for i in range(n):
        bits[i] = (bits[i] << 52) + _EXPONENT_ONE
    for i in range(n):
        x[i] *= scratch[i]


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
    wide, at = np.uintp(width), np.uintp(0)
    for i in range(m):
        row_sum = product_sum = 0.0
        own, lane = np.uintp(start + i), np.uintp(0)
        while lane < wide:
            a, b, c, d = rows[at], rows[at + _ONE], rows[at + _TWO], rows[at + _THREE]
            row_sum += (a + b) + (c + d)
            for j in range(first, last):
                cell = np.uintp(answers[own, np.uintp(j)]) * wide + lane
                a *= joint[cell]
                b *= joint[cell + _ONE]
                c *= joint[cell + _TWO]
                d *= joint[cell + _THREE]
            products[at], products[at + _ONE], products[at + _TWO], products[at + _THREE] = a, b, c, d
            product_sum += (a + b) + (c + d)
            at += _FOUR
            lane += _FOUR
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
    wide, at = np.uintp(width), np.uintp(0)
    for i in range(m):
        own, lane, up, down = np.uintp(start + i), np.uintp(0), after[i], before[i]
        while lane < wide:
            a, b = posterior[at] * up, posterior[at + _ONE] * up
            c, d = posterior[at + _TWO] * up, posterior[at + _THREE] * up
            for j in range(answers.shape[1]):
                cell = np.uintp(answers[own, np.uintp(j)]) * wide + lane
                sums[cell] += a
                sums[cell + _ONE] += b
                sums[cell + _TWO] += c
                sums[cell + _THREE] += d
            prior[at] = a - prior[at] * down
            prior[at + _ONE] = b - prior[at + _ONE] * down
            prior[at + _TWO] = c - prior[at + _TWO] * down
            prior[at + _THREE] = d - prior[at + _THREE] * down
            at += _FOUR
            lane += _FOUR


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


@inner
def _joint_table(table: Floats, members: NDArray[np.int64], width: int) -> Floats:
    """Return the probability of every joint cell in every class, row after row, padded with zeros."""
    n_cells, n_classes = table.shape
    # The last row is that of no cell.
    single, joint = np.zeros((n_cells + 1) * width), np.empty(len(members) * width)
    for cell in range(n_cells):
        for k in range(n_classes):
            single[cell * width + k] = np.exp(table[cell, k])
    single[n_cells * width : n_cells * width + n_classes] = 1.0
    wide, at = np.uintp(width), np.uintp(0)
    for r in range(len(members)):
        lane = np.uintp(0)
        while lane < wide:
            a = b = c = d = 1.0
            for j in range(members.shape[1]):
                cell = np.uintp(members[r, j]) * wide + lane
                a *= single[cell]
                b *= single[cell + _ONE]
                c *= single[cell + _TWO]
                d *= single[cell + _THREE]
            joint[at], joint[at + _ONE], joint[at + _TWO], joint[at + _THREE] = a, b, c, d
            at += _FOUR
            lane += _FOUR
    return joint


@inner
def _by_table(sums: Floats, members: NDArray[np.int64], shape: tuple[int, int], width: int) -> Floats:
    """Return sums over joint cells, padded rows, as sums over the cells."""
    n_cells, n_classes = shape
    single, found = np.zeros((n_cells + 1) * width), np.empty(shape)
    wide, at = np.uintp(width), np.uintp(0)
    for r in range(len(members)):
        lane = np.uintp(0)
        while lane < wide:
            a, b, c, d = sums[at], sums[at + _ONE], sums[at + _TWO], sums[at + _THREE]
            for j in range(members.shape[1]):
                cell = np.uintp(members[r, j]) * wide + lane
                single[cell] += a
                single[cell + _ONE] += b
                single[cell + _TWO] += c
                single[cell + _THREE] += d
            at += _FOUR
            lane += _FOUR
    for cell in range(n_cells):
        for k in range(n_classes):
            found[cell, k] = single[cell * width + k]
    return found


@inner
def accumulate_cells(weights: Floats, answers: NDArray[np.int64], members: NDArray[np.int64], n_cells: int) -> Floats:
    """Return the sum of the respondents' class weights over every cell they chose.

    Parameters
    ----------
    weights : ndarray of shape (n, K)
        Weight of every respondent in every class.
    answers : ndarray of int, shape (n, G)
        Joint cell that each respondent chose of every group of items.
    members : ndarray of int, shape (n_joint, width)
        The cells that make up a joint cell; L for none.
    n_cells : int
        Number of cells L.

    Returns
    -------
    ndarray of shape (L, K)
        The sums.
    """
    n, n_classes = weights.shape
    width = -(-n_classes // _LANES) * _LANES
    sums = np.zeros(len(members) * width)
    for i in range(n):
        for j in range(answers.shape[1]):
            at = np.int64(answers[i, j]) * width
            for k in range(n_classes):
                sums[at + k] += weights[i, k]
    return _by_table(sums, members, (n_cells, n_classes), width)


@kernel
def pack_answers(
    codes: NDArray[np.int64],
    group: NDArray[np.int64],
    stride: NDArray[np.int64],
    missing: NDArray[np.int64],
    packed: Any,
) -> None:
    """Add to joint cells what the answers to single items contribute.

    Parameters
    ----------
    codes : ndarray of int, shape (n, J)
        Answers, negative where missing.
    group, stride, missing : ndarray of int, shape (J,)
        Group of every item, what one level counts for, and the level that stands for a missing answer.
    packed : ndarray of int, shape (n, G)
        Joint cells, at the first one of every group to begin with; changed in place.
    """
    for i in range(codes.shape[0]):
        for j in range(codes.shape[1]):
            code = missing[j] if codes[i, j] < 0 else codes[i, j]
            packed[i, group[j]] += stride[j] * code
