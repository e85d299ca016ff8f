"""What the picture of other priors holds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import latentclass as lc
from latentclass.errors import LatentClassError

PRIORS = ["normal 0.25", "normal 1", "horseshoe"]


@pytest.fixture
def table() -> pd.DataFrame:
    index = pd.MultiIndex.from_product([["individual", "social"], PRIORS], names=["factor_group", "prior"])
    return pd.DataFrame(
        {
            "log_bf": [-1.0, -3.0, -2.0, 6.0, 4.0, np.nan],
            "log_bf_error": 0.25,
            "weight_median": [0.01, 0.02, 0.01, 0.2, 0.3, 0.2],
            "weight_eti90_lb": [0.0, 0.01, 0.0, 0.1, 0.2, 0.1],
            "weight_eti90_ub": [0.02, 0.05, 0.03, 0.4, 0.5, 0.3],
            "prior_median": [0.05, 0.3, 0.1] * 2,
        },
        index=index,
    )


def points(axes) -> list[np.ndarray]:
    return [np.asarray(container.lines[0].get_ydata(), dtype=float) for container in axes.containers]


def ends(axes, group: int) -> np.ndarray:
    (bars,) = axes.containers[group].lines[2]
    return np.array([segment[:, 1] for segment in bars.get_segments()])


def test_bayes_factors_and_weights_are_drawn_with_their_bounds(table):
    left, right = lc.plots.sensitivity(table).axes
    np.testing.assert_allclose(points(left)[0], [-1, -3, -2])
    np.testing.assert_allclose(ends(left, 0), [[-1.5, -0.5], [-3.5, -2.5], [-2.5, -1.5]])
    np.testing.assert_allclose(points(right)[1], [0.2, 0.3, 0.2])
    np.testing.assert_allclose(ends(right, 1), [[0.1, 0.4], [0.2, 0.5], [0.1, 0.3]])
    open_marks = [line.get_ydata() for line in right.lines if line.get_markerfacecolor() == "none"]
    np.testing.assert_allclose(open_marks[0], [0.05, 0.3, 0.1])
    assert [label.get_text() for label in left.get_xticklabels()] == PRIORS
    assert [text.get_text() for text in left.get_legend().get_texts()] == ["individual", "social"]


def test_another_table_is_refused(table):
    with pytest.raises(LatentClassError, match=r"draws the table that lc\.sensitivity\(fit\)\.table returns"):
        lc.plots.sensitivity(table.reset_index("prior"))
