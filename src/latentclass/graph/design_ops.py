"""Products of a design with slopes, and of coordinates with their basis, as PyTensor Ops.

PyTensor's own product is compiled anew for every model, and takes longer than the rest of it. These call functions that
are compiled once per machine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytensor.tensor as pt
from numpy.typing import NDArray
from pytensor.gradient import disconnected_type
from pytensor.graph.basic import Apply, Variable
from pytensor.graph.op import Op
from pytensor.link.numba.dispatch.basic import register_funcify_default_op_cache_key

from latentclass.jit import inner

__all__ = ["BasisProduct", "CrossProduct", "DesignProduct", "basis_product", "design_product"]


@inner
def _product(one: NDArray[np.float64], two: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.dot(np.ascontiguousarray(one), np.ascontiguousarray(two))


@inner
def _cross_product(one: NDArray[np.float64], two: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.dot(np.ascontiguousarray(one).T, np.ascontiguousarray(two))


@inner
def _basis_product(rows: NDArray[np.float64], basis: NDArray[np.float64]) -> NDArray[np.float64]:
    # A handful of numbers: BLAS would take longer to look at its arguments.
    found = np.zeros((rows.shape[0], basis.shape[1]))
    for r in range(rows.shape[0]):
        for i in range(basis.shape[0]):
            for j in range(basis.shape[1]):
                found[r, j] += rows[r, i] * basis[i, j]
    return found


@inner
def _vector_basis_product(row: NDArray[np.float64], basis: NDArray[np.float64]) -> NDArray[np.float64]:
    found = np.zeros(basis.shape[1])
    for i in range(basis.shape[0]):
        for j in range(basis.shape[1]):
            found[j] += row[i] * basis[i, j]
    return found


class DesignProduct(Op):
    """Product of a design (n, P), which is data, with slopes (P, K)."""

    __props__ = ()

    def make_node(self, design: Variable, slope: Variable) -> Apply:
        design, slope = pt.as_tensor_variable(design), pt.as_tensor_variable(slope)
        shape = (design.type.shape[0], slope.type.shape[1])
        return Apply(self, [design, slope], [pt.tensor(dtype="float64", shape=shape)])

    def infer_shape(self, node: Apply, shapes: Sequence[tuple[Any, ...]]) -> list:
        return [(shapes[0][0], shapes[1][1])]

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:
        output_storage[0][0] = inputs[0] @ inputs[1]

    def pullback(
        self, inputs: Sequence[Variable], outputs: Sequence[Variable], cotangents: Sequence[Variable]
    ) -> list[Variable]:
        return [disconnected_type(), CrossProduct()(inputs[0], cotangents[0])]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[False], [True]]


class CrossProduct(Op):
    """Product of a transposed design (n, P) with what belongs to the respondents (n, K): (P, K)."""

    __props__ = ()

    def make_node(self, design: Variable, values: Variable) -> Apply:
        design, values = pt.as_tensor_variable(design), pt.as_tensor_variable(values)
        shape = (design.type.shape[1], values.type.shape[1])
        return Apply(self, [design, values], [pt.tensor(dtype="float64", shape=shape)])

    def infer_shape(self, node: Apply, shapes: Sequence[tuple[Any, ...]]) -> list:
        return [(shapes[0][1], shapes[1][1])]

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:
        output_storage[0][0] = inputs[0].T @ inputs[1]


class BasisProduct(Op):
    """Product of coordinates (m,) or (rows, m) with a basis (m, K), which is constant and small."""

    __props__ = ()

    def make_node(self, coordinates: Variable, basis: Variable) -> Apply:
        coordinates, basis = pt.as_tensor_variable(coordinates), pt.as_tensor_variable(basis)
        shape = (*coordinates.type.shape[:-1], basis.type.shape[1])
        return Apply(self, [coordinates, basis], [pt.tensor(dtype="float64", shape=shape)])

    def infer_shape(self, node: Apply, shapes: Sequence[tuple[Any, ...]]) -> list:
        return [(*shapes[0][:-1], shapes[1][1])]

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:
        output_storage[0][0] = inputs[0] @ inputs[1]

    def pullback(
        self, inputs: Sequence[Variable], outputs: Sequence[Variable], cotangents: Sequence[Variable]
    ) -> list[Variable]:
        return [self(cotangents[0], inputs[1].T), disconnected_type()]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True], [False]]


design_product: Callable[..., Variable] = DesignProduct()
basis_product: Callable[..., Variable] = BasisProduct()

_KERNEL_VERSION = 2


@register_funcify_default_op_cache_key(DesignProduct)
def _design_product_in_numba(op: Op, node: Apply, **_: object) -> tuple[Callable[..., Any], int]:
    return _product, _KERNEL_VERSION


@register_funcify_default_op_cache_key(CrossProduct)
def _cross_product_in_numba(op: Op, node: Apply, **_: object) -> tuple[Callable[..., Any], int]:
    return _cross_product, _KERNEL_VERSION


@register_funcify_default_op_cache_key(BasisProduct)
def _basis_product_in_numba(op: Op, node: Apply, **_: object) -> tuple[Callable[..., Any], int]:
    return _vector_basis_product if node.inputs[0].type.ndim == 1 else _basis_product, _KERNEL_VERSION
