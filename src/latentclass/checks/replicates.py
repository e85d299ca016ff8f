"""Sums over the respondents of whatever is tested, for the survey and for surveys drawn from the posterior."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from latentclass import dims
from latentclass.checks.families import Family
from latentclass.checks.point import Answers, Point
from latentclass.checks.scores import score_columns, summed_scores
from latentclass.posterior.predictive import posterior_predictive
from latentclass.posterior.samples import evenly
from latentclass.survey import Survey

__all__ = ["Projection", "drawn_surveys", "projection", "sums"]

_BLOCK_ENTRIES = 4_000_000
_ROWS_PER_PARAMETER = 100
_FEWEST_ROWS, _MOST_ROWS = 10_000, 60_000
# Relative to the largest eigenvalue of the scaled information: below, a direction does not change the likelihood.
_SINGULAR = 1e-9
# Of the variance of a column: below, nothing of it is left that the parameters do not explain.
_LEAST_LEFT = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """What of the columns of the families the parameters explain.

    Parameters
    ----------
    coefficients : ndarray [parameter, column]
        Regression of the columns on the scores; zeros for families that are not made orthogonal.
    left : ndarray of bool [column]
        Whether something is left that the parameters do not explain.
    """

    coefficients: np.ndarray
    left: np.ndarray

    def __repr__(self) -> str:
        return f"Projection({len(self.coefficients)} parameters, {self.coefficients.shape[1]} columns)"


def projection(point: Point, families: Sequence[Family], *, seed: int) -> Projection:
    """Regress the columns of the families on the scores, over answers drawn at the point.

    Parameters
    ----------
    point : Point
        The posterior mean.
    families : sequence of Family
        The families.
    seed : int
        Seed.

    Returns
    -------
    Projection
        Coefficients. A column less its regression has mean zero derivatives: to first order its sum does not depend
        on where in the posterior the parameters are (Neyman 1959).

    References
    ----------
    Neyman, J. (1959). Optimal asymptotic tests of composite statistical hypotheses. In U. Grenander (Ed.), Probability
    and Statistics, 213-234. Wiley.
    """
    rng, n = np.random.default_rng(seed), point.survey.n_respondents
    n_parameters = point.derivative.shape[1] + (point.share.shape[1] - 1) * (1 + point.design.shape[1])
    rows = int(np.clip(_ROWS_PER_PARAMETER * n_parameters, _FEWEST_ROWS, _MOST_ROWS))
    n_columns = sum(len(f.row_of) for f in families)
    at_once = max(1, _BLOCK_ENTRIES // (n * (n_columns + point.derivative.size // point.derivative.shape[1])))
    information: Any = 0.0
    cross: Any = 0.0
    square: Any = 0.0
    mean: Any = 0.0
    times = -(-rows // n)
    for start in range(0, times, at_once):
        answers = point.answers(*point.draw(rng, min(at_once, times - start)))
        score, column = score_columns(point, answers), _columns(families, answers)
        information = information + score.T @ score
        cross, square, mean = cross + score.T @ column, square + (column**2).sum(axis=0), mean + column.sum(axis=0)
    coefficients = _solved(information, cross)
    variance = (square - mean**2 / (times * n)) / (times * n)
    explained = (coefficients * cross).sum(axis=0) / (times * n)
    orthogonal = np.repeat([f.orthogonal for f in families], [len(f.row_of) for f in families])
    left = ~orthogonal | (variance - explained > _LEAST_LEFT * np.maximum(variance, 1e-12))
    return Projection(coefficients=np.where(orthogonal, coefficients, 0.0), left=left)


def sums(point: Point, families: Sequence[Family], found: Projection, codes: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return sums over the respondents, raw and made orthogonal.

    Parameters
    ----------
    point : Point
        The posterior mean.
    families : sequence of Family
        The families.
    found : Projection
        From `projection`.
    codes : ndarray of int [survey, respondent, item]
        Answers of whole surveys.

    Returns
    -------
    tuple of two ndarray [survey, column]
        The sums as they are, and less what the parameters explain.
    """
    n = point.survey.n_respondents
    n_columns = found.coefficients.shape[1]
    at_once = max(1, _BLOCK_ENTRIES // (n * (n_columns + point.probability.shape[1])))
    raw, score = [], []
    for start in range(0, len(codes), at_once):
        part = codes[start : start + at_once]
        rows = np.tile(np.arange(n), len(part))
        answers = point.answers(part.reshape(-1, part.shape[2]), rows)
        raw.append(_columns(families, answers).reshape(len(part), n, -1).sum(axis=1))
        score.append(summed_scores(point, answers, len(part)))
    total = np.concatenate(raw)
    return total, np.where(found.left, total - np.concatenate(score) @ found.coefficients, 0.0)


def drawn_surveys(posterior: xr.Dataset, survey: Survey, *, replicates: int, seed: int) -> Iterator[np.ndarray]:
    """Yield surveys drawn from the posterior with the same answers missing, in blocks of bounded memory.

    Parameters
    ----------
    posterior : Dataset [chain, draw, ...]
        The draws.
    survey : Survey
        The survey.
    replicates : int
        How many; draws are used evenly, more than once where there are fewer.
    seed : int
        Seed.

    Yields
    ------
    ndarray of int [survey, respondent, item]
        Codes, -1 where the survey has no answer.
    """
    n_chains, n_draws = posterior.sizes[dims.CHAIN], posterior.sizes[dims.DRAW]
    per_chain = -(-replicates // n_chains)
    which = np.tile(evenly(n_draws, per_chain), -(-per_chain // min(n_draws, per_chain)))[:per_chain]
    size = max(1, 10 * _BLOCK_ENTRIES // (survey.codes.size * n_chains))
    left = replicates
    for number, start in enumerate(range(0, per_chain, size)):
        some = posterior.isel({dims.DRAW: which[start : start + size]})
        # A posterior sampled by draw twice has the same labels twice.
        some = some.assign_coords({dims.DRAW: np.arange(some.sizes[dims.DRAW])})
        drawn = posterior_predictive(some, survey, seed=seed + number)[dims.RESPONSES].to_numpy()
        drawn = drawn.reshape(-1, *drawn.shape[2:])[:left]
        left -= len(drawn)
        yield np.where(survey.answered, drawn, np.int16(-1))


def _columns(families: Sequence[Family], answers: Answers) -> np.ndarray:
    return np.hstack([family.columns(answers) for family in families])


def _solved(information: np.ndarray, cross: np.ndarray) -> np.ndarray:
    """Solve the normal equations, without the directions in which the information is nil."""
    scale = np.sqrt(np.maximum(np.diag(information), 1e-300))
    value, vector = np.linalg.eigh(information / np.outer(scale, scale))
    kept = value > _SINGULAR * value[-1]
    basis = vector[:, kept] / scale[:, None]
    return basis @ ((basis.T @ cross) / value[kept, None])
