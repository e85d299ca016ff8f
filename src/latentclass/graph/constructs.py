"""Construct part: latent scores, loadings and the observed indicators."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from numpy.typing import NDArray
from pymc.logprob.transforms import Transform
from pytensor.graph.basic import Variable
from scipy.special import expit

from latentclass import dims
from latentclass.graph.centring import ShiftedStickBreaking, StretchedAverage, shifted_normal
from latentclass.graph.graded_ops import graded_response
from latentclass.graph.measurement import thresholds
from latentclass.graph.simplex import Blocks, dirichlet_blocks
from latentclass.model import HalfNormal, IndicatorKind, Normal
from latentclass.survey import IndicatorColumn, Survey

__all__ = ["MARGINAL_SCALE", "RowsInBall", "construct_scores", "latent_indicators"]

# Averaging logistic curves over a normal score of loading b stretches the logits by about sqrt(1 + MARGINAL_SCALE b^2)
# (Johnson and Kotz 1970; Zeger, Liang and Albert 1988). Thresholds stated for the population, not for the average
# score, hardly move when the loading does, and the sampler need not follow them.
MARGINAL_SCALE = (16.0 * np.sqrt(3.0) / (15.0 * np.pi)) ** 2


class RowsInBall(Transform):
    """Free rows v_i for the Cholesky factor of a correlation matrix: l_i = v_i / sqrt(1 + |v_i|^2), below the diagonal.

    One to one, smooth and without a special coordinate. Under an LKJ prior each v_i is multivariate t.
    """

    # Without an underscore: PyMC takes the name of the variable for what stands before the last one.
    name = "rowsinball"
    ndim_supp = 2

    def __init__(self, n: int) -> None:
        self.n = n
        self.rows, self.columns = np.tril_indices(n, -1)

    def _square(self, value: Variable) -> Variable:
        return pt.zeros((self.n, self.n))[self.rows, self.columns].set(value)

    def backward(self, value: Variable, *inputs: Variable) -> Variable:
        square = self._square(value)
        return (square + pt.eye(self.n)) / pt.sqrt(1.0 + pt.sum(square**2, axis=1, keepdims=True))

    def forward(self, value: Variable, *inputs: Variable) -> Variable:
        return (value / pt.diagonal(value)[:, None])[self.rows, self.columns]

    def log_jac_det(self, value: Variable, *inputs: Variable) -> Variable:
        lengths = pt.sum(self._square(value) ** 2, axis=1)
        return -0.5 * pt.sum((np.arange(self.n) + 2.0) * pt.log1p(lengths))


def latent_indicators(survey: Survey, kind: IndicatorKind | None = None) -> tuple[IndicatorColumn, ...]:
    """Return the indicators of the latent constructs in model order.

    Parameters
    ----------
    survey : Survey
        The survey.
    kind : IndicatorKind, optional
        Only those of this kind.

    Returns
    -------
    tuple of IndicatorColumn
        The indicators.
    """
    latent = survey.model.latent_constructs
    return tuple(column for column in survey.indicators if column.construct in latent and kind in (None, column.kind))


def construct_scores(survey: Survey) -> Variable | None:
    """Add scores, loadings and observed indicators to the model on the context stack.

    Parameters
    ----------
    survey : Survey
        The survey.

    Returns
    -------
    tensor of shape (n, constructs), or None
        The scores; None when no construct is latent.
    """
    names = survey.model.latent_constructs
    if not names:
        return None
    score = _scores(survey, len(names))
    loading = _loadings(survey)
    everyone = latent_indicators(survey)
    for kind, observe in ((IndicatorKind.LIKERT, _likert), (IndicatorKind.CONTINUOUS, _continuous)):
        chosen = [i for i, column in enumerate(everyone) if column.kind is kind]
        if chosen:
            columns = [everyone[i] for i in chosen]
            construct = np.array([names.index(column.construct) for column in columns], dtype=np.int64)
            observe(survey, score, loading[np.array(chosen)], columns, construct)
    return score


def _scores(survey: Survey, n: int) -> Variable:
    score_dims = (dims.RESPONDENT, dims.CONSTRUCT)
    if n == 1:
        return pm.Normal(dims.SCORE, dims=score_dims, transform=StretchedAverage(0))
    cholesky = pm.LKJCorr(
        "score_cholesky",
        n=n,
        eta=survey.model.priors.score_correlation.eta,
        default_transform=RowsInBall(n),
        dims=(dims.CONSTRUCT, dims.CONSTRUCT_TWIN),
    )
    pm.Deterministic(dims.SCORE_CORRELATION, cholesky @ cholesky.T, dims=(dims.CONSTRUCT, dims.CONSTRUCT_TWIN))
    return pm.MvNormal(dims.SCORE, mu=np.zeros(n), chol=cholesky, dims=score_dims, transform=StretchedAverage(1))


def _loadings(survey: Survey) -> Variable:
    columns = latent_indicators(survey)
    priors, constructs = survey.model.priors, survey.model.constructs
    by_kind = {
        IndicatorKind.LIKERT: priors.likert_loading,
        IndicatorKind.CONTINUOUS: priors.continuous_loading,
    }
    marker = np.array([column.name == constructs[column.construct].marker for column in columns])
    scale = np.array([p.scale if isinstance(p := by_kind[c.kind], Normal) else np.inf for c in columns])
    if np.isinf(scale).any():
        positive = pm.HalfFlat(dims.MARKER_LOADING, dims=(dims.MARKER,))
        free = pm.Flat(dims.FREE_LOADING, dims=(dims.FREE_INDICATOR,))
    else:
        positive = pm.HalfNormal(dims.MARKER_LOADING, sigma=scale[marker], dims=(dims.MARKER,))
        free = pm.Normal(dims.FREE_LOADING, sigma=scale[~marker], dims=(dims.FREE_INDICATOR,))
    place = np.argsort(np.concatenate([np.flatnonzero(marker), np.flatnonzero(~marker)]))
    return pm.Deterministic(dims.LOADING, pt.concatenate([positive, free])[place], dims=(dims.INDICATOR,))


def _likert(
    survey: Survey,
    score: Variable,
    loading: Variable,
    columns: Sequence[IndicatorColumn],
    construct: NDArray[np.int64],
) -> None:
    sizes = tuple(len(column.levels or ()) for column in columns)
    blocks = Blocks(sizes)
    stretch = pt.sqrt(1.0 + MARGINAL_SCALE * loading**2)
    baseline = dirichlet_blocks(
        dims.LIKERT_BASELINE,
        blocks,
        survey.model.priors.likert_thresholds.concentration,
        (dims.LIKERT_LEVEL,),
        transform=ShiftedStickBreaking(blocks),
        extra=loading * score.mean(axis=0)[construct] / stretch,
    )
    of_indicator = np.repeat(np.arange(len(columns)), np.asarray(sizes) - 1)
    row = pm.Deterministic(
        dims.LIKERT_THRESHOLDS,
        thresholds(baseline, blocks) * stretch[of_indicator],
        dims=(dims.LIKERT_THRESHOLD,),
    )
    width = max(sizes) - 1
    place = np.concatenate([j * width + np.arange(size - 1) for j, size in enumerate(sizes)])
    square = pt.zeros(len(columns) * width)[place].set(row).reshape((len(columns), width))
    codes = pm.Data("likert_codes", survey.likert_codes, dims=(dims.RESPONDENT, dims.LIKERT_INDICATOR))
    pm.CustomDist(
        dims.LIKERT_RESPONSES,
        score,
        loading,
        square,
        construct,
        np.asarray(sizes, dtype=np.int64),
        logp=_graded_logp,
        random=_graded_random,
        signature="(c),(j),(j,m),(j),(j)->(j)",
        class_name="GradedResponse",
        observed=codes,
        dtype="int64",
        dims=(dims.RESPONDENT, dims.LIKERT_INDICATOR),
    )


def _graded_logp(
    value: Variable,
    score: Variable,
    loading: Variable,
    square: Variable,
    construct: Variable,
    n_levels: Variable,
) -> Variable:
    shared = [_without_batch(v, n) for v, n in ((loading, 1), (square, 2), (construct, 1), (n_levels, 1))]
    return graded_response(score, shared[0], shared[1], value, shared[2], shared[3])[0]


def _graded_random(
    score: NDArray[np.float64],
    loading: NDArray[np.float64],
    square: NDArray[np.float64],
    construct: NDArray[np.int64],
    n_levels: NDArray[np.int64],
    rng: np.random.Generator,
    size: tuple[int, ...] | None = None,
) -> NDArray[np.int64]:
    loading, construct, n_levels = loading.ravel(), construct.ravel(), n_levels.ravel()
    square = square.reshape(square.shape[-2:])
    at = loading * score[..., construct]
    below: NDArray[np.float64] = expit(square - at[..., None])
    below[..., np.arange(square.shape[1]) >= (n_levels - 1)[:, None]] = 1.0  # type: ignore[misc]
    return (rng.random(at.shape)[..., None] > below).sum(axis=-1)


def _continuous(
    survey: Survey,
    score: Variable,
    loading: Variable,
    columns: Sequence[IndicatorColumn],
    construct: NDArray[np.int64],
) -> None:
    priors, own = survey.model.priors, (dims.CONTINUOUS_INDICATOR,)
    mean_prior, sd_prior = priors.continuous_mean, priors.continuous_sd
    spread = mean_prior.scale if isinstance(mean_prior, Normal) else np.inf
    mean = shifted_normal(dims.INDICATOR_MEAN, spread, -loading * score.mean(axis=0)[construct], own)
    if isinstance(sd_prior, HalfNormal):
        sd = pm.HalfNormal(dims.INDICATOR_SD, sigma=np.asarray(sd_prior.scale), dims=own)
    else:
        sd = pm.HalfFlat(dims.INDICATOR_SD, dims=own)
    where = (dims.RESPONDENT, *own)
    answered = pm.Data("continuous_answered", ~np.isnan(survey.continuous_values), dims=where)
    values = pm.Data("continuous_values", np.nan_to_num(survey.continuous_values), dims=where)
    pm.CustomDist(
        dims.CONTINUOUS_RESPONSES,
        mean + loading * score[:, construct],
        sd,
        answered,
        logp=_continuous_logp,
        random=_continuous_random,
        signature="(j),(j),(j)->(j)",
        class_name="CongenericNormal",
        observed=values,
        dims=where,
    )


def _continuous_logp(value: Variable, mean: Variable, sd: Variable, answered: Variable) -> Variable:
    density = -0.5 * ((value - mean) / sd) ** 2 - pt.log(sd) - 0.5 * np.log(2.0 * np.pi)
    return pt.sum(pt.switch(answered, density, 0.0), axis=-1)


def _continuous_random(
    mean: NDArray[np.float64],
    sd: NDArray[np.float64],
    answered: NDArray[np.bool_],
    rng: np.random.Generator,
    size: tuple[int, ...] | None = None,
) -> NDArray[np.float64]:
    return rng.normal(mean, sd)


def _without_batch(variable: Variable, ndim: int) -> Variable:
    # PyMC hands parameters to logp with a leading axis of length 1 for every batch dim of the value.
    return variable.reshape([variable.shape[axis] for axis in range(-ndim, 0)], ndim=ndim)
