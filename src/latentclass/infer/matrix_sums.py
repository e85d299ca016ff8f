"""Sums of matrices over one axis, as a PyTensor Op for compiled functions.

PyTensor's own look at how a matrix lies in memory, and compile a sort for it: several seconds for a loop of two lines.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytensor.tensor as pt
from numpy.typing import NDArray
from pytensor.compile.mode import optdb
from pytensor.graph.basic import Apply, Variable
from pytensor.graph.fg import FunctionGraph
from pytensor.graph.op import Op
from pytensor.graph.rewriting.basic import dfs_rewriter, node_rewriter
from pytensor.link.numba.dispatch.basic import register_funcify_default_op_cache_key
from pytensor.tensor.math import Sum

from latentclass.jit import inner

__all__ = ["REWRITE", "MatrixSum"]

# Name of the rewrite that puts the Op in the place of PyTensor's.
REWRITE = "latentclass_matrix_sums"


class MatrixSum(Op):
    """Sums of a matrix (m, n) of doubles over one axis: those of its columns (n,) or of its rows (m,).

    It has no gradient: functions are differentiated before it takes its place.

    Parameters
    ----------
    axis : {0, 1}
        Axis that is summed over.
    """

    __props__ = ("axis",)

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def make_node(self, matrix: Variable) -> Apply:
        """Return the node of a matrix."""
        matrix = pt.as_tensor_variable(matrix)
        return Apply(self, [matrix], [pt.tensor(dtype="float64", shape=(matrix.type.shape[1 - self.axis],))])

    def infer_shape(self, node: Apply, shapes: Sequence[tuple[Any, ...]]) -> list:
        """Return the shape of the sums."""
        return [(shapes[0][1 - self.axis],)]

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:
        """Compute the sums with NumPy."""
        output_storage[0][0] = inputs[0].sum(axis=self.axis)


@inner
def _of_columns(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    # Four at a time, in registers, so that no sum waits for another. Signed indices would be looked at for their sign.
    found, j = np.zeros(matrix.shape[1]), np.uintp(0)
    n, whole = np.uintp(matrix.shape[0]), np.uintp(matrix.shape[1]) // np.uintp(4) * np.uintp(4)
    one, two, three = np.uintp(1), np.uintp(2), np.uintp(3)
    while j < whole:
        a = b = c = d = 0.0
        for i in range(n):
            a += matrix[i, j]
            b += matrix[i, j + one]
            c += matrix[i, j + two]
            d += matrix[i, j + three]
        found[j], found[j + one], found[j + two], found[j + three] = a, b, c, d
        j += np.uintp(4)
    for i in range(n):
        for k in range(whole, matrix.shape[1]):
            found[k] += matrix[i, k]
    return found


@inner
def _of_rows(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    found = np.zeros(matrix.shape[0])
    for i in range(matrix.shape[0]):
        for j in range(matrix.shape[1]):
            found[i] += matrix[i, j]
    return found


_KERNEL_VERSION = 2


@register_funcify_default_op_cache_key(MatrixSum)
def _matrix_sum_in_numba(op: MatrixSum, node: Apply, **_: object) -> tuple[Callable[..., Any], int]:
    return _of_rows if op.axis == 1 else _of_columns, _KERNEL_VERSION


@node_rewriter([Sum])
def _to_matrix_sum(_: FunctionGraph, node: Apply) -> list[Variable] | None:
    (matrix,), axis = node.inputs, node.op.axis
    if matrix.type.ndim != 2 or axis not in ((0,), (1,)):
        return None
    if matrix.type.dtype != "float64" or node.outputs[0].type.dtype != "float64":
        return None
    return [MatrixSum(axis[0])(matrix)]


# Last of all, when sums that can be part of another loop have become part of it.
optdb.register(REWRITE, dfs_rewriter(_to_matrix_sum), position=200)
