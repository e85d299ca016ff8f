"""Drawn surveys against the answer probabilities of the NumPy twin."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from latentclass import simulation
from latentclass.errors import LatentClassError
from latentclass.posterior import samples
from latentclass.posterior.predictive import posterior_predictive
from latentclass.simulation.probabilities import item_probabilities, likert_probabilities, loaded_scores

N_COPIES = 2000
# Far out in the normal tails: among the thousands of frequencies compared below, one beyond has probability 1e-4.
STANDARD_ERRORS = 5.5


def repeated(parameters: xr.Dataset) -> xr.Dataset:
    """Return one set of parameters as a posterior that knows nothing else."""
    return parameters.expand_dims(chain=[0], draw=np.arange(N_COPIES))


def assert_frequencies(codes: np.ndarray, probability: np.ndarray) -> None:
    """Compare how often each respondent gives each answer with its probability [respondent, level]."""
    for level in range(probability.shape[1]):
        p = probability[:, level]
        error = np.sqrt(p * (1 - p) / N_COPIES)
        # An expected count below 5 is too skewed for a normal.
        common = N_COPIES * np.minimum(p, 1 - p) > 5
        difference = np.abs((codes == level).mean(axis=0) - p)
        assert (difference <= STANDARD_ERRORS * error)[common].all()
        assert (difference < 0.02)[~common].all()


@pytest.mark.parametrize("name", ["full", "single", "plain"])
def test_answers_have_the_implied_probabilities(request, name: str) -> None:
    example = request.getfixturevalue(name)
    survey, parameters = example.survey, example.parameters[1]
    found = posterior_predictive(repeated(parameters), survey, seed=4)["responses"]
    assert found.dims == ("chain", "draw", "respondent", "item")
    classes = np.exp(simulation.membership_log_prior(survey, parameters).to_numpy())
    for item, probability in item_probabilities(survey, parameters).items():
        assert_frequencies(found.sel(item=item).to_numpy()[0], classes @ probability)


def test_answers_of_a_respondent_go_together_through_the_class(full) -> None:
    """Items are independent given the class and not without it: compare the joint distribution of two of them."""
    survey, parameters = full.survey, full.parameters[0]
    drawn = posterior_predictive(repeated(parameters), survey, seed=2)["responses"]
    classes = np.exp(simulation.membership_log_prior(survey, parameters).to_numpy())
    probability = item_probabilities(survey, parameters)
    joint = np.einsum("ik,kx,ky->ixy", classes, probability["channel"], probability["sharing"])
    pair = drawn.sel(item="channel").to_numpy()[0] * joint.shape[2] + drawn.sel(item="sharing").to_numpy()[0]
    assert_frequencies(pair, joint.reshape(len(joint), -1))
    independent = joint.sum(axis=2)[:, :, None] * joint.sum(axis=1)[:, None, :]
    assert np.abs(joint - independent).max() > 0.02


def test_likert_indicators_have_the_implied_probabilities(full) -> None:
    survey, parameters = full.survey, full.parameters[2]
    found = posterior_predictive(repeated(parameters), survey, seed=1)["likert_responses"]
    assert found["likert_indicator"].values.tolist() == ["stress_1", "stress_2", "stress_3"]
    for name, probability in likert_probabilities(survey, parameters).items():
        assert_frequencies(found.sel(likert_indicator=name).to_numpy()[0], probability)


def test_continuous_indicators_are_normal_around_the_loaded_score(full) -> None:
    survey, parameters = full.survey, full.parameters[2]
    found = posterior_predictive(repeated(parameters), survey, seed=1)["continuous_responses"]
    location = loaded_scores(survey, parameters)
    for name in ("skill_1", "skill_2"):
        of_indicator = parameters.sel(continuous_indicator=name)
        mean, sd = float(of_indicator["indicator_mean"]), float(of_indicator["indicator_sd"])
        residual = (found.sel(continuous_indicator=name).to_numpy()[0] - mean - location[name]) / sd
        assert stats.kstest(residual.ravel(), "norm").pvalue > 1e-3


def test_each_draw_has_its_own_parameters(plain) -> None:
    """Where every draw is sure of every answer, the answers tell the draw."""
    posterior = plain.posterior.copy(deep=True)
    sure = np.arange(posterior.sizes["draw"]) % 2
    rows = np.stack([1 - sure, sure], axis=-1)[None, :, None, :].astype(float)
    posterior["probability"].loc[{"item_level": ["a=0", "a=1"]}] = rows
    found = posterior_predictive(posterior, plain.survey)["responses"].sel(item="a")
    assert (found == xr.DataArray(sure, dims="draw")).all()


def test_everybody_answers_everything(full) -> None:
    found = posterior_predictive(full.posterior, full.survey)
    assert (full.survey.codes < 0).any()
    for j, item in enumerate(full.survey.items):
        codes = found["responses"].to_numpy()[..., j]
        assert codes.min() >= 0
        assert codes.max() < len(item.levels)
    assert found["likert_responses"].min() >= 0
    assert found["likert_responses"].dtype.kind == found["responses"].dtype.kind == "i"
    assert np.isfinite(found["continuous_responses"]).all()


def test_without_latent_constructs_there_are_responses_only(plain) -> None:
    assert list(posterior_predictive(plain.posterior, plain.survey)) == ["responses"]


def test_the_seed_decides(full) -> None:
    one, again, other = (posterior_predictive(full.posterior, full.survey, seed=seed) for seed in (1, 1, 2))
    xr.testing.assert_identical(one, again)
    assert not one["responses"].equals(other["responses"])


@pytest.mark.parametrize("entries", [1, 200])
def test_size_of_blocks_does_not_matter(full, monkeypatch, entries: int) -> None:
    wanted = posterior_predictive(full.posterior, full.survey, seed=3)
    monkeypatch.setattr(samples, "_BLOCK_ENTRIES", entries)
    found = posterior_predictive(full.posterior, full.survey, seed=3)
    xr.testing.assert_equal(found[["responses", "likert_responses"]], wanted[["responses", "likert_responses"]])
    xr.testing.assert_allclose(found, wanted, rtol=1e-12)


def test_draws_are_thinned_evenly_in_every_chain(full) -> None:
    found = posterior_predictive(full.posterior, full.survey, draws=2)
    assert found.sizes["chain"] == full.posterior.sizes["chain"]
    assert found["draw"].values.tolist() == [1, 3]
    assert posterior_predictive(full.posterior, full.survey, draws=99).sizes["draw"] == full.posterior.sizes["draw"]


@pytest.mark.parametrize("draws", [0, -1, 2.5, True, "all"])
def test_a_number_of_draws_is_positive_and_whole(plain, draws) -> None:
    with pytest.raises(LatentClassError, match=r"draws is the number .* positive whole number; got"):
        posterior_predictive(plain.posterior, plain.survey, draws=draws)
