"""Joint cells: the answers to a few neighbouring items looked up at once. Plain arrays, no PyMC.

The class likelihood needs the product of the probabilities of a respondent's answers. Items are put into groups; a
joint cell is one combination of their levels, "missing" among them, and its probability is the product of those of
its members. A table of the joint cells is made once per evaluation, and every respondent costs one look-up per group
instead of one per item.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from latentclass.graph.cell_kernels import pack_answers

__all__ = ["Packing"]

# Joint cells per group at most: larger tables would leave the nearest cache.
_MOST_CELLS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Packing:
    """Groups of items and their joint cells.

    Parameters
    ----------
    offsets : tuple of int
        Row of each item's first level in the table of log probabilities.
    sizes : tuple of int
        Number of levels of each item.

    Examples
    --------
    >>> import numpy as np
    >>> packing = Packing(offsets=(0, 2), sizes=(2, 3))
    >>> packing.groups
    ((0, 1),)
    >>> packing.pack(np.array([[0, 0], [1, 2], [1, -1]])).tolist()
    [[0], [6], [7]]
    >>> packing.members[[0, 6, 7]].tolist()
    [[0, 2], [1, 4], [1, 5]]
    """

    offsets: tuple[int, ...]
    sizes: tuple[int, ...]

    @property
    def groups(self) -> tuple[tuple[int, ...], ...]:
        """Positions of the items of each group."""
        groups: list[list[int]] = []
        n_joint = 0
        for item, size in enumerate(self.sizes):
            if groups and n_joint * (size + 1) <= _MOST_CELLS:
                groups[-1].append(item)
                n_joint *= size + 1
            else:
                groups.append([item])
                n_joint = size + 1
        return tuple(tuple(group) for group in groups)

    @property
    def members(self) -> NDArray[np.int64]:
        """Rows of the table that make up every joint cell, the number of rows for none: (joint cells, width)."""
        nothing, groups = sum(self.sizes), self.groups
        width = max(len(group) for group in groups)
        rows = []
        for group in groups:
            choices = [[*range(self.offsets[j], self.offsets[j] + self.sizes[j]), nothing] for j in group]
            rows += [[*row, *[nothing] * (width - len(group))] for row in product(*choices)]
        return np.array(rows, dtype=np.int64)

    @property
    def places(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """First joint cell of every group; group of every item, and what one of its levels counts for."""
        group_of, stride = np.zeros((2, len(self.sizes)), dtype=np.int64)
        first = []
        start = 0
        for number, group in enumerate(self.groups):
            first.append(start)
            step = 1
            for item in reversed(group):
                group_of[item], stride[item] = number, step
                step *= self.sizes[item] + 1
            start += step
        return np.array(first, dtype=np.int64), group_of, stride

    @property
    def dtype(self) -> str:
        """The smallest type that holds every joint cell."""
        n_joint = sum(int(np.prod([self.sizes[j] + 1 for j in group])) for group in self.groups)
        return "uint16" if n_joint <= 2**16 else "int32"

    def pack(self, codes: NDArray[np.int64]) -> NDArray[np.integer]:
        """Return the joint cells of every respondent.

        Parameters
        ----------
        codes : ndarray of int, shape (n, items)
            Levels, negative where an answer is missing.

        Returns
        -------
        ndarray of int, shape (n, groups)
            Rows of `members`.
        """
        first, group_of, stride = self.places
        packed = np.tile(first.astype(self.dtype), (len(codes), 1))
        pack_answers(codes, group_of, stride, np.array(self.sizes), packed)
        return packed
