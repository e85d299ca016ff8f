"""The Bayes factor of a factor group from the fit with it alone: the density of slopes of zero."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from latentclass import dims
from latentclass.evidence.bridge import effective_size
from latentclass.evidence.lines import BayesFactor
from latentclass.evidence.proposal import NormalProposal
from latentclass.infer.unconstrained import Unconstrained, unconstrained
from latentclass.model import Normal
from latentclass.posterior import Fit
from latentclass.posterior.samples import evenly

__all__ = ["nested_bayes_factor", "normal_at_zero", "slopes_of_zero"]

_LOG_2_PI = float(np.log(2 * np.pi))
# Effective draws below which the density at zero hangs on too few of them.
_FEWEST = 50.0
# How far the logarithm has to be for a normal density in its place, and the share of it that may be wrong.
_FAR = 10.0
_TAIL = 0.3
_FLATTEST = 1e-6


def nested_bayes_factor(fit: Fit, group: str, *, draws: int = 2000) -> BayesFactor:
    """Return the Bayes factor with against without a group from the fit with it (Dickey 1971).

    The model without the group is the model with slopes of zero, and under independent normal priors the Bayes factor
    against the group is the posterior density of slopes of zero over the prior density there. The posterior density is
    ``mean over draws of w(slopes given the rest) p(0, the rest) / p(slopes, the rest)`` for any density w
    (importance-weighted marginal density estimation; Chen 1994). Here w is the normal whose precision and regression on
    everything else are those of the curvature of the log density at the posterior mean. Where the conditional
    density is that normal, every draw gives the conditional density at zero exactly. Scores of respondents are among
    what is conditioned on, so that hundreds of them do no harm.

    Where zero is so far away that the mean hangs on a few draws, the density of a normal with mean and covariances of
    the slopes takes its place, and three tenths of the logarithm are given as its error: tails of posteriors are not
    normal, but a logarithm above 10 leaves no doubt on which side it is. Where the mean hangs on a few draws and zero
    is not that far away, there is no number.

    Parameters
    ----------
    fit : Fit
        The fit with the group.
    group : str
        The group.
    draws : int
        At most so many evenly spread draws.

    Returns
    -------
    BayesFactor
        With over without; NaN where the prior of the slopes is not normal, or the draws do not tell.

    References
    ----------
    Chen, M.-H. (1994). Importance-weighted marginal Bayesian posterior density estimation. Journal of the American
    Statistical Association, 89, 818-824.
    Dickey, J. M. (1971). The weighted likelihood ratio, linear hypotheses on normal location parameters. Annals of
    Mathematical Statistics, 42, 204-223.

    Examples
    --------
    >>> nested_bayes_factor(fit, "individual")  # doctest: +SKIP
    BayesFactor(41.3 against the group; log -3.72 +- 0.03, density of slopes of zero)
    """
    prior = fit.model.priors.of_group(group)
    if not isinstance(prior, Normal):
        message = f"The density of slopes of zero needs a normal prior; that of {group!r} is {prior!r}."
        return BayesFactor(log_value=np.nan, error=np.nan, method="none", message=message)
    space = unconstrained(fit)
    where = next(part.where for part in space.parts if part.name == dims.slope_name(group))
    values = space.draws.sel({dims.CHAIN: list(fit.solutions["chains"].iloc[0])})
    kept = evenly(values.sizes[dims.DRAW], max(draws // values.sizes[dims.CHAIN], 1))
    points = values.isel({dims.DRAW: kept}).transpose(dims.CHAIN, dims.DRAW, "entry").to_numpy()
    return slopes_of_zero(space, points, where, prior.scale, group)


def slopes_of_zero(
    space: Unconstrained, points: NDArray[np.float64], where: slice, scale: float, group: str
) -> BayesFactor:
    """Return the Bayes factor with against without slopes, from draws of the model with them.

    Parameters
    ----------
    space : Unconstrained
        The density that was sampled.
    points : ndarray [chain, draw, entry]
        Draws of it.
    where : slice
        The entries that are slopes.
    scale : float
        Standard deviation of their normal prior.
    group : str
        Whose they are.

    Returns
    -------
    BayesFactor
        See `nested_bayes_factor`.
    """
    n_slopes = where.stop - where.start
    at_prior = _at_prior(n_slopes, scale)
    terms = _terms(space, points, where)
    share = np.exp(terms - logsumexp(terms))
    if 1.0 / np.square(share).sum() >= _FEWEST:
        weights = share * share.size
        error = float(weights.std(ddof=1) / np.sqrt(effective_size(weights)))
        at_posterior = float(logsumexp(terms) - np.log(terms.size))
        return BayesFactor(log_value=at_prior - at_posterior, error=error, method="density of slopes of zero")
    value = normal_at_zero(points[..., where].reshape(-1, n_slopes), scale)
    if value < _FAR:
        message = f"The density of slopes of zero of {group!r} hangs on a few draws; more draws may help."
        return BayesFactor(log_value=np.nan, error=np.nan, method="none", message=message)
    return BayesFactor(log_value=value, error=_TAIL * value, method="normal density of slopes of zero")


def _terms(space: Unconstrained, points: NDArray[np.float64], where: slice) -> NDArray[np.float64]:
    """Return the log of what every draw adds to the density at zero [chain, draw]."""
    flat = points.reshape(-1, points.shape[-1])
    mean, sd = flat.mean(axis=0), flat.std(axis=0)
    rows = space.curvature(mean, sd, where)
    own = rows[:, where]
    values, vectors = np.linalg.eigh(0.5 * (own + own.T))
    # A direction without curvature is as wide as the draws are.
    precision = np.maximum(values, _FLATTEST + 1.0 / np.square(sd[where]).max())
    covariance = (vectors / precision) @ vectors.T
    rest = flat - mean
    rest[:, where] = 0.0
    centre = mean[where] - rest @ (covariance @ rows).T
    normal = NormalProposal(mean=np.zeros(len(own)), cholesky=np.linalg.cholesky(covariance))
    at_zero = flat.copy()
    at_zero[:, where] = 0.0
    found = normal.log_density(flat[:, where] - centre) + space.log_density(at_zero) - space.log_density(flat)
    return np.asarray(found.reshape(points.shape[:2]))


def normal_at_zero(slopes: NDArray[np.float64], scale: float) -> float:
    """Return the log Bayes factor with against without slopes whose posterior is taken for a normal.

    Parameters
    ----------
    slopes : ndarray [sample, slope]
        Draws of unconstrained slopes.
    scale : float
        Standard deviation of their normal prior.

    Returns
    -------
    float
        Log prior density less log posterior density, both at zero.
    """
    covariance = np.atleast_2d(np.cov(slopes.T))
    normal = NormalProposal(mean=slopes.mean(axis=0), cholesky=np.linalg.cholesky(covariance))
    return _at_prior(slopes.shape[1], scale) - float(normal.log_density(np.zeros((1, slopes.shape[1])))[0])


def _at_prior(n_slopes: int, scale: float) -> float:
    return float(-n_slopes * (np.log(scale) + 0.5 * _LOG_2_PI))
