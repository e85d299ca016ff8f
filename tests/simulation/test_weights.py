"""The weight of a factor group against its definition, written out."""

import numpy as np
import pytest

import latentclass as lc
from latentclass.simulation import group_weights, membership_log_prior


def softmax(x):
    e = np.exp(x - x.max())
    return e / e.sum()


def by_definition(rest, own):
    """Mean KL(p(z | x) || p(z | x with the group's part of a random respondent)) over the entropy of z, in loops."""
    n = len(rest)
    p = np.array([softmax(rest[i] + own[i]) for i in range(n)])
    q = np.array([np.mean([softmax(rest[i] + own[j]) for j in range(n)], axis=0) for i in range(n)])
    shares = p.mean(axis=0)
    return float(np.mean(np.sum(p * np.log(p / q), axis=1)) / -np.sum(shares * np.log(shares)))


def test_weights_follow_the_definition():
    data = lc.datasets.plain_survey(n=60, n_items=2, n_covariates=5, seed=4)
    survey = lc.read_survey(data.model, data.frame)
    found = group_weights(survey, data.parameters)
    x = data.frame.filter(like="x_")
    x = (x - x.mean()) / x.std()
    own = {
        group: x[list(value.terms)].to_numpy() @ data.parameters[f"slope_{group}"].values
        for group, value in data.model.factor_groups.items()
    }
    total = data.parameters["intercept"].values + sum(own.values())
    for group, part in own.items():
        # The package multiplies matrices where the loops add one by one.
        assert found.sel(factor_group=group).item() == pytest.approx(by_definition(total - part, part), rel=1e-9)


def test_a_group_without_slopes_weighs_nothing_and_the_others_something():
    data = lc.datasets.plain_survey(n=200, n_items=2, seed=4)
    survey = lc.read_survey(data.model, data.frame)
    null = data.parameters.assign(slope_social=0 * data.parameters["slope_social"])
    weights = group_weights(survey, null)
    assert weights.sel(factor_group="social").item() == pytest.approx(0, abs=1e-12)
    assert (weights.drop_sel(factor_group="social") > 0.01).all()


def test_doubled_slopes_weigh_more():
    data = lc.datasets.plain_survey(n=200, n_items=2, seed=4)
    survey = lc.read_survey(data.model, data.frame)
    doubled = data.parameters.assign(slope_social=2 * data.parameters["slope_social"])
    before, after = (group_weights(survey, p).sel(factor_group="social").item() for p in (data.parameters, doubled))
    assert before < after < 1


def test_one_class_has_no_weights():
    model = lc.Model(items=lc.binary("a", "b", levels=("no", "yes")), n_classes=1, factor_groups={"g": ["x"]})
    covariates = lc.datasets.plain_survey(n=50, n_covariates=1).frame[["x_1"]].rename(columns={"x_1": "x"})
    simulated = lc.simulate(model, covariates=covariates, seed=1)
    survey = lc.read_survey(model, simulated.frame)
    assert group_weights(survey, simulated.parameters).values.tolist() == [0.0]
    assert (membership_log_prior(survey, simulated.parameters) == 0).all()
