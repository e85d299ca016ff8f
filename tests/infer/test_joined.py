"""Intercept and designs as one product: the same density and gradient, and the ops for it against NumPy."""

from __future__ import annotations

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.compile.mode import get_mode
from pytensor.graph.rewriting.utils import rewrite_graph
from pytensor.graph.traversal import ancestors

from latentclass.graph.design_ops import DesignProduct, design_product
from latentclass.infer.joined import JoinedDesigns, Rows, Stacked, join_products
from tests.graph.evaluation import in_python

RNG = np.random.default_rng(5)
DESIGNS = [RNG.normal(size=(30, width)) for width in (3, 1, 4)]
INTERCEPT = RNG.normal(size=5)
SLOPES = [RNG.normal(size=(design.shape[1], 5)) for design in DESIGNS]
WEIGHT = RNG.normal(size=(30, 5))


def products(density) -> int:
    return sum(v.owner is not None and isinstance(v.owner.op, DesignProduct) for v in ancestors([density]))


def graph(*, more=None):
    """Return data, parameters and a function of logits that looks at every number in them."""
    data = [pt.dmatrix() for _ in DESIGNS]
    parameters = [pt.dvector(), *(pt.tensor(shape=s.shape, dtype="float64") for s in SLOPES)]
    parts = [design_product(design, slope) for design, slope in zip(data, parameters[1:], strict=True)]
    logits = parameters[0] + parts[0] + parts[1] + parts[2]
    return data, parameters, (pt.sin(logits if more is None else logits + more) * WEIGHT).sum()


@pytest.mark.parametrize("more", [None, np.arange(30.0)[:, None]], ids=["nothing more", "another term"])
def test_density_and_gradient_stay(more) -> None:
    data, parameters, density = graph(more=more)
    wanted = in_python([*data, *parameters], [density, *pt.grad(density, parameters)])
    data, parameters, density = graph(more=more)
    # Two sums at a time, as Python writes them, are no sum of all.
    flat = rewrite_graph(density, include=("canonicalize",))
    assert products(flat) == 3
    joined = join_products(flat)
    assert products(joined) == 1
    found = in_python([*data, *parameters], [joined, *pt.grad(joined, parameters)])
    given = [*DESIGNS, INTERCEPT, *SLOPES]
    for one, other in zip(found(*given), wanted(*given), strict=True):
        # A dozen terms in another order.
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)


def test_products_without_an_intercept_stay_apart() -> None:
    designs = [pt.dmatrix() for _ in DESIGNS]
    slopes = [pt.dmatrix() for _ in SLOPES]
    density = pt.add(*map(design_product, designs, slopes)).sum()
    assert products(join_products(density)) == 3


def test_what_is_there_twice_counts_twice() -> None:
    design, slope, intercept = pt.dmatrix(), pt.dmatrix(), pt.tensor(shape=(1, 5), dtype="float64")
    product = design_product(design, slope)
    joined = join_products((pt.add(intercept, intercept, product, product) ** 2).sum())
    found = in_python([design, slope, intercept], joined)(DESIGNS[0], SLOPES[0], INTERCEPT[None])
    # A few hundred terms in another order.
    assert found == pytest.approx(((2 * INTERCEPT + 2 * DESIGNS[0] @ SLOPES[0]) ** 2).sum(), rel=1e-12)


def test_designs_are_joined_behind_a_column_of_ones() -> None:
    data = [pt.dmatrix() for _ in DESIGNS]
    found, shape = in_python(data, [JoinedDesigns()(*data), JoinedDesigns()(*data).shape])(*DESIGNS)
    np.testing.assert_array_equal(found, np.hstack([np.ones((30, 1)), *DESIGNS]))
    assert shape.tolist() == [30, 9]


def test_rows_are_stacked_and_taken_apart_when_compiled() -> None:
    parts = [pt.dmatrix() for _ in SLOPES]
    whole = Stacked()(*parts)
    compiled = pytensor.function(parts, [whole, whole.shape, Rows()(whole, 2, 3)], mode=get_mode("NUMBA"))
    reference = in_python(parts, [whole, whole.shape, Rows()(whole, 2, 3)])
    for function in (compiled, reference):
        found, shape, some = function(*SLOPES)
        np.testing.assert_array_equal(found, np.concatenate(SLOPES))
        assert shape.tolist() == [8, 5]
        np.testing.assert_array_equal(some, np.concatenate(SLOPES)[2:5])
