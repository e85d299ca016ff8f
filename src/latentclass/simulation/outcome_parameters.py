"""Parameters of the outcomes: labels, draws from their priors, and log prior densities."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import dirichlet, halfnorm, norm

from latentclass import dims
from latentclass.errors import ModelError
from latentclass.model import Flat, Normal

if TYPE_CHECKING:
    from latentclass.survey import OutcomeColumn, Survey

__all__ = ["draw_outcome", "outcome_labels", "outcome_log_prior"]

type Aligned = Callable[[str], np.ndarray]


def outcome_labels(survey: Survey) -> dict[str, dict[str, list[Any]]]:
    """Return every parameter of the outcomes with its dims and their labels.

    Parameters
    ----------
    survey : Survey
        The survey.

    Returns
    -------
    dict of str to dict of str to list
        Name of the parameter to name of the dim to labels.
    """
    labels: dict[str, dict[str, list[Any]]] = {}
    for column in survey.outcomes:
        name = column.name
        if column.outcome.by_class and survey.model.n_classes > 1:
            labels[dims.outcome_name("location", name)] = {dims.CLASS: list(survey.model.class_names)}
        if column.labels:
            labels[dims.outcome_name("slope", name)] = {dims.outcome_dim("covariate", name): list(column.labels)}
        if column.levels is None:
            labels[dims.outcome_name("mean", name)] = {}
            labels[dims.outcome_name("sd", name)] = {}
        else:
            levels = [dims.level_label(name, level) for level in column.levels]
            labels[dims.outcome_name("baseline", name)] = {dims.outcome_dim("level", name): levels}
    return labels


def draw_outcome(survey: Survey, rng: np.random.Generator, name: str) -> np.ndarray:
    """Draw one parameter of an outcome from its prior.

    Parameters
    ----------
    survey : Survey
        The survey.
    rng : numpy.random.Generator
        Source of randomness.
    name : str
        Which parameter.

    Returns
    -------
    numpy.ndarray
        Its value, in the order of `outcome_labels`.

    Raises
    ------
    ModelError
        When its prior is flat.
    """
    part, priors = _part(survey, name), survey.model.priors
    size = tuple(len(values) for values in outcome_labels(survey)[name].values())
    if part == "baseline":
        return rng.dirichlet(np.full(size, priors.outcome_thresholds.concentration))
    prior = _prior(survey, part)
    if isinstance(prior, Flat):
        message = f"{name!r} has a Flat prior, which is no distribution that can be drawn from. Give its values."
        raise ModelError(message)
    values = np.asarray(rng.normal(scale=prior.scale, size=size))
    if part == "location":
        return np.asarray(values - values.mean())
    return np.abs(values) if part == "sd" else values


def outcome_log_prior(survey: Survey, given: Aligned) -> dict[str, float]:
    """Return the log density of every parameter of the outcomes that may tell of the class.

    Parameters
    ----------
    survey : Survey
        The survey.
    given : callable
        Name of a parameter to its value.

    Returns
    -------
    dict of str to float
        Log density by parameter.
    """
    found = {}
    for name in outcome_labels(survey):
        if _owner(survey, name).outcome.feedback:
            found[name] = _log_density(survey, name, given(name))
    return found


def _owner(survey: Survey, name: str) -> OutcomeColumn:
    return next(column for column in survey.outcomes if name in _names(column.name).values())


def _part(survey: Survey, name: str) -> str:
    names = _names(_owner(survey, name).name)
    return next(part for part, own in names.items() if own == name)


def _names(outcome: str) -> dict[str, str]:
    return {part: dims.outcome_name(part, outcome) for part in ("location", "slope", "baseline", "mean", "sd")}


def _prior(survey: Survey, part: str) -> Any:
    priors = survey.model.priors
    return {
        "location": priors.outcome_location,
        "slope": priors.outcome_slopes,
        "mean": priors.outcome_mean,
        "sd": priors.outcome_sd,
    }[part]


def _log_density(survey: Survey, name: str, value: np.ndarray) -> float:
    part = _part(survey, name)
    if part == "baseline":
        concentration = survey.model.priors.outcome_thresholds.concentration
        return float(dirichlet.logpdf(value / value.sum(), np.full(len(value), concentration)))
    prior = _prior(survey, part)
    if isinstance(prior, Flat):
        return 0.0
    if part == "sd":
        return float(halfnorm.logpdf(value, scale=prior.scale))
    density = float(np.sum(norm.logpdf(value, scale=prior.scale)))
    if part == "location" and isinstance(prior, Normal):
        # One coordinate less: the density of the coordinate along which all classes move together is that of 0.
        density -= float(norm.logpdf(0.0, scale=prior.scale))
    return density
