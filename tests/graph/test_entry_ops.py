"""Variables as entries of a vector: compiled and in Python."""

from __future__ import annotations

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.compile.mode import Mode

from latentclass.graph.entry_ops import entries, gathered
from tests.graph.evaluation import IN_PYTHON, in_python

X = np.arange(20.0)


@pytest.mark.parametrize("shape", [(), (5,), (3, 2), (2, 2, 2)])
def test_entries_are_those_of_a_slice(shape: tuple[int, ...]) -> None:
    x, at = pt.dvector(), pt.lscalar()
    wanted = X[4 : 4 + int(np.prod(shape))].reshape(shape)
    for start in (4, at):
        found = entries(x, start, shape)
        outputs, given = [found, found.shape], ([x, at], (X, 4))
        assert found.type.shape == shape
        python = in_python(given[0], outputs)(*given[1])
        compiled = pytensor.function(given[0], outputs, mode=Mode("numba", None), on_unused_input="ignore")(*given[1])
        for value, lengths in (python, compiled):
            np.testing.assert_array_equal(value, wanted)
            assert lengths.tolist() == list(shape)


def test_what_is_gathered_is_one_part_after_the_other() -> None:
    parts = [X[0], X[1:4], X[4:10].reshape(2, 3), X[10:14].reshape(2, 1, 2), np.asfortranarray(X[14:20].reshape(3, 2))]
    inputs = [pt.tensor(dtype="float64", shape=(None,) * np.ndim(part)) for part in parts]
    known = [pt.specify_shape(i, np.shape(part)) for i, part in zip(inputs, parts, strict=True)]
    assert gathered(known).type.shape == (20,)
    outputs = [gathered(inputs), gathered(inputs).shape]
    for mode in (IN_PYTHON, Mode("numba", None)):
        value, length = pytensor.function(inputs, outputs, mode=mode)(*parts)
        np.testing.assert_array_equal(value, X)
        assert length.tolist() == [20]
