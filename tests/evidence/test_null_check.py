"""The score against finite differences of the NumPy twin, its distribution, and p-values under a null and a planted
group."""

from __future__ import annotations

import warnings
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.linalg import helmert
from scipy.stats import chi2, kstest

import latentclass as lc
from latentclass.evidence import null_check
from latentclass.evidence.null_check import _design, _nuisance, _residual, _statistic, score_contributions
from latentclass.posterior.density import one_hot
from latentclass.posterior.draws import Draws
from latentclass.simulation import log_likelihood
from tests.posterior.conftest import derived

ITEMS = [*lc.binary("a", "b", "c", levels=[0, 1]), *lc.ordinal("d", levels=[1, 2, 3, 4])]


def models(n_classes: int = 3) -> tuple[lc.Model, lc.Model]:
    """Return the model with both groups, and that without the group `two`."""
    groups = {"one": ["x"], "two": ["y", "v"]}
    full = lc.Model(items=ITEMS, n_classes=n_classes, factor_groups=groups)
    return full, full.replace(factor_groups={"one": ["x"]})


def covariates(n: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    return pd.DataFrame({"x": x, "y": 0.6 * x + rng.normal(size=n), "v": rng.normal(size=n)})


def as_fit(survey, parameters):
    """Return what the check needs of a fit."""
    posterior = derived(survey, parameters).expand_dims(["chain", "draw"])
    return SimpleNamespace(model=survey.model, survey=survey, posterior=posterior)


def without_effect(parameters: xr.Dataset) -> xr.Dataset:
    return parameters.assign(slope_two=parameters["slope_two"] * 0.0)


def test_the_score_is_the_gradient_of_the_likelihood() -> None:
    full, null = models()
    data = lc.simulate(full, covariates=covariates(40, 1), seed=2, missing=0.1)
    parameters = without_effect(data.parameters)
    survey, reduced = (lc.read_survey(m, data.frame) for m in (full, null))
    fit = as_fit(survey, parameters)
    design = _design(fit, "two", 0)
    one = Draws.of(as_fit(reduced, parameters.drop_vars("slope_two")).posterior, reduced)
    found = score_contributions(design, _residual(reduced, one, one_hot(reduced)))
    basis, step = helmert(3), 1e-5
    for column in range(2):
        for direction in range(2):
            slope = np.zeros((2, 3))
            slope[column] = step * basis[direction]
            up, down = (
                log_likelihood(survey, parameters.assign(slope_two=parameters["slope_two"].copy(data=s)))
                for s in (slope, -slope)
            )
            gradient = (up - down) / (2 * step)
            # The covariates are centred in the design of the survey as well.
            np.testing.assert_allclose(found[:, column * 2 + direction], gradient, atol=1e-8)


def test_the_statistic_is_the_quadratic_form() -> None:
    rng = np.random.default_rng(3)
    other, own = rng.normal(size=(50, 4)), rng.normal(size=(50, 3)) + 0.3
    left = own - other @ np.linalg.solve(other.T @ other, other.T @ own)
    u = left.sum(axis=0)
    assert _statistic(own, other) == pytest.approx(u @ np.linalg.solve(left.T @ left, u), rel=1e-9)
    # A column twice over adds nothing.
    assert _statistic(np.hstack([own, own[:, :1]]), other) == pytest.approx(_statistic(own, other), rel=1e-6)


def test_at_the_true_parameters_the_statistic_is_chi_squared() -> None:
    full, null = models(2)
    data = lc.simulate(full, covariates=covariates(300, 4), seed=5)
    truth = without_effect(data.parameters)
    survey, reduced = (lc.read_survey(m, data.frame) for m in (full, null))
    of_null = as_fit(reduced, truth.drop_vars("slope_two"))
    of_null.posterior = of_null.posterior.isel(draw=[0] * 300)
    check = null_check(as_fit(survey, truth), of_null, "two", draws=300, seed=1)
    assert check.n_slopes == 2
    # In samples of 300 the outer products are near enough to the information.
    assert kstest(check.statistics["replicated"], chi2(2).cdf).pvalue > 1e-2
    # The draws are all the same, and so is the observed statistic; the survey has an effect.
    observed = check.statistics["observed"]
    assert observed.std() < 1e-9
    assert check.p_value == np.mean(check.statistics["replicated"] >= observed.iloc[0])
    assert chi2(2).sf(observed.iloc[0]) == pytest.approx(check.p_value, abs=4 * check.error)


def test_latent_constructs_enter_by_their_expected_scores() -> None:
    model = lc.Model(
        items=ITEMS,
        n_classes=2,
        constructs={"stress": lc.construct("k1", "k2", kind="continuous")},
        factor_groups={"one": ["x"], "two": ["stress"]},
    )
    data = lc.simulate(model, covariates=covariates(30, 1)[["x"]], seed=3)
    survey = lc.read_survey(model, data.frame)
    fit = as_fit(survey, data.parameters)
    loading, sd, mean = (data.parameters[n].to_numpy() for n in ("loading", "indicator_sd", "indicator_mean"))
    # Normal indicators: precision 1 + sum of (loading / sd)^2.
    pull = ((survey.continuous_values - mean) * loading / sd**2).sum(axis=1)
    expected = pull / (1 + np.sum((loading / sd) ** 2))
    np.testing.assert_allclose(_design(fit, "two", 0)[:, 0], expected - expected.mean(), atol=1e-8)
    sampled = _nuisance(survey, Draws.of(fit.posterior, survey))
    np.testing.assert_allclose(sampled[:, 2], data.parameters["score"][:, 0])


def fitted_check(effect: float, seed: int):
    full, null = models(2)
    data = lc.simulate(full, covariates=covariates(250, seed), seed=seed)
    probability = data.parameters["probability"].copy(data=[[0.8, 0.2] * 3, [0.3, 0.7] * 3])
    location = data.parameters["location"].copy(data=[[-1.0], [1.0]])
    slope = data.parameters["slope_two"].copy(data=[[-effect, effect], [0, 0]])
    # Classes of a size that can be told anything of.
    intercept = data.parameters["intercept"].copy(data=[0.3, -0.3])
    truth = data.parameters.assign(probability=probability, location=location, slope_two=slope, intercept=intercept)
    frame = lc.simulate(full, covariates=data.frame[["x", "y", "v"]], parameters=truth, seed=seed).frame
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", lc.LatentClassWarning)
        fit = lc.fit(null, frame, draws=200, tune=300, chains=2, n_starts=3, seed=seed, progressbar=False)
    lender = SimpleNamespace(model=full, survey=lc.read_survey(full, frame), posterior=None)
    return null_check(lender, fit, "two", draws=200, seed=seed)


@pytest.mark.slow
def test_p_values_of_fits_under_the_null_are_uniform() -> None:
    p = np.array([fitted_check(0.0, seed).p_value for seed in range(30)])
    assert kstest(p, "uniform").pvalue > 1e-2
    assert (p < 0.05).sum() <= 5


@pytest.mark.slow
def test_a_planted_group_is_found() -> None:
    p = np.array([fitted_check(0.8, seed).p_value for seed in range(8)])
    assert (p < 0.05).sum() >= 7


def test_what_cannot_be_checked() -> None:
    full, null = models(2)
    data = lc.simulate(full, covariates=covariates(20, 1), seed=1)
    fit = as_fit(lc.read_survey(full, data.frame), data.parameters)
    of_null = as_fit(lc.read_survey(null, data.frame), data.parameters.drop_vars("slope_two"))
    with pytest.raises(lc.LatentClassError, match=r"no factor group 'tow'. Did you mean 'two'"):
        null_check(fit, of_null, "tow")
    with pytest.raises(lc.LatentClassError, match=r"is to lack the group 'two', but has it"):
        null_check(fit, fit, "two")
    fewer = as_fit(lc.read_survey(full, data.frame.iloc[:19]), data.parameters)
    with pytest.raises(lc.LatentClassError, match=r"the first has 19, the second 20"):
        null_check(fewer, of_null, "two")
    with pytest.raises(lc.LatentClassError, match=r"draws is a positive whole number; got 0"):
        null_check(fit, of_null, "two", draws=0)
