"""Response patterns: how often whole rows of answers recur."""

from __future__ import annotations

import numpy as np

from latentclass.checks.families import Family
from latentclass.checks.point import Answers, Point
from latentclass.survey import Survey

__all__ = ["patterns", "recurrence", "recurring_rows"]

_MOST_CELLS = 256
_FEWEST_ITEMS_IN_A_ROW = 4
_FEWEST_ITEMS = 2


def patterns(point: Point) -> Family | str:
    """Return the counts of all response patterns of few items, and of same answers throughout.

    Parameters
    ----------
    point : Point
        The posterior mean.

    Returns
    -------
    Family or str
        One test quantity per pattern where there are at most 256, of respondents who answered everything; and the share
        of respondents who chose the same level throughout, where all items have the same levels. Or why there is none.
    """
    survey = point.survey
    levels = [item.levels for item in survey.items]
    n_cells = float(np.prod([len(x) for x in levels], dtype=float))
    few = n_cells <= _MOST_CELLS
    alike = len(set(levels)) == 1 and len(levels) >= _FEWEST_ITEMS_IN_A_ROW
    if not few and not alike:
        return "there are more than 256 possible patterns and the items do not share their levels"
    size = np.cumprod([1, *(len(x) for x in levels[:0:-1])])[::-1] if few else np.zeros(0)
    labels = np.indices([len(x) for x in levels]).reshape(len(levels), -1).T if few else np.zeros((0, 0), int)
    rows = [(" ".join(str(x[c]) for x, c in zip(levels, cell, strict=True)),) for cell in labels]
    n = survey.n_respondents

    def columns(answers: Answers) -> np.ndarray:
        complete = (answers.codes >= 0).all(axis=1)
        found = np.zeros((len(answers), len(rows) + alike))
        if few:
            found[complete, (answers.codes[complete] @ size).astype(int)] = 1.0
        if alike:
            found[:, -1] = complete & (answers.codes == answers.codes[:, :1]).all(axis=1)
        return found

    return Family(
        name="patterns",
        title="counts of response patterns",
        rows=(*rows, *([("same level throughout",)] * alike)),
        row_names=("pattern",),
        row_of=np.arange(len(rows) + alike),
        columns=columns,
        described=lambda sums: sums / n,
        unit="share of the respondents",
        advice=(
            "Whole rows of answers recur more, or less, often than the classes explain: look for straight-lining, "
            "copied rows, local dependence or another class."
        ),
    )


def recurrence(survey: Survey) -> Family | str:
    """Return what is tested of rows of answers that recur: `recurring_rows`.

    It is no sum over respondents and cannot be made orthogonal, so its p-values are conservative.

    Parameters
    ----------
    survey : Survey
        The survey.

    Returns
    -------
    Family or str
        The number of distinct rows, and the copies of the commonest; or why there is nothing to test.
    """
    if len(survey.items) < _FEWEST_ITEMS:
        return f"there are fewer than {_FEWEST_ITEMS} items"
    return Family(
        name="recurrence",
        title="number of distinct response patterns",
        rows=(("distinct patterns",), ("copies of the commonest pattern",)),
        row_names=("quantity",),
        row_of=np.arange(2),
        columns=lambda answers: np.zeros((len(answers), 0)),
        described=lambda sums: sums,
        unit="count",
        advice=(
            "Rows of answers recur more, or less, often than the classes explain: look for copied rows and "
            "straight-lining (frame.duplicated()), or for another class."
        ),
        orthogonal=False,
    )


def recurring_rows(codes: np.ndarray) -> np.ndarray:
    """Return how many different rows whole surveys have, and how often the commonest recurs.

    Parameters
    ----------
    codes : ndarray of int [survey, respondent, item]
        Codes, -1 where there is no answer.

    Returns
    -------
    ndarray [survey, 2]
        Distinct rows, and the number of copies of the commonest.

    Examples
    --------
    >>> recurring_rows(np.array([[[0, 1], [0, 1], [1, 1]]]))
    array([[2., 2.]])
    """
    # Rows are compared by a random projection to 64 bits: two different rows agree with probability 2**-64.
    weight = np.random.default_rng(0).integers(1, 2**62, size=codes.shape[2], dtype=np.int64)
    with np.errstate(over="ignore"):
        key = np.sort((codes.astype(np.int64) * weight).sum(axis=2), axis=1)
    new = np.ones(key.shape, dtype=bool)
    new[:, 1:] = key[:, 1:] != key[:, :-1]
    commonest = [np.diff(np.flatnonzero(np.append(row, True))).max() for row in new]
    return np.column_stack([new.sum(axis=1), commonest]).astype(float)
