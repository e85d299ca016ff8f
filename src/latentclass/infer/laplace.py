"""A normal approximation of the posterior around a mode, in coordinates in which the posterior is close to normal."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from latentclass.errors import FitError
from latentclass.infer.ascent import Target, curvature
from latentclass.infer.compiled import Compiled, Vector
from latentclass.infer.warp import Warp, warp_around

__all__ = ["WarpedNormal", "laplace"]

# Of the curvature in units of the approximation: directions in which the density is flat, or curved the wrong way, are
# no wider than this, and none is narrower than the other.
_FLATTEST, _STEEPEST = 0.1, 10.0
_FEWEST_PROBES = 500
_PROBES_PER_ENTRY = 4
_FLAT = 1e-9

type Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WarpedNormal:
    """A multivariate normal in the coordinates of a warp.

    Parameters
    ----------
    warp : Warp
        The coordinates.
    mean : ndarray [entry]
        Mean of the coordinates.
    cholesky : ndarray [entry, entry]
        Lower triangular factor of their covariances.
    """

    warp: Warp
    mean: NDArray[np.float64]
    cholesky: NDArray[np.float64]

    def at(self, e: Points) -> tuple[Points, NDArray[np.float64]]:
        """Return the vectors that belong to standard normal draws, and the log density of the approximation there.

        Parameters
        ----------
        e : ndarray [sample, entry]
            Standard normal draws.

        Returns
        -------
        tuple of ndarray [sample, entry] and ndarray [sample]
            Unconstrained vectors, and log densities.
        """
        x, slope, _ = self.warp(self.mean + e @ self.cholesky.T)
        volume = np.log(np.diagonal(self.cholesky)).sum() + 0.5 * e.shape[1] * np.log(2.0 * np.pi)
        return x, -0.5 * np.square(e).sum(axis=1) - volume - np.log(slope).sum(axis=1)

    def moved(self, target: Target, rng: np.random.Generator, *, share: float = 1.0) -> WarpedNormal:
        """Return the normal after one step towards the one that is nearest to the posterior.

        The gradient of the log posterior, at draws of the normal, is regressed on the draws. Where the posterior is
        normal the regression is exact and one step arrives. Otherwise it is a step of the fixed point at which mean
        gradient and mean curvature over the normal agree with it, that of least Kullback-Leibler divergence from
        normal to posterior (Opper and Archambeau 2009, eqs. 2.9 and 2.10; by regression, as in Salimans and Knowles
        2013).

        Parameters
        ----------
        target : Target
            Log posterior of the unconstrained vector.
        rng : Generator
            Source of randomness.
        share : float
            How far the covariances move.

        Returns
        -------
        WarpedNormal
            The next one.
        """
        n = max(_FEWEST_PROBES, _PROBES_PER_ENTRY * len(self.mean)) // 2
        half = rng.standard_normal((n, len(self.mean)))
        e = np.concatenate([half, -half])
        x, slope, bend = self.warp(self.mean + e @ self.cholesky.T)
        _, gradients = target.at(x)
        own = (gradients * slope + bend / slope) @ self.cholesky
        known = np.isfinite(own).all(axis=1)
        if known.sum() < 2 * len(self.mean):
            return self
        design = np.column_stack([np.ones(known.sum()), e[known]])
        found = np.linalg.lstsq(design, own[known], rcond=None)[0]
        values, vectors = np.linalg.eigh(-0.5 * (found[1:] + found[1:].T))
        values = np.clip(values, _FLATTEST, _STEEPEST)
        mean = self.mean + self.cholesky @ (vectors @ ((vectors.T @ found[0]) / values))
        narrowed = self.cholesky @ (vectors * values ** (-0.5 * share))
        return replace(self, mean=mean, cholesky=_lower(narrowed))


def laplace(compiled: Compiled, point: Vector, rng: np.random.Generator) -> WarpedNormal:
    """Return the normal approximation around a mode.

    Mean and covariances start from the mode of the unconstrained vector and the curvature there (Tierney and Kadane
    1986), and are then moved, twice, to the mean gradient and curvature over the approximation itself: the mean of a
    skewed posterior is not its mode.

    Parameters
    ----------
    compiled : Compiled
        The model.
    point : ndarray [entry]
        Mode of the full density.
    rng : Generator
        Source of randomness.

    Returns
    -------
    WarpedNormal
        The approximation.

    Raises
    ------
    FitError
        When the curvature at the mode is singular.

    References
    ----------
    Opper, M. and Archambeau, C. (2009). The variational Gaussian approximation revisited. Neural Computation, 21(3),
    786-792.
    Salimans, T. and Knowles, D. A. (2013). Fixed-form variational posterior approximation through stochastic linear
    regression. Bayesian Analysis, 8(4), 837-882.
    Tierney, L. and Kadane, J. B. (1986). Accurate approximations for posterior moments and marginal densities. Journal
    of the American Statistical Association, 81(393), 82-86.
    """
    target = Target(compiled.full_density, compiled.n_dim)
    rows = curvature(target, point)
    values, vectors = np.linalg.eigh(0.5 * (rows + rows.T))
    if not values[0] > _FLAT * values[-1]:
        message = (
            "The curvature at the best mode is singular: the posterior is no normal there, and the classes are not "
            "identified by these data. Use fewer classes, or method='nuts'."
        )
        raise FitError(message)
    root = vectors / np.sqrt(values)
    deviation = np.sqrt(np.square(root).sum(axis=1))
    bent = np.zeros(compiled.n_dim, dtype=bool)
    for part in compiled.parts:
        bent[part.where] = part.transform is not None
    warp = warp_around(point, deviation, bent)
    slope = warp(warp.start[None])[1][0]
    begun = WarpedNormal(warp=warp, mean=warp.start, cholesky=_lower(root / slope[:, None]))
    return begun.moved(target, rng).moved(target, rng, share=0.5)


def _lower(root: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the lower triangular factor of root root'."""
    triangle = np.linalg.qr(root.T, mode="r")
    return np.asarray((triangle * np.where(np.diagonal(triangle) < 0, -1.0, 1.0)[:, None]).T)
