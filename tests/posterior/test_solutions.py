"""Chains grouped by the mode they explore."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from latentclass.posterior.relabel import relabel
from latentclass.posterior.solutions import chain_distances, solutions


def chains(centres: list[float], spread: float = 0.03, n_draws: int = 100) -> xr.Dataset:
    """Chains of a two-class model; the first item of the first class differs between them."""
    rng = np.random.default_rng(1)
    noise = spread * rng.normal(size=(len(centres), n_draws, 2, 3))
    yes = np.array([[0.0, 0.2, 0.2], [0.8, 0.8, 0.8]]) + noise
    yes[:, :, 0, 0] += np.array(centres)[:, None]
    probability = np.clip(np.stack([1 - yes, yes], axis=-1), 0, 1)
    return xr.Dataset(
        {
            "probability": (
                ("chain", "draw", "class", "item_level"),
                probability.reshape(len(centres), n_draws, 2, 6),
            ),
            "intercept": (
                ("chain", "draw", "class"),
                np.tile([0.4, -0.4], (len(centres), n_draws, 1)),
            ),
        },
        coords={"chain": range(len(centres))},
    )


@pytest.mark.parametrize(
    ("centres", "expected"),
    [
        ([0.2, 0.2, 0.2, 0.2], [(0, 1, 2, 3)]),
        ([0.2, 0.6, 0.2, 0.6, 0.6, 0.2, 0.6, 0.2], [(0, 2, 5, 7), (1, 3, 4, 6)]),
        ([0.2, 0.2, 0.6, 0.2], [(0, 1, 3), (2,)]),
        ([0.2], [(0,)]),
    ],
    ids=["all the same", "two modes", "one apart", "one chain"],
)
def test_chains_are_grouped_by_mode(centres: list[float], expected: list[tuple[int, ...]]) -> None:
    found = solutions(relabel(chains(centres)).posterior)
    assert found["chains"].tolist() == expected
    assert found["n_chains"].sum() == len(centres)
    assert found["share"].sum() == pytest.approx(1)
    assert found.index.name == "solution"


def test_a_chain_that_does_not_move_stands_alone() -> None:
    draws = chains([0.2, 0.2, 0.2, 0.2])
    stuck = draws["probability"].to_numpy().copy()
    stuck[2] = [[0.3, 0.7, 0.8, 0.2, 0.8, 0.2], [0.2, 0.8, 0.2, 0.8, 0.2, 0.8]]
    draws["probability"] = draws["probability"].copy(data=stuck)
    assert solutions(draws)["chains"].tolist() == [(0, 1, 3), (2,)]


def test_a_chain_that_visits_both_modes_joins_them() -> None:
    draws = chains([0.2, 0.6, 0.2])
    values = draws["probability"].to_numpy().copy()
    values[2, 50:] = values[1, 50:]
    draws["probability"] = draws["probability"].copy(data=values)
    assert solutions(draws)["chains"].tolist() == [(0, 1, 2)]


def test_distance_is_the_gap_in_standard_deviations() -> None:
    draws = chains([0.2, 0.5], spread=0.05, n_draws=4000)
    # The gap is .3 and the spread .05; the standard error of the ratio is about .1 at 4000 draws.
    assert chain_distances(draws)[0, 1] == pytest.approx(6, abs=0.4)


def test_threshold_can_be_replaced() -> None:
    draws = chains([0.2, 0.6])
    assert len(solutions(draws, threshold=1000.0)) == 1
    assert solutions(draws, threshold=1000.0)["distance"].tolist() == [np.inf]
