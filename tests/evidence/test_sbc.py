"""Ranks of simulation-based calibration: even where posteriors are right, seen to be uneven where they are not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from benchmarks import sbc


def _ranks(factor: float, shift: float = 0.0, n: int = 200) -> pd.DataFrame:
    """Return ranks of a normal mean with one observation, its posterior sd a factor of the right one."""
    rng = np.random.default_rng(3)
    truth = rng.normal(size=n)
    y = truth + rng.normal(size=n)
    # A standard normal prior and unit noise: the posterior is normal with mean y / 2 and variance 1 / 2.
    draws = (y / 2 + shift)[:, None] + factor * np.sqrt(0.5) * rng.normal(size=(n, 99))
    return pd.DataFrame({"mean": [sbc.rank(t, own) for t, own in zip(truth, draws, strict=True)]})


def test_exact_posteriors_pass_and_narrow_or_shifted_ones_do_not() -> None:
    assert sbc.uniformity(_ranks(1.0))["p_ecdf"].item() > 0.05
    assert sbc.uniformity(_ranks(0.7))["p_ecdf"].item() < 0.01
    assert sbc.uniformity(_ranks(1.0, shift=0.25))["p_ecdf"].item() < 0.01


def test_p_values_of_uniform_ranks_are_uniform() -> None:
    rng = np.random.default_rng(5)
    ranks = pd.DataFrame({str(i): rng.integers(0, 100, size=60) for i in range(400)})
    p = sbc.uniformity(ranks)["p_ecdf"]
    # 400 p-values: shares below 0.1 and 0.5 within three binomial errors.
    assert (p < 0.1).mean() == pytest.approx(0.1, abs=3 * np.sqrt(0.1 * 0.9 / 400))
    assert (p < 0.5).mean() == pytest.approx(0.5, abs=3 * np.sqrt(0.25 / 400))


def test_the_band_holds_uniform_ranks_as_a_whole_as_often_as_it_says() -> None:
    rng, (low, high) = np.random.default_rng(7), sbc.band(80, 99, prob=0.9)
    inside = 0
    for _ in range(400):
        ranks = np.sort(rng.integers(0, 100, size=80))
        share = np.searchsorted(ranks, np.arange(99), side="right") / 80
        inside += bool(((low <= share) & (share <= high)).all())
    # Discrete bands are a little too wide at most.
    assert 0.9 - 3 * np.sqrt(0.09 / 400) < inside / 400 < 0.97


def test_holm_adjusts_the_smallest_by_all_and_keeps_the_order() -> None:
    rng = np.random.default_rng(9)
    ranks = pd.DataFrame({str(i): rng.integers(0, 100, size=60) for i in range(5)})
    table = sbc.uniformity(ranks)
    least = table["p_ecdf"].idxmin()
    assert table.loc[least, "p_adjusted"] == pytest.approx(min(1.0, 5 * table.loc[least, "p_ecdf"]))
    ordered = table.sort_values("p_ecdf")["p_adjusted"]
    assert ordered.is_monotonic_increasing


def test_committed_table_is_that_of_the_committed_ranks_and_finds_no_fault() -> None:
    ranks = pd.read_csv(sbc.FOLDER / "sbc_ranks.csv", index_col="seed")
    table = sbc.uniformity(ranks)
    committed = pd.read_csv(sbc.FOLDER / "sbc.csv", index_col="quantity")
    pd.testing.assert_frame_equal(committed, table.round(4), check_dtype=False)
    assert len(ranks) >= 200
    assert (table["p_adjusted"] > 0.05).all()
