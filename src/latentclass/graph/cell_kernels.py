"""Compiled loops over joint cells, the levels of a few neighbouring items at once, and over the cells they are made of.

Rows of classes are padded to a multiple of four, so that four classes at a time become one vector.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentclass.jit import inner, kernel

__all__ = ["FOUR", "ONE", "THREE", "TWO", "accumulate_cells", "by_table", "joint_table", "pack_answers", "padded"]

# Unsigned, since a signed index is looked at for being negative, and neighbours are then not seen to be neighbours.
ONE, TWO, THREE, FOUR = np.uintp(1), np.uintp(2), np.uintp(3), np.uintp(4)

type Floats = NDArray[np.float64]


@inner
def padded(n_classes: int) -> int:
    """Return the width of a padded row."""
    return -(-n_classes // 4) * 4


@inner
def joint_table(table: Floats, members: NDArray[np.int64], width: int) -> Floats:
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
                own = np.uintp(members[r, j]) * wide + lane
                a *= single[own]
                b *= single[own + ONE]
                c *= single[own + TWO]
                d *= single[own + THREE]
            joint[at], joint[at + ONE], joint[at + TWO], joint[at + THREE] = a, b, c, d
            at += FOUR
            lane += FOUR
    return joint


@inner
def by_table(sums: Floats, members: NDArray[np.int64], shape: tuple[int, int], width: int) -> Floats:
    """Return sums over joint cells, padded rows, as sums over the cells."""
    n_cells, n_classes = shape
    single, found = np.zeros((n_cells + 1) * width), np.empty(shape)
    wide, at = np.uintp(width), np.uintp(0)
    for r in range(len(members)):
        lane = np.uintp(0)
        while lane < wide:
            a, b, c, d = sums[at], sums[at + ONE], sums[at + TWO], sums[at + THREE]
            for j in range(members.shape[1]):
                own = np.uintp(members[r, j]) * wide + lane
                single[own] += a
                single[own + ONE] += b
                single[own + TWO] += c
                single[own + THREE] += d
            at += FOUR
            lane += FOUR
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
    width = padded(n_classes)
    sums = np.zeros(len(members) * width)
    for i in range(n):
        for j in range(answers.shape[1]):
            at = np.int64(answers[i, j]) * width
            for k in range(n_classes):
                sums[at + k] += weights[i, k]
    return by_table(sums, members, (n_cells, n_classes), width)


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
