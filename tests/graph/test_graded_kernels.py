"""The compiled loops of the graded response likelihood against exact arithmetic and differences."""

from __future__ import annotations

import numpy as np
import pytest

from latentclass.graph import graded_kernels as kernels
from tests.graph.evaluation import central_differences
from tests.graph.exact import graded_log_probability


def case(n: int = 8, far: float = 1.0, sizes=(4, 2, 3), seed: int = 0):
    """Return scores, loadings, thresholds, codes, constructs and sizes; the first respondent answers nothing."""
    rng = np.random.default_rng(seed)
    width = max(sizes) - 1
    thresholds = np.zeros((len(sizes), width))
    for j, size in enumerate(sizes):
        thresholds[j, : size - 1] = np.sort(rng.normal(scale=2 * far, size=size - 1))
    codes = rng.integers(0, sizes, size=(n, len(sizes)))
    codes[rng.random(codes.shape) < 0.2] = -1
    codes[0] = -1
    construct = np.arange(len(sizes)) % 2
    return (
        rng.normal(scale=far, size=(n, 2)),
        rng.normal(size=len(sizes)),
        thresholds,
        codes,
        construct,
        np.array(sizes),
    )


CASES = {
    "usual": {},
    "far in the tails": {"far": 12.0},
    "farther": {"far": 60.0},
    "200 indicators": {"sizes": (5, 2) * 100},
}


def by_hand(score, loading, thresholds, codes, construct, n_levels) -> np.ndarray:
    found = np.zeros(len(codes))
    for i, j in np.ndindex(*codes.shape):
        code = codes[i, j]
        if code >= 0:
            at = loading[j] * score[i, construct[j]]
            lower = thresholds[j, code - 1] - at if code > 0 else None
            upper = thresholds[j, code] - at if code < n_levels[j] - 1 else None
            found[i] += graded_log_probability(lower, upper)
    return found


@pytest.mark.parametrize("name", CASES)
def test_value_is_exact(name: str) -> None:
    arrays = case(**CASES[name])
    value = kernels.graded_response(*arrays)[0]
    np.testing.assert_allclose(value, by_hand(*arrays), rtol=1e-12, atol=1e-13)
    assert value[0] == 0


def test_neighbouring_thresholds_keep_their_digits() -> None:
    """A level between thresholds 1e-12 apart has a probability near 1e-12, far out one of exp(-40) less."""
    thresholds = np.array([[0.0, 2.0**-40], [-40.0, -40.0 + 2.0**-38]])
    arrays = np.zeros((1, 1)), np.ones(2), thresholds, np.array([[1, 1]]), np.zeros(2, dtype=int), np.array([3, 3])
    np.testing.assert_allclose(kernels.graded_response(*arrays)[0], by_hand(*arrays), rtol=1e-13)


@pytest.mark.parametrize("name", ["usual", "far in the tails"])
def test_slopes_are_the_derivatives(name: str) -> None:
    score, loading, thresholds, *fixed = case(**CASES[name])
    _, by_score, by_upper, by_lower = kernels.graded_response(score, loading, thresholds, *fixed)
    weight = np.random.default_rng(5).normal(size=len(score))

    def total(a, b, c) -> float:
        return weight @ kernels.graded_response(a, b, c, *fixed)[0]

    close = {"rtol": 1e-6, "atol": 1e-7}
    differences = central_differences(lambda x: total(x, loading, thresholds), score)
    np.testing.assert_allclose(weight[:, None] * by_score, differences, **close)
    by_loading, by_thresholds = kernels.accumulate_graded(
        weight, by_upper, by_lower, score, *fixed[:2], thresholds.shape[1]
    )
    np.testing.assert_allclose(by_loading, central_differences(lambda x: total(score, x, thresholds), loading), **close)
    differences = central_differences(lambda x: total(score, loading, x), thresholds)
    np.testing.assert_allclose(by_thresholds, differences, **close)


def test_probabilities_of_the_levels_sum_to_one() -> None:
    score, loading, thresholds, _, construct, n_levels = case(n=5)
    for j, size in enumerate(n_levels):
        total = np.zeros(5)
        for code in range(size):
            codes = np.full((5, 3), -1)
            codes[:, j] = code
            total += np.exp(kernels.graded_response(score, loading, thresholds, codes, construct, n_levels)[0])
        np.testing.assert_allclose(total, 1.0, rtol=1e-13)
