"""Parameters that do not belong to the model are refused, with a message that says what would be right."""

import numpy as np
import pytest
import xarray as xr

import latentclass as lc
from latentclass.simulation.parameters import aligned, check_parameters, is_parameter

WRONG = {
    "unknown name": (lambda p: p.rename(location="locaton"), r"'locaton' is not a parameter.*Did you mean 'location'"),
    "wrong dims": (lambda p: p.assign(intercept=("ordinal_item", [0.0, 0.0])), r"'intercept' has the dims"),
    "unknown label": (lambda p: p.assign_coords(indicator=list("abcde")), r"unknown 'a', 'b'"),
    "not finite": (
        lambda p: p.assign(intercept=p["intercept"] * np.nan),
        "'intercept' has values that are not finite",
    ),
    "not centred": (lambda p: p.assign(location=p["location"] + 1), r"'location' must sum to zero across classes"),
    "not a simplex": (
        lambda p: p.assign(baseline=p["baseline"] * 2),
        r"of 'sharing' in 'baseline' must be >= 0 and sum",
    ),
    "no correlation": (
        lambda p: p.assign(score_correlation=p["score_correlation"] * 2),
        r"'score_correlation' must be a correlation matrix",
    ),
    "negative": (lambda p: p.assign(indicator_sd=-p["indicator_sd"]), r"'indicator_sd' must be positive"),
}


@pytest.mark.parametrize(("change", "message"), WRONG.values(), ids=WRONG)
def test_wrong_parameters_are_refused(rich, rich_survey, change, message):
    with pytest.raises(lc.ModelError, match=message):
        check_parameters(rich_survey, change(rich.parameters))


def test_what_follows_from_the_parameters_may_stand_beside_them(rich, rich_survey):
    check_parameters(rich_survey, rich.parameters.assign(threshold=("ordinal_threshold", np.zeros(7))))


def test_something_else_than_a_dataset_is_refused(rich_survey):
    with pytest.raises(lc.ModelError, match=r"xarray\.Dataset; got dict"):
        check_parameters(rich_survey, {"intercept": [0.0, 0.0, 0.0]})


def test_an_absent_parameter_is_named(rich, rich_survey):
    with pytest.raises(lc.ModelError, match="lack 'location'"):
        aligned(rich_survey, rich.parameters.drop_vars("location"), "location")


def test_a_dim_without_labels_must_have_the_right_length(rich_survey):
    short = xr.Dataset({"intercept": ("class", [1.0, -1.0])})
    with pytest.raises(lc.ModelError, match="2 entries along 'class'; this model has 3"):
        aligned(rich_survey, short, "intercept")


def test_only_parameters_are_parameters():
    assert is_parameter("loading")
    assert not is_parameter("threshold")
