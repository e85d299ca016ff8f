"""The graded response likelihood as an Op."""

from __future__ import annotations

import numpy as np
import pytensor.tensor as pt
import pytest
from pytensor.gradient import verify_grad

from latentclass.graph import graded_kernels as kernels
from latentclass.graph.graded_ops import accumulate_graded, graded_response
from tests.graph.evaluation import IN_PYTHON, in_python
from tests.graph.test_graded_kernels import CASES, case
from tests.graph.test_ops import ROUNDING, symbolic


@pytest.mark.parametrize("name", CASES)
def test_python_and_compiled_evaluation_agree(name: str) -> None:
    arrays = case(**CASES[name])
    inputs = symbolic(*arrays)
    in_graph = in_python(inputs, graded_response(*inputs))(*arrays)
    for found, wanted in zip(in_graph, kernels.graded_response(*arrays), strict=True):
        np.testing.assert_allclose(found, wanted, **ROUNDING)


def test_python_and_compiled_sums_agree() -> None:
    score, loading, thresholds, codes, construct, n_levels = case()
    _, _, upper, lower = kernels.graded_response(score, loading, thresholds, codes, construct, n_levels)
    arrays = np.linspace(-1, 1, len(score)), upper, lower, score, codes, construct
    inputs = symbolic(*arrays)
    in_graph = in_python(inputs, accumulate_graded(*inputs, thresholds.shape[1]))(*arrays)
    wanted = kernels.accumulate_graded(*arrays, thresholds.shape[1])
    for found, expected in zip(in_graph, wanted, strict=True):
        np.testing.assert_allclose(found, expected, **ROUNDING)


def test_gradients_are_those_of_differences() -> None:
    score, loading, thresholds, *fixed = case()
    rng = np.random.default_rng(0)
    verify_grad(
        lambda a, b, c: graded_response(a, b, c, *fixed)[0], [score, loading, thresholds], rng=rng, mode=IN_PYTHON
    )


def test_derivatives_cannot_be_differentiated() -> None:
    score, *others = case()
    x = pt.as_tensor(score)
    with pytest.raises(TypeError, match="Only the log-likelihood of GradedResponse can be differentiated"):
        pt.grad(graded_response(x, *others)[1].sum(), x)


def test_shapes_are_known_before_evaluation() -> None:
    arrays = case()
    inputs = symbolic(*arrays)
    shapes = in_python(inputs, [output.shape for output in graded_response(*inputs)])(*arrays)
    assert [s.tolist() for s in shapes] == [[8], [8, 2], [8, 3], [8, 3]]
