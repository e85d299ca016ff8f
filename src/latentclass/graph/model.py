"""From a model and a survey to a plain `pymc.Model`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pymc as pm
import pytensor.tensor as pt
from numpy.typing import NDArray
from pytensor.graph.basic import Variable

from latentclass import dims
from latentclass.graph.constructs import construct_scores, latent_indicators
from latentclass.graph.layout import item_layout, level_labels, threshold_labels
from latentclass.graph.measurement import answer_table
from latentclass.graph.membership import membership_logits
from latentclass.graph.ops import class_likelihood
from latentclass.graph.outcomes import outcome_coords, outcome_log_likelihood
from latentclass.graph.packing import Packing
from latentclass.model import IndicatorKind, Model
from latentclass.survey import Survey, read_survey

__all__ = ["build", "build_survey"]


def build(model: Model, frame: pd.DataFrame, *, missing_covariates: str = "error") -> pm.Model:
    """Return the latent class model of a survey as a plain `pymc.Model`.

    The answers to all items are one observed variable, ``responses``, whose log-likelihood has one value per
    respondent: the log of the sum over classes of membership probability times the product of the answers'
    probabilities (Dayton and Macready
    1988;
    Bandeen-Roche et al. 1997). A missing answer has the code -1 and leaves its item out of the product.
    Outcomes that may tell of the class are data of the model, and further factors of the product.

    Parameters
    ----------
    model : Model
        The model.
    frame : pandas.DataFrame
        The survey, one row per respondent.
    missing_covariates : {"error", "drop"}
        What to do with respondents who miss a covariate.

    Returns
    -------
    pymc.Model
        With named dims and coords. Sampling, predictive sampling, `pymc.compute_log_likelihood` and the graph
        functions work on it as on any other model.

    Raises
    ------
    SurveyError
        When the frame does not fit the model.

    See Also
    --------
    latentclass.fit : Sample with starts at the modes, relabelling and checks.

    Examples
    --------
    >>> import latentclass as lc
    >>> data = lc.datasets.plain_survey(n=50, n_items=3, n_classes=2, n_covariates=1, seed=1)
    >>> pymc_model = lc.build(data.model, data.frame)
    >>> [variable.name for variable in pymc_model.observed_RVs]
    ['responses']
    """
    return build_survey(read_survey(model, frame, missing_covariates=missing_covariates))


def build_survey(survey: Survey, rank: NDArray[np.int64] | None = None) -> pm.Model:
    """Return the model of a survey that has been read.

    Parameters
    ----------
    survey : Survey
        The survey.
    rank : ndarray of int, shape (class, item_level), optional
        Order in which the levels of free items are broken off; by default from each item's most frequent level. It
        changes the geometry that the sampler sees, not the model.

    Returns
    -------
    pymc.Model
        The model.
    """
    with pm.Model(coords=_coords(survey)) as pymc_model:
        score = construct_scores(survey)
        logits = membership_logits(survey, score)
        table = answer_table(survey, rank)
        codes = pm.Data("codes", survey.codes, dims=(dims.RESPONDENT, dims.ITEM))
        if survey.counts is not None:
            # No part of the graph: compiled densities take the weights of the rows from here.
            pm.Data(dims.COUNTS, survey.weights, dims=(dims.RESPONDENT,))
        layout = item_layout(survey)
        outcomes = outcome_log_likelihood(survey, score)
        pm.CustomDist(
            dims.RESPONSES,
            logits,
            table,
            layout.offsets,
            *(() if outcomes is None else (outcomes,)),
            logp=_responses_logp(layout.packing),
            random=_responses_random,
            signature="(k),(l,k),(j)->(j)" if outcomes is None else "(k),(l,k),(j),(k)->(j)",
            class_name="LatentClass",
            observed=codes,
            dtype="int64",
            dims=(dims.RESPONDENT, dims.ITEM),
        )
    return pymc_model


def _responses_logp(packing: Packing) -> Callable[..., Variable]:
    def logp(
        value: Variable, logits: Variable, table: Variable, _: Variable, outcomes: Variable | None = None
    ) -> Variable:
        # PyMC hands parameters to logp with a leading axis of length 1 for every batch dim of the value.
        table = table.reshape([table.shape[-2], table.shape[-1]])
        if outcomes is None:
            return class_likelihood(logits, table, value, packing)
        # The outcomes first: p(outcomes), and membership given them, with which the items are summed over the classes.
        given = logits + outcomes
        of_outcomes = pt.logsumexp(given, axis=-1) - pt.logsumexp(logits, axis=-1)
        return class_likelihood(given, table, value, packing) + of_outcomes

    return logp


def _responses_random(
    logits: NDArray[np.float64],
    table: NDArray[np.float64],
    offsets: NDArray[np.int64],
    *_: NDArray[np.float64],
    rng: np.random.Generator,
    size: tuple[int, ...] | None = None,
) -> NDArray[np.int64]:
    table, offsets = table.reshape(table.shape[-2:]), offsets.ravel()
    z = (logits + rng.gumbel(size=logits.shape)).argmax(axis=-1)
    starts = np.sort(offsets)
    ends = dict(zip(starts, [*starts[1:], len(table)], strict=True))
    answers = np.empty((*z.shape, len(offsets)), dtype=np.int64)
    for j, start in enumerate(offsets):
        below = np.exp(table[start : ends[start]]).cumsum(axis=0)[:-1].T[z]
        answers[..., j] = (rng.random(z.shape)[..., None] > below).sum(axis=-1)
    return answers


def _coords(survey: Survey) -> dict[str, list[object]]:
    model, layout = survey.model, item_layout(survey)
    coords: dict[str, list[object]] = {
        dims.RESPONDENT: list(survey.respondents),
        dims.ITEM: [item.name for item in survey.items],
        dims.CLASS: list(model.class_names),
    }
    if layout.free:
        coords[dims.ITEM_LEVEL] = list(level_labels([(i.name, i.levels) for i in layout.free]))
    if layout.cumulative:
        named = [(i.name, i.levels) for i in layout.cumulative]
        coords[dims.ORDINAL_ITEM] = [i.name for i in layout.cumulative]
        coords[dims.ORDINAL_LEVEL] = list(level_labels(named))
        coords[dims.ORDINAL_THRESHOLD] = list(threshold_labels(named))
        coords[dims.DISPERSED_ITEM] = [i.name for i in layout.cumulative if i.dispersion]
    for group in survey.groups:
        coords[dims.covariate_dim(group.name)] = [column.label for column in group.columns]
    if model.allocated_groups:
        coords[dims.ALLOCATED_GROUP] = list(model.allocated_groups)
    return {**coords, **_construct_coords(survey), **outcome_coords(survey)}


def _construct_coords(survey: Survey) -> dict[str, list[object]]:
    names = survey.model.latent_constructs
    if not names:
        return {}
    everyone = latent_indicators(survey)
    markers = {survey.model.constructs[name].marker for name in names}
    likert = [c for c in everyone if c.kind is IndicatorKind.LIKERT]
    named = [(c.name, c.levels or ()) for c in likert]
    return {
        dims.CONSTRUCT: list(names),
        dims.CONSTRUCT_TWIN: list(names),
        dims.INDICATOR: [c.name for c in everyone],
        dims.MARKER: [c.name for c in everyone if c.name in markers],
        dims.FREE_INDICATOR: [c.name for c in everyone if c.name not in markers],
        dims.LIKERT_INDICATOR: [c.name for c in likert],
        dims.LIKERT_LEVEL: list(level_labels(named)),
        dims.LIKERT_THRESHOLD: list(threshold_labels(named)),
        dims.CONTINUOUS_INDICATOR: [c.name for c in everyone if c.kind is IndicatorKind.CONTINUOUS],
    }
