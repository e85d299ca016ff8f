"""Shares along a covariate and mean answers against the NumPy twin, one draw at a time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import latentclass as lc
from latentclass import simulation
from latentclass.errors import LatentClassError
from latentclass.posterior.curves import mean_answers, shares_along
from latentclass.simulation import level_probabilities
from latentclass.survey import covariate_frame, design_matrices

from .conftest import example_of


def shares(survey, parameters: xr.Dataset, raw: pd.DataFrame, score: xr.DataArray) -> np.ndarray:
    """Mean membership probabilities under changed covariates, by the NumPy twin."""
    matrices = design_matrices(survey, raw)
    changed = replace(survey, groups=tuple(replace(g, matrix=matrices[g.name]) for g in survey.groups))
    logs = simulation.membership_log_prior(changed, parameters.assign(score=score))
    return np.exp(logs).mean("respondent").to_numpy()


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("age", [25, 60.5]),
        ("tenure", [0.5, 30]),
        ("remote", [0, 1]),
        ("industry", ["retail", "bank"]),
        ("ease", [-1.5, 2]),
        ("support", [1, 4.5]),
    ],
)
def test_shares_along_a_covariate_are_those_of_the_twin(full, name, values) -> None:
    table = shares_along(full.posterior, full.survey, name, values=values)
    raw = covariate_frame(full.survey)
    for value in values:
        draws = [shares(full.survey, p, raw.assign(**{name: value}), p["score"]) for p in full.parameters]
        own = table.xs(value, level="value")
        # The same sums in another order: rounding alone may differ.
        np.testing.assert_allclose(own["mean"], np.mean(draws, axis=0), rtol=1e-10)
        np.testing.assert_allclose(own["eti90_lb"], np.quantile(draws, 0.05, axis=0), rtol=1e-10)


@pytest.mark.parametrize("name", ["stress", "skill"])
def test_shares_along_a_construct_give_everybody_the_score(full, name) -> None:
    table = shares_along(full.posterior, full.survey, name, values=[-1.0, 0.5])
    raw = covariate_frame(full.survey)
    for value in (-1.0, 0.5):
        draws = [
            shares(full.survey, p, raw, xr.where(p["score"]["construct"] == name, value, p["score"]))
            for p in full.parameters
        ]
        np.testing.assert_allclose(table.xs(value, level="value")["mean"], np.mean(draws, axis=0), rtol=1e-10)


def test_shares_sum_to_one_and_the_grid_is_the_middle_of_the_data(full) -> None:
    table = shares_along(full.posterior, full.survey, "tenure", prob=0.5)
    np.testing.assert_allclose(table["mean"].groupby("value").sum(), 1.0)
    values = table.index.get_level_values("value").unique()
    tenure = covariate_frame(full.survey)["tenure"]
    assert [values[0], values[-1]] == pytest.approx(tenure.quantile([0.025, 0.975]).tolist())
    assert len(values) == 25
    assert "eti50_lb" in table
    assert table.attrs == {"covariate": "tenure", "group": "individual", "continuous": True, "n_draws": 8}


def test_levels_are_the_grid_of_what_has_levels(full) -> None:
    table = shares_along(full.posterior, full.survey, "industry")
    assert table.index.get_level_values("value").unique().tolist() == ["bank", "media", "retail"]
    assert not table.attrs["continuous"]


def test_a_construct_runs_over_the_middle_of_the_standard_normal(full) -> None:
    table = shares_along(full.posterior, full.survey, "stress")
    assert table.index.get_level_values("value")[0] == pytest.approx(-1.96, abs=0.001)


@pytest.mark.parametrize(
    ("name", "values", "match"),
    [
        ("aeg", None, "no covariate 'aeg'.*Did you mean 'age'"),
        ("industry", ["mars"], "levels of 'industry' are 'bank', 'media', 'retail'; got 'mars'"),
        ("stress", ["high"], "Values of the construct 'stress' are scores.*got 'high'"),
        ("age", [], "values of 'age' are none"),
    ],
)
def test_what_cannot_be_is_refused(full, name, values, match) -> None:
    with pytest.raises(LatentClassError, match=match):
        shares_along(full.posterior, full.survey, name, values=values)


def test_a_single_class_has_no_curve(single) -> None:
    with pytest.raises(LatentClassError, match="need factor groups and two classes"):
        shares_along(single.posterior, single.survey, "age")


def test_mean_answers_are_expected_positions(full) -> None:
    table = mean_answers(full.posterior, full.survey)
    assert table.attrs["left_out"] == ["channel"]
    for item in full.survey.items:
        if item.name == "channel":
            continue
        labels = [f"{item.name}={level}" for level in item.levels]
        position = xr.DataArray(np.linspace(0, 1, len(labels)), dims="item_level")
        draws = [
            (level_probabilities(full.survey, p).sel(item_level=labels).drop_vars("item_level") * position)
            .sum("item_level")
            .to_numpy()
            for p in full.parameters
        ]
        own = table.xs(item.name, level="item")
        np.testing.assert_allclose(own["mean"], np.mean(draws, axis=0), rtol=1e-10)
        np.testing.assert_allclose(own["eti90_ub"], np.quantile(draws, 0.95, axis=0), rtol=1e-10)


def test_nominal_items_alone_have_no_mean() -> None:
    example = example_of(lc.Model(items=lc.nominal("c", "d", levels=["x", "y", "z"]), n_classes=2))
    with pytest.raises(LatentClassError, match="all items of this model are nominal"):
        mean_answers(example.posterior, example.survey)
