"""Where the levels and thresholds of every item stand in the model's rows: plain arrays, no PyMC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from latentclass.dims import level_label, threshold_label
from latentclass.graph.packing import Packing
from latentclass.model import Level, Structure
from latentclass.survey import ItemColumn, Survey

__all__ = ["ItemLayout", "item_layout", "level_labels", "threshold_labels", "threshold_sums"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemLayout:
    """Items by structure, and the table row at which each begins.

    Parameters
    ----------
    free, cumulative : tuple of ItemColumn
        Items of either structure, in model order.
    offsets : ndarray of int, shape (J,)
        Row of every item's first level in the table (levels of all free items, then of all cumulative ones).
    n_cells : int
        Rows of the table.
    sizes : tuple of int
        Number of levels of every item, in model order.
    """

    free: tuple[ItemColumn, ...]
    cumulative: tuple[ItemColumn, ...]
    offsets: NDArray[np.int64]
    n_cells: int
    sizes: tuple[int, ...]

    @property
    def packing(self) -> Packing:
        """Which items are looked up together."""
        return Packing(offsets=tuple(int(row) for row in self.offsets), sizes=self.sizes)


def item_layout(survey: Survey) -> ItemLayout:
    """Return where the items of a survey stand in the table of log probabilities.

    Parameters
    ----------
    survey : Survey
        The survey.

    Returns
    -------
    ItemLayout
        The layout.
    """
    free = tuple(item for item in survey.items if item.structure is Structure.FREE)
    cumulative = tuple(item for item in survey.items if item.structure is Structure.CUMULATIVE)
    starts, row = {}, 0
    for item in (*free, *cumulative):
        starts[item.name] = row
        row += len(item.levels)
    offsets = np.array([starts[item.name] for item in survey.items], dtype=np.int64)
    sizes = tuple(len(item.levels) for item in survey.items)
    return ItemLayout(free=free, cumulative=cumulative, offsets=offsets, n_cells=row, sizes=sizes)


def level_labels(columns: Sequence[tuple[str, Sequence[Level]]]) -> list[str]:
    """Return the coordinates of a row of levels.

    Parameters
    ----------
    columns : sequence of (name, levels)
        Items or indicators.

    Returns
    -------
    list of str
        One label per level.
    """
    return [level_label(name, level) for name, levels in columns for level in levels]


def threshold_labels(columns: Sequence[tuple[str, Sequence[Level]]]) -> list[str]:
    """Return the coordinates of a row of thresholds.

    Parameters
    ----------
    columns : sequence of (name, levels)
        Items or indicators.

    Returns
    -------
    list of str
        One label per pair of neighbouring levels.
    """
    return [threshold_label(name, below, above) for name, levels in columns for below, above in pairwise(levels)]


def threshold_sums(sizes: Sequence[int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the matrices that sum a row of levels below and above every threshold.

    Both sums are taken, rather than one subtracted from 1, so that neither tail loses digits.

    Parameters
    ----------
    sizes : sequence of int
        Numbers of levels.

    Returns
    -------
    tuple of ndarray, shape (n_levels, n_thresholds)
        Below (inclusive) and above.
    """
    n_levels, n_thresholds = sum(sizes), sum(sizes) - len(sizes)
    below, above = np.zeros((n_levels, n_thresholds)), np.zeros((n_levels, n_thresholds))
    level = threshold = 0
    for size in sizes:
        for m in range(size - 1):
            below[level : level + m + 1, threshold + m] = 1.0
            above[level + m + 1 : level + size, threshold + m] = 1.0
        level, threshold = level + size, threshold + size - 1
    return below, above
