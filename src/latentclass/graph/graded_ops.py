"""The graded response likelihood as a PyTensor Op with its own gradient."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytensor.tensor as pt
from pytensor.gradient import DisconnectedType, disconnected_type
from pytensor.graph.basic import Apply, Variable
from pytensor.graph.op import Op
from pytensor.link.numba.dispatch.basic import numba_njit, register_funcify_default_op_cache_key

from latentclass.graph import graded_kernels as kernels

__all__ = ["AccumulateGraded", "GradedResponse", "graded_response"]


class GradedResponse(Op):
    """Log-likelihood of Likert indicators per respondent, given the scores.

    Inputs: scores (n, C), loadings (J,), thresholds (J, M), codes (n, J), construct and number of levels of every
    indicator (J,).
    Outputs: log-likelihood (n,), its derivative by the scores (n, C), and the derivatives of every answer by the
    thresholds above and below it (n, J); only the first may be differentiated.
    """

    __props__ = ()

    def make_node(self, *inputs: Variable) -> Apply:
        tensors = [pt.as_tensor_variable(variable) for variable in inputs]
        score, codes = tensors[0], tensors[3]
        outputs = [
            pt.tensor(dtype="float64", shape=score.type.shape[:1]),
            pt.tensor(dtype="float64", shape=score.type.shape),
            pt.tensor(dtype="float64", shape=codes.type.shape),
            pt.tensor(dtype="float64", shape=codes.type.shape),
        ]
        return Apply(self, tensors, outputs)

    def infer_shape(self, node: Apply, shapes: Sequence[tuple[Any, ...]]) -> list:
        return [shapes[0][:1], shapes[0], shapes[3], shapes[3]]

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:
        results = kernels.graded_response.py_func(*inputs)
        for storage, result in zip(output_storage, results, strict=True):
            storage[0] = result

    def pullback(
        self, inputs: Sequence[Variable], outputs: Sequence[Variable], cotangents: Sequence[Variable]
    ) -> list[Variable]:
        score, _, thresholds, codes, construct, _ = inputs
        if any(not isinstance(c.type, DisconnectedType) for c in cotangents[1:]):
            message = "Only the log-likelihood of GradedResponse can be differentiated, not its derivatives."
            raise TypeError(message)
        weight = cotangents[0]
        by_loading, by_thresholds = accumulate_graded(
            weight, *outputs[2:], score, codes, construct, thresholds.shape[1]
        )
        fixed = [disconnected_type() for _ in range(3)]
        return [weight[:, None] * outputs[1], by_loading, by_thresholds, *fixed]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True] * 4] * 3 + [[False] * 4] * 3


class AccumulateGraded(Op):
    """Derivatives of the graded response likelihood by loadings (J,) and thresholds (J, M)."""

    __props__ = ()

    def make_node(self, *inputs: Variable) -> Apply:
        tensors = [pt.as_tensor_variable(variable) for variable in inputs]
        n_indicators = tensors[4].type.shape[1]
        outputs = [
            pt.tensor(dtype="float64", shape=(n_indicators,)),
            pt.tensor(dtype="float64", shape=(n_indicators, None)),
        ]
        return Apply(self, tensors, outputs)

    def infer_shape(self, node: Apply, shapes: Sequence[tuple[Any, ...]]) -> list:
        n_indicators = shapes[4][1]
        return [(n_indicators,), (n_indicators, node.inputs[6])]

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:
        weight, upper, lower, score, codes, construct, n_columns = inputs
        results = kernels.accumulate_graded.py_func(weight, upper, lower, score, codes, construct, int(n_columns))
        for storage, result in zip(output_storage, results, strict=True):
            storage[0] = result


graded_response: Callable[..., list[Variable]] = GradedResponse()
accumulate_graded: Callable[..., list[Variable]] = AccumulateGraded()

_KERNEL_VERSION = 3


@register_funcify_default_op_cache_key(GradedResponse)
def _graded_response_in_numba(op: Op, node: Apply, **_: object) -> tuple[Callable[..., Any], int]:
    return kernels.graded_response, _KERNEL_VERSION


@register_funcify_default_op_cache_key(AccumulateGraded)
def _accumulate_graded_in_numba(op: Op, node: Apply, **_: object) -> tuple[Callable[..., Any], int]:
    kernel = kernels.accumulate_graded

    @numba_njit
    def accumulate_graded_numba(weight, upper, lower, score, codes, construct, n_columns):  # type: ignore[no-untyped-def]
        return kernel(weight, upper, lower, score, codes, construct, n_columns.item())

    return accumulate_graded_numba, _KERNEL_VERSION
