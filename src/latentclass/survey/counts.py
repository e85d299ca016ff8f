"""Frequency tables: rows that stand for as many respondents as a column of counts says."""

from __future__ import annotations

import numpy as np
import pandas as pd

from latentclass.errors import SurveyError, listed
from latentclass.model import Model

__all__ = ["check_countable", "expansion", "read_counts", "weighted_quantile", "weighted_spread"]


def expansion(counts: str) -> str:
    """Return the expression that gives the frame with one row per respondent.

    Parameters
    ----------
    counts : str
        Column of counts.

    Returns
    -------
    str
        Python.

    Examples
    --------
    >>> expansion("n")
    "frame.loc[frame.index.repeat(frame['n'])].reset_index(drop=True)"
    """
    return f"frame.loc[frame.index.repeat(frame[{counts!r}])].reset_index(drop=True)"


def check_countable(model: Model, counts: str, covariates: set[str]) -> None:
    """Check that a model can be read with counts, and that the column has no other role.

    Parameters
    ----------
    model : Model
        The model.
    counts : str
        Column of counts.
    covariates : set of str
        Columns of the factor groups.

    Raises
    ------
    SurveyError
        When the model has constructs or outcomes, or uses the column itself.
    """
    if not isinstance(counts, str):
        message = f"counts is the name of a column with the respondents of each row, or None; got {counts!r}."
        raise SurveyError(message)
    for what, there in (("constructs", model.constructs), ("outcomes", model.outcomes)):
        if there:
            message = (
                f"A model with {what} ({listed(there)}) needs one row per respondent and takes no counts={counts!r}; "
                f"read {expansion(counts)} without counts."
            )
            raise SurveyError(message)
    items = {item.name for item in model.items}
    for role, names in (("an item", items), ("a covariate", covariates)):
        if counts in names:
            message = f"Column {counts!r} is given as counts and is {role} of the model; a column has one role."
            raise SurveyError(message)


def read_counts(series: pd.Series) -> np.ndarray:
    """Return the number of respondents of each row.

    Parameters
    ----------
    series : Series
        The column of counts.

    Returns
    -------
    ndarray of int64, shape (row,)
        Counts, 0 or more.

    Raises
    ------
    SurveyError
        When a count is missing, negative or no whole number, or the column holds no numbers.

    Examples
    --------
    >>> read_counts(pd.Series([3.0, 0.0], name="n"))
    array([3, 0])
    """
    where = f"Column {series.name!r} of counts"
    if series.dtype.kind not in "if":
        shown = listed([repr(v) for v in series.iloc[:3]])
        message = f"{where} holds no numbers (such as {shown}); it has whole numbers, the respondents of each row."
        raise SurveyError(message)
    values = series.to_numpy(dtype=float)
    for what, bad in (
        ("missing", np.isnan(values)),
        ("negative", values < 0),
        ("no whole number", ~np.isnan(values) & (np.isinf(values) | (values != np.floor(values)))),
    ):
        if bad.any():
            first = int(np.flatnonzero(bad)[0])
            label = series.index.tolist()[first]
            hint = " Survey weights are another thing, and are not supported." if what == "no whole number" else ""
            message = (
                f"{where} is {what} in {int(bad.sum())} of {len(values)} rows, first in row {label!r} "
                f"({values[first]:g}); a count is a whole number of respondents, 0 or more.{hint}"
            )
            raise SurveyError(message)
    return values.astype(np.int64)


def weighted_spread(values: np.ndarray, counts: np.ndarray) -> tuple[float, float]:
    """Return mean and standard deviation (divisor n - 1) over the respondents.

    Parameters
    ----------
    values : ndarray, shape (row,)
        A value for each row.
    counts : ndarray, shape (row,)
        Respondents of each row.

    Returns
    -------
    tuple of float
        Mean, and standard deviation.

    Examples
    --------
    >>> weighted_spread(np.array([0.0, 3.0]), np.array([2, 1]))
    (1.0, 1.7320508075688772)
    """
    mean = float(np.average(values, weights=counts))
    return mean, float(np.sqrt(counts @ (values - mean) ** 2 / (counts.sum() - 1)))


def weighted_quantile(values: np.ndarray, counts: np.ndarray, probability: float) -> float:
    """Return a quantile over the respondents, interpolated linearly between neighbours as pandas does.

    Parameters
    ----------
    values : ndarray, shape (row,)
        A value for each row.
    counts : ndarray, shape (row,)
        Respondents of each row.
    probability : float
        Of the quantile.

    Returns
    -------
    float
        The quantile.

    Examples
    --------
    >>> weighted_quantile(np.array([4.0, 0.0]), np.array([1, 2]), 0.75)
    2.0
    """
    order = np.argsort(values, kind="stable")
    last = np.cumsum(counts[order])
    place = probability * (last[-1] - 1)
    below, above = (values[order][np.searchsorted(last, at, side="right")] for at in (np.floor(place), np.ceil(place)))
    return float(below + (place - np.floor(place)) * (above - below))
