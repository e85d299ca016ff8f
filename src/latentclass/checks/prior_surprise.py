"""How far posterior means lie from where the priors expect posterior means to lie."""

from __future__ import annotations

import numpy as np
import xarray as xr
from scipy.stats import norm

from latentclass import dims
from latentclass.errors import ModelError
from latentclass.posterior.samples import flat
from latentclass.simulation.draw import draw_arrays
from latentclass.simulation.parameters import parameter_labels
from latentclass.survey import Survey

__all__ = ["prior_surprise"]

_N_DRAWS = 4000
# Where a posterior is hardly narrower than its prior, the noise of its mean would be most of the surprise.
_LEAST_LEARNED = 0.05


def prior_surprise(posterior: xr.Dataset, survey: Survey, *, seed: int = 0) -> xr.Dataset:
    """Return how surprising the posterior mean of every parameter is under its prior.

    Over surveys that come from the prior, posterior means have mean E(θ) and variance Var(θ) - E Var(θ | y), whatever
    the model. So (E(θ | y) - E(θ)) / sqrt(Var(θ) - Var(θ | y)) is about standard normal for a prior that is right,
    whether the data say much or little. Priors are the same for all classes, so naming the classes, by size or
    otherwise, changes the order of these numbers and not the numbers.

    Parameters
    ----------
    posterior : Dataset [chain, draw, ...]
        Relabelled draws.
    survey : Survey
        The survey, with its model.
    seed : int
        Seed of the draws from the prior.

    Returns
    -------
    Dataset [side, ...]
        For every parameter with a proper prior, ``side`` "distance", the standardised distance, and "p", its two-sided
        tail probability: the larger of that of the normal distribution and that of draws from the prior, shrunk to the
        variance of posterior means, so that neither a bounded nor a heavy-tailed prior is accused too soon.

    References
    ----------
    Evans, M. and Moshonov, H. (2006). Checking for prior-data conflict. Bayesian Analysis, 1(4), 893-914.

    Examples
    --------
    >>> import latentclass as lc
    >>> data = lc.datasets.plain_survey(n=50, n_items=3, n_classes=2, seed=1)
    >>> survey = lc.read_survey(data.model, data.frame)
    >>> far = xr.Dataset({"intercept": (("chain", "draw", "class"), np.full((1, 50, 2), [9.0, -9.0]))})
    >>> bool((prior_surprise(far, survey)["intercept"].sel(side="p") < 1e-6).all())
    True
    """
    labels = parameter_labels(survey)
    given = _without_distribution(survey)
    drawn = _prior(survey, given, seed)
    found = {}
    for name in posterior.data_vars:
        if name not in drawn or name in given or posterior[name].size == 0:
            continue
        own = labels[str(name)]
        draws = posterior[name].sel({dim: values for dim, values in own.items() if dim in posterior[name].coords})
        sides = np.stack(_surprise(flat(draws, *own), drawn[str(name)]))
        found[name] = xr.DataArray(sides, dims=("side", *own), coords={"side": ["distance", "p"], **own})
    return xr.Dataset(found)


def _surprise(posterior: np.ndarray, prior: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    centre, spread = prior.mean(axis=0), prior.std(axis=0)
    learned = 1 - posterior.var(axis=0) / np.where(spread > 0, spread, 1.0) ** 2
    shrink = np.sqrt(np.clip(learned, _LEAST_LEARNED, 1.0))
    away = posterior.mean(axis=0) - centre
    distance = np.divide(away, shrink * spread, out=np.zeros_like(away), where=spread > 1e-12)
    beyond = (shrink * np.abs(prior - centre) >= np.abs(away)).mean(axis=0)
    return distance, np.maximum(2 * norm.sf(np.abs(distance)), beyond)


def _prior(survey: Survey, given: dict[str, np.ndarray], seed: int) -> dict[str, np.ndarray]:
    """Return draws from the prior [sample, ...] of every parameter but the scores."""
    rng = np.random.default_rng(seed)
    draws = [draw_arrays(survey, rng, given=given) for _ in range(_N_DRAWS)]
    return {name: np.stack([one[name] for one in draws]) for name in draws[0] if name != dims.SCORE}


def _without_distribution(survey: Survey) -> dict[str, np.ndarray]:
    """Return values for what is not drawn: scores, of which there are thousands, and what has a flat prior."""
    sizes = {name: tuple(map(len, labels.values())) for name, labels in parameter_labels(survey).items()}
    # A half is a possible value of whatever others are drawn given: scales, variances and their parts.
    known = {name: np.full(size, 0.5) for name, size in sizes.items()}
    given = {name: values for name, values in known.items() if name == dims.SCORE}
    for name in known:
        others = {other: values for other, values in known.items() if other != name or other == dims.SCORE}
        try:
            draw_arrays(survey, np.random.default_rng(0), given=others)
        except ModelError:
            given[name] = known[name]
    return given
