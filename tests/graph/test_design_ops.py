"""Products with a design: compiled, in Python, in JAX and their gradients."""

from __future__ import annotations

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.compile.mode import Mode
from pytensor.gradient import verify_grad

from latentclass.graph import design_ops
from latentclass.graph.design_ops import CrossProduct, basis_product, design_product
from tests.graph.evaluation import IN_PYTHON, in_python

RNG = np.random.default_rng(1)
DESIGN, SLOPE, VALUES = RNG.normal(size=(20, 3)), RNG.normal(size=(3, 4)), RNG.normal(size=(20, 4))


def test_products_are_those_of_numpy() -> None:
    a, b, c = pt.dmatrices("a", "b", "c")
    outputs = [design_product(a, b), CrossProduct()(a, c), design_product(a, b).shape, CrossProduct()(a, c).shape]
    found = in_python([a, b, c], outputs)(DESIGN, SLOPE, VALUES)
    np.testing.assert_allclose(found[0], DESIGN @ SLOPE)
    np.testing.assert_allclose(found[1], DESIGN.T @ VALUES)
    assert [shape.tolist() for shape in found[2:]] == [[20, 4], [3, 4]]
    # Neither has to lie in memory in the order of its rows.
    np.testing.assert_allclose(design_ops._product(DESIGN, np.asfortranarray(SLOPE)), DESIGN @ SLOPE)
    np.testing.assert_allclose(design_ops._cross_product(np.asfortranarray(DESIGN), VALUES), DESIGN.T @ VALUES)


@pytest.mark.parametrize("shape", [(3,), (5, 3)])
def test_products_with_a_basis_are_those_of_numpy(shape: tuple[int, ...]) -> None:
    coordinates = RNG.normal(size=shape)
    a = pt.tensor(dtype="float64", shape=(None,) * len(shape))
    value = basis_product(a, SLOPE)
    found = in_python([a], [value, value.shape])(coordinates)
    np.testing.assert_allclose(found[0], coordinates @ SLOPE, rtol=1e-14)
    assert found[1].tolist() == [*shape[:-1], 4]
    kernel = design_ops._vector_basis_product if len(shape) == 1 else design_ops._basis_product
    np.testing.assert_allclose(kernel(coordinates, SLOPE), coordinates @ SLOPE, rtol=1e-14)
    verify_grad(lambda a: basis_product(a, SLOPE), [coordinates], rng=np.random.default_rng(0), mode=IN_PYTHON)


def test_gradients_are_those_of_differences() -> None:
    verify_grad(lambda b: design_product(DESIGN, b), [SLOPE], rng=np.random.default_rng(0), mode=IN_PYTHON)


def test_jax_agrees() -> None:
    jax = pytest.importorskip("jax", reason="jax is not installed")
    from latentclass.graph import jax_ops

    jax_ops.register()
    b = pt.dmatrix()
    value = design_product(pt.as_tensor(DESIGN), basis_product(b, np.eye(4)))
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", val=True)
    try:
        outputs = [value, pt.grad(pt.sum(VALUES * value), b)]
        found = pytensor.function([b], outputs, mode=Mode(linker="jax", optimizer=None))(SLOPE)
    finally:
        jax.config.update("jax_enable_x64", before)
    np.testing.assert_allclose(found[0], DESIGN @ SLOPE, rtol=1e-13)
    np.testing.assert_allclose(found[1], DESIGN.T @ VALUES, rtol=1e-13)
