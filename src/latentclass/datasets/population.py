"""The reference population in which the true weights of the factor groups are known."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from scipy.optimize import brentq
from scipy.special import softmax
from scipy.stats import norm, qmc, truncnorm

from latentclass.datasets.design import AGE, GROUPS, INDICATORS, PUBLISHED, SHARES, SLOPES, score_correlation
from latentclass.errors import ModelError
from latentclass.model import FrozenMapping
from latentclass.simulation.weights import weight

__all__ = ["Population", "age_distribution", "population", "standard_age"]

LARGEST_WEIGHT: Final = 0.3
_LOG2_SIZE = 11
_SHARE_TOLERANCE = 1e-10


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """How membership comes about in the population.

    Parameters
    ----------
    scale : float
        What the slopes of the individual group are multiplied by.
    intercept : ndarray, shape (classes,)
        Zero-sum logits at average covariates that give the classes their shares.
    weights : mapping of group to float
        True weight of each factor group.
    """

    scale: float
    intercept: np.ndarray
    weights: FrozenMapping[float]

    def slopes(self, covariate: str) -> np.ndarray:
        """Return the slopes of one covariate, per population standard deviation."""
        values = np.array(SLOPES[covariate])
        return np.asarray(values * self.scale if covariate in GROUPS["individual"] else values)


def age_distribution() -> object:
    """Return the distribution of age in years: a normal cut at equal distances from its mean."""
    low, high = ((AGE[end] - AGE["mean"]) / AGE["sd"] for end in ("lowest", "highest"))
    return truncnorm(low, high, loc=AGE["mean"], scale=AGE["sd"])


def standard_age(age: np.ndarray) -> np.ndarray:
    """Return age in population standard deviations from the population mean."""
    return np.asarray((age - AGE["mean"]) / age_distribution().std())  # type: ignore[attr-defined]


def population(individual_weight: float) -> Population:
    """Return the population in which the individual group has a given weight.

    Parameters
    ----------
    individual_weight : float
        Weight of the individual group, 0 to `LARGEST_WEIGHT`.

    Returns
    -------
    Population
        Scale of the slopes found by root finding, intercept and true weights.

    Raises
    ------
    ModelError
        When the weight is out of range.
    """
    fits = isinstance(individual_weight, int | float) and not isinstance(individual_weight, bool)
    if not fits or not 0 <= individual_weight <= LARGEST_WEIGHT:
        message = f"individual_weight is a number between 0 and {LARGEST_WEIGHT}; got {individual_weight!r}."
        raise ModelError(message)
    return _with_weight(float(individual_weight))


@lru_cache(maxsize=32)
def _with_weight(individual_weight: float) -> Population:
    scale = 0.0 if individual_weight == 0 else _scale_for(individual_weight)
    intercept, own = _logits(scale)
    total = intercept + sum(own.values())
    weights = {group: weight(total - part, part) if np.any(part) else 0.0 for group, part in own.items()}
    return Population(scale=scale, intercept=intercept, weights=FrozenMapping(weights))


def _scale_for(individual_weight: float) -> float:
    """Return the scale of the slopes at which the individual group has the weight."""

    def excess(scale: float) -> float:
        intercept, own = _logits(scale)
        part = own["individual"]
        return weight(intercept + sum(own.values()) - part, part) - individual_weight

    top = 1.0
    while excess(top) < 0:
        top *= 2
    return float(brentq(excess, 0.0, top, xtol=1e-4))


def _logits(scale: float) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return the intercept, and what each group adds to the logits of the reference population."""
    unweighted = Population(scale=scale, intercept=np.zeros(len(SHARES)), weights=FrozenMapping())
    covariates = _reference_covariates()
    own = {
        group: np.sum([np.outer(covariates[name], unweighted.slopes(name)) for name in names], axis=0)
        for group, names in GROUPS.items()
    }
    return _intercept(np.sum(list(own.values()), axis=0)), own


def _intercept(effects: np.ndarray) -> np.ndarray:
    """Return the intercept under which the classes have the shares of the design."""
    intercept = np.log(SHARES)
    step = np.full_like(intercept, np.inf)
    while np.abs(step).max() > _SHARE_TOLERANCE:
        step = np.log(SHARES) - np.log(softmax(intercept + effects, axis=1).mean(axis=0))
        intercept += step
    return np.asarray(intercept - intercept.mean())


@lru_cache(maxsize=1)
def _reference_covariates() -> dict[str, np.ndarray]:
    """Return covariates of a reference population, from a low-discrepancy sequence."""
    names = list(INDICATORS)
    points = qmc.Sobol(len(names) + 2, seed=1).random_base2(_LOG2_SIZE)
    scores = norm.ppf(points[:, : len(names)]) @ np.linalg.cholesky(score_correlation()).T
    age = age_distribution().ppf(points[:, -2])  # type: ignore[attr-defined]
    male = (points[:, -1] > PUBLISHED["share_female"]) - (1 - PUBLISHED["share_female"])
    return {**dict(zip(names, scores.T, strict=True)), "age": standard_age(age), "gender": male}
