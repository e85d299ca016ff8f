"""Log densities of the priors, in the space of the parameters themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr
from scipy.special import gammaln, softmax, xlogy
from scipy.stats import halfnorm, multivariate_normal, norm

from latentclass import dims
from latentclass.model import Dirichlet, Flat, HalfNormal, IndicatorKind, Normal, Prior
from latentclass.simulation.hyper import hyper_log_prior, slope_scale
from latentclass.simulation.outcome_parameters import outcome_log_prior
from latentclass.simulation.parameters import (
    aligned,
    cumulative_items,
    free_items,
    latent_indicators,
    parameter_labels,
    segments,
)

if TYPE_CHECKING:
    from latentclass.survey import IndicatorColumn, Survey

__all__ = ["is_marker", "loading_prior", "log_prior"]


def log_prior(survey: Survey, parameters: xr.Dataset) -> pd.Series:
    """Return the log density of the prior of every free variable.

    Parameters
    ----------
    survey : Survey
        The survey.
    parameters : xarray.Dataset
        Parameters by name, see `draw_parameters`.

    Returns
    -------
    pandas.Series
        Log density by variable; the sum is the log prior. Densities are those of the parameters themselves, with no
        term for a change of variables:

        - simplexes: Dirichlet density of all levels but one;
        - zero-sum effects: normal density in K - 1 orthonormal coordinates of the zero-sum subspace, given the scale
          where a prior learns it;
        - `score_correlation`: density of the correlations below the diagonal;
        - `Flat`: 0, and minus infinity for a negative marker loading or standard deviation.

        Where the prior of the intercept is a Dirichlet the variable is `class_share`. `marker_loading` and
        `free_loading` stand for `loading`.

    Raises
    ------
    ModelError
        When a parameter is absent or has the wrong dims or labels.

    References
    ----------
    Lewandowski, D., Kurowicka, D., & Joe, H. (2009). Generating random correlation matrices based on vines and extended
    onion method. Journal of Multivariate Analysis 100, 1989-2001.

    Examples
    --------
    >>> import latentclass as lc
    >>> model = lc.Model(items=lc.binary("a", "b", levels=["no", "yes"]), n_classes=2)
    >>> simulated = lc.simulate(model, n=40, seed=1)
    >>> log_prior(lc.read_survey(model, simulated.frame), simulated.parameters)["probability"]
    np.float64(0.0)
    """
    terms = {
        **_membership(survey, parameters),
        **_items(survey, parameters),
        **_scores(survey, parameters),
        **_indicators(survey, parameters),
        **outcome_log_prior(survey, lambda name: aligned(survey, parameters, name)),
    }
    return pd.Series(terms, name="log_prior", dtype=float).rename_axis("variable")


def is_marker(survey: Survey, column: IndicatorColumn) -> bool:
    """Return whether an indicator is the marker of its construct."""
    return bool(survey.model.constructs[column.construct].marker == column.name)


def loading_prior(survey: Survey, column: IndicatorColumn) -> Normal | Flat:
    """Return the prior of an indicator's loading, which is cut at zero for a marker."""
    priors = survey.model.priors
    return priors.likert_loading if column.kind is IndicatorKind.LIKERT else priors.continuous_loading


def _membership(survey: Survey, parameters: xr.Dataset) -> dict[str, float]:
    if survey.model.n_classes == 1:
        return {}
    priors = survey.model.priors
    intercept = aligned(survey, parameters, dims.INTERCEPT)
    if isinstance(priors.intercept, Dirichlet):
        terms = {dims.CLASS_SHARE: _dirichlet(softmax(intercept), priors.intercept)}
    else:
        terms = {dims.INTERCEPT: _zero_sum(intercept, priors.intercept)}

    def given(name: str) -> np.ndarray:
        return aligned(survey, parameters, name)

    terms |= hyper_log_prior(survey, given)
    for group in survey.groups:
        name = dims.slope_name(group.name)
        scale = slope_scale(survey, group, given)
        rows = [] if scale is None else zip(given(name), scale, strict=True)
        terms[name] = sum((_zero_sum(row, Normal(one)) for row, one in rows), 0.0)
    return terms


def _items(survey: Survey, parameters: xr.Dataset) -> dict[str, float]:
    priors = survey.model.priors
    known = parameter_labels(survey)
    terms = {}
    if dims.PROBABILITY in known:
        probability = aligned(survey, parameters, dims.PROBABILITY)
        terms[dims.PROBABILITY] = _dirichlets(probability, free_items(survey), priors.items)
    if dims.BASELINE in known:
        baseline = aligned(survey, parameters, dims.BASELINE)
        terms[dims.BASELINE] = _dirichlets(baseline, cumulative_items(survey), priors.thresholds)
    for name, prior in ((dims.LOCATION, priors.location), (dims.LOG_DISPERSION, priors.dispersion)):
        if name in known:
            terms[name] = _zero_sum(aligned(survey, parameters, name).T, prior)
    return terms


def _scores(survey: Survey, parameters: xr.Dataset) -> dict[str, float]:
    constructs = survey.model.latent_constructs
    if not constructs:
        return {}
    score = aligned(survey, parameters, dims.SCORE)
    if len(constructs) == 1:
        return {dims.SCORE: float(norm.logpdf(score).sum())}
    correlation = aligned(survey, parameters, dims.SCORE_CORRELATION)
    density = multivariate_normal.logpdf(score, cov=correlation)
    return {
        dims.SCORE_CORRELATION: _lkj(correlation, survey.model.priors.score_correlation.eta),
        dims.SCORE: float(np.sum(density)),
    }


def _indicators(survey: Survey, parameters: xr.Dataset) -> dict[str, float]:
    columns = latent_indicators(survey)
    if not columns:
        return {}
    priors = survey.model.priors
    known = parameter_labels(survey)
    terms = {dims.MARKER_LOADING: 0.0, dims.FREE_LOADING: 0.0}
    for column, value in zip(columns, aligned(survey, parameters, dims.LOADING), strict=True):
        prior = loading_prior(survey, column)
        if is_marker(survey, column):
            terms[dims.MARKER_LOADING] += _positive(value, prior)
        else:
            terms[dims.FREE_LOADING] += _real(value, prior)
    if dims.LIKERT_BASELINE in known:
        baseline = aligned(survey, parameters, dims.LIKERT_BASELINE)
        likert = latent_indicators(survey, IndicatorKind.LIKERT)
        terms[dims.LIKERT_BASELINE] = _dirichlets(baseline, likert, priors.likert_thresholds)
    if dims.INDICATOR_MEAN in known:
        terms[dims.INDICATOR_MEAN] = _real(aligned(survey, parameters, dims.INDICATOR_MEAN), priors.continuous_mean)
        terms[dims.INDICATOR_SD] = _positive(aligned(survey, parameters, dims.INDICATOR_SD), priors.continuous_sd)
    return terms


def _dirichlets(values: np.ndarray, columns: Sequence[Any], prior: Dirichlet) -> float:
    return sum(_dirichlet(values[..., part], prior) for part in segments(columns))


def _dirichlet(values: np.ndarray, prior: Dirichlet) -> float:
    rows = np.atleast_2d(values)
    levels, concentration = rows.shape[1], prior.concentration
    constant = gammaln(levels * concentration) - levels * gammaln(concentration)
    return float(len(rows) * constant + xlogy(concentration - 1, rows).sum())


def _zero_sum(values: np.ndarray, prior: Prior) -> float:
    """Return the density of rows that each sum to zero along the last axis."""
    if isinstance(prior, Flat):
        return 0.0
    rows = np.atleast_2d(values)
    free = rows.shape[0] * (rows.shape[1] - 1)
    scale = prior.scale  # type: ignore[union-attr]
    return float(-0.5 * np.sum((rows / scale) ** 2) - free * (np.log(scale) + 0.5 * np.log(2 * np.pi)))


def _real(values: np.ndarray | float, prior: Normal | Flat) -> float:
    return 0.0 if isinstance(prior, Flat) else float(np.sum(norm.logpdf(values, scale=prior.scale)))


def _positive(values: np.ndarray | float, prior: Normal | HalfNormal | Flat) -> float:
    if isinstance(prior, Flat):
        return 0.0 if np.all(np.asarray(values) > 0) else -np.inf
    return float(np.sum(halfnorm.logpdf(values, scale=prior.scale)))


def _lkj(correlation: np.ndarray, eta: float) -> float:
    size = len(correlation)
    k = np.arange(1, size)
    volume = np.sum(0.5 * k * np.log(np.pi) + gammaln(eta + 0.5 * (size - 1 - k)))
    constant = (size - 1) * gammaln(eta + 0.5 * (size - 1)) - volume
    return float(constant + (eta - 1) * np.linalg.slogdet(correlation)[1])
