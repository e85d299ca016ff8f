"""The simulated survey keeps the published design, and its truth is true."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.special import softmax

import latentclass as lc
from latentclass.datasets.design import GROUPS, INDICATORS, SHARES, SLOPES
from latentclass.datasets.population import population
from latentclass.simulation import group_weights, log_likelihood

internal_social_media = lc.datasets.internal_social_media
LARGE = 5000


@pytest.fixture(scope="module")
def data():
    return internal_social_media()


@pytest.fixture(scope="module")
def large():
    return internal_social_media(n=LARGE, seed=8)


def test_the_published_design(large):
    frame = large.frame
    # Standard errors at n 5000: 0.0071 for a share, 0.15 years for age (SD 11), 0.12 for tenure (SD 8.7); four each.
    assert (frame["gender"] == "female").mean() == pytest.approx(0.49, abs=0.029)
    assert frame["age"].mean() == pytest.approx(44, abs=0.6)
    assert frame["tenure"].mean() == pytest.approx(12, abs=0.5)
    assert frame["industry"].nunique() >= 10
    assert list(large.model.factor_groups) == ["individual", "social", "organizational", "technical"]


def test_demographics_are_plausible_and_complete(data):
    frame = data.frame
    assert len(frame) == 500
    assert not frame[["age", "tenure", "gender", "industry"]].isna().any(axis=None)
    assert frame["age"].between(18, 67).all()
    assert (frame["tenure"] >= 0).all()
    assert (frame["tenure"] <= frame["age"] - 16).all()
    assert frame["age"].corr(frame["tenure"]) > 0.3


def test_the_survey_can_be_read_and_its_truth_fits(data):
    survey = lc.read_survey(data.model, data.frame)
    truth = log_likelihood(survey, data.parameters).sum().item()
    # Slopes of another sign are a worse account of data drawn from these; the margin is tens of log units.
    turned = data.parameters.assign(slope_technical=-data.parameters["slope_technical"])
    assert truth > log_likelihood(survey, turned).sum().item() + 10


def test_covariates_act_on_the_population_scale():
    """Slopes and intercept in truth, which are on the scale of the sample, must give back those of the population."""
    data = internal_social_media(n=400, individual_weight=0.1, missing=False)
    survey = lc.read_survey(data.model, data.frame)
    p, people = data.parameters, population(0.1)
    age = (data.frame["age"] - 44) / 9.676
    male = (data.frame["gender"] == "male") - 0.51
    score = p["score"].to_pandas()
    expected = people.intercept + sum(
        np.outer({"age": age, "gender": male}.get(name, score.get(name)), people.slopes(name)) for name in SLOPES
    )
    found = lc.simulation.membership_log_prior(survey, p).values
    # The standard deviation of the cut normal is written here to three decimals.
    np.testing.assert_allclose(softmax(expected, axis=1), np.exp(found), atol=1e-4)


def test_classes_have_the_shares_of_the_design(large):
    counts = large.classes.value_counts().reindex(list(large.model.class_names)).to_numpy()
    assert large.truth["population_share"].values.tolist() == list(SHARES)
    error = np.sqrt(np.array(SHARES) * (1 - np.array(SHARES)) * LARGE)
    np.testing.assert_array_less(np.abs(counts - np.array(SHARES) * LARGE), 4 * error)


def test_constructs_correlate_within_their_group(large):
    score = large.parameters["score"].values
    r = np.corrcoef(score.T)
    names = list(INDICATORS)
    # A standard error of (1 - r^2) / sqrt(5000) = 0.013.
    assert r[names.index("stress"), names.index("information_load")] == pytest.approx(0.3, abs=0.06)
    assert r[names.index("stress"), names.index("social_capital")] == pytest.approx(-0.1, abs=0.06)


def test_reverse_keyed_indicators_run_against_the_others(large):
    r = large.frame[["ease_of_use_1", "ease_of_use_3"]].astype(float).corr().iloc[0, 1]
    assert r < -0.2
    assert (large.truth["loading"] < 0).sum() == 2


def test_technical_design_raises_anticipated_use_and_privacy_concern_lowers_it(large):
    use = large.frame["anticipated_use"].astype(float)
    scales = {name: large.frame[f"{name}_1"].astype(float) for name in INDICATORS}
    assert set(use.dropna()) == {1, 2, 3, 4, 5}
    assert use.corr(scales["design_quality"]) > 0.3
    assert use.corr(scales["ease_of_use"]) > 0.3
    assert use.corr(scales["privacy_concern"]) < -0.3
    assert "anticipated_use" not in [item.name for item in large.model.items]


def test_answers_are_missing_as_in_a_survey(large):
    questions = large.frame.drop(columns=["age", "tenure", "gender", "industry"])
    rates = questions.isna().mean()
    assert 0.02 < rates.mean() < 0.06
    assert rates.iloc[-5:].mean() > rates.iloc[:5].mean() + 0.01
    items = [item.name for item in large.model.items]
    # One in 300, and no chance of another: four items are answered before anybody else breaks off.
    assert questions[items].isna().all(axis=1).sum() == 15
    stress = questions[["stress_1", "stress_2", "stress_3"]].isna().all(axis=1)
    # Single answers alone would leave out all three in 1 of 200 000 cases.
    assert stress.sum() >= 3


def test_two_of_500_answer_no_item(data):
    items = [item.name for item in data.model.items]
    assert data.frame[items].isna().all(axis=1).sum() in (1, 2)


def test_missing_answers_can_be_left_out():
    assert not internal_social_media(n=100, missing=False).frame.isna().any(axis=None)


def test_the_seed_decides():
    first, again, other = (internal_social_media(n=100, seed=s) for s in (1, 1, 2))
    pd.testing.assert_frame_equal(first.frame, again.frame)
    xr.testing.assert_identical(first.truth, again.truth)
    assert not first.frame.equals(other.frame)


def monte_carlo_weight(scale_of, group, n=3000, seed=77):
    """The weight of a group in people drawn at random, by the definition and with code of its own."""
    rng = np.random.default_rng(seed)
    people = scale_of
    signs = {"stress": -1, "information_load": -1, "privacy_concern": -1}
    home = {name: g for g, names in GROUPS.items() for name in names}
    names = list(INDICATORS)
    r = np.array([[1.0 if a == b else 0.3 if home[a] == home[b] else 0.1 for b in names] for a in names])
    s = np.array([signs.get(name, 1) for name in names])
    x = dict(zip(names, rng.multivariate_normal(np.zeros(7), r * np.outer(s, s), size=n).T, strict=True))
    age = rng.normal(44, 11, size=4 * n)
    x["age"] = (age[(age > 22) & (age < 66)][:n] - 44) / 9.676
    x["gender"] = (rng.random(n) > 0.49) - 0.51
    own = {g: sum(np.outer(x[c], people.slopes(c)) for c in covariates) for g, covariates in GROUPS.items()}
    total = people.intercept + sum(own.values())
    p = softmax(total, axis=1)
    q = np.mean([softmax(total - own[group] + own[group][j], axis=1) for j in rng.integers(n, size=400)], axis=0)
    shares = p.mean(axis=0)
    return np.mean(np.sum(p * np.log(p / q), axis=1)) / -np.sum(shares * np.log(shares))


@pytest.mark.parametrize("weight", [0.0, 0.06, 0.2])
def test_the_individual_group_has_the_weight_asked_for(weight):
    truth = internal_social_media(n=60, individual_weight=weight).truth["true_weight"]
    assert truth.sel(factor_group="individual").item() == pytest.approx(weight, abs=1e-4)
    for group in GROUPS:
        direct = monte_carlo_weight(population(weight), group)
        # 3000 people and 400 to average over: relative errors of some 3 %.
        assert direct == pytest.approx(truth.sel(factor_group=group).item(), rel=0.1, abs=1e-9)


def test_the_other_groups_carry_weight(data):
    weights = data.truth["true_weight"]
    assert (weights.drop_sel(factor_group="individual") > 0.02).all()
    assert weights.idxmax("factor_group").item() == "technical"


def test_weights_in_the_sample_are_near_those_of_the_population(large):
    survey = lc.read_survey(large.model, large.frame)
    # 5000 respondents: relative errors of some 3 %.
    xr.testing.assert_allclose(
        group_weights(survey, large.parameters).rename("x"),
        large.truth["true_weight"].rename("x"),
        rtol=0.12,
        atol=1e-9,
    )


@pytest.mark.parametrize("weight", [-0.1, 0.5, "some", True])
def test_weights_out_of_range_are_refused(weight):
    with pytest.raises(lc.ModelError, match=r"between 0 and 0\.3; got"):
        internal_social_media(individual_weight=weight)


def test_too_few_respondents_are_refused():
    with pytest.raises(lc.ModelError, match="n is a whole number, 50 or more; got 10"):
        internal_social_media(n=10)
