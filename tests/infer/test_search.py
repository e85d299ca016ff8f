"""Which ends of a search are climbed again, and how often."""

from __future__ import annotations

import numpy as np
import pytest

from latentclass.infer import search
from latentclass.infer.ascent import End

FLOORS = (1e-5, 1e-3, 1e-2)


def released(monkeypatch: pytest.MonkeyPatch, gains: dict[int, float]) -> tuple[list[End], list[float]]:
    """Release one end at height 0 whose n-th climb from within gains so much; return the ends and the floors tried."""
    tried: list[float] = []

    def climb(compiled: object, start: np.ndarray, floor: float = 0.0, **_: object) -> End:
        if floor == 0.0:
            return 0.0, start
        tried.append(floor)
        height = float(start[0]) + gains.get(len(tried), 0.0)
        return height, np.array([height])

    monkeypatch.setattr(search, "climb", climb)
    return search._released(None, [[(0.0, np.zeros(1))]]), tried


def test_an_end_that_gains_nothing_is_climbed_from_every_floor_once(monkeypatch: pytest.MonkeyPatch) -> None:
    ends, tried = released(monkeypatch, {})
    assert ends[0][0] == 0.0
    assert tried == [*FLOORS]


def test_an_end_that_gained_is_climbed_from_every_floor_again(monkeypatch: pytest.MonkeyPatch) -> None:
    # The last floor of the first round and the first of the second gain: both heights have to be kept.
    ends, tried = released(monkeypatch, {3: 1.0, 4: 2.0})
    assert ends[0][0] == 3.0
    assert tried == [*FLOORS] * 2
