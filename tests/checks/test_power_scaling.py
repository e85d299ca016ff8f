"""Which priors are power-scaled: those that are given, not what is learned."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import latentclass as lc
from latentclass import dims
from latentclass.checks.power_scaling import power_scaling
from tests.checks.conftest import quick_fit, survey_model, truth


@pytest.fixture(scope="module")
def fit() -> lc.Fit:
    covariates = pd.DataFrame(np.random.default_rng(3).normal(size=(300, 2)), columns=["x_1", "x_2"])
    frame = lc.simulate(survey_model(), truth(), covariates, seed=3).frame
    return quick_fit(lc.read_survey(survey_model(), frame), truth())


def with_prior(fit: lc.Fit, **more: xr.DataArray) -> lc.Fit:
    """Return the fit with a density of the prior of one item parameter, and more."""
    own = fit.posterior["intercept"]
    density = -0.5 * (own**2).sum("class")
    tree = fit.tree.copy()
    tree["log_prior"] = xr.DataTree(dataset=xr.Dataset({"intercept": density, **more}))
    return lc.Fit(
        model=fit.model, survey=fit.survey, tree=tree, modes=fit.modes, solutions=fit.solutions,
        convergence=fit.convergence,
    )  # fmt: skip


def test_the_density_of_scores_is_no_prior_to_be_scaled(fit: lc.Fit) -> None:
    plain = power_scaling(with_prior(fit))
    # The sum over thousands of scores varies by tens, whatever they are: scaled, it would reweigh every draw.
    wild = xr.zeros_like(fit.posterior["intercept"].isel({"class": 0}, drop=True))
    wild = wild + 50.0 * np.random.default_rng(1).normal(size=wild.shape)
    scored = power_scaling(with_prior(fit, **{dims.SCORE: wild}))
    pd.testing.assert_frame_equal(plain, scored)
    # As a prior that is given it does count.
    given = power_scaling(with_prior(fit, probability=wild))
    assert given.loc[plain.index, "prior"].max() > 2 * plain["prior"].max()
