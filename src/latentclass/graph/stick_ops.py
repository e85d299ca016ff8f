"""Stick-breaking in log-odds as one PyTensor Op: a dozen small steps that would each be compiled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.gradient import disconnected_type
from pytensor.graph.basic import Apply, Variable
from pytensor.graph.op import Op
from pytensor.link.numba.dispatch.basic import numba_njit, register_funcify_default_op_cache_key

from latentclass.graph import stick_kernels as kernels

__all__ = ["StickGradient", "StickLogProbability", "log_probability"]


class StickLogProbability(Op):
    """Log probabilities (rows, n_cells) from log-odds (rows, n_sticks) and the place of every cell.

    Parameters
    ----------
    sizes : tuple of int
        Number of cells of every simplex in a row.
    """

    __props__ = ("sizes",)

    def __init__(self, sizes: tuple[int, ...]) -> None:
        self.sizes = sizes

    def make_node(self, sticks: Variable, rank: Variable) -> Apply:
        sticks, rank = pt.as_tensor_variable(sticks), pt.as_tensor_variable(rank)
        output = pt.tensor(dtype="float64", shape=(sticks.type.shape[0], sum(self.sizes)))
        return Apply(self, [sticks, rank], [output])

    def infer_shape(self, node: Apply, shapes: Sequence[tuple[Any, ...]]) -> list:
        return [(shapes[0][0], sum(self.sizes))]

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:
        sticks, rank = inputs
        output_storage[0][0] = kernels.log_probabilities.py_func(sticks, rank, np.asarray(self.sizes))

    def pullback(
        self, inputs: Sequence[Variable], outputs: Sequence[Variable], cotangents: Sequence[Variable]
    ) -> list[Variable]:
        return [StickGradient(self.sizes)(*inputs, cotangents[0]), disconnected_type()]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True], [False]]


class StickGradient(Op):
    """Gradient by the log-odds (rows, n_sticks) from that by the log probabilities (rows, n_cells).

    Parameters
    ----------
    sizes : tuple of int
        Number of cells of every simplex in a row.
    """

    __props__ = ("sizes",)

    def __init__(self, sizes: tuple[int, ...]) -> None:
        self.sizes = sizes

    def make_node(self, sticks: Variable, rank: Variable, by_log_probability: Variable) -> Apply:
        inputs = [pt.as_tensor_variable(v) for v in (sticks, rank, by_log_probability)]
        return Apply(self, inputs, [pt.tensor(dtype="float64", shape=inputs[0].type.shape)])

    def infer_shape(self, node: Apply, shapes: Sequence[tuple[Any, ...]]) -> list:
        return [shapes[0]]

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:
        sticks, rank, by_log_probability = inputs
        sizes = np.asarray(self.sizes)
        output_storage[0][0] = kernels.gradient_by_sticks.py_func(sticks, rank, by_log_probability, sizes)


def log_probability(sticks: Variable, sizes: tuple[int, ...], rank: Variable | None = None) -> Variable:
    """Return the log probabilities of a row of simplexes, or of a matrix of such rows.

    Parameters
    ----------
    sticks : tensor of shape (n_sticks,) or (rows, n_sticks)
        Log-odds.
    sizes : tuple of int
        Number of cells of every simplex.
    rank : tensor of int, shape of the result, optional
        Place at which every cell is broken off; that of the cells by default.

    Returns
    -------
    tensor of shape (n_cells,) or (rows, n_cells)
        Log probabilities.
    """
    single = sticks.ndim == 1
    places = np.arange(sum(sizes))[None, :] if rank is None else rank[None, :] if single else rank
    found: Variable = StickLogProbability(tuple(sizes))(sticks[None, :] if single else sticks, places)
    return found[0] if single else found


_KERNEL_VERSION = 1


@register_funcify_default_op_cache_key(StickLogProbability)
def _log_probability_in_numba(op: StickLogProbability, node: Apply, **_: object) -> tuple[Callable[..., Any], int]:
    kernel, sizes = kernels.log_probabilities, np.asarray(op.sizes)

    @numba_njit
    def stick_log_probability_numba(sticks, rank):  # type: ignore[no-untyped-def]
        return kernel(sticks, rank, sizes)

    return stick_log_probability_numba, _KERNEL_VERSION


@register_funcify_default_op_cache_key(StickGradient)
def _gradient_in_numba(op: StickGradient, node: Apply, **_: object) -> tuple[Callable[..., Any], int]:
    kernel, sizes = kernels.gradient_by_sticks, np.asarray(op.sizes)

    @numba_njit
    def stick_gradient_numba(sticks, rank, by_log_probability):  # type: ignore[no-untyped-def]
        return kernel(sticks, rank, by_log_probability, sizes)

    return stick_gradient_numba, _KERNEL_VERSION
