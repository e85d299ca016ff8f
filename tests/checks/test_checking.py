"""`lc.check` on surveys whose faults are known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import latentclass as lc
from latentclass.checks import Checks
from tests.checks.conftest import quick_fit, simulated, survey_model, truth


@pytest.fixture(scope="module")
def passed(right) -> Checks:
    return lc.check(right, replicates=300)


@pytest.fixture(scope="module")
def failed(dependent) -> Checks:
    return lc.check(dependent, replicates=500)


def test_a_right_model_passes(passed) -> None:
    assert passed.ok
    assert passed.messages == ()
    assert not passed.table["failed"].any()
    assert (passed.table["p_adjusted"] > passed.level).all()
    assert repr(passed) == (
        "Checks(nothing found; 9 checks against 300 replicates, 1 skipped; next: .table, .messages, "
        "['bivariate'].table)"
    )


def test_local_dependence_and_a_direct_effect_are_found_where_they_are(failed) -> None:
    assert not failed.ok
    assert failed["bivariate"].failed
    assert failed["bivariate"].worst(1).index[0] == ("item_1", "item_2")
    assert failed["bivariate"].worst(1)["observed"].iloc[0] > 0.15
    for name in ("by_covariate", "independence"):
        assert failed[name].failed
        assert failed[name].worst(1).index[0] == ("x_2", "item_5")
    assert "'item_1' and 'item_2'" in failed["bivariate"].message
    assert "keep one, or add them up" in failed["bivariate"].message
    pairs = failed["bivariate"].table
    assert pairs.loc[pairs["p_adjusted"] <= 0.05].index.tolist() == [("item_1", "item_2")]


def test_the_same_seed_gives_the_same_p_values(right, passed) -> None:
    again = lc.check(right, replicates=300)
    assert again.table.equals(passed.table)


def test_what_cannot_be_checked_is_said(passed) -> None:
    with pytest.raises(lc.LatentClassError, match="The check 'profiles' was not made: no item has cumulative logits"):
        passed["profiles"]
    with pytest.raises(lc.LatentClassError, match="no check 'bivariat'. Did you mean 'bivariate'"):
        passed["bivariat"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"replicates": 5}, "replicates is a whole number, 100 or more; got 5"),
        ({"level": 2.0}, "level is a probability"),
    ],
)
def test_arguments_out_of_range_are_refused(right, arguments, message) -> None:
    with pytest.raises(lc.LatentClassError, match=message):
        lc.check(right, **arguments)


def with_careless(n: int, share: float) -> tuple[pd.DataFrame, np.ndarray]:
    """Return a survey in which some answer at random, and who does."""
    frame, rng = simulated(n, 8), np.random.default_rng(1)
    careless = rng.random(n) < share
    for j in range(1, 7):
        frame.loc[careless, f"item_{j}"] = rng.integers(1, 4, size=careless.sum())
    return frame, careless


def test_careless_respondents_are_found_though_the_profiles_flatten() -> None:
    """Over surveys the standardised gain has a mean of 4.3 and, as everywhere, a standard deviation of about 1."""
    made = [lc.read_survey(survey_model(), with_careless(2000, share)[0]) for share in (0.3, 0.0)]
    planted, none = (lc.check(quick_fit(survey, truth()), replicates=200)["person_fit"] for survey in made)
    assert planted.failed
    assert planted.table["z"]["careless"] > 2.5
    assert planted.table["p_adjusted"]["careless"] <= 0.01
    assert abs(none.table["z"]["careless"]) < 2.5
    assert none.p_value > 0.05


def test_who_answers_at_random_stands_out() -> None:
    frame, careless = with_careless(400, 0.2)
    found = lc.check(quick_fit(lc.read_survey(survey_model(), frame), truth()), replicates=300)
    assert found.respondents["p"].to_numpy()[careless].mean() < 0.4
    assert found.respondents["p"].to_numpy()[~careless].mean() > 0.5


def test_a_single_class_without_covariates_can_be_checked() -> None:
    model = lc.Model(items=lc.binary(*"abcd", levels=[0, 1]), n_classes=1)
    frame = lc.simulate(model, n=200, seed=2).frame
    survey = lc.read_survey(model, frame)
    start = lc.simulate(model, n=20, seed=2).parameters
    found = lc.check(quick_fit(survey, start), replicates=200)
    assert set(found.skipped) == {"profiles", "by_covariate", "independence", "separation", "pit"}
    assert found.ok
    assert len(found["patterns"].table) == 17


def test_words_for_people(passed, failed) -> None:
    assert "No check accuses the model." in passed.words()
    assert "Not made: profiles, since no item has cumulative logits" in passed.words()
    assert failed["bivariate"].message in failed.words()
