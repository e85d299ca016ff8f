"""The survey as a frozen value: codes, design matrices, and what was done on the way to them."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from latentclass.errors import SurveyError, listed, near_miss
from latentclass.model import FrozenMapping, IndicatorKind, ItemKind, Level, Model, Scores, Structure
from latentclass.survey.counts import expansion
from latentclass.survey.covariates import Covariate
from latentclass.survey.design import GroupDesign
from latentclass.survey.indicators import IndicatorColumn
from latentclass.survey.outcomes import OutcomeColumn

__all__ = ["ItemColumn", "Survey", "SurveyNotes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemColumn:
    """One item with its levels resolved.

    Parameters
    ----------
    name : str
        Column of the frame.
    kind : ItemKind
        Binary, nominal or ordinal.
    structure : Structure
        How the classes differ in their answers.
    dispersion : bool
        Whether each class has its own spread.
    levels : tuple of levels
        The possible answers in their order, declared or learned.
    """

    name: str
    kind: ItemKind
    structure: Structure
    dispersion: bool
    levels: tuple[Level, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyNotes:
    """What reading the frame came across. It is about the reading, so it does not count when surveys are compared.

    Parameters
    ----------
    n_rows : int
        Rows of the frame.
    dropped : tuple of str or int
        Labels of rows left out because a covariate is missing (``missing_covariates="drop"``).
    missing_by_covariate : mapping of covariate to int
        Rows of the frame where it is missing; only those with any.
    missing_by_item : mapping of item to int
        Missing answers of the respondents that were kept.
    missing_by_indicator : mapping of indicator to int
        Likewise for the indicators of constructs.
    without_answers : tuple of str or int
        Respondents who answered no item; they are kept, and only their covariates tell of their class.
    without_indicators : mapping of construct to tuple of str or int
        Respondents who answered no indicator of a construct; only constructs with any.
    zero_counts : tuple of str or int
        Labels of rows left out because they stand for no respondent (``counts``).
    n_counted : int, optional
        Respondents that the rows kept stand for; None where each is one.
    """

    n_rows: int
    dropped: tuple[str | int, ...]
    missing_by_covariate: FrozenMapping[int]
    missing_by_item: FrozenMapping[int]
    missing_by_indicator: FrozenMapping[int]
    without_answers: tuple[str | int, ...]
    without_indicators: FrozenMapping[tuple[str | int, ...]]
    zero_counts: tuple[str | int, ...] = ()
    n_counted: int | None = None

    def describe(self) -> str:
        """Return the notes as sentences, one per line.

        Returns
        -------
        str
            The text.

        Examples
        --------
        >>> import pandas as pd
        >>> import latentclass as lc
        >>> frame = pd.DataFrame({"a": [1, 2, None], "b": [1, 2, 1]})
        >>> survey = lc.read_survey(lc.Model(items=lc.binary("a", "b"), n_classes=2), frame)
        >>> print(survey.notes.describe())
        3 rows read, 3 respondents kept.
        1 missing answer: 'a' 1.
        """
        n_kept = self.n_rows - len(self.dropped) - len(self.zero_counts)
        if self.n_counted is None:
            lines = [f"{_count(self.n_rows, 'row')} read, {_count(n_kept, 'respondent')} kept."]
        else:
            counted = _count(self.n_counted, "respondent")
            lines = [f"{_count(self.n_rows, 'row')} read, {n_kept} kept, which count {counted}."]
        if self.zero_counts:
            lines.append(f"{len(self.zero_counts)} left out for a count of 0: {listed(self.zero_counts)}.")
        if self.dropped:
            by = ", ".join(f"{name!r} {count}" for name, count in self.missing_by_covariate.items())
            lines.append(f"{len(self.dropped)} left out for missing covariates ({by}): {listed(self.dropped)}.")
        for what, counts in (("answer", self.missing_by_item), ("indicator answer", self.missing_by_indicator)):
            total = sum(counts.values())
            if total:
                by = ", ".join(f"{name!r} {count}" for name, count in counts.items() if count)
                lines.append(f"{_count(total, f'missing {what}')}: {by}.")
        if self.without_answers:
            lines.append(
                f"{len(self.without_answers)} answered no item and tell of their class by covariates alone: "
                f"{listed(self.without_answers)}."
            )
        for construct, labels in self.without_indicators.items():
            lines.append(f"{len(labels)} answered no indicator of {construct!r}: {listed(labels)}.")
        return "\n".join(lines)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Survey:
    """A data frame as a model sees it, validated and frozen. Made by `read_survey`.

    Parameters
    ----------
    model : Model
        The model it was read for.
    respondents : tuple of str or int
        Labels of the respondents: the index of the frame. With counts, labels of the rows.
    items : tuple of ItemColumn
        The items in the order of the model.
    codes : ndarray of int64, shape (respondent, item)
        Position of each answer in the levels of its item, -1 where there is none.
    groups : tuple of GroupDesign
        The design of each factor group.
    covariates : mapping of str to Covariate
        The raw columns and mean scores the groups are made of: group, kind and levels of each.
    indicators : tuple of IndicatorColumn
        The indicators of all constructs.
    likert_codes : ndarray of int64, shape (respondent, Likert indicator of a latent construct)
        Codes, -1 where there is no answer.
    continuous_values : ndarray of float64, shape (respondent, continuous indicator of a latent construct)
        Standardised values, NaN where there is no answer.
    mean_scores : mapping of construct to ndarray of float64, shape (respondent,)
        Scores of the constructs with ``scores="mean"``.
    outcomes : tuple of OutcomeColumn
        The outcomes in the order of the model.
    outcome_values : ndarray of float64, shape (respondent, outcome)
        Position of each answer in the levels of a binary or ordinal outcome, standardised values of a continuous one;
        NaN where there is none.
    notes : SurveyNotes
        What reading came across.
    frame : DataFrame
        The columns used, of the respondents kept, indexed by `respondents`. Each is ``int64``, ``float64``, ``bool``,
        text, or a Categorical of plain strings, numbers or bools; reading it again, with the same column of counts,
        gives an equal survey.
    counted_by : str, optional
        Column of the frame that says how many respondents each row stands for.
    counts : ndarray of int64, shape (row,), optional
        These counts, 1 or more; None where each row is one respondent. Wherever a shape says ``respondent`` it is the
        rows that are meant.

    Examples
    --------
    >>> import pandas as pd
    >>> import latentclass as lc
    >>> frame = pd.DataFrame({"a": [1, 2, None, 2], "b": ["no", "yes", "yes", "no"], "age": [30, 40, 50, 60]})
    >>> model = lc.Model(items=lc.binary("a", "b"), n_classes=2, factor_groups={"individual": ["age"]})
    >>> survey = lc.read_survey(model, frame)
    >>> survey
    Survey(4 respondents, 2 items, 1 of 8 answers missing; groups: individual (1 column); next: lc.fit(model, survey))
    >>> survey.codes.tolist()
    [[0, 0], [1, 1], [-1, 1], [1, 0]]
    """

    model: Model
    respondents: tuple[str | int, ...]
    items: tuple[ItemColumn, ...]
    codes: np.ndarray
    groups: tuple[GroupDesign, ...]
    covariates: FrozenMapping[Covariate]
    indicators: tuple[IndicatorColumn, ...]
    likert_codes: np.ndarray
    continuous_values: np.ndarray
    mean_scores: FrozenMapping[np.ndarray]
    outcomes: tuple[OutcomeColumn, ...]
    outcome_values: np.ndarray
    notes: SurveyNotes
    frame: pd.DataFrame
    counted_by: str | None = None
    counts: np.ndarray | None = None

    @property
    def n_respondents(self) -> int:
        """Number of respondents: of rows, or the sum of their counts."""
        return len(self.respondents) if self.counts is None else int(self.counts.sum())

    @property
    def weights(self) -> np.ndarray:
        """How many respondents each row stands for: float64 [row]."""
        return np.ones(len(self.respondents)) if self.counts is None else self.counts.astype(float)

    def average(self, values: np.ndarray) -> np.ndarray:
        """Return the average over the respondents.

        Parameters
        ----------
        values : ndarray, shape (..., row) or (..., 1)
            A value for each row, or the same for all.

        Returns
        -------
        ndarray, shape (...)
            Averages, in which a row counts as often as it has respondents.

        Examples
        --------
        >>> import pandas as pd
        >>> import latentclass as lc
        >>> frame = pd.DataFrame({"a": ["no", "yes"], "n": [3, 1]})
        >>> survey = lc.read_survey(lc.Model(items=lc.binary("a"), n_classes=1), frame, counts="n")
        >>> float(survey.average(np.array([0.0, 1.0])))
        0.25
        """
        if self.counts is None or values.shape[-1] == 1:
            return values.mean(axis=-1)
        return values @ (self.counts / self.counts.sum())

    def check_one_row_each(self, what: str) -> None:
        """Check that each row is one respondent, for what cannot do with counts.

        Parameters
        ----------
        what : str
            What needs it, at the beginning of a sentence.

        Raises
        ------
        SurveyError
            When the survey was read with counts.

        Examples
        --------
        >>> import pandas as pd
        >>> import latentclass as lc
        >>> model = lc.Model(items=lc.binary("a"), n_classes=1)
        >>> lc.read_survey(model, pd.DataFrame({"a": [1, 2]})).check_one_row_each("lc.check")
        """
        if self.counted_by is not None:
            message = (
                f"{what} needs one row per respondent, and this survey was read with counts={self.counted_by!r}; read "
                f"{expansion(self.counted_by)} without counts."
            )
            raise SurveyError(message)

    @property
    def answered(self) -> np.ndarray:
        """Whether each answer is there: bool [respondent, item]."""
        return self.codes >= 0

    @property
    def likert_indicators(self) -> tuple[IndicatorColumn, ...]:
        """The columns of `likert_codes`: Likert indicators of latent constructs."""
        return self._of_latent_constructs(IndicatorKind.LIKERT)

    @property
    def continuous_indicators(self) -> tuple[IndicatorColumn, ...]:
        """The columns of `continuous_values`: continuous indicators of latent constructs."""
        return self._of_latent_constructs(IndicatorKind.CONTINUOUS)

    def _of_latent_constructs(self, kind: IndicatorKind) -> tuple[IndicatorColumn, ...]:
        latent = {n for n, c in self.model.constructs.items() if c.scores is Scores.LATENT}
        return tuple(c for c in self.indicators if c.construct in latent and c.kind is kind)

    def design(self, group: str) -> GroupDesign:
        """Return the design of one factor group.

        Parameters
        ----------
        group : str
            Name of the group.

        Returns
        -------
        GroupDesign
            Columns and matrix.

        Raises
        ------
        SurveyError
            When the model has no such group.

        Examples
        --------
        >>> import pandas as pd
        >>> import latentclass as lc
        >>> frame = pd.DataFrame({"a": [1, 2, 2], "age": [20, 40, 60]})
        >>> model = lc.Model(items=lc.binary("a"), n_classes=1, factor_groups={"individual": ["age"]})
        >>> lc.read_survey(model, frame).design("individual").matrix.ravel().tolist()
        [-1.0, 0.0, 1.0]
        """
        for design in self.groups:
            if design.name == group:
                return design
        names = [design.name for design in self.groups]
        message = f"The survey has no factor group {group!r}.{near_miss(group, names)} Its groups are {listed(names)}."
        raise SurveyError(message)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Survey):
            return NotImplemented
        names = [f.name for f in fields(self) if f.name != "notes"]
        return all(_same(getattr(self, name), getattr(other, name)) for name in names)

    def __repr__(self) -> str:
        cells, missing = self.codes.size, int((self.codes < 0).sum())
        counts = f"{_count(self.n_respondents, 'respondent')}, {_count(len(self.items), 'item')}"
        if self.counts is not None:
            counts = f"{_count(len(self.respondents), 'row')} of {counts}"
        parts = [f"{counts}, {missing} of {cells} answers missing"]
        if self.notes.without_answers:
            parts.append(f"{len(self.notes.without_answers)} without any answer")
        if self.notes.dropped:
            parts.append(f"{_count(len(self.notes.dropped), 'row')} dropped")
        if self.groups:
            shown = [f"{d.name} ({_count(len(d.columns), 'column')})" for d in self.groups]
            parts.append(f"groups: {', '.join(shown)}")
        if self.indicators:
            parts.append(f"constructs: {', '.join(dict.fromkeys(c.construct for c in self.indicators))}")
        if self.outcomes:
            parts.append(f"outcomes: {', '.join(column.name for column in self.outcomes)}")
        return f"Survey({'; '.join(parts)}; next: lc.fit(model, survey))"


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}{'' if n == 1 else 's'}"


def _same(one: object, two: object) -> bool:
    if isinstance(one, np.ndarray) and isinstance(two, np.ndarray):
        return np.array_equal(one, two, equal_nan=one.dtype.kind == "f")
    if isinstance(one, pd.DataFrame) and isinstance(two, pd.DataFrame):
        return one.equals(two)
    if isinstance(one, FrozenMapping) and isinstance(two, FrozenMapping):
        return list(one) == list(two) and all(_same(one[name], two[name]) for name in one)
    return bool(one == two)
