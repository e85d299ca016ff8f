"""One common factor: maximum likelihood, alpha, omega."""

from __future__ import annotations

import numpy as np
import pytest

from latentclass.posterior.factor import (
    bootstrap_covariances,
    composite_reliability,
    cronbach_alpha,
    one_factor,
    solve,
)


def answers(loadings: list[float], n: int = 300, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    loading = np.array(loadings)
    common = rng.normal(size=(n, 1)) * loading
    return common + rng.normal(size=(n, len(loading))) * np.sqrt(1 - loading**2)


@pytest.mark.parametrize("loadings", [[0.8, 0.7, 0.6], [0.9, 0.5, 0.4, 0.7], [0.5, 0.4, 0.45, 0.5, 0.6, 0.3]])
def test_loadings_are_those_of_statsmodels(loadings: list[float]) -> None:
    factor = pytest.importorskip("statsmodels.multivariate.factor")
    correlation = np.corrcoef(answers(loadings), rowvar=False)
    other = factor.Factor(corr=correlation, n_factor=1, method="ml").fit()
    # The other program stops its optimiser at a gradient of about 1e-4.
    np.testing.assert_allclose(np.abs(one_factor(correlation[None])[0]), np.abs(other.loadings[:, 0]), atol=2e-4)


def test_three_columns_are_solved_exactly() -> None:
    correlation = np.corrcoef(answers([0.8, 0.7, 0.6]), rowvar=False)
    r12, r13, r23 = correlation[0, 1], correlation[0, 2], correlation[1, 2]
    exact = [np.sqrt(r12 * r13 / r23), np.sqrt(r12 * r23 / r13), np.sqrt(r13 * r23 / r12)]
    # EM stops at steps of 1e-9, with a rate of convergence below .99.
    np.testing.assert_allclose(one_factor(correlation[None])[0], exact, atol=1e-6)


def test_several_matrices_are_solved_as_one_by_one() -> None:
    matrices = np.stack([np.corrcoef(answers([0.8, 0.5, 0.6, 0.3], seed=s), rowvar=False) for s in range(5)])
    together = one_factor(matrices)
    for matrix, loading in zip(matrices, together, strict=True):
        np.testing.assert_allclose(one_factor(matrix[None])[0], loading, atol=1e-12)


def test_a_reversed_column_loads_negatively() -> None:
    values = answers([0.8, 0.7, 0.6])
    plain = one_factor(np.corrcoef(values, rowvar=False)[None])[0]
    turned = one_factor(np.corrcoef(values * [1, 1, -1], rowvar=False)[None])[0]
    np.testing.assert_allclose(turned, plain * [1, 1, -1], atol=1e-7)


def test_an_improper_solution_stops_at_the_bound() -> None:
    correlation = np.array([[1.0, 0.8, 0.8], [0.8, 1.0, 0.3], [0.8, 0.3, 1.0]])
    loading = one_factor(correlation[None])[0]
    # sqrt(.8 * .8 / .3) is above 1; the uniqueness is held at .005.
    assert 1 - loading[0] ** 2 == pytest.approx(0.005, abs=2e-3)


def test_two_columns_give_spearman_brown() -> None:
    found = solve(np.array([[[4.0, 1.2], [1.2, 1.0]]]))
    r = 0.6
    assert found.omega[0] == pytest.approx(2 * r / (1 + r))
    np.testing.assert_allclose(found.loading[0], np.sqrt(r))


def test_alpha_equals_omega_for_equal_loadings() -> None:
    loading = np.full(4, 0.7)
    correlation = np.outer(loading, loading) + np.diag(1 - loading**2)
    assert cronbach_alpha(correlation) == pytest.approx(composite_reliability(loading))


def test_alpha_is_the_mean_of_all_split_halves() -> None:
    # Cronbach (1951): alpha is the mean of the Flanagan-Rulon coefficients of all splits in halves.
    covariance = np.cov(answers([0.9, 0.5, 0.7, 0.3]), rowvar=False)
    halves = [([0, 1], [2, 3]), ([0, 2], [1, 3]), ([0, 3], [1, 2])]
    rulon = [4 * covariance[np.ix_(a, b)].sum() / covariance.sum() for a, b in halves]
    assert cronbach_alpha(covariance) == pytest.approx(np.mean(rulon))


def test_bootstrap_spread_is_that_of_theory() -> None:
    values = answers([0.8, 0.8], n=400)
    found = bootstrap_covariances(values, 2000, seed=1)
    r = found[:, 0, 1] / np.sqrt(found[:, 0, 0] * found[:, 1, 1])
    sample = np.corrcoef(values, rowvar=False)[0, 1]
    # Of a correlation: (1 - r²) / sqrt(n); 2000 resamples know it to 1.6 %, the theory is for large n.
    assert r.std() == pytest.approx((1 - sample**2) / 20, rel=0.15)
    assert r.mean() == pytest.approx(sample, abs=0.005)


def test_bootstrap_follows_its_seed() -> None:
    values = answers([0.8, 0.6, 0.5], n=50)
    one, same, other = (bootstrap_covariances(values, 5, seed=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)
