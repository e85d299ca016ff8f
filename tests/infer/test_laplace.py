"""The normal approximation against densities whose answer is known."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import multivariate_normal

import latentclass as lc
from latentclass.infer.ascent import Target, curvature
from latentclass.infer.laplace import WarpedNormal, laplace
from latentclass.infer.warp import warp_around

MEAN = np.array([1.0, -2.0, 0.5])
COVARIANCE = np.array([[2.0, 0.6, 0.1], [0.6, 1.0, -0.3], [0.1, -0.3, 0.5]])
PRECISION = np.linalg.inv(COVARIANCE)


def density(x: np.ndarray) -> tuple[float, np.ndarray]:
    return float(-0.5 * (x - MEAN) @ PRECISION @ (x - MEAN)), -PRECISION @ (x - MEAN)


def compiled(function) -> SimpleNamespace:
    """Return what `laplace` asks of a compiled model of three entries without a simplex."""
    return SimpleNamespace(full_density=function, n_dim=3, parts=())


def covariances(normal: WarpedNormal) -> np.ndarray:
    root = normal.warp.scale[:, None] * normal.cholesky
    return root @ root.T


def test_a_normal_density_is_its_own_approximation() -> None:
    found = laplace(compiled(density), MEAN, np.random.default_rng(1))
    np.testing.assert_allclose(covariances(found), COVARIANCE, rtol=1e-6)
    np.testing.assert_allclose(found.at(np.zeros((1, 3)))[0][0], MEAN, atol=1e-6)
    x, log_density = found.at(np.random.default_rng(2).normal(size=(10, 3)))
    np.testing.assert_allclose(log_density, multivariate_normal(MEAN, COVARIANCE).logpdf(x), atol=1e-6)


def test_one_move_arrives_at_a_normal_density() -> None:
    # From a mean a deviation away, and deviations of half and of twice the size.
    warp = warp_around(MEAN + 1.0, np.array([0.7, 2.0, 1.0]), np.zeros(3, dtype=bool))
    begun = WarpedNormal(warp=warp, mean=np.zeros(3), cholesky=np.eye(3))
    found = begun.moved(Target(density, 3), np.random.default_rng(1))
    np.testing.assert_allclose(covariances(found), COVARIANCE, rtol=1e-8)
    np.testing.assert_allclose(found.at(np.zeros((1, 3)))[0][0], MEAN, atol=1e-8)


def test_the_approximation_is_at_the_mean_of_a_skewed_density() -> None:
    # A log-gamma density, exp(3 u - 3 exp(u)), in every entry: mode 0, mean digamma(3) - log(3) = -0.176. The normal of
    # least divergence has mean m and variance v with exp(m + v / 2) = 1 and 3 exp(m + v / 2) = 1 / v: v = 1 / 3.
    def skewed(u: np.ndarray) -> tuple[float, np.ndarray]:
        return float((3 * u - 3 * np.exp(u)).sum()), 3 - 3 * np.exp(u)

    found = laplace(compiled(skewed), np.zeros(3), np.random.default_rng(1))
    mean = found.at(np.zeros((1, 3)))[0][0]
    # Twice moved, by some hundred probes each: the mean is there to a few hundredths.
    np.testing.assert_allclose(mean, -1 / 6, atol=0.03)
    np.testing.assert_allclose(np.diag(covariances(found)), 1 / 3, atol=0.05)


def test_curvature_of_a_normal_is_its_precision() -> None:
    np.testing.assert_allclose(curvature(Target(density, 3), np.zeros(3)), PRECISION, atol=1e-8)


def test_a_flat_direction_is_no_normal() -> None:
    def ridge(x: np.ndarray) -> tuple[float, np.ndarray]:
        return float(-0.5 * (x[0] ** 2 + x[1] ** 2)), -np.array([x[0], x[1], 0.0])

    with pytest.raises(lc.FitError, match=r"curvature at the best mode is singular.*method='nuts'"):
        laplace(compiled(ridge), np.zeros(3), np.random.default_rng(1))
