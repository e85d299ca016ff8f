import numpy as np
import pandas as pd
import pytest

import latentclass as lc
from latentclass.errors import SurveyError
from latentclass.survey import covariate_frame, design_matrices, encode, read_survey

RNG = np.random.default_rng(5)
N = 24
FRAME = pd.DataFrame(
    {
        "a": np.resize([1, 2, 2, 9], N),
        "b": np.resize(["low", "mid", "high"], N),
        "age": RNG.normal(40, 10, N),
        "gender": np.resize(["f", "m", "d", "m"], N),
        "remote": np.resize([0, 1, 1, 0, 0], N),
        "s1": RNG.integers(1, 6, N),
        "s2": RNG.integers(1, 6, N),
        "t1": RNG.normal(size=N),
        "t2": RNG.normal(size=N),
        "u1": RNG.integers(1, 6, N),
    }
).assign(u2=lambda f: 6 - f["u1"])
MODEL = lc.Model(
    items=[*lc.binary("a", missing=9), *lc.ordinal("b", levels=["low", "mid", "high"])],
    n_classes=2,
    constructs={
        "stress": lc.construct("s1", "s2", levels=range(1, 6)),
        "trust": lc.construct("t1", "t2", kind="continuous"),
        "use": lc.construct("u1", "u2", scores="mean", levels=range(1, 6)),
    },
    factor_groups={"person": "poly(age, 2) + C(gender) + stress", "work": ["remote", "use", "trust"]},
)
SURVEY = read_survey(MODEL, FRAME)


def test_the_same_rows_encode_to_the_same_values():
    rows = [5, 3, 20]
    new = encode(SURVEY, FRAME.iloc[rows])
    assert new.respondents == (5, 3, 20)
    assert new.codes.tolist() == SURVEY.codes[rows].tolist()
    assert new.likert_codes.tolist() == SURVEY.likert_codes[rows].tolist()
    np.testing.assert_allclose(new.continuous_values, SURVEY.continuous_values[rows])
    np.testing.assert_allclose(new.mean_scores["use"], SURVEY.mean_scores["use"][rows])
    for group in ("person", "work"):
        np.testing.assert_allclose(new.design(group).matrix, SURVEY.design(group).matrix[rows], atol=1e-12)
    assert (new.items, new.indicators, new.covariates) == (SURVEY.items, SURVEY.indicators, SURVEY.covariates)


def test_a_reversed_indicator_stays_reversed():
    assert [c.reversed for c in SURVEY.indicators if c.construct == "use"] == [False, True]
    new = encode(SURVEY, FRAME.iloc[[0, 1]].assign(u1=[1, 5], u2=[1, 5]))
    assert new.mean_scores["use"].tolist() == [3, 3]


def test_answers_may_be_left_out():
    new = encode(SURVEY, FRAME[["age", "gender", "remote", "u1"]].iloc[:2])
    assert new.codes.tolist() == [[-1, -1]] * 2
    assert new.likert_codes.tolist() == [[-1, -1]] * 2
    assert np.isnan(new.continuous_values).all()
    assert new.notes.without_answers == (0, 1)
    assert list(new.frame) == list(SURVEY.frame)
    assert encode(new, FRAME.iloc[:2]).codes.tolist() == SURVEY.codes[:2].tolist()


@pytest.mark.parametrize(
    ("spoil", "match"),
    [
        (
            lambda f: f.drop(columns="age"),
            r"no column 'age', which the model uses as a covariate of factor group 'person'",
        ),
        (lambda f: f.drop(columns=["u1", "u2"]), r"Covariates are missing: 'use' for 4 of 4"),
        (lambda f: f.assign(age=[1, np.nan, 2, 3]), r"'age' for 1 of 4 respondents \(row 1\)"),
        (
            lambda f: f.assign(gender=["f", "x", "m", "x"]),
            r"outside its levels 'd', 'f', 'm': 'x' \(2 times, rows 1, 3\)",
        ),
        (lambda f: f.assign(b="hi"), r"Item 'b' has 4 values outside its levels"),
        (lambda f: f.assign(s1=6), r"Indicator 's1' of construct 'stress' has 4 values outside"),
        (lambda f: f.assign(age="old"), r"holds text \('old'\) where numbers were read before"),
        (lambda f: f.assign(t1=np.inf), r"Indicator 't1' .* is infinite"),
        (lambda f: f.iloc[:0], r"The data frame is empty"),
        (lambda f: f.set_axis([1, 1, 2, 3]), r"repeats 1"),
        (lambda f: f.to_numpy(), r"got a ndarray"),
    ],
)
def test_new_respondents_that_do_not_fit(spoil, match):
    with pytest.raises(SurveyError, match=match):
        encode(SURVEY, spoil(FRAME.iloc[:4]))


def test_new_respondents_without_covariates_can_be_dropped():
    new = FRAME.iloc[:4].assign(age=[1, np.nan, 2, 3])
    made = encode(SURVEY, new, missing_covariates="drop")
    assert (made.respondents, made.notes.dropped) == ((0, 2, 3), (1,))
    with pytest.raises(SurveyError, match=r"All 4 respondents lack a covariate"):
        encode(SURVEY, new.assign(age=np.nan), missing_covariates="drop")
    with pytest.raises(SurveyError, match=r"The first argument is a survey"):
        encode(MODEL, new)


def test_covariates_can_be_changed():
    raw = covariate_frame(SURVEY)
    assert list(raw) == ["age", "gender", "remote", "use"]
    same = design_matrices(SURVEY, raw)
    for group, matrix in same.items():
        np.testing.assert_allclose(matrix, SURVEY.design(group).matrix, atol=1e-12)
    raw["gender"] = "m"
    raw["remote"] = 1
    raw["use"] = raw["use"] + SURVEY.design("work").columns[1].scale
    changed = design_matrices(SURVEY, raw)
    labels = SURVEY.design("person").labels
    assert labels == ("poly(age, 2)[1]", "poly(age, 2)[2]", "C(gender)[T.f]", "C(gender)[T.m]", "stress")
    centres = [c.centre for c in SURVEY.design("person").columns]
    assert changed["person"][0, 2:4] == pytest.approx([0 - centres[2], 1 - centres[3]])
    assert np.ptp(changed["work"][:, 0]) == 0
    np.testing.assert_allclose(changed["work"][:, 1], SURVEY.design("work").matrix[:, 1] + 1)
    with pytest.raises(SurveyError, match=r"no column 'gender'.* It needs 'age', 'gender', 'remote', 'use'"):
        design_matrices(SURVEY, raw.drop(columns="gender"))
