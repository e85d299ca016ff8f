"""The maximum of the likelihood against published numbers, finite differences and dense integration."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from scipy.stats import norm

import latentclass as lc
from latentclass.comparison import maximum_likelihood
from latentclass.comparison.likelihood import Objective
from tests.posterior.conftest import example_of, full_model


def reference(survey: pd.DataFrame, kind: str, n_classes: int, **more):
    model = lc.Model(items=getattr(lc, kind)(*survey.columns.drop("GPA", errors="ignore")), n_classes=n_classes, **more)
    return lc.read_survey(model, survey, missing_covariates="drop")


@pytest.mark.parametrize(
    ("name", "kind", "n_classes", "height", "n_parameters"),
    [
        ("carcinoma", "binary", 2, -317.2568, 15),
        ("carcinoma", "binary", 3, -293.705, 23),
        ("gss82", "nominal", 2, -2783.268, 13),
        ("gss82", "nominal", 3, -2754.545, 20),
        ("values", "binary", 2, -504.4677, 9),
        ("cheating", "binary", 2, -440.0271, 9),
    ],
)
def test_published_maxima(reference_survey, name, kind, n_classes, height, n_parameters) -> None:
    found = maximum_likelihood(reference(reference_survey(name), kind, n_classes), seed=1)
    assert found.log_likelihood == pytest.approx(height, abs=6e-4)
    assert found.n_parameters == n_parameters
    assert found.bic == pytest.approx(-2 * height + n_parameters * np.log(found.n_respondents), abs=2e-3)
    assert 0 < found.hits <= found.n_starts == 20


def test_a_published_maximum_with_a_covariate(reference_survey) -> None:
    survey = reference(reference_survey("cheating"), "binary", 2, factor_groups={"school": ["GPA"]})
    found = maximum_likelihood(survey, seed=1)
    assert found.n_respondents == 315
    assert found.log_likelihood == pytest.approx(-429.6384, abs=6e-4)


@pytest.mark.parametrize("random_effect", [False, True])
def test_the_gradient_is_that_of_the_likelihood(random_effect) -> None:
    survey = example_of(full_model(3)).survey
    scores = np.random.default_rng(0).normal(size=(survey.n_respondents, 2))
    objective = Objective.of(survey, scores, random_effect=random_effect)
    rng = np.random.default_rng(1)
    x = objective.start(rng) + rng.normal(0, 0.3, size=len(objective.start(rng)))
    step = 1e-5
    differences = [(objective(x + step * e)[0] - objective(x - step * e)[0]) / (2 * step) for e in np.eye(len(x))]
    np.testing.assert_allclose(objective(x)[1], differences, atol=1e-6)


def test_the_random_effect_is_integrated_out() -> None:
    items = [*lc.binary("a", levels=[0, 1]), *lc.ordinal("b", levels=[1, 2, 3])]
    survey = lc.read_survey(lc.Model(items=items, n_classes=1), pd.DataFrame({"a": [0, 1, 1, None], "b": [1, 2, 3, 3]}))
    objective = Objective.of(survey, None, random_effect=True)
    # Logits of a, its loading; first threshold and log step of b, its location and loading.
    x = np.array([0.2, -0.3, 1.1, -0.5, 0.4, 0.1, -0.8])
    point = np.linspace(-8, 8, 4001)
    p_a = expit(-0.5 + 1.1 * point)
    below = [expit(cut - 0.1 + 0.8 * point) for cut in (-0.5, -0.5 + np.exp(0.4))]
    p_b = [below[0], below[1] - below[0], 1 - below[1]]
    terms = [(1 - p_a) * p_b[0], p_a * p_b[1], p_a * p_b[2], p_b[2]]
    truth = sum(np.log(np.sum(t * norm.pdf(point)) * (point[1] - point[0])) for t in terms)
    assert -objective(x)[0] == pytest.approx(truth, abs=1e-6)


def test_entropy_and_what_follows_from_it() -> None:
    # Two classes that one item tells apart by chance only: everybody's membership is even.
    frame = pd.DataFrame({"a": [0, 1] * 10, "b": [0, 0, 1, 1] * 5})
    survey = lc.read_survey(lc.Model(items=lc.binary("a", "b"), n_classes=2), frame)
    objective = Objective.of(survey, None, random_effect=False)
    assert objective.entropy(np.zeros(9)) == pytest.approx(20 * np.log(2))
    found = maximum_likelihood(survey, n_starts=3)
    assert found.icl == pytest.approx(found.bic + 2 * found.entropy)
    assert found.entropy_r2 == pytest.approx(1 - found.entropy / (20 * np.log(2)))
    assert found.sabic == pytest.approx(-2 * found.log_likelihood + 5 * np.log(22 / 24))


def degrees(n: int, seed: int) -> pd.DataFrame:
    """Return answers of two classes whose respondents also differ by degree."""
    rng = np.random.default_rng(seed)
    kind = rng.random(n) < 0.4
    logits = np.where(kind[:, None], [2, 2, 2, -2, -2, -2], [-2, -2, -2, 1, 1, 1]) + 1.8 * rng.normal(size=(n, 1))
    return pd.DataFrame((rng.random((n, 6)) < expit(logits)).astype(int), columns=list("abcdef"))


def test_degrees_within_classes_are_told_from_further_classes() -> None:
    frame = degrees(1500, 3)
    surveys = [lc.read_survey(lc.Model(items=lc.binary(*frame), n_classes=k), frame) for k in range(1, 5)]
    plain = [maximum_likelihood(s, n_starts=8).bic for s in surveys]
    with_effect = [maximum_likelihood(s, random_effect=True, n_starts=3).bic for s in surveys[:3]]
    # Plain classes need more than the two that there are; with degrees two are enough, and better than all of them.
    assert np.argmin(plain) > 1
    assert np.argmin(with_effect) == 1
    assert min(with_effect) < min(plain) - 10


def test_what_is_wrong_is_said() -> None:
    survey = example_of(full_model(2)).survey
    with pytest.raises(lc.LatentClassError, match=r"n_starts is a positive whole number; got 0"):
        maximum_likelihood(survey, n_starts=0)
    with pytest.raises(lc.LatentClassError, match=r"is a latent construct: its scores must be given"):
        maximum_likelihood(survey)
