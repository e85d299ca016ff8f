"""Outcomes read from a frame: codes, standardised values, and the design columns they are regressed on."""

import numpy as np
import pandas as pd
import pytest

import latentclass as lc
from latentclass.survey import encode

FRAME = pd.DataFrame(
    {
        "a": [0, 1, 0, 1, 1, 0],
        "age": [20, 30, 40, 50, 60, 70],
        "branch": ["east", "west", "north", "east", "west", "north"],
        "ease": [1.0, 3.0, 2.0, 5.0, 4.0, 3.0],
        "use": [1, 2, 9, 3, 3, 1],
        "joined": ["no", "yes", "yes", None, "no", "no"],
        "hours": [1.0, 2.0, 3.0, 4.0, np.nan, 5.0],
    }
)


def read(frame=FRAME, **outcomes):
    model = lc.Model(
        items=lc.binary("a"),
        n_classes=2,
        factor_groups={"individual": ["age", "branch"], "technical": ["ease"]},
        outcomes=outcomes,
    )
    return lc.read_survey(model, frame)


def test_answers_are_coded_and_continuous_ones_standardised():
    survey = read(use=lc.outcome("ordinal", missing=9), joined=lc.outcome("binary"), hours=lc.outcome("continuous"))
    use, joined, hours = survey.outcome_values.T
    np.testing.assert_array_equal(use, [0, 1, np.nan, 2, 2, 0])
    np.testing.assert_array_equal(joined, [0, 1, 1, np.nan, 0, 0])
    np.testing.assert_allclose(hours, (np.array([1, 2, 3, 4, np.nan, 5]) - 3) / np.std([1, 2, 3, 4, 5], ddof=1))
    assert [column.levels for column in survey.outcomes] == [(1, 2, 3), ("no", "yes"), None]
    assert "outcomes: use, joined, hours" in repr(survey)


def test_covariates_are_groups_or_members_of_groups():
    survey = read(hours=lc.outcome("continuous", covariates=["technical", "branch"]))
    (column,) = survey.outcomes
    assert column.labels == ("ease", "branch[T.north]", "branch[T.west]")
    expected = np.column_stack([survey.design("technical").matrix, survey.design("individual").matrix[:, 1:]])
    np.testing.assert_array_equal(column.matrix(survey.groups, 6), expected)


def test_new_respondents_need_no_outcome():
    survey = read(hours=lc.outcome("continuous", covariates="age"))
    new = encode(survey, FRAME.drop(columns=["hours", "a"]))
    assert np.isnan(new.outcome_values).all()
    again = encode(survey, FRAME)
    np.testing.assert_array_equal(again.outcome_values, survey.outcome_values)


REFUSED = [
    ({"hours": lc.outcome("continuous", covariates="agee")}, FRAME, r"neither a factor group nor .*Did you mean 'age'"),
    ({"joined": lc.outcome("continuous")}, FRAME, r"Outcome 'joined' is continuous and holds text"),
    ({"use": lc.outcome("binary")}, FRAME, r"Outcome 'use' is binary and has 4 different answers: 1, 2, 3, 9"),
    ({"use": lc.outcome("ordinal")}, FRAME.assign(use=None), r"Outcome 'use' has no answers at all"),
    ({"hours": lc.outcome("continuous")}, FRAME.assign(hours=2.0), r"Outcome 'hours' is constant"),
    ({"use": lc.outcome("ordinal", levels=[1, 2])}, FRAME, r"'use'.*9"),
    ({"age": lc.outcome("continuous")}, FRAME, r"'age' is used both as"),
    ({"gone": lc.outcome("continuous")}, FRAME, r"gone"),
]


@pytest.mark.parametrize(("outcomes", "frame", "match"), REFUSED)
def test_columns_that_are_no_such_outcome(outcomes, frame, match):
    with pytest.raises(lc.LatentClassError, match=match):
        read(frame, **outcomes)
