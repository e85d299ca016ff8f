"""Pictures of draws: a panel per entry, a line per chain."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import latentclass as lc
from latentclass import plots


def draws(n_classes: int, n_items: int = 0, shift: float = 0.0) -> xr.DataArray:
    rng = np.random.default_rng(0)
    shape, dims = (2, 200, n_classes), ("chain", "draw", "class")
    if n_items:
        shape, dims = (*shape, n_items), (*dims, "item_level")
    values = rng.normal(size=shape)
    values[1] += shift
    coords = {"class": [f"Class {k + 1}" for k in range(n_classes)]}
    return xr.DataArray(values, dims=dims, coords=coords, name="intercept")


@pytest.mark.parametrize("n_classes", [1, 2, 4, 8])
def test_a_panel_per_class(n_classes: int) -> None:
    found = draws(n_classes)
    for figure in (plots.trace(found), plots.ranks(found)):
        assert [axes.get_title(loc="left") for axes in figure.axes] == [f"Class {k + 1}" for k in range(n_classes)]
        figure.draw_without_rendering()
    lines = plots.trace(found).axes[-1].lines
    assert [line.get_ydata().tolist() for line in lines] == found.isel({"class": -1}).to_numpy().tolist()


def test_entries_beyond_the_most_are_counted() -> None:
    figure = plots.trace(draws(2, 40), most=6)
    assert len(figure.axes) == 6
    assert "74 more entries are not shown" in figure._supxlabel.get_text().replace("\n", " ")


def test_ranks_of_chains_that_disagree_are_not_level() -> None:
    def heights(shift: float) -> np.ndarray:
        return plots.ranks(draws(1, shift=shift)).axes[0].patches[0].get_data().values

    assert heights(0.0).mean() == pytest.approx(1.0)
    assert heights(0.0).max() < 2.2
    assert heights(3.0)[0] == pytest.approx(2.0, abs=0.01)
    assert heights(3.0)[-1] == 0.0


def test_prior_under_posterior() -> None:
    prior = xr.DataArray(np.random.default_rng(1).normal(size=(100, 2)), dims=("sample", "class"))
    figure = plots.prior_posterior(draws(2), prior)
    assert len(figure.axes) == 2
    with pytest.raises(lc.LatentClassError, match="The prior has dims"):
        plots.prior_posterior(draws(2), prior.rename({"class": "item"}))


def test_what_are_no_draws_is_refused() -> None:
    with pytest.raises(lc.LatentClassError, match="takes draws with dims 'chain' and 'draw'; got list"):
        plots.trace([1.0])


def test_labels_that_differ_at_the_end_are_told_apart() -> None:
    labels = [f"information_overload_at_work_{j}=1" for j in range(3)]
    figure = plots.trace(draws(1, 3).assign_coords(item_level=labels))
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert len(set(titles)) == 3
    assert max(map(len, titles)) <= 33
