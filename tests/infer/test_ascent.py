"""Climbs against maxima that are known, and against SciPy's."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit

import latentclass as lc
from latentclass.infer import jitted
from latentclass.infer.ascent import ROUGH, Target, maximise
from latentclass.infer.compiled import Part, compile_survey
from latentclass.infer.coordinates import Coordinates
from latentclass.infer.search import Climbs, _climbed_again, search
from latentclass.infer.starts import random_start
from tests.infer.climbing import slope_at


def entries(n: int) -> Coordinates:
    return Coordinates([Part(name="x", where=slice(0, n), shape=(n,), transform=None, searched=True)])


def climbed(density: Callable, start: np.ndarray, **how: object) -> tuple[float, np.ndarray]:
    return maximise(Target(density, len(start)), entries(len(start)), start, **how)


def valley(x: np.ndarray) -> tuple[float, np.ndarray]:
    """Rosenbrock's valley upside down, which bends on the way to its top at 1."""
    up, along = x[1:] - x[:-1] ** 2, 1.0 - x[:-1]
    slope = np.zeros_like(x)
    slope[:-1] = 400.0 * x[:-1] * up + 2.0 * along
    slope[1:] -= 200.0 * up
    return -float((100.0 * up**2 + along**2).sum()), slope


@pytest.mark.parametrize("n", [2, 10, 60])
def test_the_top_of_a_bent_valley_is_found(n: int) -> None:
    # From -1.2 and 1 in turn, as is the custom. Beyond three entries there is a second top near (-1, 1, ..., 1).
    start = np.where(np.arange(n) % 2 == 0, -1.2, 1.0)
    height, x = climbed(valley, start)
    assert np.abs(valley(x)[1]).max() < 1e-4
    assert height == valley(x)[0]
    if n == 2:
        np.testing.assert_allclose(x, 1.0, atol=1e-6)
    assert height > -4.0


def test_a_badly_scaled_normal_density_has_its_mean() -> None:
    # Deviations from 0.003 to 30, all entries correlated.
    rng = np.random.default_rng(3)
    turn = np.linalg.qr(rng.normal(size=(12, 12)))[0]
    precision = turn @ np.diag(np.logspace(-3, 5, 12)) @ turn.T
    mean = rng.normal(scale=3.0, size=12)

    def density(x: np.ndarray) -> tuple[float, np.ndarray]:
        return float(-0.5 * (x - mean) @ precision @ (x - mean)), -precision @ (x - mean)

    height, x = climbed(density, np.zeros(12))
    # Slopes of 1e-5 over a precision of 1e-3 leave a hundredth of a unit.
    np.testing.assert_allclose(x, mean, atol=0.02)
    assert 0 <= -height < 1e-6


def test_a_slope_that_fades_is_followed_until_nothing_is_left() -> None:
    # The log of a probability that has no top, beside one that has its top at a quarter.
    def density(x: np.ndarray) -> tuple[float, np.ndarray]:
        p = expit(x)
        return float(np.log(p[0]) + np.log(p[1]) + 3.0 * np.log1p(-p[1])), np.array([1.0 - p[0], 1.0 - 4.0 * p[1]])

    height, x = climbed(density, np.array([-25.0, 2.0]))
    assert height == pytest.approx(np.log(0.25) + 3.0 * np.log(0.75), abs=2e-5)
    assert 11.0 < x[0] < 60.0
    assert x[1] == pytest.approx(np.log(1 / 3), abs=1e-4)


def test_a_step_into_nowhere_is_shortened() -> None:
    # Not finite from 2 on, which the first steps from far away overshoot.
    def density(x: np.ndarray) -> tuple[float, np.ndarray]:
        with np.errstate(invalid="ignore", divide="ignore"):
            return float(np.log(2.0 - x).sum() + 40.0 * x.sum()), 40.0 - 1.0 / (2.0 - x)

    _, x = climbed(density, np.array([-20.0, 0.0, 1.0]))
    np.testing.assert_allclose(x, 2.0 - 1.0 / 40.0, atol=1e-6)


def test_a_start_that_is_not_finite_stays() -> None:
    height, x = climbed(lambda x: (np.nan, np.full(2, np.nan)), np.array([0.5, -0.5]))
    assert height == -np.inf
    assert x.tolist() == [0.5, -0.5]


@pytest.mark.parametrize("raised", [ValueError, KeyboardInterrupt])
def test_an_exception_ends_a_climb(raised: type[BaseException]) -> None:
    calls = []

    def density(x: np.ndarray) -> tuple[float, np.ndarray]:
        calls.append(x)
        if len(calls) == 3:
            raise raised("lost on the way")
        return valley(x)

    with pytest.raises(raised, match="lost on the way"):
        climbed(density, np.zeros(5))
    assert len(calls) == 3


def test_points_are_those_of_the_density_in_order() -> None:
    points = np.random.default_rng(1).normal(size=(7, 4))
    values, gradients = Target(valley, 4).at(points)
    assert values.tolist() == [valley(point)[0] for point in points]
    assert gradients.tolist() == [valley(point)[1].tolist() for point in points]


@pytest.fixture(scope="module")
def survey() -> lc.Survey:
    data = lc.datasets.plain_survey(n=150, n_items=5, n_levels=3, n_classes=3, n_covariates=2, seed=5)
    return lc.read_survey(data.model, data.frame)


def test_compiled_densities_are_climbed_as_high_as_by_scipy(survey: lc.Survey) -> None:
    compiled = compile_survey(survey)
    climbs = Climbs(compiled)
    coordinates = Coordinates([part for part in compiled.parts if part.searched])
    for seed in range(6):
        start = random_start(compiled, survey, np.random.default_rng(seed))
        # Where a probability is at zero all slopes are too: such ends are left by climbing again from inside.
        height, x = _climbed_again(climbs, climbs.one(start, stop=ROUGH))
        z = coordinates.from_x(x)
        value, slope = slope_at(climbs.target, coordinates, z, x)
        assert value == pytest.approx(height, abs=1e-9)
        # SciPy finds nothing more from where the climb ended: a probability on its way to zero leaves about its slope.
        more = minimize(
            lambda z, x: tuple(-np.asarray(part) for part in slope_at(climbs.target, coordinates, z, x)),
            z,
            args=(x,),
            jac=True,
            method="L-BFGS-B",
            options={"ftol": 1e-14, "gtol": 1e-7},
        )
        assert -more.fun - height < len(z) * 1e-5
        # A climb ends when steps gain nothing, which on the way of a probability to zero is at slopes up to 1e-3 or so.
        assert np.abs(slope).max() < 5e-3


def test_a_rough_climb_ends_sooner_and_near(survey: lc.Survey) -> None:
    compiled = compile_survey(survey)
    calls: list[int] = []

    def counted(x: np.ndarray) -> tuple[float, np.ndarray]:
        calls.append(1)
        return compiled.class_density(x)

    target, coordinates = Target(counted, compiled.n_dim), Coordinates(compiled.parts)
    start = random_start(compiled, survey, np.random.default_rng(0))
    heights, costs = [], []
    for how in ({}, {"stop": ROUGH}):
        calls.clear()
        heights.append(maximise(target, coordinates, start, **how)[0])
        costs.append(len(calls))
    assert costs[1] < costs[0]
    assert 0 <= heights[0] - heights[1] < 0.1


def test_side_by_side_in_parts_and_through_python_are_the_same_modes(
    survey: lc.Survey, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = search(compile_survey(survey), survey, n_starts=8, seed=1, progressbar=False)
    assert Climbs(compile_survey(survey)).target.side_by_side
    monkeypatch.setattr(jitted, "_PART", 20)
    assert not Climbs(compile_survey(survey)).target.side_by_side
    in_parts = search(compile_survey(survey), survey, n_starts=8, seed=1, progressbar=False)
    assert [mode.hits for mode in together] == [mode.hits for mode in in_parts]
    for one, other in zip(together, in_parts, strict=True):
        # Sums in another order: the last digits of a density of some hundred differ, and with them where a climb ends.
        assert one.log_posterior == pytest.approx(other.log_posterior, abs=1e-5)


def test_the_same_seed_gives_the_same_bits(survey: lc.Survey) -> None:
    first, again = (search(compile_survey(survey), survey, n_starts=6, seed=2, progressbar=False) for _ in range(2))
    assert [mode.log_posterior for mode in first] == [mode.log_posterior for mode in again]
    assert [mode.x.tolist() for mode in first] == [mode.x.tolist() for mode in again]
