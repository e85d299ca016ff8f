"""Distance between the classes of two fits: from made-up draws, and published values of the Rand index."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import latentclass as lc
from latentclass.posterior.class_drift import adjusted_rand_index, drift
from latentclass.posterior.classes import classes, memberships, profiles


def as_fit(posterior, survey):
    return SimpleNamespace(
        survey=survey,
        model=survey.model,
        profiles=lambda wide: profiles(posterior, survey, wide=wide),
        classes=lambda: classes(posterior, survey),
        memberships=lambda: memberships(posterior, survey),
    )


def test_the_same_classes_under_other_names_do_not_drift(plain):
    # A posterior whose draws agree: a single one, repeated.
    posterior = plain.posterior.isel(chain=[0], draw=[0])
    swapped = posterior.isel({"class": [1, 0]}).assign_coords({"class": posterior["class"]})
    found = drift(as_fit(posterior, plain.survey), as_fit(swapped, plain.survey))
    assert found.table["other"].tolist() == ["Class 2", "Class 1"]
    np.testing.assert_allclose(found.table[["difference", "profile_distance"]], 0, atol=1e-12)
    assert found.rand_index == 1.0
    assert repr(found).startswith("Drift(adjusted Rand index 1.000; largest difference of a share 0.000")


def test_differences_are_those_of_shares_and_answer_probabilities(plain):
    posterior = plain.posterior.isel(chain=[0], draw=[0])
    moved = posterior.copy(deep=True)
    # Items a and b are binary, c has three levels; each answer of class 1 to a becomes 0.1 less likely.
    sign = 1 if posterior["probability"].sel({"class": "Class 1", "item_level": "a=0"}).item() < 0.5 else -1
    moved["probability"].loc[{"class": "Class 1", "item_level": ["a=0", "a=1"]}] += np.array([0.1, -0.1]) * sign
    moved["intercept"].values[...] = np.log([0.8, 0.2]) - np.log([0.8, 0.2]).mean()
    found = drift(as_fit(posterior, plain.survey), as_fit(moved, plain.survey)).table
    assert found.loc["Class 1", "profile_distance"] == pytest.approx(0.1 / 3)
    assert found.loc["Class 2", "profile_distance"] == pytest.approx(0.0, abs=1e-12)
    assert found.loc["Class 1", "other_share"] == pytest.approx(0.8)
    np.testing.assert_allclose(found["difference"], found["other_share"] - found["share"])


def test_the_rand_index_has_its_known_values():
    # Hubert and Arabie (1985) correct for chance: a partition that crosses another evenly is below 0.
    one = pd.Series([0, 0, 1, 1])
    assert adjusted_rand_index(one, pd.Series([5, 5, 7, 7])) == 1.0
    assert adjusted_rand_index(one, pd.Series([0, 1, 0, 1])) == pytest.approx(-0.5)
    assert adjusted_rand_index(pd.Series([0] * 4), pd.Series([1] * 4)) == 1.0
    rng = np.random.default_rng(1)
    values = [
        adjusted_rand_index(pd.Series(rng.integers(0, 3, 200)), pd.Series(rng.integers(0, 4, 200))) for _ in range(60)
    ]
    # Mean 0 for independent partitions; five standard errors.
    assert abs(np.mean(values)) < 5 * np.std(values) / np.sqrt(60)


def test_fits_of_other_surveys_are_refused(plain, full):
    with pytest.raises(lc.FitError, match="Fits whose items differ have no drift between them"):
        drift(as_fit(plain.posterior, plain.survey), as_fit(full.posterior, full.survey))
