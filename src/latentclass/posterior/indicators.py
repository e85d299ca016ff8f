"""Log density of the indicators of latent constructs given the scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import xarray as xr
from scipy.special import log_expit

from latentclass.dims import (
    CHAIN,
    CONSTRUCT,
    CONTINUOUS_INDICATOR,
    CONTINUOUS_RESPONSES,
    DRAW,
    INDICATOR,
    INDICATOR_MEAN,
    INDICATOR_SD,
    LIKERT_RESPONSES,
    LIKERT_THRESHOLD,
    LIKERT_THRESHOLDS,
    LOADING,
    RESPONDENT,
    SCORE,
)
from latentclass.model import IndicatorKind
from latentclass.posterior.samples import blocks, flat, unflat
from latentclass.survey import IndicatorColumn, Survey

__all__ = ["IndicatorDraws", "indicator_log_likelihood", "latent_indicators"]


def latent_indicators(survey: Survey) -> tuple[IndicatorColumn, ...]:
    """Return the indicators of the latent constructs, in the order of their loadings.

    Parameters
    ----------
    survey : Survey
        The survey.

    Returns
    -------
    tuple of IndicatorColumn
        The indicators.
    """
    latent = survey.model.latent_constructs
    return tuple(column for column in survey.indicators if column.construct in latent)


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorDraws:
    """Draws of the measurement part of the latent constructs.

    Parameters
    ----------
    loading : ndarray [sample, indicator]
        Loadings, all indicators of latent constructs.
    likert, continuous : ndarray of int
        Positions of the indicators of either kind.
    constructs : ndarray of int [indicator]
        Position of the construct that each indicator loads on.
    thresholds : ndarray [sample, end]
        Thresholds of all Likert indicators, each with an infinite one before and after.
    first : ndarray of int [likert indicator]
        Position of the first of them.
    mean, sd : ndarray [sample, continuous indicator]
        Means and residual standard deviations.
    """

    loading: np.ndarray
    likert: np.ndarray
    continuous: np.ndarray
    constructs: np.ndarray
    thresholds: np.ndarray
    first: np.ndarray
    mean: np.ndarray
    sd: np.ndarray

    @classmethod
    def of(cls, posterior: xr.Dataset, survey: Survey) -> Self:
        """Return the draws of a posterior.

        Parameters
        ----------
        posterior : Dataset [chain, draw, ...]
            Draws of the model's variables.
        survey : Survey
            The survey whose model it is.

        Returns
        -------
        IndicatorDraws
            The draws.
        """
        columns = latent_indicators(survey)
        likert = np.array([c.kind is IndicatorKind.LIKERT for c in columns], dtype=bool)
        n_levels = [len(c.levels or ()) for c in columns if c.kind is IndicatorKind.LIKERT]
        latent = survey.model.latent_constructs
        empty = np.empty((posterior.sizes[CHAIN] * posterior.sizes[DRAW], 0))
        return cls(
            loading=flat(posterior[LOADING], INDICATOR),
            likert=np.flatnonzero(likert),
            continuous=np.flatnonzero(~likert),
            constructs=np.array([latent.index(c.construct) for c in columns]),
            thresholds=_ended(posterior, n_levels) if n_levels else empty,
            first=np.cumsum([0, *(n + 1 for n in n_levels)])[:-1],
            mean=empty if likert.all() else flat(posterior[INDICATOR_MEAN], CONTINUOUS_INDICATOR),
            sd=empty if likert.all() else flat(posterior[INDICATOR_SD], CONTINUOUS_INDICATOR),
        )

    def __len__(self) -> int:
        return len(self.loading)

    def take(self, which: slice | np.ndarray) -> Self:
        """Return some of the draws.

        Parameters
        ----------
        which : slice or ndarray of int
            Positions among the draws of all chains.

        Returns
        -------
        IndicatorDraws
            Those draws.
        """
        return type(self)(
            loading=self.loading[which],
            likert=self.likert,
            continuous=self.continuous,
            constructs=self.constructs,
            thresholds=self.thresholds[which],
            first=self.first,
            mean=self.mean[which],
            sd=self.sd[which],
        )

    def likert_log_density(self, codes: np.ndarray, score: np.ndarray) -> np.ndarray:
        """Return the log probability of the Likert answers given the scores.

        Parameters
        ----------
        codes : ndarray of int [respondent, likert indicator]
            Answers, -1 for a missing one, which counts as 0.
        score : ndarray [sample, respondent, construct]
            Scores.

        Returns
        -------
        ndarray [sample, respondent]
            Graded response (Samejima 1969), summed over indicators.
        """
        total = np.zeros(score.shape[:2])
        for j, indicator in enumerate(self.likert):
            below, above = self._gaps(j, codes[:, j], score[..., self.constructs[indicator]])
            total += _log_between(below, above) * (codes[:, j] >= 0)
        return total

    def continuous_log_density(self, values: np.ndarray, score: np.ndarray) -> np.ndarray:
        """Return the log density of the continuous answers given the scores.

        Parameters
        ----------
        values : ndarray [respondent, continuous indicator]
            Standardised answers, NaN for a missing one, which counts as 0.
        score : ndarray [sample, respondent, construct]
            Scores.

        Returns
        -------
        ndarray [sample, respondent]
            Normal, summed over indicators.
        """
        total = np.zeros(score.shape[:2])
        for j in range(len(self.continuous)):
            residual = self._residual(j, values[:, j], score)
            density = -0.5 * residual**2 - np.log(self.sd[:, j, None]) - 0.5 * np.log(2 * np.pi)
            total += np.where(np.isnan(values[:, j]), 0.0, density)
        return total

    def likert_log_table(self, j: int, grid: np.ndarray) -> np.ndarray:
        """Return the log probability of every answer to one Likert indicator at given scores.

        Parameters
        ----------
        j : int
            Position among the Likert indicators.
        grid : ndarray [point]
            Scores of its construct.

        Returns
        -------
        ndarray [sample, point, level + 1]
            Log probabilities, and 0 in the last column, which stands for a missing answer.
        """
        stop = self.first[j + 1] if j + 1 < len(self.first) else self.thresholds.shape[1]
        ends = self.thresholds[:, None, self.first[j] : stop]
        gaps = ends - self.loading[:, self.likert[j], None, None] * grid[:, None]
        logs = _log_between(gaps[..., :-1], gaps[..., 1:])
        return np.concatenate([logs, np.zeros((*logs.shape[:2], 1))], axis=-1)

    def _gaps(self, j: int, codes: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        at = self.first[j] + np.maximum(codes, 0)
        location = self.loading[:, self.likert[j], None] * score
        return self.thresholds[:, at] - location, self.thresholds[:, at + 1] - location

    def _residual(self, j: int, values: np.ndarray, score: np.ndarray) -> np.ndarray:
        indicator = self.continuous[j]
        location = self.loading[:, indicator, None] * score[..., self.constructs[indicator]]
        return (values - self.mean[:, j, None] - location) / self.sd[:, j, None]

    def __repr__(self) -> str:
        return f"IndicatorDraws({len(self)} draws; next: .likert_log_density(codes, score))"


def indicator_log_likelihood(posterior: xr.Dataset, survey: Survey) -> xr.Dataset:
    """Return the log-likelihood of each respondent's indicator answers, given the scores.

    Parameters
    ----------
    posterior : Dataset [chain, draw, ...]
        Draws of the model's variables.
    survey : Survey
        The survey whose model it is.

    Returns
    -------
    Dataset
        ``likert_responses`` and ``continuous_responses`` [chain, draw, respondent], each only where
        the model has such indicators of latent constructs.
    """
    if not survey.model.latent_constructs:
        return xr.Dataset()
    score = flat(posterior[SCORE], RESPONDENT, CONSTRUCT)
    indicators = IndicatorDraws.of(posterior, survey)
    terms = (
        (LIKERT_RESPONSES, indicators.likert, IndicatorDraws.likert_log_density),
        (CONTINUOUS_RESPONSES, indicators.continuous, IndicatorDraws.continuous_log_density),
    )
    answers = {
        LIKERT_RESPONSES: survey.likert_codes,
        CONTINUOUS_RESPONSES: survey.continuous_values,
    }
    found = {}
    for name, columns, density in terms:
        if len(columns):
            logs = np.empty(score.shape[:2])
            for block in blocks(len(score), score[0].size):
                logs[block] = density(indicators.take(block), answers[name], score[block])
            found[name] = unflat(logs, posterior, **{RESPONDENT: list(survey.respondents)})
    return xr.Dataset(found)


def _log_between(below: np.ndarray, above: np.ndarray) -> np.ndarray:
    # expit(above) - expit(below), with all digits when both lie in the same tail.
    return log_expit(above) + log_expit(-below) + np.log1p(-np.exp(below - above))


def _ended(posterior: xr.Dataset, n_levels: list[int]) -> np.ndarray:
    inner = flat(posterior[LIKERT_THRESHOLDS], LIKERT_THRESHOLD)
    end = np.full((len(inner), 1), np.inf)
    cuts = np.cumsum([n - 1 for n in n_levels])[:-1]
    parts = [np.hstack([-end, part, end]) for part in np.split(inner, cuts, axis=1)]
    return np.hstack(parts)
