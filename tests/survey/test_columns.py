import decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentclass.errors import SurveyError
from latentclass.model import ItemKind
from latentclass.survey.columns import (
    code_answers,
    describe_rows,
    learn_levels,
    natural_key,
    of_frame,
    plain_column,
    used_values,
)

NOMINAL, ORDINAL = ItemKind.NOMINAL, ItemKind.ORDINAL

# column, dtype of the plain column (None: text), its different values
COLUMNS = [
    (pd.Series([2, 1, 2]), "int64", [1, 2]),
    (pd.Series([2, 1, 2], dtype="uint8"), "int64", [1, 2]),
    (pd.Series([2.0, np.nan, 1.5]), "float64", [1.5, 2]),
    (pd.Series([2.0, 1.0]), "float64", [1, 2]),
    (pd.Series([2, None, 1], dtype="Int64"), "float64", [1, 2]),
    (pd.Series([2, 1], dtype="Int64"), "int64", [1, 2]),
    (pd.Series([1, None, 2], dtype=object), "float64", [1, 2]),
    (pd.Series([decimal.Decimal("1.5"), 2], dtype=object), "float64", [1.5, 2]),
    (pd.Series([True, False]), "bool", [False, True]),
    (pd.Series([True, False], dtype="boolean"), "bool", [False, True]),
    (pd.Series([True, None, False], dtype="boolean"), "category", [False, True]),
    (pd.Series([True, None, False], dtype=object), "category", [False, True]),
    (pd.Series(["x10", "x2", None]), None, ["x2", "x10"]),
    (pd.Series(["x10", "x2", None], dtype=object), None, ["x2", "x10"]),
    (pd.Series(["x10", "x2", pd.NA], dtype="string"), None, ["x2", "x10"]),
    (pd.Series(pd.Categorical(["b", "a"], categories=["c", "b", "a"])), "category", ["b", "a"]),
    (pd.Series(pd.Categorical([3, 1, None])), "category", [1, 3]),
    (pd.Series([1, "refused", 2], dtype=object), "category", [1, 2, "refused"]),
    (pd.Series([None, None], dtype=object), "float64", []),
    (pd.cut(pd.Series([1, 5, 9]), [0, 4, 10]), "category", ["(0, 4]", "(4, 10]"]),
]


@pytest.mark.parametrize(("series", "dtype", "values"), COLUMNS)
def test_plain_column(series, dtype, values):
    plain = plain_column(series)
    assert str(plain.dtype) in ("str", "object") if dtype is None else str(plain.dtype) == dtype
    assert used_values(plain) == values
    assert [type(v) for v in used_values(plain)] == [type(v) for v in values]
    assert plain.isna().tolist() == series.isna().tolist()
    again = plain_column(plain)
    pd.testing.assert_series_equal(again, plain)


def test_plain_column_of_pyarrow():
    pytest.importorskip("pyarrow")
    assert used_values(plain_column(pd.Series(["b", None, "a"], dtype="string[pyarrow]"))) == ["a", "b"]
    assert str(plain_column(pd.Series([1, 2], dtype="int8[pyarrow]")).dtype) == "int64"
    assert str(plain_column(pd.Series([1, None], dtype="double[pyarrow]")).dtype) == "float64"


@pytest.mark.parametrize("value", [pd.Timestamp("2020-01-01"), 1j, [1], {"a": 1}])
def test_values_of_other_types_are_refused(value):
    with pytest.raises(SurveyError, match=r"Column 'when' holds .*a column of a survey holds text, numbers or bools"):
        plain_column(pd.Series([value, value], name="when", dtype=object))


def test_natural_order():
    texts = ["item 10", "item 2", "Item 1", "10", "9", "b", "a"]
    assert sorted(texts, key=natural_key) == ["9", "10", "a", "b", "Item 1", "item 2", "item 10"]
    assert sorted([True, 2.5, -1, False], key=natural_key) == [-1, False, True, 2.5]


@given(st.lists(st.one_of(st.text(max_size=6), st.integers(-9, 9), st.floats(-9, 9), st.booleans())))
def test_natural_order_is_total(values):
    once = sorted(values, key=natural_key)
    backwards = list(values)
    backwards.reverse()
    backwards.sort(key=natural_key)
    assert [natural_key(v) for v in backwards] == [natural_key(v) for v in once]


# column, missing codes, kind, levels
LEARNED = [
    (pd.Series([3.0, 1.0, 2.0, np.nan]), (), ORDINAL, (1, 2, 3)),
    (pd.Series([3, 1, 9]), (9,), ORDINAL, (1, 3)),
    (pd.Series([10, 9, -1]), (-1,), NOMINAL, (9, 10)),
    (pd.Series(["2 well", "10 bad", "1 best"]), (), ORDINAL, ("1 best", "2 well", "10 bad")),
    (pd.Series(["yes", "no"]), (), ORDINAL, ("no", "yes")),
    (pd.Series([True, False]), (), NOMINAL, (False, True)),
    (pd.Series(pd.Categorical(["lo", "hi"], categories=["lo", "mid", "hi"], ordered=True)), (), ORDINAL, ("lo", "hi")),
    (pd.Series(pd.Categorical(["b", "a", "c"], categories=["c", "b", "a"])), (), NOMINAL, ("c", "b", "a")),
    (pd.Series(pd.Categorical([1, 10, 2], categories=[10, 2, 1])), (), ORDINAL, (1, 2, 10)),
    (pd.Series([1, "refused", 2], dtype=object), ("refused",), ORDINAL, (1, 2)),
]


@pytest.mark.parametrize(("series", "missing", "kind", "levels"), LEARNED)
def test_learned_levels(series, missing, kind, levels):
    assert learn_levels(plain_column(series), missing, kind=kind, where="Item 'a'") == levels


@pytest.mark.parametrize(
    ("series", "match"),
    [
        (
            pd.Series(["often", "never", "rarely"]),
            r"Item 'a' is ordinal and holds text .*levels=\[\.\.\.\] from lowest",
        ),
        (pd.Series(["1 a", "1 b", "2 c"]), r"whose order cannot be known"),
        (pd.Series(pd.Categorical(["often", "never", "rarely"])), r"an ordered Categorical"),
        (pd.Series([1, "x", 2], dtype=object), r"mixes numbers and text \(1, 2, 'x'\)"),
        (pd.Series([1.0, np.inf]), r"infinite number"),
    ],
)
def test_levels_that_cannot_be_learned(series, match):
    with pytest.raises(SurveyError, match=match):
        learn_levels(plain_column(series), (), kind=ORDINAL, where="Item 'a'")


# column, levels, missing, codes
CODED = [
    (pd.Series([1.0, 3.0, np.nan]), (1, 2, 3), (), [0, 2, -1]),
    (pd.Series([1, 3, 9]), (3.0, 1.0), (9,), [1, 0, -1]),
    (pd.Series([True, False]), (0, 1), (), [1, 0]),
    (pd.Series([0, 1, 1.0]), (False, True), (), [0, 1, 1]),
    (pd.Series([1, 2], dtype="int8"), (np.int64(1).item(), 2), (), [0, 1]),
    (pd.Series(["b", "a", None]), ("a", "b"), (), [1, 0, -1]),
    (pd.Series([1, 2, "x"], dtype=object), (2, "x", 1), (), [2, 0, 1]),
]


@pytest.mark.parametrize(("series", "levels", "missing", "codes"), CODED)
def test_codes(series, levels, missing, codes):
    made = code_answers(plain_column(series), levels, missing, where="Item 'a'")
    assert made.tolist() == codes
    assert made.dtype == np.int64
    assert not made.flags.writeable


@pytest.mark.parametrize(
    ("series", "levels", "missing", "match"),
    [
        (
            pd.Series([1, 7, 7, 8], index=["p", "q", "r", "s"]),
            (1, 2),
            (),
            r"Item 'a' has 3 values outside its levels 1, 2: 7 \(2 times, rows 'q', 'r'\); 8 \(once, row 's'\)\. Add",
        ),
        (pd.Series([1, 2]), ("1", "2"), (), r"The levels are text but the column holds numbers"),
        (pd.Series(["1", "2"]), (1, 2), (), r"The levels are numbers but the column holds text"),
        (pd.Series(["1", "2", "9"]), ("1", "2", "9"), (9,), r"declares 9 as missing, but the column holds '9' as text"),
        (pd.Series([1.0, 9.0]), (1, 9), ("9",), r"declares '9' as missing, but the column holds 9.0 as numbers"),
    ],
)
def test_values_outside_the_levels(series, levels, missing, match):
    with pytest.raises(SurveyError, match=match):
        code_answers(plain_column(series), levels, missing, where="Item 'a'")


LEVELS = st.lists(st.integers(-5, 20), min_size=2, max_size=8, unique=True)


@given(LEVELS.flatmap(lambda levels: st.tuples(st.just(levels), st.lists(st.sampled_from([*levels, None])))))
def test_codes_lead_back_to_the_values(case):
    levels, values = case
    codes = code_answers(plain_column(pd.Series(values, dtype=object)), levels, where="Item 'a'")
    assert [None if c < 0 else levels[c] for c in codes] == values


@given(st.permutations(list(range(7))))
def test_permuting_rows_permutes_codes(order):
    series = pd.Series(["x10", "x2", None, "x1", "x2", "x10", "x1"])
    levels = learn_levels(plain_column(series), (), kind=NOMINAL, where="Item 'a'")
    shuffled = plain_column(series.iloc[order])
    assert learn_levels(shuffled, (), kind=NOMINAL, where="Item 'a'") == levels
    codes = code_answers(plain_column(series), levels, where="Item 'a'")
    assert code_answers(shuffled, levels, where="Item 'a'").tolist() == codes[order].tolist()


def test_rows_are_listed():
    assert describe_rows(["p"]) == "(once, row 'p')"
    assert describe_rows(list(range(9))) == "(9 times, rows 0, 1, 2, 3, 4 and 4 more)"


def test_columns_of_a_frame():
    frame = pd.DataFrame([[1, 2, 3]], columns=["a", "b", "b"])
    assert of_frame(frame, {"a": "an item"}).columns.tolist() == ["a"]
    with pytest.raises(SurveyError, match=r"has 2 columns named 'b', which the model uses as an item; keep one"):
        of_frame(frame, {"b": "an item"})
    with pytest.raises(SurveyError, match=r"no column 'sharng', which the model uses as an item.* mean 'sharing'"):
        of_frame(pd.DataFrame({"sharing": [1]}), {"sharng": "an item"})
    with pytest.raises(SurveyError, match=r"no column 'zz'.*Its columns are 'sharing'"):
        of_frame(pd.DataFrame({"sharing": [1]}), {"zz": "an item"})
    with pytest.raises(SurveyError, match=r"a column '3' that is not named by a string; rename it"):
        of_frame(pd.DataFrame({3: [1]}), {"3": "an item"})
