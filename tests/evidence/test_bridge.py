"""The bridge against ratios that are known, its error against its own spread, and normals against SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from latentclass.evidence.bridge import bridge, effective_size
from latentclass.evidence.proposal import normal_proposal


@pytest.mark.parametrize("dimension", [1, 20])
def test_ratio_of_two_normals_with_an_honest_error(dimension: int) -> None:
    rng, scale = np.random.default_rng(1), 1.3
    standardised = []
    for _ in range(100):
        first = rng.normal(size=(2, 250, dimension))
        second = scale * rng.normal(size=(500, dimension))
        first, second = (-0.5 * np.square(x).sum(-1) * (1 - 1 / scale**2) for x in (first, second))
        found = bridge(first, second)
        standardised.append((found.log_ratio + dimension * np.log(scale)) / found.error)
    # 100 standard normal numbers: mean within 0.3, standard deviation within 0.75 to 1.25, with more than 99 %.
    assert abs(np.mean(standardised)) < 0.3
    assert 0.75 < np.std(standardised) < 1.25


def test_overlap_is_the_integral_that_defines_it() -> None:
    rng = np.random.default_rng(2)
    first, second = rng.normal(0.0, 1.0, (4, 5000)), rng.normal(1.0, 1.0, 20000)
    p, g = stats.norm(0, 1), stats.norm(1, 1)
    found = bridge(*(p.logpdf(x) - g.logpdf(x) for x in (first, second)))
    x = np.linspace(-8, 9, 20001)
    truth = np.trapezoid(p.pdf(x) * g.pdf(x) / (0.5 * p.pdf(x) + 0.5 * g.pdf(x)), x)
    # 20000 draws of a quantity with standard deviation below 0.6.
    assert found.overlap == pytest.approx(truth, abs=0.02)
    assert found.log_ratio == pytest.approx(0.0, abs=4 * found.error)


def test_error_heeds_the_autocorrelation_of_the_chain() -> None:
    rng = np.random.default_rng(3)
    ratios, errors = [], []
    for _ in range(60):
        chain = np.empty((2, 500))
        chain[:, 0] = rng.normal(size=2)
        for t in range(1, 500):
            chain[:, t] = 0.9 * chain[:, t - 1] + np.sqrt(1 - 0.81) * rng.normal(size=2)
        second = 1.5 * rng.normal(size=2000)
        found = bridge(*(-0.5 * np.square(x) * (1 - 1 / 2.25) for x in (chain, second)))
        ratios.append(found.log_ratio)
        errors.append(found.error)
    # Effective sizes of 26 independent draws each: without them the error would be a third of what it is.
    assert np.std(ratios) == pytest.approx(np.mean(errors), rel=0.35)


def test_densities_apart_have_no_ratio() -> None:
    found = bridge(np.full((2, 10), 5000.0), np.full(20, -5000.0))
    assert np.isnan(found.log_ratio)
    assert found.n_common == 0
    assert np.isnan(bridge(np.zeros((2, 10)), np.full(20, -np.inf)).log_ratio)


def test_effective_size_of_independent_draws_is_their_number() -> None:
    draws = np.random.default_rng(4).normal(size=(4, 1000))
    assert effective_size(draws) == pytest.approx(4000, rel=0.15)


COVARIANCE = np.array([[2, 1, 0.5], [1, 1, 0.2], [0.5, 0.2, 3]])


def test_normal_proposal_has_the_density_of_a_normal() -> None:
    rng = np.random.default_rng(5)
    draws = rng.multivariate_normal([1, -2, 3], COVARIANCE, size=(4, 1000))
    found = normal_proposal(draws)
    covariance = found.cholesky @ found.cholesky.T
    # So many draws of so few entries are believed.
    np.testing.assert_allclose(covariance, np.cov(draws.reshape(-1, 3).T), rtol=0.06, atol=0.02)
    points = rng.normal(size=(5, 3))
    truth = stats.multivariate_normal(found.mean, covariance).logpdf(points)
    np.testing.assert_allclose(found.log_density(points), truth, rtol=1e-10)
    again = found.draw(100_000, rng)
    # Standard errors of the largest variance: 3 * sqrt(2 / 100000) = 0.013.
    np.testing.assert_allclose(np.cov(again.T), covariance, atol=0.06)


def test_normal_proposal_takes_correlations_from_the_curvature_where_draws_are_few() -> None:
    rng = np.random.default_rng(6)
    correlation = 0.6 ** np.abs(np.subtract.outer(np.arange(50), np.arange(50)))
    sd = np.exp(rng.normal(size=50))
    draws = rng.multivariate_normal(np.zeros(50), correlation * np.outer(sd, sd), size=(2, 60))
    found = normal_proposal(draws, np.linalg.inv(correlation * np.outer(sd, sd)))
    covariance = found.cholesky @ found.cholesky.T
    scale = np.sqrt(np.diagonal(covariance))
    # 120 draws alone would be off by 0.09 in the mean; standard deviations are still those of the draws.
    assert np.abs(covariance / np.outer(scale, scale) - correlation).mean() < 0.02
    np.testing.assert_allclose(scale, draws.reshape(-1, 50).std(axis=0, ddof=1))


@pytest.mark.parametrize("curvature", [-np.eye(40), np.full((40, 40), np.nan), None], ids=["saddle", "nan", "none"])
def test_normal_proposal_is_proper_whatever_the_curvature(curvature: np.ndarray | None) -> None:
    draws = np.random.default_rng(7).normal(size=(1, 30, 40))
    covariance = (found := normal_proposal(draws, curvature)).cholesky @ found.cholesky.T
    # Entries are independent: sampling alone gives correlations of 1 / sqrt(30) = 0.18.
    scale = np.sqrt(np.diagonal(covariance))
    assert np.abs((covariance / np.outer(scale, scale))[~np.eye(40, dtype=bool)]).mean() < 0.05
    assert np.linalg.eigvalsh(covariance).min() > 0.1
