"""Outcomes: their likelihood given the class, and answers drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import norm

from latentclass import dims
from latentclass.simulation.outcome_parameters import outcome_labels
from latentclass.simulation.probabilities import cumulative_probabilities, thresholds

if TYPE_CHECKING:
    from latentclass.survey import OutcomeColumn, Survey

__all__ = ["class_log_likelihood", "draw_outcome_answers"]

type Aligned = Callable[[str], np.ndarray]


def class_log_likelihood(survey: Survey, given: Aligned) -> np.ndarray:
    """Return the log-likelihood of the outcomes that may tell of the class, in each class.

    Parameters
    ----------
    survey : Survey
        The survey.
    given : callable
        Name of a parameter to its value.

    Returns
    -------
    numpy.ndarray, shape (respondents, classes)
        Sum over the outcomes that were answered.
    """
    total = np.zeros((len(survey.respondents), survey.model.n_classes))
    for column, answers in zip(survey.outcomes, survey.outcome_values.T, strict=True):
        if not column.outcome.feedback:
            continue
        known = ~np.isnan(answers)
        for k, location in enumerate(_locations(survey, column, given).T):
            if column.levels is None:
                mean = given(dims.outcome_name("mean", column.name)) + location
                density = norm.logpdf(answers, mean, given(dims.outcome_name("sd", column.name)))
            else:
                chosen = np.where(known, answers, 0).astype(int)
                probability = _levels(column, location, given)
                density = np.log(probability[np.arange(len(chosen)), chosen])
            total[known, k] += density[known]
    return total


def draw_outcome_answers(
    survey: Survey, classes: np.ndarray, given: Aligned, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Draw the answers to every outcome.

    Parameters
    ----------
    survey : Survey
        The survey.
    classes : numpy.ndarray of int, shape (respondents,)
        Class of every respondent.
    given : callable
        Name of a parameter to its value.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    dict of str to numpy.ndarray, shape (respondents,)
        Positions of levels, or values on the scale of the data.
    """
    found = {}
    for column in survey.outcomes:
        location = _locations(survey, column, given)[np.arange(len(classes)), classes]
        if column.levels is None:
            mean = given(dims.outcome_name("mean", column.name)) + location
            drawn = rng.normal(mean, given(dims.outcome_name("sd", column.name)))
            found[column.name] = column.centre + column.scale * drawn
        else:
            below = _levels(column, location, given).cumsum(axis=1)[:, :-1]
            found[column.name] = (rng.random((len(classes), 1)) > below).sum(axis=1)
    return found


def _locations(survey: Survey, column: OutcomeColumn, given: Aligned) -> np.ndarray:
    found = np.zeros((len(survey.respondents), survey.model.n_classes))
    labels = outcome_labels(survey)
    location, slope = (dims.outcome_name(part, column.name) for part in ("location", "slope"))
    if location in labels:
        found += given(location)
    if slope in labels:
        designs = {group.name: group.matrix for group in survey.groups}
        constructs = dict(column.constructs)
        for j, ((group, place), effect) in enumerate(zip(column.columns, given(slope), strict=True)):
            values = designs[group][:, place]
            if j in constructs:
                values = given(dims.SCORE)[:, survey.model.latent_constructs.index(constructs[j])]
            found += effect * values[:, None]
    return found


def _levels(column: OutcomeColumn, location: np.ndarray, given: Aligned) -> np.ndarray:
    return cumulative_probabilities(thresholds(given(dims.outcome_name("baseline", column.name))), location)
