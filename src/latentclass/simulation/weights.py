"""How much each factor group tells about membership."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from scipy.special import entr, rel_entr, softmax

from latentclass import dims
from latentclass.simulation.likelihood import group_logits
from latentclass.simulation.parameters import aligned

if TYPE_CHECKING:
    from latentclass.survey import Survey

__all__ = ["FACTOR_GROUP", "group_weights", "weight"]

FACTOR_GROUP = "factor_group"
_ROWS_AT_ONCE = 1024


def group_weights(survey: Survey, parameters: xr.Dataset) -> xr.DataArray:
    """Return the weight of every factor group.

    Parameters
    ----------
    survey : Survey
        The survey, whose covariates are the sample that is averaged over.
    parameters : xarray.Dataset
        Parameters by name, see `draw_parameters`.

    Returns
    -------
    xarray.DataArray, dims (factor_group)
        Weights in [0, 1]; see `weight`. All 0 where there is one class.

    Raises
    ------
    ModelError
        When a parameter is absent or has the wrong dims or labels.

    Examples
    --------
    >>> import latentclass as lc
    >>> data = lc.datasets.plain_survey(n=100, n_items=3, seed=1)
    >>> weights = group_weights(lc.read_survey(data.model, data.frame), data.parameters)
    >>> weights.factor_group.values.tolist()
    ['individual', 'social', 'organizational', 'technical']
    """
    logits = group_logits(survey, parameters)
    names = [group.name for group in survey.groups]
    values = np.zeros(len(names))
    if survey.model.n_classes > 1:
        total = aligned(survey, parameters, dims.INTERCEPT) + sum(logits.values())
        values = np.array([weight(total - logits[name], logits[name]) for name in names])
    return xr.DataArray(values, dims=(FACTOR_GROUP,), coords={FACTOR_GROUP: names}, name="weight")


def weight(rest: np.ndarray, own: np.ndarray) -> float:
    """Return the weight of one factor group from the logits of the classes.

    Parameters
    ----------
    rest : numpy.ndarray, shape (respondents, classes)
        Intercept and all other groups.
    own : numpy.ndarray, shape (respondents, classes)
        What the group itself adds.

    Returns
    -------
    float
        Mean over respondents of the Kullback-Leibler divergence of their class probabilities from the same with the
        group's part averaged over all respondents, divided by the entropy of the class: between 0, the group tells
        nothing, and 1, it tells everything.

    Notes
    -----
    The average over the group's part is over its distribution in the sample whatever the other covariates are:
    ``mean over j of softmax(rest[i] + own[j])``.

    Examples
    --------
    >>> weight(np.zeros((2, 2)), np.zeros((2, 2)))
    0.0
    >>> weight(np.zeros((2, 2)), np.array([[40.0, -40.0], [-40.0, 40.0]]))
    1.0
    """
    with_group = softmax(rest + own, axis=1)
    without_group = _averaged(rest, own)
    divergence = rel_entr(with_group, without_group).sum(axis=1).mean()
    return float(max(divergence, 0.0) / entr(with_group.mean(axis=0)).sum())


def _averaged(rest: np.ndarray, own: np.ndarray) -> np.ndarray:
    # softmax(rest[i] + own[j]) is a product of two factors over their inner product, so the average over j is two
    # matrix products. A constant added to all classes cancels, which keeps the exponentials in range.
    ours = np.exp(own - own.max(axis=1, keepdims=True))
    parts = []
    for start in range(0, len(rest), _ROWS_AT_ONCE):
        block = rest[start : start + _ROWS_AT_ONCE]
        theirs = np.exp(block - block.max(axis=1, keepdims=True))
        parts.append(theirs * ((1 / (theirs @ ours.T)) @ ours) / len(ours))
    return np.concatenate(parts)
