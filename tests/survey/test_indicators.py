import numpy as np
import pandas as pd
import pytest

from latentclass.errors import SurveyError
from latentclass.model import construct
from latentclass.survey.columns import plain_column
from latentclass.survey.indicators import learn_construct, mean_score, read_indicator

NAN = np.nan


def plain(**columns):
    return pd.DataFrame({name: plain_column(pd.Series(values, name=name)) for name, values in columns.items()})


def learn(frame, **options):
    return learn_construct("stress", construct(*frame.columns, **options), frame)


def ordered(values, categories):
    return pd.Categorical(values, categories=categories, ordered=True)


# columns, options, levels
LEVELS = [
    ({"a": [1, 2, 4], "b": [2.0, 5.0, NAN]}, {}, (1, 2, 4, 5)),
    ({"a": [1, 2, 9], "b": [2, 3, 1]}, {"missing": 9}, (1, 2, 3)),
    ({"a": [1, 2, 2], "b": [2, 3, 1]}, {"levels": range(1, 6)}, (1, 2, 3, 4, 5)),
    ({"a": [True, False, True], "b": [False, True, True]}, {}, (False, True)),
    (
        {"a": ordered(["lo", "hi"], ["lo", "mid", "hi"]), "b": ordered(["mid", "lo"], ["lo", "mid", "hi"])},
        {},
        ("lo", "mid", "hi"),
    ),
    ({"a": ["often", "never"], "b": ["never", "often"]}, {"levels": ["never", "often"]}, ("never", "often")),
]


@pytest.mark.parametrize(("columns", "options", "levels"), LEVELS)
def test_levels_are_shared(columns, options, levels):
    made = learn(plain(**columns), **options)
    assert [c.levels for c in made] == [levels] * len(columns)
    assert [c.name for c in made] == list(columns)


def test_codes_follow_the_shared_levels():
    frame = plain(a=[1, 2, 4], b=[2.0, 5.0, NAN])
    a, b = learn(frame)
    value = construct("a", "b")
    assert read_indicator(a, value, frame["a"]).tolist() == [0, 1, 2]
    assert read_indicator(b, value, frame["b"]).tolist() == [1, 3, -1]


def test_continuous_indicators_are_standardised():
    frame = plain(a=[1.0, 2.0, 4.0, NAN, -99.0], b=[3, 1, 2, 5, 4])
    a, b = learn(frame, kind="continuous", missing=-99)
    values = read_indicator(a, construct("a", "b", kind="continuous", missing=-99), frame["a"])
    assert np.isnan(values).tolist() == [False, False, False, True, True]
    assert (np.nanmean(values), np.nanstd(values, ddof=1)) == pytest.approx((0, 1))
    assert (b.centre, b.scale, b.levels) == (3.0, pytest.approx(np.sqrt(2.5)), None)


@pytest.mark.parametrize(
    ("columns", "options", "match"),
    [
        ({"a": [1.5, 2], "b": [1, 2]}, {}, r"Construct 'stress' .*such as 1.5, .*kind='continuous'"),
        ({"a": range(20), "b": range(20)}, {}, r"has 20 different answers .*more than 15; .*kind='continuous'"),
        ({"a": ["x", "y"], "b": ["x", "y"]}, {}, r"Likert indicators with text \('x', 'y'\).*declare levels"),
        ({"a": ordered(["x", "y"], ["x", "y"]), "b": ordered(["x", "y"], ["y", "x"])}, {}, r"the same categories"),
        ({"a": [1, 7], "b": [1, 2]}, {"levels": [1, 2]}, r"Indicator 'a' of construct 'stress' has 1 value outside"),
        ({"a": [1, 1], "b": [1, 2]}, {}, r"Indicator 'a' of construct 'stress' is constant: every answer is 1"),
        ({"a": [NAN, NAN], "b": [1, 2]}, {}, r"Indicator 'a' .* has no answers at all"),
        ({"a": [1.0, 1.0], "b": [1, 2]}, {"kind": "continuous"}, r"is constant: every answer is 1.0"),
        ({"a": [1.0, np.inf], "b": [1, 2]}, {"kind": "continuous"}, r"is infinite \(once, row 1\)"),
        ({"a": ["x", "y"], "b": [1, 2]}, {"kind": "continuous"}, r"is continuous and holds text \('x', 'y'\)"),
        ({"a": [NAN, NAN], "b": [1, 2]}, {"kind": "continuous"}, r"has no answers at all"),
    ],
)
def test_indicators_that_cannot_be_used(columns, options, match):
    with pytest.raises(SurveyError, match=match):
        learn(plain(**columns), **options)


def test_a_numeric_mean_score_is_the_classical_one():
    frame = plain(a=[1, 2, 5, NAN], b=[2, 2, 4, NAN], c=[5, 4, NAN, NAN])
    made = learn(frame, scores="mean", levels=range(1, 6))
    value = construct("a", "b", "c", scores="mean", levels=range(1, 6))
    assert [c.reversed for c in made] == [False, False, True]
    score = mean_score(made, [read_indicator(c, value, frame[c.name]) for c in made])
    np.testing.assert_allclose(score, [(1 + 2 + 1) / 3, (2 + 2 + 2) / 3, 4.5, NAN])


def test_text_levels_score_by_position():
    levels = ["never", "seldom", "often"]
    frame = plain(a=["never", "often", "seldom"], b=["never", "often", "often"])
    made = learn(frame, scores="mean", levels=levels)
    value = construct("a", "b", levels=levels, scores="mean")
    assert mean_score(made, [read_indicator(c, value, frame[c.name]) for c in made]).tolist() == [1, 3, 2.5]


def test_continuous_scores_average_the_standardised_values():
    frame = plain(a=[1.0, 2.0, 3.0], b=[60.0, 40.0, 20.0])
    value = construct("a", "b", kind="continuous", scores="mean")
    made = learn_construct("stress", value, frame)
    assert made[1].reversed
    score = mean_score(made, [read_indicator(c, value, frame[c.name]) for c in made])
    np.testing.assert_allclose(score, [-1, 0, 1])


@pytest.mark.parametrize("marker", ["A1", "A2", "A5"])
def test_the_marker_fixes_the_direction(reference_survey, marker):
    frame = reference_survey("bfi")
    names = [f"A{i}" for i in range(1, 6)]
    made = learn_construct("agreeable", construct(*names, marker=marker, scores="mean"), plain(**frame[names]))
    # A1 is the one indicator keyed against the others
    assert [c.reversed for c in made] == [(n == "A1") != (marker == "A1") for n in names]


def test_reverse_keyed_indicators_of_bfi(reference_survey):
    frame = reference_survey("bfi")
    keyed = {"C1": "C4 C5", "E3": "E1 E2", "N1": "", "O1": "O2 O5"}
    for marker, against in keyed.items():
        names = [f"{marker[0]}{i}" for i in range(1, 6)]
        made = learn_construct("factor", construct(*names, marker=marker, scores="mean"), plain(**frame[names]))
        assert [c.name for c in made if c.reversed] == against.split()
