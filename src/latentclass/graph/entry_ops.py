"""Variables as entries of an unconstrained vector, and gradients as one vector, as PyTensor Ops.

PyTensor has slices, changes of shape and a concatenation for it, which take several seconds to compile.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytensor.tensor as pt
from numpy.typing import NDArray
from pytensor.graph.basic import Apply, Variable
from pytensor.graph.op import Op
from pytensor.link.numba.dispatch.basic import numba_njit, register_funcify_default_op_cache_key
from pytensor.link.utils import compile_function_src

from latentclass.jit import inner

__all__ = ["Entries", "Gathered", "entries", "gathered", "matrix_into", "vector_into"]


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

    def make_node(self, x: Variable, start: Variable, lengths: Variable | None = None) -> Apply:
        x, start = pt.as_tensor_variable(x), pt.cast(pt.as_tensor_variable(start), "int64")
        # The shape once more, as a number of the graph, so that what is compiled serves all shapes.
        lengths = pt.constant(np.asarray(self.shape, dtype=np.int64)) if lengths is None else lengths
        return Apply(self, [x, start, lengths], [pt.tensor(dtype="float64", shape=self.shape)])

    def infer_shape(self, node: Apply, shapes: Sequence[tuple[Any, ...]]) -> list:
        return [self.shape]

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:
        x, start, _ = inputs
        output_storage[0][0] = np.array(x[int(start) : int(start) + math.prod(self.shape)]).reshape(self.shape)


class Gathered(Op):
    """The entries of vectors and matrices, one after the other, as one vector. It has no gradient."""

    __props__ = ()

    def make_node(self, *parts: Variable) -> Apply:
        inputs = [pt.as_tensor_variable(part) for part in parts]
        lengths = [math.prod(part.type.shape) if None not in part.type.shape else None for part in inputs]
        length = None if None in lengths else sum(n for n in lengths if n is not None)
        return Apply(self, inputs, [pt.tensor(dtype="float64", shape=(length,))])

    def infer_shape(self, node: Apply, shapes: Sequence[tuple[Any, ...]]) -> list:
        return [(sum(math.prod(shape) for shape in shapes),)]

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:
        output_storage[0][0] = np.concatenate([np.ravel(part) for part in inputs])


def gathered(parts: Sequence[Variable]) -> Variable:
    """Return the entries of tensors, one after the other, as one vector.

    Parameters
    ----------
    parts : sequence of tensor
        Of at most two dims each; those of more, or none, are made vectors first.

    Returns
    -------
    tensor of shape (entries of all,)
        The entries.
    """
    found: Variable = Gathered()(*(part if part.ndim in (1, 2) else part.ravel() for part in parts))
    return found


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


@inner
def _matrix_from(x: NDArray[np.float64], start: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.float64]:
    first, rows, columns = start.item(), lengths[0], lengths[1]
    found = np.empty((rows, columns))
    for r in range(rows):
        for c in range(columns):
            found[r, c] = x[first + r * columns + c]
    return found


@inner
def _vector_from(x: NDArray[np.float64], start: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.float64]:
    first, n = start.item(), lengths[0]
    found = np.empty(n)
    for i in range(n):
        found[i] = x[first + i]
    return found


_KERNEL_VERSION = 3


@register_funcify_default_op_cache_key(Entries)
def _entries_in_numba(op: Entries, node: Apply, **_: object) -> tuple[Callable[..., Any], int]:
    return _matrix_from if len(op.shape) == 2 else _vector_from, _KERNEL_VERSION


@inner
def vector_into(found: NDArray[np.float64], start: int, part: NDArray[np.float64]) -> int:
    """Write a vector into another from some place on, and return where it ends.

    Parameters
    ----------
    found : ndarray of shape (n,)
        Changed in place.
    start : int
        The first place.
    part : ndarray of shape (m,)
        What is written.

    Returns
    -------
    int
        The place after the last.
    """
    for i in range(len(part)):
        found[start + i] = part[i]
    return start + len(part)


@inner
def matrix_into(found: NDArray[np.float64], start: int, part: NDArray[np.float64]) -> int:
    """As `vector_into`, row after row of a matrix.

    Parameters
    ----------
    found, start : ndarray of shape (n,) and int
        As those of `vector_into`.
    part : ndarray of shape (r, c)
        What is written.

    Returns
    -------
    int
        The place after the last.
    """
    rows, columns = part.shape
    for r in range(rows):
        for c in range(columns):
            found[start + r * columns + c] = part[r, c]
    return start + rows * columns


@register_funcify_default_op_cache_key(Gathered)
def _gathered_in_numba(op: Gathered, node: Apply, **_: object) -> tuple[Callable[..., Any], int]:
    names = [f"part_{i}" for i in range(len(node.inputs))]
    lines = [
        f"def gathered_numba({', '.join(names)}):",
        f"    found = np.empty({' + '.join(f'{n}.size' for n in names)})",
    ]
    lines.append("    end = 0")
    for name, part in zip(names, node.inputs, strict=True):
        lines.append(f"    end = {'matrix' if part.type.ndim == 2 else 'vector'}_into(found, end, {name})")
    lines.append("    return found")
    about = {"np": np, "matrix_into": matrix_into, "vector_into": vector_into}
    return numba_njit(compile_function_src("\n".join(lines), "gathered_numba", about)), _KERNEL_VERSION
