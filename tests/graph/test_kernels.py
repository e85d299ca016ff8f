"""The compiled loops of the class likelihood against exact arithmetic and differences."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import log_softmax, softmax

from latentclass.graph import kernels
from tests.graph.evaluation import central_differences
from tests.graph.exact import class_log_likelihood


def case(n: int = 7, n_classes: int = 3, sizes=(2, 5, 3), seed: int = 0, floor: float = 0.0):
    """Return logits, table and cells; some answers are missing, those of the first respondent all."""
    rng = np.random.default_rng(seed)
    rows = []
    for size in sizes:
        p = rng.dirichlet(np.ones(size), size=n_classes).T
        p[rng.integers(size)] = floor or p[0]
        rows.append(np.log(p / p.sum(axis=0)))
    starts = np.cumsum([0, *sizes[:-1]])
    cells = starts + rng.integers(0, sizes, size=(n, len(sizes)))
    cells[rng.random(cells.shape) < 0.2] = -1
    cells[0] = -1
    return rng.normal(size=(n, n_classes)), np.concatenate(rows), cells


CASES = {
    "usual": {},
    "one class": {"n_classes": 1},
    "six classes": {"n_classes": 6, "sizes": (2, 2, 4, 6)},
    "probabilities of 1e-12": {"floor": 1e-12},
    "200 items": {"sizes": (4,) * 200},
    "200 items with probabilities of 1e-12": {"sizes": (4,) * 200, "floor": 1e-12},
}


@pytest.mark.parametrize("name", CASES)
def test_value_is_exact(name: str) -> None:
    logits, table, cells = case(**CASES[name])
    value, posterior, slope = kernels.class_likelihood(logits, table, cells)
    np.testing.assert_allclose(value, class_log_likelihood(logits, table, cells), rtol=1e-13, atol=1e-14)
    assert value[0] == pytest.approx(0, abs=1e-15)
    chosen = np.where(cells[:, :, None] >= 0, table[cells], 0.0).sum(axis=1)
    # The softmax turns errors of the sums, which reach 1e3, into relative errors of 1e-13.
    np.testing.assert_allclose(posterior, np.exp(log_softmax(logits + chosen, axis=1)), rtol=1e-11, atol=1e-300)
    np.testing.assert_allclose(slope, posterior - softmax(logits, axis=1), atol=1e-14)


def test_no_underflow() -> None:
    """The product of the probabilities is far below the smallest double; its logarithm is not."""
    logits, table, cells = case(**CASES["200 items with probabilities of 1e-12"])
    value = kernels.class_likelihood(logits, table, cells)[0]
    assert value.min() < np.log(np.finfo(float).tiny)
    assert np.isfinite(value).all()


def test_impossible_answers_of_one_class_leave_the_others() -> None:
    table = np.log([[0.5, 1.0], [0.5, 1e-300]])
    table[1, 1] = -np.inf
    value, posterior, _ = kernels.class_likelihood(np.zeros((1, 2)), table, np.array([[1]]))
    assert value[0] == pytest.approx(np.log(0.25), rel=1e-14)
    assert posterior[0].tolist() == [1.0, 0.0]


def test_logits_may_be_shifted() -> None:
    logits, table, cells = case()
    value, posterior, slope = kernels.class_likelihood(logits, table, cells)
    shifted = kernels.class_likelihood(logits + 700.0, table, cells)
    np.testing.assert_allclose(shifted[0], value, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(shifted[1], posterior, rtol=1e-10)
    np.testing.assert_allclose(shifted[2], slope, atol=1e-12)


def test_slope_is_the_derivative_by_the_logits() -> None:
    logits, table, cells = case()
    slope = kernels.class_likelihood(logits, table, cells)[2]
    differences = central_differences(lambda x: kernels.class_likelihood(x, table, cells)[0].sum(), logits)
    np.testing.assert_allclose(slope, differences, rtol=1e-7, atol=1e-9)


def test_accumulated_posteriors_are_the_derivative_by_the_table() -> None:
    logits, table, cells = case()
    posterior = kernels.class_likelihood(logits, table, cells)[1]
    sums = kernels.accumulate_cells(posterior, cells, len(table))
    differences = central_differences(lambda x: kernels.class_likelihood(logits, x, cells)[0].sum(), table)
    np.testing.assert_allclose(sums, differences, rtol=1e-7, atol=1e-9)


def test_accumulated_weights_count_the_answers() -> None:
    _, table, cells = case(n=50)
    sums = kernels.accumulate_cells(np.ones((50, 3)), cells, len(table))
    counts = np.bincount(cells[cells >= 0], minlength=len(table))
    assert sums.tolist() == np.tile(counts[:, None], (1, 3)).tolist()
