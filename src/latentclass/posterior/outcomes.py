"""What follows from class and covariates for each outcome, as a table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from latentclass import dims
from latentclass.errors import LatentClassError, ModelError, listed, near_miss
from latentclass.posterior.density import membership_logits, softmax
from latentclass.posterior.draws import Draws
from latentclass.posterior.outcome_density import outcome_location
from latentclass.posterior.samples import evenly
from latentclass.posterior.summarise import summary_columns, table_index
from latentclass.survey import OutcomeColumn, Survey

__all__ = ["outcome_effects"]

_MOST_DRAWS = 400


def outcome_effects(
    posterior: xr.Dataset, survey: Survey, *, reference: str | None = None, prob: float = 0.9
) -> pd.DataFrame:
    """Return the effects of class and covariates on every outcome.

    Parameters
    ----------
    posterior : Dataset [chain, draw, ...]
        Draws of the model's variables.
    survey : Survey
        The survey.
    reference : str, optional
        Class against which classes are contrasts; zero-sum across classes when left out.
    prob : float
        Probability of the intervals.

    Returns
    -------
    DataFrame
        Index (outcome, term, label), term ``class`` or ``covariate``. Mean, sd and interval of the effect: logits of
        higher answers (binary, ordinal) or standard deviations of the outcome (continuous), of a class, or per standard
        deviation or change of level of a covariate; ``p_positive``, the posterior probability that it is above 0. With
        the prefix ``response_`` the same on the answer itself: the expected answer were everyone in the class (its
        difference from the reference class), or the average change of it with one unit more of the covariate.
        Expected answers are in units of the outcome, of ordinal levels that are no numbers their positions from 1, of a
        binary outcome, the probability of its upper level. ``attrs["n_answered"]`` counts the answers.

    Raises
    ------
    ModelError
        When the model has no outcomes.
    LatentClassError
        For an unknown reference class.

    Examples
    --------
    >>> fit.outcomes().loc[("anticipated_use", "covariate")]  # doctest: +SKIP
    """
    if not survey.outcomes:
        message = "The model has no outcomes; declare them with Model(outcomes={'column': outcome(...)})."
        raise ModelError(message)
    names = survey.model.class_names
    if reference is not None and reference not in names:
        message = f"There is no class {reference!r}.{near_miss(reference, names)} The classes are {listed(names)}."
        raise LatentClassError(message)
    draws = Draws.of(posterior, survey)
    some = draws.take(evenly(len(draws), _MOST_DRAWS))
    rows, index = [], []
    for column in survey.outcomes:
        effects = _effects(draws, column, survey, reference)
        responses = _responses(some, column, survey, reference)
        for (term, label), values in effects.items():
            row = {str(k): float(v) for k, v in summary_columns(values, prob).items()}
            row["p_positive"] = float((values > 0).mean())
            row |= {k: float(v) for k, v in summary_columns(responses[term, label], prob, "response_").items()}
            rows.append(row)
            index.append((column.name, term, label))
    table = pd.DataFrame(rows, index=table_index(index, ["outcome", "term", "label"]))
    answered = (~np.isnan(survey.outcome_values)).sum(axis=0)
    table.attrs["n_answered"] = {column.name: int(n) for column, n in zip(survey.outcomes, answered, strict=True)}
    return table


type Terms = dict[tuple[str, str], np.ndarray]


def _effects(draws: Draws, column: OutcomeColumn, survey: Survey, reference: str | None) -> Terms:
    found: Terms = {}
    location, slope = (dims.outcome_name(part, column.name) for part in ("location", "slope"))
    names = survey.model.class_names
    if location in draws.outcomes:
        values = draws.outcomes[location]
        against = values[:, [names.index(reference)]] if reference is not None else 0.0
        found |= {("class", k): v for k, v in zip(names, (values - against).T, strict=True) if k != reference}
    if slope in draws.outcomes:
        found |= {("covariate", label): v for label, v in zip(column.labels, draws.outcomes[slope].T, strict=True)}
    return found


def _responses(draws: Draws, column: OutcomeColumn, survey: Survey, reference: str | None) -> Terms:
    """Return expected answers, averaged over the respondents."""
    names = survey.model.class_names
    at = outcome_location(draws.outcomes, column, survey, draws.score)
    shape = (len(draws), len(names), survey.n_respondents)
    logits = membership_logits(draws, survey.groups, survey.model.latent_constructs, draws.score)
    share = softmax(np.broadcast_to(logits, shape))
    expected = np.broadcast_to(_expected(draws, column, at), shape)
    means = expected.mean(axis=2)
    against = means[:, [names.index(reference)]] if reference is not None else 0.0
    found: Terms = {("class", k): v for k, v in zip(names, (means - against).T, strict=True) if k != reference}
    slope = dims.outcome_name("slope", column.name)
    if slope in draws.outcomes:
        for label, effect in zip(column.labels, draws.outcomes[slope].T, strict=True):
            change = _expected(draws, column, at + effect[:, None, None]) - expected
            found["covariate", label] = (share * change).sum(axis=1).mean(axis=1)
    return found


def _expected(draws: Draws, column: OutcomeColumn, at: np.ndarray) -> np.ndarray:
    if column.levels is None:
        mean = draws.outcomes[dims.outcome_name("mean", column.name)][:, None, None]
        return np.asarray(column.centre + column.scale * (mean + at))
    values = _values(column)
    below = np.cumsum(draws.outcomes[dims.outcome_name("baseline", column.name)], axis=1)[:, :-1]
    threshold = np.log(below) - np.log1p(-below)
    found = np.full(at.shape, values[0])
    for c, step in enumerate(np.diff(values)):
        found = found + step / (1.0 + np.exp(threshold[:, c, None, None] - at))
    return found


def _values(column: OutcomeColumn) -> np.ndarray:
    levels = column.levels or ()
    if len(levels) == 2:
        return np.array([0.0, 1.0])
    numbers = all(isinstance(level, int | float) and not isinstance(level, bool) for level in levels)
    return np.array(levels, dtype=float) if numbers else np.arange(1.0, len(levels) + 1)
