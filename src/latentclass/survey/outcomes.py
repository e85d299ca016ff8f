"""Outcomes: codes or standardised values, and the columns of the factor groups' designs that they are regressed on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from latentclass.errors import SurveyError, listed, near_miss
from latentclass.model import ItemKind, Level, Outcome, OutcomeKind
from latentclass.survey.columns import code_answers, learn_levels
from latentclass.survey.design import GroupDesign
from latentclass.survey.indicators import as_numbers

__all__ = ["OutcomeColumn", "learn_outcome", "read_outcome"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeColumn:
    """One outcome with what was learned from the data.

    Parameters
    ----------
    name : str
        Column of the frame.
    outcome : Outcome
        How it was declared.
    levels : tuple of levels, optional
        The possible answers of a binary or ordinal outcome from lowest to highest.
    centre, scale : float
        Mean and standard deviation (divisor n - 1) that a continuous outcome is standardised with; 0 and 1 otherwise.
    columns : tuple of (str, int)
        Factor group and position of every design column that it is regressed on.
    labels : tuple of str
        Their labels.
    constructs : tuple of (int, str)
        Position among `columns`, and latent construct whose score stands there.
    """

    name: str
    outcome: Outcome
    levels: tuple[Level, ...] | None
    centre: float
    scale: float
    columns: tuple[tuple[str, int], ...]
    labels: tuple[str, ...]
    constructs: tuple[tuple[int, str], ...]

    @property
    def continuous(self) -> bool:
        """Whether it is continuous."""
        return self.outcome.kind is OutcomeKind.CONTINUOUS

    def matrix(self, groups: Sequence[GroupDesign], n: int) -> np.ndarray:
        """Return the design of the outcome.

        Parameters
        ----------
        groups : sequence of GroupDesign
            The designs of the factor groups.
        n : int
            Number of respondents.

        Returns
        -------
        ndarray of float64, shape (respondent, column)
            The columns; those of latent constructs hold 0.
        """
        by_name = {group.name: group.matrix for group in groups}
        return np.column_stack([by_name[g][:, j] for g, j in self.columns]) if self.columns else np.empty((n, 0))


def learn_outcome(name: str, outcome: Outcome, series: pd.Series, groups: Sequence[GroupDesign]) -> OutcomeColumn:
    """Return an outcome with levels, centre and scale learned, and its covariates found.

    Parameters
    ----------
    name : str
        Its column.
    outcome : Outcome
        How it was declared.
    series : Series
        A column made by `plain_column`.
    groups : sequence of GroupDesign
        The designs of the factor groups.

    Returns
    -------
    OutcomeColumn
        The outcome.

    Raises
    ------
    SurveyError
        When the column is empty, constant or not of the kind that was declared, or a covariate is in no factor group.

    Examples
    --------
    >>> import pandas as pd
    >>> from latentclass.model import outcome
    >>> learn_outcome("use", outcome("ordinal"), pd.Series([1, 3, 2]), ()).levels
    (1, 2, 3)
    """
    where = f"Outcome {name!r}"
    levels, centre, scale = None, 0.0, 1.0
    if outcome.kind is OutcomeKind.CONTINUOUS:
        numbers = as_numbers(series, outcome.missing, where)
        present = numbers[~np.isnan(numbers)]
        _check_varied(present, where)
        centre, scale = float(present.mean()), float(present.std(ddof=1))
    else:
        kind = ItemKind.BINARY if outcome.kind is OutcomeKind.BINARY else ItemKind.ORDINAL
        levels = outcome.levels or learn_levels(series, outcome.missing, kind=kind, where=where)
        codes = code_answers(series, levels, outcome.missing, where=where)
        _check_varied(codes[codes >= 0], where)
        if kind is ItemKind.BINARY and len(levels) != 2:
            many = f"{len(levels)} different answers: {listed(levels)}"
            message = f"{where} is binary and has {many}. Declare it with kind='ordinal'."
            raise SurveyError(message)
    chosen = [column for given in outcome.covariates for column in _columns_of(given, groups, where)]
    chosen = list(dict.fromkeys(chosen))
    designs = {group.name: group for group in groups}
    found = [designs[group].columns[j] for group, j in chosen]
    return OutcomeColumn(
        name=name,
        outcome=outcome,
        levels=levels,
        centre=centre,
        scale=scale,
        columns=tuple(chosen),
        labels=tuple(column.label for column in found),
        constructs=tuple((j, column.construct) for j, column in enumerate(found) if column.construct is not None),
    )


def read_outcome(column: OutcomeColumn, series: pd.Series) -> np.ndarray:
    """Return the answers to an outcome.

    Parameters
    ----------
    column : OutcomeColumn
        The outcome.
    series : Series
        A column made by `plain_column`.

    Returns
    -------
    ndarray of float64, shape (respondent,)
        Positions in the levels, or standardised values; NaN where there is no answer.

    Raises
    ------
    SurveyError
        When a value is outside the levels, infinite or text.
    """
    where = f"Outcome {column.name!r}"
    if column.levels is None:
        return (as_numbers(series, column.outcome.missing, where) - column.centre) / column.scale
    codes = code_answers(series, column.levels, column.outcome.missing, where=where).astype(np.float64)
    return np.where(codes < 0, np.nan, codes)


def _columns_of(given: str, groups: Sequence[GroupDesign], where: str) -> list[tuple[str, int]]:
    found = [
        (group.name, j)
        for group in groups
        for j, column in enumerate(group.columns)
        if given in (group.name, column.construct, column.label, *column.covariates)
    ]
    if not found:
        known = [g.name for g in groups] + [c for g in groups for column in g.columns for c in _names(column)]
        message = (
            f"{where} is regressed on {given!r}, which is neither a factor group nor a covariate of one."
            f"{near_miss(given, known)} There are {listed(dict.fromkeys(known), most=20)}."
        )
        raise SurveyError(message)
    return found


def _names(column: object) -> tuple[str, ...]:
    construct = getattr(column, "construct", None)
    return (construct,) if construct else tuple(getattr(column, "covariates", ()))


def _check_varied(present: np.ndarray, where: str) -> None:
    if len(present) == 0:
        message = f"{where} has no answers at all; leave it out."
        raise SurveyError(message)
    if len(np.unique(present)) == 1:
        message = f"{where} is constant: every answer is the same. Leave it out, since there is nothing to explain."
        raise SurveyError(message)
