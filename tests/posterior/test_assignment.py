"""Best and second-best matchings."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from latentclass.posterior.assignment import assign


@pytest.mark.parametrize("k", [2, 3, 4, 5, 6, 7, 9])
def test_best_matching_is_that_of_scipy(k: int) -> None:
    cost = np.random.default_rng(k).gamma(1.0, size=(40, k, k))
    found = assign(cost)
    for i in range(40):
        labels, pivots = linear_sum_assignment(cost[i])
        np.testing.assert_array_equal(found.permutation[i][pivots], labels)
        assert found.best[i] == pytest.approx(cost[i][labels, pivots].sum(), rel=1e-12)


@pytest.mark.parametrize("k", [2, 3, 6, 7])
def test_second_best_is_that_of_enumeration(k: int) -> None:
    cost = np.random.default_rng(k).gamma(1.0, size=(5, k, k))
    found = assign(cost)
    for i in range(5):
        totals = sorted(cost[i][list(p), range(k)].sum() for p in permutations(range(k)))
        # Sums of the same numbers in another order.
        assert found.best[i] == pytest.approx(totals[0], rel=1e-12)
        assert found.second[i] == pytest.approx(totals[1], rel=1e-12)


def test_more_draws_than_fit_into_one_block() -> None:
    cost = np.random.default_rng(0).gamma(1.0, size=(6000, 6, 6))
    found, first = assign(cost), assign(cost[-5:])
    np.testing.assert_array_equal(found.permutation[-5:], first.permutation)
    np.testing.assert_array_equal(found.second[-5:], first.second)


def test_a_single_class_has_one_matching() -> None:
    found = assign(np.ones((3, 1, 1)))
    assert found.permutation.tolist() == [[0]] * 3
    assert np.isinf(found.second).all()
