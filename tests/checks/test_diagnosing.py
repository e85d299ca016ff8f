"""`lc.diagnose`: problems that are known to be there are found, and named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import latentclass as lc
from latentclass.checks import Severity
from latentclass.posterior import log_likelihood
from latentclass.posterior.convergence import check_convergence
from latentclass.posterior.log_prior import log_prior
from tests.checks.conftest import fit_of, quick_fit, simulated, survey_model, truth


def with_groups(fit: lc.Fit, posterior: xr.Dataset | None = None, **stats: xr.DataArray) -> lc.Fit:
    """Add the groups of the tree that diagnostics read."""
    posterior = fit.posterior if posterior is None else posterior
    sample_stats = fit.tree["sample_stats"].to_dataset().assign(stats)
    groups = {
        "posterior": posterior,
        "sample_stats": sample_stats,
        "log_likelihood": log_likelihood(posterior, fit.survey).to_dataset(name="responses"),
        "log_prior": log_prior(posterior, fit.survey),
    }
    margin = sample_stats.get("label_margin", xr.ones_like(sample_stats["diverging"], dtype=float))
    return replace(
        fit,
        tree=xr.DataTree.from_dict(groups),
        convergence=check_convergence(posterior, sample_stats, margin),
    )


def severity(diagnosis: lc.Diagnosis, name: str) -> str:
    return diagnosis.table.loc[name, "severity"]


@pytest.fixture(scope="module")
def whole(right) -> lc.Fit:
    return with_groups(right)


@pytest.fixture(scope="module")
def diagnosis(whole) -> lc.Diagnosis:
    return lc.diagnose(whole)


def test_a_sound_fit(diagnosis) -> None:
    table = diagnosis.table
    assert diagnosis.ok
    for name in ("R-hat", "effective sample size", "divergences", "chains per solution", "identification"):
        assert table.loc[name, "severity"] == Severity.FINE
        assert table.loc[name, "message"] == ""
    assert diagnosis.identification.rank == diagnosis.identification.n_parameters == 3 + 2 * 6 * 2
    assert diagnosis.pareto_k.index.name == "respondent"
    assert len(diagnosis.pareto_k) == 400
    kinds = diagnosis.convergence.index.get_level_values("kind").unique()
    assert kinds.tolist() == ["relabelled", "label-invariant"]


def test_words_are_the_messages(diagnosis) -> None:
    assert set(diagnosis.messages) == set(diagnosis.words().split("\n\n")) or not diagnosis.messages


def test_the_repr_fits_the_screen(diagnosis) -> None:
    lines = repr(diagnosis).splitlines()
    assert lines[0].startswith("Diagnosis(0 problems, ")
    assert len(lines) < 25
    assert max(map(len, lines)) <= 110


def test_chains_that_disagree(whole) -> None:
    shift = xr.DataArray([0.0, 1.0], dims="chain")
    posterior = whole.posterior.assign(slope_group=whole.posterior["slope_group"] + shift)
    found = lc.diagnose(with_groups(whole, posterior))
    assert not found.ok
    assert severity(found, "R-hat") == Severity.PROBLEM
    assert "'slope_group'" in found.table.loc["R-hat", "message"]


def test_divergences_energy_and_labels(whole) -> None:
    rng = np.random.default_rng(0)
    like = whole.tree["sample_stats"]["diverging"]
    walk = xr.DataArray(rng.normal(size=like.shape).cumsum(axis=1), dims=like.dims)
    margin = xr.DataArray(np.where(rng.random(like.shape) < 0.2, 0.1, 0.9), dims=like.dims)
    diverging = xr.zeros_like(like)
    diverging[0, :3] = True
    found = lc.diagnose(with_groups(whole, diverging=diverging, energy=walk, label_margin=margin))
    for name in ("divergences", "E-BFMI", "labels"):
        assert severity(found, name) == Severity.PROBLEM
    assert "3 transitions diverged" in " ".join(found.messages)


def test_a_best_mode_hit_once_and_other_modes_with_weight(whole) -> None:
    modes = pd.DataFrame(
        {"hits": [1, 9], "basin": [1, 2], "weight": [0.7, 0.3]}, index=pd.RangeIndex(1, 3, name="mode")
    )
    found = lc.diagnose(replace(whole, modes=modes))
    assert severity(found, "modes") == severity(found, "Laplace weights") == Severity.NOTE
    assert "30% of the evidence" in found.table.loc["Laplace weights", "message"]


def test_a_probability_at_the_boundary(whole) -> None:
    posterior = whole.posterior.copy(deep=True)
    levels = ["item_1=1", "item_1=2", "item_1=3"]
    posterior["probability"].loc[{"class": "Class 1", "item_level": levels}] = [0.001, 0.299, 0.7]
    found = lc.diagnose(with_groups(whole, posterior))
    assert ("Class 1", "item_1", 1) in found.boundary.index
    assert severity(found, "boundary") == Severity.NOTE


def test_a_respondent_the_posterior_hangs_on(whole) -> None:
    loose = xr.DataArray(
        np.random.default_rng(0).normal(size=whole.tree["sample_stats"]["diverging"].shape) * 4, dims=("chain", "draw")
    )
    fit = replace(whole, tree=whole.tree.copy())
    logs = whole.tree["log_likelihood"].to_dataset().copy(deep=True)
    logs["responses"][..., 7] += loose
    fit.tree["log_likelihood"] = logs
    found = lc.diagnose(fit)
    assert found.pareto_k.idxmax() == whole.survey.respondents[7]
    assert severity(found, "Pareto k") != Severity.FINE


def test_a_prior_that_fights_the_data(whole) -> None:
    # Slopes of 0.6 and more under a prior that expects a twentieth.
    model = survey_model().replace(priors=lc.Priors(effects=lc.Normal(0.05)))
    survey = lc.read_survey(model, simulated(400, 15, missing=0.1))
    found = lc.diagnose(with_groups(quick_fit(survey, truth())))
    worst = found.sensitivity["surprise"].abs().idxmax()
    assert worst.startswith("slope_group[x_1")
    assert severity(found, "priors") == Severity.PROBLEM
    assert worst in found.table.loc["priors", "message"]
    assert severity(lc.diagnose(whole), "priors") != Severity.PROBLEM


def test_without_prior_and_likelihood_the_rest_is_diagnosed(right) -> None:
    found = lc.diagnose(right)
    assert severity(found, "priors") == Severity.NOTE
    assert found.sensitivity.empty
    assert found.pareto_k.isna().all()
    assert severity(found, "Pareto k") == Severity.NOTE


def test_one_chain_cannot_show_agreement(right) -> None:
    one = right.posterior.isel(chain=[0])
    fit = replace(
        fit_of(right.survey, right.posterior), solutions=pd.DataFrame({"chains": [(0,), (1,)], "n_chains": [1, 1]})
    )
    found = lc.diagnose(fit)
    assert one.sizes["chain"] == 1
    assert severity(found, "R-hat") == Severity.PROBLEM
    assert severity(found, "chains per solution") == Severity.PROBLEM
