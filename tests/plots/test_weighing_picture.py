"""What the picture of the weights holds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import latentclass as lc


@pytest.fixture
def table() -> pd.DataFrame:
    index = pd.Index(["individual", "social", "organizational", "technical"], name="factor_group")
    verdicts = ["carries no weight", "undecided", "carries weight", "carries weight"]
    middle = np.array([0.008, 0.03, 0.09, 0.31])
    return pd.DataFrame(
        {
            "verdict": verdicts,
            "weight_median": middle,
            "weight_eti90_lb": 0.5 * middle,
            "weight_eti90_ub": 1.6 * middle,
            "prior_median": [0.06, 0.06, np.nan, 0.08],
            "prior_eti90_lb": [0.01, 0.01, np.nan, 0.01],
            "prior_eti90_ub": [0.2, 0.2, np.nan, 0.25],
            "bound": 0.02,
        },
        index=index,
    )


def test_weights_have_a_row_for_every_group_with_its_verdict(table: pd.DataFrame) -> None:
    axes = lc.plots.weights(table)
    assert [label.get_text() for label in axes.get_yticklabels()] == list(table.index)
    assert [text.get_text() for text in axes.texts] == list(table["verdict"])
    middle = [container.lines[0].get_xdata()[0] for container in axes.containers if hasattr(container, "lines")]
    assert middle == pytest.approx(table["weight_median"].tolist())


def test_improper_priors_have_no_bar_and_the_bound_is_drawn(table: pd.DataFrame) -> None:
    axes = lc.plots.weights(table)
    bars = [patch for patch in axes.patches if patch.get_width() > 0]
    assert [bar.get_width() for bar in bars] == pytest.approx([0.19, 0.19, 0.24])
    assert any(np.allclose(line.get_xdata(), 0.02) for line in axes.lines)


def test_small_weights_stay_apart(table: pd.DataFrame) -> None:
    axes = lc.plots.weights(table)
    left, right = (axes.transData.transform((x, 0))[0] for x in (0.008, 0.03))
    width = axes.get_window_extent().width
    assert (right - left) / width > 0.05
    assert axes.get_xlim()[0] == 0


def test_another_table_is_told(table: pd.DataFrame) -> None:
    with pytest.raises(lc.LatentClassError, match="lc.weigh"):
        lc.plots.weights(table.reset_index())
