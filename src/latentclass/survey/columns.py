"""One column of a data frame: plain values in, levels and codes out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from latentclass.errors import SurveyError, listed, near_miss
from latentclass.model import ItemKind, Level

__all__ = [
    "code_answers",
    "describe_rows",
    "learn_levels",
    "natural_key",
    "of_frame",
    "plain_column",
    "type_word",
    "used_values",
]

_CURE = "Add them to the levels, declare them with missing=..., or correct the data."
_DIGITS = re.compile(r"(\d+)")
_LEADING_NUMBER = re.compile(r"\s*(-?\d+(?:\.\d+)?)(?!\w)")


def plain_column(series: pd.Series) -> pd.Series:
    """Return a copy of a column in one of few dtypes, so that it can be stored as plain values.

    Parameters
    ----------
    series : Series
        Any column: numpy, nullable, pyarrow, object, str or Categorical.

    Returns
    -------
    Series
        ``int64``, ``float64`` (missing: NaN), ``bool``, text (``str``, missing: NaN), or a Categorical whose
        categories are plain strings, numbers or bools. Bools with missing values and mixtures of text and numbers
        become a Categorical.

    Raises
    ------
    SurveyError
        When the column holds something else than text, numbers and bools.

    Examples
    --------
    >>> import pandas as pd
    >>> str(plain_column(pd.Series([1, None, 3], dtype="Int64")).dtype)
    'float64'
    """
    if isinstance(series.dtype, pd.CategoricalDtype):
        return _plain_categorical(series)
    if isinstance(series.dtype, np.dtype) and series.dtype.kind in "bif":
        # the values of these are plain already
        dtype = {"b": np.bool_, "i": np.int64, "f": np.float64}[series.dtype.kind]
        return pd.Series(series.to_numpy(dtype=dtype, copy=True), index=series.index, name=series.name)
    values = [_plain(value, series.name) for value in series.astype(object)]
    present = [v for v in values if v is not None]
    kinds = {type_word(v) for v in present}
    if kinds == {"bools"} and len(present) == len(values):
        plain = np.asarray(values, dtype=bool)
    elif kinds == {"numbers"} or not kinds:
        plain = _numbers(values)
    elif kinds == {"text"}:
        return pd.Series(values, index=series.index, name=series.name, dtype=object).infer_objects()
    else:
        categories = sorted(set(present), key=natural_key)
        return pd.Series(pd.Categorical(values, categories=categories), index=series.index, name=series.name)
    return pd.Series(plain, index=series.index, name=series.name)


def _plain_categorical(series: pd.Series) -> pd.Series:
    categories = [_plain(c, series.name) for c in series.cat.categories]
    codes = series.cat.codes.to_numpy()
    made = pd.Categorical.from_codes(codes, pd.Index(categories), ordered=bool(series.cat.ordered))
    return pd.Series(made, index=series.index, name=series.name)


def _numbers(values: Sequence[Level | None]) -> np.ndarray:
    whole = all(isinstance(v, int) and abs(v) < 2**53 for v in values)
    if whole and values:
        return np.asarray(values, dtype=np.int64)
    return np.asarray([np.nan if v is None else float(v) for v in values], dtype=np.float64)


def _plain(value: object, column: object) -> Level | None:
    if isinstance(value, pd.Interval):
        return str(value)
    if hasattr(value, "item") and np.ndim(value) == 0:  # type: ignore[arg-type]
        value = value.item()
    if isinstance(value, str | bool | int):
        return value
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, float) or type(value).__name__ == "Decimal":
        number = float(value)  # type: ignore[arg-type]
        return None if np.isnan(number) else number
    message = (
        f"Column {column!r} holds {value!r} (a {type(value).__name__}); a column of a survey holds text, numbers or "
        "bools. Convert it before it is read."
    )
    raise SurveyError(message)


def type_word(value: object) -> str:
    """Return what kind of value this is, as a word for a message.

    Parameters
    ----------
    value : object
        A plain value.

    Returns
    -------
    str
        "bools", "numbers" or "text".

    Examples
    --------
    >>> type_word(True), type_word(1.5), type_word("a")
    ('bools', 'numbers', 'text')
    """
    if isinstance(value, bool | np.bool_):
        return "bools"
    return "text" if isinstance(value, str) else "numbers"


def natural_key(value: Level) -> tuple[object, ...]:
    """Return the key by which levels are sorted: bools, then numbers by size, then text with its numbers by size.

    Parameters
    ----------
    value : level
        A plain value.

    Returns
    -------
    tuple
        A key for `sorted`.

    Examples
    --------
    >>> sorted(["x10", "x2", "X1"], key=natural_key)
    ['X1', 'x2', 'x10']
    """
    if not isinstance(value, str):
        return (0, float(value))
    parts = tuple((0, int(p), "") if p.isdecimal() else (1, 0, p.casefold()) for p in _DIGITS.split(value) if p)
    return (1, parts, value)


def used_values(series: pd.Series) -> list[Level]:
    """Return the different values of a plain column, sorted, or in category order for a Categorical.

    Parameters
    ----------
    series : Series
        A column made by `plain_column`.

    Returns
    -------
    list of levels
        Values that occur; whole numbers as int.

    Examples
    --------
    >>> import pandas as pd
    >>> used_values(pd.Series([2.0, 1.0, None]))
    [1, 2]
    """
    if isinstance(series.dtype, pd.CategoricalDtype):
        occurring = set(series.cat.codes) - {-1}
        return [c for i, c in enumerate(series.cat.categories.tolist()) if i in occurring]
    found = series.dropna().unique().tolist()
    return sorted((_whole(v) for v in found), key=natural_key)


def _whole(value: Level) -> Level:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def learn_levels(series: pd.Series, missing: Sequence[Level], *, kind: ItemKind, where: str) -> tuple[Level, ...]:
    """Return the levels that occur in a column, in their order.

    Parameters
    ----------
    series : Series
        A column made by `plain_column`.
    missing : sequence of levels
        Codes that mean "no answer".
    kind : ItemKind
        Ordinal levels need an order that can be known.
    where : str
        What the column is, for the message.

    Returns
    -------
    tuple of levels
        A Categorical in category order, without unused categories; other numbers by size; text sorted naturally.

    Raises
    ------
    SurveyError
        When text and numbers are mixed, a number is infinite, or text has no order that an ordinal item needs.

    Examples
    --------
    >>> import pandas as pd
    >>> learn_levels(pd.Series(["x10", "x2", "x1"]), (), kind=ItemKind.NOMINAL, where="item 'a'")
    ('x1', 'x2', 'x10')
    """
    levels = [v for v in used_values(series) if v not in missing]
    categorical = isinstance(series.dtype, pd.CategoricalDtype)
    kinds = {type_word(v) for v in levels}
    if len(kinds) > 1:
        message = (
            f"{where} mixes {' and '.join(sorted(kinds))} ({listed(levels)}); declare its levels, or make the column "
            "one kind of value."
        )
        raise SurveyError(message)
    if kinds == {"numbers"} and not all(np.isfinite(v) for v in levels):
        message = f"{where} holds an infinite number; an answer is finite. Declare it as missing=float('inf')."
        raise SurveyError(message)
    if categorical and (series.cat.ordered or kind is not ItemKind.ORDINAL):
        return tuple(levels)
    if kind is ItemKind.ORDINAL and kinds == {"text"} and len(levels) > 2:
        return _order_of_text(levels, where)
    return tuple(sorted(levels, key=natural_key))


def _order_of_text(levels: list[Level], where: str) -> tuple[Level, ...]:
    numbers = [_LEADING_NUMBER.match(str(v)) for v in levels]
    found = {float(m[1]) for m in numbers if m}
    if len(found) < len(levels):
        message = (
            f"{where} is ordinal and holds text ({listed(levels)}) whose order cannot be known; declare levels=[...] "
            "from lowest to highest, or make the column an ordered Categorical."
        )
        raise SurveyError(message)
    return tuple(v for _, v in sorted((float(m[1]), v) for m, v in zip(numbers, levels, strict=True) if m))


def code_answers(
    series: pd.Series, levels: Sequence[Level], missing: Sequence[Level] = (), *, where: str, cure: str = _CURE
) -> np.ndarray:
    """Return the position of every answer in the levels; values are compared, so 1 and 1.0 are the same level.

    Parameters
    ----------
    series : Series
        A column made by `plain_column`.
    levels : sequence of levels
        The possible answers.
    missing : sequence of levels
        Codes that mean "no answer".
    where : str
        What the column is, for the message.
    cure : str
        What the message says would be right.

    Returns
    -------
    ndarray of int64, shape (respondent,)
        Codes, -1 where there is no answer.

    Raises
    ------
    SurveyError
        When a value is neither a level nor declared missing.

    Examples
    --------
    >>> import pandas as pd
    >>> code_answers(pd.Series([1.0, 3.0, 9.0]), [1, 2, 3], [9], where="item 'a'")
    array([ 0,  2, -1])
    """
    position: dict[object, int] = {level: i for i, level in enumerate(levels)}
    position.update(dict.fromkeys(missing, -1))
    values = series.astype(object).where(series.notna(), None).tolist()
    codes = np.array([-1 if v is None else position.get(v, -2) for v in values], dtype=np.int64)
    if (codes == -2).any():
        raise SurveyError(_unknown_values(series[codes == -2], levels, where, cure))
    _check_codes_of_missing(values, missing, where)
    codes.flags.writeable = False
    return codes


def _unknown_values(unknown: pd.Series, levels: Sequence[Level], where: str, cure: str) -> str:
    rows: dict[Level, list[object]] = {}
    for label, value in unknown.astype(object).items():
        rows.setdefault(_whole(value), []).append(label)
    shown = "; ".join(f"{v!r} {describe_rows(rows[v])}" for v in sorted(rows, key=natural_key)[:5])
    plural = "" if len(unknown) == 1 else "s"
    more = f"; and {len(rows) - 5} more values" if len(rows) > 5 else ""
    words, given = {type_word(v) for v in levels}, {type_word(v) for v in rows}
    if words == {"text"} and "text" not in given:
        cure = f"The levels are text but the column holds {' and '.join(sorted(given))}: declare the levels as such."
    elif "text" not in words and given == {"text"}:
        cure = "The levels are numbers but the column holds text: declare the levels as text, or convert the column."
    return f"{where} has {len(unknown)} value{plural} outside its levels {listed(levels)}: {shown}{more}. {cure}"


def _check_codes_of_missing(values: Sequence[object], missing: Sequence[Level], where: str) -> None:
    unmet = [code for code in missing if code not in values]
    texts = {str(_whole(v)): v for v in values if v is not None} if unmet else {}  # type: ignore[arg-type]
    for code in unmet:
        twin = texts.get(str(_whole(code)))
        if twin is not None and type_word(twin) != type_word(code):
            message = (
                f"{where} declares {code!r} as missing, but the column holds {twin!r} as {type_word(twin)}; write the "
                "code as it stands in the column."
            )
            raise SurveyError(message)


def describe_rows(labels: Sequence[object], most: int = 5) -> str:
    """Return a count and the labels of rows, for a message.

    Parameters
    ----------
    labels : sequence
        Index labels.
    most : int
        How many are written out.

    Returns
    -------
    str
        As in ``(2 times, rows 4, 9)``.

    Examples
    --------
    >>> describe_rows([4, 9])
    '(2 times, rows 4, 9)'
    """
    times = "once, row" if len(labels) == 1 else f"{len(labels)} times, rows"
    return f"({times} {listed(labels, most=most)})"


def of_frame(frame: pd.DataFrame, uses: Mapping[str, str]) -> pd.DataFrame:
    """Return copies of the used columns of a frame in plain dtypes.

    Parameters
    ----------
    frame : DataFrame
        The user's frame, which is left as it is.
    uses : mapping of column name to what it is used as
        For the messages.

    Returns
    -------
    DataFrame
        The used columns, in the order of `uses`.

    Raises
    ------
    SurveyError
        When a column is not there, or stands there twice.

    Examples
    --------
    >>> import pandas as pd
    >>> list(of_frame(pd.DataFrame({"a": [1], "b": [2]}), {"b": "item"}))
    ['b']
    """
    names = list(frame.columns)
    for name, use in uses.items():
        count = names.count(name)
        if count == 0:
            text = [str(n) for n in names]
            hint = near_miss(name, text) or f" Its columns are {listed(text, most=12)}."
            if name in text:
                hint = f" The frame has a column {name!r} that is not named by a string; rename it."
            message = f"The data frame has no column {name!r}, which the model uses as {use}.{hint}"
            raise SurveyError(message)
        if count > 1:
            message = f"The data frame has {count} columns named {name!r}, which the model uses as {use}; keep one."
            raise SurveyError(message)
    return pd.DataFrame({name: plain_column(frame[name]) for name in uses}, index=frame.index)
