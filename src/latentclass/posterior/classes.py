"""Which classes there are, how large, what they answer, and who belongs to which."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from latentclass.dims import CLASS, ITEM, RESPONDENT
from latentclass.posterior.density import class_posterior_blocks, membership_prior_blocks
from latentclass.posterior.draws import Draws, level_slices
from latentclass.posterior.samples import unflat
from latentclass.posterior.summarise import summarise, summary_columns, table_index
from latentclass.survey import Survey, some_respondents

__all__ = [
    "class_shares",
    "classes",
    "classification_certainty",
    "membership_table",
    "memberships",
    "odds_of_correct_classification",
    "profiles",
]

_LEVEL = "level"


def class_shares(posterior: xr.Dataset, survey: Survey) -> xr.DataArray:
    """Return the size of each class, draw by draw.

    Parameters
    ----------
    posterior : Dataset [chain, draw, ...]
        Draws of the model's variables.
    survey : Survey
        The survey whose model it is.

    Returns
    -------
    DataArray [chain, draw, class]
        Mean over the respondents of the probability of the class given covariates: the shares of a population whose
        covariates are those of the sample.
    """
    draws, names = Draws.of(posterior, survey), list(survey.model.class_names)
    share = np.zeros((len(draws), len(names)))
    for rows, block, prior in membership_prior_blocks(draws, survey):
        share[block] += some_respondents(survey, rows).average(prior) * _part(rows, survey)
    return unflat(share, posterior, **{CLASS: names})


def classes(posterior: xr.Dataset, survey: Survey, *, prob: float = 0.9) -> pd.DataFrame:
    """Return the size of each class with its interval, and how many respondents belong to it.

    Parameters
    ----------
    posterior : Dataset [chain, draw, ...]
        Draws of the model's variables.
    survey : Survey
        The survey whose model it is.
    prob : float
        Probability of the intervals.

    Returns
    -------
    DataFrame
        Index ``class``; columns ``mean``, ``sd``, ``eti90_lb`` and ``eti90_ub`` of the share (the
        number follows `prob`), ``expected_n`` (sum of the probabilities of membership),
        ``modal_n`` (respondents for whom it is the likeliest class), ``average_posterior`` (mean probability of the
        class among these; above 0.7 is called good) and ``odds_correct`` (odds of correct classification, see
        `odds_of_correct_classification`; above 5 is called good). The last two are NaN for a class that is nobody's
        likeliest.

    Raises
    ------
    LatentClassError
        When the probability is not between 0 and 1.

    References
    ----------
    Nagin, D. S. (2005). Group-Based Modeling of Development. Harvard University Press.
    """
    share, probability = _pass(posterior, survey)
    table = summarise(share, prob)
    table["expected_n"] = survey.weights @ probability
    assigned, weights = probability.argmax(axis=1), survey.weights
    modal = np.bincount(assigned, weights, minlength=len(table))
    table["modal_n"] = modal.astype(np.int64)
    total = np.bincount(assigned, weights * probability.max(axis=1), minlength=len(table))
    table["average_posterior"] = np.divide(total, modal, out=np.full(len(table), np.nan), where=modal > 0)
    table["odds_correct"] = odds_of_correct_classification(
        table["average_posterior"].to_numpy(), table["mean"].to_numpy()
    )
    return table


def odds_of_correct_classification(average: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Return the odds of correct classification of every class: above 5 is called good (Nagin 2005).

    Parameters
    ----------
    average : ndarray [class]
        Average posterior probability of those assigned to the class.
    share : ndarray [class]
        Size of the class.

    Returns
    -------
    ndarray [class]
        Odds of the average over the odds of the share; NaN where everyone is in the class.

    References
    ----------
    Nagin, D. S. (2005). Group-Based Modeling of Development. Harvard University Press.

    Examples
    --------
    >>> odds_of_correct_classification(np.array([0.9, 0.8]), np.array([0.5, 0.2])).round(6)
    array([ 9., 16.])
    """
    average = np.minimum(average, 1 - 1e-12)
    chance = np.where(share < 1, share / np.maximum(1 - share, 1e-300), np.nan)
    return np.asarray(average / (1 - average) / chance)


def profiles(posterior: xr.Dataset, survey: Survey, *, prob: float = 0.9, wide: bool = False) -> pd.DataFrame:
    """Return the answer probabilities of every class.

    Parameters
    ----------
    posterior : Dataset [chain, draw, ...]
        Draws of the model's variables.
    survey : Survey
        The survey whose model it is.
    prob : float
        Probability of the intervals.
    wide : bool
        Whether classes are columns, which leaves room for the means alone.

    Returns
    -------
    DataFrame
        Index ``class``, ``item``, ``level`` and columns ``mean``, ``sd``, ``eti90_lb``,
        ``eti90_ub``; or, when wide, index ``item``, ``level`` and one column of means per class.

    Raises
    ------
    LatentClassError
        When the probability is not between 0 and 1.
    """
    slices = level_slices(survey)
    order = np.concatenate([np.arange(slices[i.name].start, slices[i.name].stop) for i in survey.items])
    columns = summary_columns(Draws.of(posterior, survey).probability[..., order], prob)
    rows = [(item.name, level) for item in survey.items for level in item.levels]
    names = survey.model.class_names
    if wide:
        index = table_index(rows, [ITEM, _LEVEL])
        return pd.DataFrame(columns["mean"].T, index=index, columns=pd.Index(names, name=CLASS))
    long = [(name, *row) for name in names for row in rows]
    index = table_index(long, [CLASS, ITEM, _LEVEL])
    return pd.DataFrame({name: column.ravel() for name, column in columns.items()}, index=index)


def memberships(posterior: xr.Dataset, survey: Survey) -> pd.DataFrame:
    """Return the probabilities with which each respondent belongs to each class.

    Parameters
    ----------
    posterior : Dataset [chain, draw, ...]
        Draws of the model's variables.
    survey : Survey
        The survey whose model it is.

    Returns
    -------
    DataFrame
        Index ``respondent``; one column per class with the posterior mean probability, ``modal``
        (the likeliest class), ``certainty`` (its probability) and ``answered`` (number of items); with
        counts ``count`` besides, the respondents that the row stands for.
        ``attrs["classification_certainty"]`` holds what `classification_certainty` returns.
    """
    return membership_table(_pass(posterior, survey)[1], survey)


def membership_table(probability: np.ndarray, survey: Survey) -> pd.DataFrame:
    """Return probabilities of membership as the table of `memberships`.

    Parameters
    ----------
    probability : ndarray [respondent, class]
        Mean probabilities.
    survey : Survey
        The respondents.

    Returns
    -------
    DataFrame
        See `memberships`.
    """
    names = pd.Index(survey.model.class_names)
    index = pd.Index(list(survey.respondents), name=RESPONDENT)
    table = pd.DataFrame(probability, index=index, columns=names)
    table["modal"] = pd.Categorical.from_codes(probability.argmax(axis=1), categories=names)
    table["certainty"] = probability.max(axis=1)
    table["answered"] = (survey.codes >= 0).sum(axis=1)
    if survey.counts is not None:
        table["count"] = survey.counts
    table.attrs["classification_certainty"] = classification_certainty(probability, survey.weights)
    return table


def classification_certainty(probability: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Return how well the classes tell the respondents apart, from 0 to 1.

    One minus the mean entropy of membership over its largest possible value, log K: the relative
    entropy of Ramaswamy et al. (1993).

    Parameters
    ----------
    probability : ndarray [respondent, class]
        Mean probabilities of membership.
    weights : ndarray [respondent], optional
        How many respondents each row stands for, one by default.

    Returns
    -------
    float
        1 when every respondent belongs to one class for certain, and for a single class.

    References
    ----------
    Ramaswamy, V., DeSarbo, W. S., Reibstein, D. J. and Robinson, W. T. (1993). An empirical pooling
    approach for estimating marketing mix elasticities with PIMS data. Marketing Science, 12(1),
    103-124.

    Examples
    --------
    >>> classification_certainty(np.array([[1.0, 0.0], [0.5, 0.5]]))
    0.5
    """
    n, k = probability.shape
    if k == 1 or n == 0:
        return 1.0
    logs = np.log(probability, out=np.zeros_like(probability), where=probability > 0)
    weights = np.ones(n) if weights is None else weights
    return float(1 + weights @ (probability * logs).sum(axis=1) / (weights.sum() * np.log(k)))


def _pass(posterior: xr.Dataset, survey: Survey) -> tuple[xr.DataArray, np.ndarray]:
    """Return the share of each class per draw, and each respondent's mean probabilities."""
    draws = Draws.of(posterior, survey)
    n, k = len(survey.respondents), survey.model.n_classes
    share, total = np.zeros((len(draws), k)), np.zeros((k, n))
    for rows, block, prior, probability in class_posterior_blocks(draws, survey):
        share[block] += some_respondents(survey, rows).average(prior) * _part(rows, survey)
        total[:, rows] += probability.sum(axis=0)
    labels = {CLASS: list(survey.model.class_names)}
    return unflat(share, posterior, **labels), (total / len(draws)).T


def _part(rows: slice, survey: Survey) -> float:
    """Return the part of the respondents that a block holds."""
    return float(survey.weights[rows].sum()) / survey.n_respondents
