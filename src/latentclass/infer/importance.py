"""Importance sampling: how far draws of a proposal can stand for draws of the posterior."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

__all__ = ["Importance", "importance", "resampled"]

# The tail to which a generalised Pareto distribution is fitted needs a few draws.
_FEWEST = 25
# Ratios that differ by no more have no tail.
_SAME = 1e-12

type Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Importance:
    """Importance ratios, smoothed, and what they are worth.

    Parameters
    ----------
    log_weights : ndarray [sample]
        Logs of the Pareto-smoothed ratios, normalised to sum to 1.
    pareto_k : float
        Shape of the generalised Pareto distribution of the largest ratios. Means over the weighted draws have a finite
        variance below 0.5, and errors that fall with the number of draws as far as 0.7; above, the proposal misses
        parts of the posterior. Infinite where no draw hit the posterior.
    threshold : float
        Largest `pareto_k` at which so many draws can be trusted: min(1 - 1 / log10(S), 0.7).
    effective : float
        Effective number of independent draws, one over the sum of the squared weights.
    log_mean : float
        Log of the mean ratio: of the normalising constant of the posterior, where the proposal is normalised.
    error : float
        Its Monte Carlo standard error.
    """

    log_weights: Values
    pareto_k: float
    threshold: float
    effective: float
    log_mean: float
    error: float

    @property
    def ok(self) -> bool:
        """Whether the weighted draws can be trusted."""
        return self.pareto_k <= self.threshold


def importance(log_ratios: Values) -> Importance:
    """Return smoothed importance weights with their diagnostic.

    Parameters
    ----------
    log_ratios : ndarray [sample]
        Log of posterior density over proposal density at independent draws of the proposal; minus infinity, or no
        number, where the posterior density is nil.

    Returns
    -------
    Importance
        Weights and diagnostic.

    References
    ----------
    Vehtari, A., Simpson, D., Gelman, A., Yao, Y. and Gabry, J. (2024). Pareto smoothed importance sampling. Journal of
    Machine Learning Research, 25(72), 1-58.

    Examples
    --------
    >>> draws = np.random.default_rng(1).normal(size=4000)  # standard normal, for a normal of deviation 0.9
    >>> found = importance(-0.5 * (draws / 0.9) ** 2 + 0.5 * draws**2)
    >>> bool(found.ok), bool(abs(found.log_mean - np.log(0.9)) < 4 * found.error)
    (True, True)
    """
    from arviz_stats.base import array_stats

    n = len(log_ratios)
    ratios = np.where(np.isnan(log_ratios), -np.inf, log_ratios)
    possible = np.isfinite(ratios)
    threshold = min(1.0 - 1.0 / np.log10(max(n, 2)), 0.7)
    if possible.sum() < _FEWEST:
        flat = np.full(n, -np.log(n))
        return Importance(
            log_weights=flat, pareto_k=np.inf, threshold=threshold, effective=1.0, log_mean=np.nan, error=np.inf
        )
    # A ratio of nil has no logarithm to fit; a number far below all others does no harm.
    lowest = float(ratios[possible].min()) - 100.0
    smoothed, k = ratios, 0.0
    tail = np.sort(ratios[possible])[-_FEWEST:]
    if np.ptp(tail) > _SAME:
        # ArviZ is made for leave-one-out: it takes the log-likelihood, and weighs by one over the likelihood.
        smoothed, k = array_stats.psislw(-np.where(possible, ratios, lowest))
    logs = np.where(possible, smoothed, -np.inf)
    logs = logs - logsumexp(logs)
    effective = float(np.exp(-logsumexp(2.0 * logs)))
    relative = np.exp(ratios - ratios[possible].max())
    return Importance(
        log_weights=logs,
        pareto_k=float(k),
        threshold=threshold,
        effective=effective,
        log_mean=float(logsumexp(ratios) - np.log(n)),
        error=float(relative.std(ddof=1) / relative.mean() / np.sqrt(n)),
    )


def resampled(log_weights: Values, n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return positions of draws, each as often as its weight says, in random order.

    Systematic resampling: every draw stands in the result its expected number of times, rounded up or down.

    Parameters
    ----------
    log_weights : ndarray [sample]
        Logs of normalised weights.
    n : int
        How many.
    rng : Generator
        Source of randomness.

    Returns
    -------
    ndarray of int [n]
        Positions.

    Examples
    --------
    >>> sorted(resampled(np.log([0.5, 0.25, 0.25]), 4, np.random.default_rng(1)).tolist())
    [0, 0, 1, 2]
    """
    ends = np.cumsum(np.exp(log_weights))
    places = (rng.random() + np.arange(n)) / n * ends[-1]
    found = np.minimum(np.searchsorted(ends, places), len(ends) - 1)
    return rng.permutation(found)
