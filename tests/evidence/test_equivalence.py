"""Equivalence against probabilities that are known, and Monte Carlo errors against repetition."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import beta

import latentclass as lc
from latentclass.evidence import equivalence

# Weights with known distributions: Pr(weight < 0.02) is 0.83 after, 0.17 before.
AFTER, BEFORE = beta(1, 88), beta(1, 9)
ODDS = [d.cdf(0.02) / d.sf(0.02) for d in (AFTER, BEFORE)]


def found(seed: int, n: int = 2000):
    rng = np.random.default_rng(seed)
    return equivalence(AFTER.rvs(n, random_state=rng), BEFORE.rvs(n, random_state=rng))


def test_probabilities_and_bayes_factor_are_those_of_the_distributions() -> None:
    one = found(1, 200_000)
    # Four Monte Carlo errors of 200 000 draws.
    assert one.posterior == pytest.approx(AFTER.cdf(0.02), abs=4e-3)
    assert one.prior == pytest.approx(BEFORE.cdf(0.02), abs=4e-3)
    assert one.log_bayes_factor == pytest.approx(np.log(ODDS[0] / ODDS[1]), abs=0.04)
    assert not one.bounded


def test_the_error_is_the_standard_deviation_over_repetitions() -> None:
    many = [found(seed) for seed in range(200)]
    factors = np.array([m.log_bayes_factor for m in many])
    errors = np.array([m.log_bayes_factor_error for m in many])
    # A standard deviation from 200 repetitions is known to 5 %.
    assert errors.mean() == pytest.approx(factors.std(), rel=0.2)
    assert np.mean(np.abs(factors - np.log(ODDS[0] / ODDS[1])) < 2 * errors) > 0.9


def test_autocorrelated_draws_have_a_larger_error() -> None:
    draws = AFTER.rvs(500, random_state=np.random.default_rng(2))
    repeated = np.repeat(draws, 4)
    once, again = (equivalence(d, None).posterior_error for d in (draws, repeated))
    # Every draw four times over is worth no more than once.
    assert again == pytest.approx(once, rel=0.4)


def test_draws_on_one_side_give_a_bound() -> None:
    one = equivalence(np.full(999, 0.001), np.linspace(0, 1, 1000))
    assert one.bounded
    assert one.posterior == 1
    assert one.log_bayes_factor == pytest.approx(np.log(999.5 / 0.5) - np.log(20.5 / 980.5))
    assert one.posterior_error > 0


def test_without_a_proper_prior_there_is_no_bayes_factor() -> None:
    one = equivalence(np.linspace(0, 1, 101), None)
    assert np.isnan(one.log_bayes_factor)
    assert one.posterior == pytest.approx(2 / 101)


@pytest.mark.parametrize("bound", [0, 1, -0.1, "0.02", True])
def test_a_bound_that_is_none(bound) -> None:
    with pytest.raises(lc.LatentClassError, match=r"a number between 0 and 1, such as 0.02; got"):
        equivalence(np.zeros(10), None, bound=bound)
