"""One common factor behind a few columns: maximum likelihood, reliability, bootstrap."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

__all__ = [
    "FactorSolution",
    "bootstrap_covariances",
    "composite_reliability",
    "cronbach_alpha",
    "one_factor",
    "solve",
]

_LEAST_UNIQUENESS = 0.005
_TOLERANCE = 1e-9
_MOST_STEPS = 20_000


class FactorSolution(NamedTuple):
    """Standardised loadings and reliability, for each of several covariance matrices.

    Attributes
    ----------
    loading : ndarray [matrix, column]
        Standardised loadings.
    alpha, omega, variance_extracted : ndarray [matrix]
        Cronbach's alpha, McDonald's omega (composite reliability), and the mean communality.
    """

    loading: np.ndarray
    alpha: np.ndarray
    omega: np.ndarray
    variance_extracted: np.ndarray


def solve(covariances: np.ndarray) -> FactorSolution:
    """Return loadings and reliability of covariance matrices.

    Parameters
    ----------
    covariances : ndarray [matrix, column, column]
        Covariance matrices with positive variances.

    Returns
    -------
    FactorSolution
        One entry per matrix.

    Examples
    --------
    >>> solve(np.array([[[1.0, 0.5], [0.5, 1.0]]])).omega.round(3)
    array([0.667])
    """
    sd = np.sqrt(np.diagonal(covariances, axis1=1, axis2=2))
    loading = one_factor(covariances / (sd[:, :, None] * sd[:, None, :]))
    return FactorSolution(
        loading=loading,
        alpha=cronbach_alpha(covariances),
        omega=composite_reliability(loading),
        variance_extracted=np.square(loading).mean(axis=-1),
    )


def cronbach_alpha(covariances: np.ndarray) -> np.ndarray:
    """Return Cronbach's alpha of the sum of the columns.

    Parameters
    ----------
    covariances : ndarray [..., column, column]
        Covariance matrices.

    Returns
    -------
    ndarray [...]
        Alpha.

    References
    ----------
    Cronbach, L. J. (1951). Coefficient alpha and the internal structure of tests. Psychometrika,
    16(3), 297-334.

    Examples
    --------
    >>> cronbach_alpha(np.array([[1.0, 0.5], [0.5, 1.0]])).round(3)
    np.float64(0.667)
    """
    p = covariances.shape[-1]
    own = np.trace(covariances, axis1=-2, axis2=-1)
    return p / (p - 1) * (1 - own / covariances.sum(axis=(-2, -1)))


def composite_reliability(loading: np.ndarray) -> np.ndarray:
    """Return the reliability of the sum of standardised indicators, each turned to load positively.

    Parameters
    ----------
    loading : ndarray [..., indicator]
        Standardised loadings.

    Returns
    -------
    ndarray [...]
        McDonald's omega: common variance of the sum over its variance.

    References
    ----------
    McDonald, R. P. (1999). Test theory: a unified treatment. Erlbaum.

    Examples
    --------
    >>> composite_reliability(np.array([0.8, 0.8])).round(4)
    np.float64(0.7805)
    """
    common = np.square(np.abs(loading).sum(axis=-1))
    return common / (common + (1 - np.square(loading)).sum(axis=-1))


def one_factor(correlations: np.ndarray) -> np.ndarray:
    """Return the loadings of one common factor by maximum likelihood.

    EM on all matrices at once (Rubin and Thayer 1982). Uniquenesses stay at 0.005 or above, as in
    R's ``factanal``. Two columns do not identify two loadings: they are taken as equal, so that
    omega is the Spearman-Brown coefficient.

    Parameters
    ----------
    correlations : ndarray [matrix, column, column]
        Correlation matrices.

    Returns
    -------
    ndarray [matrix, column]
        Loadings; their sum is not negative.

    References
    ----------
    Rubin, D. B. and Thayer, D. T. (1982). EM algorithms for ML factor analysis. Psychometrika,
    47(1), 69-76.

    Examples
    --------
    >>> truth = np.array([0.9, 0.7, 0.5, 0.3])
    >>> matrix = np.outer(truth, truth) + np.diag(1 - truth**2)
    >>> one_factor(matrix[None]).round(4)
    array([[0.9, 0.7, 0.5, 0.3]])
    """
    if correlations.shape[-1] == 2:
        equal = np.sqrt(np.clip(correlations[:, 0, 1], 0.0, 1 - _LEAST_UNIQUENESS))
        return np.stack([equal, equal], axis=1)
    values, vectors = np.linalg.eigh(correlations)
    loading = vectors[..., -1] * np.sqrt(0.8 * values[:, -1:])
    unique = np.clip(1 - np.square(loading), 0.1, 1.0)
    moving = np.arange(len(loading))
    for _ in range(_MOST_STEPS):
        new, unique[moving] = _em_step(correlations[moving], loading[moving], unique[moving])
        change = np.abs(new - loading[moving]).max(axis=1)
        loading[moving] = new
        moving = moving[change > _TOLERANCE]
        if not len(moving):
            break
    return loading * np.where(loading.sum(axis=1, keepdims=True) < 0, -1.0, 1.0)


def _em_step(correlations: np.ndarray, loading: np.ndarray, unique: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    weight = loading / unique
    weight /= 1 + (weight * loading).sum(axis=1, keepdims=True)
    crossed = (correlations @ weight[:, :, None])[:, :, 0]
    spread = 1 - (weight * loading).sum(axis=1) + (weight * crossed).sum(axis=1)
    new = crossed / spread[:, None]
    return new, np.clip(1 - new * crossed, _LEAST_UNIQUENESS, None)


def bootstrap_covariances(values: np.ndarray, n_resamples: int, seed: int) -> np.ndarray:
    """Return the covariance matrices of resampled rows.

    Parameters
    ----------
    values : ndarray [row, column]
        Complete rows.
    n_resamples : int
        Number of resamples.
    seed : int
        Seed of the random generator.

    Returns
    -------
    ndarray [resample, column, column]
        Covariance matrices; resamples in which a column does not vary are left out.

    Examples
    --------
    >>> bootstrap_covariances(np.eye(10)[:, :2], 20, seed=1).shape[1:]
    (2, 2)
    """
    n, p = values.shape
    rng = np.random.default_rng(seed)
    centred = values - values.mean(axis=0)
    products = (centred[:, :, None] * centred[:, None, :]).reshape(n, p * p)
    found = np.empty((n_resamples, p, p))
    for i in range(n_resamples):
        counts = np.bincount(rng.integers(n, size=n), minlength=n)
        mean = counts @ centred / n
        found[i] = ((counts @ products) / n).reshape(p, p) - np.outer(mean, mean)
    varied = (np.diagonal(found, axis1=1, axis2=2) > 1e-12 * values.var(axis=0)).all(axis=1)
    return found[varied] * (n / (n - 1))
