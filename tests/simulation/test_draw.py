"""Draws from the priors have the moments of the priors."""

import numpy as np
import pytest
import xarray as xr

import latentclass as lc
from latentclass.simulation import draw_arrays, draw_parameters
from latentclass.simulation.parameters import parameter_labels


def draws(survey, name, count=1500, seed=4):
    rng = np.random.default_rng(seed)
    return np.array([draw_parameters(survey, rng)[name].values for _ in range(count)])


def test_every_parameter_is_drawn_with_its_labels(rich_survey):
    drawn = draw_parameters(rich_survey, np.random.default_rng(1))
    for name, labels in parameter_labels(rich_survey).items():
        assert drawn[name].dims == tuple(labels)
        for dim, wanted in labels.items():
            assert drawn[name][dim].values.tolist() == wanted


@pytest.mark.parametrize(("name", "scale"), [("intercept", 1.0), ("slope_technical", 0.8), ("location", 2.5)])
def test_zero_sum_effects_have_the_documented_spread(rich_survey, name, scale):
    values = draws(rich_survey, name)
    axis = 1 + list(parameter_labels(rich_survey)[name]).index("class")
    np.testing.assert_allclose(values.sum(axis=axis), 0, atol=1e-12)
    # A standard deviation from 1500 draws is off by 1.8 %; five standard errors.
    np.testing.assert_allclose(values.std(axis=0), scale * np.sqrt(1 - 1 / 3), rtol=0.1)


def test_markers_are_positive_and_other_loadings_take_both_signs(rich_survey):
    values = draws(rich_survey, "loading", count=200)
    names = parameter_labels(rich_survey)["loading"]["indicator"]
    markers = [names.index("stress_1"), names.index("ease_2")]
    assert (values[:, markers] > 0).all()
    others = np.delete(values, markers, axis=1)
    # Of 200 draws of a symmetric distribution fewer than 60 positive ones have the probability 5e-9.
    assert ((others > 0).sum(axis=0) > 60).all()
    assert ((others < 0).sum(axis=0) > 60).all()


def test_scores_have_the_given_correlation(rich_model, covariates_of):
    names = ["stress", "ease"]
    correlation = xr.DataArray(
        [[1.0, -0.6], [-0.6, 1.0]],
        dims=("construct", "construct_twin"),
        coords={"construct": names, "construct_twin": names},
    )
    given = xr.Dataset({"score_correlation": correlation})
    simulated = lc.simulate(rich_model, given, covariates_of(4000), seed=2)
    score = simulated.parameters["score"].values
    # Standard errors at n 4000: (1 - r^2) / sqrt(n) = 0.010, and 0.011 for a standard deviation; four of them.
    assert np.corrcoef(score.T)[0, 1] == pytest.approx(-0.6, abs=0.04)
    np.testing.assert_allclose(score.std(axis=0), 1, atol=0.045)


def test_given_parameters_are_kept_and_the_others_drawn(rich, rich_survey):
    given = rich.parameters[["slope_technical"]]
    drawn = draw_parameters(rich_survey, np.random.default_rng(1), given=given)
    xr.testing.assert_equal(drawn["slope_technical"], given["slope_technical"])
    assert not np.allclose(drawn["location"], rich.parameters["location"])


def test_a_flat_prior_cannot_be_drawn_from(rich):
    survey = lc.read_survey(rich.model.replace(priors=lc.Priors(location=lc.Flat())), rich.frame)
    with pytest.raises(lc.ModelError, match="'location' has a Flat prior"):
        draw_parameters(survey, np.random.default_rng(1))
    kept = draw_parameters(survey, np.random.default_rng(1), given=rich.parameters[["location"]])
    xr.testing.assert_equal(kept["location"], rich.parameters["location"])


def test_arrays_are_the_parameters_without_labels(rich_survey):
    labelled = draw_parameters(rich_survey, np.random.default_rng(7))
    arrays = draw_arrays(rich_survey, np.random.default_rng(7))
    assert list(arrays) == list(labelled.data_vars)
    for name, dims in parameter_labels(rich_survey).items():
        np.testing.assert_array_equal(arrays[name], labelled[name].transpose(*dims).to_numpy())
