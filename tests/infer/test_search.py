"""Which ends of a search are climbed again, and how often."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from latentclass.infer import search
from latentclass.infer.ascent import End

FLOORS = (1e-5, 1e-3, 1e-2)


class Scripted:
    """Climbs whose n-th from within gains so much, and the floors that they were made from."""

    def __init__(self, gains: dict[int, float]) -> None:
        self.gains = gains
        self.tried: list[float] = []

    def one(self, start: np.ndarray, floor: float = 0.0) -> End:
        if floor == 0.0:
            return 0.0, start
        self.tried.append(floor)
        height = float(start[0]) + self.gains.get(len(self.tried), 0.0)
        return height, np.array([height])

    def each(self, climb: Callable[..., End], work: Sequence[list[End]]) -> list[End]:
        return [climb(own) for own in work]


def released(gains: dict[int, float]) -> tuple[list[End], list[float]]:
    """Release one end at height 0; return the ends and the floors tried."""
    climbs = Scripted(gains)
    return search._released(climbs, [[(0.0, np.zeros(1))]]), climbs.tried


def test_an_end_that_gains_nothing_is_climbed_from_every_floor_once() -> None:
    ends, tried = released({})
    assert ends[0][0] == 0.0
    assert tried == [*FLOORS]


def test_an_end_that_gained_is_climbed_from_every_floor_again() -> None:
    # The last floor of the first round and the first of the second gain: both heights have to be kept.
    ends, tried = released({3: 1.0, 4: 2.0})
    assert ends[0][0] == 3.0
    assert tried == [*FLOORS] * 2
