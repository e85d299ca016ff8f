"""Indicators of constructs: codes, standardised values, and classical mean scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from latentclass.errors import SurveyError, listed
from latentclass.model import Construct, IndicatorKind, Level, Scores
from latentclass.survey.columns import code_answers, describe_rows, natural_key, type_word, used_values

__all__ = ["IndicatorColumn", "as_numbers", "learn_construct", "mean_score", "read_indicator"]

_MOST_LEVELS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorColumn:
    """One indicator of a construct.

    Parameters
    ----------
    name : str
        Column of the frame.
    construct : str
        The construct it belongs to.
    kind : IndicatorKind
        Likert or continuous.
    levels : tuple of levels, optional
        The possible answers of a Likert indicator from lowest to highest, shared by all indicators of the construct.
    centre, scale : float
        Mean and standard deviation (divisor n - 1) a continuous indicator is standardised with; 0 and 1 for Likert.
    reversed : bool
        Whether a mean score turns it round, because it runs against the marker.
    """

    name: str
    construct: str
    kind: IndicatorKind
    levels: tuple[Level, ...] | None
    centre: float = 0.0
    scale: float = 1.0
    reversed: bool = False


def learn_construct(name: str, construct: Construct, frame: pd.DataFrame) -> tuple[IndicatorColumn, ...]:
    """Return the indicators of a construct, with levels, centres, scales and directions learned.

    Parameters
    ----------
    name : str
        Name of the construct.
    construct : Construct
        The construct.
    frame : DataFrame
        Plain columns.

    Returns
    -------
    tuple of IndicatorColumn
        One per indicator, in order.

    Raises
    ------
    SurveyError
        When an indicator is constant, empty, infinite or outside its levels, or the levels cannot be known.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"a": [1, 2, 3, 4], "b": [4, 3, 2, 1]})
    >>> made = learn_construct("stress", Construct(indicators=("a", "b"), scores="mean"), frame)
    >>> [indicator.reversed for indicator in made]
    [False, True]
    """
    if construct.kind is IndicatorKind.LIKERT:
        levels = construct.levels or _learn_levels(name, construct, frame)
        made = [_likert(i, name, construct, frame[i], levels) for i in construct.indicators]
    else:
        made = [_continuous(i, name, construct, frame[i]) for i in construct.indicators]
    if construct.scores is not Scores.MEAN:
        return tuple(made)
    values = np.column_stack([_score_values(c, read_indicator(c, construct, frame[c.name])) for c in made])
    against = _against_marker(values, construct.indicators.index(construct.marker))
    return tuple(replace(c, reversed=bool(r)) for c, r in zip(made, against, strict=True))


def _where(indicator: str, construct: str) -> str:
    return f"Indicator {indicator!r} of construct {construct!r}"


def _learn_levels(name: str, construct: Construct, frame: pd.DataFrame) -> tuple[Level, ...]:
    columns = [frame[i] for i in construct.indicators]
    found = {i: [v for v in used_values(frame[i]) if v not in construct.missing] for i in construct.indicators}
    union = sorted({v for values in found.values() for v in values}, key=natural_key)
    if {type_word(v) for v in union} - {"numbers", "bools"}:
        return _ordered_categories(name, construct, columns, union)
    where = f"Construct {name!r}"
    if any(not float(v).is_integer() for v in union):
        fraction = next(v for v in union if not float(v).is_integer())
        message = (
            f"{where} has indicators with values such as {fraction!r}, which are no Likert levels; declare it with "
            "construct(..., kind='continuous')."
        )
        raise SurveyError(message)
    if len(union) > _MOST_LEVELS:
        message = (
            f"{where} has {len(union)} different answers ({listed(union, most=5)}), more than {_MOST_LEVELS}; declare "
            "it with construct(..., kind='continuous'), or give its levels=[...]."
        )
        raise SurveyError(message)
    return tuple(union)


def _ordered_categories(
    name: str, construct: Construct, columns: Sequence[pd.Series], union: Sequence[Level]
) -> tuple[Level, ...]:
    dtypes = [c.dtype for c in columns]
    same = {tuple(d.categories) for d in dtypes if isinstance(d, pd.CategoricalDtype) and d.ordered}
    ordered = all(isinstance(d, pd.CategoricalDtype) and d.ordered for d in dtypes)
    if not ordered or len(same) != 1:
        message = (
            f"Construct {name!r} has Likert indicators with text ({listed(union, most=5)}), whose order cannot be "
            "known; declare levels=[...] from lowest to highest, or make all indicators ordered Categoricals with the "
            "same categories."
        )
        raise SurveyError(message)
    used = set(union)
    return tuple(c for c in next(iter(same)) if c in used)


def _likert(
    indicator: str, construct: str, value: Construct, series: pd.Series, levels: tuple[Level, ...]
) -> IndicatorColumn:
    where = _where(indicator, construct)
    codes = code_answers(series, levels, value.missing, where=where)
    _check_varied(np.unique(codes[codes >= 0]), where, [levels[c] for c in np.unique(codes[codes >= 0])])
    return IndicatorColumn(name=indicator, construct=construct, kind=value.kind, levels=levels)


def _continuous(indicator: str, construct: str, value: Construct, series: pd.Series) -> IndicatorColumn:
    numbers = as_numbers(series, value.missing, _where(indicator, construct))
    present = numbers[~np.isnan(numbers)]
    _check_varied(np.unique(present), _where(indicator, construct), present[:1].tolist())
    return IndicatorColumn(
        name=indicator,
        construct=construct,
        kind=value.kind,
        levels=None,
        centre=float(present.mean()),
        scale=float(present.std(ddof=1)),
    )


def _check_varied(different: np.ndarray, where: str, values: Sequence[object]) -> None:
    if len(different) == 0:
        message = f"{where} has no answers at all; leave it out."
        raise SurveyError(message)
    if len(different) == 1:
        message = f"{where} is constant: every answer is {values[0]!r}. Leave it out, since it tells nothing."
        raise SurveyError(message)


def as_numbers(series: pd.Series, missing: Sequence[Level], where: str) -> np.ndarray:
    """Return a continuous column as numbers.

    Parameters
    ----------
    series : Series
        A column made by `plain_column`.
    missing : sequence of levels
        Codes that mean "no answer".
    where : str
        What the column is, for the message.

    Returns
    -------
    ndarray of float64, shape (respondent,)
        The numbers, NaN where there is no answer.

    Raises
    ------
    SurveyError
        When a value is text or infinite.
    """
    plain = series.astype(object).where(series.notna() & ~series.isin(list(missing)), None)
    present = [v for v in plain if v is not None]
    if any(isinstance(v, str) for v in present):
        text = [v for v in present if isinstance(v, str)]
        message = (
            f"{where} is continuous and holds text ({listed(dict.fromkeys(text), most=4)}); convert it to numbers."
        )
        raise SurveyError(message)
    numbers = np.array([np.nan if v is None else float(v) for v in plain], dtype=np.float64)
    infinite = np.isinf(numbers)
    if infinite.any():
        message = f"{where} is infinite {describe_rows(series.index[infinite].tolist())}; an answer is finite."
        raise SurveyError(message)
    return numbers


def read_indicator(indicator: IndicatorColumn, construct: Construct, series: pd.Series) -> np.ndarray:
    """Return the answers to an indicator as codes (Likert) or standardised values (continuous).

    Parameters
    ----------
    indicator : IndicatorColumn
        The indicator.
    construct : Construct
        Its construct.
    series : Series
        A column made by `plain_column`.

    Returns
    -------
    ndarray, shape (respondent,)
        int64 codes with -1 for missing, or float64 values with NaN for missing.

    Raises
    ------
    SurveyError
        When a value is outside the levels, infinite or text.

    Examples
    --------
    >>> import pandas as pd
    >>> stress = Construct(indicators=("a", "b"))
    >>> a = IndicatorColumn(name="a", construct="stress", kind="likert", levels=(1, 2, 3))
    >>> read_indicator(a, stress, pd.Series([3.0, None])).tolist()
    [2, -1]
    """
    where = _where(indicator.name, indicator.construct)
    if indicator.levels is not None:
        return code_answers(series, indicator.levels, construct.missing, where=where)
    return (as_numbers(series, construct.missing, where) - indicator.centre) / indicator.scale


def _score_values(indicator: IndicatorColumn, read: np.ndarray) -> np.ndarray:
    """Return what a mean score averages: numeric levels or positions from 1, or standardised values."""
    if indicator.levels is None:
        return -read if indicator.reversed else read
    numeric = all(type_word(v) == "numbers" for v in indicator.levels)
    points = np.array(indicator.levels if numeric else range(1, len(indicator.levels) + 1), dtype=float)
    if indicator.reversed:
        points = points.max() + points.min() - points
    return np.where(read < 0, np.nan, points[read])


def _against_marker(values: np.ndarray, marker: int) -> np.ndarray:
    """Return which columns load on the first principal axis with the sign opposite to the marker's."""
    correlations = pd.DataFrame(values).corr(min_periods=2).fillna(0.0).to_numpy(copy=True)
    np.fill_diagonal(correlations, 1.0)
    loadings = np.linalg.eigh(correlations)[1][:, -1]
    return loadings * loadings[marker] < 0


def mean_score(indicators: Sequence[IndicatorColumn], read: Sequence[np.ndarray]) -> np.ndarray:
    """Return the mean over the answered indicators of each respondent.

    Parameters
    ----------
    indicators : sequence of IndicatorColumn
        The indicators of one construct.
    read : sequence of ndarray, each of shape (respondent,)
        What `read_indicator` returned for each.

    Returns
    -------
    ndarray of float64, shape (respondent,)
        On the scale of the levels (their numbers, or positions from 1) or of the standardised values; reversed
        indicators turned round; NaN where none is answered.

    Examples
    --------
    >>> import numpy as np
    >>> a = IndicatorColumn(name="a", construct="stress", kind="likert", levels=(1, 2, 3))
    >>> b = IndicatorColumn(name="b", construct="stress", kind="likert", levels=(1, 2, 3), reversed=True)
    >>> mean_score([a, b], [np.array([2, -1]), np.array([0, -1])]).tolist()
    [3.0, nan]
    """
    values = np.column_stack([_score_values(c, r) for c, r in zip(indicators, read, strict=True)])
    answered = (~np.isnan(values)).sum(axis=1)
    with np.errstate(invalid="ignore"):
        score = np.nansum(values, axis=1) / answered
    score.flags.writeable = False
    return score
