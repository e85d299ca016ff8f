"""Outcomes: the log-likelihood of what a respondent answered to each outcome, in every class."""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pytensor.graph.basic import Variable

from latentclass import dims
from latentclass.graph.effects import zero_sum
from latentclass.graph.layout import level_labels
from latentclass.graph.measurement import padded_thresholds, thresholds
from latentclass.graph.simplex import Blocks, dirichlet_blocks
from latentclass.model import Flat, HalfNormal, Normal
from latentclass.survey import OutcomeColumn, Survey

__all__ = ["outcome_coords", "outcome_log_likelihood"]


def outcome_coords(survey: Survey) -> dict[str, list[object]]:
    """Return the coordinates of the variables of the outcomes.

    Parameters
    ----------
    survey : Survey
        The survey.

    Returns
    -------
    dict of str to list
        Dim to labels.
    """
    coords: dict[str, list[object]] = {}
    for column in _part_of_the_density(survey):
        coords[dims.outcome_dim("covariate", column.name)] = list(column.labels)
        if column.levels is not None:
            coords[dims.outcome_dim("level", column.name)] = list(level_labels([(column.name, column.levels)]))
    return coords


def outcome_log_likelihood(survey: Survey, score: Variable | None) -> Variable | None:
    """Add the regressions of the outcomes to the model on the context stack.

    Parameters
    ----------
    survey : Survey
        The survey.
    score : tensor of shape (n, constructs), optional
        Scores of the latent constructs.

    Returns
    -------
    tensor of shape (n, K) or None
        Log-likelihood of all outcomes that may tell of the class, 0 where there is no answer; None without any.
    """
    total = None
    for column in _part_of_the_density(survey):
        predictor = _predictor(survey, column, score)
        values = survey.outcome_values[:, survey.outcomes.index(column)]
        answered = pm.Data(f"outcome_answered_{column.name}", ~np.isnan(values) * 1.0, dims=(dims.RESPONDENT,))
        own = _continuous if column.continuous else _ordered
        part = own(survey, column, predictor, np.nan_to_num(values)) * answered[:, None]
        total = part if total is None else total + part
    return total


def _part_of_the_density(survey: Survey) -> list[OutcomeColumn]:
    return [column for column in survey.outcomes if column.outcome.feedback]


def _predictor(survey: Survey, column: OutcomeColumn, score: Variable | None) -> Variable:
    """Return the location of every class plus the effects of the covariates, of shape (n, K) or (1, K)."""
    model, priors = survey.model, survey.model.priors
    found = pt.zeros((1, model.n_classes))
    if column.outcome.by_class and model.n_classes > 1:
        location = zero_sum(priors.outcome_location, dims.outcome_name("location", column.name), (dims.CLASS,))
        found = found + location
    if not column.columns:
        return found
    covariates = dims.outcome_dim("covariate", column.name)
    name, prior = dims.outcome_name("slope", column.name), priors.outcome_slopes
    slope = _real(name, prior, (covariates,))
    matrix = column.matrix(survey.groups, survey.n_respondents)
    design = pm.Data(f"outcome_design_{column.name}", matrix, dims=(dims.RESPONDENT, covariates))
    moved = design @ slope
    if column.constructs and score is not None:
        which = np.array([model.latent_constructs.index(construct) for _, construct in column.constructs])
        moved = moved + score[:, which] @ slope[np.array([j for j, _ in column.constructs])]
    return found + moved[:, None]


def _ordered(survey: Survey, column: OutcomeColumn, predictor: Variable, values: np.ndarray) -> Variable:
    blocks = Blocks((len(column.levels or ()),))
    levels = (dims.outcome_dim("level", column.name),)
    concentration = survey.model.priors.outcome_thresholds.concentration
    baseline = dirichlet_blocks(dims.outcome_name("baseline", column.name), blocks, concentration, levels)
    upper, lower = padded_thresholds(thresholds(baseline, blocks), blocks)
    codes = pm.Data(f"outcome_codes_{column.name}", values.astype(np.int64), dims=(dims.RESPONDENT,))
    above, below = upper[codes][:, None] - predictor, lower[codes][:, None] - predictor
    return -pt.softplus(-above) - pt.softplus(below) + pt.log1mexp(below - above)


def _continuous(survey: Survey, column: OutcomeColumn, predictor: Variable, values: np.ndarray) -> Variable:
    priors = survey.model.priors
    mean = _real(dims.outcome_name("mean", column.name), priors.outcome_mean, ())
    sd = _positive(dims.outcome_name("sd", column.name), priors.outcome_sd)
    observed = pm.Data(f"outcome_values_{column.name}", values, dims=(dims.RESPONDENT,))
    standardised = (observed[:, None] - mean - predictor) / sd
    return -0.5 * standardised**2 - pt.log(sd) - np.asarray(0.5 * np.log(2 * np.pi))


def _real(name: str, prior: Normal | Flat, own: tuple[str, ...]) -> Variable:
    if isinstance(prior, Flat):
        return pm.Flat(name, dims=own)
    return pm.Normal(name, sigma=np.asarray(prior.scale), dims=own)


def _positive(name: str, prior: HalfNormal | Flat) -> Variable:
    if isinstance(prior, Flat):
        return pm.HalfFlat(name, dims=())
    return pm.HalfNormal(name, sigma=np.asarray(prior.scale), dims=())
