"""The density of slopes of zero against closed forms, and against the bridge on a real survey."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import logsumexp

import latentclass as lc
from latentclass.evidence import bayes_factor, marginal_likelihood, nested_bayes_factor
from latentclass.evidence.nested import _terms
from tests.conftest import CHEATING

MEAN = np.array([0.4, -0.3, 1.0, 2.0])
COVARIANCE = np.array([[1.0, 0.3, 0.5, 0.0], [0.3, 0.8, 0.1, 0.4], [0.5, 0.1, 2.0, 0.3], [0.0, 0.4, 0.3, 1.5]])


def normal_space() -> SimpleNamespace:
    """Return a space whose density is a normal, up to a constant."""
    normal, precision = stats.multivariate_normal(MEAN, COVARIANCE), np.linalg.inv(COVARIANCE)
    return SimpleNamespace(
        log_density=lambda points: normal.logpdf(points) - 123.0,
        curvature=lambda point, scale, rows: precision[rows],
    )


def test_density_at_zero_of_a_normal() -> None:
    draws = stats.multivariate_normal(MEAN, COVARIANCE).rvs((2, 4000), random_state=1)
    terms = _terms(normal_space(), draws, slice(0, 2))
    # Every term is the density of the first two entries at zero given the others, but for the mean of the draws.
    gain = COVARIANCE[:2, 2:] @ np.linalg.inv(COVARIANCE[2:, 2:])
    rest = COVARIANCE[:2, :2] - gain @ COVARIANCE[2:, :2]
    given = MEAN[:2] + (draws[..., 2:] - MEAN[2:]) @ gain.T
    exact = stats.multivariate_normal(np.zeros(2), rest).logpdf(given)
    np.testing.assert_allclose(terms.mean(), exact.mean(), atol=0.02)
    truth = stats.multivariate_normal(MEAN[:2], COVARIANCE[:2, :2]).logpdf(np.zeros(2))
    assert logsumexp(terms) - np.log(terms.size) == pytest.approx(truth, abs=0.02)


def test_a_density_that_is_no_normal_costs_precision_only() -> None:
    # A gamma with shape 9 moved by 7: a mode at 1, skewed; its curvature at the mean is (9 - 1) / 81.
    gamma = stats.gamma(9, loc=-7)
    draws = gamma.rvs((2, 20000), random_state=2)[..., None]
    space = SimpleNamespace(
        log_density=lambda points: gamma.logpdf(points[:, 0]),
        curvature=lambda point, scale, rows: np.array([[8 / 81]]),
    )
    terms = _terms(space, draws, slice(0, 1))
    # The terms have a standard deviation of about half their mean: 0.5 / 200 = 0.0025.
    assert logsumexp(terms) - np.log(terms.size) == pytest.approx(gamma.logpdf(0.0), abs=0.02)


def test_priors_that_are_no_normal_are_told() -> None:
    model = lc.Model(items=lc.binary("a", "b"), n_classes=2, factor_groups={"one": ["x"]}, priors=lc.Priors.flat())
    found = nested_bayes_factor(SimpleNamespace(model=model), "one")
    assert np.isnan(found.log_value)
    assert "needs a normal prior; that of 'one' is Flat()" in found.message


@pytest.mark.slow
def test_bridge_and_density_at_zero_agree(reference_survey: Callable[[str], pd.DataFrame]) -> None:
    frame = reference_survey("cheating").dropna()
    model = lc.Model(items=lc.binary(*CHEATING), n_classes=2, factor_groups={"ability": ["GPA"]})
    fit = lc.fit(model, frame, draws=2000, seed=1, n_starts=5, progressbar=False)
    null = lc.fit(model.replace(factor_groups={}), frame, draws=2000, seed=1, n_starts=5, progressbar=False)
    nested = nested_bayes_factor(fit, "ability", draws=8000)
    bridged = bayes_factor(marginal_likelihood(fit, draws=8000), marginal_likelihood(null, draws=8000))
    assert nested.method == "density of slopes of zero"
    assert nested.log_value == pytest.approx(bridged.log_value, abs=3 * np.hypot(nested.error, bridged.error))
    # Stan with bridgesampling under the same priors.
    assert nested.log_value == pytest.approx(5.733, abs=3 * nested.error + 0.02)
