"""Power-scaling of the priors: which are scaled, how far means move, and what is called a conflict."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import latentclass as lc
from latentclass import dims
from latentclass.checks import Severity
from latentclass.checks.about_priors import about_priors
from latentclass.checks.power_scaling import CONFLICT, PRIOR_ALONE, PRIOR_INFORMS, power_scaling
from latentclass.checks.prior_surprise import prior_surprise
from latentclass.posterior import log_likelihood
from latentclass.posterior.log_prior import log_prior
from latentclass.simulation.draw import draw_arrays
from latentclass.simulation.parameters import parameter_labels
from tests.checks.conftest import quick_fit, survey_model, truth


@pytest.fixture(scope="module")
def fit() -> lc.Fit:
    covariates = pd.DataFrame(np.random.default_rng(3).normal(size=(300, 2)), columns=["x_1", "x_2"])
    frame = lc.simulate(survey_model(), truth(), covariates, seed=3).frame
    return quick_fit(lc.read_survey(survey_model(), frame), truth())


def with_prior(fit: lc.Fit, **more: xr.DataArray) -> lc.Fit:
    """Return the fit with a density of the prior of one item parameter, and more."""
    own = fit.posterior["intercept"]
    density = -0.5 * (own**2).sum("class")
    tree = fit.tree.copy()
    tree["log_prior"] = xr.DataTree(dataset=xr.Dataset({"intercept": density, **more}))
    return lc.Fit(
        model=fit.model, survey=fit.survey, tree=tree, modes=fit.modes, solutions=fit.solutions,
        convergence=fit.convergence,
    )  # fmt: skip


def test_the_density_of_scores_is_no_prior_to_be_scaled(fit: lc.Fit) -> None:
    plain = power_scaling(with_prior(fit))
    # The sum over thousands of scores varies by tens, whatever they are: scaled, it would reweigh every draw.
    wild = xr.zeros_like(fit.posterior["intercept"].isel({"class": 0}, drop=True))
    wild = wild + 50.0 * np.random.default_rng(1).normal(size=wild.shape)
    scored = power_scaling(with_prior(fit, **{dims.SCORE: wild}))
    pd.testing.assert_frame_equal(plain, scored)
    # As a prior that is given it does count.
    given = power_scaling(with_prior(fit, probability=wild))
    assert given.loc[plain.index, "prior"].max() > 2 * plain["prior"].max()


N_ITEMS, PRIOR_SD = 6, 0.5
# Two classes whose logits sum to zero: an entry of N(0, s^2) effects has variance s^2 / 2.
ENTRY_SD = PRIOR_SD / np.sqrt(2)


def normal_fit(plain: lc.Fit, mean: float, sd: float) -> lc.Fit:
    """Return a fit whose slope of x_1 has a normal posterior of known mean and standard deviation, under N(0, 0.5)."""
    survey = plain.survey
    noise = np.random.default_rng(0).normal(size=(2, 1000))
    noise = (noise - noise.mean()) / noise.std()
    slope = plain.posterior["slope_group"].copy()
    slope.loc[{"group_covariate": "x_1", "class": "Class 1"}] = mean + sd * noise
    slope.loc[{"group_covariate": "x_1", "class": "Class 2"}] = -mean - sd * noise
    posterior = plain.posterior.assign(slope_group=slope)
    # The likelihood that makes this posterior of that prior: N(mean of the data, variance of the data).
    precision = 1 / sd**2 - 1 / ENTRY_SD**2
    at = mean / sd**2 / precision
    own = slope.sel({"group_covariate": "x_1", "class": "Class 1"}, drop=True)
    prior = log_prior(posterior, survey)[["slope_group"]]
    # The other slope is no part of what is known of this one.
    prior = prior.assign(slope_group=-0.5 * (own / ENTRY_SD) ** 2)
    answers = -0.5 * precision * (own - at) ** 2
    tree = plain.tree.copy()
    tree["posterior"] = xr.DataTree(dataset=posterior)
    tree["log_prior"] = xr.DataTree(dataset=prior)
    likelihood = log_likelihood(posterior, survey) * 0.0 + answers / survey.n_respondents
    tree["log_likelihood"] = xr.DataTree(dataset=likelihood.to_dataset(name="responses"))
    return lc.Fit(
        model=plain.model, survey=survey, tree=tree, modes=plain.modes, solutions=plain.solutions,
        convergence=plain.convergence,
    )  # fmt: skip


def two_covariates() -> pd.DataFrame:
    return pd.DataFrame(np.random.default_rng(3).normal(size=(300, 2)), columns=["x_1", "x_2"])


@pytest.mark.parametrize(("mean", "sd"), [(0.3, 0.2), (-0.2, 0.3), (0.6, 0.1)])
def test_shift_and_surprise_of_a_normal_posterior(fit: lc.Fit, mean: float, sd: float) -> None:
    found = power_scaling(normal_fit(fit, mean, sd)).loc["slope_group[x_1, Class 1]"]
    # A normal with precision a/s^2 + l at power a of the prior: the mean moves by -mean sd^2 / s^2 per unit of log a.
    shift = -np.log(2) * mean * sd / ENTRY_SD**2
    assert found["shift"] == pytest.approx(shift, abs=4 * found["shift_mcse"])
    assert found["shift_mcse"] < 0.05 * max(1, abs(shift) / 0.2)
    # 4000 draws from the prior: 2.2 % of its variance, which is 4 % of the distance where little was learned (sd 0.3).
    assert found["surprise"] == pytest.approx(mean / np.sqrt(ENTRY_SD**2 - sd**2), abs=0.15)


def test_what_is_informed_by_both_is_no_conflict(fit: lc.Fit) -> None:
    # As much from prior as from data, one standard deviation from the prior mean: nothing is unusual about it.
    sd = ENTRY_SD / np.sqrt(2)
    found = power_scaling(normal_fit(fit, sd, sd))
    row = found.loc["slope_group[x_1, Class 1]"]
    assert min(row["prior"], row["likelihood"]) > 0.05
    assert row["diagnosis"] == PRIOR_INFORMS
    assert about_priors(found).severity is Severity.NOTE
    assert about_priors(found).message.startswith("No prior contradicts the data.")


def test_what_is_far_from_the_prior_is_a_conflict(fit: lc.Fit) -> None:
    sd = ENTRY_SD / np.sqrt(2)
    # Six standard deviations of posterior means from the prior mean.
    found = power_scaling(normal_fit(fit, 6.0 * sd, sd))
    conflict = found[found["diagnosis"] == CONFLICT]
    assert conflict.index.tolist() == ["slope_group[x_1, Class 1]", "slope_group[x_1, Class 2]"]
    finding = about_priors(found)
    assert finding.severity is Severity.PROBLEM
    assert finding.value == f"2 of {len(found)} parameters in conflict, 2 of them moved by it"
    assert "slope_group[x_1, Class 1] by -" in finding.message


def row(**changes: float | str) -> pd.DataFrame:
    plain = {
        "prior": 0.2,
        "likelihood": 0.2,
        "shift": 0.1,
        "shift_mcse": 0.01,
        "surprise": 1.0,
        "p": 1.0,
        "diagnosis": "",
    }
    return pd.DataFrame([{**plain, **changes}], index=["one"])


SEVERITY = {
    "nothing": ({}, Severity.FINE),
    "a say": ({"shift": -0.6, "diagnosis": PRIOR_INFORMS}, Severity.NOTE),
    "the prior alone": ({"diagnosis": PRIOR_ALONE}, Severity.NOTE),
    "a conflict that moves": ({"shift": -0.6, "diagnosis": CONFLICT}, Severity.PROBLEM),
    "a conflict that hardly moves": ({"shift": 0.2, "diagnosis": CONFLICT}, Severity.NOTE),
    "a conflict within Monte Carlo error": ({"shift": 0.6, "shift_mcse": 0.2, "diagnosis": CONFLICT}, Severity.NOTE),
}


@pytest.mark.parametrize(("changes", "severity"), SEVERITY.values(), ids=SEVERITY)
def test_severity(changes: dict, severity: Severity) -> None:
    assert about_priors(row(**changes)).severity is severity


def test_posterior_means_of_right_priors_are_as_surprising_as_chance() -> None:
    """Truths from the prior, data that tell twice as much, as much, half as much: distances are standard normal."""
    rng, columns = np.random.default_rng(5), [f"x_{j + 1}" for j in range(80)]
    model = survey_model().replace(factor_groups={"group": columns})
    covariates = pd.DataFrame(rng.normal(size=(300, 80)), columns=columns)
    survey = lc.read_survey(model, lc.simulate(model, None, covariates, seed=3).frame)
    distances = []
    for noise in ENTRY_SD * np.array([0.5, 1.0, 2.0]):
        theta = rng.normal(scale=ENTRY_SD, size=80)
        weight = ENTRY_SD**2 / (ENTRY_SD**2 + noise**2)
        mean, sd = weight * (theta + noise * rng.normal(size=80)), np.sqrt(weight) * noise
        draws = rng.normal(mean, sd, size=(2, 1000, 80))
        slope = xr.DataArray(np.stack([draws, -draws], axis=-1), dims=("chain", "draw", "group_covariate", "class"))
        slope = slope.assign_coords({"group_covariate": columns, "class": ["Class 1", "Class 2"]})
        found = prior_surprise(xr.Dataset({"slope_group": slope}), survey)["slope_group"]
        distances += found.sel({"side": "distance", "class": "Class 1"}).to_numpy().tolist()
    # 240 distances: their standard deviation has a standard error of 0.046, their mean of 0.065.
    assert np.std(distances) == pytest.approx(1.0, abs=0.18)
    assert np.mean(distances) == pytest.approx(0.0, abs=0.25)


LEARNED = (lc.Normal(0.5), lc.Hierarchical(), lc.RegularizedHorseshoe(), lc.Allocation())


@pytest.mark.parametrize("effects", LEARNED, ids=lambda prior: type(prior).__name__)
def test_draws_from_the_prior_surprise_nobody(effects: lc.Normal) -> None:
    """Constructs, an outcome and scales that are learned: every parameter but the scores is looked at."""
    data = lc.datasets.internal_social_media(n=60, seed=1)
    use = lc.outcome("ordinal", levels=[1, 2, 3, 4, 5], covariates="technical")
    priors = lc.Priors(effects=effects)
    survey = lc.read_survey(data.model.replace(priors=priors, outcomes={"anticipated_use": use}), data.frame)
    rng = np.random.default_rng(2)
    draws = [draw_arrays(survey, rng) for _ in range(400)]
    drawn = xr.Dataset(
        {
            name: (("chain", "draw", *labels), np.stack([one[name] for one in draws])[None], {})
            for name, labels in parameter_labels(survey).items()
        }
    )
    found = prior_surprise(drawn, survey)
    assert set(found.data_vars) == set(drawn.data_vars) - {dims.SCORE}
    # Some two hundred parameters with nothing learned: noise of 1/20 in units of 0.05 ** 0.5 prior standard deviations.
    assert min(float(p.min()) for p in found.sel(side="p").data_vars.values()) > 1e-4


def test_flat_priors_surprise_nobody() -> None:
    model = survey_model().replace(priors=lc.Priors(effects=lc.Flat()))
    survey = lc.read_survey(model, lc.simulate(survey_model(), truth(), two_covariates(), seed=3).frame)
    draws = truth().expand_dims(chain=1, draw=20)
    assert set(prior_surprise(draws, survey).data_vars) == {"probability", "intercept"}


@pytest.mark.slow
def test_a_strong_wrong_prior_is_found_and_the_default_is_not() -> None:
    """Laplace fits of a survey with slopes of 2: under N(0, 0.1) and under the default."""
    strong = truth().assign(slope_group=truth()["slope_group"] * 0 + xr.DataArray([1.0, -1.0], dims="class"))
    frame = lc.simulate(survey_model(), strong, two_covariates(), seed=4).frame
    severity = {}
    for scale in (0.1, 1.0):
        model = survey_model().replace(priors=lc.Priors(effects=lc.Normal(scale)))
        fit = lc.fit(model, frame, method="laplace", n_starts=4, seed=1, progressbar=False)
        finding = about_priors(table := power_scaling(fit))
        severity[scale] = finding.severity
        conflict = table.index[table["diagnosis"] == CONFLICT]
        assert all(name.startswith("slope_group") for name in conflict)
    assert severity == {0.1: Severity.PROBLEM, 1.0: Severity.NOTE}
