"""Memberships of new respondents against the NumPy twin and against quadrature."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.special import expit, softmax
from scipy.stats import norm

import latentclass as lc
from latentclass import simulation
from latentclass.errors import SurveyError
from latentclass.posterior.classes import memberships
from latentclass.posterior.predict import predict
from latentclass.survey import Survey, encode, read_survey

CLASSES = ["Class 1", "Class 2"]


def test_known_respondents_are_predicted_as_they_were_classified(plain) -> None:
    found = predict(plain.posterior, plain.survey, plain.survey)
    known = memberships(plain.posterior, plain.survey)
    pd.testing.assert_frame_equal(found[known.columns], known)


def test_partial_answers_count_as_the_twin_counts_them(plain) -> None:
    new = encode(plain.survey, pd.DataFrame({"c": ["x", "z", None]}, index=["u", "v", "w"]))
    found = predict(plain.posterior, plain.survey, new, prob=0.5)
    wanted = np.stack([simulation.memberships(new, p).to_numpy() for p in plain.parameters])
    assert found.index.tolist() == ["u", "v", "w"]
    assert found["answered"].tolist() == [1, 1, 0]
    np.testing.assert_allclose(found[CLASSES], wanted.mean(axis=0))
    np.testing.assert_allclose(found["Class 2_eti50_ub"], np.quantile(wanted[..., 1], 0.75, axis=0))
    np.testing.assert_allclose(found["Class 1_eti50_lb"], np.quantile(wanted[..., 0], 0.25, axis=0))


@pytest.fixture(scope="module")
def latent() -> tuple[xr.Dataset, Survey]:
    """Return one draw of a model with one Likert construct that tells much about two classes."""
    scale = lc.construct("s1", "s2", "s3", levels=[1, 2, 3])
    model = lc.Model(
        items=lc.binary("a", "b", levels=[0, 1]),
        n_classes=2,
        constructs={"stress": scale},
        factor_groups={"g": ["stress", "x"]},
    )
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({name: [1, 2, 3, 2] * 5 for name in ("s1", "s2", "s3")})
    frame = frame.assign(a=[0, 1] * 10, b=[1, 0] * 10, x=rng.normal(size=20))
    lead = ("chain", "draw")
    posterior = xr.Dataset(
        {
            "intercept": ((*lead, "class"), [[[0.2, -0.2]]]),
            "slope_g": ((*lead, "g_covariate", "class"), [[[[1.0, -1.0], [0.3, -0.3]]]]),
            "probability": (
                (*lead, "class", "item_level"),
                [[[[0.6, 0.4, 0.3, 0.7], [0.4, 0.6, 0.8, 0.2]]]],
            ),
            "loading": ((*lead, "indicator"), [[[1.5, 4.0, -0.8]]]),
            "likert_thresholds": ((*lead, "likert_threshold"), [[[-1.0, 1.0, -2.0, 1.0, 0.0, 0.7]]]),
        }
    )
    return posterior, read_survey(model, frame)


NEW = pd.DataFrame(
    {
        "s1": [1, None, 3, 2, 1],
        "s2": [1, None, 3, None, 3],
        "s3": [3, None, None, 1, 2],
        "a": [1, 0, None, 1, None],
        "b": [None, 1, None, 0, None],
        "x": [0.0, -1.0, 2.0, 0.5, 0.0],
    }
)


def by_quadrature(posterior: xr.Dataset, new: Survey) -> np.ndarray:
    """Memberships with the score integrated out on a fine grid."""
    grid = np.linspace(-8, 8, 4001)
    draw = posterior.isel(chain=0, draw=0)
    thresholds = draw["likert_thresholds"].to_numpy().reshape(3, 2)
    found = []
    for i in range(new.n_respondents):
        weight = norm.pdf(grid)
        for j in range(3):
            if new.likert_codes[i, j] >= 0:
                ends = thresholds[j] - float(draw["loading"][j]) * grid[:, None]
                ends = np.hstack([np.full((4001, 1), -np.inf), ends, np.full((4001, 1), np.inf)])
                weight = weight * np.diff(expit(ends), axis=1)[:, new.likert_codes[i, j]]
        x = new.design("g").matrix[i, 1]
        slope = draw["slope_g"].to_numpy()
        prior = softmax(draw["intercept"].to_numpy() + grid[:, None] * slope[0] + x * slope[1], axis=1)
        joint = weight @ prior
        for j in range(2):
            if new.codes[i, j] >= 0:
                joint = joint * draw["probability"].to_numpy()[:, 2 * j + new.codes[i, j]]
        found.append(joint / joint.sum())
    return np.array(found)


def test_scores_are_integrated_out_as_by_quadrature(latent) -> None:
    posterior, survey = latent
    new = encode(survey, NEW)
    found = predict(posterior, survey, new, n_points=50_000)
    # Some 10 000 points count and probabilities vary by less than .4: standard errors below .004.
    np.testing.assert_allclose(found[CLASSES], by_quadrature(posterior, new), atol=0.01)


def test_few_points_per_draw_are_enough_over_many_draws(latent) -> None:
    posterior, survey = latent
    new = encode(survey, NEW)
    many = posterior.isel(draw=np.zeros(500, dtype=int)).assign_coords(draw=range(500))
    found = predict(many, survey, new)
    # 500 x 32 points: standard errors below .004; the bias of 32 self-normalised ones is below .01.
    np.testing.assert_allclose(found[CLASSES], by_quadrature(posterior, new), atol=0.015)


def test_prediction_does_not_depend_on_who_else_is_predicted(latent, monkeypatch) -> None:
    posterior, survey = latent
    together = predict(posterior, survey, encode(survey, NEW))
    monkeypatch.setattr("latentclass.posterior.samples._BLOCK_ENTRIES", 1)
    alone = predict(posterior, survey, encode(survey, NEW.iloc[[3]]))
    pd.testing.assert_frame_equal(alone, together.iloc[[3]])


def test_prediction_follows_its_seed(latent) -> None:
    posterior, survey = latent
    new = encode(survey, NEW)
    one, same, other = (predict(posterior, survey, new, seed=s) for s in (1, 1, 2))
    pd.testing.assert_frame_equal(one, same)
    assert (one["Class 1"] != other["Class 1"]).all()


def test_several_constructs_of_both_kinds(full) -> None:
    new = replace(full.survey, codes=np.full_like(full.survey.codes, -1))
    found = predict(full.posterior, full.survey, new, n_points=64)
    names = list(full.survey.model.class_names)
    np.testing.assert_allclose(found[names].sum(axis=1), 1)
    assert found.attrs["n_draws"] == 8
    assert (found["answered"] == 0).all()
    assert (found["Class 1_eti90_lb"] <= found["Class 1_eti90_ub"]).all()


def test_draws_are_thinned_to_the_number_asked_for(full) -> None:
    found = predict(full.posterior, full.survey, full.survey, most_draws=2)
    assert found.attrs["n_draws"] == 2


def test_a_single_class_is_certain(single) -> None:
    found = predict(single.posterior, single.survey, single.survey)
    assert (found["certainty"] == 1).all()


def test_respondents_of_another_model_are_refused(full, plain) -> None:
    with pytest.raises(SurveyError, match="encode them with latentclass.survey.encode"):
        predict(plain.posterior, plain.survey, full.survey)
