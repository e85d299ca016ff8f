"""Frequency tables read as they are: equal to the survey with one row per respondent."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import latentclass as lc
from latentclass.errors import SurveyError
from latentclass.survey import encode
from latentclass.survey.counts import weighted_quantile, weighted_spread

TABLE = pd.DataFrame(
    {
        "a": ["no", "yes", "yes", None, "no"],
        "b": ["no", "yes", "no", "yes", "yes"],
        "age": [20, 35, 60, 50, 41],
        "sex": ["f", "m", "m", "f", "m"],
        "n": [7, 3, 1, 4, 2],
    }
)
MODEL = lc.Model(items=lc.binary("a", "b"), n_classes=2, factor_groups={"person": ["age", "sex"]})


def expanded(table: pd.DataFrame) -> pd.DataFrame:
    return table.loc[table.index.repeat(table["n"])].reset_index(drop=True)


def test_the_design_is_that_of_the_respondents() -> None:
    counted, every = lc.read_survey(MODEL, TABLE, counts="n"), lc.read_survey(MODEL, expanded(TABLE))
    assert counted.n_respondents == every.n_respondents == 17
    assert len(counted.respondents) == 5
    one, other = counted.design("person"), every.design("person")
    assert one.labels == other.labels
    np.testing.assert_allclose(np.repeat(one.matrix, TABLE["n"], axis=0), other.matrix, rtol=1e-12, atol=1e-14)
    # The rows alone have another mean age.
    assert abs(lc.read_survey(MODEL, TABLE.drop(columns="n")).design("person").columns[0].centre - 34.9) > 1
    assert one.total_variance == pytest.approx(other.total_variance, rel=1e-12)
    assert dict(counted.notes.missing_by_item) == dict(every.notes.missing_by_item)


def test_rows_that_count_nobody_are_left_out_and_named() -> None:
    table = pd.concat([TABLE, TABLE.iloc[[0]].assign(n=0, age=np.nan)], ignore_index=True)
    survey = lc.read_survey(MODEL, table, counts="n")
    assert survey.notes.zero_counts == (5,)
    assert survey.notes.describe().splitlines()[:2] == [
        "6 rows read, 5 kept, which count 17 respondents.",
        "1 left out for a count of 0: 5.",
    ]
    assert survey == lc.read_survey(MODEL, survey.frame, counts="n")
    assert survey != lc.read_survey(MODEL, survey.frame)


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ([7, 3, 1, -4, 2], "negative in 1 of 5 rows, first in row 3"),
        ([7, 3, 1.5, 4, 2], "no whole number in 1 of 5 rows, first in row 2 .*Survey weights are another thing"),
        ([7, np.inf, 1, 4, 2], "no whole number in 1 of 5 rows, first in row 1"),
        ([7, 3, np.nan, 4, 2], "missing in 1 of 5 rows, first in row 2"),
        (["7", "3", "x", "4", "2"], "holds no numbers"),
        ([True, True, False, True, True], "holds no numbers"),
        ([0, 0, 0, 0, 0], "is 0 in all 5 rows"),
    ],
)
def test_counts_that_are_none(given: list, match: str) -> None:
    with pytest.raises(SurveyError, match=match):
        lc.read_survey(MODEL, TABLE.assign(n=given), counts="n")


@pytest.mark.parametrize(
    ("counts", "match"),
    [
        ("a", "given as counts and is an item"),
        ("age", "given as counts and is a covariate"),
        ("m", "'m'"),
        (3, "counts is the name of a column"),
    ],
)
def test_columns_that_cannot_be_counts(counts: object, match: str) -> None:
    with pytest.raises(SurveyError, match=match):
        lc.read_survey(MODEL, TABLE, counts=counts)  # type: ignore[arg-type]


def test_models_that_need_one_row_per_respondent() -> None:
    outcome = MODEL.replace(factor_groups={}, outcomes={"age": lc.outcome("continuous")})
    with pytest.raises(SurveyError, match=r"outcomes \('age'\) needs one row per respondent.*frame.index.repeat"):
        lc.read_survey(outcome, TABLE, counts="n")
    scale = MODEL.replace(factor_groups={"s": ["c"]}, constructs={"c": lc.construct("age", "x", "y")})
    with pytest.raises(SurveyError, match="constructs .* needs one row per respondent"):
        lc.read_survey(scale, TABLE.assign(x=1, y=2), counts="n")
    spline = MODEL.replace(factor_groups={"person": "bs(age, df=4)"})
    with pytest.raises(SurveyError, match=r"'bs\(age, df=4\)'.*cannot be used with counts"):
        lc.read_survey(spline, TABLE, counts="n")


def test_newcomers_need_no_counts() -> None:
    counted, every = lc.read_survey(MODEL, TABLE, counts="n"), lc.read_survey(MODEL, expanded(TABLE))
    new = pd.DataFrame({"age": [30, 70], "sex": ["f", "m"], "a": ["no", "yes"]})
    one, other = encode(counted, new), encode(every, new)
    assert one.counts is None
    np.testing.assert_allclose(one.design("person").matrix, other.design("person").matrix, rtol=1e-12)


def test_moments_and_quantiles_are_those_of_the_repeated_values() -> None:
    rng = np.random.default_rng(1)
    values, counts = rng.normal(size=20).round(1), rng.integers(1, 9, size=20)
    every = pd.Series(np.repeat(values, counts))
    assert weighted_spread(values, counts) == pytest.approx((every.mean(), every.std()))
    for p in (0.0, 0.025, 0.4, 0.5, 0.975, 1.0):
        assert weighted_quantile(values, counts, p) == pytest.approx(every.quantile(p))
