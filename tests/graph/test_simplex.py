"""Stick-breaking: round trips, Jacobians, and the Dirichlet it stands for in any order of breaking."""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.special import expit, logit

from latentclass.graph.simplex import Blocks, StickBreaking, dirichlet_blocks
from tests.graph.evaluation import IN_PYTHON, in_python

SIZES = [(2,), (4,), (3, 3), (2, 5, 3), (6, 2, 2, 4)]


def ranks(sizes: tuple[int, ...], rows: int, seed: int = 0) -> np.ndarray:
    """Return an order of breaking of every row: every simplex permuted within itself."""
    rng, starts = np.random.default_rng(seed), Blocks(sizes).offsets
    return np.stack(
        [np.concatenate([s + rng.permutation(n) for s, n in zip(starts, sizes, strict=True)]) for _ in range(rows)]
    )


class Evaluated:
    """The transform of rows of simplexes as functions of arrays."""

    def __init__(self, sizes: tuple[int, ...], rank: np.ndarray | None) -> None:
        transform = StickBreaking(Blocks(sizes), ranked=rank is not None)
        extra = () if rank is None else (pt.as_tensor(rank),)
        x = pt.dmatrix()
        self.backward, self.forward, self.log_jac_det = (
            in_python([x], method(x, *extra))
            for method in (transform.backward, transform.forward, transform.log_jac_det)
        )


def split(row: np.ndarray, sizes: tuple[int, ...]) -> list[np.ndarray]:
    return np.split(row, np.cumsum(sizes)[:-1], axis=-1)


def all_but_one(rows: np.ndarray, sizes: tuple[int, ...]) -> np.ndarray:
    """Return the levels that a density on the simplexes is one of: all but the last of each."""
    return np.concatenate([part[..., :-1] for part in split(rows, sizes)], axis=-1)


@pytest.mark.parametrize("ranked", [False, True])
@pytest.mark.parametrize("sizes", SIZES)
def test_round_trip(sizes: tuple[int, ...], ranked: bool) -> None:
    evaluated = Evaluated(sizes, ranks(sizes, 4) if ranked else None)
    u = np.random.default_rng(1).normal(scale=3.0, size=(4, sum(sizes) - len(sizes)))
    p = evaluated.backward(u)
    for part in split(p, sizes):
        np.testing.assert_allclose(part.sum(axis=-1), 1.0, rtol=1e-14)
        assert (part > 0).all()
    np.testing.assert_allclose(evaluated.forward(p), u, rtol=1e-10, atol=1e-10)


def test_extreme_probabilities_keep_their_digits() -> None:
    evaluated = Evaluated((3,), ranks((3,), 1))
    p = np.array([[1e-12, 1 - 3e-12, 2e-12]])
    np.testing.assert_allclose(evaluated.backward(evaluated.forward(p)), p, rtol=1e-12)


@pytest.mark.parametrize("ranked", [False, True])
@pytest.mark.parametrize("sizes", SIZES)
def test_jacobian_is_that_of_differences(sizes: tuple[int, ...], ranked: bool) -> None:
    rank = ranks(sizes, 2, seed=3) if ranked else None
    evaluated = Evaluated(sizes, rank)
    u = np.random.default_rng(2).normal(size=(2, sum(sizes) - len(sizes)))
    step, found = 1e-6, evaluated.log_jac_det(u)
    columns = []
    for entry in np.eye(u.shape[1]) * step:
        ends = [all_but_one(evaluated.backward(u + move * entry), sizes) for move in (1, -1)]
        columns.append((ends[0] - ends[1]) / (2 * step))
    wanted = np.linalg.slogdet(np.stack(columns, axis=-1))[1]
    np.testing.assert_allclose(found, wanted, rtol=1e-7, atol=1e-7)


@settings(max_examples=25, deadline=None, derandomize=True, database=None)
@given(st.lists(st.integers(2, 6), min_size=1, max_size=4), st.integers(0, 1000))
def test_any_order_gives_the_same_density(counts: list[int], seed: int) -> None:
    """The Jacobian at given probabilities is their product, whatever is broken off first."""
    sizes = tuple(counts)
    rng = np.random.default_rng(seed)
    p = np.concatenate([rng.dirichlet(np.ones(size), size=2) for size in sizes], axis=1)
    evaluated = Evaluated(sizes, ranks(sizes, 2, seed))
    found = evaluated.log_jac_det(evaluated.forward(p))
    np.testing.assert_allclose(found, np.log(p).sum(axis=1), rtol=1e-10)


def test_the_first_level_broken_off_is_the_first_in_rank() -> None:
    rank = np.array([[2, 0, 1]])
    u = Evaluated((3,), rank).forward(np.array([[0.2, 0.5, 0.3]]))
    np.testing.assert_allclose(u, [[logit(0.5), logit(0.3 / 0.5)]], rtol=1e-12)


@pytest.mark.parametrize("concentration", [0.6, 1.0, 3.0])
def test_beta_sticks_in_any_order_make_a_dirichlet(concentration: float) -> None:
    """Connor and Mosimann (1969): every level is Beta(a, (C - 1) a), any two have the covariance of the Dirichlet."""
    n, levels = 4000, 4
    rng = np.random.default_rng(8)
    later = concentration * np.arange(levels - 1, 0, -1)
    u = logit(np.clip(rng.beta(concentration, later, size=(n, levels - 1)), 1e-12, 1 - 1e-12))
    p = Evaluated((levels,), np.tile([2, 0, 3, 1], (n, 1))).backward(u)
    beta = stats.beta(concentration, concentration * (levels - 1))
    for level in range(levels):
        assert stats.kstest(p[:, level], beta.cdf).pvalue > 1e-3
    exact = stats.dirichlet(np.full(levels, concentration)).cov()
    # A covariance of n draws has about the relative error sqrt(8 / n); five of them.
    np.testing.assert_allclose(np.cov(p.T), exact, atol=5 * np.sqrt(8 / n) * exact.max())


def row_model(sizes: tuple[int, ...], concentration: float) -> pm.Model:
    coords = {"class": range(2), "item_level": range(sum(sizes))}
    with pm.Model(coords=coords) as model:
        rank = pm.Data("rank", ranks(sizes, 2, seed=4), dims=("class", "item_level"))
        blocks = Blocks(sizes)
        ranked = StickBreaking(blocks, ranked=True)
        row_dims = ("class", "item_level")
        dirichlet_blocks("probability", blocks, concentration, row_dims, lead=(2,), transform=ranked, extra=rank)
    return model


@pytest.mark.parametrize("concentration", [0.6, 1.0, 3.0])
@pytest.mark.parametrize("sizes", [(4,), (2, 5, 3)])
def test_density_is_that_of_dirichlets_and_the_jacobian(sizes: tuple[int, ...], concentration: float) -> None:
    model = row_model(sizes, concentration)
    u = np.random.default_rng(3).normal(size=(2, sum(sizes) - len(sizes)))
    x = model.value_vars[0]
    (p,) = in_python([x], [model.rvs_to_transforms[model["probability"]].backward(x, model["rank"])])(u)
    wanted = np.zeros(2)
    for part in split(p, sizes):
        density = stats.dirichlet(np.full(part.shape[1], concentration))
        wanted += [density.logpdf(row / row.sum()) for row in part]
    found = in_python([x], [*model.logp(sum=False, jacobian=False), *model.logp(sum=False)])(u)
    np.testing.assert_allclose(found[0], wanted, rtol=1e-10)
    np.testing.assert_allclose(found[1], wanted + np.log(p).sum(axis=1), rtol=1e-10)


def test_prior_draws_are_dirichlet() -> None:
    sizes, n = (2, 4), 2000
    model = row_model(sizes, 1.5)
    with model:
        draws = pm.draw(model["probability"], draws=n, random_seed=1, mode=IN_PYTHON)
    for part in split(draws, sizes):
        np.testing.assert_allclose(part.sum(axis=-1), 1.0, rtol=1e-12)
        beta = stats.beta(1.5, 1.5 * (part.shape[-1] - 1))
        assert stats.kstest(part[:, 1, 0], beta.cdf).pvalue > 1e-3
    # The classes are drawn one by one: no correlation beyond five standard errors.
    assert abs(np.corrcoef(draws[:, 0, 0], draws[:, 1, 0])[0, 1]) < 5 / np.sqrt(n)


def test_the_initial_point_gives_every_level_the_same_probability() -> None:
    sizes = (2, 5)
    model = row_model(sizes, 1.0)
    u = model.initial_point(0)["probability_stickbreaking__"]
    p = Evaluated(sizes, ranks(sizes, 2, seed=4)).backward(u)
    np.testing.assert_allclose(p, [[0.5] * 2 + [0.2] * 5] * 2, rtol=1e-12)


def test_a_stick_is_broken_by_its_log_odds() -> None:
    np.testing.assert_allclose(Evaluated((2,), None).backward(np.array([[0.7]])), [[expit(0.7), expit(-0.7)]])
