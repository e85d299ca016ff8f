"""Stick-breaking as an Op against the products it stands for, in Python, compiled and in JAX."""

from __future__ import annotations

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.compile.mode import Mode
from pytensor.gradient import verify_grad
from scipy.special import expit

from latentclass.graph import stick_kernels as kernels
from latentclass.graph.stick_ops import StickLogProbability, log_probability
from tests.graph.evaluation import IN_PYTHON, in_python
from tests.graph.test_ops import symbolic

SIZES = {"several": (3, 2, 5, 1), "one": (4,), "binary": (2, 2, 2)}


def case(sizes: tuple[int, ...], scale: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Return log-odds of three rows, and an order of breaking within every simplex."""
    rng = np.random.default_rng(2)
    starts = np.cumsum([0, *sizes[:-1]])
    rank = [np.concatenate([s + rng.permutation(n) for s, n in zip(starts, sizes, strict=True)]) for _ in range(3)]
    return rng.normal(scale=scale, size=(3, sum(sizes) - len(sizes))), np.array(rank)


def by_hand(sticks: np.ndarray, rank: np.ndarray, sizes: tuple[int, ...]) -> np.ndarray:
    """Return the probabilities p_1 = v_1, p_2 = v_2 (1 - v_1), ..., put in the places of the cells."""
    found = np.empty(rank.shape)
    for row, (u, places) in enumerate(zip(sticks, rank, strict=True)):
        broken, own = [], iter(expit(u))
        for size in sizes:
            left = 1.0
            for _ in range(size - 1):
                v = next(own)
                broken.append(left * v)
                left *= 1.0 - v
            broken.append(left)
        found[row] = np.array(broken)[places]
    return found


@pytest.mark.parametrize("name", SIZES)
def test_probabilities_are_the_products(name: str) -> None:
    sticks, rank = case(SIZES[name])
    found = kernels.log_probabilities(sticks, rank, np.array(SIZES[name]))
    np.testing.assert_allclose(np.exp(found), by_hand(sticks, rank, SIZES[name]), rtol=1e-13)
    inputs = symbolic(sticks, rank)
    in_graph = in_python(inputs, log_probability(inputs[0], SIZES[name], inputs[1]))(sticks, rank)
    np.testing.assert_allclose(in_graph, found, rtol=1e-13, atol=1e-15)


def test_extreme_sticks_stay_finite() -> None:
    sizes, rank = np.array([3]), np.arange(3)[None, :]
    found = kernels.log_probabilities(np.array([[800.0, -900.0], [-800.0, 5.0]]), rank, sizes)
    np.testing.assert_allclose(
        found, [[0.0, -1700.0, -800.0], [-800.0, -np.log1p(np.exp(-5)), -5 - np.log1p(np.exp(-5))]]
    )
    gradient = kernels.gradient_by_sticks(np.array([[800.0, -900.0]]), rank, np.ones((1, 3)), sizes)
    np.testing.assert_allclose(gradient, [[-2.0, 1.0]])


@pytest.mark.parametrize("name", SIZES)
def test_gradients_are_those_of_differences(name: str) -> None:
    sticks, rank = case(SIZES[name])
    rng = np.random.default_rng(0)
    verify_grad(lambda u: StickLogProbability(SIZES[name])(u, rank), [sticks], rng=rng, mode=IN_PYTHON)


@pytest.mark.parametrize("scale", [1.0, 40.0])
@pytest.mark.parametrize("name", SIZES)
def test_jax_and_compiled_evaluation_agree(name: str, scale: float) -> None:
    jax = pytest.importorskip("jax", reason="jax is not installed")
    from latentclass.graph import jax_ops

    jax_ops.register()
    sticks, rank = case(SIZES[name], scale)
    weight = np.random.default_rng(3).normal(size=rank.shape)
    u = pt.dmatrix()
    value = log_probability(u, SIZES[name], pt.as_tensor(rank))
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", val=True)
    try:
        outputs = [value, pt.grad(pt.sum(weight * value), u)]
        found = pytensor.function([u], outputs, mode=Mode(linker="jax", optimizer=None))(sticks)
    finally:
        jax.config.update("jax_enable_x64", before)
    sizes = np.array(SIZES[name])
    np.testing.assert_allclose(found[0], kernels.log_probabilities(sticks, rank, sizes), rtol=1e-12, atol=1e-13)
    wanted = kernels.gradient_by_sticks(sticks, rank, weight, sizes)
    np.testing.assert_allclose(found[1], wanted, rtol=1e-11, atol=1e-13)


def test_one_row_needs_no_order() -> None:
    u = pt.dvector()
    found = in_python([u], log_probability(u, (3,)))(np.zeros(2))
    np.testing.assert_allclose(np.exp(found), [0.5, 0.25, 0.25])
