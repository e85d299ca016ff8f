"""Pictures of checks: what is drawn is what the table says."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

import latentclass as lc
from latentclass import plots


def pairs(n: int) -> pd.DataFrame:
    names = [f"item_{j + 1}" for j in range(n)]
    index = pd.MultiIndex.from_tuples(list(combinations(names, 2)), names=["item", "other"])
    excess = np.linspace(-0.1, 0.5, len(index))
    p = np.where(np.arange(len(index)) == len(index) - 1, 0.001, 0.5)
    return pd.DataFrame({"observed": excess, "replicated": 0.0, "replicated_sd": 0.05, "p_adjusted": p}, index=index)


@pytest.mark.parametrize("n", [2, 5, 40])
def test_every_pair_has_its_square(n: int) -> None:
    table = pairs(n)
    axes = plots.residuals(table)
    matrix = axes.images[0].get_array()
    assert matrix.shape == (n - 1, n - 1)
    # Row and column begin with the second and the first item.
    assert matrix[n - 2, n - 2] == pytest.approx(table.loc[(f"item_{n - 1}", f"item_{n}"), "observed"])
    assert matrix.count() == n * (n - 1) / 2
    assert [t.get_text() for t in axes.get_yticklabels()] == [f"item_{j}" for j in range(2, n + 1)]
    dots = axes.lines[0].get_xydata().tolist()
    assert dots == [[n - 2, n - 2]]
    axes.get_figure(root=True).draw_without_rendering()


def test_observed_values_are_dots_and_the_surprising_ones_orange() -> None:
    table = pairs(4)
    axes = plots.observed(table)
    plain, surprising = axes.lines[-2], axes.lines[-1]
    assert plain.get_xdata().tolist() == table["observed"].iloc[:-1].tolist()
    assert surprising.get_xdata().tolist() == [0.5]
    assert axes.get_yticklabels()[0].get_text() == "item_1: item_2"


def test_the_least_surprising_rows_are_left_out_and_counted() -> None:
    axes = plots.observed(pairs(12), most=10)
    assert len(axes.get_yticks()) == 10
    assert axes.get_yticklabels()[-1].get_text() == "item_11: item_12"
    assert "The 10 most surprising of 66 are shown" in axes.get_figure(root=True)._supxlabel.get_text().replace(
        "\n", " "
    )


def test_another_table_is_refused() -> None:
    with pytest.raises(lc.LatentClassError, match=r"table that checks\['bivariate'\].table returns"):
        plots.residuals(pd.DataFrame({"mean": [1.0]}))
    with pytest.raises(lc.LatentClassError, match="this one lacks 'observed'"):
        plots.observed(pd.DataFrame({"mean": [1.0]}))
    with pytest.raises(lc.LatentClassError, match="draws the table of a check; got list"):
        plots.observed([])
