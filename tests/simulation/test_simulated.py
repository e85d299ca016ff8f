"""Simulated surveys have the frequencies that their parameters imply, and the gaps that were asked for."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import latentclass as lc
from latentclass.simulation import level_probabilities, membership_log_prior
from latentclass.simulation.probabilities import likert_probabilities

N = 20_000
# Among some hundred frequencies none is off by five standard errors, but for once in 17000 runs.
STANDARD_ERRORS = 5


@pytest.fixture(scope="module")
def large(rich_model, covariates_of):
    return lc.simulate(rich_model, covariates=covariates_of(N), seed=6)


@pytest.fixture(scope="module")
def large_survey(large):
    return lc.read_survey(large.model, large.frame)


def assert_frequencies(counts, expected, variance):
    np.testing.assert_array_less(np.abs(counts - expected), STANDARD_ERRORS * np.sqrt(variance) + 1e-9)


def test_answers_have_their_probabilities_in_each_class(large, large_survey):
    probability = level_probabilities(large_survey, large.parameters)
    for name in large.model.class_names:
        members = large.frame[large.classes == name]
        for item in large.model.items:
            for level in item.levels:
                p = probability.sel({"class": name, "item_level": f"{item.name}={level}"}).item()
                count = (members[item.name] == level).sum()
                assert_frequencies(count, len(members) * p, len(members) * p * (1 - p))


def test_classes_have_their_probabilities(large, large_survey):
    prior = np.exp(membership_log_prior(large_survey, large.parameters))
    counts = [(large.classes == name).sum() for name in large.model.class_names]
    assert_frequencies(counts, prior.sum("respondent").values, (prior * (1 - prior)).sum("respondent").values)


def test_classes_depend_on_the_covariates_as_the_slopes_say(large, large_survey):
    """Residuals of membership are uncorrelated with every design column when the prior is right."""
    prior = np.exp(membership_log_prior(large_survey, large.parameters)).values
    member = (large.classes.to_numpy()[:, None] == np.array(large.model.class_names)).astype(float)
    columns = np.column_stack([large_survey.groups[0].matrix[:, 1:], large.parameters["score"].values])
    for column in columns.T:
        variance = (column[:, None] ** 2 * prior * (1 - prior)).sum(axis=0)
        assert_frequencies(column @ (member - prior), 0, variance)


def test_likert_answers_have_their_probabilities_given_the_scores(large, large_survey):
    for name, probability in likert_probabilities(large_survey, large.parameters).items():
        score = large.parameters["score"].sel(construct="stress").values
        for half in (score < 0, score >= 0):
            for c, level in enumerate(range(1, 5)):
                p = probability[half, c]
                assert_frequencies((large.frame[name][half] == level).sum(), p.sum(), (p * (1 - p)).sum())


def test_likert_baselines_are_about_the_answer_distribution(large, large_survey):
    """The documented meaning of likert_baseline: the logistic-normal approximation is good to some .02."""
    for name in ("stress_1", "stress_2"):
        for level in range(1, 5):
            baseline = large.parameters["likert_baseline"].sel(likert_level=f"{name}={level}").item()
            assert (large.frame[name] == level).mean() == pytest.approx(baseline, abs=0.03)


def test_continuous_answers_follow_the_scores(large):
    score = large.parameters["score"].sel(construct="ease").values
    for name in ("ease_1", "ease_2", "ease_3"):
        loading = large.parameters["loading"].sel(indicator=name).item()
        mean, sd = (
            large.parameters[v].sel(continuous_indicator=name).item() for v in ("indicator_mean", "indicator_sd")
        )
        slope, intercept = np.polyfit(score, large.frame[name], 1)
        error = STANDARD_ERRORS * sd / np.sqrt(N)
        assert slope == pytest.approx(loading, abs=error * 1.1)
        assert intercept == pytest.approx(mean, abs=error)


def test_answers_are_the_declared_levels_in_plain_dtypes(rich):
    frame = rich.frame
    assert set(frame["sharing"].dropna()) <= {1, 2, 3, 4, 5}
    assert str(frame["sharing"].dtype) == "Int64"
    assert str(frame["posted"].dtype) == "boolean"
    assert set(frame["rank"].dropna()) == {"low", "mid", "high"}
    assert frame["ease_1"].dtype == float


def test_missing_at_one_rate(rich_model, covariates_of):
    frame = lc.simulate(rich_model, covariates=covariates_of(5000), seed=1, missing=0.1).frame
    lost = frame.drop(columns=["age", "branch"]).isna()
    # 5000 binomial trials per column: a standard error of 0.0042.
    np.testing.assert_allclose(lost.mean(), 0.1, atol=5 * 0.0042)
    assert not frame[["age", "branch"]].isna().any(axis=None)


def test_missing_at_a_rate_per_column(rich_model, covariates_of):
    rates = {"sharing": 0.3, "ease_1": 1.0}
    frame = lc.simulate(rich_model, covariates=covariates_of(2000), seed=1, missing=rates).frame
    assert frame["sharing"].isna().mean() == pytest.approx(0.3, abs=5 * np.sqrt(0.21 / 2000))
    assert frame["ease_1"].isna().all()
    assert not frame.drop(columns=list(rates)).isna().any(axis=None)


def test_missing_by_a_function_of_the_answers(rich_model, covariates_of):
    def only_low_ranks(complete, rng):
        return pd.DataFrame({name: complete["rank"].eq("low") & (name == "dialogue") for name in complete})

    simulated = lc.simulate(rich_model, covariates=covariates_of(200), seed=1, missing=only_low_ranks)
    assert (simulated.frame["dialogue"].isna() == (simulated.frame["rank"] == "low")).all()


def test_a_seed_gives_one_survey(rich_model, covariates_of):
    first, again, other = (lc.simulate(rich_model, covariates=covariates_of(60), seed=s) for s in (1, 1, 2))
    pd.testing.assert_frame_equal(first.frame, again.frame)
    xr.testing.assert_identical(first.truth, again.truth)
    assert not first.frame.equals(other.frame)


def test_drawing_from_a_survey_keeps_respondents_scores_and_scales(rich, rich_survey):
    again = lc.simulate(rich_survey, rich.parameters, seed=5)
    xr.testing.assert_equal(again.parameters, rich.parameters)
    assert again.frame.index.tolist() == list(rich_survey.respondents)
    assert not again.frame["sharing"].isna().any()


def test_drawing_for_new_respondents_keeps_the_encoding(rich, rich_survey, covariates_of):
    """Ages far above those of the survey must give high standardised ages, not ages centred anew."""
    older = covariates_of(50).assign(age=200).set_axis(range(1001, 1051), axis="index")
    simulated = lc.simulate(rich_survey, rich.parameters, older, seed=5)
    xr.testing.assert_equal(simulated.parameters["location"], rich.parameters["location"])
    assert set(simulated.parameters["score"].respondent.values) == set(older.index)
    slope = rich.parameters["slope_individual"].sel(individual_covariate="age")
    assert simulated.classes.mode()[0] == slope.idxmax("class").item()


def test_continuous_indicators_of_a_survey_come_out_on_its_scale(rich, rich_survey):
    frame = rich.frame.assign(ease_1=rich.frame["ease_1"] * 10 + 500)
    survey = lc.read_survey(rich.model, frame)
    first, second = (lc.simulate(s, rich.parameters, seed=5).frame["ease_1"] for s in (rich_survey, survey))
    np.testing.assert_allclose(second, first * 10 + 500)


def test_one_draw_of_a_posterior_will_do(rich, rich_survey):
    draw = rich.parameters.expand_dims(chain=[0], draw=[7]).isel(chain=0, draw=0)
    xr.testing.assert_equal(lc.simulate(rich_survey, draw, seed=5).parameters, rich.parameters)


def test_the_classes_are_those_of_the_truth(rich):
    assert rich.classes.index.equals(rich.frame.index)
    assert rich.classes.tolist() == rich.truth["true_class"].values.tolist()
    assert "true_class" not in rich.parameters


def test_repr_is_short_and_says_what_is_next(rich):
    assert repr(rich) == "Simulated(40 respondents, 5 items, 3 classes; next: lc.fit(simulated.model, simulated.frame))"


PLAIN = lc.Model(items=lc.binary("a", "b", levels=("no", "yes")), n_classes=2)
COVARIATES = pd.DataFrame({"x": [0.0, 1.0, 2.0]})
REFUSED = {
    "no respondents": ({"model": PLAIN}, lc.SurveyError, "needs covariates, one row per respondent, or n"),
    "n not whole": ({"model": PLAIN, "n": 2.5}, lc.SurveyError, "whole number of respondents.*got 2.5"),
    "n too small": ({"model": PLAIN, "n": 0}, lc.SurveyError, "1 or more; got 0"),
    "n against rows": (
        {"model": PLAIN, "covariates": COVARIATES, "n": 5},
        lc.SurveyError,
        "3, the number of rows of the covariates, or left out; got 5",
    ),
    "no frame": ({"model": PLAIN, "covariates": [1]}, lc.SurveyError, "a pandas DataFrame.*got list"),
    "no model": ({"model": "four classes", "n": 5}, lc.ModelError, "draws from a Model or a Survey; got str"),
    "no levels": (
        {"model": lc.Model(items=lc.binary("a", "b"), n_classes=2), "n": 5},
        lc.ModelError,
        r"'a' declares no levels.*binary\('a', levels=\[...\]\)",
    ),
    "no levels of a construct": (
        {"model": PLAIN.replace(constructs={"u": ["u1", "u2"]}, factor_groups={"g": ["u"]}), "n": 5},
        lc.ModelError,
        "Construct 'u' declares no levels",
    ),
    "covariate absent": (
        {"model": PLAIN.replace(factor_groups={"g": ["y"]}), "covariates": COVARIATES},
        lc.SurveyError,
        "'y'",
    ),
    "rate above one": ({"model": PLAIN, "n": 5, "missing": 1.5}, lc.SurveyError, "between 0 and 1; got 1.5"),
    "rate of nothing": (
        {"model": PLAIN, "n": 5, "missing": {"aa": 0.1}},
        lc.SurveyError,
        "'aa', which is not simulated",
    ),
    "gaps of another shape": (
        {"model": PLAIN, "n": 5, "missing": lambda complete, rng: [True]},
        lc.SurveyError,
        r"the shape \(1,\); the frame it was given has \(5, 2\)",
    ),
}


@pytest.mark.parametrize(("arguments", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_simulated_is_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        lc.simulate(**arguments)
