"""Densities of built models against the NumPy twin, and against sums over the classes written here."""

from __future__ import annotations

import math
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pymc as pm
import pytensor.tensor as pt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import latentclass as lc
from latentclass import simulation
from latentclass.dims import is_hyper
from latentclass.errors import SurveyWarning
from latentclass.graph import build, build_survey
from latentclass.posterior.log_prior import log_prior
from latentclass.survey import Survey
from tests.graph.conftest import Built, covariates, rich_model
from tests.graph.evaluation import in_python, log_densities

# The same dozens of terms in another order, in double precision.
ROUNDING = {"rtol": 1e-10, "atol": 1e-10}

KINDS = {
    "binary": lambda name, n: lc.binary(name, levels=["no", "yes"]),
    "nominal": lambda name, n: lc.nominal(name, levels=[f"level {i}" for i in range(n)]),
    "free": lambda name, n: lc.ordinal(name, levels=range(n), structure="free"),
    "cumulative": lambda name, n: lc.ordinal(name, levels=range(n)),
    "dispersed": lambda name, n: lc.ordinal(name, levels=range(n), dispersion=True),
}
CONSTRUCTS = {
    "stress": lc.construct("stress_1", "stress_2", levels=range(1, 5), marker="stress_2"),
    "load": lc.construct("load_1", "load_2", "load_3", levels=[1, 2, 3]),
    "ease": lc.construct("ease_1", "ease_2", kind="continuous"),
    "support": lc.construct("support_1", "support_2", scores="mean"),
}


def read(model: lc.Model, frame) -> Survey:
    with warnings.catch_warnings(action="ignore", category=SurveyWarning):
        return lc.read_survey(model, frame)


EFFECTS = [
    lc.Normal(0.5),
    lc.Hierarchical(0.4),
    lc.Hierarchical(0.4, dof=3),
    lc.RegularizedHorseshoe(0.2, slab_scale=1.5, slab_dof=5),
    lc.Allocation(0.3, precision=4, concentration=0.7),
]


@st.composite
def surveys(draw) -> Built:
    kinds = draw(st.lists(st.tuples(st.sampled_from([*KINDS, "dispersed"]), st.integers(2, 6)), min_size=1, max_size=5))
    items = [item for j, (kind, n) in enumerate(kinds) for item in KINDS[kind](f"item_{j}", n)]
    constructs = {name: construct for name, construct in CONSTRUCTS.items() if draw(st.integers(0, 2)) == 2}
    groups: dict[str, list[str]] = {}
    for term in ("age", "remote", "branch", *sorted(constructs)):
        group = draw(st.sampled_from(["", "first", "second"]))
        if group:
            groups.setdefault(group, []).append(term)
    intercept = draw(st.sampled_from([lc.Normal(1.0), lc.Dirichlet(2.0)]))
    effects = draw(st.sampled_from(EFFECTS))
    model = lc.Model(
        items=items,
        n_classes=draw(st.sampled_from([1, 2, 2, 3, 3, 4, 4])),
        factor_groups=groups,
        constructs=constructs,
        priors=lc.Priors(
            intercept=intercept, effects=effects, items=lc.Dirichlet(draw(st.sampled_from([0.7, 1.0, 3.0])))
        ),
    )
    seed = draw(st.integers(0, 2**16))
    simulated = lc.simulate(model, covariates=covariates(9), seed=seed, missing=draw(st.sampled_from([0.0, 0.3])))
    frame = simulated.frame.copy()
    likert = [(i, c.levels) for c in constructs.values() if c.levels for i in c.indicators]
    for name, levels in [*((item.name, item.levels) for item in items), *likert]:
        # Two respondents who answer nothing, and two who differ in everything: a constant column is refused.
        frame[name] = frame[name].astype(object)
        frame.loc[frame.index[:4], name] = pd.Series([None, None, *levels[:2]], index=frame.index[:4], dtype=object)
    survey = read(model, frame)
    return Built(survey, simulated.parameters, build_survey(survey))


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def between(lower: float, upper: float) -> float:
    """P(lower < a logistic variable <= upper), from the tail in which the digits are."""
    return sigmoid(-lower) - sigmoid(-upper) if lower > 0 else sigmoid(upper) - sigmoid(lower)


def graded(baseline: list[float], code: int, stretch: float, location: float, spread: float) -> float:
    """P(level) where the thresholds are stretched logits of the cumulative baseline."""
    ends = [-500.0]
    for c in range(1, len(baseline)):
        ends.append((stretch * math.log(sum(baseline[:c]) / sum(baseline[c:])) - location) / spread)
    ends.append(500.0)
    return between(ends[code], ends[code + 1])


class ByHand:
    """One respondent and class after another, from tables of the parameters by label."""

    def __init__(self, built: Built) -> None:
        self.survey, self.model = built.survey, built.survey.model
        labelled = {name: array for name, array in built.parameters.data_vars.items() if array.ndim}
        self.tables = {name: array.to_series().to_dict() for name, array in labelled.items()}

    def prior(self, i: int) -> list[float]:
        names, t = self.model.class_names, self.tables
        if len(names) == 1:
            return [1.0]
        logits = [t["intercept"][name] for name in names]
        for group in self.survey.groups:
            for column, x in zip(group.columns, group.matrix[i], strict=True):
                if column.construct in self.model.latent_constructs:
                    x = t["score"][self.survey.respondents[i], column.construct]
                logits = [
                    logit + x * t[f"slope_{group.name}"][column.label, name]
                    for logit, name in zip(logits, names, strict=True)
                ]
        total = sum(map(math.exp, logits))
        return [math.exp(logit) / total for logit in logits]

    def answer(self, item, code: int, name: str) -> float:
        t = self.tables
        if item.structure == "free":
            return t["probability"][name, f"{item.name}={item.levels[code]}"]
        baseline = [t["baseline"][f"{item.name}={level}"] for level in item.levels]
        location, spread = 0.0, 1.0
        if len(self.model.class_names) > 1:
            location = t["location"][name, item.name]
            spread = math.exp(t["log_dispersion"][name, item.name]) if item.dispersion else 1.0
        return graded(baseline, code, 1.0, location, spread)

    def log_likelihood(self, i: int) -> float:
        total = 0.0
        for share, name in zip(self.prior(i), self.model.class_names, strict=True):
            for item, code in zip(self.survey.items, self.survey.codes[i], strict=True):
                share *= self.answer(item, code, name) if code >= 0 else 1.0
            total += share
        return math.log(total)

    def likert(self, i: int) -> float:
        t, total = self.tables, 0.0
        for column, code in zip(self.survey.likert_indicators, self.survey.likert_codes[i], strict=True):
            if code >= 0:
                loading = t["loading"][column.name]
                baseline = [t["likert_baseline"][f"{column.name}={level}"] for level in column.levels]
                stretch = math.sqrt(1 + (16 * math.sqrt(3) / (15 * math.pi)) ** 2 * loading**2)
                at = loading * t["score"][self.survey.respondents[i], column.construct]
                total += math.log(graded(baseline, code, stretch, at, 1.0))
        return total

    def continuous(self, i: int) -> float:
        t, total = self.tables, 0.0
        for column, value in zip(self.survey.continuous_indicators, self.survey.continuous_values[i], strict=True):
            if not math.isnan(value):
                sd = t["indicator_sd"][column.name]
                score = t["score"][self.survey.respondents[i], column.construct]
                mean = t["indicator_mean"][column.name] + t["loading"][column.name] * score
                total += -0.5 * ((value - mean) / sd) ** 2 - math.log(sd * math.sqrt(2 * math.pi))
        return total


def assert_densities(built: Built) -> None:
    """Compare the density of every variable with the twin, and that of the answers with sums over the classes."""
    found = log_densities(built.pymc_model)(built.parameters)
    by_hand, respondents = ByHand(built), range(built.survey.n_respondents)
    twin = {
        "responses": simulation.log_likelihood(built.survey, built.parameters),
        **simulation.indicator_log_likelihood(built.survey, built.parameters),
    }
    sums = {
        "responses": by_hand.log_likelihood,
        "likert_responses": by_hand.likert,
        "continuous_responses": by_hand.continuous,
    }
    for name, wanted in twin.items():
        values = found.pop(name)
        np.testing.assert_allclose(values, wanted, **ROUNDING, err_msg=name)
        np.testing.assert_allclose(values, [sums[name](i) for i in respondents], **ROUNDING, err_msg=name)
    silent = (built.survey.codes < 0).all(axis=1)
    np.testing.assert_allclose(twin["responses"][silent], 0, atol=1e-12)
    prior = log_prior(built.parameters.expand_dims(["chain", "draw"]), built.survey)
    assert set(found) == set(prior)
    for name, wanted in prior.items():
        # PyMC adds the logarithm of 2 of a folded distribution in single precision, off by 2e-9.
        digits = {"atol": 2e-8} if is_hyper(name) else ROUNDING
        np.testing.assert_allclose(found[name], wanted.item(), **digits, err_msg=name)


@settings(max_examples=40, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(surveys())
def test_densities_of_any_model_are_those_of_the_twin_and_of_enumeration(built: Built) -> None:
    assert (built.survey.codes[:2] < 0).all()
    assert_densities(built)


def test_densities_of_a_model_with_every_part(rich: Built) -> None:
    assert len(rich.parameters.data_vars) == 13
    assert_densities(rich)


@pytest.mark.parametrize("order", [(1, 0, 2), (2, 0, 1)])
def test_permuting_the_classes_changes_nothing(rich: Built, order: tuple[int, ...]) -> None:
    names = list(rich.survey.model.class_names)
    permuted = rich.parameters.isel({"class": list(order)}).assign_coords({"class": names})
    assert not permuted["probability"].equals(rich.parameters["probability"])
    density = log_densities(rich.pymc_model, jacobian=True)
    before, after = density(rich.parameters), density(permuted)
    for name, values in before.items():
        np.testing.assert_allclose(after[name], values, **ROUNDING, err_msg=name)


def test_the_order_of_breaking_is_no_part_of_the_model(rich: Built) -> None:
    """Also with the Jacobian: every order has the same one."""
    rng, sizes = np.random.default_rng(1), [2, 4, 4]
    starts = np.cumsum([0, *sizes[:-1]])
    rows = [np.concatenate([s + rng.permutation(n) for s, n in zip(starts, sizes, strict=True)]) for _ in range(3)]
    other = build_survey(rich.survey, np.stack(rows))
    before = log_densities(rich.pymc_model, jacobian=True)(rich.parameters)
    after = log_densities(other, jacobian=True)(rich.parameters)
    for name, values in before.items():
        np.testing.assert_allclose(after[name], values, **ROUNDING, err_msg=name)


def test_the_gradient_of_the_whole_model_is_that_of_differences(rich: Built) -> None:
    model = rich.pymc_model
    density = model.logp()
    evaluate = in_python(model.value_vars, [density, *pt.grad(density, model.value_vars)])
    rng, step = np.random.default_rng(2), 1e-5
    point = {name: v + 0.3 * rng.normal(size=v.shape) for name, v in model.initial_point(0).items()}
    _, *gradients = evaluate(**point)
    for variable, gradient in zip(model.value_vars, gradients, strict=True):
        value = point[variable.name]
        for direction in rng.normal(size=(3, *value.shape)):
            ends = [evaluate(**{**point, variable.name: value + move * direction})[0] for move in (step, -step)]
            # Errors of some 1e-10 by the square of the step, and of 1e-8 by the digits of a density near 1e3.
            difference = (ends[0] - ends[1]) / (2 * step)
            assert np.sum(gradient * direction) == pytest.approx(difference, rel=1e-5, abs=1e-5), variable.name


def test_dims_and_coords_have_the_names_of_the_package(rich: Built) -> None:
    model = rich.pymc_model
    assert model.coords["class"] == rich.survey.model.class_names
    assert model.coords["respondent"] == rich.survey.respondents
    assert model.coords["item_level"][:3] == ("posted=no", "posted=yes", "channel=wiki")
    assert model.coords["ordinal_threshold"][:2] == ("sharing:1|2", "sharing:2|3")
    assert model.coords["marker"] == ("stress_2", "ease_1", "load_1")
    assert model.coords["dispersed_item"] == ("sharing",)
    dims = model.named_vars_to_dims
    assert dims["probability"] == ("class", "item_level")
    assert dims["slope_technical"] == ("technical_covariate", "class")
    assert dims["score"] == ("respondent", "construct")
    assert dims["responses"] == ("respondent", "item")
    assert all(name in dims for name in model.named_vars)
    shapes = {rv.name: v.shape for rv, v in zip(model.basic_RVs, _drawn(model, model.basic_RVs), strict=True)}
    for name, shape in shapes.items():
        assert shape == tuple(len(model.coords[dim]) for dim in dims[name]), name


def _drawn(model, variables):
    with model:
        return pm.draw(variables, random_seed=1, mode="FAST_COMPILE")


def test_without_constructs_the_answers_are_the_only_observed_variable(plain: Built) -> None:
    assert [rv.name for rv in plain.pymc_model.observed_RVs] == ["responses"]
    assert [rv.name for rv in plain.pymc_model.free_RVs] == [
        "intercept", "slope_individual", "probability", "baseline", "location",
    ]  # fmt: skip


def test_build_reads_the_frame(plain: Built) -> None:
    built = build(plain.survey.model, plain.survey.frame)
    assert [rv.name for rv in built.free_RVs] == [rv.name for rv in plain.pymc_model.free_RVs]
    assert built.coords == plain.pymc_model.coords


CASES = {
    "flat priors": (
        lambda: rich_model().replace(priors=lc.Priors.flat()),
        {"class_share", "slope_individual", "location", "log_dispersion", "marker_loading", "indicator_sd"},
    ),
    "Dirichlet intercept": (
        lambda: rich_model().replace(priors=lc.Priors(intercept=lc.Dirichlet(2.0))),
        {"class_share", "slope_technical"},
    ),
    "one class": (lambda: rich_model(1), {"probability", "baseline", "score", "free_loading"}),
    "no factor groups": (lambda: lc.Model(items=rich_model().items, n_classes=2), {"intercept", "probability"}),
}


@pytest.mark.parametrize("case", CASES)
def test_special_models_build_and_have_a_finite_density(rich: Built, case: str) -> None:
    make, expected = CASES[case]
    model = make()
    pymc_model = build_survey(read(model, rich.survey.frame))
    free = {rv.name for rv in pymc_model.free_RVs}
    assert expected <= free
    if model.n_classes == 1:
        assert not free & {"intercept", "location", "log_dispersion", "slope_individual"}
    point = pymc_model.initial_point(0)
    values = in_python(pymc_model.value_vars, pymc_model.logp(sum=False))(**point)
    assert all(np.isfinite(v).all() for v in values)


def test_flat_priors_add_nothing_but_the_volume_of_the_simplexes(rich: Built) -> None:
    survey = replace(rich.survey, model=rich.survey.model.replace(priors=lc.Priors.flat()))
    found = log_densities(build_survey(survey))(rich.parameters)
    for name in ("slope_individual", "slope_technical", "location", "log_dispersion", "free_loading", "indicator_mean"):
        assert found[name] == 0, name
    # A flat density on the simplex of C levels is (C - 1)!.
    np.testing.assert_allclose(found["probability"], 3 * (2 * math.log(6)), rtol=1e-12)
