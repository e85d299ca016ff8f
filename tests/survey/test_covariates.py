import numpy as np
import pandas as pd
import pytest

from latentclass.errors import SurveyError
from latentclass.survey.columns import plain_column
from latentclass.survey.covariates import learn_covariate, missing_covariates, prepare


def learn(values, as_category=False, **options):
    series = plain_column(pd.Series(values, name="x", **options))
    return learn_covariate(series, group="g", as_category=as_category), series


# values, as category, kind, levels
LEARNED = [
    ([1.5, 2, 3], False, "continuous", ()),
    ([0, 1, 1], False, "two-valued", (0, 1)),
    ([2.0, 1.0], False, "two-valued", (1, 2)),
    ([2.0, 1.0, 3.0], True, "category", (1, 2, 3)),
    ([True, False], False, "category", (False, True)),
    (["x10", "x2"], False, "category", ("x2", "x10")),
    (pd.Categorical([1, 3], categories=[3, 2, 1]), False, "category", (3, 1)),
    (pd.Categorical(["3", "1"]), False, "category", ("1", "3")),
]


@pytest.mark.parametrize(("values", "as_category", "kind", "levels"), LEARNED)
def test_kind_and_levels(values, as_category, kind, levels):
    covariate, _ = learn(values, as_category)
    assert (covariate.kind, covariate.levels) == (kind, levels)


@pytest.mark.parametrize(
    ("values", "match"),
    [
        ([1, 1, 1], r"Covariate 'x' of factor group 'g' is constant: every respondent has 1"),
        (["a", "a"], r"is constant: every respondent has 'a'"),
        ([1.0, np.inf], r"is infinite \(once, row 1\)"),
        (["3", "4.5"], r"holds numbers as text \('3', '4.5'\); convert it with pandas.to_numeric"),
        ([1, "a"], r"mixes numbers and text \(1, 'a'\)"),
    ],
)
def test_covariates_that_cannot_be_used(values, match):
    with pytest.raises(SurveyError, match=match):
        learn(values)


@pytest.mark.parametrize(("values", "as_category", "kind", "levels"), LEARNED)
def test_preparing(values, as_category, kind, levels):
    covariate, series = learn(values, as_category)
    ready = prepare(series, covariate)
    if kind == "category":
        assert ready.cat.categories.tolist() == list(levels)
        assert ready.astype(object).tolist() == series.astype(object).tolist()
    else:
        assert ready.dtype == np.float64


@pytest.mark.parametrize(
    ("learned", "new", "match"),
    [
        (["a", "b"], ["a", "c"], r"1 value outside its levels 'a', 'b': 'c' \(once, row 1\)\. The effects of other"),
        ([1, 2, 3], ["a", "b"], r"holds text \('a', 'b'\) where numbers were read before"),
        ([1, 2, 3], [1, None], r"is missing \(once, row 1\); every respondent needs a value"),
        ([1, 2, 3], [1, np.inf], r"is infinite"),
    ],
)
def test_new_values_that_cannot_be_encoded(learned, new, match):
    covariate, _ = learn(learned)
    with pytest.raises(SurveyError, match=match):
        prepare(pd.Series(new), covariate)


def test_missing_values_are_found_by_column():
    found = missing_covariates([pd.Series([1, 2], name="a"), pd.Series([None, "x"], name="b")])
    assert {name: mask.tolist() for name, mask in found.items()} == {"b": [True, False]}
