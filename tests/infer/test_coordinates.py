"""Coordinates of the search on a density written in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, softmax

from latentclass.graph.simplex import Blocks, StickBreaking
from latentclass.infer.ascent import Target
from latentclass.infer.compiled import Part
from latentclass.infer.coordinates import Coordinates
from tests.graph.evaluation import central_differences
from tests.infer.climbing import slope_at

SIZES = (2, 4, 3)
N_CLASSES, N_CELLS, N_STICKS = 3, 9, 6


def probabilities(u: np.ndarray) -> np.ndarray:
    """Break sticks one by one, row by row."""
    found = np.empty((*u.shape[:-1], N_CELLS))
    for row in np.ndindex(*u.shape[:-1]):
        cell = stick = 0
        for size in SIZES:
            left = 1.0
            for _ in range(size - 1):
                found[(*row, cell)] = left * expit(u[(*row, stick)])
                left *= expit(-u[(*row, stick)])
                cell, stick = cell + 1, stick + 1
            found[(*row, cell)] = left
            cell += 1
    return found


def log_likelihood(x: np.ndarray) -> float:
    """A likelihood of the parameters: any smooth function of shares and probabilities would do."""
    counts = np.random.default_rng(0).integers(1, 20, size=(5, N_CELLS))
    weights = softmax(np.append(x[:2], 0.0))
    joint = weights * np.exp(0.1 * counts @ np.log(probabilities(x[2 : 2 + N_CLASSES * N_STICKS].reshape(3, -1))).T)
    return float(np.log(joint.sum(axis=1)).sum())


def log_posterior(x: np.ndarray) -> float:
    """The same under flat priors, as a density of the unconstrained vector: times the product of the probabilities."""
    return log_likelihood(x) + np.log(probabilities(x[2 : 2 + N_CLASSES * N_STICKS].reshape(3, -1))).sum()


END = 2 + N_CLASSES * N_STICKS
PARTS = (
    Part(name="intercept", where=slice(0, 2), shape=(2,), transform=None, searched=True),
    Part(
        name="probability",
        where=slice(2, END),
        shape=(N_CLASSES, N_STICKS),
        transform=StickBreaking(Blocks(SIZES), ranked=True),
        searched=True,
    ),
)
# Four entries that are not searched follow.
N_DIM = END + 4


@pytest.fixture(scope="module")
def target() -> Target:
    return Target(lambda x: (log_posterior(x), central_differences(log_posterior, x)), N_DIM)


@pytest.fixture(scope="module")
def coordinates() -> Coordinates:
    return Coordinates(PARTS)


@pytest.fixture
def x() -> np.ndarray:
    return np.random.default_rng(1).normal(scale=1.5, size=N_DIM)


def test_round_trip(coordinates: Coordinates, x: np.ndarray) -> None:
    z = coordinates.from_x(x)
    assert z.shape == (2 + N_CLASSES * N_CELLS,)
    other = np.full_like(x, 7.0)
    back = coordinates.to_x(z, other)
    # What is not searched is lent by the other vector, which stays as it is.
    np.testing.assert_allclose(back[:-4], x[:-4], rtol=1e-10)
    assert back[-4:].tolist() == [7.0] * 4
    assert (other == 7.0).all()


def test_coordinates_are_logits_of_the_levels(coordinates: Coordinates, x: np.ndarray) -> None:
    z = coordinates.from_x(x)
    np.testing.assert_allclose(z[:2], x[:2])
    np.testing.assert_allclose(np.exp(z[2:]).reshape(3, -1), probabilities(x[2:-4].reshape(3, -1)), rtol=1e-10)


def test_a_constant_added_to_the_logits_of_a_simplex_changes_nothing(coordinates: Coordinates, x: np.ndarray) -> None:
    z = coordinates.from_x(x)
    moved = z.copy()
    moved[2 + 2 : 2 + 6] += 5.0
    np.testing.assert_allclose(coordinates.to_x(moved, x), x, rtol=1e-9)


def test_a_floor_lifts_what_is_below(coordinates: Coordinates, x: np.ndarray) -> None:
    x = x.copy()
    x[2] = -25.0
    assert np.exp(coordinates.from_x(x))[2] == pytest.approx(expit(-25.0), rel=1e-9)
    lifted = np.exp(coordinates.from_x(x, 1e-3))
    assert lifted[2] == pytest.approx(1e-3, rel=1e-12)
    again = probabilities(coordinates.to_x(coordinates.from_x(x, 1e-3), x)[2:-4].reshape(3, -1))
    assert again[0, 0] == pytest.approx(1e-3 / (1e-3 + expit(25.0)), rel=1e-9)


def test_without_logits_coordinates_are_the_entries(x: np.ndarray) -> None:
    plain = Coordinates(PARTS, logits=False)
    assert plain.from_x(x).tolist() == x[:END].tolist()
    assert plain.to_x(x[:END] + 1.0, x).tolist() == [*(x[:END] + 1.0), *x[END:]]


def test_density_is_the_log_likelihood_under_flat_priors(
    coordinates: Coordinates, target: Target, x: np.ndarray
) -> None:
    found, _ = slope_at(target, coordinates, coordinates.from_x(x), x)
    assert found == pytest.approx(log_likelihood(x), rel=1e-10)


def test_density_has_the_gradient_by_the_coordinates(coordinates: Coordinates, target: Target, x: np.ndarray) -> None:
    z = coordinates.from_x(x) + np.random.default_rng(2).normal(scale=0.3, size=2 + N_CLASSES * N_CELLS)
    value, gradient = slope_at(target, coordinates, z, x)
    assert value == pytest.approx(log_likelihood(coordinates.to_x(z, x)), rel=1e-10)
    differences = central_differences(lambda moved: slope_at(target, coordinates, moved, x)[0], z)
    np.testing.assert_allclose(gradient, differences, rtol=1e-5, atol=1e-6)
    # Along the constants of every simplex there is no slope.
    rows = gradient[2:].reshape(3, -1)
    for part in np.split(rows, np.cumsum(SIZES)[:-1], axis=1):
        np.testing.assert_allclose(part.sum(axis=1), 0, atol=1e-9)


def test_logits_at_the_bounds_keep_their_digits(coordinates: Coordinates, x: np.ndarray) -> None:
    z = coordinates.from_x(x)
    z[4:8] = -30.0, 30.0, -30.0, -29.0
    own = coordinates.to_x(z, x)[3:6]
    # Log-odds against what is left: the second level of four towers over all, the last two are left beside.
    np.testing.assert_allclose(own, [-60.0, 59.0 - np.log1p(np.exp(-1.0)), -1.0], rtol=1e-14)
