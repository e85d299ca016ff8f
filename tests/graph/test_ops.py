"""The class likelihood as an Op: Python, compiled and JAX evaluations agree, and so do gradients and differences."""

from __future__ import annotations

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.compile.mode import Mode
from pytensor.gradient import verify_grad

from latentclass.graph.cell_kernels import accumulate_cells
from latentclass.graph.ops import AccumulateCells, class_likelihood, pack_answers
from latentclass.graph.packing import Packing
from tests.graph.evaluation import IN_PYTHON, in_python
from tests.graph.test_kernels import CASES, case, cells_of, run

# Sums of up to 200 terms in another order.
ROUNDING = {"rtol": 1e-10, "atol": 1e-12}


def symbolic(*arrays: np.ndarray) -> list:
    return [pt.tensor(shape=(None,) * a.ndim, dtype=a.dtype) for a in arrays]


def with_gradients(logits, table, codes, packing: Packing) -> tuple[list, list]:
    """Return inputs and outputs of a graph of log-likelihood and gradients."""
    inputs = symbolic(logits, table, codes)
    value = class_likelihood(*inputs, packing)
    return inputs, [value, *pt.grad(value.sum(), inputs[:2])]


@pytest.mark.parametrize("name", CASES)
def test_python_and_compiled_evaluation_agree(name: str) -> None:
    *arrays, packing = case(**CASES[name])
    found = in_python(*with_gradients(*arrays, packing))(*arrays)
    for one, wanted in zip(found, run(*arrays, packing), strict=True):
        np.testing.assert_allclose(one, wanted, **ROUNDING)


@pytest.mark.parametrize("name", CASES)
def test_jax_and_compiled_evaluation_agree(name: str) -> None:
    jax = pytest.importorskip("jax", reason="jax is not installed")
    from latentclass.graph import jax_ops

    jax_ops.register()
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", val=True)
    try:
        *arrays, packing = case(**CASES[name])
        mode = Mode(linker="jax", optimizer=None)
        found = pytensor.function(*with_gradients(*arrays, packing), mode=mode)(*arrays)
    finally:
        jax.config.update("jax_enable_x64", before)
    for one, wanted in zip(found, run(*arrays, packing), strict=True):
        np.testing.assert_allclose(np.asarray(one), wanted, **ROUNDING)


@pytest.mark.parametrize("name", ["usual", "one class", "six classes", "probabilities of 1e-12", "200 items"])
def test_the_op_is_the_sum_written_as_a_graph(name: str) -> None:
    logits, table, codes, packing = case(**CASES[name])
    cells = cells_of(codes, packing)
    a, b = symbolic(logits, table)
    chosen = pt.switch(cells[:, :, None] >= 0, b[np.maximum(cells, 0)], 0.0).sum(axis=1)
    value = pt.logsumexp(a + chosen, axis=1) - pt.logsumexp(a, axis=1)
    found = in_python([a, b], [value, *pt.grad(value.sum(), [a, b])])(logits, table)
    for one, wanted in zip(run(logits, table, codes, packing), found, strict=True):
        np.testing.assert_allclose(one, wanted, **ROUNDING)


def test_python_and_compiled_sums_agree() -> None:
    _, table, codes, packing = case(n=40)
    answers, weights = packing.pack(codes), np.random.default_rng(1).normal(size=(40, 3))
    inputs = symbolic(weights, answers)
    found = in_python(inputs, AccumulateCells()(*inputs, packing.members, len(table)))(weights, answers)
    wanted = accumulate_cells(weights, answers, packing.members, len(table))
    np.testing.assert_allclose(found, wanted, **ROUNDING)


def test_a_missing_answer_is_left_out_where_the_first_level_is_impossible() -> None:
    table = np.log([[0.5, 0.25], [0.5, 0.75], [1.0, 1.0], [1.0, 1.0]])
    table[2] = -np.inf
    packing = Packing(offsets=(2, 0), sizes=(2, 2))
    arrays = np.zeros((2, 2)), table, np.array([[-1, 1], [-1, -1]])
    inputs = symbolic(*arrays)
    value = in_python(inputs, class_likelihood(*inputs, packing))(*arrays)
    np.testing.assert_allclose(value, [np.log(0.625), 0.0], **ROUNDING)
    np.testing.assert_allclose(run(*arrays, packing)[0], value, **ROUNDING)


@pytest.mark.parametrize("name", ["usual", "one class", "six classes", "probabilities of 1e-12"])
def test_gradients_are_those_of_differences(name: str) -> None:
    logits, table, codes, packing = case(**CASES[name])
    rng = np.random.default_rng(0)
    verify_grad(lambda a, b: class_likelihood(a, b, codes, packing), [logits, table], rng=rng, mode=IN_PYTHON)


def test_gradients_of_a_sum_come_with_the_value() -> None:
    *arrays, packing = case()
    inputs, outputs = with_gradients(*arrays, packing)
    graph = pytensor.graph.fg.FunctionGraph(inputs, outputs)
    assert not any(isinstance(node.op, AccumulateCells) for node in graph.apply_nodes)


def test_gradients_follow_a_factor_and_weights_of_the_respondents() -> None:
    logits, table, codes, packing = case()
    weight = np.arange(7.0)
    wanted = run(logits, table, codes, packing, weight)
    a, b = symbolic(logits, table)
    for value, factor in (
        (pt.sum(weight * class_likelihood(a, b, codes, packing)), 1.0),
        (pt.sum(class_likelihood(a, b, codes, packing, weight)), 1.0),
        (-3.0 * pt.sum(class_likelihood(a, b, codes, packing, weight)), -3.0),
    ):
        by_logits, by_table = in_python([a, b], pt.grad(value, [a, b]))(logits, table)
        np.testing.assert_allclose(by_logits, factor * wanted[1], **ROUNDING)
        np.testing.assert_allclose(by_table, factor * wanted[2], **ROUNDING)


def test_gradients_cannot_be_differentiated() -> None:
    logits, table, codes, packing = case()
    x = pt.as_tensor(logits)
    by_logits = pt.grad(class_likelihood(x, table, codes, packing).sum(), x)
    with pytest.raises(TypeError, match="Only the log-likelihood of ClassLikelihood can be differentiated"):
        pt.grad(by_logits.sum(), x)


def test_shapes_are_known_before_evaluation() -> None:
    *arrays, packing = case()
    inputs, outputs = with_gradients(*arrays, packing)
    packed = pack_answers(inputs[2], packing)
    shapes = in_python(inputs, [output.shape for output in (*outputs, packed)])(*arrays)
    assert [s.tolist() for s in shapes] == [[7], [7, 3], [10, 3], [7, 2]]
