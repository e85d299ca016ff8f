"""Parameters drawn from the priors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from latentclass import dims
from latentclass.errors import ModelError
from latentclass.model import Dirichlet, Flat, IndicatorKind, Prior
from latentclass.simulation.hyper import draw_hyper, slope_scale
from latentclass.simulation.outcome_parameters import draw_outcome
from latentclass.simulation.parameters import (
    aligned,
    check_parameters,
    cumulative_items,
    free_items,
    latent_indicators,
    parameter_labels,
)
from latentclass.simulation.prior import is_marker, loading_prior

if TYPE_CHECKING:
    from latentclass.survey import Survey

__all__ = ["draw_arrays", "draw_parameters"]

type Drawn = Mapping[str, np.ndarray]
type Draw = Callable[[Survey, np.random.Generator, Drawn], np.ndarray]


def draw_parameters(survey: Survey, rng: np.random.Generator, *, given: xr.Dataset | None = None) -> xr.Dataset:
    """Draw the parameters of a survey's model from their priors.

    Parameters
    ----------
    survey : Survey
        A survey, which knows levels, design columns and respondents; its answers are not used.
    rng : numpy.random.Generator
        Source of randomness.
    given : xarray.Dataset, optional
        Parameters that are known; only the others are drawn.

    Returns
    -------
    xarray.Dataset
        Every parameter, labelled, with the dims of `parameter_labels`.

    Raises
    ------
    ModelError
        When a parameter that must be drawn has a `Flat` prior, or a given one does not belong to the model.

    Examples
    --------
    >>> import latentclass as lc
    >>> model = lc.Model(items=lc.binary("a", "b", levels=["no", "yes"]), n_classes=2)
    >>> survey = lc.read_survey(model, lc.simulate(model, n=40, seed=1).frame)
    >>> draw_parameters(survey, np.random.default_rng(1)).sizes
    Frozen({'class': 2, 'item_level': 4})
    """
    known = xr.Dataset() if given is None else given
    check_parameters(survey, known)
    labels = parameter_labels(survey)
    drawn = draw_arrays(survey, rng, given={name: aligned(survey, known, name) for name in labels if name in known})
    return xr.Dataset(
        {name: (tuple(labels[name]), values) for name, values in drawn.items()},
        coords={dim: values for of_name in labels.values() for dim, values in of_name.items()},
    )


def draw_arrays(
    survey: Survey, rng: np.random.Generator, *, given: Mapping[str, np.ndarray] | None = None
) -> dict[str, np.ndarray]:
    """Draw parameters as plain arrays: the numbers of `draw_parameters` without labels, which take most of its time.

    Parameters
    ----------
    survey : Survey
        A survey.
    rng : numpy.random.Generator
        Source of randomness.
    given : mapping of str to ndarray, optional
        Parameters that are known, with the dims of `parameter_labels`.

    Returns
    -------
    dict of str to ndarray
        Every parameter by name.

    Raises
    ------
    ModelError
        When a parameter that must be drawn has a `Flat` prior.

    Examples
    --------
    >>> import latentclass as lc
    >>> model = lc.Model(items=lc.binary("a", "b", levels=["no", "yes"]), n_classes=2)
    >>> survey = lc.read_survey(model, lc.simulate(model, n=40, seed=1).frame)
    >>> {name: values.shape for name, values in draw_arrays(survey, np.random.default_rng(1)).items()}
    {'intercept': (2,), 'probability': (2, 4)}
    """
    known = {} if given is None else given
    drawn: dict[str, np.ndarray] = {}
    for name in parameter_labels(survey):
        drawn[name] = known[name] if name in known else _draw_of(name)(survey, rng, drawn)
    return drawn


def _draw_of(name: str) -> Draw:
    if name in _DRAWS:
        return _DRAWS[name]
    if name.startswith(dims.outcome_name("", "")[:-1]):
        return lambda survey, rng, _: draw_outcome(survey, rng, name)
    if dims.is_hyper(name):
        return lambda survey, rng, _: draw_hyper(survey, rng, name)
    return lambda survey, rng, drawn: _slopes(survey, rng, name, drawn)


def _intercept(survey: Survey, rng: np.random.Generator, _: Drawn) -> np.ndarray:
    prior = survey.model.priors.intercept
    n_classes = survey.model.n_classes
    if isinstance(prior, Dirichlet):
        logits = np.log(rng.dirichlet(np.full(n_classes, prior.concentration)))
        return np.asarray(logits - logits.mean())
    return _zero_sum(rng, prior, (n_classes,), axis=0, name=dims.INTERCEPT)


def _slopes(survey: Survey, rng: np.random.Generator, name: str, drawn: Drawn) -> np.ndarray:
    group = next(g for g in survey.groups if dims.slope_name(g.name) == name)
    scale = slope_scale(survey, group, drawn.__getitem__)
    if scale is None:
        raise _flat(name)
    values = rng.normal(size=(len(group.columns), survey.model.n_classes)) * scale[:, None]
    return np.asarray(values - values.mean(axis=1, keepdims=True))


def _probability(survey: Survey, rng: np.random.Generator, _: Drawn) -> np.ndarray:
    rows = [_simplexes(rng, survey.model.priors.items, free_items(survey)) for _ in range(survey.model.n_classes)]
    return np.array(rows)


def _baseline(survey: Survey, rng: np.random.Generator, _: Drawn) -> np.ndarray:
    return _simplexes(rng, survey.model.priors.thresholds, cumulative_items(survey))


def _location(survey: Survey, rng: np.random.Generator, _: Drawn) -> np.ndarray:
    shape = (survey.model.n_classes, len(cumulative_items(survey)))
    return _zero_sum(rng, survey.model.priors.location, shape, axis=0, name=dims.LOCATION)


def _log_dispersion(survey: Survey, rng: np.random.Generator, _: Drawn) -> np.ndarray:
    shape = (survey.model.n_classes, sum(item.dispersion for item in cumulative_items(survey)))
    return _zero_sum(rng, survey.model.priors.dispersion, shape, axis=0, name=dims.LOG_DISPERSION)


def _score_correlation(survey: Survey, rng: np.random.Generator, _: Drawn) -> np.ndarray:
    """Draw a correlation matrix row by row of its Cholesky factor, from canonical partial correlations."""
    size, eta = len(survey.model.latent_constructs), survey.model.priors.score_correlation.eta
    factor = np.eye(size)
    for i in range(1, size):
        left = 1.0
        for k in range(i):
            shape = eta + 0.5 * (size - 2 - k)
            factor[i, k] = (2 * rng.beta(shape, shape) - 1) * np.sqrt(left)
            left -= factor[i, k] ** 2
        factor[i, i] = np.sqrt(left)
    return factor @ factor.T


def _score(survey: Survey, rng: np.random.Generator, drawn: Drawn) -> np.ndarray:
    shape = (len(survey.respondents), len(survey.model.latent_constructs))
    independent = rng.standard_normal(shape)
    if dims.SCORE_CORRELATION not in drawn:
        return independent
    return np.asarray(independent @ np.linalg.cholesky(drawn[dims.SCORE_CORRELATION]).T)


def _loading(survey: Survey, rng: np.random.Generator, _: Drawn) -> np.ndarray:
    values = []
    for column in latent_indicators(survey):
        value = rng.normal(scale=_scale(loading_prior(survey, column), dims.LOADING))
        values.append(abs(value) if is_marker(survey, column) else value)
    return np.array(values)


def _likert_baseline(survey: Survey, rng: np.random.Generator, _: Drawn) -> np.ndarray:
    columns = latent_indicators(survey, IndicatorKind.LIKERT)
    return _simplexes(rng, survey.model.priors.likert_thresholds, columns)


def _indicator_mean(survey: Survey, rng: np.random.Generator, _: Drawn) -> np.ndarray:
    count = len(latent_indicators(survey, IndicatorKind.CONTINUOUS))
    return rng.normal(scale=_scale(survey.model.priors.continuous_mean, dims.INDICATOR_MEAN), size=count)


def _indicator_sd(survey: Survey, rng: np.random.Generator, _: Drawn) -> np.ndarray:
    count = len(latent_indicators(survey, IndicatorKind.CONTINUOUS))
    return np.abs(rng.normal(scale=_scale(survey.model.priors.continuous_sd, dims.INDICATOR_SD), size=count))


_DRAWS: dict[str, Draw] = {
    dims.INTERCEPT: _intercept,
    dims.PROBABILITY: _probability,
    dims.BASELINE: _baseline,
    dims.LOCATION: _location,
    dims.LOG_DISPERSION: _log_dispersion,
    dims.SCORE_CORRELATION: _score_correlation,
    dims.SCORE: _score,
    dims.LOADING: _loading,
    dims.LIKERT_BASELINE: _likert_baseline,
    dims.INDICATOR_MEAN: _indicator_mean,
    dims.INDICATOR_SD: _indicator_sd,
}


def _scale(prior: Prior, name: str) -> float:
    if isinstance(prior, Flat):
        raise _flat(name)
    return prior.scale  # type: ignore[union-attr]


def _flat(name: str) -> ModelError:
    return ModelError(
        f"{name!r} has a Flat prior, which is no distribution that can be drawn from. Give its values, or a prior "
        "with a scale such as Normal(0.5)."
    )


def _zero_sum(rng: np.random.Generator, prior: Prior, shape: tuple[int, ...], *, axis: int, name: str) -> np.ndarray:
    values = rng.normal(scale=_scale(prior, name), size=shape)
    return np.asarray(values - values.mean(axis=axis, keepdims=True))


def _simplexes(rng: np.random.Generator, prior: Dirichlet, columns: Sequence[Any]) -> np.ndarray:
    return np.concatenate([rng.dirichlet(np.full(len(c.levels), prior.concentration)) for c in columns])
