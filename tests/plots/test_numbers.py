"""What the pictures of comparisons and of the null check hold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import latentclass as lc


@pytest.fixture
def numbers() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "n_classes": [1, 2, 3],
            "log_marginal": [-900.0, -850.0, np.nan],
            "elpd": [-890.0, -842.0, -840.0],
            "elpd_diff": [-50.0, -2.0, 0.0],
            "elpd_diff_se": [9.0, 2.5, 0.0],
            "bic": [1800.0, 1700.0, 1710.0],
            "sabic": [1790.0, 1680.0, 1670.0],
            "icl": [1800.0, 1720.0, 1760.0],
            "bic_random_effect": [1750.0, 1705.0, 1725.0],
        },
        index=pd.Index([1, 2, 3], name="fit"),
    )


def test_every_criterion_has_its_line_and_its_best(numbers) -> None:
    left, middle, right = lc.plots.number_of_classes(numbers).axes
    np.testing.assert_allclose(left.lines[0].get_ydata(), numbers["log_marginal"])
    # The best is drawn once more, filled.
    assert left.lines[1].get_xdata() == [1]
    assert middle.lines[1].get_xdata() == [2]
    bars = middle.collections[0].get_segments()
    np.testing.assert_allclose(bars[0][:, 1], [-68, -32])
    best = [line.get_xdata()[0] for line in right.lines if len(line.get_xdata()) == 1]
    assert best == [1, 2, 1, 1]
    assert [t.get_text() for t in right.get_legend().get_texts()][-1] == "BIC, random effect"
    assert left.get_xlabel() == "number of classes"


def test_fits_by_name(numbers) -> None:
    numbers.index = pd.Index(["few", "more", "many"], name="fit")
    axes = lc.plots.number_of_classes(numbers).axes[0]
    assert [t.get_text() for t in axes.get_xticklabels()] == ["few", "more", "many"]
    assert axes.get_xlabel() == "fit"


def test_observed_and_replicated_statistics() -> None:
    statistics = pd.DataFrame({"observed": [5.0, 6.0, 7.0, 8.0], "replicated": [1.0, 9.0, 2.0, 3.0]})
    axes = lc.plots.null_check(statistics.rename_axis("draw"))
    heights = [sum(patch.get_height() for patch in container) for container in axes.containers]
    assert heights == [4, 4]
    assert "25.0% of 4 draws" in axes.figure.get_supxlabel()


def test_other_tables_are_refused(numbers) -> None:
    with pytest.raises(lc.LatentClassError, match=r"the table lacks 'bic'"):
        lc.plots.number_of_classes(numbers.drop(columns="bic"))
    with pytest.raises(lc.LatentClassError, match=r"latentclass.evidence.null_check\(\) returns"):
        lc.plots.null_check(numbers)
