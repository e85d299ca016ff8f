"""Outcomes as values."""

import json

import pytest

from latentclass.errors import ModelError
from latentclass.model import HalfNormal, Model, Normal, Outcome, Priors, binary, outcome
from latentclass.model.serial import model_from_data, model_to_data

OUTCOMES = {
    "use": outcome("ordinal", levels=range(1, 6), missing=9, covariates=["technical", "age"]),
    "joined": outcome("binary", levels=["no", "yes"]),
    "hours": outcome("continuous", covariates="age", by_class=False),
}


def model(**changes):
    return Model(
        items=binary("a", "b"), n_classes=2, factor_groups={"individual": ["age"], "technical": ["ease"]}
    ).replace(outcomes=OUTCOMES, **changes)


def test_outcomes_come_back_from_a_file():
    kept = model()
    assert model_from_data(json.loads(json.dumps(model_to_data(kept)))) == kept
    older = model_to_data(model().replace(outcomes={}))
    del older["outcomes"]
    assert model_from_data(older).outcomes == {}


def test_outcomes_are_described():
    priors = Priors(outcome_location=Normal(0.91), outcome_slopes=Normal(0.92), outcome_sd=HalfNormal(0.93))
    text = " ".join(model(priors=priors).describe().split())
    assert "use (ordinal): P(y ≤ c) = logistic(t_c - (m_k + x b))" in text
    assert "x: technical, age; b ~ Normal(0.92)" in text
    assert "m ~ Normal(0.91), zero-sum over the classes" in text
    assert "hours, standardised: Normal(a + x b, s)" in text
    assert "s ~ HalfNormal(0.93)" in text
    assert "two-step" not in text
    assert "outcomes: use, joined, hours" in repr(model())


@pytest.mark.parametrize(
    ("declare", "match"),
    [
        (lambda: outcome("ordnal"), r"Unknown kind of outcome 'ordnal'\. Did you mean 'ordinal'"),
        (lambda: outcome("continuous", levels=[1, 2]), r"A continuous outcome has no levels; got levels=\(1, 2\)"),
        (lambda: outcome("binary", levels=[1, 2, 3]), r"A binary outcome has two levels; got 3: 1, 2, 3"),
        (lambda: outcome("ordinal", levels=[1, 1]), r"The levels of an outcome repeat 1"),
        (lambda: outcome("ordinal", covariates=["age", "age"]), r"are different names .*; got \('age', 'age'\)"),
        (lambda: outcome("ordinal", by_class=False), r"on classes, on covariates or on both; this one has neither"),
        (lambda: model().replace(outcomes=["use"]), r"outcomes maps columns to outcome\(\.\.\.\); got \['use'\]"),
        (lambda: model().replace(outcomes={"use": "ordinal"}), r"The outcome 'use' is declared by outcome\(\.\.\.\)"),
        (lambda: model().replace(outcomes={"a": Outcome(kind="binary")}), r"'a' is used both as item and as outcome"),
    ],
)
def test_outcomes_that_make_no_sense(declare, match):
    with pytest.raises(ModelError, match=match):
        declare()
