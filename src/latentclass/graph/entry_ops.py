"""A variable's entries of an unconstrained vector as one PyTensor Op, where a slice that is reshaped would be three."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numba
import numpy as np
import pytensor.tensor as pt
from numpy.typing import NDArray
from pytensor.graph.basic import Apply, Variable
from pytensor.graph.op import Op
from pytensor.link.numba.dispatch.basic import numba_njit, register_funcify_default_op_cache_key

__all__ = ["Entries", "entries"]


class Entries(Op):
    """Entries of a vector from some place on, as a vector or matrix.

    It has no gradient: densities are differentiated by the variables before vectors take their place.

    Parameters
    ----------
    shape : tuple of int
        Shape of the variable, of one dim or two.
    """

    __props__ = ("shape",)

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape

    def make_node(self, x: Variable, start: Variable) -> Apply:
        x, start = pt.as_tensor_variable(x), pt.cast(pt.as_tensor_variable(start), "int64")
        return Apply(self, [x, start], [pt.tensor(dtype="float64", shape=self.shape)])

    def infer_shape(self, node: Apply, shapes: Sequence[tuple[Any, ...]]) -> list:
        return [self.shape]

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:
        x, start = inputs
        output_storage[0][0] = np.array(x[int(start) : int(start) + math.prod(self.shape)]).reshape(self.shape)


def entries(x: Variable, start: int | Variable, shape: tuple[int, ...]) -> Variable:
    """Return the entries of a vector from some place on.

    Parameters
    ----------
    x : tensor of shape (n_dim,)
        The vector.
    start : int or tensor of shape ()
        The first entry.
    shape : tuple of int
        Of the result.

    Returns
    -------
    tensor of this shape
        The entries.
    """
    if len(shape) in (1, 2):
        found: Variable = Entries(shape)(x, start)
        return found
    return x[start : start + math.prod(shape)].reshape(shape)


@numba.njit(cache=True, nogil=True)
def _copied(x: NDArray[np.float64], start: int, rows: int, columns: int) -> NDArray[np.float64]:
    found = np.empty((rows, columns))
    for r in range(rows):
        for c in range(columns):
            found[r, c] = x[start + r * columns + c]
    return found


@numba.njit(cache=True, nogil=True)
def _copied_vector(x: NDArray[np.float64], start: int, rows: int, columns: int) -> NDArray[np.float64]:
    found = np.empty(columns)
    for c in range(columns):
        found[c] = x[start + c]
    return found


_KERNEL_VERSION = 1


@register_funcify_default_op_cache_key(Entries)
def _entries_in_numba(op: Entries, node: Apply, **_: object) -> tuple[Callable[..., Any], int]:
    kernel = _copied if len(op.shape) == 2 else _copied_vector
    rows, columns = (1, *op.shape)[-2:]

    @numba_njit
    def entries_numba(x, start):  # type: ignore[no-untyped-def]
        return kernel(x, start.item(), rows, columns)

    return entries_numba, _KERNEL_VERSION
