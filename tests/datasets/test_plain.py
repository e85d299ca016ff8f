"""The benchmark problem has the shape it is asked for."""

import numpy as np
import pandas as pd
import pytest

import latentclass as lc


def test_default_shape_is_the_benchmark():
    data = lc.datasets.plain_survey()
    model = data.model
    assert (len(data.frame), len(model.items), model.n_classes) == (500, 12, 4)
    assert {item.structure.value for item in model.items} == {"free"}
    assert {len(item.levels) for item in model.items} == {5}
    assert [len(group.terms) for group in model.factor_groups.values()] == [3, 3, 3, 3]
    assert not data.frame.isna().any(axis=None)
    survey = lc.read_survey(model, data.frame)
    assert survey.codes.shape == (500, 12)


@pytest.mark.parametrize(("n_covariates", "sizes"), [(0, []), (1, [1]), (6, [2, 2, 1, 1])])
def test_covariates_are_dealt_to_groups(n_covariates, sizes):
    data = lc.datasets.plain_survey(n=50, n_covariates=n_covariates)
    assert [len(group.terms) for group in data.model.factor_groups.values()] == sizes


def test_covariates_are_standard_normal():
    x = lc.datasets.plain_survey(n=4000, n_items=1).frame.filter(like="x_").to_numpy()
    # Standard errors at n 4000: 0.016 for a mean or a correlation, 0.011 for a standard deviation; 78 of them.
    np.testing.assert_allclose(x.mean(axis=0), 0, atol=0.07)
    np.testing.assert_allclose(np.corrcoef(x.T), np.eye(12), atol=0.07)
    np.testing.assert_allclose(x.std(axis=0), 1, atol=0.05)


def test_the_seed_decides():
    first, again, other = (lc.datasets.plain_survey(n=50, seed=s).frame for s in (1, 1, 2))
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(other)


@pytest.mark.parametrize(
    ("name", "value", "least"), [("n", 1, 2), ("n_items", 0, 1), ("n_levels", 1.5, 2), ("n_covariates", -1, 0)]
)
def test_counts_too_small_are_refused(name, value, least):
    with pytest.raises(lc.ModelError, match=f"{name} is a whole number, {least} or more; got {value}"):
        lc.datasets.plain_survey(**{name: value})
