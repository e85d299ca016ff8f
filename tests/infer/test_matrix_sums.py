"""Sums over one axis: compiled, in Python, and in the place of PyTensor's own."""

from __future__ import annotations

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.compile.mode import Mode, get_default_mode
from pytensor.tensor.math import Sum

from latentclass.infer import matrix_sums
from latentclass.infer.matrix_sums import MatrixSum

MATRIX = np.random.default_rng(1).normal(size=(7, 3))
WITHOUT_COMPILATION = Mode(linker="py", optimizer=None)


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("order", ["C", "F"])
def test_compiled_sums_are_those_of_numpy(axis: int, order: str) -> None:
    kernel = matrix_sums._of_rows if axis == 1 else matrix_sums._of_columns
    # A few numbers added in another order.
    np.testing.assert_allclose(kernel(np.array(MATRIX, order=order)), MATRIX.sum(axis=axis), rtol=1e-13)


@pytest.mark.parametrize("axis", [0, 1])
def test_sums_in_python_are_those_of_numpy(axis: int) -> None:
    matrix = pt.dmatrix()
    value = MatrixSum(axis)(matrix)
    found = pytensor.function([matrix], [value, value.shape], mode=WITHOUT_COMPILATION)(MATRIX)
    np.testing.assert_array_equal(found[0], MATRIX.sum(axis=axis))
    assert found[1].tolist() == list(MATRIX.sum(axis=axis).shape)


def _sums_left(variable: pt.TensorVariable, given: pt.TensorVariable) -> list[type]:
    mode = get_default_mode().including(matrix_sums.REWRITE)
    rewritten = pytensor.function([given], variable, mode=Mode(linker="py", optimizer=mode.provided_optimizer))
    return [type(node.op) for node in rewritten.maker.fgraph.apply_nodes if isinstance(node.op, Sum | MatrixSum)]


def test_sums_over_one_axis_of_a_matrix_of_doubles_are_replaced() -> None:
    matrix = pt.dmatrix()
    assert _sums_left(matrix.sum(axis=0), matrix) == [MatrixSum]
    assert _sums_left(matrix.sum(axis=1), matrix) == [MatrixSum]


def test_other_sums_stay() -> None:
    matrix, tensor, whole = pt.dmatrix(), pt.dtensor3(), pt.lmatrix()
    assert _sums_left(matrix.sum(), matrix) == [Sum]
    assert _sums_left(tensor.sum(axis=1), tensor) == [Sum]
    assert _sums_left(whole.sum(axis=1), whole) == [Sum]
