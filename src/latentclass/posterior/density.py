"""Density of the answers and of the classes, for all draws at once, in blocks of bounded memory.

Arrays inside are [sample, class, respondent]: respondents lie next to each other in memory, so that
sums over the few classes are quick.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import xarray as xr

from latentclass.dims import (
    CLASS,
    ITEM_LEVEL,
    RESPONDENT,
    RESPONSES,
    level_label,
)
from latentclass.posterior.draws import Draws, level_slices, stacked_items
from latentclass.posterior.outcome_density import outcome_logs
from latentclass.posterior.parts import respondent_blocks
from latentclass.posterior.samples import blocks, unflat
from latentclass.survey import GroupDesign, Survey

__all__ = [
    "class_posterior",
    "class_posterior_blocks",
    "log_answers",
    "log_item_probabilities",
    "log_likelihood",
    "log_softmax",
    "membership_logits",
    "membership_prior",
    "membership_prior_blocks",
    "one_hot",
    "softmax",
    "total_log_likelihood",
]

# Stands for the logarithm of 0: finite, so that 0 answers times it is 0 and not NaN.
_IMPOSSIBLE = -1e300


def one_hot(survey: Survey) -> np.ndarray:
    """Return which level of which item each respondent chose.

    Parameters
    ----------
    survey : Survey
        The survey.

    Returns
    -------
    ndarray [respondent, level]
        1 for a level that was chosen, else 0; a missing answer has zeros throughout. The levels are
        stacked as in `Draws.probability`.
    """
    slices = level_slices(survey)
    found = np.zeros((len(survey.respondents), sum(len(i.levels) for i in survey.items)))
    for item, codes in zip(survey.items, survey.codes.T, strict=True):
        given = np.flatnonzero(codes >= 0)
        found[given, slices[item.name].start + codes[given]] = 1.0
    return found


def softmax(logits: np.ndarray) -> np.ndarray:
    """Return probabilities over the second axis.

    Parameters
    ----------
    logits : ndarray [sample, class, ...]
        Finite logits.

    Returns
    -------
    ndarray [sample, class, ...]
        Probabilities.

    Examples
    --------
    >>> softmax(np.zeros((1, 2)))
    array([[0.5, 0.5]])
    """
    found = np.exp(logits - logits.max(axis=1, keepdims=True))
    found /= found.sum(axis=1, keepdims=True)
    return found


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Return log probabilities over the second axis.

    Parameters
    ----------
    logits : ndarray [sample, class, ...]
        Finite logits.

    Returns
    -------
    ndarray [sample, class, ...]
        Log probabilities.

    Examples
    --------
    >>> log_softmax(np.zeros((1, 2))).round(3)
    array([[-0.693, -0.693]])
    """
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def membership_logits(
    draws: Draws,
    groups: tuple[GroupDesign, ...],
    constructs: tuple[str, ...] = (),
    score: np.ndarray | None = None,
) -> np.ndarray:
    """Return the logits of membership given the covariates.

    Parameters
    ----------
    draws : Draws
        The draws.
    groups : tuple of GroupDesign
        Designs of the factor groups; the columns of latent constructs are filled with the scores.
    constructs : tuple of str
        Names of the latent constructs.
    score : ndarray [sample, respondent, construct], optional
        Scores of the respondents of the designs.

    Returns
    -------
    ndarray [sample, class, respondent] or [sample, class, 1]
        Intercept plus design times slopes; the last axis is 1 long where there are no covariates.
    """
    logits = draws.intercept[:, :, None]
    for group in groups if draws.slopes else ():
        slope = draws.slopes[group.name]
        logits = logits + slope.transpose(0, 2, 1) @ group.matrix.T
        filled = _construct_columns(group, constructs)
        if filled and score is not None:
            columns, which = list(filled), list(filled.values())
            moved = slope[:, columns].transpose(0, 2, 1) @ score[:, :, which].transpose(0, 2, 1)
            logits = logits + moved
    return logits


def log_answers(draws: Draws, chosen: np.ndarray) -> np.ndarray:
    """Return the log probability of each respondent's answers in each class.

    Parameters
    ----------
    draws : Draws
        The draws.
    chosen : ndarray [respondent, level]
        What was answered, see `one_hot`.

    Returns
    -------
    ndarray [sample, class, respondent]
        Log probabilities; below -1e299 where an answer is impossible.
    """
    possible = draws.probability > 0
    logs = np.full(possible.shape, _IMPOSSIBLE)
    np.log(draws.probability, out=logs, where=possible)
    return logs @ chosen.T


def log_item_probabilities(posterior: xr.Dataset, survey: Survey) -> xr.DataArray:
    """Return the log probability of every level of every item in each class.

    Parameters
    ----------
    posterior : Dataset [chain, draw, ...]
        Draws of the model's variables.
    survey : Survey
        The survey whose model it is.

    Returns
    -------
    DataArray [chain, draw, class, item_level]
        Log probabilities, minus infinity for 0; the levels of free items before cumulative ones.
    """
    with np.errstate(divide="ignore"):
        logs = np.log(Draws.of(posterior, survey).probability)
    labels = [level_label(i.name, level) for i in stacked_items(survey) for level in i.levels]
    return unflat(logs, posterior, **{CLASS: list(survey.model.class_names), ITEM_LEVEL: labels})


def membership_prior(posterior: xr.Dataset, survey: Survey) -> xr.DataArray:
    """Return the log probability of the classes given covariates and scores, before any answer.

    Parameters
    ----------
    posterior : Dataset [chain, draw, ...]
        Draws of the model's variables.
    survey : Survey
        The survey whose model it is.

    Returns
    -------
    DataArray [chain, draw, respondent, class]
        Log probabilities.
    """
    draws = Draws.of(posterior, survey)
    logs = np.empty((len(draws), len(survey.respondents), survey.model.n_classes))
    for rows, some in respondent_blocks(survey):
        for block, _, logits in _logit_blocks(draws.of_respondents(rows), some):
            logs[block, rows] = log_softmax(logits).transpose(0, 2, 1)
    return unflat(logs, posterior, **_per_class(survey))


def log_likelihood(posterior: xr.Dataset, survey: Survey) -> xr.DataArray:
    """Return the log-likelihood of each respondent's answers to items and outcomes, summed over the classes.

    Parameters
    ----------
    posterior : Dataset [chain, draw, ...]
        Draws of the model's variables.
    survey : Survey
        The survey whose model it is.

    Returns
    -------
    DataArray [chain, draw, respondent]
        ``log sum_k pi_ik prod_j p(y_ij | k)`` over the items answered, and over outcomes that may
        tell of the class; 0 where none was.
    """
    draws = Draws.of(posterior, survey)
    found = np.empty((len(draws), len(survey.respondents)))
    for rows, block, logs in _log_likelihood_blocks(draws, survey):
        found[block, rows] = logs
    return unflat(found, posterior, **{RESPONDENT: list(survey.respondents)}).rename(RESPONSES)


def total_log_likelihood(posterior: xr.Dataset, survey: Survey) -> xr.DataArray:
    """Return the log-likelihood of all answers, of which no more than a block of respondents is in memory.

    Parameters
    ----------
    posterior : Dataset [chain, draw, ...]
        Draws of the model's variables.
    survey : Survey
        The survey whose model it is.

    Returns
    -------
    DataArray [chain, draw]
        Sums of `log_likelihood` over the respondents.
    """
    draws = Draws.of(posterior, survey)
    total = np.zeros(len(draws))
    for rows, block, logs in _log_likelihood_blocks(draws, survey):
        total[block] += logs.sum(axis=1) if survey.counts is None else logs @ survey.counts[rows]
    return unflat(total, posterior).rename(RESPONSES)


def membership_prior_blocks(draws: Draws, survey: Survey) -> Iterator[tuple[slice, slice, np.ndarray]]:
    """Yield the probabilities of the classes given covariates, block by block.

    Parameters
    ----------
    draws : Draws
        The draws.
    survey : Survey
        The survey.

    Yields
    ------
    tuple of two slice and ndarray [sample, class, respondent] or [sample, class, 1]
        Which respondents, which draws, and the probabilities; the last axis is 1 long where all respondents have the
        same.
    """
    if not survey.groups:
        yield slice(0, len(survey.respondents)), slice(0, len(draws)), softmax(membership_logits(draws, ()))
        return
    for rows, some in respondent_blocks(survey):
        for block, _, logits in _logit_blocks(draws.of_respondents(rows), some):
            yield rows, block, softmax(logits)


def class_posterior_blocks(draws: Draws, survey: Survey) -> Iterator[tuple[slice, slice, np.ndarray, np.ndarray]]:
    """Yield the probabilities of the classes before and after the answers, block by block.

    Parameters
    ----------
    draws : Draws
        The draws.
    survey : Survey
        The survey.

    Yields
    ------
    tuple of two slice and two ndarray [sample, class, respondent]
        Which respondents, which draws, the probabilities given covariates, and those given covariates and answers.
    """
    for rows, block, logits, logs in _joint_blocks(draws, survey):
        yield rows, block, softmax(logits), softmax(logits + logs)


def class_posterior(posterior: xr.Dataset, survey: Survey) -> xr.DataArray:
    """Return the probabilities of the classes given covariates and answers, draw by draw.

    Parameters
    ----------
    posterior : Dataset [chain, draw, ...]
        Draws of the model's variables.
    survey : Survey
        The survey whose model it is.

    Returns
    -------
    DataArray [chain, draw, respondent, class]
        Probabilities by Bayes' rule. Where an answer is impossible in every class they go to the
        classes with the fewest impossible answers.
    """
    draws = Draws.of(posterior, survey)
    found = np.empty((len(draws), len(survey.respondents), survey.model.n_classes))
    for rows, block, _, probability in class_posterior_blocks(draws, survey):
        found[block, rows] = probability.transpose(0, 2, 1)
    return unflat(found, posterior, **_per_class(survey))


def _log_likelihood_blocks(draws: Draws, survey: Survey) -> Iterator[tuple[slice, slice, np.ndarray]]:
    """Yield which respondents, which draws, and their log-likelihoods [sample, respondent]."""
    for rows, block, logits, logs in _joint_blocks(draws, survey):
        joint = log_softmax(logits) + logs
        largest = joint.max(axis=1)
        found = largest + np.log(np.exp(joint - largest[:, None]).sum(axis=1))
        found[found < _IMPOSSIBLE / 10] = -np.inf
        yield rows, block, found


def _joint_blocks(draws: Draws, survey: Survey) -> Iterator[tuple[slice, slice, np.ndarray, np.ndarray]]:
    """Yield which respondents, which draws, logits of the classes, and log probabilities of the answers in them."""
    for rows, some in respondent_blocks(survey):
        chosen = one_hot(some)
        for block, part, logits in _logit_blocks(draws.of_respondents(rows), some):
            yield rows, block, logits, log_answers(part, chosen) + outcome_logs(part.outcomes, some, part.score)


def _logit_blocks(draws: Draws, survey: Survey) -> Iterator[tuple[slice, Draws, np.ndarray]]:
    latent = survey.model.latent_constructs
    n = len(survey.respondents)
    for block in blocks(len(draws), n * (survey.model.n_classes + len(latent))):
        part = draws.take(block)
        logits = membership_logits(part, survey.groups, latent, part.score)
        shape = (len(part), survey.model.n_classes, n)
        yield block, part, np.broadcast_to(logits, shape)


def _construct_columns(group: GroupDesign, constructs: tuple[str, ...]) -> dict[int, int]:
    return {
        j: constructs.index(column.construct)
        for j, column in enumerate(group.columns)
        if column.construct in constructs
    }


def _per_class(survey: Survey) -> Mapping[str, object]:
    return {RESPONDENT: list(survey.respondents), CLASS: list(survey.model.class_names)}
