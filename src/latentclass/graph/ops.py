"""The marginal class likelihood as a PyTensor Op with its own gradient.

For respondent i with membership logits a_i and answers y_i the Op returns

    log sum_k softmax(a_i)_k prod_j p(y_ij | k),

and on the way the posterior class probabilities r_i and the derivative r_i - softmax(a_i), from which both gradients
follow: by the logits directly, by the table of log probabilities as the sums of r_i over the cells that respondents
chose.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.gradient import DisconnectedType, disconnected_type
from pytensor.graph.basic import Apply, Variable
from pytensor.graph.op import Op
from pytensor.link.numba.dispatch.basic import numba_njit, register_funcify_default_op_cache_key
from scipy.special import log_softmax, logsumexp, softmax

from latentclass.graph import kernels

__all__ = ["AccumulateCells", "ClassLikelihood", "accumulate_cells", "class_likelihood"]


class ClassLikelihood(Op):
    """Log-likelihood per respondent, marginal over the classes.

    Inputs are the membership logits (n, K), the log probabilities of the cells (L, K) and the chosen cells (n, J),
    negative where an answer is missing. Outputs are the log-likelihood (n,), the posterior class probabilities (n,
    K) and the derivative by the logits
    (n, K); only the first may be differentiated.
    """

    __props__ = ()

    def make_node(self, logits: Variable, table: Variable, cells: Variable) -> Apply:
        logits, table = pt.as_tensor_variable(logits), pt.as_tensor_variable(table)
        cells = pt.as_tensor_variable(cells)
        shape = (logits.type.shape[0] or cells.type.shape[0], logits.type.shape[1])
        outputs = [
            pt.tensor(dtype="float64", shape=shape[:1]),
            pt.tensor(dtype="float64", shape=shape),
            pt.tensor(dtype="float64", shape=shape),
        ]
        return Apply(self, [logits, table, cells], outputs)

    def infer_shape(self, node: Apply, shapes: Sequence[tuple[Any, ...]]) -> list:
        logits = shapes[0]
        return [(logits[0],), logits, logits]

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:
        logits, table, cells = inputs
        answered = (cells >= 0)[..., None]
        joint = logits + np.where(answered, table[np.maximum(cells, 0)], 0.0).sum(axis=1)
        output_storage[0][0] = np.asarray(logsumexp(joint, axis=1) - logsumexp(logits, axis=1))
        output_storage[1][0] = np.exp(log_softmax(joint, axis=1))
        output_storage[2][0] = output_storage[1][0] - softmax(logits, axis=1)

    def pullback(
        self, inputs: Sequence[Variable], outputs: Sequence[Variable], cotangents: Sequence[Variable]
    ) -> list[Variable]:
        _, table, cells = inputs
        _, posterior, slope = outputs
        if any(not isinstance(c.type, DisconnectedType) for c in cotangents[1:]):
            message = "Only the log-likelihood of ClassLikelihood can be differentiated, not its class probabilities."
            raise TypeError(message)
        weight = cotangents[0][:, None]
        by_table = accumulate_cells(weight * posterior, cells, table.shape[0])
        return [weight * slope, by_table, disconnected_type()]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True, True, True], [True, True, True], [False, False, False]]


class AccumulateCells(Op):
    """Sums of class weights (n, K) over the cells (n, J) that respondents chose: (L, K)."""

    __props__ = ()

    def make_node(self, weights: Variable, cells: Variable, n_cells: Variable) -> Apply:
        weights, cells = pt.as_tensor_variable(weights), pt.as_tensor_variable(cells)
        n_cells = pt.as_tensor_variable(n_cells)
        output = pt.tensor(dtype="float64", shape=(None, weights.type.shape[1]))
        return Apply(self, [weights, cells, n_cells], [output])

    def infer_shape(self, node: Apply, shapes: Sequence[tuple[Any, ...]]) -> list:
        return [(node.inputs[2], shapes[0][1])]

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:
        weights, cells, n_cells = inputs
        sums = np.zeros((int(n_cells), weights.shape[1]))
        rows, columns = np.nonzero(cells >= 0)
        np.add.at(sums, cells[rows, columns], weights[rows])
        output_storage[0][0] = sums


class_likelihood: Callable[..., list[Variable]] = ClassLikelihood()
accumulate_cells: Callable[..., Variable] = AccumulateCells()

_KERNEL_VERSION = 2


@register_funcify_default_op_cache_key(ClassLikelihood)
def _class_likelihood_in_numba(op: Op, node: Apply, **_: object) -> tuple[Callable[..., Any], int]:
    kernel = kernels.class_likelihood

    @numba_njit
    def class_likelihood_numba(logits, table, cells):  # type: ignore[no-untyped-def]
        return kernel(logits, table, cells)

    return class_likelihood_numba, _KERNEL_VERSION


@register_funcify_default_op_cache_key(AccumulateCells)
def _accumulate_cells_in_numba(op: Op, node: Apply, **_: object) -> tuple[Callable[..., Any], int]:
    kernel = kernels.accumulate_cells

    @numba_njit
    def accumulate_cells_numba(weights, cells, n_cells):  # type: ignore[no-untyped-def]
        return kernel(weights, cells, n_cells.item())

    return accumulate_cells_numba, _KERNEL_VERSION
