"""Surveys as the posterior predicts them: answers of the same respondents, drawn anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import xarray as xr
from scipy.special import expit

from latentclass.dims import (
    CONSTRUCT,
    CONTINUOUS_INDICATOR,
    CONTINUOUS_RESPONSES,
    DRAW,
    ITEM,
    LIKERT_INDICATOR,
    LIKERT_RESPONSES,
    RESPONDENT,
    RESPONSES,
    SCORE,
)
from latentclass.errors import LatentClassError
from latentclass.posterior.density import membership_logits, softmax
from latentclass.posterior.draws import Draws, level_slices
from latentclass.posterior.indicators import IndicatorDraws
from latentclass.posterior.samples import blocks, evenly, flat, unflat
from latentclass.survey import Survey

__all__ = ["posterior_predictive"]

# Holds the position of any level and keeps thousands of surveys in memory.
_CODE = np.int16

type _Streams = Sequence[np.random.Generator]


def posterior_predictive(
    posterior: xr.Dataset, survey: Survey, *, draws: int | None = None, seed: int = 0
) -> xr.Dataset:
    """Draw the answers of the survey's respondents anew, once for every draw of the posterior.

    Everybody answers everything, also what is missing in the survey. The class of a respondent is drawn from its
    probability given covariates and scores, not given the answers, as `pymc.sample_posterior_predictive` does it.

    Parameters
    ----------
    posterior : Dataset [chain, draw, ...]
        Draws of the model's variables.
    survey : Survey
        The survey whose model it is.
    draws : int, optional
        Draws used of every chain, evenly spread where there are more; all by default.
    seed : int
        Seed.

    Returns
    -------
    Dataset
        ``responses`` [chain, draw, respondent, item]: codes, positions in the levels of the item, as in
        ``survey.codes``; none is -1. Where the model has such indicators of latent constructs also ``likert_responses``
        [chain, draw, respondent, likert_indicator], codes, and ``continuous_responses``
        [chain, draw, respondent, continuous_indicator], standardised as in ``survey.continuous_values``; both given the
        scores of the draw.

    Raises
    ------
    LatentClassError
        When `draws` is no positive whole number.
    SurveyError
        When the survey was read with counts.

    Examples
    --------
    >>> import latentclass as lc
    >>> data = lc.datasets.plain_survey(n=50, n_items=3, seed=1)
    >>> survey = lc.read_survey(data.model, data.frame)
    >>> posterior_predictive(data.parameters.expand_dims(["chain", "draw"]), survey)["responses"].shape
    (1, 1, 50, 3)
    """
    if draws is not None and (isinstance(draws, bool) or not isinstance(draws, int | np.integer) or draws < 1):
        message = f"draws is the number of draws to use of every chain, a positive whole number; got {draws!r}."
        raise LatentClassError(message)
    survey.check_one_row_each("posterior_predictive")
    if draws is not None:
        posterior = posterior.isel({DRAW: evenly(posterior.sizes[DRAW], int(draws))})
    responses, indicators = np.random.default_rng(seed).spawn(2)
    found = {RESPONSES: _responses(posterior, survey, responses)}
    if survey.model.latent_constructs:
        found |= _indicator_responses(posterior, survey, indicators)
    return xr.Dataset(found)


def _responses(posterior: xr.Dataset, survey: Survey, rng: np.random.Generator) -> xr.DataArray:
    # A stream of its own for the classes and for every item: what is drawn does not depend on the size of the blocks.
    of_class, *of_item = rng.spawn(1 + len(survey.items))
    draws, n = Draws.of(posterior, survey), survey.n_respondents
    codes = np.empty((len(draws), n, len(survey.items)), dtype=_CODE)
    latent, slices = survey.model.latent_constructs, level_slices(survey)
    for block in blocks(len(draws), n * (survey.model.n_classes + len(latent))):
        part = draws.take(block)
        prior = softmax(membership_logits(part, survey.groups, latent, part.score))
        drawn = _categories(of_class.random((len(part), n)), np.cumsum(prior, axis=1).swapaxes(0, 1)[:-1])
        for j, item in enumerate(survey.items):
            steps = np.cumsum(part.probability[..., slices[item.name]], axis=2)
            uniform = of_item[j].random((len(part), n))
            codes[block, :, j] = _categories(uniform, _of_class(steps[..., :-1], drawn))
    return unflat(codes, posterior, **{RESPONDENT: list(survey.respondents), ITEM: [i.name for i in survey.items]})


def _of_class(steps: np.ndarray, drawn: np.ndarray) -> Iterator[np.ndarray]:
    return (np.take_along_axis(steps[..., level], drawn, axis=1) for level in range(steps.shape[2]))


def _categories(uniform: np.ndarray, below: Iterable[np.ndarray]) -> np.ndarray:
    """Draw categories by inverting cumulative probabilities, one category after another to spare memory."""
    found = np.zeros(uniform.shape, dtype=np.int64)
    for probability in below:
        found += uniform > probability
    return found


def _indicator_responses(posterior: xr.Dataset, survey: Survey, rng: np.random.Generator) -> dict[str, xr.DataArray]:
    indicators = IndicatorDraws.of(posterior, survey)
    streams = rng.spawn(len(indicators.constructs))
    score = flat(posterior[SCORE], RESPONDENT, CONSTRUCT)
    respondents, found = list(survey.respondents), {}
    kinds = (
        (LIKERT_RESPONSES, LIKERT_INDICATOR, survey.likert_indicators, _CODE, _draw_likert),
        (CONTINUOUS_RESPONSES, CONTINUOUS_INDICATOR, survey.continuous_indicators, np.float64, _draw_continuous),
    )
    for name, dim, columns, kind, draw in kinds:
        if columns:
            values = np.empty((len(score), len(respondents), len(columns)), dtype=kind)
            for block in blocks(len(score), score[0].size):
                draw(indicators.take(block), score[block], streams, values[block])
            labels = {RESPONDENT: respondents, dim: [column.name for column in columns]}
            found[name] = unflat(values, posterior, **labels)
    return found


def _draw_likert(indicators: IndicatorDraws, score: np.ndarray, streams: _Streams, into: np.ndarray) -> None:
    ends = [*indicators.first[1:], indicators.thresholds.shape[1]]
    for j, (indicator, start, end) in enumerate(zip(indicators.likert, indicators.first, ends, strict=True)):
        # The first and the last threshold of an indicator are infinite.
        thresholds = indicators.thresholds[:, start + 1 : end - 1]
        at = indicators.loading[:, indicator, None] * score[..., indicators.constructs[indicator]]
        below = (expit(threshold[:, None] - at) for threshold in thresholds.T)
        into[..., j] = _categories(streams[indicator].random(at.shape), below)


def _draw_continuous(indicators: IndicatorDraws, score: np.ndarray, streams: _Streams, into: np.ndarray) -> None:
    for j, indicator in enumerate(indicators.continuous):
        at = indicators.loading[:, indicator, None] * score[..., indicators.constructs[indicator]]
        noise = streams[indicator].standard_normal(at.shape)
        into[..., j] = indicators.mean[:, j, None] + at + indicators.sd[:, j, None] * noise
