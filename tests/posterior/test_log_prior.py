"""Log priors of all draws at once against the NumPy twin, one draw after another."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import latentclass as lc
from latentclass import simulation
from latentclass.model import LKJ, Dirichlet, Normal, Priors
from latentclass.posterior import samples
from latentclass.posterior.log_prior import SCORE_CHOLESKY, log_prior
from latentclass.survey import Survey, read_survey
from tests.posterior.conftest import example_of, full_model

# The same sums in another order; those over the scores have hundreds of terms.
TIGHT = {"rtol": 1e-10, "atol": 1e-10}


def with_priors(survey: Survey, priors: Priors) -> Survey:
    return read_survey(survey.model.replace(priors=priors), survey.frame)


def assert_twin(example, survey: Survey) -> None:
    found = log_prior(example.posterior, survey)
    for i, parameters in enumerate(example.parameters):
        wanted = simulation.log_prior(survey, parameters)
        if "score_correlation" in wanted:
            wanted[SCORE_CHOLESKY] = wanted.pop("score_correlation") + cholesky_volume(parameters)
        assert set(found.data_vars) == set(wanted.index)
        for name, value in wanted.items():
            np.testing.assert_allclose(found[name].to_numpy().ravel()[i], value, **TIGHT, err_msg=str(name))


def cholesky_volume(parameters: xr.Dataset) -> float:
    """Log determinant of the map from the rows of the factor below the diagonal to the correlations, numerically."""
    correlation = parameters["score_correlation"].to_numpy()
    rows = np.tril_indices(len(correlation), -1)

    def correlations(entries: np.ndarray) -> np.ndarray:
        factor = np.zeros_like(correlation)
        factor[rows] = entries
        factor[np.diag_indices_from(factor)] = np.sqrt(1 - np.square(factor).sum(axis=1))
        return (factor @ factor.T)[rows]

    at, step = np.linalg.cholesky(correlation)[rows], 1e-6
    columns = [(correlations(at + step * e) - correlations(at - step * e)) / (2 * step) for e in np.eye(len(at))]
    return float(np.linalg.slogdet(np.column_stack(columns))[1])


@pytest.mark.parametrize("name", ["full", "single", "plain"])
def test_log_prior_is_that_of_the_twin(request, name: str) -> None:
    example = request.getfixturevalue(name)
    assert_twin(example, example.survey)


def test_log_prior_follows_the_priors(full) -> None:
    priors = Priors(
        intercept=Dirichlet(2.5),
        effects=Normal(0.7),
        group_effects={"technical": Normal(0.2)},
        location=Normal(2.0),
        dispersion=Normal(0.3),
        items=Dirichlet(0.5),
        likert_loading=Normal(0.8),
        score_correlation=LKJ(4.0),
    )
    survey = with_priors(full.survey, priors)
    assert_twin(full, survey)
    found = log_prior(full.posterior, survey)
    assert "class_share" in found
    assert "intercept" not in found


LEARNED = [
    lc.Hierarchical(0.3),
    lc.Hierarchical(0.3, dof=3),
    lc.RegularizedHorseshoe(0.2, slab_scale=1.5, slab_dof=6),
    lc.Allocation(0.3, precision=5, concentration=0.6),
]


@pytest.mark.parametrize("prior", LEARNED, ids=repr)
@pytest.mark.parametrize("everywhere", [True, False])
def test_log_prior_of_what_priors_learn(prior, everywhere: bool) -> None:
    priors = Priors(effects=prior) if everywhere else Priors(group_effects={"technical": prior})
    example = example_of(full_model().replace(priors=priors), seed=3)
    assert_twin(example, example.survey)


def test_flat_priors_are_constant(full) -> None:
    survey = with_priors(full.survey, Priors.flat())
    assert_twin(full, survey)
    found = log_prior(full.posterior, survey)
    assert (found[["slope_individual", "location", "marker_loading", "indicator_sd"]] == 0).all()
    negative = full.posterior.assign(loading=-full.posterior["loading"])
    assert (log_prior(negative, survey)["marker_loading"] == -np.inf).all()


def test_a_flat_simplex_may_touch_its_boundary(plain) -> None:
    posterior = plain.posterior.copy(deep=True)
    posterior["probability"].loc[{"item_level": ["a=0", "a=1"]}] = np.array([1.0, 0.0])
    found = log_prior(posterior, plain.survey)
    # Two binary items with density 1 and one of three levels with density 2, in each of two classes.
    np.testing.assert_allclose(found["probability"], 2 * np.log(2.0), rtol=1e-12)


def test_values_are_labelled_by_chain_and_draw(full) -> None:
    found = log_prior(full.posterior, full.survey)
    assert all(array.dims == ("chain", "draw") for array in found.data_vars.values())
    assert found["draw"].equals(full.posterior["draw"])


def test_renaming_the_classes_changes_nothing(full) -> None:
    names = list(full.survey.model.class_names)
    renamed = full.posterior.isel({"class": [2, 0, 1]}).assign_coords({"class": names})
    xr.testing.assert_allclose(log_prior(renamed, full.survey), log_prior(full.posterior, full.survey), rtol=1e-12)


@pytest.mark.parametrize("entries", [1, 200])
def test_size_of_blocks_does_not_matter(full, monkeypatch, entries: int) -> None:
    wanted = log_prior(full.posterior, full.survey)
    monkeypatch.setattr(samples, "_BLOCK_ENTRIES", entries)
    xr.testing.assert_allclose(log_prior(full.posterior, full.survey), wanted, rtol=1e-12)
