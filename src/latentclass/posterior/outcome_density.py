"""Log-likelihood of outcomes in each class, and log prior of their regressions, for all draws at once."""

from __future__ import annotations

import numpy as np
import xarray as xr
from scipy.special import gammaln, xlogy

from latentclass import dims
from latentclass.model import Flat, FrozenMapping, HalfNormal, Normal
from latentclass.posterior.samples import flat
from latentclass.survey import OutcomeColumn, Survey

__all__ = ["outcome_arrays", "outcome_location", "outcome_log_prior", "outcome_logs"]

_FAR = 1e6
_LOG_2_PI = float(np.log(2 * np.pi))


def outcome_arrays(posterior: xr.Dataset, survey: Survey) -> FrozenMapping[np.ndarray]:
    """Return the draws of the regressions of all outcomes that the posterior holds.

    Parameters
    ----------
    posterior : Dataset [chain, draw, ...]
        Draws of the model's variables.
    survey : Survey
        The survey.

    Returns
    -------
    mapping of str to ndarray [sample, ...]
        Draws by name of the variable.
    """
    found = {}
    for column in survey.outcomes:
        own = {
            "location": (dims.CLASS,),
            "slope": (dims.outcome_dim("covariate", column.name),),
            "baseline": (dims.outcome_dim("level", column.name),),
            "mean": (),
            "sd": (),
        }
        for part, of_part in own.items():
            name = dims.outcome_name(part, column.name)
            if name in posterior:
                found[name] = flat(posterior[name], *of_part)
    return FrozenMapping(found)


def outcome_location(
    arrays: FrozenMapping[np.ndarray], column: OutcomeColumn, survey: Survey, score: np.ndarray | None
) -> np.ndarray:
    """Return what class and covariates add up to, before thresholds or mean.

    Parameters
    ----------
    arrays : mapping of str to ndarray [sample, ...]
        Draws of the regression, see `outcome_arrays`.
    column : OutcomeColumn
        The outcome.
    survey : Survey
        The respondents.
    score : ndarray [sample, respondent, construct], optional
        Their scores.

    Returns
    -------
    ndarray [sample, class, respondent] or with length 1 where nothing differs
        Locations.
    """
    n_samples = len(next(iter(arrays.values())))
    found = np.zeros((n_samples, 1, 1))
    location, slope = (dims.outcome_name(part, column.name) for part in ("location", "slope"))
    if location in arrays:
        found = found + arrays[location][:, :, None]
    if slope in arrays:
        moved = arrays[slope] @ column.matrix(survey.groups, survey.n_respondents).T
        if score is not None:
            for j, construct in column.constructs:
                moved = moved + arrays[slope][:, [j]] * score[:, :, survey.model.latent_constructs.index(construct)]
        found = found + moved[:, None, :]
    return found


def outcome_logs(
    arrays: FrozenMapping[np.ndarray], survey: Survey, score: np.ndarray | None, *, feedback: bool = True
) -> np.ndarray | float:
    """Return the log-likelihood of the outcomes in each class.

    Parameters
    ----------
    arrays : mapping of str to ndarray [sample, ...]
        Draws of the regressions, see `outcome_arrays`.
    survey : Survey
        The survey.
    score : ndarray [sample, respondent, construct], optional
        Scores of the respondents.
    feedback : bool
        Whether to sum over the outcomes that may tell of the class, or over the others.

    Returns
    -------
    ndarray [sample, class, respondent] or float
        Sums over the outcomes that were answered; 0 where there are none.
    """
    total: np.ndarray | float = 0.0
    for j, column in enumerate(survey.outcomes):
        if column.outcome.feedback is not feedback:
            continue
        answers = survey.outcome_values[:, j]
        known = ~np.isnan(answers)
        location = outcome_location(arrays, column, survey, score)
        density = _continuous if column.continuous else _ordered
        total = total + np.where(known, density(arrays, column, location, np.nan_to_num(answers)), 0.0)
    return total


def outcome_log_prior(posterior: xr.Dataset, survey: Survey) -> dict[str, np.ndarray]:
    """Return the log density of the prior of the regressions that are part of the joint posterior.

    Parameters
    ----------
    posterior : Dataset [chain, draw, ...]
        Draws of the model's variables.
    survey : Survey
        The survey.

    Returns
    -------
    dict of str to ndarray [sample]
        Log density by name of the variable.
    """
    priors, arrays = survey.model.priors, outcome_arrays(posterior, survey)
    found: dict[str, np.ndarray] = {}
    by_part: dict[str, Normal | HalfNormal | Flat] = {
        "location": priors.outcome_location,
        "slope": priors.outcome_slopes,
        "mean": priors.outcome_mean,
        "sd": priors.outcome_sd,
    }
    for column in survey.outcomes:
        if not column.outcome.feedback:
            continue
        for part, prior in by_part.items():
            name = dims.outcome_name(part, column.name)
            if name in arrays:
                values = arrays[name].reshape(len(arrays[name]), -1)
                free = values.shape[1] - (part == "location")
                found[name] = _normal(values, prior, free) + (np.log(2.0) if isinstance(prior, HalfNormal) else 0.0)
        name = dims.outcome_name("baseline", column.name)
        if name in arrays:
            levels, c = arrays[name].shape[1], priors.outcome_thresholds.concentration
            constant = gammaln(levels * c) - levels * gammaln(c)
            found[name] = constant + xlogy(c - 1.0, arrays[name]).sum(axis=1)
    return found


def _ordered(
    arrays: FrozenMapping[np.ndarray], column: OutcomeColumn, location: np.ndarray, answers: np.ndarray
) -> np.ndarray:
    below = np.cumsum(arrays[dims.outcome_name("baseline", column.name)], axis=1)[:, :-1]
    threshold = np.log(below) - np.log1p(-below)
    padded = np.pad(threshold, ((0, 0), (1, 1)), constant_values=((0, 0), (-_FAR, _FAR)))
    codes = answers.astype(np.int64)
    upper, lower = (padded[:, codes + end][:, None, :] - location for end in (1, 0))
    return -np.logaddexp(0.0, -upper) - np.logaddexp(0.0, lower) + np.log(-np.expm1(lower - upper))


def _continuous(
    arrays: FrozenMapping[np.ndarray], column: OutcomeColumn, location: np.ndarray, answers: np.ndarray
) -> np.ndarray:
    mean, sd = (arrays[dims.outcome_name(part, column.name)][:, None, None] for part in ("mean", "sd"))
    return -0.5 * ((answers - mean - location) / sd) ** 2 - np.log(sd) - 0.5 * _LOG_2_PI


def _normal(values: np.ndarray, prior: Normal | HalfNormal | Flat, free: int) -> np.ndarray:
    if isinstance(prior, Flat):
        return np.zeros(len(values))
    return -0.5 * np.square(values).sum(axis=1) / prior.scale**2 - free * (np.log(prior.scale) + 0.5 * _LOG_2_PI)
