"""Surveys drawn from a model: the truth out beside the frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from latentclass import dims
from latentclass.errors import SurveyError, listed, near_miss
from latentclass.model import IndicatorKind, Level, Model
from latentclass.simulation.draw import draw_parameters
from latentclass.simulation.likelihood import membership_log_prior
from latentclass.simulation.outcomes import draw_outcome_answers
from latentclass.simulation.parameters import aligned, is_parameter, latent_indicators
from latentclass.simulation.probabilities import item_probabilities, likert_probabilities, loaded_scores
from latentclass.simulation.template import template

if TYPE_CHECKING:
    from latentclass.survey import Survey

__all__ = ["TRUE_CLASS", "Missing", "Simulated", "draw_categories", "simulate"]

TRUE_CLASS = "true_class"

type Missing = float | Mapping[str, float] | Callable[[pd.DataFrame, np.random.Generator], Any]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Simulated:
    """A simulated survey beside the truth it was drawn from.

    Parameters
    ----------
    model : Model
        The model that generated the survey, ready to be fitted to it.
    frame : pandas.DataFrame
        One row per respondent: covariates and simulated answers.
    truth : xarray.Dataset
        Every parameter under its name in the posterior, `true_class` per respondent, and what else is known.

    Examples
    --------
    >>> import latentclass as lc
    >>> lc.simulate(lc.Model(items=lc.binary("a", "b", levels=["no", "yes"]), n_classes=2), n=40, seed=1)
    Simulated(40 respondents, 2 items, 2 classes; next: lc.fit(simulated.model, simulated.frame))
    """

    model: Model
    frame: pd.DataFrame
    truth: xr.Dataset

    @property
    def parameters(self) -> xr.Dataset:
        """The true parameters alone, as `log_likelihood`, `simulate` and the other functions here take them."""
        return self.truth[[name for name in self.truth.data_vars if is_parameter(str(name))]]

    @property
    def classes(self) -> pd.Series:
        """The true class of every respondent, by the index of the frame."""
        return pd.Series(self.truth[TRUE_CLASS].values, index=self.frame.index, name=TRUE_CLASS)

    def __repr__(self) -> str:
        name = type(self).__name__
        counts = f"{len(self.frame)} respondents, {len(self.model.items)} items, {self.model.n_classes} classes"
        return f"{name}({counts}; next: lc.fit({name.lower()}.model, {name.lower()}.frame))"


def simulate(
    model: Model | Survey,
    parameters: xr.Dataset | None = None,
    covariates: pd.DataFrame | None = None,
    *,
    n: int | None = None,
    seed: int | np.random.Generator | None = None,
    missing: Missing = 0.0,
) -> Simulated:
    """Draw a survey from a model, and return it with its truth.

    Parameters
    ----------
    model : Model or Survey
        What to draw from. The items and Likert indicators of a model must declare their levels. A survey lends its
        levels, the centres and scales of its covariates, and, where no other covariates are given, its respondents.
    parameters : xarray.Dataset, optional
        True values by name, such as ``Simulated.parameters`` or one draw of a posterior. What is left out is drawn from
        the priors: all of it by default. Scores are kept when they are those of the same respondents, by label, and
        drawn otherwise.
    covariates : pandas.DataFrame, optional
        One row per respondent with the columns that the factor groups need; indicators of ``scores="mean"`` constructs
        are covariates too. Columns of items and of latent constructs' indicators are replaced.
    n : int, optional
        Number of respondents, where a model has no covariates that must be given.
    seed : int or numpy.random.Generator, optional
        Source of randomness.
    missing : float, mapping or callable
        Which simulated answers are lost: one rate for all columns; a rate per column (0 for those left out); or a
        function of the complete frame and the generator that returns True where an answer is lost, one column per
        column of the frame it was given.

    Returns
    -------
    Simulated
        Model, frame and truth. Classes stand in the order of the parameters.

    Raises
    ------
    ModelError
        When levels are not declared, or the parameters do not belong to the model, or a prior is `Flat` and its
        parameter is not given.
    SurveyError
        When the covariates are absent, incomplete or do not fit `n`, or a rate is not in [0, 1].

    Notes
    -----
    Slopes act on the covariates as `read_survey` encodes them: continuous ones centred and divided by their standard
    deviation in the given frame. Continuous indicators simulated from a model come out on the standardised scale.

    Examples
    --------
    >>> import latentclass as lc
    >>> model = lc.Model(items=lc.ordinal("sharing", "dialogue", levels=range(1, 6)), n_classes=3)
    >>> simulated = lc.simulate(model, n=200, seed=1, missing=0.05)
    >>> list(simulated.frame), sorted(simulated.truth.data_vars)
    (['sharing', 'dialogue'], ['baseline', 'intercept', 'location', 'true_class'])
    """
    rng = np.random.default_rng(seed)
    survey, base = template(model, covariates, n)
    truth = draw_parameters(survey, rng, given=_for_respondents(survey, parameters))
    codes = _draw_classes(survey, truth, rng)
    answers = _draw_answers(survey, truth, codes, rng)
    lost = _lost(pd.DataFrame(answers, index=base.index), missing, rng)
    columns = {name: _column(values, lost[:, j], base.index) for j, (name, values) in enumerate(answers.items())}
    names = np.array(survey.model.class_names, dtype=object)[codes]
    return Simulated(
        model=survey.model,
        frame=base.assign(**columns),
        truth=truth.assign_coords({dims.RESPONDENT: list(survey.respondents)}).assign(
            {TRUE_CLASS: ((dims.RESPONDENT,), names.astype(str))}
        ),
    )


def _for_respondents(survey: Survey, parameters: xr.Dataset | None) -> xr.Dataset | None:
    """Return what is known of these respondents: without the scores of others, nor which draw of a posterior it is."""
    if not isinstance(parameters, xr.Dataset):
        return parameters
    given = parameters.drop_vars([name for name, c in parameters.coords.items() if name not in c.dims])
    others = dims.RESPONDENT in given.indexes and set(given.indexes[dims.RESPONDENT]) != set(survey.respondents)
    return given.drop_vars(dims.SCORE, errors="ignore") if others else given


def _draw_classes(survey: Survey, parameters: xr.Dataset, rng: np.random.Generator) -> np.ndarray:
    return draw_categories(np.exp(membership_log_prior(survey, parameters).values), rng)


def _draw_answers(
    survey: Survey, parameters: xr.Dataset, classes: np.ndarray, rng: np.random.Generator
) -> dict[str, list[Level]]:
    likert = likert_probabilities(survey, parameters)
    levels = {column.name: column.levels for column in latent_indicators(survey)}
    answers = {name: _answered(levels[name], draw_categories(p, rng)) for name, p in likert.items()}
    answers |= _draw_continuous(survey, parameters, rng)
    outcomes = draw_outcome_answers(survey, classes, lambda name: aligned(survey, parameters, name), rng)
    of_outcome = {column.name: column.levels for column in survey.outcomes}
    for name, drawn in outcomes.items():
        answers[name] = drawn.tolist() if of_outcome[name] is None else _answered(of_outcome[name], drawn)
    for item, probability in zip(survey.items, item_probabilities(survey, parameters).values(), strict=True):
        answers[item.name] = _answered(item.levels, draw_categories(probability[classes], rng))
    return answers


def _draw_continuous(survey: Survey, parameters: xr.Dataset, rng: np.random.Generator) -> dict[str, list[Level]]:
    columns = latent_indicators(survey, IndicatorKind.CONTINUOUS)
    if not columns:
        return {}
    location = loaded_scores(survey, parameters)
    means = aligned(survey, parameters, dims.INDICATOR_MEAN)
    sds = aligned(survey, parameters, dims.INDICATOR_SD)
    return {
        column.name: (column.centre + column.scale * rng.normal(mean + location[column.name], sd)).tolist()
        for column, mean, sd in zip(columns, means, sds, strict=True)
    }


def draw_categories(probability: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw one category per row, by inverting the cumulative probabilities.

    Parameters
    ----------
    probability : numpy.ndarray, shape (m, categories)
        Rows that sum to one.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    numpy.ndarray of int, shape (m,)
        Categories, from 0.
    """
    uniform = rng.random((len(probability), 1))
    return np.asarray((uniform > np.cumsum(probability, axis=1)[:, :-1]).sum(axis=1))


def _answered(levels: Any, codes: np.ndarray) -> list[Level]:
    return [levels[code] for code in codes]


def _lost(complete: pd.DataFrame, missing: Missing, rng: np.random.Generator) -> np.ndarray:
    """Return which answers are lost, as an array of the shape of the frame."""
    if callable(missing):
        lost = np.asarray(missing(complete, rng), dtype=bool)
        if lost.shape != complete.shape:
            message = f"missing() returned the shape {lost.shape}; the frame it was given has {complete.shape}."
            raise SurveyError(message)
        return lost
    rates = missing if isinstance(missing, Mapping) else dict.fromkeys(complete.columns, missing)
    for name, rate in rates.items():
        if name not in complete:
            known = near_miss(name, complete.columns)
            message = f"missing names {name!r}, which is not simulated.{known} Simulated: {listed(complete.columns)}."
            raise SurveyError(message)
        if not isinstance(rate, int | float) or not 0 <= rate <= 1:
            message = f"The rate of missing answers of {name!r} is a number between 0 and 1; got {rate!r}."
            raise SurveyError(message)
    return rng.random(complete.shape) < np.array([rates.get(name, 0.0) for name in complete.columns])


def _column(values: list[Level], lost: np.ndarray, index: pd.Index) -> pd.Series:
    """Return answers as a column that can hold missing ones: whole numbers stay whole numbers."""
    kept = [None if gone else value for value, gone in zip(values, lost, strict=True)]
    kinds = {type(value) for value in values}
    dtype = {int: "Int64", bool: "boolean", float: "float64"}.get(kinds.pop(), object) if len(kinds) == 1 else object
    return pd.Series(kept, index=index, dtype=dtype).infer_objects()
