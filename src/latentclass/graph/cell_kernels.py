"""Compiled loops over joint cells, the levels of a few neighbouring items at once, and over the cells they are made of.

Rows of classes are padded to a multiple of four, so that four classes at a time become one vector.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentclass.graph.lanes import LANES, load, padded, spread, store
from latentclass.graph.vector_math import FARTHEST, exponentials
from latentclass.jit import inner, kernel

__all__ = ["accumulate_cells", "by_table", "joint_table", "pack_answers"]

type Floats = NDArray[np.float64]


@inner
def joint_table(table: Floats, members: NDArray[np.int64], width: int) -> Floats:
    """Return the probability of every joint cell in every class, row after row, padded with zeros."""
    n_cells, n_classes = table.shape
    # The last row is that of no cell.
    single, joint = np.zeros((n_cells + 1) * width), np.empty(len(members) * width)
    for cell in range(n_cells):
        for k in range(n_classes):
            single[cell * width + k] = table[cell, k]
    exponentials(single)
    for cell in range(n_cells):
        for k in range(n_classes):
            if not abs(table[cell, k]) <= FARTHEST:
                single[cell * width + k] = np.exp(table[cell, k])
        for pad in range(n_classes, width):
            single[cell * width + pad] = 0.0
    at = 0
    for r in range(len(members)):
        for lane in range(0, width, LANES):
            found = spread(1.0)
            for j in range(members.shape[1]):
                found *= load(single, members[r, j] * width + lane)
            store(joint, at, found)
            at += LANES
    return joint


@inner
def by_table(sums: Floats, members: NDArray[np.int64], shape: tuple[int, int], width: int) -> Floats:
    """Return sums over joint cells, padded rows, as sums over the cells."""
    n_cells, n_classes = shape
    single, found = np.zeros((n_cells + 1) * width), np.empty(shape)
    at = 0
    for r in range(len(members)):
        for lane in range(0, width, LANES):
            own = load(sums, at)
            for j in range(members.shape[1]):
                cell = members[r, j] * width + lane
                store(single, cell, load(single, cell) + own)
            at += LANES
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
