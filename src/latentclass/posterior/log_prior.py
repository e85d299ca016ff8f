"""Log density of the prior of every free variable, for all draws at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from scipy.special import gammaln, xlogy

from latentclass.dims import (
    BASELINE,
    CLASS,
    CLASS_SHARE,
    CONSTRUCT,
    CONSTRUCT_TWIN,
    CONTINUOUS_INDICATOR,
    DISPERSED_ITEM,
    FREE_LOADING,
    INDICATOR,
    INDICATOR_MEAN,
    INDICATOR_SD,
    INTERCEPT,
    ITEM_LEVEL,
    LIKERT_BASELINE,
    LIKERT_LEVEL,
    LOADING,
    LOCATION,
    LOG_DISPERSION,
    MARKER_LOADING,
    ORDINAL_ITEM,
    ORDINAL_LEVEL,
    PROBABILITY,
    RESPONDENT,
    SCORE,
    SCORE_CORRELATION,
)
from latentclass.model import Dirichlet, Flat, HalfNormal, IndicatorKind, Normal, Structure
from latentclass.posterior.density import softmax
from latentclass.posterior.indicators import latent_indicators
from latentclass.posterior.outcome_density import outcome_log_prior
from latentclass.posterior.samples import blocks, flat, unflat
from latentclass.posterior.slope_priors import hyper_log_prior, slope_log_prior
from latentclass.survey import Survey

__all__ = ["SCORE_CHOLESKY", "log_prior"]

SCORE_CHOLESKY = "score_cholesky"

_LOG_2_PI = float(np.log(2 * np.pi))


def log_prior(posterior: xr.Dataset, survey: Survey) -> xr.Dataset:
    """Return the log density of the prior of every free variable, draw by draw.

    What ArviZ wants as the group ``log_prior`` of a tree, for the sensitivity of a posterior to power-scaling of the
    prior (Kallioinen et al. 2024).

    Parameters
    ----------
    posterior : Dataset [chain, draw, ...]
        Draws of the model's variables.
    survey : Survey
        The survey whose model it is.

    Returns
    -------
    Dataset
        One variable [chain, draw] for every free variable of the `pymc.Model`, under its name: the density of the
        variable itself, summed over it, with no term for a change of variables.

        - simplexes: Dirichlet density of all levels but one;
        - zero-sum effects: normal density in K - 1 orthonormal coordinates of the zero-sum subspace, given the scale
          where a prior learns it;
        - ``score_cholesky``: density of the Cholesky factor of the correlations of the scores;
        - `Flat`: 0, and minus infinity for a negative marker loading or standard deviation.

        ``class_share``, ``score_cholesky``, ``marker_loading`` and ``free_loading`` are computed from ``intercept``,
        ``score_correlation`` and ``loading`` and need not be in the posterior.

    References
    ----------
    Kallioinen, N., Paananen, T., Buerkner, P.-C., & Vehtari, A. (2024). Detecting and diagnosing prior and likelihood
    sensitivity with power-scaling. Statistics and Computing 34, 57.
    Lewandowski, D., Kurowicka, D., & Joe, H. (2009). Generating random correlation matrices based on vines and extended
    onion method. Journal of Multivariate Analysis 100, 1989-2001.

    Examples
    --------
    >>> import latentclass as lc
    >>> data = lc.datasets.plain_survey(n=50, n_items=3, seed=1)
    >>> survey = lc.read_survey(data.model, data.frame)
    >>> list(log_prior(data.parameters.expand_dims(["chain", "draw"]), survey))[:2]
    ['intercept', 'slope_individual']
    """
    terms = {
        **_membership(posterior, survey),
        **_items(posterior, survey),
        **_scores(posterior, survey),
        **_indicators(posterior, survey),
        **outcome_log_prior(posterior, survey),
    }
    return xr.Dataset({name: unflat(values, posterior) for name, values in terms.items()})


def _membership(posterior: xr.Dataset, survey: Survey) -> dict[str, np.ndarray]:
    if survey.model.n_classes == 1:
        return {}
    priors = survey.model.priors
    intercept = flat(posterior[INTERCEPT], CLASS)
    if isinstance(priors.intercept, Dirichlet):
        terms = {CLASS_SHARE: _dirichlet(softmax(intercept), [survey.model.n_classes], priors.intercept)}
    else:
        terms = {INTERCEPT: _zero_sum(intercept, priors.intercept)}
    return {**terms, **hyper_log_prior(posterior, survey), **slope_log_prior(posterior, survey)}


def _items(posterior: xr.Dataset, survey: Survey) -> dict[str, np.ndarray]:
    priors, terms = survey.model.priors, {}
    free = [item for item in survey.items if item.structure is Structure.FREE]
    cumulative = [item for item in survey.items if item.structure is Structure.CUMULATIVE]
    if free:
        terms[PROBABILITY] = _dirichlet(flat(posterior[PROBABILITY], CLASS, ITEM_LEVEL), _sizes(free), priors.items)
    if cumulative:
        terms[BASELINE] = _dirichlet(flat(posterior[BASELINE], ORDINAL_LEVEL), _sizes(cumulative), priors.thresholds)
    if cumulative and survey.model.n_classes > 1:
        terms[LOCATION] = _zero_sum(flat(posterior[LOCATION], ORDINAL_ITEM, CLASS), priors.location)
        if any(item.dispersion for item in cumulative):
            spread = flat(posterior[LOG_DISPERSION], DISPERSED_ITEM, CLASS)
            terms[LOG_DISPERSION] = _zero_sum(spread, priors.dispersion)
    return terms


def _scores(posterior: xr.Dataset, survey: Survey) -> dict[str, np.ndarray]:
    n_constructs = len(survey.model.latent_constructs)
    if not n_constructs:
        return {}
    score = flat(posterior[SCORE], RESPONDENT, CONSTRUCT)
    # The density needs no more of the scores than their sums of squares and products.
    products = np.empty((len(score), n_constructs, n_constructs))
    for block in blocks(len(score), score[0].size):
        products[block] = score[block].transpose(0, 2, 1) @ score[block]
    constant = -0.5 * score[0].size * _LOG_2_PI
    if n_constructs == 1:
        return {SCORE: constant - 0.5 * products[:, 0, 0]}
    correlation = flat(posterior[SCORE_CORRELATION], CONSTRUCT, CONSTRUCT_TWIN)
    log_diagonal = np.log(np.diagonal(np.linalg.cholesky(correlation), axis1=1, axis2=2))
    distance = np.trace(np.linalg.solve(correlation, products), axis1=1, axis2=2)
    return {
        SCORE_CHOLESKY: _lkj_cholesky(log_diagonal, survey.model.priors.score_correlation.eta),
        SCORE: constant - score.shape[1] * log_diagonal.sum(axis=1) - 0.5 * distance,
    }


def _indicators(posterior: xr.Dataset, survey: Survey) -> dict[str, np.ndarray]:
    columns = latent_indicators(survey)
    if not columns:
        return {}
    priors = survey.model.priors
    terms = _loadings(flat(posterior[LOADING], INDICATOR), survey)
    likert = [column for column in columns if column.kind is IndicatorKind.LIKERT]
    if likert:
        baseline = flat(posterior[LIKERT_BASELINE], LIKERT_LEVEL)
        terms[LIKERT_BASELINE] = _dirichlet(baseline, _sizes(likert), priors.likert_thresholds)
    if len(likert) < len(columns):
        mean, sd = (flat(posterior[name], CONTINUOUS_INDICATOR) for name in (INDICATOR_MEAN, INDICATOR_SD))
        terms[INDICATOR_MEAN] = _normal(mean, priors.continuous_mean)
        terms[INDICATOR_SD] = _half_normal(sd, priors.continuous_sd)
    return terms


def _loadings(loading: np.ndarray, survey: Survey) -> dict[str, np.ndarray]:
    priors, constructs = survey.model.priors, survey.model.constructs
    prior_of = {IndicatorKind.LIKERT: priors.likert_loading, IndicatorKind.CONTINUOUS: priors.continuous_loading}
    terms = {MARKER_LOADING: np.zeros(len(loading)), FREE_LOADING: np.zeros(len(loading))}
    for j, column in enumerate(latent_indicators(survey)):
        marker = constructs[column.construct].marker == column.name
        density = _half_normal if marker else _normal
        terms[MARKER_LOADING if marker else FREE_LOADING] += density(loading[:, [j]], prior_of[column.kind])
    return terms


def _sizes(columns: Sequence[Any]) -> list[int]:
    return [len(column.levels) for column in columns]


def _dirichlet(values: np.ndarray, sizes: Sequence[int], prior: Dirichlet) -> np.ndarray:
    """Return the density of rows of simplexes [sample, ..., level]."""
    concentration, counts = prior.concentration, np.asarray(sizes)
    constant = np.sum(gammaln(counts * concentration) - counts * gammaln(concentration))
    rows = values[0].size // values.shape[-1]
    found = np.full(len(values), rows * constant)
    if concentration != 1:
        for block in blocks(len(values), values[0].size):
            found[block] += xlogy(concentration - 1, values[block]).sum(axis=tuple(range(1, values.ndim)))
    return found


def _zero_sum(values: np.ndarray, prior: Normal | Flat) -> np.ndarray:
    """Return the density of rows [sample, ..., class] that each sum to zero."""
    free = values[0].size - values[0].size // values.shape[-1]
    return _normal(values, prior, free)


def _normal(values: np.ndarray, prior: Normal | HalfNormal | Flat, free: int | None = None) -> np.ndarray:
    if isinstance(prior, Flat):
        return np.zeros(len(values))
    flattened = values.reshape(len(values), -1)
    n = flattened.shape[1] if free is None else free
    squares = np.einsum("ij,ij->i", flattened, flattened)
    return -0.5 * squares / prior.scale**2 - n * (np.log(prior.scale) + 0.5 * _LOG_2_PI)


def _half_normal(values: np.ndarray, prior: Normal | HalfNormal | Flat) -> np.ndarray:
    inside = (values > 0).all(axis=1)
    constant = 0.0 if isinstance(prior, Flat) else values.shape[1] * np.log(2.0)
    return np.where(inside, _normal(values, prior) + constant, -np.inf)


def _lkj_cholesky(log_diagonal: np.ndarray, eta: float) -> np.ndarray:
    # (eta - 1) log det of the correlations, and size - i for row i = 1, 2, ... for the change to the Cholesky factor.
    size = log_diagonal.shape[1]
    k = np.arange(1, size)
    volume = np.sum(0.5 * k * np.log(np.pi) + gammaln(eta + 0.5 * (size - 1 - k)))
    constant = (size - 1) * gammaln(eta + 0.5 * (size - 1)) - volume
    return constant + log_diagonal @ (2 * (eta - 1) + size - np.arange(1, size + 1))
