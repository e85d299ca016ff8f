"""Probabilities of subsets against sums written out, and on a real survey."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

import latentclass as lc
from latentclass.evidence import MarginalLikelihood, compare_subsets, subsets


def marginal(value: float, error: float = 0.05) -> MarginalLikelihood:
    return MarginalLikelihood(
        log_value=value,
        error=error,
        log_labelled=value,
        log_copies=0.0,
        solutions=(value,),
        overlap=0.9,
        n_common=1000.0,
        n_draws=1000,
    )


def test_probabilities_are_sums_over_the_subsets() -> None:
    chosen = np.array(list(product([True, False], repeat=2)))
    values, prior = [-100.0, -102.0, -101.0, -104.5], 0.3
    found = compare_subsets(["one", "two"], chosen, [marginal(v) for v in values], prior=prior)
    weight = {
        row: np.exp(v + 100) * np.prod([prior if taken else 1 - prior for taken in row])
        for row, v in zip(map(tuple, chosen.tolist()), values, strict=True)
    }
    total = sum(weight.values())
    one = (weight[True, True] + weight[True, False]) / total
    assert found.inclusion.loc["one", "posterior"] == pytest.approx(one)
    assert found.inclusion.loc["one", "log_bf"] == pytest.approx(np.log(one / (1 - one)) - np.log(0.3 / 0.7))
    assert found.table.loc["two", "posterior"] == pytest.approx(weight[False, True] / total)
    assert found.table.loc["no group", "posterior"] == pytest.approx(weight[False, False] / total)
    assert found.table["posterior"].is_monotonic_decreasing
    assert found.table["posterior"].sum() == pytest.approx(1.0)
    assert found.table["prior"].sum() == pytest.approx(1.0)


def test_error_of_inclusion_follows_from_that_of_the_marginal_likelihoods() -> None:
    chosen = np.array([[True], [False]])
    found = compare_subsets(["one"], chosen, [marginal(0.5, 0.3), marginal(0.0, 0.4)])
    p = 1 / (1 + np.exp(-0.5))
    # First order: p (1 - p) times the error of the difference, 0.5; the rest of the series is below a tenth of it.
    assert found.inclusion.loc["one", "error"] == pytest.approx(p * (1 - p) * 0.5, rel=0.1)


def test_what_is_not_known_is_not_a_number() -> None:
    chosen = np.array([[True], [False]])
    found = compare_subsets(["one"], chosen, [marginal(np.nan), marginal(0.0)])
    assert np.isnan(found.inclusion.loc["one", "posterior"])


def test_wrong_arguments_are_told() -> None:
    with pytest.raises(lc.LatentClassError, match="between 0 and 1; got 1.0"):
        compare_subsets(["one"], np.array([[True], [False]]), [marginal(0.0), marginal(0.0)], prior=1.0)
    data = lc.datasets.plain_survey(n=80, n_items=3, n_covariates=0, seed=1)
    fit = type("Fitted", (), {"model": data.model, "survey": lc.read_survey(data.model, data.frame)})
    with pytest.raises(lc.ModelError, match="needs factor_groups"):
        subsets(fit)
