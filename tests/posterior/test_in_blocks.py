"""Blocks of respondents against the whole, and what they need of memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import latentclass as lc
from latentclass.errors import LatentClassError
from latentclass.posterior import check_convergence, samples
from latentclass.posterior.density import class_posterior, log_likelihood
from latentclass.posterior.in_blocks import total_by_draw
from latentclass.survey import Survey, read_survey

MEBIBYTE = 2**20
N, DRAWS, CLASSES = 20_000, 300, 4


def as_fit(survey: Survey, posterior: xr.Dataset, chains: tuple[int, ...]) -> lc.Fit:
    stats = xr.Dataset({"lp": (("chain", "draw"), np.zeros((posterior.sizes["chain"], posterior.sizes["draw"])))})
    return lc.Fit(
        model=survey.model,
        survey=survey,
        tree=xr.DataTree.from_dict({"posterior": posterior, "sample_stats": stats}),
        modes=pd.DataFrame(),
        solutions=pd.DataFrame({"chains": [chains]}),
        convergence=check_convergence(posterior, stats, xr.ones_like(stats["lp"]), n_solutions=1),
    )


@pytest.fixture(scope="module")
def small(full) -> lc.Fit:
    return as_fit(full.survey, full.posterior, (1,))


@pytest.fixture(scope="module")
def large() -> lc.Fit:
    data = lc.datasets.plain_survey(n=N, n_covariates=4, seed=3)
    survey = read_survey(data.model, data.frame)
    rng = np.random.default_rng(0)
    moved = [
        data.parameters.assign(intercept=data.parameters["intercept"] + rng.normal(0, 0.1, CLASSES))
        for _ in range(DRAWS)
    ]
    return as_fit(survey, xr.concat(moved, "draw").expand_dims("chain").assign_coords(chain=[0]), (0,))


@pytest.mark.parametrize("size", [None, 1, 7, 1000])
@pytest.mark.parametrize(
    ("blocks", "whole"), [(lc.membership_blocks, class_posterior), (lc.log_likelihood_blocks, log_likelihood)]
)
def test_blocks_side_by_side_are_the_whole(small: lc.Fit, size: int | None, blocks: Callable, whole: Callable) -> None:
    parts = list(blocks(small, size=size))
    wanted = whole(small.posterior, small.survey)
    assert wanted["chain"].values.tolist() == [1]
    if size is not None:
        assert [p.sizes["respondent"] for p in parts[:-1]] == [size] * (len(parts) - 1)
    found = xr.concat(parts, "respondent").transpose(*wanted.dims)
    xr.testing.assert_allclose(found, wanted, rtol=1e-12)


@pytest.mark.parametrize("size", [0, -1, 2.5, True, "all"])
def test_a_size_that_is_none_is_refused_at_once(small: lc.Fit, size: object) -> None:
    with pytest.raises(LatentClassError, match="positive whole number; got"):
        lc.membership_blocks(small, size=size)


def test_log_likelihood_can_be_added(small: lc.Fit) -> None:
    assert "log_likelihood" not in small.tree.children
    whole = lc.with_log_likelihood(small)
    # Of all chains, as a fit has it from the start.
    wanted = log_likelihood(small.tree["posterior"].to_dataset(), small.survey)
    xr.testing.assert_allclose(whole.tree["log_likelihood"]["responses"], wanted, rtol=1e-12)
    assert lc.with_log_likelihood(whole) is whole
    xr.testing.assert_allclose(total_by_draw(whole), total_by_draw(small), rtol=1e-12)


def run_through(fit: lc.Fit) -> None:
    for block in lc.membership_blocks(fit):
        assert block.sizes["class"] == CLASSES


@pytest.mark.parametrize(
    "answer",
    [
        lc.Fit.memberships,
        lc.Fit.classes,
        total_by_draw,
        run_through,
        lambda fit: fit.predict(fit.survey.frame),
    ],
    ids=["memberships", "classes", "total", "membership_blocks", "predict"],
)
def test_memory_does_not_grow_with_respondents_times_draws(
    large: lc.Fit, answer: Callable[[lc.Fit], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Arrays of a block take 1.6 MB.
    monkeypatch.setattr(samples, "_BLOCK_ENTRIES", 200_000)
    tracemalloc.start()
    try:
        answer(large)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # Every membership in every draw would take 183 MiB, every log-likelihood 46.
    assert peak < 32 * MEBIBYTE < N * DRAWS * 8
