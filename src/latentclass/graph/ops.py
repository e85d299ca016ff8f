"""The marginal class likelihood as a PyTensor Op with its own gradient.

For respondent i with membership logits a_i, answers y_i and weight w_i the Op returns

    w_i log sum_k softmax(a_i)_k prod_j p(y_ij | k),

and in the same pass the gradients of the sum over the respondents: with posterior class probabilities r_i, by the
logits w_i (r_i - softmax(a_i)), by the table of log probabilities the sums of w_i r_i over the cells that respondents
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
from pytensor.tensor import get_underlying_scalar_constant_value
from pytensor.tensor.exceptions import NotScalarConstantError
from scipy.special import log_softmax, logsumexp, softmax

from latentclass.graph import cell_kernels, kernels
from latentclass.graph.packing import Packing

__all__ = ["AccumulateCells", "ClassLikelihood", "PackAnswers", "accumulate_cells", "class_likelihood", "pack_answers"]


class PackAnswers(Op):
    """Joint cells (n, G) of answers (n, J), as `latentclass.graph.packing` makes them.

    Parameters
    ----------
    packing : Packing
        The groups of items.
    """

    __props__ = ("offsets", "sizes")

    def __init__(self, packing: Packing) -> None:
        self.offsets, self.sizes = packing.offsets, packing.sizes

    @property
    def packing(self) -> Packing:
        """The groups of items."""
        return Packing(offsets=self.offsets, sizes=self.sizes)

    def make_node(self, codes: Variable) -> Apply:
        codes = pt.as_tensor_variable(codes)
        shape = (codes.type.shape[0], len(self.packing.groups))
        return Apply(self, [codes], [pt.tensor(dtype=self.packing.dtype, shape=shape)])

    def infer_shape(self, node: Apply, shapes: Sequence[tuple[Any, ...]]) -> list:
        return [(shapes[0][0], len(self.packing.groups))]

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:
        output_storage[0][0] = self.packing.pack(inputs[0])

    def pullback(
        self, inputs: Sequence[Variable], outputs: Sequence[Variable], cotangents: Sequence[Variable]
    ) -> list[Variable]:
        return [disconnected_type()]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[False]]


class ClassLikelihood(Op):
    """Weighted log-likelihood per respondent, marginal over the classes, with the gradients of its sum.

    Inputs are the membership logits (n, K), the log probabilities of the cells (L, K), the joint cells chosen (n, G),
    the members of every joint cell (n_joint, width) and the weights of the respondents (n,) or of all (1,). Outputs
    are the log-likelihood (n,) and the gradients of its sum by the logits (n, K) and by the table (L, K); only the
    first may be differentiated.

    Parameters
    ----------
    overwrites : bool, optional
        Whether the gradient by the logits may take their place in memory: at a million respondents, to write it
        elsewhere takes a sixth of the time.
    """

    __props__ = ("overwrites",)

    def __init__(self, overwrites: bool = False) -> None:
        self.overwrites = overwrites
        if overwrites:
            self.destroy_map = {1: [0]}

    def make_node(
        self, logits: Variable, table: Variable, answers: Variable, members: Variable, weights: Variable
    ) -> Apply:
        inputs = [pt.as_tensor_variable(v) for v in (logits, table, answers, members, weights)]
        logits, table, answers = inputs[:3]
        n, k = logits.type.shape[0] or answers.type.shape[0], logits.type.shape[1] or table.type.shape[1]
        outputs = [pt.tensor(dtype="float64", shape=s) for s in ((n,), (n, k), (table.type.shape[0], k))]
        return Apply(self, inputs, outputs)

    def infer_shape(self, node: Apply, shapes: Sequence[tuple[Any, ...]]) -> list:
        return [(shapes[0][0],), shapes[0], shapes[1]]

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:
        logits, table, answers, members, weights = inputs
        padded = np.concatenate([table, np.zeros((1, table.shape[1]))])
        joint = logits + padded[members].sum(axis=1)[answers].sum(axis=1)
        # Answers that are impossible in every class tell nothing of the class.
        joint_or_prior = np.where(np.isneginf(joint).all(axis=1, keepdims=True), logits, joint)
        posterior = weights[:, None] * np.exp(log_softmax(joint_or_prior, axis=1))
        sums = np.zeros(padded.shape)
        np.add.at(sums, members[answers], posterior[:, None, None, :])
        output_storage[0][0] = np.asarray(weights * (logsumexp(joint, axis=1) - logsumexp(logits, axis=1)))
        output_storage[1][0] = posterior - weights[:, None] * softmax(logits, axis=1)
        output_storage[2][0] = sums[:-1]

    def pullback(
        self, inputs: Sequence[Variable], outputs: Sequence[Variable], cotangents: Sequence[Variable]
    ) -> list[Variable]:
        logits, table, answers, members, weights = inputs
        if any(not isinstance(c.type, DisconnectedType) for c in cotangents[1:]):
            message = "Only the log-likelihood of ClassLikelihood can be differentiated, not its gradients."
            raise TypeError(message)
        by_logits, by_table = outputs[1:]
        constant = _constant(cotangents[0])
        if constant is None:
            factor = cotangents[0][:, None]
            posterior = by_logits + weights[:, None] * pt.special.softmax(logits, axis=1)
            by_logits = factor * by_logits
            by_table = accumulate_cells(factor * posterior, answers, members, table.shape[0])
        elif constant != 1.0:
            by_logits, by_table = constant * by_logits, constant * by_table
        return [by_logits, by_table, *[disconnected_type() for _ in range(3)]]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True] * 3, [True] * 3, *[[False] * 3 for _ in range(3)]]


class AccumulateCells(Op):
    """Sums of class weights (n, K) over the cells that respondents chose, given as joint cells (n, G): (L, K)."""

    __props__ = ()

    def make_node(self, weights: Variable, answers: Variable, members: Variable, n_cells: Variable) -> Apply:
        inputs = [pt.as_tensor_variable(v) for v in (weights, answers, members, n_cells)]
        return Apply(self, inputs, [pt.tensor(dtype="float64", shape=(None, inputs[0].type.shape[1]))])

    def infer_shape(self, node: Apply, shapes: Sequence[tuple[Any, ...]]) -> list:
        return [(node.inputs[3], shapes[0][1])]

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:
        weights, answers, members, n_cells = inputs
        sums = np.zeros((int(n_cells) + 1, weights.shape[1]))
        np.add.at(sums, members[answers], weights[:, None, None, :])
        output_storage[0][0] = sums[:-1]


def _constant(cotangent: Variable) -> float | None:
    """Return the one number that all entries are known to have, if there is one."""
    try:
        return float(get_underlying_scalar_constant_value(cotangent))
    except NotScalarConstantError:
        return None


_class_likelihood: Callable[..., list[Variable]] = ClassLikelihood()
accumulate_cells: Callable[..., Variable] = AccumulateCells()


def pack_answers(codes: Variable, packing: Packing) -> Variable:
    """Return the joint cells of answers.

    Parameters
    ----------
    codes : tensor of int, shape (n, J)
        Levels, negative where an answer is missing.
    packing : Packing
        The groups of items.

    Returns
    -------
    tensor of int, shape (n, G)
        Joint cells.
    """
    packed: Variable = PackAnswers(packing)(codes)
    return packed


def class_likelihood(
    logits: Variable, table: Variable, codes: Variable, packing: Packing, weights: Variable | None = None
) -> Variable:
    """Return the log-likelihood of every respondent, marginal over the classes.

    Parameters
    ----------
    logits : tensor of shape (n, K)
        Membership logits, up to a constant per row.
    table : tensor of shape (L, K)
        Log probability of every level of every item in every class.
    codes : tensor of int, shape (n, J)
        Levels, negative where an answer is missing.
    packing : Packing
        Where the items stand in the table.
    weights : tensor of shape (n,), optional
        Weights of the respondents.

    Returns
    -------
    tensor of shape (n,)
        Log-likelihood times weight.
    """
    given = np.ones(1) if weights is None else weights
    return _class_likelihood(logits, table, pack_answers(codes, packing), packing.members, given)[0]


_KERNEL_VERSION = 11


@register_funcify_default_op_cache_key(PackAnswers)
def _pack_answers_in_numba(op: PackAnswers, node: Apply, **_: object) -> tuple[Callable[..., Any], int]:
    kernel, (first, group_of, stride) = cell_kernels.pack_answers, op.packing.places
    first, sizes = first.astype(op.packing.dtype), np.array(op.sizes)

    @numba_njit
    def pack_answers_numba(codes):  # type: ignore[no-untyped-def]
        packed = np.empty((codes.shape[0], len(first)), first.dtype)
        packed[:] = first
        kernel(codes, group_of, stride, sizes, packed)
        return packed

    return pack_answers_numba, _KERNEL_VERSION


@register_funcify_default_op_cache_key(ClassLikelihood)
def _class_likelihood_in_numba(op: ClassLikelihood, node: Apply, **_: object) -> tuple[Callable[..., Any], int]:
    return kernels.overwriting_likelihood if op.overwrites else kernels.class_likelihood, _KERNEL_VERSION


@register_funcify_default_op_cache_key(AccumulateCells)
def _accumulate_cells_in_numba(op: Op, node: Apply, **_: object) -> tuple[Callable[..., Any], int]:
    kernel = cell_kernels.accumulate_cells

    @numba_njit
    def accumulate_cells_numba(weights, answers, members, n_cells):  # type: ignore[no-untyped-def]
        return kernel(weights, answers, members, n_cells.item())

    return accumulate_cells_numba, _KERNEL_VERSION
