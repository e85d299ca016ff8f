"""Pathfinder against dense linear algebra and a normal density whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from latentclass.infer.ascent import Target
from latentclass.infer.pathfinder import (
    LowRankNormal,
    best_of_way,
    inverse_hessians,
    mixture_log_density,
    way,
)

N_DIM = 8


def normal_density(seed: int = 0):
    """Return mean, precision, and the log density of a normal with its gradient."""
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(N_DIM, N_DIM))
    mean, precision = rng.normal(size=N_DIM), root @ root.T / N_DIM + np.eye(N_DIM)
    return mean, precision, lambda x: (-0.5 * (x - mean) @ precision @ (x - mean), -precision @ (x - mean))


def covariances(normal: LowRankNormal) -> np.ndarray:
    identity = np.eye(len(normal.mean))
    root = normal.scale[:, None] * (normal.basis @ (normal.cholesky - np.eye(len(normal.cholesky))) @ normal.basis.T)
    root = root + normal.scale[:, None] * identity
    return root @ root.T


def test_inverse_hessians_are_those_of_the_recursion() -> None:
    # The recursion of L-BFGS written out with full matrices (Nocedal and Wright 2006, eq. 7.16), from the diagonal of
    # Gilbert and Lemarechal that makes every step shrink to what the gradient says of it.
    _, _, density = normal_density()
    points, gradients = way(Target(density, N_DIM), 3 * np.random.default_rng(1).normal(size=N_DIM))
    steps, changes = np.diff(points, axis=0), np.diff(gradients, axis=0)
    diagonal = np.ones(N_DIM)
    for s, y in zip(steps, changes, strict=True):
        a, b, c = y @ (diagonal * y), y @ s, s @ (s / diagonal)
        diagonal = 1 / (a / (b * diagonal) + y**2 / b - a * (s / diagonal) ** 2 / (b * c))
    dense = np.diag(diagonal)
    for s, y in list(zip(steps, changes, strict=True))[-6:]:
        rho = 1 / (s @ y)
        left = np.eye(N_DIM) - rho * np.outer(s, y)
        dense = left @ dense @ left.T + rho * np.outer(s, s)
    found = inverse_hessians(points, gradients)[-1]
    np.testing.assert_allclose(covariances(found), dense, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found.mean, points[-1] - dense @ gradients[-1], atol=1e-9)


def test_draws_and_density_are_those_of_the_covariances() -> None:
    _, _, density = normal_density()
    found = inverse_hessians(*way(Target(density, N_DIM), np.full(N_DIM, 2.0)))[3]
    dense = multivariate_normal(found.mean, covariances(found))
    points = found.at(np.random.default_rng(2).normal(size=(20000, N_DIM)))
    np.testing.assert_allclose(found.log_density(points[:50]), dense.logpdf(points[:50]), atol=1e-9)
    deviation = np.sqrt(np.diag(dense.cov))
    np.testing.assert_allclose(points.mean(axis=0), found.mean, atol=4 * deviation.max() / np.sqrt(20000))
    np.testing.assert_allclose(
        np.cov(points.T) / np.outer(deviation, deviation), dense.cov / np.outer(deviation, deviation), atol=0.04
    )


def test_a_mixture_has_the_mean_of_the_densities() -> None:
    _, _, density = normal_density()
    both = inverse_hessians(*way(Target(density, N_DIM), np.full(N_DIM, 2.0)))[-2:]
    points = np.random.default_rng(2).normal(size=(5, N_DIM))
    wanted = np.mean([np.exp(normal.log_density(points)) for normal in both], axis=0)
    np.testing.assert_allclose(np.exp(mixture_log_density(both, points)), wanted)


def test_the_best_of_a_way_to_a_normal_is_near_it() -> None:
    mean, precision, density = normal_density()
    found = best_of_way(Target(density, N_DIM), 3 * np.ones(N_DIM), np.random.default_rng(1))
    assert found is not None
    np.testing.assert_allclose(found.mean, mean, atol=1e-2)
    # The divergence of Kullback and Leibler from it: 0 for the normal itself, 1.4 for unit deviations.
    # Six pairs do not tell eight dimensions apart, but most of them.
    product = covariances(found) @ precision
    assert 0.5 * (np.trace(product) - N_DIM - np.linalg.slogdet(product)[1]) < 0.8


@pytest.mark.parametrize("slope", [1.0, np.nan])
def test_a_way_that_leads_nowhere_has_no_normal(slope: float) -> None:
    # A density that rises for ever has no curvature to learn from.
    target = Target(lambda x: (slope * x.sum(), np.full(3, slope)), 3)
    assert best_of_way(target, np.zeros(3), np.random.default_rng(1)) is None
