"""Scores of latent constructs of respondents who were not in the survey, given their answers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from latentclass.posterior.indicators import IndicatorDraws

__all__ = ["Sites", "StandardDraws", "WeightedScores", "indicator_sites", "weighted_scores"]

_GRID = np.linspace(-4.8, 4.8, 33)
_LEAST_VARIANCE = 0.01
_FREEDOM = 5


class Sites(NamedTuple):
    """Normal approximation of the likelihood of each construct's indicators.

    Attributes
    ----------
    shift, precision : ndarray [sample, respondent, construct]
        The likelihood is about ``exp(shift * score - precision * score**2 / 2)``.
    """

    shift: np.ndarray
    precision: np.ndarray


class StandardDraws(NamedTuple):
    """Draws of a standard Student t with 5 degrees of freedom, in pairs of opposite sign.

    They are the same for all respondents, so that what is said of one does not depend on who the
    others are.

    Attributes
    ----------
    value : ndarray [sample, point, construct]
        The draws.
    log_density : ndarray [sample, point]
        Their log density, up to a constant.
    """

    value: np.ndarray
    log_density: np.ndarray

    @classmethod
    def make(cls, rng: np.random.Generator, n_samples: int, n_points: int, n_constructs: int) -> StandardDraws:
        """Draw them.

        Parameters
        ----------
        rng : Generator
            Source of randomness.
        n_samples, n_points, n_constructs : int
            Shape wanted; an odd number of points is made even.

        Returns
        -------
        StandardDraws
            The draws.

        Examples
        --------
        >>> made = StandardDraws.make(np.random.default_rng(0), 2, 4, 1)
        >>> made.value.sum(axis=1).ravel()
        array([0., 0.])
        """
        shape = (n_samples, (n_points + 1) // 2)
        half = rng.standard_normal((*shape, n_constructs))
        half *= np.sqrt(_FREEDOM / rng.chisquare(_FREEDOM, shape))[..., None]
        value = np.concatenate([half, -half], axis=1)
        distance = np.square(value).sum(axis=-1)
        logs = -0.5 * (_FREEDOM + n_constructs) * np.log1p(distance / _FREEDOM)
        return cls(value, logs)

    def take(self, which: slice) -> StandardDraws:
        """Return those of some samples.

        Parameters
        ----------
        which : slice
            Positions of the samples.

        Returns
        -------
        StandardDraws
            Their draws.
        """
        return StandardDraws(self.value[which], self.log_density[which])


class WeightedScores(NamedTuple):
    """Points that stand for the posterior of the scores given indicators.

    Attributes
    ----------
    score : ndarray [sample, respondent, point, construct]
        The points.
    weight : ndarray [sample, respondent, point]
        Their weights, which sum to 1.
    """

    score: np.ndarray
    weight: np.ndarray


def indicator_sites(indicators: IndicatorDraws, n_constructs: int, codes: np.ndarray, values: np.ndarray) -> Sites:
    """Return the normal approximation of the likelihood of each construct's indicators.

    Exact for continuous indicators. For Likert indicators it has the mean and variance of the score
    of the construct on its own, on a grid: an extreme answer to an indicator with a high loading
    cuts the score off on one side, where the curvature at the mode would say too little.

    Parameters
    ----------
    indicators : IndicatorDraws
        The measurement part.
    n_constructs : int
        Number of latent constructs.
    codes : ndarray of int [respondent, likert indicator]
        Likert answers, -1 where missing.
    values : ndarray [respondent, continuous indicator]
        Standardised continuous answers, NaN where missing.

    Returns
    -------
    Sites
        One per construct.
    """
    shape = (len(indicators), len(codes), n_constructs)
    sites = Sites(np.zeros(shape), np.zeros(shape))
    of_likert = indicators.constructs[indicators.likert]
    for one in np.unique(of_likert).tolist():
        logs = np.broadcast_to(-0.5 * _GRID[:, None] ** 2, (shape[0], len(_GRID), shape[1]))
        for j in np.flatnonzero(of_likert == one).tolist():
            logs = logs + indicators.likert_log_table(j, _GRID)[..., codes[:, j]]
        weight = np.exp(logs - logs.max(axis=1, keepdims=True))
        weight /= weight.sum(axis=1, keepdims=True)
        mean = _GRID @ weight
        variance = np.maximum(_GRID**2 @ weight - mean**2, _LEAST_VARIANCE)
        sites.shift[..., one] = mean / variance
        sites.precision[..., one] = np.maximum(1 / variance - 1, 0.0)
    for j, indicator in enumerate(indicators.continuous.tolist()):
        one, given = indicators.constructs[indicator], ~np.isnan(values[:, j])
        pull = indicators.loading[:, indicator, None] / indicators.sd[:, j, None]
        residual = (np.nan_to_num(values[:, j]) - indicators.mean[:, j, None]) / indicators.sd[:, j, None]
        sites.shift[..., one] += given * pull * residual
        sites.precision[..., one] += given * pull**2
    return sites


def weighted_scores(
    indicators: IndicatorDraws,
    precision: np.ndarray,
    codes: np.ndarray,
    values: np.ndarray,
    standard: StandardDraws,
) -> WeightedScores:
    """Return points and weights for integrals over the scores given the indicators.

    Self-normalised importance sampling from a Student t around the normal approximation of the
    posterior (prior times `indicator_sites`). Its tails are heavier than those of the posterior, so
    that the weights are bounded.

    Parameters
    ----------
    indicators : IndicatorDraws
        The measurement part.
    precision : ndarray [sample, construct, construct]
        Inverse of the correlations of the scores.
    codes : ndarray of int [respondent, likert indicator]
        Likert answers, -1 where missing.
    values : ndarray [respondent, continuous indicator]
        Standardised continuous answers, NaN where missing.
    standard : StandardDraws
        What the points are made of.

    Returns
    -------
    WeightedScores
        Points and weights.
    """
    n_constructs = precision.shape[-1]
    sites = indicator_sites(indicators, n_constructs, codes, values)
    total = precision[:, None] + np.eye(n_constructs) * sites.precision[..., None]
    mean = np.linalg.solve(total, sites.shift[..., None])
    upper = np.linalg.cholesky(total).swapaxes(-1, -2)
    spread = np.linalg.solve(upper, standard.value.transpose(0, 2, 1)[:, None])
    score = (mean + spread).swapaxes(-1, -2)
    n_samples, n, n_points, _ = score.shape
    long = score.reshape(n_samples, n * n_points, n_constructs)
    logs = indicators.likert_log_density(np.repeat(codes, n_points, axis=0), long)
    logs += indicators.continuous_log_density(np.repeat(values, n_points, axis=0), long)
    logs -= 0.5 * ((long @ precision) * long).sum(axis=-1)
    logs = logs.reshape(n_samples, n, n_points) - standard.log_density[:, None]
    weight = np.exp(logs - logs.max(axis=-1, keepdims=True))
    return WeightedScores(score, weight / weight.sum(axis=-1, keepdims=True))
