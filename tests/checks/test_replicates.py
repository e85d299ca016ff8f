"""Replicates, and what making the sums orthogonal does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from latentclass.checks.bivariate import bivariate
from latentclass.checks.point import Point
from latentclass.checks.replicates import drawn_surveys, projection, sums
from latentclass.checks.scores import score_columns
from latentclass.checks.separation import separation


def test_the_same_cells_are_missing(right) -> None:
    missing = right.survey.codes < 0
    assert missing.any()
    found = np.concatenate(list(drawn_surveys(right.posterior, right.survey, replicates=250, seed=1)))
    assert found.shape == (250, *missing.shape)
    assert (found[:, missing] == -1).all()
    assert (found[:, ~missing] >= 0).all()


def test_replicates_are_drawn_from_the_posterior(right) -> None:
    found = np.concatenate(list(drawn_surveys(right.posterior, right.survey, replicates=400, seed=1)))
    given = right.survey.answered[:, 0]
    share, mean = Point.of(right).share, right.posterior["probability"].mean(("chain", "draw"))
    expected = (share @ mean.sel(item_level="item_1=3").to_numpy())[given].mean()
    observed = (found[:, given, 0] == 2).mean(axis=1)
    assert observed.mean() == pytest.approx(expected, abs=5 * observed.std() / 20)


def tilted(point: Point, tilt: np.ndarray) -> Point:
    p = point.probability.reshape(2, 6, 3) * np.exp(tilt)
    return replace(point, probability=(p / p.sum(axis=2, keepdims=True)).reshape(2, -1))


def test_orthogonal_sums_do_not_move_with_the_parameters(right) -> None:
    """Half the difference between surveys drawn a step up and a step down: what is linear in the step."""
    point = Point.of(right)
    families = [bivariate(point), separation(point)]
    found = projection(point, families, seed=1)
    rng, times = np.random.default_rng(3), 1000
    tilt = 0.15 * rng.normal(size=(2, 6, 3))

    def drawn_from(source: Point) -> tuple[np.ndarray, ...]:
        codes = source.draw(rng, times)[0].reshape(times, right.survey.n_respondents, -1)
        return sums(point, families, found, codes)

    moves = [
        (up.mean(axis=0) - down.mean(axis=0)) / (2 * up.std(axis=0))
        for up, down in zip(drawn_from(tilted(point, tilt)), drawn_from(tilted(point, -tilt)), strict=True)
    ]
    raw, bare = (np.sqrt((move**2).mean()) for move in moves)
    # What is left is the noise of the regression, over 100 rows or more for every parameter, and of these surveys.
    assert raw > 0.3
    assert raw > 3 * bare


def test_what_the_parameters_fit_freely_is_left_out(right) -> None:
    point = Point.of(right)
    family = bivariate(point)
    # A column that is a combination of scores: nothing of it is left.
    fitted = replace(family, columns=lambda answers: score_columns(point, answers)[:, : len(family.row_of)])
    found = projection(point, [fitted], seed=0)
    assert not found.left.any()
    assert (sums(point, [fitted], found, right.survey.codes[None])[1] == 0).all()
