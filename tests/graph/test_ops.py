"""The class likelihood as an Op: its Python and compiled evaluations agree, and so do gradients and differences."""

from __future__ import annotations

import numpy as np
import pytensor.tensor as pt
import pytest
from pytensor.gradient import verify_grad

from latentclass.graph import kernels
from latentclass.graph.ops import accumulate_cells, class_likelihood
from tests.graph.evaluation import IN_PYTHON, in_python
from tests.graph.test_kernels import CASES, case

# Sums of up to 200 terms in another order.
ROUNDING = {"rtol": 1e-12, "atol": 1e-12}


def symbolic(*arrays: np.ndarray) -> list:
    return [pt.tensor(shape=(None,) * a.ndim, dtype=a.dtype) for a in arrays]


@pytest.mark.parametrize("name", CASES)
def test_python_and_compiled_evaluation_agree(name: str) -> None:
    arrays = case(**CASES[name])
    inputs = symbolic(*arrays)
    in_graph = in_python(inputs, class_likelihood(*inputs))(*arrays)
    for found, wanted in zip(in_graph, kernels.class_likelihood(*arrays), strict=True):
        np.testing.assert_allclose(found, wanted, **ROUNDING)


def test_python_and_compiled_sums_agree() -> None:
    _, table, cells = case(n=40)
    weights = np.random.default_rng(1).normal(size=(40, 3))
    inputs = symbolic(weights, cells)
    found = in_python(inputs, accumulate_cells(*inputs, len(table)))(weights, cells)
    np.testing.assert_allclose(found, kernels.accumulate_cells(weights, cells, len(table)), **ROUNDING)


def test_a_missing_answer_is_left_out_where_the_first_level_is_impossible() -> None:
    table = np.log([[0.5, 0.25], [0.5, 0.75]])
    table[0] = -np.inf
    arrays = np.zeros((2, 2)), table, np.array([[-1, 1], [-1, -1]])
    inputs = symbolic(*arrays)
    value = in_python(inputs, class_likelihood(*inputs)[0])(*arrays)
    np.testing.assert_allclose(value, [np.log(0.625), 0.0], **ROUNDING)
    np.testing.assert_allclose(kernels.class_likelihood(*arrays)[0], value, **ROUNDING)


@pytest.mark.parametrize("name", ["usual", "one class", "six classes", "probabilities of 1e-12"])
def test_gradients_are_those_of_differences(name: str) -> None:
    logits, table, cells = case(**CASES[name])
    rng = np.random.default_rng(0)
    verify_grad(lambda a, b: class_likelihood(a, b, cells)[0], [logits, table], rng=rng, mode=IN_PYTHON)


def test_gradients_follow_the_weights_of_the_respondents() -> None:
    logits, table, cells = case()
    x, weight = pt.dmatrix(), np.arange(7.0)
    gradient = in_python([x], pt.grad(pt.sum(weight * class_likelihood(x, table, cells)[0]), x))(logits)
    np.testing.assert_allclose(
        gradient, weight[:, None] * kernels.class_likelihood(logits, table, cells)[2], **ROUNDING
    )


def test_class_probabilities_cannot_be_differentiated() -> None:
    logits, table, cells = case()
    x = pt.as_tensor(logits)
    with pytest.raises(TypeError, match="Only the log-likelihood of ClassLikelihood can be differentiated"):
        pt.grad(class_likelihood(x, table, cells)[1].sum(), x)


def test_shapes_are_known_before_evaluation() -> None:
    arrays = case()
    inputs = symbolic(*arrays)
    shapes = in_python(inputs, [output.shape for output in class_likelihood(*inputs)])(*arrays)
    assert [s.tolist() for s in shapes] == [[7], [7, 3], [7, 3]]
