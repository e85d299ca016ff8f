"""Two-step regressions against integration on a grid, differences, and what the first step must keep."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from scipy import stats
from scipy.special import expit

import latentclass as lc
from latentclass.posterior.cut import two_step_outcomes
from latentclass.posterior.density import class_posterior
from latentclass.posterior.regression import Regression
from latentclass.simulation import draw_parameters
from tests.graph.evaluation import central_differences
from tests.posterior.conftest import example_of, full_model

QUIET = {
    "use": replace(lc.outcome("ordinal", levels=[1, 2, 3, 4], covariates=["technical", "stress"]), feedback=False),
    "joined": replace(lc.outcome("binary", levels=["no", "yes"]), feedback=False),
    "hours": replace(lc.outcome("continuous", covariates="ease"), feedback=False),
}


@pytest.fixture(scope="module")
def example():
    return example_of(full_model().replace(outcomes=QUIET), seed=4)


@pytest.mark.parametrize("name", QUIET)
@pytest.mark.parametrize("concentration", [1.0, 2.5])
def test_the_gradient_is_that_of_differences(example, name, concentration):
    model = example.survey.model
    priors = model.priors.replace(outcome_thresholds=lc.Dirichlet(concentration), outcome_slopes=lc.Normal(0.7))
    survey = replace(example.survey, model=model.replace(priors=priors))
    regression = Regression.of(survey.outcomes[list(QUIET).index(name)], survey)
    weight = class_posterior(example.posterior, survey)[0, 0].to_numpy().T
    design = regression.design(example.posterior["score"][0, 0].to_numpy())
    x = regression.start()
    x = x + np.random.default_rng(1).normal(scale=0.5, size=len(x))
    differences = central_differences(lambda y: regression.density(y, weight, design)[0], x)
    np.testing.assert_allclose(regression.density(x, weight, design)[1], differences, rtol=1e-6, atol=1e-7)


def two_classes(frame, outcome, **priors):
    model = lc.Model(
        items=lc.binary("a", "b"),
        n_classes=2,
        outcomes={"y": replace(outcome, feedback=False)},
        priors=lc.Priors(**priors),
    )
    return lc.read_survey(model, frame)


def repeated(parameters, n_chains, n_draws):
    wide = parameters.expand_dims({"chain": range(n_chains), "draw": range(n_draws)})
    return wide.copy(deep=True)


@pytest.fixture(scope="module")
def frame():
    import pandas as pd

    rng, n = np.random.default_rng(2), 60
    z = rng.random(n) < 0.4
    answers = {item: (rng.random(n) < np.where(z, 0.8, 0.3)).astype(int) for item in "ab"}
    y = (rng.random(n) < np.where(z, 0.85, 0.25)).astype(int)
    return pd.DataFrame({**answers, "y": y, "hours": np.where(z, 1.0, 0.0) + rng.normal(size=n)})


def parameters_of(survey):
    given = xr.Dataset(
        {
            "intercept": ("class", [-0.2, 0.2]),
            "probability": (("class", "item_level"), [[0.2, 0.8, 0.2, 0.8], [0.7, 0.3, 0.7, 0.3]]),
        }
    )
    if survey.outcomes[0].continuous:
        # Not drawn from, since flat.
        given = given.assign(outcome_mean_hours=0.0, outcome_sd_hours=1.0)
        given = given.assign(outcome_slope_hours=("hours_outcome_covariate", [0.0]))
    return draw_parameters(survey, np.random.default_rng(0), given=given)


def test_draws_for_one_draw_of_the_classes_are_those_of_a_grid(frame):
    """Threshold and half the difference between two classes of a binary outcome, by integration on a grid."""
    survey = two_classes(
        frame, lc.outcome("binary"), outcome_location=lc.Normal(0.8), outcome_thresholds=lc.Dirichlet(2)
    )
    posterior = repeated(parameters_of(survey), 2, 1500)
    found = two_step_outcomes(posterior, survey, seed=1)
    assert found.attrs["acceptance"] > 0.6
    weight = class_posterior(posterior.isel(draw=[0]), survey)[0, 0].to_numpy()
    t, m = np.meshgrid(np.linspace(-5, 5, 301), np.linspace(-4, 4, 301), indexing="ij")
    # Locations (m, -m) have the density of the coordinate m sqrt(2), the baseline that of 1 - logistic(t).
    log = (
        stats.norm.logpdf(np.sqrt(2) * m, scale=0.8) + stats.beta.logpdf(expit(t), 2, 2) + np.log(expit(t) * expit(-t))
    )
    for w, y in zip(weight, frame["y"], strict=True):
        yes = w[0] * expit(m - t) + w[1] * expit(-m - t)
        log = log + np.log(yes if y else 1 - yes)
    p = np.exp(log - log.max())
    p /= p.sum()
    drawn = {
        "t": (np.log(found["outcome_baseline_y"][..., 0]) - np.log(found["outcome_baseline_y"][..., 1]), t),
        "m": (found["outcome_location_y"][..., 0], m),
    }
    for name, (values, grid) in drawn.items():
        mean = (p * grid).sum()
        sd = np.sqrt((p * (grid - mean) ** 2).sum())
        # 3000 draws, each the end of a chain of its own: five standard errors.
        assert float(values.mean()) == pytest.approx(mean, abs=5 * sd / np.sqrt(3000)), name
        assert float(values.std()) == pytest.approx(sd, rel=5 / np.sqrt(6000)), name


def test_without_classes_a_continuous_outcome_is_that_of_a_grid(frame):
    outcome = lc.outcome("continuous", covariates="g", by_class=False)
    model = lc.Model(
        items=lc.binary("a", "b"),
        n_classes=2,
        factor_groups={"g": ["y"]},
        outcomes={"hours": replace(outcome, feedback=False)},
        priors=lc.Priors(outcome_mean=lc.Flat(), outcome_slopes=lc.Flat(), outcome_sd=lc.Flat()),
    )
    survey = lc.read_survey(model, frame)
    found = two_step_outcomes(repeated(parameters_of(survey), 1, 2000), survey, seed=1)
    # A flat prior on the standard deviation: sd^2 is S / chi2(n - 2 - 1), the slope a t around least squares.
    y, x = survey.outcome_values[:, 0], survey.groups[0].matrix[:, 0]
    fit = stats.linregress(x, y)
    dof = len(y) - 3
    sum_of_squares = np.square(y - fit.intercept - fit.slope * x).sum()
    sd = np.sqrt(sum_of_squares / dof / np.square(x - x.mean()).sum())
    slope = found["outcome_slope_hours"].to_numpy().ravel()
    assert stats.kstest((slope - fit.slope) / sd, stats.t(dof).cdf).pvalue > 1e-3
    assert (
        stats.kstest(sum_of_squares / found["outcome_sd_hours"].to_numpy().ravel() ** 2, stats.chi2(dof).cdf).pvalue
        > 1e-3
    )


def test_draws_have_the_names_of_the_one_step_model(example):
    found = two_step_outcomes(example.posterior, example.survey, seed=1)
    one_step = {name: replace(outcome, feedback=True) for name, outcome in QUIET.items()}
    other = example_of(full_model().replace(outcomes=one_step), seed=4)
    for name, array in found.data_vars.items():
        assert set(array.dims) == set(other.posterior[name].dims), name
        assert array.shape == other.posterior[name].transpose(*array.dims).shape, name
    assert len(found.data_vars) == sum(name.startswith("outcome_") for name in map(str, other.posterior.data_vars))
    np.testing.assert_allclose(found["outcome_baseline_use"].sum("use_outcome_level"), 1, rtol=1e-12)
    np.testing.assert_allclose(found["outcome_location_use"].sum("class"), 0, atol=1e-12)
    again = two_step_outcomes(example.posterior, example.survey, seed=1)
    xr.testing.assert_identical(found, again)
