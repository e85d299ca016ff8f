"""Scores given indicators: points and weights against quadrature and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import norm

from latentclass.posterior.indicators import IndicatorDraws
from latentclass.posterior.scores import StandardDraws, indicator_sites, weighted_scores

CODES = np.array([[0, 2], [1, -1], [-1, -1], [2, 0]])
VALUES = np.array([[0.5], [np.nan], [np.nan], [-3.0]])
CORRELATION = np.array([[[1.0, 0.6], [0.6, 1.0]], [[1.0, -0.3], [-0.3, 1.0]]])
PRECISION = np.linalg.inv(CORRELATION)
AXIS = np.linspace(-6, 6, 481)
GRID = np.stack(np.meshgrid(AXIS, AXIS, indexing="ij"), axis=-1).reshape(-1, 2)


def measurement() -> IndicatorDraws:
    """Two Likert indicators of three levels and a continuous one, on two constructs; two draws."""
    inner = np.array([[-1.0, 0.5], [-0.2, 2.0]])
    end = np.full((2, 1), np.inf)
    return IndicatorDraws(
        loading=np.array([[1.2, -0.8, 0.9], [6.0, 9.0, -2.0]]),
        likert=np.array([0, 1]),
        continuous=np.array([2]),
        constructs=np.array([0, 1, 1]),
        thresholds=np.hstack([-end, inner, end, -end, inner + 0.3, end]),
        first=np.array([0, 4]),
        mean=np.array([[0.1], [-0.2]]),
        sd=np.array([[0.7], [0.4]]),
    )


def density(draw: int, row: int) -> np.ndarray:
    """Probability of each point of the grid given the answers of one respondent, written out."""
    one = measurement()
    total = np.exp(-0.5 * np.einsum("gi,ij,gj->g", GRID, PRECISION[draw], GRID))
    for j in range(2):
        if CODES[row, j] >= 0:
            ends = one.thresholds[draw, 4 * j : 4 * j + 4] - one.loading[draw, j] * GRID[:, [j]]
            total *= np.diff(expit(ends), axis=1)[:, CODES[row, j]]
    if not np.isnan(VALUES[row, 0]):
        location = one.mean[draw, 0] + one.loading[draw, 2] * GRID[:, 1]
        total *= norm.pdf(VALUES[row, 0], location, one.sd[draw, 0])
    return total / total.sum()


@pytest.mark.parametrize("draw", [0, 1])
@pytest.mark.parametrize("row", range(4))
def test_points_have_the_moments_of_the_posterior(draw: int, row: int) -> None:
    standard = StandardDraws.make(np.random.default_rng(0), 2, 40_000, 2)
    found = weighted_scores(measurement(), PRECISION, CODES, VALUES, standard)
    weight = density(draw, row)
    mean = weight @ GRID
    sd = np.sqrt(weight @ (GRID - mean) ** 2)
    points, own = found.score[draw, row], found.weight[draw, row]
    assert own.sum() == pytest.approx(1)
    # At least 1 in 5 of 40 000 points counts, so standard errors are below sd / 90.
    assert 1 / np.square(own).sum() > 8_000
    np.testing.assert_allclose(own @ points, mean, atol=4 * sd.max() / 90)
    np.testing.assert_allclose(np.sqrt(own @ (points - mean) ** 2), sd, rtol=0.05)


def test_sites_of_likert_indicators_have_the_moments_of_the_score_alone() -> None:
    sites = indicator_sites(measurement(), 2, CODES, np.full((4, 1), np.nan))
    one = measurement()
    for draw in range(2):
        ends = one.thresholds[draw, :4] - one.loading[draw, 0] * AXIS[:, None]
        weight = norm.pdf(AXIS) * np.diff(expit(ends), axis=1)[:, 0]
        weight /= weight.sum()
        mean = weight @ AXIS
        variance = weight @ (AXIS - mean) ** 2
        # The grid of the sites is 0.3 wide, a tenth of what would matter for smooth densities.
        assert sites.precision[draw, 0, 0] == pytest.approx(1 / variance - 1, rel=0.02)
        assert sites.shift[draw, 0, 0] == pytest.approx(mean / variance, rel=0.02)


def test_sites_of_continuous_indicators_are_exact() -> None:
    codes = np.full((4, 2), -1)
    sites = indicator_sites(measurement(), 2, codes, VALUES)
    one = measurement()
    for draw in range(2):
        loading, sd = one.loading[draw, 2], one.sd[draw, 0]
        assert sites.precision[draw, 0, 1] == pytest.approx((loading / sd) ** 2, abs=1e-4)
        wanted = loading * (VALUES[0, 0] - one.mean[draw, 0]) / sd**2
        assert sites.shift[draw, 0, 1] == pytest.approx(wanted, rel=1e-4)
        # A grid up to 4.8 standard deviations cuts a normal off where 1e-6 of it is left.
        np.testing.assert_allclose(sites.precision[draw, 2], 0, atol=1e-4)


def test_posterior_given_continuous_indicators_in_closed_form() -> None:
    codes, values = np.full((1, 2), -1), np.array([[0.5]])
    standard = StandardDraws.make(np.random.default_rng(1), 2, 40_000, 2)
    found = weighted_scores(measurement(), PRECISION, codes, values, standard)
    one = measurement()
    for draw in range(2):
        pull = np.array([0.0, one.loading[draw, 2] / one.sd[draw, 0]])
        covariance = np.linalg.inv(PRECISION[draw] + np.outer(pull, pull))
        wanted = covariance @ pull * (0.5 - one.mean[draw, 0]) / one.sd[draw, 0]
        own, points = found.weight[draw, 0], found.score[draw, 0]
        # 40 000 points in pairs: standard errors below .01.
        np.testing.assert_allclose(own @ points, wanted, atol=0.02)
        spread = (points - wanted).T @ (own[:, None] * (points - wanted))
        np.testing.assert_allclose(spread, covariance, atol=0.03)


def test_log_table_is_the_density_at_the_grid() -> None:
    one = measurement()
    grid = np.linspace(-40, 40, 9)
    table = one.likert_log_table(1, grid)
    assert np.isfinite(table).all()
    for level in range(3):
        codes = np.tile([-1, level], (9, 1))
        score = np.broadcast_to(np.stack([grid * 0, grid], axis=-1), (2, 9, 2))
        np.testing.assert_allclose(table[..., level], one.likert_log_density(codes, score))
    assert (table[..., 3] == 0).all()
    # The levels of an indicator are all there is.
    np.testing.assert_allclose(np.exp(table[..., :3]).sum(axis=-1), 1)
