"""Class shares along a covariate, and mean answers: what pictures of curves and lines are drawn from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from latentclass.dims import CLASS, ITEM
from latentclass.errors import LatentClassError, listed, near_miss
from latentclass.model import ItemKind
from latentclass.posterior.density import membership_logits, softmax
from latentclass.posterior.draws import Draws, level_slices
from latentclass.posterior.samples import blocks, evenly
from latentclass.posterior.summarise import summary_columns, table_index
from latentclass.survey import Covariate, CovariateKind, GroupDesign, Survey, covariate_frame
from latentclass.survey.counts import weighted_quantile
from latentclass.survey.covariates import prepare
from latentclass.survey.design import encode_group

__all__ = ["mean_answers", "shares_along"]

_VALUE = "value"
_POINTS = 25
_TAIL = 0.025
# Draws times respondents times points that are evaluated at most, and draws that are used at least.
_MOST_CELLS = 10_000_000
_LEAST_DRAWS = 400


def shares_along(
    posterior: xr.Dataset,
    survey: Survey,
    covariate: str,
    *,
    values: Sequence[object] | None = None,
    prob: float = 0.9,
) -> pd.DataFrame:
    """Return the shares of the classes if everybody had one value of a covariate, for a grid of values.

    The covariate of every respondent is set to the value, the design encoded anew, so that transforms and interactions
    follow, and the membership probabilities are averaged over the respondents, whose other covariates stay what they
    are (average predictions over the observed sample, as in Long and Freese 2014).

    Parameters
    ----------
    posterior : Dataset [chain, draw, ...]
        Draws of the model's variables.
    survey : Survey
        The survey whose model it is.
    covariate : str
        A covariate or a construct of a factor group.
    values : sequence, optional
        The grid. By default 25 points between the 2.5 % and the 97.5 % quantile of a continuous covariate, and of a
        standard normal distribution for a latent construct; the levels of any other covariate.
    prob : float
        Probability of the intervals.

    Returns
    -------
    DataFrame
        Index ``value``, ``class``; columns ``mean``, ``sd``, ``eti90_lb``, ``eti90_ub`` of the share. ``attrs`` has
        ``covariate``, ``group``, ``continuous`` and ``n_draws``, the number of draws used: all of them, or evenly
        spread ones where draws times respondents times points exceed ten million.

    Raises
    ------
    LatentClassError
        When there is no such covariate, a value is none that it can have, or the model has a single class.

    References
    ----------
    Long, J. S. and Freese, J. (2014). Regression models for categorical dependent variables using Stata, 3rd ed. Stata
    Press.

    Examples
    --------
    >>> import latentclass as lc
    >>> shares_along(fit.posterior, fit.survey, "age", values=[20, 40, 60])  # doctest: +SKIP
    """
    design, known = _find(survey, covariate)
    grid = _grid(survey, known) if values is None else list(values)
    if not grid:
        message = f"values of {covariate!r} are none: give at least one."
        raise LatentClassError(message)
    draws = Draws.of(posterior, survey)
    wanted = max(_LEAST_DRAWS, _MOST_CELLS // (len(survey.respondents) * len(grid)))
    if len(draws) > wanted:
        draws = draws.take(evenly(len(draws), wanted))
    found = np.empty((len(draws), len(grid), survey.model.n_classes))
    for block, j, logits in _logits(draws, survey, design, known or covariate, grid):
        found[block, j] = survey.average(softmax(logits))
    columns = summary_columns(found.reshape(len(draws), -1), prob)
    rows = [(value, name) for value in grid for name in survey.model.class_names]
    table = pd.DataFrame(columns, index=table_index(rows, [_VALUE, CLASS]))
    continuous = known is None or known.kind is CovariateKind.CONTINUOUS
    table.attrs = {"covariate": covariate, "group": design.name, "continuous": continuous, "n_draws": len(draws)}
    return table


def _find(survey: Survey, name: str) -> tuple[GroupDesign, Covariate | None]:
    """Return the group of a covariate, and the covariate itself, or None for a latent construct."""
    groups = {group.name: group for group in survey.groups if survey.model.n_classes > 1}
    if not groups:
        message = "Shares along a covariate need factor groups and two classes or more."
        raise LatentClassError(message)
    if name in survey.covariates:
        return groups[survey.covariates[name].group], survey.covariates[name]
    for group in groups.values():
        if any(column.construct == name for column in group.columns):
            return group, None
    known = [*survey.covariates, *(c.construct for g in groups.values() for c in g.columns if c.construct)]
    message = f"There is no covariate {name!r}.{near_miss(str(name), known)} The covariates are {listed(known)}."
    raise LatentClassError(message)


def _grid(survey: Survey, known: Covariate | None) -> list[object]:
    if known is None:
        # The standard normal quantiles of the tails.
        return list(np.linspace(-1.959964, 1.959964, _POINTS))
    if known.kind is not CovariateKind.CONTINUOUS:
        return list(known.levels)
    series = prepare(covariate_frame(survey)[known.name], known)
    low, high = (weighted_quantile(series.to_numpy(float), survey.weights, p) for p in (_TAIL, 1 - _TAIL))
    return list(np.linspace(low, high, _POINTS))


def _logits(
    draws: Draws, survey: Survey, design: GroupDesign, known: Covariate | str, grid: Sequence[object]
) -> Iterator[tuple[slice, int, np.ndarray]]:
    """Yield the logits of membership [sample, class, respondent] at every point of the grid."""
    n, constructs = len(survey.respondents), survey.model.latent_constructs
    shifts = [] if isinstance(known, str) else [_shift(survey, design, known, value) for value in grid]
    for block in blocks(len(draws), n * (survey.model.n_classes + len(constructs))):
        part = draws.take(block)
        logits = membership_logits(part, survey.groups, constructs, part.score)
        slope = part.slopes[design.name].transpose(0, 2, 1)
        for j, value in enumerate(grid):
            if isinstance(known, str):
                own = np.array([column.construct == known for column in design.columns])
                score = part.score[..., list(constructs).index(known)]  # type: ignore[index]
                yield block, j, logits + slope[..., own] @ (_score(known, value) - score)[:, None, :]
            else:
                yield block, j, logits + slope @ shifts[j].T


def _score(construct: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not np.isfinite(value):
        message = f"Values of the construct {construct!r} are scores, with standard deviation 1; got {value!r}."
        raise LatentClassError(message)
    return float(value)


def _shift(survey: Survey, design: GroupDesign, known: Covariate, value: object) -> np.ndarray:
    """Return what the value adds to the design of everybody [respondent, column]."""
    if known.kind is not CovariateKind.CONTINUOUS and value not in known.levels:
        message = f"The levels of {known.name!r} are {listed(known.levels)}; got {value!r}."
        raise LatentClassError(message)
    raw = covariate_frame(survey)
    ready = {name: prepare(raw[name], c) for name, c in survey.covariates.items()}
    changed = pd.Series([value] * len(raw), index=raw.index, name=known.name)
    ready[known.name] = prepare(changed, known)
    return encode_group(design, ready, len(raw)) - design.matrix


def mean_answers(posterior: xr.Dataset, survey: Survey, *, prob: float = 0.9) -> pd.DataFrame:
    """Return the mean answer of every class to every item with ordered levels, from 0 to 1.

    Parameters
    ----------
    posterior : Dataset [chain, draw, ...]
        Draws of the model's variables.
    survey : Survey
        The survey whose model it is.
    prob : float
        Probability of the intervals.

    Returns
    -------
    DataFrame
        Index ``class``, ``item``; columns ``mean``, ``sd``, ``eti90_lb``, ``eti90_ub`` of the expected position of the
        answer when the first level is 0, the last one 1 and the steps between them are alike: the probability of the
        second answer of a binary item, and the mean answer, rescaled, of an ordinal one. Nominal items have no order;
        ``attrs["left_out"]`` names them.

    Raises
    ------
    LatentClassError
        When no item is ordered, or the probability is not between 0 and 1.

    Examples
    --------
    >>> import latentclass as lc
    >>> mean_answers(fit.posterior, fit.survey)  # doctest: +SKIP
    """
    ordered = [item for item in survey.items if item.kind is not ItemKind.NOMINAL]
    if not ordered:
        message = "Mean answers need binary or ordinal items; all items of this model are nominal."
        raise LatentClassError(message)
    slices, probability = level_slices(survey), Draws.of(posterior, survey).probability
    means = [probability[..., slices[i.name]] @ np.linspace(0, 1, len(i.levels)) for i in ordered]
    names = survey.model.class_names
    columns = summary_columns(np.stack(means, axis=-1), prob)
    index = table_index([(name, item.name) for name in names for item in ordered], [CLASS, ITEM])
    table = pd.DataFrame({name: column.ravel() for name, column in columns.items()}, index=index)
    table.attrs = {"left_out": [item.name for item in survey.items if item not in ordered]}
    return table
