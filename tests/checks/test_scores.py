"""Scores against finite differences of the likelihood in NumPy."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import latentclass as lc
from latentclass.checks.point import Point
from latentclass.checks.scores import information, score_columns, summed_scores
from latentclass.simulation import draw_parameters, log_likelihood, membership_log_prior
from latentclass.survey import Survey, read_survey

STEP = 1e-5


@pytest.fixture(scope="module")
def mixed() -> tuple[Survey, xr.Dataset]:
    rng = np.random.default_rng(3)
    covariates = pd.DataFrame({"x": rng.normal(size=40), "z": rng.choice(["a", "b", "c"], size=40)})
    model = lc.Model(
        items=[
            *lc.ordinal("sharing", levels=range(1, 6), dispersion=True),
            *lc.nominal("channel", levels=["wiki", "blog", "chat"]),
            *lc.ordinal("trust", levels=[1, 2, 3]),
            *lc.binary("posted", levels=["no", "yes"]),
        ],
        n_classes=3,
        factor_groups={"group": ["x", "z"]},
        priors=lc.Priors(items=lc.Dirichlet(4.0), thresholds=lc.Dirichlet(4.0)),
    )
    survey = read_survey(model, lc.simulate(model, covariates=covariates, seed=2, missing=0.2).frame)
    return survey, draw_parameters(survey, np.random.default_rng(1))


def point_at(survey: Survey, parameters: xr.Dataset) -> Point:
    return Point.at(parameters, survey, np.exp(membership_log_prior(survey, parameters).to_numpy()))


def moved(parameters: xr.Dataset, name: str, step: np.ndarray) -> xr.Dataset:
    return parameters.assign({name: parameters[name] + step})


def slope_along(survey: Survey, parameters: xr.Dataset, name: str, step: np.ndarray) -> np.ndarray:
    up, down = (log_likelihood(survey, moved(parameters, name, s * STEP * step)).to_numpy() for s in (1, -1))
    return (up - down) / (2 * STEP)


def test_scores_are_derivatives_of_the_log_likelihood(mixed) -> None:
    survey, parameters = mixed
    point = point_at(survey, parameters)
    score = score_columns(point, point.answers(survey.codes, np.arange(survey.n_respondents)))
    n_of_membership = 2 * (1 + point.design.shape[1])
    assert score.shape[1] == n_of_membership + (4 + 2 + 2) + 3 * 2 + (2 + 2) + 3
    # The logit of a class against the last: the zero-sum intercepts move by the same contrast.
    step = np.array([1.0, 0.0, 0.0]) - 1 / 3
    np.testing.assert_allclose(score[:, 0], slope_along(survey, parameters, "intercept", step), atol=1e-7)
    first = n_of_membership
    location = np.zeros(parameters["location"].shape)
    item = list(parameters["ordinal_item"].values).index("sharing")
    location[np.array([0, 2]), item] = [1.0, -1.0]
    np.testing.assert_allclose(score[:, first + 4], slope_along(survey, parameters, "location", location), atol=1e-7)
    spread = np.zeros(parameters["log_dispersion"].shape)
    spread[np.array([1, 2]), 0] = [1.0, -1.0]
    found = slope_along(survey, parameters, "log_dispersion", spread)
    np.testing.assert_allclose(score[:, first + 4 + 2 + 1], found, atol=1e-7)


def test_scores_of_free_items_are_derivatives_by_logits(mixed) -> None:
    survey, parameters = mixed
    point = point_at(survey, parameters)
    score = score_columns(point, point.answers(survey.codes, np.arange(survey.n_respondents)))
    labels = [str(x) for x in parameters["item_level"].values]
    where = [labels.index(f"channel={level}") for level in ("wiki", "blog", "chat")]
    p = parameters["probability"].to_numpy()[0, where]
    level = np.delete(np.arange(3), p.argmax())[0]
    step = np.zeros(parameters["probability"].shape)
    step[0, where] = p * ((np.arange(3) == level) - p[level])
    found = slope_along(survey, parameters, "probability", step)
    np.testing.assert_allclose(score[:, 2 * (1 + point.design.shape[1]) + 8], found, atol=1e-7)


def test_scores_of_surveys_are_sums_over_respondents(mixed) -> None:
    survey, parameters = mixed
    point = point_at(survey, parameters)
    answers = point.answers(*point.draw(np.random.default_rng(0), 3))
    expected = score_columns(point, answers).reshape(3, survey.n_respondents, -1).sum(axis=1)
    np.testing.assert_allclose(summed_scores(point, answers, 3), expected, atol=1e-9)


def test_scores_have_mean_zero_and_the_information_as_variance(mixed) -> None:
    survey, parameters = mixed
    point = point_at(survey, parameters)
    times = 2000
    score = summed_scores(point, point.answers(*point.draw(np.random.default_rng(0), times)), times)
    error = score.std(axis=0) / np.sqrt(times)
    # Of 29 means one beyond 4.5 standard errors has probability 2e-4.
    assert (np.abs(score.mean(axis=0)) < 4.5 * error).all()
    found = np.diag(information(point, rows=40 * times, seed=1))
    np.testing.assert_allclose(found, score.var(axis=0), rtol=0.2)
