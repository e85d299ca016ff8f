"""Where levels and thresholds stand in the rows of a model."""

from __future__ import annotations

import numpy as np

from latentclass.graph.layout import item_layout, level_labels, threshold_labels, threshold_sums
from tests.graph.conftest import Built


def test_free_items_come_before_cumulative_ones(rich: Built) -> None:
    layout = item_layout(rich.survey)
    assert [item.name for item in layout.free] == ["posted", "channel", "trust"]
    assert [item.name for item in layout.cumulative] == ["sharing", "dialogue"]
    # In the order of the survey: sharing, posted, dialogue, channel, trust.
    assert layout.offsets.tolist() == [10, 0, 15, 2, 6]
    assert layout.n_cells == 18


def test_labels() -> None:
    columns = [("a", (1, 2, 3)), ("b", ("no", "yes"))]
    assert level_labels(columns) == ["a=1", "a=2", "a=3", "b=no", "b=yes"]
    assert threshold_labels(columns) == ["a:1|2", "a:2|3", "b:no|yes"]


def test_sums_below_and_above_every_threshold() -> None:
    below, above = threshold_sums([3, 2])
    row = np.array([0.2, 0.3, 0.5, 0.9, 0.1])
    np.testing.assert_allclose(row @ below, [0.2, 0.5, 0.9], rtol=1e-15)
    np.testing.assert_allclose(row @ above, [0.8, 0.5, 0.1], rtol=1e-15)
