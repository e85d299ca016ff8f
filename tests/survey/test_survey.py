import copy
import dataclasses
import pickle

import numpy as np
import pandas as pd
import pytest

import latentclass as lc
from latentclass.errors import SurveyError
from latentclass.survey import read_survey

FRAME = pd.DataFrame(
    {
        "a": [1, 2, None, 2, 1, None],
        "b": ["no", "yes", "yes", "no", "no", None],
        "age": [30.0, 40.0, 50.0, 60.0, 35.0, 20.0],
        "s1": [1, 2, 3, 3, 1, 2],
        "s2": [1, 3, 3, 2, 1, 1],
    }
)
MODEL = lc.Model(
    items=lc.binary("a", "b"),
    n_classes=2,
    constructs={"stress": ["s1", "s2"]},
    factor_groups={"individual": ["age", "stress"]},
)
SURVEY = read_survey(MODEL, FRAME)


def test_repr_says_what_it_holds_and_what_comes_next():
    assert repr(SURVEY) == (
        "Survey(6 respondents, 2 items, 3 of 12 answers missing; 1 without any answer; groups: individual (2 columns); "
        "constructs: stress; next: lc.fit(model, survey))"
    )


def test_a_survey_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign"):
        SURVEY.codes = None
    for array in (SURVEY.codes, SURVEY.likert_codes, SURVEY.continuous_values, SURVEY.design("individual").matrix):
        with pytest.raises(ValueError, match=r"cannot set WRITEABLE|read-only"):
            array[...] = 0


def test_answered_and_indicators():
    assert SURVEY.answered.tolist() == (SURVEY.codes >= 0).tolist()
    assert [c.name for c in SURVEY.likert_indicators] == ["s1", "s2"]
    assert SURVEY.continuous_indicators == ()


def test_copies_are_equal():
    assert copy.deepcopy(SURVEY) == SURVEY
    assert pickle.loads(pickle.dumps(SURVEY)) == SURVEY
    assert SURVEY != "survey"


@pytest.mark.parametrize(
    "changed",
    [FRAME.iloc[:5], FRAME.assign(age=FRAME["age"] + np.arange(6)), FRAME.assign(a=[2, 2, 1, 1, 2, 1])],
)
def test_other_data_make_another_survey(changed):
    assert read_survey(MODEL, changed) != SURVEY


def test_an_unknown_group():
    with pytest.raises(SurveyError, match=r"no factor group 'individal'\. Did you mean 'individual'\? Its groups"):
        SURVEY.design("individal")


def test_notes_as_text():
    assert SURVEY.notes.describe() == (
        "6 rows read, 6 respondents kept.\n"
        "3 missing answers: 'a' 2, 'b' 1.\n"
        "1 answered no item and tell of their class by covariates alone: 5."
    )
