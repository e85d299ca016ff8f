"""Log-likelihood of each respondent's answers given covariates and indicators, scores integrated out."""

from __future__ import annotations

import numpy as np
import xarray as xr

from latentclass.dims import CHAIN, DRAW, RESPONDENT, RESPONSES, SCORE
from latentclass.errors import ModelError, listed
from latentclass.posterior.density import log_answers, log_likelihood, log_softmax, one_hot
from latentclass.posterior.draws import Draws
from latentclass.posterior.predict import Rows, log_membership, measurement_of
from latentclass.posterior.samples import blocks, unflat
from latentclass.survey import Survey

__all__ = ["answer_log_likelihood"]

_POINTS = 32


def answer_log_likelihood(posterior: xr.Dataset, survey: Survey, *, seed: int = 0) -> xr.DataArray:
    """Return the log probability of each respondent's answers to the items, given covariates and indicators.

    With latent constructs ``log_likelihood`` is about answers given the score that was sampled for the respondent, and
    that score was fitted to the answers. Here it is integrated out given the indicators only:
    ``log sum_k E[pi_ik(score) | indicators] prod_j p(y_ij | k)``, by importance sampling in every draw, see
    `latentclass.posterior.scores`. Without latent constructs the two are the same.

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

    Raises
    ------
    ModelError
        When outcomes had a part in the classes of a model with latent constructs.

    Examples
    --------
    >>> import latentclass as lc
    >>> data = lc.datasets.plain_survey(n=50, n_items=3, seed=1)
    >>> survey = lc.read_survey(data.model, data.frame)
    >>> answer_log_likelihood(data.parameters.expand_dims(["chain", "draw"]), survey).shape
    (1, 1, 50)
    """
    told = [name for name, outcome in survey.model.outcomes.items() if outcome.feedback]
    if told and survey.model.latent_constructs:
        message = (
            f"The outcomes {listed(told)} had a part in the classes and may depend on scores, which are integrated out "
            "here given the indicators alone. Compare predictions of the answers with fit(..., outcomes='two-step')."
        )
        raise ModelError(message)
    if not survey.model.latent_constructs or survey.model.n_classes == 1:
        return log_likelihood(posterior, survey)
    draws, chosen = Draws.of(posterior.drop_vars(SCORE, errors="ignore"), survey), one_hot(survey)
    everything = np.arange(posterior.sizes[CHAIN] * posterior.sizes[DRAW])
    measurement = measurement_of(posterior, survey, everything, seed, _POINTS)
    found = np.empty((len(draws), survey.n_respondents))
    for rows in blocks(survey.n_respondents, len(draws) * survey.model.n_classes):
        some = Rows.of(survey, chosen, rows)
        joint = log_softmax(log_membership(draws, measurement, some)) + log_answers(draws, some.chosen)
        largest = joint.max(axis=1)
        found[:, rows] = largest + np.log(np.exp(joint - largest[:, None]).sum(axis=1))
    return unflat(found, posterior, **{RESPONDENT: list(survey.respondents)}).rename(RESPONSES)
