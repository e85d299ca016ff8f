"""Densities of all draws at once against the NumPy twin, one draw after another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from latentclass import simulation
from latentclass.posterior import density, indicators, samples
from latentclass.posterior.classes import class_shares, classes, memberships

# Both sum the same logarithms, in another order.
TIGHT = {"rtol": 1e-10, "atol": 1e-10}


@pytest.fixture(params=["full", "single", "plain"])
def example(request):
    return request.getfixturevalue(request.param)


def one_by_one(example, function) -> np.ndarray:
    return np.stack([np.asarray(function(example.survey, p)) for p in example.parameters])


def test_log_likelihood_is_that_of_the_twin(example) -> None:
    found = density.log_likelihood(example.posterior, example.survey)
    assert found.dims == ("chain", "draw", "respondent")
    assert found["respondent"].values.tolist() == list(example.survey.respondents)
    wanted = one_by_one(example, simulation.log_likelihood)
    np.testing.assert_allclose(samples.flat(found, "respondent"), wanted, **TIGHT)


def test_class_posterior_is_that_of_the_twin(example) -> None:
    found = density.class_posterior(example.posterior, example.survey)
    wanted = one_by_one(example, simulation.memberships)
    np.testing.assert_allclose(samples.flat(found, "respondent", "class"), wanted, **TIGHT)


def test_membership_prior_is_that_of_the_twin(example) -> None:
    found = density.membership_prior(example.posterior, example.survey)
    wanted = one_by_one(example, simulation.membership_log_prior)
    np.testing.assert_allclose(samples.flat(found, "respondent", "class"), wanted, **TIGHT)


def test_item_probabilities_are_those_of_the_twin(example) -> None:
    found = density.log_item_probabilities(example.posterior, example.survey)
    labels = found["item_level"].to_numpy()
    for draw, parameters in zip(samples.flat(found, "class", "item_level"), example.parameters, strict=True):
        wanted = simulation.level_probabilities(example.survey, parameters).sel(item_level=labels)
        np.testing.assert_allclose(np.exp(draw), wanted, **TIGHT)


@pytest.mark.parametrize("name", ["likert_responses", "continuous_responses"])
def test_indicator_log_likelihood_is_that_of_the_twin(full, name: str) -> None:
    found = indicators.indicator_log_likelihood(full.posterior, full.survey)[name]
    wanted = one_by_one(full, lambda s, p: simulation.indicator_log_likelihood(s, p)[name])
    # The twin takes differences of probabilities, which lose digits in the tails.
    np.testing.assert_allclose(samples.flat(found, "respondent"), wanted, rtol=1e-8, atol=1e-8)


def test_without_latent_constructs_there_are_no_indicators(plain) -> None:
    assert len(indicators.indicator_log_likelihood(plain.posterior, plain.survey).data_vars) == 0


@pytest.mark.parametrize("entries", [1, 200, 10_000])
def test_size_of_blocks_does_not_matter(full, monkeypatch, entries: int) -> None:
    functions = (
        density.log_likelihood,
        density.total_log_likelihood,
        density.class_posterior,
        density.membership_prior,
        class_shares,
    )
    wanted = [function(full.posterior, full.survey) for function in functions]
    sizes, members = classes(full.posterior, full.survey), memberships(full.posterior, full.survey)
    monkeypatch.setattr(samples, "_BLOCK_ENTRIES", entries)
    for function, one in zip(functions, wanted, strict=True):
        xr.testing.assert_allclose(function(full.posterior, full.survey), one, rtol=1e-12)
    pd.testing.assert_frame_equal(classes(full.posterior, full.survey), sizes, rtol=1e-12)
    pd.testing.assert_frame_equal(memberships(full.posterior, full.survey), members, rtol=1e-12)


def with_zero(plain, values: list[float]) -> xr.Dataset:
    posterior = plain.posterior.copy(deep=True)
    posterior["probability"].loc[{"item_level": ["a=0", "a=1"]}] = np.array([[1.0, 0.0], values])
    return posterior


def test_an_impossible_answer_that_nobody_gave_counts_nothing(plain) -> None:
    posterior = with_zero(plain, [1.0, 0.0])
    never = plain.survey.codes[:, 0] != 1
    found = density.log_likelihood(posterior, plain.survey)
    assert np.isfinite(found.values[..., never]).all()
    assert (found.values[..., ~never] == -np.inf).all()


def test_an_answer_impossible_in_one_class_points_to_the_other(plain) -> None:
    posterior = with_zero(plain, [0.5, 0.5])
    gave_it = plain.survey.codes[:, 0] == 1
    found = density.class_posterior(posterior, plain.survey).values[..., gave_it, :]
    assert (found[..., 0] == 0).all()
    assert (found[..., 1] == 1).all()
    assert np.isfinite(density.log_likelihood(posterior, plain.survey)).all()


def test_order_of_dims_does_not_matter(full) -> None:
    turned = full.posterior.transpose(*reversed(list(full.posterior.dims)))
    xr.testing.assert_allclose(
        density.log_likelihood(turned, full.survey),
        density.log_likelihood(full.posterior, full.survey),
        rtol=1e-12,
    )


def test_respondents_without_answers_have_the_membership_of_their_covariates(full) -> None:
    silent = replace(full.survey, codes=np.full_like(full.survey.codes, -1))
    np.testing.assert_allclose(
        density.class_posterior(full.posterior, silent),
        np.exp(density.membership_prior(full.posterior, full.survey)),
        rtol=1e-12,
    )
    # The probabilities of the classes sum to 1 up to rounding.
    np.testing.assert_allclose(density.log_likelihood(full.posterior, silent), 0, atol=1e-12)
