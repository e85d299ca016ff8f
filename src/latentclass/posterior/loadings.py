"""How well the indicators of a construct measure it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from latentclass.dims import CONSTRUCT, CONTINUOUS_INDICATOR, INDICATOR, INDICATOR_SD, LOADING
from latentclass.errors import SurveyError
from latentclass.model import IndicatorKind
from latentclass.posterior.factor import (
    FactorSolution,
    bootstrap_covariances,
    composite_reliability,
    solve,
)
from latentclass.posterior.indicators import latent_indicators
from latentclass.posterior.samples import flat
from latentclass.posterior.summarise import summary_columns, table_index
from latentclass.survey import IndicatorColumn, Survey
from latentclass.survey.indicators import mean_score, read_indicator

__all__ = ["loadings", "reliability", "standardised_loadings"]

_LOGISTIC_VARIANCE = np.pi**2 / 3


class _Classical(NamedTuple):
    """A mean-score construct: estimates, their bootstrap, and the rows they rest on."""

    columns: tuple[IndicatorColumn, ...]
    estimate: FactorSolution
    resamples: FactorSolution
    n_rows: int


def standardised_loadings(posterior: xr.Dataset, survey: Survey) -> np.ndarray:
    """Return the loadings of latent constructs as correlations with the construct.

    Parameters
    ----------
    posterior : Dataset [chain, draw, ...]
        Draws of the model's variables.
    survey : Survey
        The survey whose model it is.

    Returns
    -------
    ndarray [sample, indicator]
        Likert: with the logistic variable underlying the answer; continuous: with the indicator.
    """
    columns = latent_indicators(survey)
    loading = flat(posterior[LOADING], INDICATOR)
    residual = np.full_like(loading, _LOGISTIC_VARIANCE)
    continuous = [c.kind is IndicatorKind.CONTINUOUS for c in columns]
    if any(continuous):
        residual[:, continuous] = np.square(flat(posterior[INDICATOR_SD], CONTINUOUS_INDICATOR))
    return loading / np.sqrt(np.square(loading) + residual)


def loadings(
    posterior: xr.Dataset,
    survey: Survey,
    *,
    prob: float = 0.9,
    n_resamples: int = 500,
    seed: int = 0,
) -> pd.DataFrame:
    """Return how strongly each indicator depends on its construct.

    Latent constructs: from the posterior. Mean-score constructs: the one-factor maximum-likelihood
    solution of the correlations over complete rows, with percentile bootstrap intervals; ``mean``
    is the estimate and ``sd`` its bootstrap standard error.

    Parameters
    ----------
    posterior : Dataset [chain, draw, ...]
        Draws of the model's variables.
    survey : Survey
        The survey whose model it is.
    prob : float
        Probability of the intervals.
    n_resamples : int
        Bootstrap resamples for mean-score constructs.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    DataFrame
        Index ``construct``, ``indicator``; columns ``loading_``, ``standardised_`` and
        ``communality_`` with each of ``mean``, ``sd``, ``eti90_lb``, ``eti90_ub``; ``reversed``
        (the indicator runs against the construct: posterior probability above one half) and
        ``scores`` ("latent" or "mean").

    Raises
    ------
    LatentClassError
        When the probability is not between 0 and 1.
    """
    classical = _classical(survey, n_resamples, seed)
    parts = [_latent_rows(posterior, survey, prob)] if survey.model.latent_constructs else []
    parts += [_classical_rows(name, found, prob) for name, found in classical.items()]
    return _in_order(parts, survey, [CONSTRUCT, INDICATOR])


def reliability(
    posterior: xr.Dataset,
    survey: Survey,
    *,
    prob: float = 0.9,
    n_resamples: int = 500,
    seed: int = 0,
) -> pd.DataFrame:
    """Return how reliably the indicators of each construct measure it together.

    Parameters
    ----------
    posterior : Dataset [chain, draw, ...]
        Draws of the model's variables.
    survey : Survey
        The survey whose model it is.
    prob : float
        Probability of the intervals.
    n_resamples : int
        Bootstrap resamples for mean-score constructs.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    DataFrame
        Index ``construct``; columns ``composite_reliability_`` (McDonald's omega),
        ``variance_extracted_`` (mean communality) and, for mean scores, ``alpha_`` (Cronbach), with
        each of ``mean``, ``sd``, ``eti90_lb``, ``eti90_ub`` as in `loadings`; ``scores``
        and ``n_rows`` (complete rows for mean scores, all respondents for latent ones).

    Raises
    ------
    LatentClassError
        When the probability is not between 0 and 1.
    """
    parts = []
    if survey.model.latent_constructs:
        standardised = standardised_loadings(posterior, survey)
        owner = np.array([c.construct for c in latent_indicators(survey)])
        for name in survey.model.latent_constructs:
            own = standardised[:, owner == name]
            draws = {
                "composite_reliability_": composite_reliability(own),
                "variance_extracted_": np.square(own).mean(axis=1),
            }
            row = _columns(draws, prob) | {"scores": "latent", "n_rows": len(survey.respondents)}
            parts.append(pd.DataFrame(row, index=pd.Index([name], name=CONSTRUCT)))
    for name, found in _classical(survey, n_resamples, seed).items():
        values = _estimated(_reliabilities(found.estimate), _reliabilities(found.resamples), prob)
        row = values | {"scores": "mean", "n_rows": found.n_rows}
        parts.append(pd.DataFrame(row, index=pd.Index([name], name=CONSTRUCT)))
    table = _in_order(parts, survey, [CONSTRUCT])
    last = [name for name in ("scores", "n_rows") if name in table]
    return table[[*table.columns.drop(last), *last]]


def _classical(survey: Survey, n_resamples: int, seed: int) -> dict[str, _Classical]:
    found = {}
    for name in survey.model.constructs:
        if name not in survey.model.latent_constructs:
            columns = tuple(c for c in survey.indicators if c.construct == name)
            values = _turned_values(survey, columns)
            values = values[~np.isnan(values).any(axis=1)]
            _check_rows(name, values)
            found[name] = _Classical(
                columns=columns,
                estimate=solve(np.cov(values, rowvar=False)[None]),
                resamples=solve(bootstrap_covariances(values, n_resamples, seed)),
                n_rows=len(values),
            )
    return found


def _turned_values(survey: Survey, columns: tuple[IndicatorColumn, ...]) -> np.ndarray:
    """Return what the mean score averages, reversed indicators turned round."""
    read = [read_indicator(c, survey.model.constructs[c.construct], survey.frame[c.name]) for c in columns]
    return np.column_stack([mean_score([c], [r]) for c, r in zip(columns, read, strict=True)])


def _check_rows(name: str, values: np.ndarray) -> None:
    if len(values) < 3 or (np.ptp(values, axis=0) == 0).any():
        message = (
            f"Construct {name!r} has {len(values)} respondents who answered all its indicators, and "
            "among them an indicator does not vary; its loadings cannot be estimated."
        )
        raise SurveyError(message)


def _latent_rows(posterior: xr.Dataset, survey: Survey, prob: float) -> pd.DataFrame:
    standardised = standardised_loadings(posterior, survey)
    values = {
        "loading_": flat(posterior[LOADING], INDICATOR),
        "standardised_": standardised,
        "communality_": np.square(standardised),
    }
    indicators = [(c.construct, c.name) for c in latent_indicators(survey)]
    index = table_index(indicators, [CONSTRUCT, INDICATOR])
    table = pd.DataFrame(_columns(values, prob), index=index)
    table["reversed"] = (standardised < 0).mean(axis=0) > 0.5
    table["scores"] = "latent"
    return table


def _classical_rows(name: str, found: _Classical, prob: float) -> pd.DataFrame:
    against = np.array([c.reversed for c in found.columns])
    sign = np.where(against, -1.0, 1.0)
    estimate, resamples = (
        {
            "loading_": solution.loading * sign,
            "standardised_": solution.loading * sign,
            "communality_": np.square(solution.loading),
        }
        for solution in (found.estimate, found.resamples)
    )
    indicators = [(name, c.name) for c in found.columns]
    index = table_index(indicators, [CONSTRUCT, INDICATOR])
    table = pd.DataFrame(_estimated(estimate, resamples, prob), index=index)
    table["reversed"] = against
    table["scores"] = "mean"
    return table


def _reliabilities(solution: FactorSolution) -> dict[str, np.ndarray]:
    return {
        "composite_reliability_": solution.omega,
        "variance_extracted_": solution.variance_extracted,
        "alpha_": solution.alpha,
    }


def _columns(values: dict[str, np.ndarray], prob: float) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}
    for prefix, draws in values.items():
        found |= summary_columns(draws, prob, prefix)
    return found


def _estimated(estimate: dict[str, np.ndarray], resamples: dict[str, np.ndarray], prob: float) -> dict[str, np.ndarray]:
    found = _columns(resamples, prob)
    return found | {f"{prefix}mean": value[0] for prefix, value in estimate.items()}


def _in_order(parts: list[pd.DataFrame], survey: Survey, names: list[str]) -> pd.DataFrame:
    if not parts:
        return pd.DataFrame(index=table_index([], names))
    table = pd.concat(parts)
    order = {name: i for i, name in enumerate(survey.model.constructs)}
    position = [order[name] for name in table.index.get_level_values(CONSTRUCT)]
    table = table.iloc[np.argsort(position, kind="stable")]
    rows = [row if isinstance(row, tuple) else (row,) for row in table.index]
    return table.set_axis(table_index(rows, names), axis=0)
