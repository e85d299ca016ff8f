"""The table of outcomes against the same numbers, draw by draw and respondent by respondent."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, logit

import latentclass as lc
from latentclass.posterior.outcomes import outcome_effects
from latentclass.simulation import membership_log_prior
from tests.posterior.conftest import Example, example_of, full_model

OUTCOMES = {
    "use": lc.outcome("ordinal", levels=[1, 2, 4], covariates=["technical", "stress"]),
    "joined": lc.outcome("binary", levels=["no", "yes"], covariates="stress"),
    "hours": lc.outcome("continuous", covariates="ease"),
}
VALUES = {"use": [1.0, 2.0, 4.0], "joined": [0.0, 1.0]}


@pytest.fixture(scope="module")
def example() -> Example:
    return example_of(full_model().replace(outcomes=OUTCOMES), seed=4)


def expected_answers(example: Example, parameters, name: str, k: int, more: str | None = None) -> list[float]:
    """Expected answer of every respondent in a class, a covariate raised by one."""
    survey, found = example.survey, []
    x = {c.label: g.matrix[:, j] for g in survey.groups for j, c in enumerate(g.columns)}
    x |= {c: parameters["score"].sel(construct=c).to_numpy() for c in survey.model.latent_constructs}
    slopes = parameters[f"outcome_slope_{name}"].to_series().to_dict()
    for i in range(survey.n_respondents):
        at = parameters[f"outcome_location_{name}"].values[k]
        at += sum(slope * (x[label][i] + (label == more)) for label, slope in slopes.items())
        if name == "hours":
            column = survey.outcomes[2]
            found.append(column.centre + column.scale * (parameters["outcome_mean_hours"].item() + at))
            continue
        above = expit(at - logit(np.cumsum(parameters[f"outcome_baseline_{name}"].values)[:-1]))
        found.append(VALUES[name][0] + float(np.diff(VALUES[name]) @ above))
    return found


@pytest.mark.parametrize("name", OUTCOMES)
def test_effects_on_the_answer_are_averages_over_the_respondents(example: Example, name: str) -> None:
    table = outcome_effects(example.posterior, example.survey)
    classes = example.survey.model.class_names
    label = example.survey.outcomes[list(OUTCOMES).index(name)].labels[-1]
    means, changes = [], []
    for parameters in example.parameters:
        share = np.exp(membership_log_prior(example.survey, parameters).values)
        before = [expected_answers(example, parameters, name, k) for k in range(3)]
        after = [expected_answers(example, parameters, name, k, label) for k in range(3)]
        means.append(np.mean(before, axis=1))
        changes.append(np.mean(np.sum(share.T * (np.array(after) - before), axis=0)))
    found = table.loc[[(name, "class", k) for k in classes], "response_mean"]
    np.testing.assert_allclose(found, np.mean(means, axis=0), rtol=1e-9)
    assert table.loc[(name, "covariate", label), "response_mean"] == pytest.approx(np.mean(changes), rel=1e-8)
    assert table.loc[(name, "covariate", label), "response_sd"] == pytest.approx(np.std(changes, ddof=1), rel=1e-8)


def test_effects_are_summaries_of_the_draws(example: Example) -> None:
    table = outcome_effects(example.posterior, example.survey, reference="Class 2", prob=0.5)
    location = example.posterior["outcome_location_use"]
    contrast = location.sel({"class": "Class 3"}) - location.sel({"class": "Class 2"})
    row = table.loc[("use", "class", "Class 3")]
    assert row["mean"] == pytest.approx(float(contrast.mean()))
    assert row["eti50_lb"] == pytest.approx(float(contrast.quantile(0.25)))
    assert row["p_positive"] == pytest.approx(float((contrast > 0).mean()))
    assert ("use", "class", "Class 2") not in table.index
    assert list(table.loc[("use", "covariate")].index) == ["ease", "skill", "support", "stress"]
    assert table.attrs["n_answered"]["hours"] == int(np.isfinite(example.survey.outcome_values[:, 2]).sum())


def test_what_cannot_be_asked(example: Example, plain: Example) -> None:
    with pytest.raises(lc.LatentClassError, match=r"There is no class 'Class 9'\. .*The classes are"):
        outcome_effects(example.posterior, example.survey, reference="Class 9")
    with pytest.raises(lc.ModelError, match="The model has no outcomes"):
        outcome_effects(plain.posterior, plain.survey)
