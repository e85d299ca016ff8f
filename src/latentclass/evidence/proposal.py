"""A multivariate normal that imitates draws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

__all__ = ["NormalProposal", "normal_proposal"]

_NARROWEST = 1e-8
# Of the curvature of standardised entries: a density that is flat or curved the wrong way at its mean is no normal.
_FLATTEST = 0.05
_SHARES = (1.0, 0.95, 0.9, 0.8, 0.6, 0.4, 0.2, 0.1, 0.05, 0.0)

type Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NormalProposal:
    """A multivariate normal density.

    Parameters
    ----------
    mean : ndarray [entry]
        Its mean.
    cholesky : ndarray [entry, entry]
        Lower triangular factor of its covariances.
    """

    mean: NDArray[np.float64]
    cholesky: NDArray[np.float64]

    def draw(self, n: int, rng: np.random.Generator) -> Points:
        """Return independent draws.

        Parameters
        ----------
        n : int
            How many.
        rng : Generator
            Source of randomness.

        Returns
        -------
        ndarray [sample, entry]
            The draws.
        """
        return self.mean + rng.standard_normal((n, len(self.mean))) @ self.cholesky.T

    def log_density(self, points: Points) -> NDArray[np.float64]:
        """Return the log density.

        Parameters
        ----------
        points : ndarray [sample, entry]
            Where.

        Returns
        -------
        ndarray [sample]
            Log densities, normalised.
        """
        distance = solve_triangular(self.cholesky, (points - self.mean).T, lower=True)
        constant = np.log(np.diagonal(self.cholesky)).sum() + 0.5 * len(self.mean) * np.log(2 * np.pi)
        return np.asarray(-0.5 * np.square(distance).sum(axis=0) - constant)


def normal_proposal(draws: NDArray[np.float64], curvature: NDArray[np.float64] | None = None) -> NormalProposal:
    """Return a multivariate normal that imitates draws.

    Mean and standard deviations are those of the draws. Hundreds of correlations estimated from some thousand draws
    are mostly noise, which alone would leave normal and posterior little in common. So the correlations of the draws
    are mixed with those that the curvature of the log density implies at the mean, which has no noise but knows the
    density at one point only. The share of the mixture is the one under which the normal of the early draws gives the
    late draws the highest density.

    Parameters
    ----------
    draws : ndarray [chain, draw, entry]
        The draws.
    curvature : ndarray [entry, entry], optional
        Negative second derivatives of the log density at the mean of the draws; where left out, or no finite numbers,
        correlations are mixed with zero.

    Returns
    -------
    NormalProposal
        The normal.

    Examples
    --------
    >>> normal_proposal(np.random.default_rng(1).normal(size=(2, 5000, 2)) * [1, 3]).cholesky.round(1) + 0.0
    array([[1., 0.],
           [0., 3.]])
    """
    entries = draws.shape[-1]
    flat = draws.reshape(-1, entries)
    mean, sd = flat.mean(axis=0), np.maximum(flat.std(axis=0, ddof=1), _NARROWEST)
    implied = np.eye(entries) if curvature is None else _implied(curvature * sd[:, None] * sd)
    early, late = (half.reshape(-1, entries) for half in np.array_split((draws - mean) / sd, 2, axis=1))

    def held_out(share: float) -> float:
        trial = _standard(early, implied, share)
        return -np.inf if trial is None else float(trial.log_density(late).mean())

    share = max(_SHARES, key=held_out)
    found = _standard((flat - mean) / sd, implied, share)
    cholesky = np.linalg.cholesky(implied) if found is None else found.cholesky
    return NormalProposal(mean=mean, cholesky=sd[:, None] * cholesky)


def _standard(standardised: Points, implied: NDArray[np.float64], share: float) -> NormalProposal | None:
    """Return a normal with mean 0 and variances 1, correlations mixed; None where there is none."""
    correlation = (1 - share) * (standardised.T @ standardised) / len(standardised) + share * implied
    np.fill_diagonal(correlation, 1.0)
    try:
        return NormalProposal(mean=np.zeros(len(implied)), cholesky=np.linalg.cholesky(correlation))
    except np.linalg.LinAlgError:
        return None


def _implied(curvature: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the correlations that a curvature implies, no direction wider than a few standard deviations."""
    if not np.isfinite(curvature).all():
        return np.eye(len(curvature))
    values, vectors = np.linalg.eigh(0.5 * (curvature + curvature.T))
    covariance = (vectors / np.maximum(values, _FLATTEST)) @ vectors.T
    sd = np.sqrt(np.diagonal(covariance))
    return np.asarray(covariance / sd[:, None] / sd)
