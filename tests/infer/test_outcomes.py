"""Outcomes from start to end: one step and two steps find the truth, and the classes do not move."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import latentclass as lc
from tests.posterior.conftest import example_of, full_model

SLOPE, HALF_DIFFERENCE = 1.0, 0.9


@pytest.fixture(scope="module")
def fits():
    plain = lc.datasets.plain_survey(n=400, n_items=5, n_levels=2, n_classes=2, n_covariates=4, seed=1)
    outcome = lc.outcome("ordinal", levels=range(1, 5), covariates="x_1")
    model = plain.model.replace(outcomes={"use": outcome})
    truth = xr.Dataset(
        {
            "outcome_location_use": ("class", [HALF_DIFFERENCE, -HALF_DIFFERENCE]),
            "outcome_slope_use": ("use_outcome_covariate", [SLOPE]),
            "outcome_baseline_use": ("use_outcome_level", [0.25] * 4),
        }
    )
    covariates = plain.frame[[name for name in plain.frame if name.startswith("x_")]]
    data = lc.simulate(model, plain.parameters.merge(truth), covariates, seed=3, missing={"use": 0.1})
    settings = {"seed": 1, "draws": 600, "tune": 600, "chains": 2, "n_starts": 4, "progressbar": False}
    steps = ("one-step", "two-step")
    with warnings.catch_warnings():
        # That R-hat is 1.01 after so few draws.
        warnings.simplefilter("ignore", lc.ConvergenceWarning)
        return data, {step: lc.fit(model, data.frame, outcomes=step, **settings) for step in steps}


@pytest.mark.slow
@pytest.mark.parametrize("step", ["one-step", "two-step"])
def test_both_ways_find_the_truth(fits, step):
    data, found = fits
    fit = found[step]
    # The larger true class may stand second in the fit.
    shares = fit.posterior["probability"].mean(("chain", "draw")).to_numpy()
    true = data.parameters["probability"].transpose("class", "item_level").to_numpy()
    straight = np.abs(shares - true).sum() < np.abs(shares[::-1] - true).sum()
    sign = 1 if straight else -1
    table = fit.outcomes()
    slope, location = table.loc[("use", "covariate", "x_1")], table.loc[("use", "class", "Class 1")]
    # Three and a half posterior standard deviations.
    assert abs(slope["mean"] - SLOPE) < 3.5 * slope["sd"]
    assert abs(sign * location["mean"] - HALF_DIFFERENCE) < 3.5 * location["sd"]
    assert slope["sd"] < 0.25
    assert slope["p_positive"] > 0.999
    assert table.attrs["n_answered"]["use"] == int(data.frame["use"].notna().sum())


@pytest.mark.slow
def test_in_two_steps_the_outcome_has_no_part_in_the_classes(fits, tmp_path):
    _, found = fits
    one, two = found["one-step"], found["two-step"]
    assert not two.model.outcomes["use"].feedback
    assert not any(str(name).startswith("outcome_") for name in two.tree["log_prior"].data_vars)
    drift = lc.drift(one, two)
    # The outcome tells of the class in one step, and these classes are well apart.
    assert 0.5 < drift.rand_index < 1.0
    assert drift.table["profile_distance"].max() < 0.15
    two.save(tmp_path / "two.nc")
    again = lc.load(tmp_path / "two.nc")
    assert again.model == two.model
    assert again.outcomes().equals(two.outcomes())


def test_steps_have_names():
    data = lc.datasets.plain_survey(n=60, n_items=3, seed=1)
    with pytest.raises(lc.FitError, match=r"outcomes is one of 'one-step', 'two-step'; got 'both'"):
        lc.fit(data.model, data.frame, outcomes="both")
    with pytest.raises(lc.ModelError, match="Two steps are for models with outcomes; this one has none"):
        lc.fit(data.model, data.frame, outcomes="two-step")


def test_a_fit_without_feedback_gets_its_regressions_when_it_is_finished():
    from dataclasses import replace

    from latentclass.infer.fitting import _finished

    quiet = replace(lc.outcome("ordinal", levels=[1, 2, 3], covariates="technical"), feedback=False)
    example = example_of(full_model().replace(outcomes={"use": quiet}), seed=4)
    names = [name for name in map(str, example.posterior.data_vars) if name.startswith("outcome_")]
    shape = (example.posterior.sizes["chain"], example.posterior.sizes["draw"])
    stats = xr.Dataset(
        {name: (("chain", "draw"), np.zeros(shape)) for name in ("lp", "energy", "n_steps")}
        | {"diverging": (("chain", "draw"), np.zeros(shape, dtype=bool))},
        coords={"chain": range(shape[0]), "draw": range(shape[1])},
    )
    tree = xr.DataTree.from_dict({"posterior": example.posterior.drop_vars(names), "sample_stats": stats})
    fit = _finished(tree, example.survey, pd.DataFrame({"identified": [True]}), None)
    assert {name for name in map(str, fit.posterior.data_vars) if name.startswith("outcome_")} == set(names)
    assert np.isfinite(fit.posterior["outcome_slope_use"]).all()
    assert not any(name.startswith("outcome_") for name in map(str, fit.tree["log_prior"].data_vars))
    assert fit.outcomes().index.get_level_values("label").tolist()[-3:] == ["ease", "skill", "support"]
