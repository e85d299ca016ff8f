"""The likelihood of a survey, marginal over classes, written out in NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from scipy.special import log_softmax, logsumexp
from scipy.stats import norm

from latentclass import dims
from latentclass.model import IndicatorKind
from latentclass.simulation.outcomes import class_log_likelihood
from latentclass.simulation.parameters import aligned, latent_indicators
from latentclass.simulation.probabilities import item_probabilities, likert_probabilities, loaded_scores

if TYPE_CHECKING:
    from latentclass.survey import GroupDesign, Survey

__all__ = ["group_logits", "indicator_log_likelihood", "log_likelihood", "membership_log_prior", "memberships"]


def membership_log_prior(survey: Survey, parameters: xr.Dataset) -> xr.DataArray:
    """Return the log probabilities of the classes given the covariates, before any answer is seen.

    Parameters
    ----------
    survey : Survey
        The survey.
    parameters : xarray.Dataset
        Parameters by name, see `draw_parameters`.

    Returns
    -------
    xarray.DataArray, dims (respondent, class)
        Log softmax of intercept plus design times slopes; the columns of latent constructs hold the scores.

    Raises
    ------
    ModelError
        When a parameter is absent or has the wrong dims or labels.

    Examples
    --------
    >>> import latentclass as lc
    >>> model = lc.Model(items=lc.binary("a", "b", levels=["no", "yes"]), n_classes=2)
    >>> simulated = lc.simulate(model, n=40, seed=1)
    >>> membership_log_prior(lc.read_survey(model, simulated.frame), simulated.parameters).dims
    ('respondent', 'class')
    """
    return _per_class(survey, _membership_log_prior(survey, parameters))


def log_likelihood(survey: Survey, parameters: xr.Dataset) -> xr.DataArray:
    """Return the log-likelihood of each respondent's answers to items and outcomes, summed over the classes.

    Parameters
    ----------
    survey : Survey
        The survey.
    parameters : xarray.Dataset
        Parameters by name, see `draw_parameters`.

    Returns
    -------
    xarray.DataArray, dims (respondent)
        ``log sum_k pi_ik prod_j p(y_ij | k)`` over the items that were answered, and over outcomes that may tell of
        the class; 0 for a respondent who answered none.

    Raises
    ------
    ModelError
        When a parameter is absent or has the wrong dims or labels.

    Examples
    --------
    >>> import latentclass as lc
    >>> model = lc.Model(items=lc.binary("a", "b", levels=["no", "yes"]), n_classes=2)
    >>> simulated = lc.simulate(model, n=40, seed=1)
    >>> log_likelihood(lc.read_survey(model, simulated.frame), simulated.parameters).sizes["respondent"]
    40
    """
    return _per_respondent(survey, logsumexp(_joint(survey, parameters), axis=1), dims.RESPONSES)


def memberships(survey: Survey, parameters: xr.Dataset) -> xr.DataArray:
    """Return the probabilities of the classes given covariates and answers.

    Parameters
    ----------
    survey : Survey
        The survey.
    parameters : xarray.Dataset
        Parameters by name, see `draw_parameters`.

    Returns
    -------
    xarray.DataArray, dims (respondent, class)
        Probabilities, by Bayes' rule.

    Raises
    ------
    ModelError
        When a parameter is absent or has the wrong dims or labels.

    Examples
    --------
    >>> import latentclass as lc
    >>> model = lc.Model(items=lc.binary("a", "b", levels=["no", "yes"]), n_classes=2)
    >>> simulated = lc.simulate(model, n=40, seed=1)
    >>> memberships(lc.read_survey(model, simulated.frame), simulated.parameters).sum("class").round(12).values[:3]
    array([1., 1., 1.])
    """
    return _per_class(survey, np.exp(log_softmax(_joint(survey, parameters), axis=1)))


def indicator_log_likelihood(survey: Survey, parameters: xr.Dataset) -> xr.Dataset:
    """Return the log-likelihood of each respondent's indicator answers, given the construct scores.

    Parameters
    ----------
    survey : Survey
        The survey.
    parameters : xarray.Dataset
        Parameters by name, the scores of the survey's respondents among them.

    Returns
    -------
    xarray.Dataset
        `likert_responses` and `continuous_responses`, each with dim respondent and only where the model has such
        indicators of latent constructs; summed over the indicators that were answered.

    Raises
    ------
    ModelError
        When a parameter is absent or has the wrong dims or labels.

    Examples
    --------
    >>> import latentclass as lc
    >>> model = lc.Model(
    ...     items=lc.binary("a", "b", levels=["no", "yes"]),
    ...     n_classes=2,
    ...     constructs={"stress": lc.construct("s1", "s2", levels=range(1, 4))},
    ...     factor_groups={"individual": ["stress"]},
    ... )
    >>> simulated = lc.simulate(model, n=40, seed=1)
    >>> list(indicator_log_likelihood(lc.read_survey(model, simulated.frame), simulated.parameters))
    ['likert_responses']
    """
    found = {}
    likert = likert_probabilities(survey, parameters)
    if likert:
        terms = [_picked(p, codes) for p, codes in zip(likert.values(), survey.likert_codes.T, strict=True)]
        found[dims.LIKERT_RESPONSES] = _per_respondent(survey, np.sum(terms, axis=0), dims.LIKERT_RESPONSES)
    columns = latent_indicators(survey, IndicatorKind.CONTINUOUS)
    if columns:
        mean = aligned(survey, parameters, dims.INDICATOR_MEAN)
        sd = aligned(survey, parameters, dims.INDICATOR_SD)
        location = loaded_scores(survey, parameters)
        terms = [
            np.nan_to_num(norm.logpdf(survey.continuous_values[:, j], mean[j] + location[column.name], sd[j]))
            for j, column in enumerate(columns)
        ]
        found[dims.CONTINUOUS_RESPONSES] = _per_respondent(survey, np.sum(terms, axis=0), dims.CONTINUOUS_RESPONSES)
    return xr.Dataset(found)


def group_logits(survey: Survey, parameters: xr.Dataset) -> dict[str, np.ndarray]:
    """Return what each factor group adds to the logits of the classes.

    Parameters
    ----------
    survey : Survey
        The survey.
    parameters : xarray.Dataset
        Parameters by name.

    Returns
    -------
    dict of str to numpy.ndarray of shape (respondents, classes)
        Group to design times slopes.

    Raises
    ------
    ModelError
        When a parameter is absent or has the wrong dims or labels.
    """
    if survey.model.n_classes == 1:
        return {group.name: np.zeros((len(survey.respondents), 1)) for group in survey.groups}
    return {
        group.name: _design(survey, group, parameters) @ aligned(survey, parameters, dims.slope_name(group.name))
        for group in survey.groups
    }


def _membership_log_prior(survey: Survey, parameters: xr.Dataset) -> np.ndarray:
    n_respondents, n_classes = len(survey.respondents), survey.model.n_classes
    if n_classes == 1:
        return np.zeros((n_respondents, 1))
    logits = np.tile(aligned(survey, parameters, dims.INTERCEPT), (n_respondents, 1))
    return log_softmax(logits + sum(group_logits(survey, parameters).values()), axis=1)


def _design(survey: Survey, group: GroupDesign, parameters: xr.Dataset) -> np.ndarray:
    matrix = np.array(group.matrix, dtype=float)
    latent = survey.model.latent_constructs
    for j, column in enumerate(group.columns):
        if column.construct in latent:
            matrix[:, j] = aligned(survey, parameters, dims.SCORE)[:, latent.index(column.construct)]
    return matrix


def _joint(survey: Survey, parameters: xr.Dataset) -> np.ndarray:
    total = _membership_log_prior(survey, parameters)
    for codes, probability in zip(survey.codes.T, item_probabilities(survey, parameters).values(), strict=True):
        for k in range(survey.model.n_classes):
            total[:, k] += _picked(np.broadcast_to(probability[k], (len(codes), probability.shape[1])), codes)
    return total + class_log_likelihood(survey, lambda name: aligned(survey, parameters, name))


def _picked(probability: np.ndarray, codes: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        chosen = np.log(probability[np.arange(len(codes)), codes])
    return np.where(codes < 0, 0.0, chosen)


def _per_class(survey: Survey, values: np.ndarray) -> xr.DataArray:
    coords = {dims.RESPONDENT: list(survey.respondents), dims.CLASS: list(survey.model.class_names)}
    return xr.DataArray(values, dims=(dims.RESPONDENT, dims.CLASS), coords=coords)


def _per_respondent(survey: Survey, values: np.ndarray, name: str) -> xr.DataArray:
    return xr.DataArray(values, dims=(dims.RESPONDENT,), coords={dims.RESPONDENT: list(survey.respondents)}, name=name)
