"""Pathfinder: normal approximations along the way of an optimiser to a mode, the best of each way kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from scipy.optimize import minimize
from scipy.special import logsumexp

from latentclass.errors import FitError
from latentclass.infer.ascent import Target
from latentclass.infer.compiled import Compiled, Vector

__all__ = ["LowRankNormal", "best_of_way", "inverse_hessians", "mixture_log_density", "pathfinder", "way"]

# Of the L-BFGS recursion, and of the lower bound at each point of a way.
_HISTORY = 6
_DRAWS_PER_BOUND = 10
_CURVED = 1e-12
_OPTIONS = {"maxiter": 1000, "maxcor": _HISTORY, "ftol": 1e-10, "gtol": 1e-4}
# A way of many points is looked at in so many places, evenly.
_MOST_BOUNDS = 100

type Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LowRankNormal:
    """A multivariate normal whose covariances are a diagonal matrix and one of low rank.

    With D the diagonal of deviations and Q of orthonormal columns, a root of the covariances is
    ``D (Q L Q' + I - Q Q')``.

    Parameters
    ----------
    mean : ndarray [entry]
        Its mean.
    scale : ndarray [entry]
        D.
    basis : ndarray [entry, column]
        Q.
    cholesky : ndarray [column, column]
        L, lower triangular.
    """

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    basis: NDArray[np.float64]
    cholesky: NDArray[np.float64]

    def at(self, e: Points) -> Points:
        """Return the vectors that belong to standard normal draws.

        Parameters
        ----------
        e : ndarray [sample, entry]
            Standard normal draws.

        Returns
        -------
        ndarray [sample, entry]
            Draws of this normal.
        """
        inside = e @ self.basis
        return self.mean + self.scale * (e + (inside @ self.cholesky.T - inside) @ self.basis.T)

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
        v = (points - self.mean) / self.scale
        inside = v @ self.basis
        moved = solve_triangular(self.cholesky, inside.T, lower=True).T
        square = np.square(v).sum(axis=1) - np.square(inside).sum(axis=1) + np.square(moved).sum(axis=1)
        volume = np.log(self.scale).sum() + np.log(np.diagonal(self.cholesky)).sum()
        return np.asarray(-0.5 * square - volume - 0.5 * len(self.mean) * np.log(2.0 * np.pi))


def pathfinder(compiled: Compiled, starts: Sequence[Vector], rng: np.random.Generator) -> list[LowRankNormal]:
    """Return the best normal approximation along the way of L-BFGS from every start.

    At every point of a way, its recent steps and changes of the gradient give an estimate of the inverse Hessian, and
    with it a normal around the point to which a Newton step leads. Kept is the one with the highest evidence lower
    bound, the mean of log posterior less log normal density over draws of the normal (Zhang et al. 2022, algorithms 1
    to 4).

    Parameters
    ----------
    compiled : Compiled
        The model.
    starts : sequence of ndarray [entry]
        Where the ways begin.
    rng : Generator
        Source of randomness.

    Returns
    -------
    list of LowRankNormal
        One for each way that had one.

    Raises
    ------
    FitError
        When no way had one.

    References
    ----------
    Zhang, L., Carpenter, B., Gelman, A. and Vehtari, A. (2022). Pathfinder: parallel quasi-Newton variational
    inference. Journal of Machine Learning Research, 23(306), 1-49.
    """
    target = Target(compiled.full_density, compiled.n_dim)
    found = [best_of_way(target, start, rng) for start in starts]
    known = [normal for normal in found if normal is not None]
    if not known:
        message = (
            f"Pathfinder found no normal approximation along any of {len(starts)} ways to a mode: the posterior is not "
            "curved like one. Use method='nuts', or tighter priors."
        )
        raise FitError(message)
    return known


def mixture_log_density(normals: Sequence[LowRankNormal], points: Points) -> NDArray[np.float64]:
    """Return the log density of the mixture of normals with equal shares.

    Parameters
    ----------
    normals : sequence of LowRankNormal
        The normals.
    points : ndarray [sample, entry]
        Where.

    Returns
    -------
    ndarray [sample]
        Log densities, normalised.
    """
    logs = np.stack([normal.log_density(points) for normal in normals])
    return np.asarray(logsumexp(logs, axis=0) - np.log(len(normals)))


def best_of_way(target: Target, start: Vector, rng: np.random.Generator) -> LowRankNormal | None:
    """Return the normal along one way that has the highest evidence lower bound.

    Parameters
    ----------
    target : Target
        The density.
    start : ndarray [entry]
        Where the way begins.
    rng : Generator
        Source of randomness.

    Returns
    -------
    LowRankNormal or None
        None where no point of the way has one.
    """
    found = inverse_hessians(*way(target, start))
    if not found:
        return None
    places = np.unique(np.linspace(0, len(found) - 1, _MOST_BOUNDS).astype(int))
    normals = [found[place] for place in places]
    x = np.concatenate([normal.at(rng.standard_normal((_DRAWS_PER_BOUND, len(start)))) for normal in normals])
    log_posterior = target.at(x)[0].reshape(len(normals), -1)
    blocks = np.split(x, len(normals))
    log_normal = np.stack([normal.log_density(block) for normal, block in zip(normals, blocks, strict=True)])
    bounds = (log_posterior - log_normal).mean(axis=1)
    bounds = np.where(np.isfinite(bounds), bounds, -np.inf)
    return normals[int(bounds.argmax())] if np.isfinite(bounds.max()) else None


def way(target: Target, start: Vector) -> tuple[Points, Points]:
    """Return the points that L-BFGS comes by, and the gradients there.

    Parameters
    ----------
    target : Target
        The density.
    start : ndarray [entry]
        Where the way begins.

    Returns
    -------
    tuple of ndarray [point, entry]
        Points, and gradients of the negative log density.
    """

    def negative(x: Vector) -> tuple[float, Vector]:
        values, gradients = target.at(x[None])
        return -float(values[0]), -gradients[0]

    points = [start.copy()]

    def note(x: Vector) -> None:
        points.append(np.array(x))

    minimize(negative, start, jac=True, method="L-BFGS-B", options=_OPTIONS, callback=note)
    return np.stack(points), np.stack([negative(x)[1] for x in points])


def inverse_hessians(points: Points, gradients: Points) -> list[LowRankNormal]:
    """Return the normals that belong to the points of a way.

    Parameters
    ----------
    points : ndarray [point, entry]
        The way.
    gradients : ndarray [point, entry]
        Gradients of the negative log density there.

    Returns
    -------
    list of LowRankNormal
        One for every point after the first at which the estimate is positive definite.

    Examples
    --------
    A normal density is found exactly from steps along its axes.

    >>> points = np.array([[2.0, 1.0], [3.0, 1.0], [3.0, 1.5]])
    >>> found = inverse_hessians(points, points / [4.0, 0.25])[-1]
    >>> found.mean.round(6) + 0.0
    array([0., 0.])
    """
    scale = np.ones(points.shape[1])
    steps: list[Vector] = []
    changes: list[Vector] = []
    found = []
    for before, (point, gradient) in enumerate(zip(points[1:], gradients[1:], strict=True)):
        step, change = point - points[before], gradient - gradients[before]
        if step @ change > _CURVED * (change @ change):
            scale = _diagonal(scale, step, change)
            steps, changes = [*steps, step][-_HISTORY:], [*changes, change][-_HISTORY:]
        normal = _normal(point, gradient, scale, steps, changes) if steps else None
        if normal is not None:
            found.append(normal)
    return found


def _diagonal(scale: Vector, step: Vector, change: Vector) -> Vector:
    """Return the diagonal of the inverse Hessian after a step (Gilbert and Lemarechal 1989; Zhang et al., eq. 2)."""
    a = change @ (scale * change)
    b = change @ step
    c = step @ (step / scale)
    return np.asarray(1.0 / (a / (b * scale) + np.square(change) / b - a * np.square(step / scale) / (b * c)))


def _normal(
    point: Vector, gradient: Vector, diagonal: Vector, steps: list[Vector], changes: list[Vector]
) -> LowRankNormal | None:
    """Return the normal of the L-BFGS inverse Hessian ``diag + B C B'`` (Byrd, Nocedal and Schnabel 1994, eq. 3.1)."""
    if not (np.isfinite(diagonal).all() and diagonal.min() > 0):
        return None
    s, y = np.stack(steps, axis=1), np.stack(changes, axis=1)
    upper = np.triu(s.T @ y)
    inverse = np.linalg.inv(upper)
    n = len(steps)
    middle = inverse.T @ (np.diag(np.diagonal(upper)) + y.T @ (diagonal[:, None] * y)) @ inverse
    core = np.block([[np.zeros((n, n)), -inverse], [-inverse.T, middle]])
    root = np.sqrt(diagonal)
    factor = np.hstack([diagonal[:, None] * y, s])
    basis, triangle = np.linalg.qr(factor / root[:, None])
    try:
        cholesky = np.linalg.cholesky(np.eye(len(triangle)) + triangle @ core @ triangle.T)
    except np.linalg.LinAlgError:
        return None
    mean = point - (diagonal * gradient + factor @ (core @ (factor.T @ gradient)))
    return LowRankNormal(mean=mean, scale=root, basis=basis, cholesky=cholesky)
