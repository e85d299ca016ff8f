"""The density of slopes of zero against closed forms, and against the bridge on a real survey."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import stats
from scipy.special import logsumexp

import latentclass as lc
from latentclass.evidence import bayes_factor, marginal_likelihood, nested, nested_bayes_factor
from latentclass.evidence.lines import BayesFactor
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


def few_draws(monkeypatch: pytest.MonkeyPatch, mean: float) -> BayesFactor:
    """Return the Bayes factor from 30 draws of slopes with unit variances."""
    centre, covariance = np.array([mean, -mean]), np.eye(2)
    normal = stats.multivariate_normal(centre, covariance)
    space = SimpleNamespace(
        log_density=normal.logpdf,
        # Too flat by far, so that the terms differ wildly and the mean hangs on a few draws.
        curvature=lambda point, scale, rows: 0.01 * covariance[rows],
        parts=[SimpleNamespace(name="slope_one", where=slice(0, 2))],
        draws=xr.DataArray(normal.rvs((2, 15), random_state=3), dims=("chain", "draw", "entry")).assign_coords(
            chain=[0, 1]
        ),
    )
    monkeypatch.setattr(nested, "unconstrained", lambda fit: space)
    model = lc.Model(items=lc.binary("a", "b"), n_classes=2, factor_groups={"one": ["x", "z"]})
    solutions = pd.DataFrame({"chains": [(0, 1)]})
    return nested_bayes_factor(SimpleNamespace(model=model, solutions=solutions), "one")


def test_a_mean_that_hangs_on_a_few_draws_is_used_on_one_side_only(monkeypatch) -> None:
    far = few_draws(monkeypatch, 6.0)
    # The prior density at zero over that of the posterior, both normal, with 0.5 the scale of the prior.
    truth = stats.norm(0, 0.5).logpdf(0) * 2 - stats.norm(6, 1).logpdf(0) * 2
    assert far.log_value == pytest.approx(truth, abs=2 * far.error)
    assert far.error == pytest.approx(0.3 * far.log_value)
    near = few_draws(monkeypatch, 0.5)
    assert np.isnan(near.log_value)
    assert "'one' hangs on a few draws" in near.message


@pytest.mark.slow
def test_bridge_and_density_at_zero_agree(reference_survey: Callable[[str], pd.DataFrame]) -> None:
    frame = reference_survey("cheating").dropna()
    model = lc.Model(items=lc.binary(*CHEATING), n_classes=2, factor_groups={"ability": ["GPA"]})
    fit = lc.fit(model, frame, draws=2000, seed=1, n_starts=5, progressbar=False)
    null = lc.fit(model.replace(factor_groups={}), frame, draws=2000, seed=1, n_starts=5, progressbar=False)
    found = nested_bayes_factor(fit, "ability", draws=8000)
    bridged = bayes_factor(marginal_likelihood(fit, draws=8000), marginal_likelihood(null, draws=8000))
    assert found.method == "density of slopes of zero"
    assert found.log_value == pytest.approx(bridged.log_value, abs=3 * np.hypot(found.error, bridged.error))
    # Stan with bridgesampling under the same priors.
    assert found.log_value == pytest.approx(5.733, abs=3 * found.error + 0.02)
