"""Transforms that set the average score apart: round trips, Jacobians, and the geometry they are for."""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest
from scipy import stats
from scipy.special import logit

from latentclass.graph.centring import ShiftedStickBreaking, StretchedAverage, shifted_normal
from latentclass.graph.simplex import Blocks, StickBreaking
from tests.graph.evaluation import in_python

SIZES = [(2,), (5,), (3, 3), (2, 5, 3)]


def evaluated(transform, *extra: np.ndarray):
    """Return backward, forward and log-Jacobian as functions of arrays."""
    x = pt.dmatrix() if isinstance(transform, StretchedAverage) else pt.dvector()
    further = [pt.as_tensor(e) for e in extra]
    return tuple(
        in_python([x], method(x, *further)) for method in (transform.backward, transform.forward, transform.log_jac_det)
    )


@pytest.mark.parametrize("sizes", SIZES)
def test_cumulative_logits_are_those_of_the_sticks_plus_the_shift(sizes: tuple[int, ...]) -> None:
    shift = np.random.default_rng(1).normal(scale=1.5, size=len(sizes))
    u = np.random.default_rng(2).normal(scale=2.0, size=sum(sizes) - len(sizes))
    shifted = evaluated(ShiftedStickBreaking(Blocks(sizes)), shift)
    plain = evaluated(StickBreaking(Blocks(sizes)))
    places = np.cumsum(sizes)[:-1]
    for moved, own, by in zip(np.split(shifted[0](u), places), np.split(plain[0](u), places), shift, strict=True):
        np.testing.assert_allclose(moved.sum(), 1.0, rtol=1e-13)
        np.testing.assert_allclose(logit(np.cumsum(moved)[:-1]), logit(np.cumsum(own)[:-1]) + by, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(shifted[1](shifted[0](u)), u, rtol=1e-9, atol=1e-9)


def test_without_a_shift_it_is_stick_breaking() -> None:
    u = np.array([0.3, -1.2, 2.0])
    found = evaluated(ShiftedStickBreaking(Blocks((4,))), np.zeros(1))[0](u)
    np.testing.assert_allclose(found, evaluated(StickBreaking(Blocks((4,))))[0](u), rtol=1e-14)


@pytest.mark.parametrize("sizes", SIZES)
def test_jacobian_of_shifted_sticks_is_that_of_differences(sizes: tuple[int, ...]) -> None:
    shift = np.random.default_rng(3).normal(size=len(sizes))
    backward, _, log_jac_det = evaluated(ShiftedStickBreaking(Blocks(sizes)), shift)
    u, step = np.random.default_rng(4).normal(size=sum(sizes) - len(sizes)), 1e-6
    keep = np.delete(np.arange(sum(sizes)), np.cumsum(sizes) - 1)
    columns = [(backward(u + e) - backward(u - e))[keep] / (2 * step) for e in step * np.eye(len(u))]
    # Differences at this step are good to some 1e-9.
    assert log_jac_det(u) == pytest.approx(np.linalg.slogdet(np.column_stack(columns))[1], rel=1e-7, abs=1e-7)


@pytest.mark.parametrize("ndim_supp", [0, 1])
def test_only_the_average_is_stretched(ndim_supp: int) -> None:
    backward, forward, log_jac_det = evaluated(StretchedAverage(ndim_supp))
    x = np.random.default_rng(5).normal(size=(6, 2))
    score = backward(x)
    np.testing.assert_allclose(score - score.mean(axis=0), x - x.mean(axis=0), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(score.mean(axis=0), 3 * x.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(forward(score), x, rtol=1e-12)
    columns = [(backward(x + e.reshape(6, 2)) - score).ravel() for e in np.eye(12)]
    assert log_jac_det(x).sum() == pytest.approx(np.linalg.slogdet(np.column_stack(columns))[1], rel=1e-10)
    assert log_jac_det(x).shape == ((6,) if ndim_supp else (6, 2))


def test_a_shifted_normal_is_a_normal_whatever_the_shift() -> None:
    shift = np.array([0.5, -2.0, 9.0])
    with pm.Model(coords={"j": range(3)}) as model:
        shifted_normal("mean", 1.5, pt.as_tensor(shift), ("j",))
        drawn = pm.draw(model["mean"], draws=2000, random_seed=1, mode="FAST_COMPILE")
    x = np.array([0.1, 0.2, -0.3])
    density = in_python(model.value_vars, model.logp())(x)
    assert density == pytest.approx(stats.norm(scale=1.5).logpdf(x + shift).sum(), rel=1e-12)
    assert all(stats.kstest(drawn[:, j], stats.norm(scale=1.5).cdf).pvalue > 1e-3 for j in range(3))
