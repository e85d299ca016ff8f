"""Logits and average marginal effects against loops, closed forms and laws."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.special import expit

import latentclass as lc
from latentclass import simulation
from latentclass.errors import LatentClassError, ModelError
from latentclass.posterior import changes
from latentclass.posterior.effects import effects, marginal_effects, slopes
from latentclass.survey import covariate_frame, design_matrices, read_survey


def shares(survey, parameters: xr.Dataset, raw: pd.DataFrame, score: xr.DataArray) -> np.ndarray:
    """Mean membership probabilities under changed covariates, by the NumPy twin."""
    matrices = design_matrices(survey, raw)
    groups = tuple(replace(g, matrix=matrices[g.name]) for g in survey.groups)
    changed = replace(survey, groups=groups)
    logs = simulation.membership_log_prior(changed, parameters.assign(score=score))
    return np.exp(logs).mean("respondent").to_numpy()


def by_hand(example, change) -> np.ndarray:
    """Mean over draws of the change of the shares."""
    survey, raw = example.survey, covariate_frame(example.survey)
    found = []
    for parameters in example.parameters:
        low, high = change(raw, parameters["score"])
        found.append(shares(survey, parameters, *high) - shares(survey, parameters, *low))
    return np.mean(found, axis=0)


def shifted(name: str, clip: bool = False):
    def change(raw: pd.DataFrame, score: xr.DataArray):
        half = raw[name].std() / 2
        bounds = (raw[name].min(), raw[name].max()) if clip else (None, None)
        low, high = ((raw[name] + s * half).clip(*bounds) for s in (-1, 1))
        return (raw.assign(**{name: low}), score), (raw.assign(**{name: high}), score)

    return change


def everybody(name: str, low: object, high: object):
    def change(raw: pd.DataFrame, score: xr.DataArray):
        return (raw.assign(**{name: low}), score), (raw.assign(**{name: high}), score)

    return change


def scored(name: str):
    def change(raw: pd.DataFrame, score: xr.DataArray):
        half = xr.where(score["construct"] == name, 0.5, 0.0)
        return (raw, score - half), (raw, score + half)

    return change


CHANGES = {
    ("individual", "stress", "-0.5 SD to +0.5 SD"): scored("stress"),
    ("individual", "tenure", "-0.5 SD to +0.5 SD"): shifted("tenure", clip=True),
    ("individual", "industry", "bank to media"): everybody("industry", "bank", "media"),
    ("individual", "industry", "bank to retail"): everybody("industry", "bank", "retail"),
    ("individual", "age", "-0.5 SD to +0.5 SD"): shifted("age"),
    ("individual", "remote", "0 to 1"): everybody("remote", 0, 1),
    ("technical", "ease", "-0.5 SD to +0.5 SD"): shifted("ease"),
    ("technical", "skill", "-0.5 SD to +0.5 SD"): scored("skill"),
    ("technical", "support", "-0.5 SD to +0.5 SD"): shifted("support"),
}


def test_every_change_of_every_covariate_is_reported(full) -> None:
    table = marginal_effects(full.posterior, full.survey)
    assert table.index.names == ["group", "covariate", "change", "class"]
    assert table.index.droplevel("class").unique().tolist() == list(CHANGES)
    assert table.attrs == {"n_draws": 8}


@pytest.mark.parametrize("row", CHANGES, ids=lambda row: f"{row[1]} {row[2]}")
def test_marginal_effect_is_that_of_a_loop_over_draws(full, row: tuple[str, str, str]) -> None:
    table = marginal_effects(full.posterior, full.survey)
    # The same sums in another order.
    np.testing.assert_allclose(table.loc[row, "mean"], by_hand(full, CHANGES[row]), atol=1e-12)


def test_marginal_effects_sum_to_zero_over_classes(full) -> None:
    means = marginal_effects(full.posterior, full.survey)["mean"]
    sums = means.groupby(level=["group", "covariate", "change"]).sum()
    np.testing.assert_allclose(sums, 0, atol=1e-12)


def test_number_of_draws_and_blocks_do_not_matter(full, monkeypatch) -> None:
    wanted = marginal_effects(full.posterior, full.survey)
    monkeypatch.setattr("latentclass.posterior.samples._BLOCK_ENTRIES", 1)
    pd.testing.assert_frame_equal(marginal_effects(full.posterior, full.survey), wanted)


def test_many_draws_are_thinned_evenly(full, monkeypatch) -> None:
    module = import_module("latentclass.posterior.effects")
    monkeypatch.setattr(module, "_MOST_CELLS", 1)
    monkeypatch.setattr(module, "_LEAST_DRAWS", 2)
    table = marginal_effects(full.posterior, full.survey)
    assert table.attrs == {"n_draws": 2}
    kept = full.posterior.isel(draw=[2])
    pd.testing.assert_frame_equal(table, marginal_effects(kept, full.survey))


def two_classes(a: float, b: float, column: list[object]):
    """Two classes, one covariate: intercepts a and -a, slopes b and -b, one draw."""
    frame = pd.DataFrame({"item": [0, 1] * 3, "x": column})
    model = lc.Model(items=lc.binary("item"), n_classes=2, factor_groups={"g": ["x"]})
    survey = read_survey(model, frame)
    posterior = xr.Dataset(
        {
            "intercept": (("chain", "draw", "class"), [[[a, -a]]]),
            "slope_g": (("chain", "draw", "g_covariate", "class"), [[[[b, -b]]]]),
            "probability": (("chain", "draw", "class", "item_level"), np.full((1, 1, 2, 2), 0.5)),
        }
    )
    return posterior, survey


@pytest.mark.parametrize("column", [[0, 1, 1, 1, 0, 1], ["no", "yes", "yes", "yes", "no", "yes"]])
def test_effect_of_a_binary_covariate_in_closed_form(column: list[object]) -> None:
    posterior, survey = two_classes(0.3, 0.7, column)
    found = effects(posterior, survey).xs("Class 1", level="class").iloc[0]
    centre = 4 / 6
    wanted = expit(2 * (0.3 + 0.7 * (1 - centre))) - expit(2 * (0.3 - 0.7 * centre))
    assert found["ame_mean"] == pytest.approx(wanted, rel=1e-12)
    assert found["logit_mean"] == pytest.approx(0.7)
    assert found["change"] in ("0 to 1", "no to yes")


def test_effect_of_a_continuous_covariate_in_closed_form() -> None:
    posterior, survey = two_classes(-0.2, 0.5, [1.0, 2.0, 3.0, 5.0, 8.0, 13.0])
    z = survey.design("g").matrix[:, 0]
    wanted = (expit(2 * (-0.2 + 0.5 * (z + 0.5))) - expit(2 * (-0.2 + 0.5 * (z - 0.5)))).mean()
    found = marginal_effects(posterior, survey)["mean"]
    np.testing.assert_allclose(found, [wanted, -wanted], rtol=1e-12)


def test_logits_are_those_of_the_draws(full) -> None:
    table = slopes(full.posterior, full.survey, prob=0.5)
    draws = full.posterior["slope_technical"].sel(technical_covariate="ease")
    row = table.loc[("technical", "ease", "Class 2")]
    values = draws.sel({"class": "Class 2"}).to_numpy().ravel()
    assert row["mean"] == pytest.approx(values.mean())
    assert row["sd"] == pytest.approx(values.std(ddof=1))
    assert row["eti50_ub"] == pytest.approx(np.quantile(values, 0.75))
    np.testing.assert_allclose(table.groupby(level=["group", "covariate"])["mean"].sum(), 0, atol=1e-12)


def test_reference_class_gives_contrasts(full) -> None:
    plain = slopes(full.posterior, full.survey)["mean"]
    table = slopes(full.posterior, full.survey, reference="Class 2")
    assert set(table.index.get_level_values("class")) == {"Class 1", "Class 3"}
    row = ("individual", "stress")
    wanted = plain[(*row, "Class 3")] - plain[(*row, "Class 2")]
    assert table.loc[(*row, "Class 3"), "mean"] == pytest.approx(wanted)


def test_unit_scale_divides_by_the_standard_deviation(full) -> None:
    design = slopes(full.posterior, full.survey)["mean"]
    unit = slopes(full.posterior, full.survey, scale="unit")["mean"]
    ratio = (design / unit).xs("Class 1", level="class")
    for group in full.survey.groups:
        for column in group.columns:
            assert ratio[group.name, column.label] == pytest.approx(column.scale)
    assert ratio["individual", "stress"] == 1


def test_effects_join_logits_with_the_change_that_moves_a_column_alone(full) -> None:
    table = effects(full.posterior, full.survey)
    marginal = marginal_effects(full.posterior, full.survey)
    assert table.index.names == ["group", "covariate", "class"]
    without = table["ame_mean"].isna()
    # Age and remote both move their product, and no other column: neither has it for its own.
    assert set(table.index[without].get_level_values("covariate")) == {"age:remote"}
    row = table.loc[("individual", "industry[T.retail]", "Class 1")]
    assert row["change"] == "bank to retail"
    key = ("individual", "industry", "bank to retail", "Class 1")
    assert row["ame_eti90_ub"] == marginal.loc[key, "eti90_ub"]
    assert table.loc[("individual", "log(tenure)", "Class 2"), "ame_mean"] == pytest.approx(
        marginal.loc[("individual", "tenure", "-0.5 SD to +0.5 SD", "Class 2"), "mean"]
    )
    assert len(table) == len(slopes(full.posterior, full.survey))


def test_a_covariate_in_several_columns_has_logits_alone() -> None:
    frame = pd.DataFrame({"item": [0, 1] * 4, "x": [1.0, 2, 4, 7, 3, 8, 5, 9]})
    model = lc.Model(items=lc.binary("item"), n_classes=2, factor_groups={"g": "x + I(x**2)"})
    survey = read_survey(model, frame)
    posterior = two_classes(0.1, 0.2, [1.0, 2, 4, 7, 3, 8])[0].drop_vars("slope_g")
    slope = np.array([[[[0.4, -0.4], [-0.3, 0.3]]]])
    posterior["slope_g"] = (("chain", "draw", "g_covariate", "class"), slope)
    assert effects(posterior, survey)["ame_mean"].isna().all()
    # One change of x moves both columns.
    assert len(marginal_effects(posterior, survey)) == 2
    assert changes.covariate_changes(survey)[0].moved.tolist() == [0, 1]


def test_a_single_class_has_no_effects(single, plain) -> None:
    for example in (single, plain):
        table = effects(example.posterior, example.survey)
        assert len(table) == 0
        assert table.index.names == ["group", "covariate", "class"]
        assert "ame_mean" in table
        assert len(marginal_effects(example.posterior, example.survey)) == 0


def test_misspelt_reference_is_an_error_with_a_suggestion(full) -> None:
    with pytest.raises(ModelError, match=r"no class 'class2'\. Did you mean .*'Class 2'.*Its classes"):
        effects(full.posterior, full.survey, reference="class2")


def test_unknown_scale_is_an_error(full) -> None:
    with pytest.raises(LatentClassError, match="one of 'design', 'unit'; got 'raw'"):
        slopes(full.posterior, full.survey, scale="raw")
