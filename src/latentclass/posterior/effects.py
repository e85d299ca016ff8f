"""What the covariates do to membership: logits, and average marginal effects on the class shares."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from latentclass.dims import CLASS
from latentclass.errors import LatentClassError, ModelError, listed, near_miss
from latentclass.posterior.changes import Change, covariate_changes
from latentclass.posterior.density import membership_logits, softmax
from latentclass.posterior.draws import Draws
from latentclass.posterior.samples import blocks, evenly
from latentclass.posterior.summarise import summary_columns, table_index
from latentclass.survey import Survey

__all__ = ["effects", "marginal_effects", "slopes"]

_GROUP, _COVARIATE, _CHANGE = "group", "covariate", "change"
_SCALES = ("design", "unit")
_MOST_CELLS = 2_000_000
_LEAST_DRAWS = 500


def effects(
    posterior: xr.Dataset,
    survey: Survey,
    *,
    reference: str | None = None,
    prob: float = 0.9,
    scale: str = "design",
) -> pd.DataFrame:
    """Return the logits of every design column beside its average marginal effects.

    Parameters
    ----------
    posterior : Dataset [chain, draw, ...]
        Draws of the model's variables.
    survey : Survey
        The survey whose model it is.
    reference : str, optional
        Class that the logits are contrasts to; by default they sum to zero over the classes.
    prob : float
        Probability of the intervals.
    scale : {"design", "unit"}
        Logits per standard deviation of a continuous column, or per unit of it.

    Returns
    -------
    DataFrame
        Index ``group``, ``covariate`` (label of the design column), ``class``; columns ``logit_``
        and ``ame_`` with each of ``mean``, ``sd``, ``eti90_lb``, ``eti90_ub``, and ``change``
        (what the marginal effect is that of). A column that no single change stands for (one of
        several in which a covariate enters) has logits alone. ``attrs["n_draws"]`` is the number of
        draws that the marginal effects rest on.

    Raises
    ------
    ModelError
        When the model has no class with the name of the reference.
    LatentClassError
        When the probability is not between 0 and 1, or the scale is unknown.

    See Also
    --------
    slopes : The logits alone.
    marginal_effects : Every change of every covariate, those of transformed ones too.
    """
    logits = slopes(posterior, survey, reference=reference, prob=prob, scale=scale)
    changes = covariate_changes(survey)
    marginal = marginal_effects(posterior, survey, prob=prob)
    joined = logits.add_prefix("logit_").join(_by_column(marginal, survey, changes))
    joined.attrs = dict(marginal.attrs)
    return joined


def slopes(
    posterior: xr.Dataset,
    survey: Survey,
    *,
    reference: str | None = None,
    prob: float = 0.9,
    scale: str = "design",
) -> pd.DataFrame:
    """Return the logits of every design column.

    Parameters
    ----------
    posterior : Dataset [chain, draw, ...]
        Draws of the model's variables.
    survey : Survey
        The survey whose model it is.
    reference : str, optional
        Class that the logits are contrasts to; by default they sum to zero over the classes.
    prob : float
        Probability of the intervals.
    scale : {"design", "unit"}
        Per standard deviation of a continuous column, or per unit of it.

    Returns
    -------
    DataFrame
        Index ``group``, ``covariate``, ``class`` (without the reference); columns ``mean``, ``sd``,
        ``eti90_lb``, ``eti90_ub``.

    Raises
    ------
    ModelError
        When the model has no class with the name of the reference.
    LatentClassError
        When the probability is not between 0 and 1, or the scale is unknown.
    """
    if scale not in _SCALES:
        message = f"The scale of logits is one of {listed(_SCALES)}; got {scale!r}."
        raise LatentClassError(message)
    names = list(survey.model.class_names)
    kept = list(range(len(names)))
    if reference is not None:
        kept.remove(_position(reference, names))
    draws = Draws.of(posterior, survey)
    rows, values = [], [np.empty((len(draws), 0))]
    for group in survey.groups if draws.slopes else ():
        slope = draws.slopes[group.name]
        if reference is not None:
            slope = slope - slope[..., [names.index(reference)]]
        if scale == "unit":
            slope = slope / np.array([column.scale for column in group.columns])[:, None]
        values.append(slope[..., kept].reshape(len(draws), -1))
        rows += [(group.name, column, names[k]) for column in group.labels for k in kept]
    return _table(np.concatenate(values, axis=1), rows, [_GROUP, _COVARIATE, CLASS], prob)


def marginal_effects(posterior: xr.Dataset, survey: Survey, *, prob: float = 0.9) -> pd.DataFrame:
    """Return what a change of one covariate does to the shares of the classes.

    The raw covariate of every respondent is changed, the design encoded anew, so that transforms
    and interactions follow, and the change of the membership probabilities averaged over the
    respondents (average marginal effects of discrete changes; Long and Freese 2014).

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
        Index ``group``, ``covariate``, ``change``, ``class``; columns ``mean``, ``sd``,
        ``eti90_lb``, ``eti90_ub``, in shares, so that 0.05 is five percentage points. Over the
        classes the means sum to 0. ``attrs["n_draws"]`` is the number of draws used: all of them,
        or evenly spread ones where draws times respondents exceed two million.

    Raises
    ------
    LatentClassError
        When the probability is not between 0 and 1.

    See Also
    --------
    latentclass.posterior.changes.covariate_changes : What the changes are.

    References
    ----------
    Long, J. S. and Freese, J. (2014). Regression models for categorical dependent variables using
    Stata, 3rd ed. Stata Press.
    """
    draws = Draws.of(posterior, survey)
    wanted = max(_LEAST_DRAWS, _MOST_CELLS // len(survey.respondents))
    if len(draws) > wanted:
        draws = draws.take(evenly(len(draws), wanted))
    changes = covariate_changes(survey) if draws.slopes else ()
    names = survey.model.class_names
    rows = [(c.group, c.covariate, c.label, name) for c in changes for name in names]
    values = _shifts(draws, survey, changes).reshape(len(draws), -1)
    table = _table(values, rows, [_GROUP, _COVARIATE, _CHANGE, CLASS], prob)
    table.attrs["n_draws"] = len(draws)
    return table


def _shifts(draws: Draws, survey: Survey, changes: tuple[Change, ...]) -> np.ndarray:
    """Return the mean change of the membership probabilities [sample, change, class]."""
    n, k = len(survey.respondents), survey.model.n_classes
    found = np.empty((len(draws), len(changes), k))
    for block in blocks(len(draws), n * (k + len(survey.model.latent_constructs))):
        part = draws.take(block)
        logits = membership_logits(part, survey.groups, survey.model.latent_constructs, part.score)
        for j, change in enumerate(changes):
            slope = part.slopes[change.group].transpose(0, 2, 1)
            upper = softmax(logits + slope @ change.upper.T)
            lower = softmax(logits + slope @ change.lower.T)
            found[block, j] = survey.average(upper - lower)
    return found


def _by_column(marginal: pd.DataFrame, survey: Survey, changes: tuple[Change, ...]) -> pd.DataFrame:
    """Return the marginal effects under the label of the only design column that they move."""
    movers: dict[tuple[str, int], list[Change]] = {}
    for change in changes:
        for column in change.moved:
            movers.setdefault((change.group, int(column)), []).append(change)
    labels = {
        (c.group, c.covariate, c.label): survey.design(group).labels[column]
        for (group, column), (c, *others) in movers.items()
        if not others and len(c.moved) == 1
    }
    kept = [row[:3] in labels for row in marginal.index]
    table = marginal.loc[kept].add_prefix("ame_")
    table[_CHANGE] = table.index.get_level_values(_CHANGE)
    rows = [(group, labels[group, name, change], k) for group, name, change, k in table.index]
    table.index = table_index(rows, [_GROUP, _COVARIATE, CLASS])
    return table


def _position(reference: str, names: list[str]) -> int:
    if reference not in names:
        hint = near_miss(str(reference), names)
        message = f"The model has no class {reference!r}.{hint} Its classes are {listed(names)}."
        raise ModelError(message)
    return names.index(reference)


def _table(values: np.ndarray, rows: Sequence[tuple[str, ...]], names: list[str], prob: float) -> pd.DataFrame:
    return pd.DataFrame(summary_columns(values, prob), index=table_index(rows, names))
