"""Draws as unconstrained vectors, by the transforms of the model, in one pass over all draws."""

from __future__ import annotations

import numpy as np
import pytest

import latentclass as lc
from latentclass.graph import build_survey
from latentclass.infer.unconstrained import forward, unconstrained
from latentclass.simulation import draw_parameters
from tests.graph.evaluation import free_values
from tests.graph.evaluation import unconstrained as one_by_one
from tests.posterior.conftest import covariates, full_model


def test_vectors_of_many_draws_are_those_of_one_draw_after_another() -> None:
    # Ordinal, binary and nominal items, two correlated constructs with both kinds of indicators, formulas.
    data = lc.simulate(full_model(), covariates=covariates(30), seed=1)
    survey = lc.read_survey(data.model, data.frame)
    model = build_survey(survey)
    draws = [free_values(model, draw_parameters(survey, np.random.default_rng(seed))) for seed in range(4)]
    stacked = {name: np.stack([d[name] for d in draws]).reshape(2, 2, *draws[0][name].shape) for name in draws[0]}
    found = forward(model, stacked).reshape(4, -1)
    for vector, draw in zip(found, draws, strict=True):
        truth = np.concatenate([np.ravel(v) for v in one_by_one(model, draw).values()])
        np.testing.assert_allclose(vector, truth, rtol=1e-9, atol=1e-9)


def test_vectors_lead_back_to_the_draws_of_a_fit(cheating_fit: lc.Fit) -> None:
    space = unconstrained(cheating_fit)
    posterior = cheating_fit.tree["posterior"].to_dataset()
    assert space.draws.sizes == {"chain": 4, "draw": 2000, "entry": 9}
    for chain, draw in ((0, 0), (3, 1999)):
        back = space.compiled.variables(space.draws[chain, draw].to_numpy())
        for name, values in back.data_vars.items():
            np.testing.assert_allclose(values, posterior[name][chain, draw], atol=1e-8)


def test_density_is_that_which_the_sampler_saw_up_to_the_names_of_the_classes(cheating_fit: lc.Fit) -> None:
    # The order of breaking sticks is another one now; the Jacobian of the sticks does not depend on it.
    space = unconstrained(cheating_fit)
    some = space.draws.isel(draw=slice(0, 20))
    found = space.log_density(some.to_numpy().reshape(80, -1))
    seen = cheating_fit.tree["sample_stats"]["lp"].isel(draw=slice(0, 20)).to_numpy().ravel()
    np.testing.assert_allclose(found, seen, rtol=1e-9)


def test_draws_are_named_alike_and_swapped_ones_are_not(cheating_fit: lc.Fit) -> None:
    space = unconstrained(cheating_fit)
    some = space.draws.isel(draw=slice(0, 50)).to_numpy().reshape(200, -1)
    assert space.named_alike(some).all()
    order = space.compiled.pymc_model["breaking_order"].get_value()[:, ::2]
    # A stick of two levels has the opposite log-odds where the other level is broken off first.
    sign = np.where(order[0] == order[1], 1.0, -1.0)
    swapped = some.copy()
    for part in space.parts:
        rows = some[:, part.where].reshape(-1, *part.shape)
        swapped[:, part.where] = (-rows if part.name == "class_share" else rows[:, ::-1] * sign).reshape(len(some), -1)
    np.testing.assert_allclose(space.log_density(swapped), space.log_density(some), rtol=1e-10)
    assert not space.named_alike(swapped).any()


def test_curvature_is_that_of_the_density(cheating_fit: lc.Fit) -> None:
    space = unconstrained(cheating_fit)
    draws = space.draws.to_numpy().reshape(-1, 9)
    point, scale = draws.mean(axis=0), draws.std(axis=0)
    found = space.curvature(point, scale)
    rng = np.random.default_rng(1)
    for _ in range(3):
        way = rng.normal(size=9) * scale
        around = space.log_density(np.stack([point + 0.05 * way, point, point - 0.05 * way]))
        # Second differences of the density itself; both have errors of the order of their steps squared.
        second = -(around[0] - 2 * around[1] + around[2]) / 0.05**2
        assert way @ found @ way == pytest.approx(second, rel=0.02)
