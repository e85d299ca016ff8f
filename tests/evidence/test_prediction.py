"""Leave-one-out prediction against exact enumeration, quadrature and refits."""

from __future__ import annotations

import warnings
from dataclasses import replace

import arviz as az
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.special import logsumexp

import latentclass as lc
from latentclass.evidence import Prediction, prediction, prediction_difference
from latentclass.evidence.prediction import Method, _refitted, _smoothed
from latentclass.infer.refit import refits_without
from latentclass.posterior.answers import answer_log_likelihood
from latentclass.simulation import indicator_log_likelihood, log_likelihood
from tests.evidence.enumeration import leave_one_out
from tests.posterior.conftest import derived, example_of

ITEMS = [*lc.binary("a", "b", levels=[0, 1]), *lc.nominal("c", levels=[0, 1, 2])]
SIZES = [2, 2, 3]
# So low that one answer alone makes the importance ratios of who gave it heavy-tailed: index about 1 / (1 + 0.08).
CONCENTRATION = 0.08
PRIORS = lc.Priors(items=lc.Dirichlet(CONCENTRATION), intercept=lc.Normal(1.0), effects=lc.Normal(1.5))


def small_frame() -> pd.DataFrame:
    # Nobody answers like the last one, whose likelihood has a heavy tail at one of the small probabilities.
    rows = [(0, 0, 0, 0)] * 5 + [(1, 1, 1, 1)] * 4 + [(0, 1, 0, 1), (1, 1, 0, 2)]
    return pd.DataFrame(rows, columns=["a", "b", "c", "x"]).assign(x=[0, 1] * 5 + [1])


@pytest.fixture(scope="module")
def small():
    """Return a fit to eleven respondents with one covariate."""
    model = lc.Model(items=ITEMS, n_classes=2, factor_groups={"g": ["x"]}, priors=PRIORS)
    with warnings.catch_warnings():
        # Eleven respondents cannot tell the classes apart, which is no matter here.
        warnings.simplefilter("ignore", lc.LatentClassWarning)
        return lc.fit(model, small_frame(), seed=3, progressbar=False)


def exact(fit) -> np.ndarray:
    return leave_one_out(
        fit.survey.codes,
        SIZES,
        concentration=CONCENTRATION,
        intercept_sd=1.0,
        slope_sd=1.5,
        design=fit.survey.groups[0].matrix[:, 0],
    )


def test_every_respondent_against_enumeration(small) -> None:
    found = prediction(small)
    truth = exact(small)
    bad = found.pointwise["method"] == Method.REFIT
    assert found.n_refitted == bad.sum() > 0
    assert found.n_unsettled == 0
    # Five Monte Carlo errors: eleven respondents are looked at, and the errors are estimates of finite draws.
    off = (found.pointwise["elpd"] - truth).abs()
    assert (off < 5 * found.pointwise["error"] + 0.005).all()
    assert found.pointwise["error"].max() < 0.15
    assert found.elpd == pytest.approx(truth.sum(), abs=5 * found.error)


def test_refits_against_enumeration(small) -> None:
    truth = exact(small)
    for i, row in _refitted(small, small.posterior, [0, 6, 9, 10], seed=2):
        assert row["method"] == Method.REFIT
        assert row["elpd"] == pytest.approx(truth[i], abs=5 * row["error"])
        # How short chains of a refit mix varies with the versions of the samplers.
        assert row["error"] < 0.2


def construct_model(**more) -> lc.Model:
    return lc.Model(
        items=lc.binary("a", "b", "c", levels=[0, 1]),
        n_classes=2,
        constructs={
            "stress": lc.construct("s1", "s2", "s3", levels=range(1, 5)),
            "skill": lc.construct("k1", "k2", kind="continuous"),
        },
        factor_groups={"one": ["stress"], "two": ["skill", "x"]},
        **more,
    )


OUTCOMES = {
    "use": lc.outcome("ordinal", levels=[1, 2, 3], covariates=["one"]),
    "hours": lc.outcome("continuous", covariates=["two"]),
}


@pytest.mark.parametrize("outcomes", [{}, OUTCOMES], ids=["answers", "outcomes"])
def test_scores_are_integrated_out_given_the_indicators(outcomes) -> None:
    frame = pd.DataFrame({"x": np.random.default_rng(0).normal(size=24)})
    model = construct_model(outcomes=outcomes)
    data = lc.simulate(model, covariates=frame, seed=4, missing=0.1)
    survey = lc.read_survey(model, data.frame)
    # Indicators that leave the scores wide enough for a grid of the prior.
    loading, sd = (data.parameters[name] for name in ("loading", "indicator_sd"))
    parameters = data.parameters.assign(
        loading=loading.copy(data=[1.2, 1.0, 0.8, 0.9, -0.7]), indicator_sd=sd.copy(data=[0.7, 0.9])
    )
    draws = [derived(survey, parameters)] * 200
    found = answer_log_likelihood(xr.concat(draws, "draw").expand_dims("chain"), survey).mean("draw").squeeze("chain")
    # The twin at every node of a grid of the two scores, weighted by prior, indicators and outcomes.
    point, weight = np.polynomial.hermite_e.hermegauss(17)
    root = np.linalg.cholesky(parameters["score_correlation"].to_numpy())
    unanswered = replace(survey, codes=np.full_like(survey.codes, -1))
    joint, known = [], []
    for i, first in enumerate(point):
        for j, second in enumerate(point):
            score = np.tile(root @ [first, second], (survey.n_respondents, 1))
            at = parameters.assign(score=parameters["score"].copy(data=score))
            given = sum(indicator_log_likelihood(survey, at).to_array().to_numpy()) + np.log(weight[i] * weight[j])
            known.append(given + log_likelihood(unanswered, at).to_numpy())
            joint.append(given + log_likelihood(survey, at).to_numpy())
    truth = logsumexp(joint, axis=0) - logsumexp(known, axis=0)
    # Each draw integrates with 32 points of its own.
    np.testing.assert_allclose(found, truth, atol=0.02)
    if not outcomes:
        sampled = log_likelihood(survey, parameters).to_numpy()
        assert np.abs(sampled - truth).max() > 0.1


def test_without_constructs_nothing_is_integrated() -> None:
    example = example_of(lc.Model(items=ITEMS, n_classes=2))
    twin = [log_likelihood(example.survey, p).to_numpy() for p in example.parameters]
    found = answer_log_likelihood(example.posterior, example.survey).to_numpy()
    np.testing.assert_allclose(found.reshape(-1, found.shape[-1]), twin, rtol=1e-9)


def test_outcomes_are_given() -> None:
    model = lc.Model(items=ITEMS, n_classes=2, outcomes={"use": lc.outcome("binary", levels=[0, 1])})
    example = example_of(model)
    unanswered = replace(example.survey, codes=np.full_like(example.survey.codes, -1))
    both, alone = (np.array([log_likelihood(s, p) for p in example.parameters]) for s in (example.survey, unanswered))
    found = answer_log_likelihood(example.posterior, example.survey).to_numpy()
    np.testing.assert_allclose(found.reshape(both.shape), both - alone, atol=1e-9)
    assert np.abs(alone).max() > 0.1


@pytest.mark.slow
def test_constructs_against_exact_refits() -> None:
    frame = pd.DataFrame({"x": np.random.default_rng(0).normal(size=25)})
    model = construct_model()
    data = lc.simulate(model, covariates=frame, seed=4).frame
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", lc.LatentClassWarning)
        fit = lc.fit(model, data, draws=1000, seed=3, progressbar=False)
    found = prediction(fit)
    assert found.predicted == "answers to the items given covariates and indicators"
    some = [0, 5, 10, 15, 20]
    for i, posterior in zip(some, refits_without(fit, some, draws=1000, tune=500, seed=8), strict=True):
        logs = answer_log_likelihood(posterior, fit.survey).isel(respondent=i).to_numpy()
        truth = logsumexp(logs) - np.log(logs.size)
        # Four standard errors of either.
        error = np.hypot(found.pointwise["error"].iloc[i], np.std(np.exp(logs - truth)) / np.sqrt(logs.size / 4))
        assert found.pointwise["elpd"].iloc[i] == pytest.approx(truth, abs=4 * error)


def test_the_budget_of_refits_leaves_the_rest_unsettled(small) -> None:
    found = prediction(small, most_refits=0)
    assert found.n_refitted == 0
    assert found.n_unsettled == (found.pointwise["pareto_k"] > 0.7).sum() > 0
    assert f"{found.n_unsettled} unsettled" in repr(found)


def test_smoothing_is_that_of_arviz(small) -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*shape parameter of Pareto", category=UserWarning)
        theirs = az.loo(small.tree, pointwise=True)
    ours = prediction(small, most_refits=0).pointwise
    good = (ours["method"] == Method.PSIS).to_numpy()
    assert 5 < good.sum() < len(good)
    # ArviZ takes one relative efficiency for all respondents, and so cuts the tails elsewhere.
    np.testing.assert_allclose(ours["pareto_k"][good], theirs.pareto_k[good], atol=0.1)
    np.testing.assert_allclose(ours["elpd"][good], theirs.elpd_i[good], atol=0.005)
    clear = abs(theirs.pareto_k.to_numpy() - 0.7) > 0.1
    np.testing.assert_array_equal(good[clear], theirs.pareto_k.to_numpy()[clear] <= 0.7)


def test_the_error_is_the_spread_over_repetitions() -> None:
    # exp(logs) is Beta(4, 2): E[1 / p] = 5 / 3, importance ratios with a tail of index 1/4.
    rng = np.random.default_rng(5)
    rows = [_smoothed(np.log(rng.beta(4, 2, size=(4, 500)))) for _ in range(300)]
    elpd, error = (np.array([row[name] for row in rows]) for name in ("elpd", "error"))
    assert elpd.mean() == pytest.approx(np.log(3 / 5), abs=4 * elpd.std() / np.sqrt(300) + 0.002)
    assert error.mean() == pytest.approx(elpd.std(), rel=0.25)


def test_who_answered_nothing_predicts_nothing(small) -> None:
    survey = replace(small.survey, codes=np.where(np.arange(11)[:, None] == 4, -1, small.survey.codes))
    found = prediction(replace(small, survey=survey), most_refits=0).pointwise.iloc[4]
    assert (found["elpd"], found["method"]) == (0.0, Method.NO_ANSWER)


def test_blocks_of_respondents_do_not_matter(small, monkeypatch) -> None:
    whole = prediction(small, most_refits=0).pointwise
    monkeypatch.setattr("latentclass.posterior.samples._BLOCK_ENTRIES", 1)
    pd.testing.assert_frame_equal(prediction(small, most_refits=0).pointwise, whole, rtol=1e-10)


def test_differences_are_paired() -> None:
    table = pd.DataFrame({"elpd": [-1.0, -2.0, -4.0], "error": [0.3, 0.0, 0.4], "method": "psis"}, index=[1, 2, 3])
    one = Prediction(pointwise=table, predicted="")
    other = Prediction(
        pointwise=table.assign(elpd=[-2.0, -2.5, -4.0], method=["psis", "refit", "unsettled"]), predicted=""
    )
    found = prediction_difference(one, other)
    assert (found.elpd, found.n, found.n_refitted, found.n_unsettled) == (1.5, 3, 1, 1)
    assert found.se == pytest.approx(np.sqrt(3 * np.var([1, 0.5, 0], ddof=1)))
    assert found.error == pytest.approx(np.sqrt(0.5))
    less = Prediction(pointwise=table.iloc[:2], predicted="")
    with pytest.raises(lc.LatentClassError, match=r"the first has 3, the second 2, 2 of them the same"):
        prediction_difference(one, less)


@pytest.mark.parametrize("given", [-1, 1.5, True])
def test_a_budget_that_is_none(given) -> None:
    with pytest.raises(lc.LatentClassError, match=r"a whole number, 0 or more, or None"):
        prediction(None, most_refits=given)
