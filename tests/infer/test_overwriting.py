"""Gradients in the place of the logits: the same numbers, and only where nobody else reads the logits."""

from __future__ import annotations

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.compile.mode import get_mode

from latentclass.graph import kernels
from latentclass.graph.design_ops import design_product
from latentclass.graph.ops import ClassLikelihood, class_likelihood
from latentclass.infer import overwriting
from tests.graph.evaluation import in_python
from tests.graph.test_kernels import CASES, case, run


@pytest.mark.parametrize("name", CASES)
def test_the_kernel_gives_the_same_numbers_in_place(name: str) -> None:
    logits, table, codes, packing = case(**CASES[name])
    before = logits.copy()
    wanted = run(logits, table, codes, packing)
    np.testing.assert_array_equal(logits, before)
    found = kernels.overwriting_likelihood(logits, table, packing.pack(codes), packing.members, np.ones(1))
    assert found[1].ctypes.data == logits.ctypes.data
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(one, other)


DESIGN = np.random.default_rng(2).normal(size=(40, 3))
SLOPE = np.random.default_rng(3).normal(size=(3, 4))


def compiled(logits_of, *, more=lambda logits: []):
    """Return functions of a matrix, in Python and compiled, and whether the latter overwrites its logits."""
    _, table, codes, packing = case(n_classes=4, n=40)
    given = pt.dmatrix()
    logits = logits_of(given)
    value = class_likelihood(logits, pt.constant(table), pt.constant(codes), packing)
    outputs = [value, pt.grad(value.sum(), logits), *more(logits)]
    function = pytensor.function([given], outputs, mode=get_mode("NUMBA").including(overwriting.REWRITE))
    ops = [node.op for node in function.maker.fgraph.apply_nodes if isinstance(node.op, ClassLikelihood)]
    return in_python([given], outputs), function, [op.overwrites for op in ops]


def agree(one, other) -> bool:
    # Sums of twelve logarithms against products of twelve numbers.
    return all(np.allclose(a, b, rtol=1e-12, atol=1e-12) for a, b in zip(one, other, strict=True))


LOGITS = {
    "product": lambda slope: design_product(DESIGN, slope),
    "sum": lambda slope: design_product(DESIGN, slope) + slope[0],
    "one row for all": lambda slope: pt.zeros((40, 1)) + slope[0],
}


@pytest.mark.parametrize("name", LOGITS)
def test_logits_that_are_made_for_the_likelihood_are_overwritten(name: str) -> None:
    reference, function, overwrites = compiled(LOGITS[name])
    assert overwrites == [True]
    assert agree(function(SLOPE), reference(SLOPE))


def test_logits_that_are_returned_keep_their_values() -> None:
    reference, function, overwrites = compiled(LOGITS["product"], more=lambda logits: [logits])
    assert overwrites == [False]
    assert agree(function(SLOPE), reference(SLOPE))


def test_logits_are_read_by_others_before_they_are_overwritten() -> None:
    reference, function, overwrites = compiled(LOGITS["product"], more=lambda logits: [pt.exp(logits).sum(axis=1)])
    assert overwrites == [True]
    assert agree(function(SLOPE), reference(SLOPE))


@pytest.mark.parametrize("name", ["an argument", "a view"])
def test_logits_from_elsewhere_are_left_alone(name: str) -> None:
    given = np.random.default_rng(4).normal(size=(40, 4))
    logits_of = {"an argument": lambda given: given, "a view": lambda given: given[::-1]}[name]
    reference, function, overwrites = compiled(logits_of)
    assert overwrites == [False]
    before = given.copy()
    assert agree(function(given), reference(given))
    np.testing.assert_array_equal(given, before)
