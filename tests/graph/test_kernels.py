"""The compiled loops of the class likelihood against exact arithmetic and differences."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import log_softmax, softmax

from latentclass.graph import kernels
from latentclass.graph.cell_kernels import accumulate_cells
from latentclass.graph.packing import Packing
from tests.graph.evaluation import central_differences
from tests.graph.exact import class_log_likelihood


def case(
    n: int = 7,
    n_classes: int = 3,
    sizes=(2, 5, 3),
    seed: int = 0,
    floor: float = 0.0,
    logits_scale: float = 1.0,
    apart: float = 1.0,
):
    """Return logits, table, codes and packing; some answers are missing, those of the first respondent all."""
    rng = np.random.default_rng(seed)
    rows = []
    for size in sizes:
        p = rng.dirichlet(np.full(size, 1.0 / apart), size=n_classes).T + 1e-300
        p[rng.integers(size)] = floor or p[0]
        rows.append(np.log(p / p.sum(axis=0)))
    starts = np.cumsum([0, *sizes[:-1]])
    codes = rng.integers(0, sizes, size=(n, len(sizes)))
    codes[rng.random(codes.shape) < 0.2] = -1
    codes[0] = -1
    packing = Packing(offsets=tuple(starts.tolist()), sizes=tuple(sizes))
    return rng.normal(scale=logits_scale, size=(n, n_classes)), np.concatenate(rows), codes, packing


CASES = {
    "usual": {},
    "one class": {"n_classes": 1},
    "six classes": {"n_classes": 6, "sizes": (2, 2, 4, 6)},
    "probabilities of 1e-12": {"floor": 1e-12},
    "classes beyond a multiple of four": {"n_classes": 5, "n": 130},
    "eight classes": {"n_classes": 8, "n": 130},
    "log-odds at scale 30": {"logits_scale": 30.0},
    "logits out of range of most": {"logits_scale": 400.0, "n": 130},
    "200 items": {"sizes": (4,) * 200},
    "200 items with probabilities of 1e-12": {"sizes": (4,) * 200, "floor": 1e-12},
    "200 items and classes far apart": {"sizes": (3,) * 200, "apart": 30.0, "n": 130},
}


def run(logits, table, codes, packing, weights=None):
    """Return value, gradient by the logits and by the table."""
    given = np.ones(1) if weights is None else weights
    return kernels.class_likelihood(logits, table, packing.pack(codes), packing.members, given)


def cells_of(codes: np.ndarray, packing: Packing) -> np.ndarray:
    return np.where(codes < 0, -1, np.array(packing.offsets) + codes)


def posterior_of(logits: np.ndarray, table: np.ndarray, cells: np.ndarray) -> np.ndarray:
    chosen = np.where(cells[:, :, None] >= 0, table[cells], 0.0).sum(axis=1)
    return np.exp(log_softmax(logits + chosen, axis=1))


@pytest.mark.parametrize("name", CASES)
def test_value_and_gradients_are_exact(name: str) -> None:
    logits, table, codes, packing = case(**CASES[name])
    cells = cells_of(codes, packing)
    value, by_logits, by_table = run(logits, table, codes, packing)
    # The product of 200 rounded numbers is off by 200 units in the last place.
    np.testing.assert_allclose(value, class_log_likelihood(logits, table, cells), rtol=1e-13, atol=1e-13)
    assert value[0] == pytest.approx(0, abs=1e-15)
    # The softmax turns errors of the sums, which reach 1e3, into relative errors of 1e-13.
    posterior = posterior_of(logits, table, cells)
    np.testing.assert_allclose(by_logits, posterior - softmax(logits, axis=1), rtol=1e-10, atol=1e-13)
    wanted = np.zeros(table.shape)
    for i, j in zip(*np.nonzero(cells >= 0), strict=True):
        wanted[cells[i, j]] += posterior[i]
    np.testing.assert_allclose(by_table, wanted, rtol=1e-10, atol=1e-13)


def test_no_underflow() -> None:
    """The product of the probabilities is far below the smallest double; its logarithm is not."""
    value = run(*case(**CASES["200 items with probabilities of 1e-12"]))[0]
    assert value.min() < np.log(np.finfo(float).tiny)
    assert np.isfinite(value).all()


def test_a_class_that_was_lost_to_underflow_may_win_in_the_end() -> None:
    """After 100 items one class is 1e-500 times as likely as the other, after 200 items 1e300 times."""
    packing = Packing(offsets=tuple(range(0, 400, 2)), sizes=(2,) * 200)
    table = np.zeros((400, 2))
    table[:200:2, 0], table[200::2, 1] = np.log(1e-5), np.log(1e-8)
    value, by_logits, _ = run(np.zeros((1, 2)), table, np.zeros((1, 200), dtype=int), packing)
    assert value[0] == pytest.approx(np.log(0.5) + 100 * np.log(1e-5), rel=1e-14)
    assert by_logits[0].tolist() == [0.5, -0.5]


def test_impossible_answers_of_one_class_leave_the_others() -> None:
    packing = Packing(offsets=(0,), sizes=(2,))
    table = np.log([[0.5, 1.0], [0.5, 1e-300]])
    table[1, 1] = -np.inf
    value, by_logits, by_table = run(np.zeros((1, 2)), table, np.array([[1]]), packing)
    assert value[0] == pytest.approx(np.log(0.25), rel=1e-14)
    assert by_logits[0].tolist() == [0.5, -0.5]
    assert by_table.tolist() == [[0.0, 0.0], [1.0, 0.0]]


def test_answers_impossible_in_every_class_and_logits_that_are_no_numbers_say_so() -> None:
    packing = Packing(offsets=(0,), sizes=(2,))
    table = np.array([[0.0, 0.0], [-np.inf, -np.inf]])
    logits = np.array([[0.0, 0.0], [0.0, 1.0], [np.nan, 0.0]])
    value, by_logits, _ = run(logits, table, np.array([[1], [0], [0]]), packing)
    assert value[0] == -np.inf
    assert by_logits[:2].tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert np.isnan(value[2])


def test_logits_may_be_shifted() -> None:
    logits, table, codes, packing = case()
    wanted = run(logits, table, codes, packing)
    for found, expected in zip(run(logits + 700.0, table, codes, packing), wanted, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)


def test_weights_are_repeated_respondents() -> None:
    logits, table, codes, packing = case(n=70)
    times = np.arange(70) % 4
    value, by_logits, by_table = run(logits, table, codes, packing, times.astype(float))
    repeated = run(np.repeat(logits, times, axis=0), table, np.repeat(codes, times, axis=0), packing)
    assert value.sum() == pytest.approx(repeated[0].sum(), rel=1e-13)
    np.testing.assert_allclose(by_table, repeated[2], rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(by_logits, times[:, None] * run(logits, table, codes, packing)[1], rtol=1e-13)


def test_gradients_are_those_of_differences() -> None:
    logits, table, codes, packing = case()
    _, by_logits, by_table = run(logits, table, codes, packing)
    differences = central_differences(lambda x: run(x, table, codes, packing)[0].sum(), logits)
    np.testing.assert_allclose(by_logits, differences, rtol=1e-7, atol=1e-9)
    differences = central_differences(lambda x: run(logits, x, codes, packing)[0].sum(), table)
    np.testing.assert_allclose(by_table, differences, rtol=1e-7, atol=1e-9)


def test_accumulated_weights_count_the_answers() -> None:
    _, table, codes, packing = case(n=50)
    sums = accumulate_cells(np.ones((50, 3)), packing.pack(codes), packing.members, len(table))
    cells = cells_of(codes, packing)
    counts = np.bincount(cells[cells >= 0], minlength=len(table))
    assert sums.tolist() == np.tile(counts[:, None], (1, 3)).tolist()


def test_likelihoods_below_the_smallest_double_are_found_beside_large_logits() -> None:
    # Priors of e^290 times 1e-370 are in range; what is left of them after dividing by e^290 is not.
    rare = -18.5 * np.log(10.0)
    table = np.tile([[rare, 2 * rare], [np.log1p(-np.exp(rare)), 0.0]], (20, 1))
    packing = Packing(offsets=tuple(range(0, 40, 2)), sizes=(2,) * 20)
    value, _, _ = run(np.array([[290.0, 280.0]]), table, np.zeros((1, 20), dtype=int), packing)
    np.testing.assert_allclose(value, 20 * rare - np.log1p(np.exp(-10.0)), rtol=1e-14)
