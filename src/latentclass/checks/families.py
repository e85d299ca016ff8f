"""A family of test quantities, and the p-values of its members and of the family."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from latentclass.checks.point import Answers
from latentclass.posterior.summarise import table_index

__all__ = ["Family", "Tested", "as_p_values", "family_p_value", "judged", "roots_of_squares"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Test quantities of one kind, each the sum over the respondents of some function of their answers.

    Parameters
    ----------
    name : str
        Name of the check.
    title : str
        What is checked, in a few words.
    rows : tuple of tuple
        Labels of the test quantities.
    row_names : tuple of str
        Names of the levels of those labels.
    row_of : ndarray of int [column]
        Which test quantity a column belongs to.
    columns : callable
        Answers to ndarray [row, column].
    described : callable
        Sums over the respondents, ndarray [survey, column], to ndarray [survey, test quantity] in `unit`.
    unit : str
        What the numbers of the table are.
    advice : str
        What a failed check means and what to do.
    orthogonal : bool
        Whether the columns are made orthogonal to the scores, which calibrates the p-values. Without, they are
        conservative.
    upwards : tuple of int
        Test quantities of one column of which only more than expected counts.
    unjudged : tuple of int
        Test quantities that are in the table and have no part in the p-value of the family.
    """

    name: str
    title: str
    rows: tuple[tuple[object, ...], ...]
    row_names: tuple[str, ...]
    row_of: np.ndarray
    columns: Callable[[Answers], np.ndarray]
    described: Callable[[np.ndarray], np.ndarray]
    unit: str
    advice: str
    orthogonal: bool = True
    upwards: tuple[int, ...] = ()
    unjudged: tuple[int, ...] = ()

    def __repr__(self) -> str:
        return f"Family({self.name}: {len(self.rows)} test quantities)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """Observed and replicated test quantities of a family.

    Parameters
    ----------
    table : DataFrame
        One row per test quantity.
    observed, replicated : ndarray [statistic], [survey, statistic]
        Largest and total discrepancy, of the survey and of the replicates.
    p_value : float
        p-value of the family.
    """

    table: pd.DataFrame
    observed: np.ndarray
    replicated: np.ndarray
    p_value: float


def judged(
    family: Family, observed: np.ndarray, replicated: np.ndarray, described: tuple[np.ndarray, np.ndarray]
) -> Tested:
    """Return the p-values of a family.

    Every column is standardised by its replicates; a test quantity is the sum of its squared columns, and of a quantity
    that is tested upwards what is below the mean counts as nothing. The family is judged by the larger surprise of its
    largest member and of the sum of all, each against the replicates.

    Parameters
    ----------
    family : Family
        The family.
    observed : ndarray [column]
        Sums of the survey.
    replicated : ndarray [survey, column]
        Sums of the replicates.
    described : tuple of ndarray [test quantity] and ndarray [survey, test quantity]
        Observed and replicated values in the unit of the table.

    Returns
    -------
    Tested
        Table, statistics, p-value.
    """
    both = np.vstack([observed, replicated])
    sd = replicated.std(axis=0)
    z = np.divide(both - replicated.mean(axis=0), sd, out=np.zeros_like(both), where=sd > 0)
    gather = _gather(family.row_of, len(family.rows))
    df = np.maximum((gather * (sd > 0)[:, None]).sum(axis=0), 1.0)
    up = np.isin(np.arange(len(df)), family.upwards)
    squares = np.where(up[family.row_of], np.maximum(z, 0.0), z) ** 2 @ gather
    # One-sided, the standardised sum is itself the normal score of its p-value.
    alive = gather.T @ (sd > 0) > 0
    surprise = np.where(up & alive, z @ gather, _normal_scores(squares, df))
    counted = ~np.isin(np.arange(len(df)), family.unjudged)
    statistics = np.column_stack([surprise[:, counted].max(axis=1), squares[:, counted].sum(axis=1)])
    value, values = described
    table = pd.DataFrame(
        {
            "observed": value,
            "replicated": values.mean(axis=0),
            "replicated_sd": values.std(axis=0),
            "z": np.where(df == 1, z[0] @ gather, np.nan),
            "chi2": squares[0],
            "df": df.astype(int),
            "p": as_p_values(squares[0], squares[1:]),
            "p_adjusted": as_p_values(surprise[0], np.broadcast_to(statistics[1:, :1], surprise[1:].shape)),
        },
        index=table_index(list(family.rows), family.row_names),
    )
    return Tested(table=table, observed=statistics[0], replicated=statistics[1:], p_value=family_p_value(statistics))


def family_p_value(statistics: np.ndarray) -> float:
    """Return the p-value of the most surprising of several statistics.

    Parameters
    ----------
    statistics : ndarray [survey, statistic]
        The survey first, then its replicates; large is surprising.

    Returns
    -------
    float
        Share of the surveys whose own smallest p-value is no larger (Westfall and Young 1993).

    References
    ----------
    Westfall, P. H. and Young, S. S. (1993). Resampling-Based Multiple Testing. Wiley.

    Examples
    --------
    >>> family_p_value(np.column_stack([[9.0, 1.0, 2.0, 3.0], [0.0, 1.0, 2.0, 3.0]]))
    0.5
    """
    n = len(statistics)
    sorted_ = np.sort(statistics, axis=0)
    ranks = [n - np.searchsorted(s, x, side="left") for s, x in zip(sorted_.T, statistics.T, strict=True)]
    smallest = np.min(ranks, axis=0)
    return float((smallest <= smallest[0]).mean())


def as_p_values(observed: np.ndarray, replicated: np.ndarray) -> np.ndarray:
    """Return the share of replicates that are at least as large, the survey counted among them.

    Parameters
    ----------
    observed : ndarray [...]
        Values of the survey.
    replicated : ndarray [survey, ...]
        Values of the replicates.

    Returns
    -------
    ndarray [...]
        p-values, never 0.

    Examples
    --------
    >>> as_p_values(np.array(3.0), np.array([1.0, 2.0, 4.0]))
    array(0.5)
    """
    return np.asarray((1 + (replicated >= observed - 1e-9).sum(axis=0)) / (1 + len(replicated)))


def roots_of_squares(values: np.ndarray, row_of: np.ndarray, n_rows: int) -> np.ndarray:
    """Return one number per test quantity: its only column with its sign, or the root of the sum of squares.

    Parameters
    ----------
    values : ndarray [survey, column]
        Values.
    row_of : ndarray of int [column]
        Test quantity of each column.
    n_rows : int
        Number of test quantities.

    Returns
    -------
    ndarray [survey, test quantity]
        The numbers.

    Examples
    --------
    >>> roots_of_squares(np.array([[-2.0, 3.0, 4.0]]), np.array([0, 1, 1]), 2)
    array([[-2.,  5.]])
    """
    gather = _gather(row_of, n_rows)
    return np.where(gather.sum(axis=0) == 1, values @ gather, np.sqrt(values**2 @ gather))


def _gather(row_of: np.ndarray, n_rows: int) -> np.ndarray:
    found = np.zeros((len(row_of), n_rows))
    found[np.arange(len(row_of)), row_of] = 1.0
    return found


def _normal_scores(squares: np.ndarray, df: np.ndarray) -> np.ndarray:
    """Return chi-squares on one scale, whatever their degrees of freedom (Wilson and Hilferty 1931)."""
    spread = 2 / (9 * df)
    return (np.cbrt(squares / df) - (1 - spread)) / np.sqrt(spread)
