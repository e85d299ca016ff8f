"""Log-likelihood of each respondent's answers given covariates and indicators, scores integrated out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import xarray as xr

from latentclass.dims import CHAIN, DRAW, RESPONDENT, RESPONSES, SCORE
from latentclass.posterior.density import log_answers, log_likelihood, log_softmax, membership_logits
from latentclass.posterior.draws import Draws
from latentclass.posterior.outcome_density import outcome_logs
from latentclass.posterior.parts import respondent_blocks
from latentclass.posterior.predict import Measurement, Rows, log_membership, measurement_of
from latentclass.posterior.samples import blocks, unflat
from latentclass.posterior.scores import weighted_scores
from latentclass.survey import Survey

__all__ = ["answer_log_likelihood"]

_POINTS = 32


def answer_log_likelihood(posterior: xr.Dataset, survey: Survey, *, seed: int = 0) -> xr.DataArray:
    """Return the log probability of each respondent's answers to the items, given covariates, indicators and outcomes.

    With latent constructs ``log_likelihood`` is about answers given the score that was sampled for the respondent, and
    that score was fitted to the answers. Here it is integrated out given the indicators only:
    ``log sum_k E[pi_ik(score) | indicators] prod_j p(y_ij | k)``, by importance sampling in every draw, see
    `latentclass.posterior.scores`. Outcomes that tell of the class are given like indicators: they are part of what the
    probability of the class is conditioned on. Without latent constructs and outcomes the two are the same.

    Parameters
    ----------
    posterior : Dataset [chain, draw, ...]
        Draws of the model's variables.
    survey : Survey
        The survey whose model it is.
    seed : int
        Seed of the importance sampling; of no account without latent constructs.

    Returns
    -------
    DataArray [chain, draw, respondent]
        Log probabilities; 0 for who answered no item.

    Examples
    --------
    >>> import latentclass as lc
    >>> data = lc.datasets.plain_survey(n=50, n_items=3, seed=1)
    >>> survey = lc.read_survey(data.model, data.frame)
    >>> answer_log_likelihood(data.parameters.expand_dims(["chain", "draw"]), survey).shape
    (1, 1, 50)
    """
    if not survey.model.latent_constructs or survey.model.n_classes == 1:
        return _without_scores(posterior, survey)
    draws = Draws.of(posterior.drop_vars(SCORE, errors="ignore"), survey)
    everything = np.arange(posterior.sizes[CHAIN] * posterior.sizes[DRAW])
    measurement = measurement_of(posterior, survey, everything, seed, _POINTS)
    found = np.empty((len(draws), survey.n_respondents))
    for rows, part in respondent_blocks(survey, len(draws)):
        some = Rows.of(part)
        joint = log_softmax(_log_membership(draws, measurement, part, some)) + log_answers(draws, some.chosen)
        largest = joint.max(axis=1)
        found[:, rows] = largest + np.log(np.exp(joint - largest[:, None]).sum(axis=1))
    return unflat(found, posterior, **{RESPONDENT: list(survey.respondents)}).rename(RESPONSES)


def _without_scores(posterior: xr.Dataset, survey: Survey) -> xr.DataArray:
    found = log_likelihood(posterior, survey)
    if not survey.outcomes:
        return found
    # Items and outcomes, less the outcomes alone.
    return found - log_likelihood(posterior, replace(survey, codes=np.full_like(survey.codes, -1)))


def _log_membership(draws: Draws, measurement: Measurement | None, survey: Survey, some: Rows) -> np.ndarray:
    """Return log probabilities of the classes given covariates, indicators and outcomes, up to a constant."""
    if measurement is None or not any(column.outcome.feedback for column in survey.outcomes):
        return log_membership(draws, measurement, some)
    n, latent = len(some.chosen), measurement.constructs
    repeated = replace(
        survey,
        respondents=tuple(np.repeat(np.array(survey.respondents, dtype=object), _POINTS)),
        groups=tuple(replace(g, matrix=np.repeat(g.matrix, _POINTS, axis=0)) for g in some.groups),
        outcome_values=np.repeat(survey.outcome_values, _POINTS, axis=0),
    )
    found = np.empty((len(draws), survey.model.n_classes, n))
    for block in blocks(len(draws), n * _POINTS * max(survey.model.n_classes, len(latent) ** 2)):
        part, one = draws.take(block), measurement.take(block)
        score, weight = weighted_scores(one.indicators, one.precision, some.codes, some.values, one.standard)
        long = score.reshape(len(part), n * _POINTS, -1)
        joint = log_softmax(membership_logits(part, repeated.groups, latent, long))
        joint = joint + outcome_logs(part.outcomes, repeated, long)
        joint = joint.reshape(len(part), -1, n, _POINTS) + np.log(np.maximum(weight, 1e-300))[:, None]
        largest = joint.max(axis=-1)
        found[block] = largest + np.log(np.exp(joint - largest[..., None]).sum(axis=-1))
    return found
