"""Some respondents of a survey."""

from __future__ import annotations

from dataclasses import replace

from latentclass.model import FrozenMapping
from latentclass.survey.survey import Survey

__all__ = ["some_respondents"]


def some_respondents(survey: Survey, rows: slice) -> Survey:
    """Return a survey of neighbouring respondents, with the levels and scales of the whole.

    Parameters
    ----------
    survey : Survey
        The survey.
    rows : slice
        Positions of the respondents.

    Returns
    -------
    Survey
        The part; its arrays are views. The notes are those of the whole.

    Examples
    --------
    >>> import pandas as pd
    >>> import latentclass as lc
    >>> survey = lc.read_survey(lc.Model(items=lc.binary("a"), n_classes=2), pd.DataFrame({"a": [1, 2, 2]}))
    >>> some_respondents(survey, slice(1, 3)).respondents
    (1, 2)
    """
    if rows.indices(len(survey.respondents)) == (0, len(survey.respondents), 1):
        return survey
    counts = None if survey.counts is None else survey.counts[rows]
    return replace(
        survey,
        respondents=survey.respondents[rows],
        codes=survey.codes[rows],
        groups=tuple(replace(group, matrix=group.matrix[rows], counts=counts) for group in survey.groups),
        likert_codes=survey.likert_codes[rows],
        continuous_values=survey.continuous_values[rows],
        mean_scores=FrozenMapping({name: scores[rows] for name, scores in survey.mean_scores.items()}),
        outcome_values=survey.outcome_values[rows],
        frame=survey.frame.iloc[rows],
        counts=counts,
    )
