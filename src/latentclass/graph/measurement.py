"""Measurement part: the table of log answer probabilities of every level in every class."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from numpy.typing import NDArray
from pytensor.graph.basic import Variable

from latentclass import dims
from latentclass.graph.effects import zero_sum
from latentclass.graph.layout import item_layout, threshold_sums
from latentclass.graph.simplex import Blocks, StickBreaking, dirichlet_blocks
from latentclass.survey import ItemColumn, Survey

__all__ = ["answer_table", "padded_thresholds", "thresholds"]

# Stands for the thresholds below the lowest and above the highest level: far beyond any logit, yet finite, so that
# gradients stay so.
_FAR = 1e6


def answer_table(survey: Survey, rank: NDArray[np.int64] | None) -> Variable:
    """Add the measurement part of all items to the model on the context stack.

    Parameters
    ----------
    survey : Survey
        The survey.
    rank : ndarray of int, shape (class, item_level), optional
        Order in which the levels of the free items are broken off; from the likeliest level of each item by default.

    Returns
    -------
    tensor of shape (L, K)
        Log probabilities: levels of all free items, then of all cumulative ones, as in `item_layout`.
    """
    layout = item_layout(survey)
    parts = []
    if layout.free:
        parts.append(_free_items(survey, layout.free, rank))
    if layout.cumulative:
        parts.append(_cumulative_items(survey, layout.cumulative))
    return parts[0] if len(parts) == 1 else pt.concatenate(parts, axis=0)


def likeliest_first(survey: Survey) -> NDArray[np.int64]:
    """Return the order that breaks off the levels of each free item from the most to the least frequent one.

    Parameters
    ----------
    survey : Survey
        The survey.

    Returns
    -------
    ndarray of int, shape (class, item_level)
        Place of every level, the same in every class.
    """
    row: list[int] = []
    for column, item in enumerate(survey.items):
        if item in item_layout(survey).free:
            codes = survey.codes[:, column]
            given = codes >= 0
            weights = None if survey.counts is None else survey.counts[given]
            counts = np.bincount(codes[given], weights, minlength=len(item.levels))
            places = np.argsort(np.argsort(-counts, kind="stable"), kind="stable")
            row.extend(len(row) + places)
    return np.tile(np.asarray(row, dtype=np.int64), (survey.model.n_classes, 1))


def _free_items(survey: Survey, items: Sequence[ItemColumn], rank: NDArray[np.int64] | None) -> Variable:
    blocks = Blocks(tuple(len(item.levels) for item in items))
    row_dims = (dims.CLASS, dims.ITEM_LEVEL)
    order = pm.Data("breaking_order", likeliest_first(survey) if rank is None else rank, dims=row_dims)
    probability = dirichlet_blocks(
        dims.PROBABILITY,
        blocks,
        survey.model.priors.items.concentration,
        row_dims,
        lead=(survey.model.n_classes,),
        transform=StickBreaking(blocks, ranked=True),
        extra=order,
    )
    return pt.log(probability).T


def _cumulative_items(survey: Survey, items: Sequence[ItemColumn]) -> Variable:
    model, priors = survey.model, survey.model.priors
    blocks = Blocks(tuple(len(item.levels) for item in items))
    baseline = dirichlet_blocks(dims.BASELINE, blocks, priors.thresholds.concentration, (dims.ORDINAL_LEVEL,))
    threshold = pm.Deterministic(dims.THRESHOLD, thresholds(baseline, blocks), dims=(dims.ORDINAL_THRESHOLD,))
    upper, lower = padded_thresholds(threshold, blocks)
    of_item = np.repeat(np.arange(len(items)), blocks.sizes)
    location = pt.zeros((len(items), model.n_classes))
    if model.n_classes > 1:
        location = zero_sum(priors.location, dims.LOCATION, (dims.ORDINAL_ITEM, dims.CLASS))
    upper = upper[:, None] - location[of_item]
    lower = lower[:, None] - location[of_item]
    dispersed = np.array([item.dispersion for item in items])
    if dispersed.any() and model.n_classes > 1:
        log_dispersion = zero_sum(priors.dispersion, dims.LOG_DISPERSION, (dims.DISPERSED_ITEM, dims.CLASS))
        every = pt.zeros((len(items), model.n_classes))[np.flatnonzero(dispersed)].set(log_dispersion)
        spread = pt.exp(every[of_item])
        upper, lower = upper / spread, lower / spread
    table = -pt.softplus(-upper) - pt.softplus(lower) + pt.log1mexp(lower - upper)
    pm.Deterministic(dims.ORDINAL_PROBABILITY, pt.exp(table.T), dims=(dims.CLASS, dims.ORDINAL_LEVEL))
    return table


def thresholds(baseline: Variable, blocks: Blocks) -> Variable:
    """Return the logits of the cumulative probabilities of a row of simplexes.

    Parameters
    ----------
    baseline : tensor of shape (n_levels,)
        Answer probabilities.
    blocks : Blocks
        The simplexes.

    Returns
    -------
    tensor of shape (n_thresholds,)
        Thresholds, increasing within every simplex.
    """
    below, above = threshold_sums(blocks.sizes)
    return pt.log(baseline @ below) - pt.log(baseline @ above)


def padded_thresholds(threshold: Variable, blocks: Blocks) -> tuple[Variable, Variable]:
    """Return the threshold above and the threshold below every level, far away for the highest and the lowest.

    Parameters
    ----------
    threshold : tensor of shape (n_thresholds,)
        Thresholds, increasing within every simplex.
    blocks : Blocks
        The simplexes.

    Returns
    -------
    tuple of two tensors of shape (n_levels,)
        Above and below.
    """
    n_thresholds = blocks.n_cells - len(blocks.sizes)
    upper, lower, first = [], [], 0
    for size in blocks.sizes:
        own = list(range(first, first + size - 1))
        upper.extend([*own, n_thresholds])
        lower.extend([n_thresholds + 1, *own])
        first += size - 1
    padded = pt.concatenate([threshold, np.array([_FAR, -_FAR])])
    return padded[np.array(upper)], padded[np.array(lower)]
