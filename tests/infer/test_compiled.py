"""Compiled functions are shared by surveys of one structure: no data of one may be found in the numbers of another."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytensor.tensor as pt
import pytest
from pytensor.printing import debugprint

import latentclass as lc
from latentclass.graph import build_survey
from latentclass.infer import compiled as module
from latentclass.infer import jitted
from latentclass.infer.compiled import compile_model, compile_survey
from latentclass.infer.distinct import distinct_rows
from latentclass.survey import Survey
from tests.graph.conftest import covariates, rich_model
from tests.graph.evaluation import in_python


def survey_of(model: lc.Model, n: int, seed: int) -> Survey:
    # Flat priors cannot be drawn from.
    simulated = lc.simulate(replace(model, priors=lc.Priors()), covariates=covariates(n), seed=seed, missing=0.1)
    return lc.read_survey(model, simulated.frame)


def models() -> dict[str, lc.Model]:
    free = [*lc.ordinal("sharing", levels=[1, 2, 3], structure="free"), *lc.binary("posted", levels=["no", "yes"])]
    cumulative = lc.ordinal("dialogue", "trust", levels=[1, 2, 3, 4], dispersion=True)
    groups = {"individual": ["age", "remote"], "social": ["branch"]}
    return {
        "every part": rich_model(),
        "one class": rich_model(n_classes=1),
        "free items": lc.Model(items=free, n_classes=2, factor_groups=groups),
        "cumulative items": lc.Model(items=cumulative, n_classes=3, factor_groups=groups),
        "flat priors": lc.Model(items=free, n_classes=3, factor_groups=groups, priors=lc.Priors.flat()),
        "learned scales": lc.Model(
            items=free,
            n_classes=3,
            factor_groups=groups,
            priors=lc.Priors(
                group_effects={"individual": lc.Hierarchical(0.5), "social": lc.RegularizedHorseshoe(0.1)}
            ),
        ),
        "one total": lc.Model(
            items=free,
            n_classes=3,
            factor_groups=groups,
            priors=lc.Priors(effects=lc.Allocation(mean=0.2, precision=5.0)),
        ),
        "outcomes": lc.Model(
            items=free,
            n_classes=2,
            factor_groups={"individual": ["age"]},
            outcomes={"hours": lc.outcome("continuous", covariates="age")},
        ),
        "no covariates": lc.Model(items=[*free, *cumulative], n_classes=2),
    }


def text_of(survey: Survey) -> str:
    """Return the graphs that are compiled, constants and static shapes included, in words."""
    pymc_model = build_survey(survey)
    with pymc_model:
        outputs = [pymc_model.logp(), *module._natural(pymc_model)]
    return debugprint(outputs, file="str", print_type=True, id_type="CHAR")


@pytest.mark.parametrize("name", models())
def test_graphs_hold_no_data(name: str) -> None:
    model = models()[name]
    assert text_of(survey_of(model, 40, seed=1)) == text_of(survey_of(model, 53, seed=2))


@pytest.mark.parametrize("name", models())
def test_shapes_of_the_values_are_those_of_pymc(name: str) -> None:
    pymc_model = build_survey(survey_of(models()[name], 40, seed=1))
    point = pymc_model.initial_point(0)
    assert [part.shape for part in module._parts(pymc_model)] == [point[v.name].shape for v in pymc_model.value_vars]


def in_the_interpreter(survey: Survey, rank: np.ndarray, x: np.ndarray) -> list[np.ndarray]:
    pymc_model = build_survey(survey, rank)
    parts = {}
    for value, part in zip(pymc_model.value_vars, module._parts(pymc_model), strict=True):
        parts[value.name] = x[part.where].reshape(part.shape)
    with pymc_model:
        density = pymc_model.logp()
    outputs = [density, pt.concatenate([g.ravel() for g in pt.grad(density, pymc_model.value_vars)])]
    return in_python(pymc_model.value_vars, outputs)(**parts)


@pytest.mark.parametrize(("name", "n_alike"), [("learned scales", 0), ("no covariates", 30)])
def test_parts_of_the_respondents_add_up_whatever_the_threads(name: str, n_alike: int, monkeypatch) -> None:
    monkeypatch.setattr(jitted, "_PART", 20)
    survey = survey_of(models()[name], 160, seed=4)
    codes = np.array(survey.codes)
    codes[:n_alike] = codes[0]
    survey = replace(survey, codes=codes)
    compiled = compile_survey(survey)
    x = np.random.default_rng(1).normal(size=compiled.n_dim)
    wanted = in_the_interpreter(survey, compiled.pymc_model["breaking_order"].get_value(), x)
    found = []
    for n_threads in (1, 3):
        with monkeypatch.context() as patch, ThreadPoolExecutor(n_threads) as pool:
            patch.setattr(jitted, "threads", lambda pool=pool: pool)
            found.append(compiled.full_density.spread()(x))
    found.append(compiled.full_density.frozen()(x))
    # Parts of at least 20 and the prior alone; as much as 130 differ.
    assert 4 <= len(compiled.full_density._jitted()._parts) <= 9
    for one, three, none, truth in zip(*found, wanted, strict=True):
        np.testing.assert_array_equal(one, three)
        np.testing.assert_array_equal(one, none)
        np.testing.assert_allclose(one, truth, rtol=1e-10, atol=1e-10)
    # The data may change.
    compiled.set_data("codes", compiled.pymc_model["codes"].get_value()[::-1])
    np.testing.assert_allclose(compiled.full_density.spread()(x)[0], compiled.full_density(x)[0], rtol=1e-12)


def test_respondents_who_are_alike_are_computed_once() -> None:
    model = lc.Model(
        items=lc.binary("posted", "read", levels=["no", "yes"]), n_classes=2, factor_groups={"social": ["remote"]}
    )
    survey = survey_of(model, 120, seed=4)
    compiled = compile_survey(survey)
    weights, answers = compiled.full_density.data()[:2]
    # Two answers, each yes, no or missing, times two values of the covariate.
    assert len(weights) == len(answers) <= 18
    assert weights.sum() == 120
    x = np.random.default_rng(1).normal(size=compiled.n_dim)
    rank = compiled.pymc_model["breaking_order"].get_value()
    for found, wanted in zip(compiled.full_density(x), in_the_interpreter(survey, rank, x), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-11)
    # The data may change.
    codes = np.array(survey.codes)
    codes[:50] = -1
    compiled.pymc_model.set_data("codes", codes)
    changed = replace(survey, codes=codes)
    for found, wanted in zip(compiled.full_density(x), in_the_interpreter(changed, rank, x), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-11)


@pytest.mark.parametrize(("name", "weighted"), [("free items", True), ("outcomes", False), ("every part", False)])
def test_respondents_are_counted_only_where_the_likelihood_is_all_that_is_summed(name: str, weighted: bool) -> None:
    pymc_model = build_survey(survey_of(models()[name], 40, seed=1))
    assert module._Functions(pymc_model).get(module._Kind.FULL, pymc_model).weighted == weighted


def test_distinct_rows() -> None:
    one, two = np.array([[1, 2], [1, 2], [3, 4], [1, 2], [1, 3]]), np.array([0.5, 0.5, 0.5, 1.5, 0.5])
    first, counts = distinct_rows([one, two])
    assert first is not None
    assert first.tolist() == [0, 2, 3, 4]
    assert counts.tolist() == [2.0, 1.0, 1.0, 1.0]
    assert distinct_rows([np.arange(5)])[0] is None
    assert distinct_rows([])[0] is None


@pytest.fixture(scope="module")
def three() -> list[Survey]:
    """Return surveys of one structure with other answers, covariates and numbers of respondents."""
    model = models()["free items"]
    return [survey_of(model, n, seed) for n, seed in ((40, 1), (53, 2), (40, 3))]


def test_a_further_survey_of_the_same_structure_gives_its_own_numbers(three: list[Survey]) -> None:
    ranks = [np.tile(row, (2, 1)) for row in ([0, 1, 2, 3, 4], [2, 0, 1, 4, 3], [1, 0, 2, 3, 4])]
    compiled = [compile_survey(survey, rank) for survey, rank in zip(three, ranks, strict=True)]
    assert len({id(one.full_density._jitted) for one in compiled}) == 1
    x = np.random.default_rng(1).normal(size=compiled[0].n_dim)
    for one, survey, rank in zip(compiled, three, ranks, strict=True):
        value, gradient = one.full_density(x)
        wanted = in_the_interpreter(survey, rank, x)
        np.testing.assert_allclose(value, wanted[0], rtol=1e-12)
        np.testing.assert_allclose(gradient, wanted[1], rtol=1e-10, atol=1e-10)
    # Bit for bit what a compilation of its own gives.
    own = compile_model(build_survey(three[1], ranks[1]))
    assert own.full_density(x)[0] == compiled[1].full_density(x)[0]
    assert own.full_density(x)[1].tobytes() == compiled[1].full_density(x)[1].tobytes()
    assert own.expand(x)[0].tobytes() == compiled[1].expand(x)[0].tobytes()


def test_another_structure_is_compiled_anew(three: list[Survey]) -> None:
    other = models()["free items"]
    assert module._structure(three[0]) == module._structure(three[1])
    changed = [
        lc.Model(items=other.items, n_classes=3, factor_groups=other.factor_groups),
        lc.Model(items=other.items[:1], n_classes=2, factor_groups=other.factor_groups),
        lc.Model(items=other.items, n_classes=2, factor_groups={"individual": ["age", "remote"]}),
        lc.Model(
            items=other.items, n_classes=2, factor_groups=other.factor_groups, priors=lc.Priors(items=lc.Dirichlet(3.0))
        ),
    ]
    structures = {module._structure(survey_of(model, 40, seed=1)) for model in (other, *changed)}
    assert len(structures) == 5


def test_a_structure_that_was_not_used_for_long_is_let_go(three: list[Survey], monkeypatch) -> None:
    monkeypatch.setattr(module, "_KEPT", 1)
    monkeypatch.setattr(module, "_FUNCTIONS", type(module._FUNCTIONS)(one="kept before"))
    monkeypatch.setattr(module, "_Functions", lambda _: None)
    monkeypatch.setattr(module, "_bound", lambda *_: None)
    compile_survey(three[0])
    assert list(module._FUNCTIONS) == [module._structure(three[0])]
