"""The prior of score correlations and the coordinates it is sampled in."""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest
from scipy import integrate, stats

from latentclass.graph.constructs import RowsInBall
from tests.graph.conftest import Built
from tests.graph.evaluation import in_python


class Evaluated:
    """The transform as functions of arrays."""

    def __init__(self, n: int) -> None:
        transform = RowsInBall(n)
        v, square = pt.dvector(), pt.dmatrix()
        self.backward = in_python([v], transform.backward(v))
        self.log_jac_det = in_python([v], transform.log_jac_det(v))
        self.forward = in_python([square], transform.forward(square))


def n_entries(n: int) -> int:
    return n * (n - 1) // 2


def correlation_density(n: int, eta: float):
    """Return the log density of the sampled vector under `pymc.LKJCorr`."""
    with pm.Model() as model:
        pm.LKJCorr("cholesky", n=n, eta=eta, default_transform=RowsInBall(n))
    return in_python(model.value_vars, model.logp())


@pytest.mark.parametrize("n", [2, 3, 5])
def test_round_trip_through_cholesky_factors(n: int) -> None:
    evaluated = Evaluated(n)
    v = np.random.default_rng(n).normal(scale=2.0, size=n_entries(n))
    factor = evaluated.backward(v)
    assert (np.triu(factor, 1) == 0).all()
    assert (np.diag(factor) > 0).all()
    np.testing.assert_allclose(np.diag(factor @ factor.T), 1.0, rtol=1e-14)
    np.testing.assert_allclose(evaluated.forward(factor), v, rtol=1e-12)


@pytest.mark.parametrize("n", [2, 3, 5])
def test_jacobian_is_that_of_differences(n: int) -> None:
    evaluated, below = Evaluated(n), np.tril_indices(n, -1)
    v, step = np.random.default_rng(n).normal(size=n_entries(n)), 1e-6
    columns = [
        (evaluated.backward(v + e)[below] - evaluated.backward(v - e)[below]) / (2 * step)
        for e in np.eye(len(v)) * step
    ]
    wanted = np.linalg.slogdet(np.column_stack(columns))[1]
    assert evaluated.log_jac_det(v) == pytest.approx(wanted, rel=1e-7, abs=1e-7)


@pytest.mark.parametrize("eta", [0.7, 1.0, 2.0, 5.0])
@pytest.mark.parametrize("n", [2, 3, 4])
def test_rows_are_student_t_under_an_lkj_prior(n: int, eta: float) -> None:
    """Row i of n has df = 2 eta + n - i and the scale matrix I / df: normalised, so the prior is proper."""
    density = correlation_density(n, eta)
    for seed in range(3):
        v = np.random.default_rng(seed).normal(size=n_entries(n))
        wanted = 0.0
        for i, row in enumerate(np.split(v, np.cumsum(range(1, n - 1))), start=2):
            freedom = 2 * eta + n - i
            wanted += stats.multivariate_t(shape=np.eye(i - 1) / freedom, df=freedom).logpdf(row)
        assert density(v) == pytest.approx(wanted, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("eta", [1.0, 2.0])
def test_correlation_of_two_has_the_known_variance(eta: float) -> None:
    density = correlation_density(2, eta)

    def moment(power: int) -> float:
        def integrand(v: float) -> float:
            return (v / np.sqrt(1 + v**2)) ** power * np.exp(density(np.array([v])))

        return integrate.quad(integrand, -np.inf, np.inf)[0]

    assert moment(0) == pytest.approx(1.0, rel=1e-6)
    # Beta(a, a) on (-1, 1) with a = eta - 1 + n / 2 has the variance 1 / (2 a + 1).
    assert moment(2) == pytest.approx(1 / (2 * eta + 1), rel=1e-6)


def test_every_correlation_of_three_has_the_same_known_distribution() -> None:
    """Rows drawn from their Student t distributions make correlations that are Beta(a, a) with a = eta - 1 + 3 / 2."""
    eta, rng, evaluated = 2.0, np.random.default_rng(6), Evaluated(3)
    rows = [
        stats.multivariate_t(shape=np.eye(i - 1) / (2 * eta + 3 - i), df=2 * eta + 3 - i).rvs(1500, random_state=rng)
        for i in (2, 3)
    ]
    factors = [evaluated.backward(np.append(*pair)) for pair in zip(*rows, strict=True)]
    correlations = np.array([factor @ factor.T for factor in factors])
    beta = stats.beta(eta + 0.5, eta + 0.5, loc=-1, scale=2)
    for i, j in ((1, 0), (2, 0), (2, 1)):
        assert stats.kstest(correlations[:, i, j], beta.cdf).pvalue > 1e-3


def test_thresholds_are_stretched_logits_of_the_baseline(rich: Built) -> None:
    """The baseline is about the marginal distribution of the answers: the loading hardly moves it."""
    rng = np.random.default_rng(0)
    score = rng.normal(size=200_000)
    baseline, loading = np.array([0.15, 0.25, 0.4, 0.2]), 1.8
    stretch = np.sqrt(1 + (16 * np.sqrt(3) / (15 * np.pi)) ** 2 * loading**2)
    cumulative = np.cumsum(baseline)[:-1]
    thresholds = stretch * np.log(cumulative / (1 - cumulative))
    answers = (1 / (1 + np.exp(-(thresholds - loading * score[:, None])))).mean(axis=0)
    # The approximation of a logistic-normal integral is good to about 0.01.
    np.testing.assert_allclose(answers, cumulative, atol=0.01)
    model = rich.pymc_model
    with model:
        drawn = pm.draw(
            [model["likert_baseline"], model["likert_thresholds"], model["loading"]], random_seed=3, mode="FAST_COMPILE"
        )
    for j, (row, cuts) in enumerate(zip(np.split(drawn[0][:12], 3), np.split(drawn[1][:9], 3), strict=True)):
        below = np.cumsum(row)[:-1]
        stretch = np.sqrt(1 + (16 * np.sqrt(3) / (15 * np.pi)) ** 2 * drawn[2][j] ** 2)
        np.testing.assert_allclose(cuts, stretch * np.log(below / (1 - below)), rtol=1e-9)
