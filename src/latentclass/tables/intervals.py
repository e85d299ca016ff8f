"""Estimates with their intervals as text, in the shape that a paper prints."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from latentclass.dims import CLASS
from latentclass.errors import LatentClassError

__all__ = ["NOTE", "Estimate", "estimates", "intervals", "number"]

NOTE = "note"
_BOUND = re.compile(r"(?P<prefix>.*)eti(?P<percent>[\d.]+)_lb")
# Logits are no shares, so they are never per cent.
_NEVER_PERCENT = ("logit_",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Where a table holds one estimate.

    Parameters
    ----------
    prefix : str
        What the names of its columns begin with.
    mean, lower, upper : str
        Columns of the estimate (a mean or a median) and the bounds of its interval.
    percent : str
        Probability of the interval in per cent.
    """

    prefix: str
    mean: str
    lower: str
    upper: str
    percent: str

    @property
    def name(self) -> str:
        """What the estimate is called."""
        return (self.prefix.rstrip("_") or self.mean).replace("_", " ")


def estimates(table: pd.DataFrame) -> list[Estimate]:
    """Return the estimates that a table holds with intervals.

    Parameters
    ----------
    table : DataFrame
        A table of posterior summaries.

    Returns
    -------
    list of Estimate
        In the order of the columns; empty for a table without intervals.

    Examples
    --------
    >>> [e.name for e in estimates(pd.DataFrame(columns=["ame_mean", "ame_eti90_lb", "ame_eti90_ub"]))]
    ['ame']
    """
    found = []
    for lower in map(str, table.columns):
        match = _BOUND.fullmatch(lower)
        if not match:
            continue
        prefix, upper = match["prefix"], f"{lower.removesuffix('lb')}ub"
        # Predicted memberships have their mean under the name of the class itself.
        means = [n for n in (f"{prefix}mean", f"{prefix}median", prefix.removesuffix("_")) if n in table]
        if means and upper in table:
            found.append(Estimate(prefix=prefix, mean=means[0], lower=lower, upper=upper, percent=match["percent"]))
    return found


def intervals(
    table: pd.DataFrame, *, digits: int | None = None, percent: bool = False, by_class: bool = True
) -> pd.DataFrame:
    """Return a table as text, an estimate and its interval in one cell.

    Parameters
    ----------
    table : DataFrame
        What a method of a fit returns, such as ``fit.profiles()``.
    digits : int, optional
        Digits after the point; 2 by default, 0 for per cent.
    percent : bool
        Whether estimates are multiplied by 100; logits are not, and in a table without intervals all other numbers with
        a fraction are.
    by_class : bool
        Whether classes become columns, where a table has one estimate and other index levels than ``class``.

    Returns
    -------
    DataFrame
        Text. A cell is "0.42 [0.38, 0.47]", or empty where there is no estimate. ``attrs["note"]`` says what the
        interval is.

    Raises
    ------
    LatentClassError
        When it is no table, or the number of digits is none.

    Examples
    --------
    >>> table = pd.DataFrame({"mean": [0.421], "eti90_lb": [0.38], "eti90_ub": [0.466]}, index=["Class 1"])
    >>> intervals(table).iloc[0, 0]
    '0.42 [0.38, 0.47]'
    >>> intervals(table, percent=True).iloc[0, 0]
    '42 [38, 47]'
    """
    if not isinstance(table, pd.DataFrame):
        message = f"Only a DataFrame, as a method of a fit returns it, can be written; got {type(table).__name__}."
        raise LatentClassError(message)
    digits = (0 if percent else 2) if digits is None else digits
    if isinstance(digits, bool) or not isinstance(digits, int | np.integer) or not 0 <= digits <= 15:
        message = f"digits is a whole number from 0 to 15; got {digits!r}."
        raise LatentClassError(message)
    found = estimates(table)
    text = pd.DataFrame(dict(_columns(table, found, int(digits), percent=percent)), index=table.index)
    text.columns.name = table.columns.name
    if by_class and len(found) == 1 and CLASS in table.index.names and table.index.nlevels > 1:
        text = _by_class(text.iloc[:, [0]])
    text.attrs = {NOTE: _note(found, percent=percent)}
    return text


def _columns(
    table: pd.DataFrame, found: list[Estimate], digits: int, *, percent: bool
) -> Iterator[tuple[Hashable, list[str]]]:
    """Yield the columns, estimates in the place of their means."""
    by_mean = {estimate.mean: estimate for estimate in found}
    spent = {c for e in found for c in (e.lower, e.upper, f"{e.prefix}sd")}
    for column in table.columns:
        if column in by_mean:
            e = by_mean[column]
            factor = 100 if percent and e.prefix not in _NEVER_PERCENT else 1
            cells = factor * table[[e.mean, e.lower, e.upper]].to_numpy(dtype=float)
            yield f"{e.name} [{e.percent} %]", [_cell(mean, low, high, digits) for mean, low, high in cells]
        elif column not in spent:
            factor = 100 if percent and not found else 1
            yield column, [_plain(value, digits, factor) for value in table[column]]


def _cell(mean: float, low: float, high: float, digits: int) -> str:
    if not np.isfinite(mean):
        return ""
    return f"{number(mean, digits)} [{number(low, digits)}, {number(high, digits)}]"


def _plain(value: Any, digits: int, factor: int) -> str:
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, float | np.floating):
        return number(factor * float(value), digits)
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value))
    return "" if value is None or value is pd.NA else str(value)


def number(value: float, digits: int) -> str:
    """Return a number with so many digits after the point.

    Parameters
    ----------
    value : float
        The number.
    digits : int
        Digits after the point.

    Returns
    -------
    str
        Without a sign where it is rounded to 0; empty when it is not finite.

    Examples
    --------
    >>> number(-0.001, 2)
    '0.00'
    """
    if not np.isfinite(value):
        return ""
    text = f"{value:.{digits}f}"
    return text.removeprefix("-") if not text.strip("-0.") else text


def _by_class(text: pd.DataFrame) -> pd.DataFrame:
    names = list(dict.fromkeys(text.index.get_level_values(CLASS)))
    column = text.columns[0]
    parts = {name: text[column].xs(name, level=CLASS) for name in names}
    wide = pd.concat(parts, axis=1)
    wide.columns.name = CLASS
    # Classes may differ in their rows (a reference class has none); a missing cell is an empty one.
    return wide.fillna("")


def _note(found: list[Estimate], *, percent: bool) -> str:
    if not found:
        return "In per cent." if percent else ""
    probabilities = list(dict.fromkeys(e.percent for e in found))
    unit = ", in per cent" if percent else ""
    medians = [estimate.mean.endswith("median") for estimate in found]
    what = "Posterior mean" if not any(medians) else "Median" if all(medians) else "Mean or median"
    return f"{what} [{' and '.join(probabilities)} % equal-tailed interval]{unit}."
