"""A survey to draw answers into: respondents, covariates and levels, before there are any answers."""

from __future__ import annotations

import operator
import warnings
from dataclasses import replace

import pandas as pd

from latentclass.errors import ModelError, SurveyError, SurveyWarning
from latentclass.model import IndicatorKind, Level, Model, OutcomeKind
from latentclass.survey import Survey, encode, read_survey

__all__ = ["template"]


def template(model: Model | Survey, covariates: pd.DataFrame | None, n: int | None) -> tuple[Survey, pd.DataFrame]:
    """Return a survey whose answers are of no account, and the frame that the simulated answers are added to.

    Parameters
    ----------
    model : Model or Survey
        A model, whose covariates are encoded afresh, or a survey, whose encoding is kept.
    covariates : pandas.DataFrame, optional
        One row per respondent.
    n : int, optional
        Number of respondents, where there are no covariates.

    Returns
    -------
    survey : Survey
        Respondents, designs and levels.
    frame : pandas.DataFrame
        The covariates.

    Raises
    ------
    ModelError
        When an item or Likert indicator of a model declares no levels.
    SurveyError
        When covariates and n do not fit each other, or the covariates cannot be encoded.
    """
    if isinstance(model, Survey):
        if covariates is None:
            _check_n(n, len(model.respondents))
            return model, model.frame.copy()
        _check_n(n, len(covariates))
        with _silence():
            return encode(model, covariates), covariates.copy()
    if not isinstance(model, Model):
        message = f"simulate() draws from a Model or a Survey; got {type(model).__name__}."
        raise ModelError(message)
    frame = _respondents(covariates, n)
    with _silence():
        survey = read_survey(model, frame.assign(**_placeholders(model, len(frame))))
    return _unscaled(survey), frame


def _respondents(covariates: pd.DataFrame | None, n: int | None) -> pd.DataFrame:
    if covariates is None:
        if n is None:
            message = "simulate() needs covariates, one row per respondent, or n, the number of respondents."
            raise SurveyError(message)
        _check_n(n, n)
        return pd.DataFrame(index=pd.RangeIndex(1, n + 1, name="respondent"))
    if not isinstance(covariates, pd.DataFrame):
        message = f"covariates is a pandas DataFrame with one row per respondent; got {type(covariates).__name__}."
        raise SurveyError(message)
    _check_n(n, len(covariates))
    return covariates.copy()


def _check_n(n: int | None, rows: int) -> None:
    if n is None:
        return
    try:
        whole = operator.index(n)
    except TypeError:
        whole = 0
    if isinstance(n, bool) or whole < 1 or whole != rows:
        wanted = "1 or more" if rows == n or whole < 1 else f"{rows}, the number of rows of the covariates, or left out"
        message = f"n is a whole number of respondents, {wanted}; got {n!r}."
        raise SurveyError(message)


def _placeholders(model: Model, n: int) -> dict[str, list[Level]]:
    """Return answers that only make the frame complete; every level occurs where there are rows enough."""
    columns: dict[str, list[Level]] = {}
    for item in model.items:
        if item.levels is None:
            message = (
                f"Item {item.name!r} declares no levels, so its answers cannot be drawn. Declare them, as in "
                f"{item.kind}({item.name!r}, levels=[...]), or draw from a Survey, which knows them."
            )
            raise ModelError(message)
        columns[item.name] = _cycled(item.levels, n)
    for name in model.latent_constructs:
        construct = model.constructs[name]
        if construct.levels is None and construct.kind is IndicatorKind.LIKERT:
            message = (
                f"Construct {name!r} declares no levels, so answers to its indicators cannot be drawn. Declare them, "
                "as in construct(..., levels=range(1, 6)), or draw from a Survey, which knows them."
            )
            raise ModelError(message)
        columns |= {indicator: _cycled(construct.levels or (-1.0, 1.0), n) for indicator in construct.indicators}
    for name, outcome in model.outcomes.items():
        if outcome.levels is None and outcome.kind is not OutcomeKind.CONTINUOUS:
            message = (
                f"Outcome {name!r} declares no levels, so answers cannot be drawn. Declare them, as in "
                "outcome('ordinal', levels=range(1, 6)), or draw from a Survey, which knows them."
            )
            raise ModelError(message)
        columns[name] = _cycled(outcome.levels or (-1.0, 1.0), n)
    return columns


def _cycled(levels: tuple[Level, ...], n: int) -> list[Level]:
    return [levels[i % len(levels)] for i in range(n)]


def _unscaled(survey: Survey) -> Survey:
    """Return the survey with the indicators' own centres and scales, which only placeholders had, taken out."""
    latent = survey.model.latent_constructs
    indicators = tuple(
        replace(column, centre=0.0, scale=1.0)
        if column.construct in latent and column.kind is IndicatorKind.CONTINUOUS
        else column
        for column in survey.indicators
    )
    outcomes = tuple(replace(column, centre=0.0, scale=1.0) for column in survey.outcomes)
    return replace(survey, indicators=indicators, outcomes=outcomes)


def _silence() -> warnings.catch_warnings:
    # What may be odd about placeholders is no concern of the user; the covariates are looked at again by read_survey.
    return warnings.catch_warnings(action="ignore", category=SurveyWarning)
