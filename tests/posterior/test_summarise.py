"""Mean, standard deviation and interval of draws."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.stats import norm

from latentclass.errors import LatentClassError
from latentclass.posterior.summarise import interval_names, summarise, table_index


@pytest.mark.parametrize(("prob", "lower"), [(0.9, "eti90_lb"), (0.29, "eti29_lb"), (0.975, "eti97.5_lb")])
def test_names_of_bounds_follow_the_probability(prob: float, lower: str) -> None:
    assert interval_names(prob)[0] == lower


@pytest.mark.parametrize("prob", [0, 1, 90, -0.1, float("nan"), True, "0.9", None])
def test_probability_outside_0_and_1_is_refused(prob: object) -> None:
    with pytest.raises(LatentClassError, match="between 0 and 1; got"):
        interval_names(prob)  # type: ignore[arg-type]


def test_interval_of_normal_draws_is_that_of_the_normal() -> None:
    quantiles = norm.ppf((np.arange(20_000) + 0.5) / 20_000)
    draws = xr.DataArray(quantiles.reshape(2, -1, 1), dims=("chain", "draw", "class"))
    row = summarise(draws, 0.8, prefix="share_").iloc[0]
    # The draws are exact quantiles at a spacing of 1 / 20000.
    assert row["share_eti80_ub"] == pytest.approx(norm.ppf(0.9), abs=1e-3)
    assert row["share_eti80_lb"] == pytest.approx(norm.ppf(0.1), abs=1e-3)
    assert row["share_sd"] == pytest.approx(1, abs=1e-3)


def test_every_dim_is_a_level_of_the_index_in_its_order() -> None:
    draws = xr.DataArray(
        np.arange(12.0).reshape(3, 2, 1, 2),
        dims=("item", "chain", "draw", "class"),
        coords={"item": ["x", "y", "z"], "class": ["a", "b"]},
    )
    table = summarise(draws)
    assert table.index.names == ["item", "class"]
    assert table.loc[("y", "b"), "mean"] == pytest.approx((5 + 7) / 2)


def test_a_single_draw_has_no_standard_deviation() -> None:
    table = summarise(xr.DataArray([[[1.0, 2.0]]], dims=("chain", "draw", "class")))
    assert table["sd"].isna().all()
    assert table["eti90_lb"].tolist() == [1.0, 2.0]


def test_rows_are_found_in_the_order_given_without_a_warning() -> None:
    index = table_index([("b", 2), ("b", 1), ("a", "x")], ["item", "level"])
    table = pd.DataFrame({"mean": [1.0, 2.0, 3.0]}, index=index)
    assert table.loc["b"].index.tolist() == [2, 1]
    assert table.loc[("b", 1), "mean"] == 2.0
    assert table_index([], ["item", "level"]).names == ["item", "level"]
