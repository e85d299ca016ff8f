"""Bridge sampling: the ratio of two normalising constants from draws of both densities."""

from __future__ import annotations

from dataclasses import dataclass

import arviz as az
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit

__all__ = ["Bridge", "bridge", "effective_size"]

_FEWEST_FOR_ESS = 8

type Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridge:
    """A ratio of two normalising constants.

    Parameters
    ----------
    log_ratio : float
        Log of the ratio of the first constant to the second.
    error : float
        Monte Carlo standard error of the log ratio.
    overlap : float
        Common part of both densities, in [0, 1]: with p and g the densities and s and 1 - s the shares of their draws,
        the integral of p g / (s p + (1 - s) g). It is 1 where they are the same, 0 where they have nothing in
        common.
    n_common : float
        Effective number of draws in the common part, of the density that has fewer.
    """

    log_ratio: float
    error: float
    overlap: float
    n_common: float


def bridge(first: Values, second: Values, *, independent: bool = True) -> Bridge:
    """Return the ratio of the normalising constants of two densities by the optimal bridge.

    With l = log q1 - log q2, the ratio r solves

    ``mean over draws of the first of 1 / (s1 exp(l) / r + s2) =
    mean over draws of the second of 1 / (s1 + s2 r exp(-l))``,

    the fixed point of the iteration of Meng and Wong (1996, eq. 4.1). The left side rises and the right side falls
    with r, so that the point is unique and found by bisection whatever the start. The shares s1 and s2 are those of
    the effective sizes. Both sides estimate the overlap. The error is that of Fruehwirth-Schnatter (2004, eq. 15),
    with the autocorrelation of the draws by their effective size.

    Parameters
    ----------
    first : ndarray [chain, draw]
        Log q1 - log q2 at draws from the first density.
    second : ndarray [sample] or [chain, draw]
        The same at draws from the second; minus infinity where the first density is nil.
    independent : bool
        Whether the draws of the second are independent; otherwise they are chains too.

    Returns
    -------
    Bridge
        The ratio with its error.

    References
    ----------
    Fruehwirth-Schnatter, S. (2004). Estimating marginal likelihoods for mixture and Markov switching models using
    bridge sampling techniques. Econometrics Journal, 7, 143-167.
    Meng, X.-L. and Wong, W. H. (1996). Simulating ratios of normalizing constants via a simple identity: a theoretical
    exploration. Statistica Sinica, 6, 831-860.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> narrow, wide = rng.normal(size=(4, 500)), rng.normal(scale=2, size=2000)
    >>> found = bridge(-(narrow**2) * 3 / 8, -(wide**2) * 3 / 8)  # exp(-x^2 / 2) over exp(-x^2 / 8)
    >>> bool(abs(found.log_ratio - np.log(0.5)) < 4 * found.error)
    True
    """
    n_first = effective_size(first)
    n_second = float(second.size) if independent else effective_size(second)
    share = n_first / (n_first + n_second)
    everything = np.concatenate([first.ravel(), second.ravel()])
    everything = everything[np.isfinite(everything)]

    def parts(log_ratio: float) -> tuple[Values, Values]:
        tilt = np.log(share) - np.log1p(-share) - log_ratio
        return expit(-(first + tilt)) / (1 - share), expit(second + tilt) / share

    def gap(log_ratio: float) -> float:
        of_first, of_second = parts(log_ratio)
        return float(of_first.mean() - of_second.mean())

    if not np.isfinite(first).all() or not np.isfinite(second).any():
        return Bridge(log_ratio=np.nan, error=np.nan, overlap=0.0, n_common=0.0)
    # One side is nil at either end, a long way beyond all draws.
    far = 50.0 + float(np.ptp(everything))
    log_ratio = float(brentq(gap, everything.min() - far, everything.max() + far, xtol=1e-12))
    of_first, of_second = parts(log_ratio)
    if not of_first.any() or not of_second.any():
        return Bridge(log_ratio=np.nan, error=np.nan, overlap=0.0, n_common=0.0)
    variance = _relative_variance(of_first, chains=True) + _relative_variance(of_second, chains=not independent)
    return Bridge(
        log_ratio=log_ratio,
        error=float(np.sqrt(variance)),
        overlap=float(of_second.mean()),
        n_common=min(_kish(of_first), _kish(of_second)),
    )


def effective_size(values: Values) -> float:
    """Return the effective number of draws for the mean of a quantity.

    Parameters
    ----------
    values : ndarray [chain, draw]
        The quantity.

    Returns
    -------
    float
        At least 1 and at most the number of draws.

    Examples
    --------
    >>> effective_size(np.ones((2, 100)))
    200.0
    """
    size = float(values.size)
    if values.shape[-1] < _FEWEST_FOR_ESS or np.ptp(values) == 0 or not np.isfinite(values).all():
        return size
    return float(np.clip(az.ess(values, method="mean"), 1.0, size))


def _relative_variance(values: Values, *, chains: bool) -> float:
    size = effective_size(values) if chains else float(values.size)
    return float((values / values.mean()).var(ddof=1) / size)


def _kish(values: Values) -> float:
    share = values / values.sum()
    return float(1.0 / np.square(share).sum())
