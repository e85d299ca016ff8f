"""Memberships of respondents who were not in the survey."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import xarray as xr

from latentclass.dims import CONSTRUCT, CONSTRUCT_TWIN, SCORE, SCORE_CORRELATION
from latentclass.errors import SurveyError
from latentclass.posterior.classes import membership_table
from latentclass.posterior.density import log_answers, membership_logits, one_hot, softmax
from latentclass.posterior.draws import Draws
from latentclass.posterior.indicators import IndicatorDraws
from latentclass.posterior.parts import respondent_blocks
from latentclass.posterior.samples import blocks, evenly, flat
from latentclass.posterior.scores import StandardDraws, weighted_scores
from latentclass.posterior.summarise import summary_columns
from latentclass.survey import GroupDesign, Survey

__all__ = ["Measurement", "Rows", "log_membership", "measurement_of", "predict"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measurement:
    """What is known of the scores of the latent constructs, draw by draw.

    Parameters
    ----------
    constructs : tuple of str
        Latent constructs.
    indicators : IndicatorDraws
        The measurement part.
    precision : ndarray [sample, construct, construct]
        Inverse of the correlations of the scores.
    standard : StandardDraws
        What the points are made of.
    """

    constructs: tuple[str, ...]
    indicators: IndicatorDraws
    precision: np.ndarray
    standard: StandardDraws

    def take(self, which: slice) -> Measurement:
        """Return some of the draws.

        Parameters
        ----------
        which : slice
            Positions among the draws.

        Returns
        -------
        Measurement
            Those draws.
        """
        return replace(
            self,
            indicators=self.indicators.take(which),
            precision=self.precision[which],
            standard=self.standard.take(which),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """Some respondents: covariates and answers.

    Parameters
    ----------
    groups : tuple of GroupDesign
        Their designs.
    chosen : ndarray [respondent, level]
        Answers to the items, see `one_hot`.
    codes : ndarray of int [respondent, likert indicator]
        Likert answers, -1 where missing.
    values : ndarray [respondent, continuous indicator]
        Standardised continuous answers, NaN where missing.
    """

    groups: tuple[GroupDesign, ...]
    chosen: np.ndarray
    codes: np.ndarray
    values: np.ndarray

    @classmethod
    def of(cls, survey: Survey) -> Rows:
        """Return the respondents of a survey.

        Parameters
        ----------
        survey : Survey
            The survey.

        Returns
        -------
        Rows
            Its respondents.
        """
        return cls(
            groups=survey.groups,
            chosen=one_hot(survey),
            codes=survey.likert_codes,
            values=survey.continuous_values,
        )


def predict(
    posterior: xr.Dataset,
    survey: Survey,
    new: Survey,
    *,
    prob: float = 0.9,
    seed: int = 0,
    most_draws: int = 500,
    n_points: int = 32,
) -> pd.DataFrame:
    """Return the probabilities with which new respondents belong to each class.

    Partial answers count for what they are; without any, covariates alone tell. Scores of latent
    constructs are integrated out given the indicators that were answered, by importance sampling in
    every draw.

    Parameters
    ----------
    posterior : Dataset [chain, draw, ...]
        Draws of the model's variables.
    survey : Survey
        The survey whose model it is.
    new : Survey
        The new respondents, made by `latentclass.survey.encode` with the same survey.
    prob : float
        Probability of the intervals.
    seed : int
        Seed of the importance sampling; of no account without latent constructs.
    most_draws : int
        Draws used, evenly spread where there are more.
    n_points : int
        Points per draw that stand for the scores.

    Returns
    -------
    DataFrame
        As `memberships`, with the columns ``<class>_eti90_lb`` and ``<class>_eti90_ub`` (the number
        follows `prob`) besides: what the parameters leave open about each probability.
        ``attrs["n_draws"]`` is the number of draws used.

    Raises
    ------
    SurveyError
        When the new respondents were encoded for another model.
    LatentClassError
        When the probability is not between 0 and 1.
    """
    if new.model != survey.model:
        message = (
            f"The new respondents were read for {new.model!r}, the draws are of {survey.model!r}; "
            "encode them with latentclass.survey.encode(survey, frame)."
        )
        raise SurveyError(message)
    draws = Draws.of(posterior.drop_vars(SCORE, errors="ignore"), survey)
    kept = evenly(len(draws), most_draws)
    columns = _summaries(draws.take(kept), measurement_of(posterior, survey, kept, seed, n_points), new, prob)
    table = membership_table(columns["mean"], new)
    for k, name in enumerate(new.model.class_names):
        for bound, values in columns.items():
            if bound.startswith("eti"):
                table[f"{name}_{bound}"] = values[:, k]
    table.attrs["n_draws"] = len(kept)
    return table


def measurement_of(
    posterior: xr.Dataset, survey: Survey, kept: np.ndarray, seed: int, n_points: int
) -> Measurement | None:
    """Return what some draws of a posterior say about the scores.

    Parameters
    ----------
    posterior : Dataset [chain, draw, ...]
        Draws of the model's variables.
    survey : Survey
        The survey whose model it is.
    kept : ndarray of int
        Positions of the draws among those of all chains.
    seed : int
        Seed of the points.
    n_points : int
        Points per draw that stand for the scores.

    Returns
    -------
    Measurement or None
        None where there are no latent constructs, or no classes for them to tell apart.
    """
    constructs = survey.model.latent_constructs
    if not constructs or survey.model.n_classes == 1:
        return None
    precision = np.ones((len(kept), 1, 1))
    if len(constructs) > 1:
        correlation = flat(posterior[SCORE_CORRELATION], CONSTRUCT, CONSTRUCT_TWIN)[kept]
        precision = np.linalg.inv(correlation)
    return Measurement(
        constructs=constructs,
        indicators=IndicatorDraws.of(posterior, survey).take(kept),
        precision=precision,
        standard=StandardDraws.make(np.random.default_rng(seed), len(kept), n_points, len(constructs)),
    )


def _summaries(draws: Draws, measurement: Measurement | None, new: Survey, prob: float) -> dict[str, np.ndarray]:
    """Return mean, standard deviation and interval of the probabilities [respondent, class]."""
    parts = []
    for _, some in respondent_blocks(new, len(draws)):
        rows = Rows.of(some)
        probability = softmax(log_membership(draws, measurement, rows) + log_answers(draws, rows.chosen))
        parts.append(summary_columns(probability.transpose(0, 2, 1), prob))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def log_membership(draws: Draws, measurement: Measurement | None, rows: Rows) -> np.ndarray:
    """Return logits of the classes given covariates and indicators, scores integrated out.

    Parameters
    ----------
    draws : Draws
        The draws.
    measurement : Measurement or None
        What the same draws say about the scores.
    rows : Rows
        The respondents.

    Returns
    -------
    ndarray [sample, class, respondent] or [sample, class, 1]
        Log probabilities where scores were integrated out, otherwise logits that are not normalised; the last axis
        is 1 long where all respondents are alike.
    """
    if measurement is None:
        return membership_logits(draws, rows.groups)
    n, n_points = len(rows.chosen), measurement.standard.value.shape[1]
    width = max(draws.intercept.shape[1], len(measurement.constructs) ** 2)
    found = np.empty((len(draws), draws.intercept.shape[1], n))
    groups = tuple(replace(g, matrix=np.repeat(g.matrix, n_points, axis=0)) for g in rows.groups)
    for block in blocks(len(draws), n * n_points * width):
        part, one = draws.take(block), measurement.take(block)
        score, weight = weighted_scores(one.indicators, one.precision, rows.codes, rows.values, one.standard)
        long = score.reshape(len(part), n * n_points, -1)
        prior = softmax(membership_logits(part, groups, one.constructs, long))
        if prior.shape[2] == 1:
            found[block] = np.log(prior)
            continue
        prior = prior.reshape(*prior.shape[:2], n, n_points)
        found[block] = np.log(np.maximum((prior * weight[:, None]).sum(axis=-1), 1e-300))
    return found
