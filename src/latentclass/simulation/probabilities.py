"""Answer probabilities of items and indicators, written out in NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import xarray as xr
from scipy.special import expit

from latentclass import dims
from latentclass.model import IndicatorKind
from latentclass.simulation.parameters import aligned, cumulative_items, free_items, latent_indicators, segments

if TYPE_CHECKING:
    from latentclass.survey import Survey

__all__ = [
    "cumulative_probabilities",
    "item_probabilities",
    "level_probabilities",
    "likert_probabilities",
    "thresholds",
]

LOGISTIC_NORMAL: Final = (16 * np.sqrt(3) / (15 * np.pi)) ** 2


def thresholds(baseline: np.ndarray) -> np.ndarray:
    """Return the thresholds whose answer probabilities at location zero are given.

    Parameters
    ----------
    baseline : numpy.ndarray, shape (levels,)
        Probabilities of the levels, lowest first.

    Returns
    -------
    numpy.ndarray, shape (levels - 1,)
        Logits of answering at or below each level but the last.

    Examples
    --------
    >>> thresholds(np.array([0.25, 0.5, 0.25])).round(3)
    array([-1.099,  1.099])
    """
    below = np.cumsum(baseline)[:-1]
    above = np.cumsum(baseline[::-1])[::-1][1:]
    with np.errstate(divide="ignore"):
        return np.log(below) - np.log(above)


def cumulative_probabilities(
    threshold: np.ndarray, location: np.ndarray, spread: np.ndarray | float = 1.0
) -> np.ndarray:
    """Return the probabilities of the levels of a cumulative logit.

    Parameters
    ----------
    threshold : numpy.ndarray, shape (levels - 1,)
        Thresholds, lowest first.
    location : numpy.ndarray, shape (m,)
        Locations, in logits.
    spread : numpy.ndarray of shape (m,) or float
        Spread around each location.

    Returns
    -------
    numpy.ndarray, shape (m, levels)
        ``expit((threshold[c] - location) / spread)`` less the same for the threshold below.

    Examples
    --------
    >>> cumulative_probabilities(np.array([-1.0, 1.0]), np.zeros(1)).round(3)
    array([[0.269, 0.462, 0.269]])
    """
    logit = (threshold - location[:, None]) / np.broadcast_to(spread, location.shape)[:, None]
    ends = np.full((len(location), 1), np.inf)
    lower, upper = np.hstack([-ends, logit]), np.hstack([logit, ends])
    # Both tails are taken from the side where they are small: expit(9) - expit(8) has lost half its digits.
    return np.where(lower > 0, expit(-lower) - expit(-upper), expit(upper) - expit(lower))


def item_probabilities(survey: Survey, parameters: xr.Dataset) -> dict[str, np.ndarray]:
    """Return the answer probabilities of every item per class.

    Parameters
    ----------
    survey : Survey
        The survey.
    parameters : xarray.Dataset
        Parameters by name.

    Returns
    -------
    dict of str to numpy.ndarray of shape (classes, levels)
        Item to probabilities, in the order of the model.

    Raises
    ------
    ModelError
        When a parameter is absent or has the wrong dims or labels.
    """
    found: dict[str, np.ndarray] = {}
    free = free_items(survey)
    if free:
        probability = aligned(survey, parameters, dims.PROBABILITY)
        found |= {i.name: probability[:, part] for i, part in zip(free, segments(free), strict=True)}
    found |= _cumulative(survey, parameters)
    return {item.name: found[item.name] for item in survey.items}


def level_probabilities(survey: Survey, parameters: xr.Dataset) -> xr.DataArray:
    """Return the answer probabilities of all items per class, as one labelled array.

    Parameters
    ----------
    survey : Survey
        The survey.
    parameters : xarray.Dataset
        Parameters by name.

    Returns
    -------
    xarray.DataArray, dims (class, item_level)
        Probabilities, labelled as in 'sharing=4'; the levels of all items, whatever their structure, follow one another
        in the order of the model.

    Raises
    ------
    ModelError
        When a parameter is absent or has the wrong dims or labels.

    Examples
    --------
    >>> import latentclass as lc
    >>> model = lc.Model(items=lc.binary("a", "b", levels=["no", "yes"]), n_classes=2)
    >>> simulated = lc.simulate(model, n=40, seed=1)
    >>> level_probabilities(lc.read_survey(model, simulated.frame), simulated.parameters).sum("item_level").values
    array([2., 2.])
    """
    return xr.DataArray(
        np.hstack(list(item_probabilities(survey, parameters).values())),
        dims=(dims.CLASS, dims.ITEM_LEVEL),
        coords={
            dims.CLASS: list(survey.model.class_names),
            dims.ITEM_LEVEL: [dims.level_label(i.name, level) for i in survey.items for level in i.levels],
        },
        name=dims.PROBABILITY,
    )


def likert_probabilities(survey: Survey, parameters: xr.Dataset) -> dict[str, np.ndarray]:
    """Return the answer probabilities of every Likert indicator of a latent construct, given the scores.

    Parameters
    ----------
    survey : Survey
        The survey.
    parameters : xarray.Dataset
        Parameters by name, scores of the respondents among them.

    Returns
    -------
    dict of str to numpy.ndarray of shape (respondents, levels)
        Indicator to probabilities, in the order of the model.

    Raises
    ------
    ModelError
        When a parameter is absent or has the wrong dims or labels.

    References
    ----------
    Samejima, F. (1969). Estimation of latent ability using a response pattern of graded scores. Psychometrika
    Monograph 17.
    """
    columns = latent_indicators(survey, IndicatorKind.LIKERT)
    if not columns:
        return {}
    baseline = aligned(survey, parameters, dims.LIKERT_BASELINE)
    location = loaded_scores(survey, parameters)
    loading = dict(zip(_names(survey), aligned(survey, parameters, dims.LOADING), strict=True))
    found = {}
    for column, part in zip(columns, segments(columns), strict=True):
        stretch = np.sqrt(1 + LOGISTIC_NORMAL * loading[column.name] ** 2)
        found[column.name] = cumulative_probabilities(stretch * thresholds(baseline[part]), location[column.name])
    return found


def loaded_scores(survey: Survey, parameters: xr.Dataset) -> dict[str, np.ndarray]:
    """Return loading times score for every indicator of a latent construct.

    Parameters
    ----------
    survey : Survey
        The survey.
    parameters : xarray.Dataset
        Parameters by name.

    Returns
    -------
    dict of str to numpy.ndarray of shape (respondents,)
        Indicator to the product, in the order of the model.

    Raises
    ------
    ModelError
        When a parameter is absent or has the wrong dims or labels.
    """
    constructs = survey.model.latent_constructs
    score = aligned(survey, parameters, dims.SCORE)
    loading = aligned(survey, parameters, dims.LOADING)
    return {
        column.name: value * score[:, constructs.index(column.construct)]
        for column, value in zip(latent_indicators(survey), loading, strict=True)
    }


def _cumulative(survey: Survey, parameters: xr.Dataset) -> dict[str, np.ndarray]:
    items = cumulative_items(survey)
    if not items:
        return {}
    n_classes = survey.model.n_classes
    baseline = aligned(survey, parameters, dims.BASELINE)
    location = {item.name: np.zeros(n_classes) for item in items}
    spread = {item.name: np.ones(n_classes) for item in items}
    if n_classes > 1:
        location |= _by_item(items, aligned(survey, parameters, dims.LOCATION))
        dispersed = [item for item in items if item.dispersion]
        if dispersed:
            spread |= _by_item(dispersed, np.exp(aligned(survey, parameters, dims.LOG_DISPERSION)))
    return {
        item.name: cumulative_probabilities(thresholds(baseline[part]), location[item.name], spread[item.name])
        for item, part in zip(items, segments(items), strict=True)
    }


def _by_item(items: object, values: np.ndarray) -> dict[str, np.ndarray]:
    return {item.name: column for item, column in zip(items, values.T, strict=True)}  # type: ignore[call-overload]


def _names(survey: Survey) -> list[str]:
    return [column.name for column in latent_indicators(survey)]
