"""Intercepts and the designs of all groups as one product, for compiled densities.

A model has a design for every group. To multiply several narrow ones, and to add what comes out, takes twice the time
of one product with all columns. They are put beside each other once for the data, not once for every point.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any

import numpy as np
import pytensor.scalar as ps
import pytensor.tensor as pt
from numpy.typing import NDArray
from pytensor.graph.basic import Apply, Variable
from pytensor.graph.fg import FunctionGraph
from pytensor.graph.op import Op
from pytensor.graph.rewriting.basic import dfs_rewriter, node_rewriter
from pytensor.link.numba.dispatch.basic import numba_njit, register_funcify_default_op_cache_key
from pytensor.link.utils import compile_function_src
from pytensor.tensor.elemwise import Elemwise

from latentclass.graph.design_ops import DesignProduct, design_product
from latentclass.graph.entry_ops import matrix_into
from latentclass.jit import inner

__all__ = ["JoinedDesigns", "Rows", "Stacked", "join_products"]


class JoinedDesigns(Op):
    """A column of ones and the columns of designs (n, P_g), which are data: (n, 1 + sum of P_g)."""

    __props__ = ()

    def make_node(self, *designs: Variable) -> Apply:
        """Return the node of designs."""
        inputs = [pt.as_tensor_variable(design) for design in designs]
        widths = [design.type.shape[1] for design in inputs]
        width = None if None in widths else 1 + sum(w for w in widths if w is not None)
        return Apply(self, inputs, [pt.tensor(dtype="float64", shape=(inputs[0].type.shape[0], width))])

    def infer_shape(self, node: Apply, shapes: Sequence[tuple[Any, ...]]) -> list:
        """Return the shape of the joined design."""
        return [(shapes[0][0], 1 + sum(width for _, width in shapes))]

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:
        """Put the columns beside each other."""
        output_storage[0][0] = np.column_stack([np.ones(len(inputs[0])), *inputs])


class Stacked(Op):
    """Matrices (m_g, K), one below the other: (sum of m_g, K)."""

    __props__ = ()

    def make_node(self, *parts: Variable) -> Apply:
        """Return the node of matrices."""
        inputs = [pt.as_tensor_variable(part) for part in parts]
        heights = [part.type.shape[0] for part in inputs]
        height = None if None in heights else sum(h for h in heights if h is not None)
        return Apply(self, inputs, [pt.tensor(dtype="float64", shape=(height, inputs[0].type.shape[1]))])

    def infer_shape(self, node: Apply, shapes: Sequence[tuple[Any, ...]]) -> list:
        """Return the shape of the whole."""
        return [(sum(height for height, _ in shapes), shapes[0][1])]

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:
        """Put one below the other."""
        output_storage[0][0] = np.concatenate(inputs)

    def pullback(
        self, inputs: Sequence[Variable], outputs: Sequence[Variable], cotangents: Sequence[Variable]
    ) -> list[Variable]:
        """Return the rows of the gradient that belong to each."""
        heights = [part.shape[0] if part.type.shape[0] is None else part.type.shape[0] for part in inputs]
        starts = accumulate(heights, initial=0)
        return [Rows()(cotangents[0], start, height) for start, height in zip(starts, heights, strict=False)]


class Rows(Op):
    """Rows of a matrix (m, K), from some row on (n, K). It has no gradient."""

    __props__ = ()

    def make_node(self, matrix: Variable, start: Variable, n: Variable) -> Apply:
        """Return the node of a matrix."""
        matrix = pt.as_tensor_variable(matrix)
        start, n = (pt.cast(pt.as_tensor_variable(number), "int64") for number in (start, n))
        return Apply(self, [matrix, start, n], [pt.tensor(dtype="float64", shape=(None, matrix.type.shape[1]))])

    def infer_shape(self, node: Apply, shapes: Sequence[tuple[Any, ...]]) -> list:
        """Return the shape of the rows."""
        return [(node.inputs[2], shapes[0][1])]

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:
        """Copy the rows."""
        matrix, start, n = inputs
        output_storage[0][0] = matrix[int(start) : int(start) + int(n)].copy()


def join_products(density: Variable) -> Variable:
    """Return a density in which the design products of a sum, with an intercept, are one product.

    Parameters
    ----------
    density : tensor
        The density, not yet differentiated.

    Returns
    -------
    tensor
        The same density.
    """
    graph = FunctionGraph(outputs=[density], clone=False)
    dfs_rewriter(_to_one_product).rewrite(graph)
    return graph.outputs[0]


@node_rewriter([Elemwise])
def _to_one_product(_: FunctionGraph, node: Apply) -> list[Variable] | None:
    if not isinstance(node.op.scalar_op, ps.Add) or node.outputs[0].type.ndim != 2:
        return None
    products = [v for v in node.inputs if v.owner is not None and isinstance(v.owner.op, DesignProduct)]
    intercepts = [v for v in node.inputs if v.type.broadcastable == (True, False)]
    if not products or not intercepts:
        return None
    rest = list(node.inputs)
    for joined in (*products, intercepts[0]):
        # Once: what is there twice counts twice.
        rest.remove(joined)
    design = JoinedDesigns()(*(product.owner.inputs[0] for product in products))
    product = design_product(design, Stacked()(intercepts[0], *(product.owner.inputs[1] for product in products)))
    return [node.op(*rest, product) if rest else product]


@inner
def _rows_of(matrix: NDArray[np.float64], start: NDArray[np.int64], n: NDArray[np.int64]) -> NDArray[np.float64]:
    first = start.item()
    found = np.empty((n.item(), matrix.shape[1]))
    for r in range(len(found)):
        for k in range(matrix.shape[1]):
            found[r, k] = matrix[first + r, k]
    return found


_KERNEL_VERSION = 2


@register_funcify_default_op_cache_key(Stacked)
def _stacked_in_numba(op: Op, node: Apply, **_: object) -> tuple[Callable[..., Any], int]:
    names = [f"part_{i}" for i in range(len(node.inputs))]
    lines = [
        f"def stacked_numba({', '.join(names)}):",
        f"    found = np.empty(({' + '.join(f'{name}.shape[0]' for name in names)}, part_0.shape[1]))",
        "    flat, end = found.reshape(-1), 0",
        *(f"    end = matrix_into(flat, end, {name})" for name in names),
        "    return found",
    ]
    about = {"np": np, "matrix_into": matrix_into}
    return numba_njit(compile_function_src("\n".join(lines), "stacked_numba", about)), _KERNEL_VERSION


@register_funcify_default_op_cache_key(Rows)
def _rows_in_numba(op: Op, node: Apply, **_: object) -> tuple[Callable[..., Any], int]:
    return _rows_of, _KERNEL_VERSION
