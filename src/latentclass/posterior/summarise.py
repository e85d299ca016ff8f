"""Mean, standard deviation and interval of draws, as the columns of a table."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
import pandas as pd
import xarray as xr

from latentclass.dims import CHAIN, DRAW
from latentclass.errors import LatentClassError
from latentclass.posterior.samples import flat

__all__ = ["interval_names", "summarise", "summary_columns", "table_index"]


def interval_names(prob: float) -> tuple[str, str]:
    """Return the names of the columns that hold an equal-tailed interval.

    Parameters
    ----------
    prob : float
        Probability of the interval, between 0 and 1.

    Returns
    -------
    tuple of str
        Names of the lower and the upper bound, as ArviZ spells them.

    Raises
    ------
    LatentClassError
        When the probability is not between 0 and 1.

    Examples
    --------
    >>> interval_names(0.9)
    ('eti90_lb', 'eti90_ub')
    """
    number = isinstance(prob, int | float | np.number) and not isinstance(prob, bool)
    if not number or not 0 < prob < 1:
        message = f"prob is the probability of an interval, between 0 and 1; got {prob!r}."
        raise LatentClassError(message)
    percent = f"{100 * prob:g}"
    return f"eti{percent}_lb", f"eti{percent}_ub"


def summary_columns(values: np.ndarray, prob: float = 0.9, prefix: str = "") -> dict[str, np.ndarray]:
    """Return mean, standard deviation and equal-tailed interval over the first axis.

    Parameters
    ----------
    values : ndarray [sample, ...]
        Draws of all chains.
    prob : float
        Probability of the interval.
    prefix : str
        What the names of the columns begin with.

    Returns
    -------
    dict of str to ndarray [...]
        ``mean``, ``sd`` (divisor n - 1; NaN for a single draw) and the two bounds.

    Raises
    ------
    LatentClassError
        When the probability is not between 0 and 1.

    Examples
    --------
    >>> summary_columns(np.arange(11.0), prob=0.8)["eti80_ub"]
    np.float64(9.0)
    """
    lower, upper = interval_names(prob)
    tail = (1 - prob) / 2
    bounds = np.quantile(values, [tail, 1 - tail], axis=0)
    single = len(values) < 2
    sd = np.full(values.shape[1:], np.nan) if single else values.std(axis=0, ddof=1)
    columns = {"mean": values.mean(axis=0), "sd": sd, lower: bounds[0], upper: bounds[1]}
    return {f"{prefix}{name}": column for name, column in columns.items()}


def summarise(draws: xr.DataArray, prob: float = 0.9, prefix: str = "") -> pd.DataFrame:
    """Return mean, standard deviation and equal-tailed interval of draws as a table.

    Parameters
    ----------
    draws : DataArray [chain, draw, ...]
        The draws; every other dim becomes a level of the index, in its order.
    prob : float
        Probability of the interval.
    prefix : str
        What the names of the columns begin with.

    Returns
    -------
    DataFrame
        One row per entry, columns ``mean``, ``sd``, ``eti90_lb`` and ``eti90_ub`` (the number
        follows `prob`).

    Raises
    ------
    LatentClassError
        When the probability is not between 0 and 1.

    Examples
    --------
    >>> draws = xr.DataArray([[[1.0, 0.0], [3.0, 0.0]]], dims=("chain", "draw", "class"))
    >>> summarise(draws.assign_coords({"class": ["a", "b"]}))["mean"].to_dict()
    {'a': 2.0, 'b': 0.0}
    """
    dims = [str(d) for d in draws.dims if d not in (CHAIN, DRAW)]
    columns = summary_columns(flat(draws, *dims), prob, prefix)
    index = table_index(list(product(*(draws[d].to_numpy().tolist() for d in dims))), dims)
    return pd.DataFrame({name: column.ravel() for name, column in columns.items()}, index=index)


def table_index(rows: Sequence[tuple[object, ...]], names: Sequence[str]) -> pd.Index:
    """Return the index of a table, whose labels keep the order in which they appear.

    Parameters
    ----------
    rows : sequence of tuple
        Labels of each row, one per level.
    names : sequence of str
        Names of the levels.

    Returns
    -------
    Index or MultiIndex
        In the order of the rows. Where that order nests, rows are found without a warning about an
        index that is not sorted.

    Examples
    --------
    >>> table_index([("b", 2), ("b", 1), ("a", 2)], ["group", "level"]).levels[0].tolist()
    ['b', 'a']
    """
    columns = [[row[j] for row in rows] for j in range(len(names))]
    if len(names) == 1:
        return pd.Index(columns[0], name=names[0])
    codes, levels = [], []
    for column in columns:
        positions = {label: i for i, label in enumerate(dict.fromkeys(column))}
        codes.append([positions[label] for label in column])
        levels.append(list(positions))
    return pd.MultiIndex(levels=levels, codes=codes, names=list(names))
