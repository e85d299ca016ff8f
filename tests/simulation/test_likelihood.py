"""The likelihood against loops over respondents, classes and items that share no code with it."""

import math

import numpy as np
import pandas as pd
import pytest

import latentclass as lc
from latentclass.simulation import indicator_log_likelihood, log_likelihood, membership_log_prior, memberships

# The loops add the same dozen terms in another order, in double precision.
ROUNDING = 1e-10


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def cumulative_level(baseline, c, location, spread):
    """P(level c) from cumulative probabilities, level by level."""

    def at_or_below(level):
        if level < 0:
            return 0.0
        if level == len(baseline) - 1:
            return 1.0
        below = sum(baseline[: level + 1])
        return sigmoid((math.log(below / (1 - below)) - location) / spread)

    return at_or_below(c) - at_or_below(c - 1)


def item_probability(item, answer, name, p):
    """P(answer | class) read from the parameters by label."""
    levels = item.levels
    if item.structure == "free":
        return float(p["probability"].sel({"class": name, "item_level": f"{item.name}={answer}"}))
    baseline = [float(p["baseline"].sel(ordinal_level=f"{item.name}={level}")) for level in levels]
    location = float(p["location"].sel({"class": name, "ordinal_item": item.name}))
    spread = 1.0
    if item.dispersion:
        spread = math.exp(float(p["log_dispersion"].sel({"class": name, "dispersed_item": item.name})))
    return cumulative_level(baseline, levels.index(answer), location, spread)


def prior_probabilities(simulated, frame, respondent):
    """Class probabilities of one respondent from the raw covariates, standardised here."""
    p, classes = simulated.parameters, simulated.model.class_names
    age = (frame["age"].astype(float) - frame["age"].mean()) / frame["age"].std(ddof=1)
    logits = []
    for name in classes:
        of_class = p.sel({"class": name})
        logit = float(of_class["intercept"])
        score = p["score"].sel(respondent=respondent)
        slopes = of_class["slope_individual"]
        logit += float(slopes.sel(individual_covariate="stress") * score.sel(construct="stress"))
        logit += float(slopes.sel(individual_covariate="age")) * age[respondent]
        for label in slopes["individual_covariate"].values:
            if str(label).startswith("branch"):
                branch = next(b for b in ("north", "south") if b in str(label))
                is_it = (frame["branch"] == branch).astype(float)
                logit += float(slopes.sel(individual_covariate=label)) * (is_it[respondent] - is_it.mean())
        logit += float(of_class["slope_technical"].sel(technical_covariate="ease") * score.sel(construct="ease"))
        logits.append(logit)
    total = sum(math.exp(x) for x in logits)
    return [math.exp(x) / total for x in logits]


def joint_by_hand(simulated, respondent):
    """pi_k prod_j p(y_j | k) for every class k."""
    frame, p = simulated.frame, simulated.parameters
    joint = prior_probabilities(simulated, frame, respondent)
    for k, name in enumerate(simulated.model.class_names):
        for item in simulated.model.items:
            answer = frame.loc[respondent, item.name]
            if not pd.isna(answer):
                joint[k] *= item_probability(item, answer, name, p)
    return joint


def test_log_likelihood_is_the_sum_over_classes(rich, rich_survey):
    expected = [math.log(sum(joint_by_hand(rich, i))) for i in rich.frame.index]
    found = log_likelihood(rich_survey, rich.parameters)
    assert found.dims == ("respondent",)
    np.testing.assert_allclose(found, expected, rtol=ROUNDING)


def test_the_survey_has_missing_answers_of_every_sort(rich):
    """The comparison above would say nothing of missing answers without any."""
    answers = rich.frame[[item.name for item in rich.model.items]]
    assert answers.isna().any(axis=0).all()
    assert rich.frame[["stress_1", "ease_1"]].isna().any(axis=0).all()


def test_membership_prior_and_posterior_follow_from_the_joint(rich, rich_survey):
    prior = np.exp(membership_log_prior(rich_survey, rich.parameters))
    posterior = memberships(rich_survey, rich.parameters)
    for i in rich.frame.index:
        np.testing.assert_allclose(prior.sel(respondent=i), prior_probabilities(rich, rich.frame, i), rtol=ROUNDING)
        joint = np.array(joint_by_hand(rich, i))
        np.testing.assert_allclose(posterior.sel(respondent=i), joint / joint.sum(), rtol=1e-9)


def test_indicator_log_likelihood_by_hand(rich, rich_survey):
    p, frame = rich.parameters, rich.frame
    found = indicator_log_likelihood(rich_survey, p)
    a = (16 * math.sqrt(3) / (15 * math.pi)) ** 2
    for i in frame.index:
        score = p["score"].sel(respondent=i)
        likert = continuous = 0.0
        for name in ("stress_1", "stress_2"):
            if pd.isna(frame.loc[i, name]):
                continue
            loading = float(p["loading"].sel(indicator=name))
            baseline = [float(p["likert_baseline"].sel(likert_level=f"{name}={c}")) for c in range(1, 5)]
            edges = [0.0]
            for c in range(1, 4):
                below = sum(baseline[:c])
                threshold = math.sqrt(1 + a * loading**2) * math.log(below / (1 - below))
                edges.append(sigmoid(threshold - loading * float(score.sel(construct="stress"))))
            edges.append(1.0)
            answer = int(frame.loc[i, name])
            likert += math.log(edges[answer] - edges[answer - 1])
        for name in ("ease_1", "ease_2", "ease_3"):
            if pd.isna(frame.loc[i, name]):
                continue
            value = (frame.loc[i, name] - frame[name].mean()) / frame[name].std(ddof=1)
            sd = float(p["indicator_sd"].sel(continuous_indicator=name))
            mean = float(p["indicator_mean"].sel(continuous_indicator=name))
            mean += float(p["loading"].sel(indicator=name) * score.sel(construct="ease"))
            continuous += -0.5 * ((value - mean) / sd) ** 2 - math.log(sd * math.sqrt(2 * math.pi))
        np.testing.assert_allclose(found["likert_responses"].sel(respondent=i), likert, rtol=1e-8)
        np.testing.assert_allclose(found["continuous_responses"].sel(respondent=i), continuous, rtol=1e-8)


@pytest.mark.parametrize("order", [(1, 0, 2), (2, 0, 1)])
def test_renaming_the_classes_changes_nothing(rich, rich_survey, order):
    """The classes are exchangeable: permuting every parameter along the class dim leaves the likelihood alone."""
    names = list(rich.model.class_names)
    permuted = rich.parameters.isel({"class": list(order)}).assign_coords({"class": names})
    assert not permuted["intercept"].equals(rich.parameters["intercept"])
    np.testing.assert_allclose(
        log_likelihood(rich_survey, permuted), log_likelihood(rich_survey, rich.parameters), rtol=ROUNDING
    )
    before = memberships(rich_survey, rich.parameters).values
    np.testing.assert_allclose(memberships(rich_survey, permuted).values, before[:, list(order)], rtol=1e-9)


def test_the_order_of_labels_in_the_parameters_does_not_matter(rich, rich_survey):
    turned = rich.parameters.isel({dim: slice(None, None, -1) for dim in rich.parameters.dims})
    np.testing.assert_array_equal(log_likelihood(rich_survey, turned), log_likelihood(rich_survey, rich.parameters))


def test_a_respondent_without_answers_has_log_likelihood_zero(rich):
    frame = rich.frame.copy()
    names = [item.name for item in rich.model.items]
    frame.loc[5, names] = pd.NA
    survey = lc.read_survey(rich.model, frame)
    assert log_likelihood(survey, rich.parameters).sel(respondent=5).item() == pytest.approx(0.0, abs=1e-12)


def test_one_class_is_independent_items():
    """With one class the likelihood is the product of the answer probabilities, with no membership parameters."""
    items = (*lc.ordinal("a", levels=(1, 2, 3)), *lc.binary("b", levels=("no", "yes")))
    simulated = lc.simulate(lc.Model(items=items, n_classes=1), n=50, seed=2)
    assert set(simulated.parameters) == {"baseline", "probability"}
    p = simulated.parameters
    expected = [
        math.log(float(p["baseline"].sel(ordinal_level=f"a={row.a}")))
        + math.log(float(p["probability"].sel(item_level=f"b={row.b}").squeeze()))
        for row in simulated.frame.itertuples()
    ]
    survey = lc.read_survey(simulated.model, simulated.frame)
    np.testing.assert_allclose(log_likelihood(survey, p), expected, rtol=ROUNDING)
    assert (memberships(survey, p) == 1).all()
