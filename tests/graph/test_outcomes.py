"""Outcomes in the density: against the NumPy twin, and sums over the classes written out here."""

from __future__ import annotations

import math

import numpy as np
import pytest

import latentclass as lc
from latentclass import simulation
from latentclass.graph import build_survey
from latentclass.posterior.density import class_posterior, log_likelihood
from latentclass.posterior.log_prior import log_prior
from tests.graph.conftest import Built, covariates, rich_model
from tests.graph.evaluation import log_densities
from tests.posterior.conftest import derived

OUTCOMES = {
    "use": lc.outcome("ordinal", levels=range(1, 6), covariates=["technical", "stress"]),
    "joined": lc.outcome("binary", levels=["no", "yes"], covariates="age"),
    "hours": lc.outcome("continuous", covariates="branch", by_class=False),
}
# The same dozens of terms in another order, in double precision.
ROUNDING = {"rtol": 1e-9, "atol": 1e-9}


@pytest.fixture(scope="module", params=[3, 1], ids=["three classes", "one class"])
def built(request) -> Built:
    model = rich_model(request.param).replace(outcomes=OUTCOMES)
    simulated = lc.simulate(model, covariates=covariates(60), seed=11, missing=0.15)
    survey = lc.read_survey(model, simulated.frame)
    return Built(survey, simulated.parameters, build_survey(survey))


def by_hand(built: Built, i: int, k: int) -> float:
    """Log-likelihood of the outcomes of one respondent in one class."""
    survey, p, total = built.survey, built.parameters, 0.0
    respondent, name = survey.respondents[i], survey.model.class_names[k]
    several = survey.model.n_classes > 1
    x = {}
    for group in survey.groups:
        for column, value in zip(group.columns, group.matrix[i], strict=True):
            latent = column.construct in survey.model.latent_constructs
            score = p["score"].sel(respondent=respondent, construct=column.construct).item() if latent else None
            x[column.label] = score if latent else value
    for j, column in enumerate(survey.outcomes):
        answer = survey.outcome_values[i, j]
        if math.isnan(answer):
            continue
        at = p[f"outcome_location_{column.name}"].sel({"class": name}).item() if several and j < 2 else 0.0
        for label in column.labels:
            slope = p[f"outcome_slope_{column.name}"].sel({f"{column.name}_outcome_covariate": label}).item()
            at += slope * x[label]
        if column.name == "hours":
            sd = p["outcome_sd_hours"].item()
            total -= 0.5 * ((answer - p["outcome_mean_hours"].item() - at) / sd) ** 2 + math.log(
                sd * math.sqrt(2 * math.pi)
            )
            continue
        baseline, code = p[f"outcome_baseline_{column.name}"].values, int(answer)
        below = [1 / (1 + math.exp(at) * sum(baseline[c:]) / sum(baseline[:c])) for c in range(1, len(baseline))]
        ends = [0.0, *below, 1.0]
        total += math.log(ends[code + 1] - ends[code])
    return total


def test_the_density_is_that_of_the_twin_and_of_sums_over_the_classes(built: Built) -> None:
    survey, found = built.survey, log_densities(built.pymc_model)(built.parameters)
    answers = found.pop("responses")
    np.testing.assert_allclose(answers, simulation.log_likelihood(survey, built.parameters), **ROUNDING)
    without = lc.read_survey(survey.model.replace(outcomes={}), survey.frame)
    prior = simulation.membership_log_prior(without, built.parameters).values
    items = np.log(simulation.memberships(without, built.parameters).values) - prior
    total = simulation.log_likelihood(without, built.parameters).values
    for i in range(0, survey.n_respondents, 7):
        # p(outcomes, items) = p(items) sum_k p(k | items) p(outcomes | k)
        logs = [items[i, k] + prior[i, k] + by_hand(built, i, k) for k in range(survey.model.n_classes)]
        wanted = total[i] + math.log(sum(map(math.exp, logs)))
        assert answers[i] == pytest.approx(wanted, rel=1e-9), i
    expected = log_prior(built.parameters.expand_dims(["chain", "draw"]), survey)
    twin = simulation.log_prior(survey, built.parameters)
    own = [name for name in map(str, expected.data_vars) if name.startswith("outcome_")]
    assert set(own) == {name for name in found if name.startswith("outcome_")}
    assert len(own) == (9 if survey.model.n_classes > 1 else 7)
    for name in own:
        np.testing.assert_allclose(found[name], expected[name].item(), **ROUNDING, err_msg=name)
        np.testing.assert_allclose(twin[name], expected[name].item(), **ROUNDING, err_msg=name)


def test_likelihood_and_memberships_of_a_posterior_are_those_of_the_twin(built: Built) -> None:
    posterior = derived(built.survey, built.parameters).expand_dims(["chain", "draw"])
    found = log_likelihood(posterior, built.survey)[0, 0]
    np.testing.assert_allclose(found, simulation.log_likelihood(built.survey, built.parameters), **ROUNDING)
    memberships = class_posterior(posterior, built.survey)[0, 0]
    np.testing.assert_allclose(memberships, simulation.memberships(built.survey, built.parameters), **ROUNDING)


def test_outcomes_without_feedback_are_no_part_of_the_density(built: Built) -> None:
    from dataclasses import replace

    quiet = {name: replace(outcome, feedback=False) for name, outcome in OUTCOMES.items()}
    model = built.survey.model.replace(outcomes=quiet)
    survey = lc.read_survey(model, built.survey.frame)
    without = lc.read_survey(model.replace(outcomes={}), built.survey.frame)
    names = [rv.name for rv in build_survey(survey).free_RVs]
    assert names == [rv.name for rv in build_survey(without).free_RVs]
    for of in (simulation.log_likelihood, simulation.memberships):
        np.testing.assert_array_equal(of(survey, built.parameters), of(without, built.parameters))
