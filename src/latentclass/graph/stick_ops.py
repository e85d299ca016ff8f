"""Stick-breaking in log-odds as one PyTensor Op: a dozen small steps that would each be compiled."""

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
from scipy.special import expit

from latentclass.graph import stick_kernels as kernels

__all__ = ["StickGradient", "StickLogProbability", "log_probability"]

type Floats = NDArray[np.float64]


def _lengths(sizes: tuple[int, ...]) -> Variable:
    # The sizes once more, as numbers of the graph, so that what is compiled serves all of them.
    return pt.constant(np.asarray(sizes, dtype=np.int64))


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

    def make_node(self, sticks: Variable, rank: Variable, lengths: Variable | None = None) -> Apply:
        sticks, rank = pt.as_tensor_variable(sticks), pt.as_tensor_variable(rank)
        output = pt.tensor(dtype="float64", shape=(sticks.type.shape[0], sum(self.sizes)))
        return Apply(self, [sticks, rank, _lengths(self.sizes) if lengths is None else lengths], [output])

    def infer_shape(self, node: Apply, shapes: Sequence[tuple[Any, ...]]) -> list:
        return [(shapes[0][0], sum(self.sizes))]

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:
        sticks, rank, sizes = inputs
        broken = np.hstack([_broken(u) for u in _simplexes(sticks, sizes - 1)])
        output_storage[0][0] = np.take_along_axis(broken, np.broadcast_to(rank, broken.shape), axis=1)

    def pullback(
        self, inputs: Sequence[Variable], outputs: Sequence[Variable], cotangents: Sequence[Variable]
    ) -> list[Variable]:
        sticks, rank, lengths = inputs
        by_sticks = StickGradient(self.sizes)(sticks, rank, cotangents[0], lengths)
        return [by_sticks, disconnected_type(), disconnected_type()]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True], [False], [False]]


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

    def make_node(
        self, sticks: Variable, rank: Variable, by_log_probability: Variable, lengths: Variable | None = None
    ) -> Apply:
        inputs = [pt.as_tensor_variable(v) for v in (sticks, rank, by_log_probability)]
        inputs.append(_lengths(self.sizes) if lengths is None else lengths)
        return Apply(self, inputs, [pt.tensor(dtype="float64", shape=inputs[0].type.shape)])

    def infer_shape(self, node: Apply, shapes: Sequence[tuple[Any, ...]]) -> list:
        return [shapes[0]]

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:
        sticks, rank, given, sizes = inputs
        broken = np.empty_like(given)
        np.put_along_axis(broken, np.broadcast_to(rank, given.shape), given, axis=1)
        both = zip(_simplexes(broken, sizes), _simplexes(sticks, sizes - 1), strict=True)
        output_storage[0][0] = np.hstack([by[:, :-1] * expit(-u) - _later(by) * expit(u) for by, u in both])


def _simplexes(rows: Floats, sizes: NDArray[np.int64]) -> list[Floats]:
    return np.split(rows, np.cumsum(sizes)[:-1], axis=1)


def _broken(u: Floats) -> Floats:
    """Return the log probabilities of a simplex in the order of breaking."""
    found = np.zeros((u.shape[0], u.shape[1] + 1))
    found[:, 1:] = -np.logaddexp(0.0, u).cumsum(axis=1)
    found[:, :-1] -= np.logaddexp(0.0, -u)
    return found


def _later(rows: Floats) -> Floats:
    """Return the sums of the columns after each but the last."""
    return rows[:, :0:-1].cumsum(axis=1)[:, ::-1]


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


_KERNEL_VERSION = 4


@register_funcify_default_op_cache_key(StickLogProbability)
def _log_probability_in_numba(op: StickLogProbability, node: Apply, **_: object) -> tuple[Callable[..., Any], int]:
    return kernels.log_probabilities, _KERNEL_VERSION


@register_funcify_default_op_cache_key(StickGradient)
def _gradient_in_numba(op: StickGradient, node: Apply, **_: object) -> tuple[Callable[..., Any], int]:
    return kernels.gradient_by_sticks, _KERNEL_VERSION
