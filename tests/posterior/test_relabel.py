"""Relabelling: laws that hold for whatever names the classes had."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from latentclass.errors import FitError
from latentclass.posterior.relabel import relabel

CLASS_DIMS = {
    "intercept": ("class",),
    "slope_social": ("social_covariate", "class"),
    "probability": ("class", "item_level"),
    "ordinal_probability": ("class", "ordinal_level"),
    "location": ("class", "ordinal_item"),
}


def synthetic(k: int, seed: int, n_chains: int = 2, n_draws: int = 20) -> xr.Dataset:
    """Draws around one set of parameters, with variables without a class dim beside them."""
    rng = np.random.default_rng(seed)
    sizes = {"class": k, "item_level": 6, "ordinal_level": 4, "ordinal_item": 2}
    sizes |= {"social_covariate": 3, "respondent": 5}
    dims = CLASS_DIMS | {"loading": ("ordinal_item",), "score": ("respondent",)}
    if k == 1:
        dims = {n: d for n, d in dims.items() if n in ("probability", "ordinal_probability")}
    found = {}
    for name, own in dims.items():
        shape = tuple(sizes[d] for d in own)
        centre = rng.normal(size=shape)
        draws = centre + 0.2 * rng.normal(size=(n_chains, n_draws, *shape))
        if name.endswith("probability"):
            draws = np.exp(draws) / np.exp(draws).sum(axis=-1, keepdims=True)
        found[name] = (("chain", "draw", *own), draws)
    coords = {"chain": range(n_chains), "draw": range(n_draws), "class": [f"c{i}" for i in range(k)]}
    return xr.Dataset(found, coords=coords)


def permuted(draws: xr.Dataset, seed: int) -> tuple[xr.Dataset, np.ndarray]:
    """Rename the classes of every draw at random, one draw after another."""
    rng = np.random.default_rng(seed)
    k = draws.sizes["class"]
    orders = np.array([[rng.permutation(k) for _ in draws["draw"]] for _ in draws["chain"]])
    made = draws.copy(deep=True)
    for name, array in made.data_vars.items():
        if "class" in array.dims:
            for c, d in np.ndindex(orders.shape[:2]):
                moved = draws[name][c, d].isel({"class": orders[c, d]})
                made[name][c, d] = moved.to_numpy()
    return made, orders


@settings(max_examples=40, deadline=None)
@given(k=st.integers(1, 7), seed=st.integers(0, 10**6))
def test_names_of_the_classes_in_the_draws_do_not_matter(k: int, seed: int) -> None:
    draws = synthetic(k, seed)
    mixed, orders = permuted(draws, seed + 1)
    first, second = relabel(draws), relabel(mixed)
    xr.testing.assert_identical(first.posterior, second.posterior)
    xr.testing.assert_identical(first.margin, second.margin)
    moved = np.take_along_axis(orders, second.permutation.to_numpy(), axis=-1)
    np.testing.assert_array_equal(moved, first.permutation)


@settings(max_examples=20, deadline=None)
@given(k=st.integers(2, 7), seed=st.integers(0, 10**6))
def test_names_of_the_classes_in_the_pivot_do_not_matter(k: int, seed: int) -> None:
    draws = synthetic(k, seed)
    pivot = draws.isel(chain=1, draw=7, drop=True)
    order = np.random.default_rng(seed).permutation(k)
    first, second = relabel(draws, pivot), relabel(draws, pivot.isel({"class": order}))
    xr.testing.assert_identical(first.posterior, second.posterior)
    assert first.order == tuple(order[list(second.order)].tolist())


@pytest.mark.parametrize("k", [1, 2, 4, 7])
def test_relabelling_twice_changes_nothing(k: int) -> None:
    names = [f"Class {i + 1}" for i in range(k)]
    once = relabel(permuted(synthetic(k, 3), 4)[0], class_names=names)
    twice = relabel(once.posterior, class_names=names)
    xr.testing.assert_identical(once.posterior, twice.posterior)
    xr.testing.assert_identical(once.margin, twice.margin)
    assert (twice.permutation == np.arange(k)).all()


def test_input_is_not_changed() -> None:
    draws = permuted(synthetic(3, 0), 1)[0]
    before = draws.copy(deep=True)
    relabel(draws)
    xr.testing.assert_identical(draws, before)


def test_everything_with_a_class_dim_moves_together() -> None:
    draws = permuted(synthetic(4, 5), 6)[0]
    found = relabel(draws)
    for name in CLASS_DIMS:
        for c, d in [(0, 0), (1, 13)]:
            order = found.permutation.to_numpy()[c, d]
            wanted = draws[name][c, d].isel({"class": order}).to_numpy()
            np.testing.assert_array_equal(found.posterior[name][c, d], wanted)
            assert found.posterior[name].dims == draws[name].dims
    xr.testing.assert_identical(found.posterior["score"], draws["score"])


def test_well_separated_classes_are_told_apart_in_every_draw() -> None:
    draws = synthetic(3, 8)
    mixed, orders = permuted(draws, 9)
    found = relabel(mixed)
    original = np.take_along_axis(orders, found.permutation.to_numpy(), axis=-1)
    assert (original == original[0, 0]).all()
    assert (found.margin > 0.3).all()


def test_classes_are_ordered_by_the_sizes_given() -> None:
    draws = synthetic(3, 2)
    share = xr.DataArray(np.broadcast_to([0.2, 0.5, 0.3], (2, 20, 3)), dims=("chain", "draw", "class"))
    found = relabel(draws, draws.isel(chain=0, draw=0), share=share, class_names=["x", "y", "z"])
    assert found.order == (1, 2, 0)
    assert found.posterior["class"].values.tolist() == ["x", "y", "z"]
    assert (found.permutation == [1, 2, 0]).all()


def test_without_sizes_classes_are_ordered_by_the_shares_at_average_covariates() -> None:
    found = relabel(permuted(synthetic(4, 11), 12)[0]).posterior
    logits = found["intercept"].to_numpy()
    share = (np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)).mean(axis=(0, 1))
    assert (np.diff(share) <= 0).all()


def test_ties_in_size_are_broken_by_the_profile() -> None:
    draws = synthetic(3, 2).drop_vars("intercept")
    mixed = permuted(draws, 7)[0]
    xr.testing.assert_identical(relabel(draws).posterior, relabel(mixed).posterior)


def test_search_starts_from_the_draw_with_the_largest_statistic() -> None:
    draws = synthetic(2, 1)
    statistic = xr.zeros_like(draws["intercept"].isel({"class": 0}, drop=True))
    statistic[1, 4] = 1.0
    flipped = draws.copy(deep=True)
    for name in CLASS_DIMS:
        flipped[name][1, 4] = draws[name][1, 4].isel({"class": [1, 0]}).to_numpy()
    assert relabel(draws, statistic=statistic).order != relabel(flipped, statistic=statistic).order


def test_classes_alike_are_a_toss_of_a_coin() -> None:
    draws = synthetic(2, 1)
    for name in CLASS_DIMS:
        alike = draws[name].isel({"class": [0, 0]}).transpose(*draws[name].dims)
        draws[name] = draws[name].copy(data=alike.to_numpy())
    assert (relabel(draws).margin == 0).all()


def test_a_single_class_is_beyond_doubt() -> None:
    found = relabel(synthetic(1, 0), class_names=["all"])
    assert (found.margin == 1).all()
    assert found.order == (0,)
    assert found.posterior["class"].values.tolist() == ["all"]


def test_pivot_of_another_model_is_refused() -> None:
    pivot = synthetic(4, 0).isel(chain=0, draw=0)
    with pytest.raises(FitError, match=r"pivot has 4 classes and 10 answer levels, .* 3 and 10"):
        relabel(synthetic(3, 0), pivot)


def test_repr_says_what_it_holds() -> None:
    assert repr(relabel(synthetic(3, 8))).startswith("Relabelled(3 classes; 2 chains of 20 draws;")
