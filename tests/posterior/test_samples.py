"""Draws as arrays and back."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from latentclass.posterior.samples import blocks, evenly, flat, unflat


def test_flat_puts_chain_after_chain_whatever_the_order_of_dims() -> None:
    values = np.arange(24.0).reshape(2, 3, 4)
    array = xr.DataArray(values, dims=("chain", "draw", "class")).transpose("class", "draw", "chain")
    np.testing.assert_array_equal(flat(array, "class"), values.reshape(6, 4))


def test_unflat_undoes_flat_and_keeps_labels_of_chains() -> None:
    array = xr.DataArray(
        np.arange(24.0).reshape(2, 3, 4),
        dims=("chain", "draw", "class"),
        coords={"chain": [4, 7], "draw": [0, 1, 2], "class": list("abcd")},
    )
    back = unflat(flat(array, "class"), array, **{"class": list("abcd")})
    xr.testing.assert_identical(back, array)


@pytest.mark.parametrize(("n", "entries"), [(1, 1), (7, 900_000), (5, 10**9), (4000, 2000)])
def test_blocks_cover_every_draw_once(n: int, entries: int) -> None:
    taken = np.concatenate([np.arange(n)[block] for block in blocks(n, entries)])
    np.testing.assert_array_equal(taken, np.arange(n))


@pytest.mark.parametrize(("n", "wanted"), [(10, 10), (10, 20), (10, 3), (4000, 500), (7, 1)])
def test_evenly_takes_different_draws_from_all_over(n: int, wanted: int) -> None:
    kept = evenly(n, wanted)
    assert len(set(kept.tolist())) == len(kept) == min(n, wanted)
    gaps = np.diff(kept)
    assert kept.min() >= 0
    assert kept.max() < n
    assert len(gaps) == 0 or gaps.max() - gaps.min() <= 1
