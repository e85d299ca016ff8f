"""Where searches start: classical estimates, and sticks that give wanted probabilities."""

from __future__ import annotations

from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytensor.tensor as pt
import pytest
import xarray as xr
from scipy.special import expit

import latentclass as lc
from latentclass.graph import build_survey
from latentclass.graph.simplex import Blocks, StickBreaking
from latentclass.infer.compiled import Compiled, Part, _parts
from latentclass.infer.starts import break_sticks, fixed_part, order_of, random_start
from latentclass.survey import Survey
from tests.graph.evaluation import in_python

SIZES = (3, 2, 5)


def part_of(sizes: tuple[int, ...], *, ranked: bool) -> Part:
    transform = StickBreaking(Blocks(sizes), ranked=ranked)
    shape = (4, sum(sizes) - len(sizes))
    return Part(name="probability", where=slice(0, 4 * shape[1]), shape=shape, transform=transform, searched=True)


def profiles(seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.dirichlet(np.ones(size), size=4) for size in SIZES], axis=1)


@pytest.mark.parametrize("ranked", [False, True])
def test_broken_sticks_give_the_probabilities(ranked: bool) -> None:
    probability, part = profiles(), part_of(SIZES, ranked=ranked)
    rank = order_of(profiles(1), SIZES) if ranked else None
    u = break_sticks(probability, part, rank)
    assert u.shape == part.shape
    back = in_python([], part.transform.backward(pt.as_tensor(u), *([rank] if ranked else [])))()
    np.testing.assert_allclose(back, probability, rtol=1e-9)


def test_probabilities_may_come_up_to_a_constant() -> None:
    part = part_of(SIZES, ranked=False)
    np.testing.assert_allclose(break_sticks(7.0 * profiles(), part), break_sticks(profiles(), part), rtol=1e-10)


def test_a_probability_of_zero_is_broken_off_in_finite_log_odds() -> None:
    part = part_of((3,), ranked=False)
    u = break_sticks(np.array([[0.0, 1.0, 0.0]]), part)
    assert np.isfinite(u).all()
    assert expit(u[0, 0]) < 1e-5


def test_the_likeliest_level_is_broken_off_first() -> None:
    rows = np.array([[0.2, 0.5, 0.3, 0.9, 0.1], [0.4, 0.2, 0.4, 0.3, 0.7]])
    # Ties go to the first of the levels.
    assert order_of(rows, (3, 2)).tolist() == [[2, 0, 1, 3, 4], [0, 2, 1, 4, 3]]
    assert (break_sticks(rows, part_of((3, 2), ranked=True), order_of(rows, (3, 2))) > -1.0).all()


class Case(NamedTuple):
    """A survey, the true scores of its respondents, and the layout of its model's vector."""

    survey: Survey
    score: np.ndarray
    compiled: Compiled


def without_density(survey: Survey) -> Compiled:
    pymc_model = build_survey(survey)

    def unasked(x: np.ndarray) -> tuple[float, np.ndarray]:
        raise AssertionError

    return Compiled(
        pymc_model=pymc_model, parts=_parts(pymc_model), class_density=unasked, full_density=unasked, expand=unasked
    )


@pytest.fixture(scope="module")
def case() -> Case:
    """Return a survey with two constructs of known loadings; stress_3 and skill_2 run against the marker."""
    model = lc.Model(
        items=[*lc.binary("a", "b", levels=["no", "yes"]), *lc.ordinal("c", levels=[1, 2, 3])],
        n_classes=2,
        constructs={
            "stress": lc.construct("stress_1", "stress_2", "stress_3", levels=range(1, 6)),
            "skill": lc.construct("skill_1", "skill_2", "skill_3", kind="continuous"),
        },
        factor_groups={"individual": ["stress", "skill"]},
    )
    known = xr.Dataset(
        {
            "loading": ("indicator", [2.0, 1.5, -1.5, 1.0, -0.8, 0.9]),
            "score_correlation": (("construct", "construct_twin"), [[1.0, 0.5], [0.5, 1.0]]),
            "indicator_sd": ("continuous_indicator", [0.5, 0.5, 0.5]),
            "likert_baseline": ("likert_level", np.full(15, 0.2)),
        }
    )
    simulated = lc.simulate(model, known, n=600, seed=3, missing=0.1)
    survey = lc.read_survey(model, simulated.frame)
    return Case(survey, simulated.parameters["score"].to_numpy(), without_density(survey))


def estimates(case: Case) -> SimpleNamespace:
    x = fixed_part(case.compiled, case.survey)
    return SimpleNamespace(**{part.name: x[part.where].reshape(part.shape) for part in case.compiled.parts})


def test_classical_estimates_are_near_the_truth(case: Case) -> None:
    found = estimates(case)
    for c in range(2):
        # A scale of three such indicators has a reliability of about 0.8.
        assert np.corrcoef(found.score[:, c], case.score[:, c])[0, 1] > 0.8
        assert found.score[:, c].std() == pytest.approx(0.9, rel=1e-6)
    assert np.isfinite(found.score).all()
    # Loadings of reverse-keyed indicators are negative, all others positive, and none is off by a factor of two.
    marker, free = np.exp(found.marker_loading), found.free_loading
    assert np.sign(free).tolist() == [1, -1, -1, 1]
    assert 1.0 < marker[0] < 4.0
    assert (np.abs(free[:2]) > 0.75).all()
    assert (np.abs(free[:2]) < 3.0).all()
    assert np.corrcoef(case.score.T)[0, 1] > 0.4
    assert found.score_cholesky[0] > 0.1


def test_classical_estimates_of_continuous_indicators_are_in_units_of_their_deviation(case: Case) -> None:
    found = estimates(case)
    assert (found.indicator_mean == 0).all()
    # An indicator is standardised: squared loading and residual variance add to one.
    loading = np.array([np.exp(found.marker_loading[1]), *found.free_loading[2:]])
    np.testing.assert_allclose(loading**2 + np.exp(2 * found.indicator_sd), 1.0, rtol=1e-9)
    # Of the simulated ones the squared loading is 1 / (1 + 0.25), 0.64 / 0.89 and 0.81 / 1.06 of the variance.
    np.testing.assert_allclose(loading**2, [0.80, 0.72, 0.76], atol=0.15)


def test_likert_baselines_are_the_frequencies(case: Case) -> None:
    part = next(p for p in case.compiled.parts if p.name == "likert_baseline")
    u = fixed_part(case.compiled, case.survey)[part.where]
    left, found = 1.0, []
    for value in u[:4]:
        found.append(left * expit(value))
        left *= expit(-value)
    codes = case.survey.likert_codes[:, 0]
    wanted = np.bincount(codes[codes >= 0], minlength=5) / (codes >= 0).sum()
    # Half an answer is added to every level.
    np.testing.assert_allclose([*found, left], wanted, atol=0.003)


def test_a_model_without_constructs_has_nothing_fixed(case: Case) -> None:
    model = lc.Model(items=case.survey.model.items, n_classes=2)
    plain = lc.read_survey(model, case.survey.frame)
    assert (fixed_part(without_density(plain), plain) == 0).all()


def test_random_starts_differ_in_what_is_searched_only(case: Case) -> None:
    fixed = fixed_part(case.compiled, case.survey)
    one, again, other = (random_start(case.compiled, case.survey, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.isfinite(one).all()
    assert (one == again).all()
    searched = case.compiled.searched
    assert (one[~searched] == fixed[~searched]).all()
    assert (other[searched] != one[searched]).mean() > 0.5


def test_random_profiles_lie_around_the_answers_of_everybody(case: Case) -> None:
    part = next(p for p in case.compiled.parts if p.name == "probability")
    rng = np.random.default_rng(5)
    starts = [random_start(case.compiled, case.survey, rng)[part.where].reshape(part.shape) for _ in range(400)]
    # Two binary items, the likelier level of each broken off first: the log-odds are those of that level.
    share = expit(np.stack(starts)).mean(axis=(0, 1))
    for j, name in enumerate(("a", "b")):
        codes = case.survey.codes[:, [item.name for item in case.survey.items].index(name)]
        frequent = np.bincount(codes[codes >= 0]).max() / (codes >= 0).sum()
        # The Dirichlet they are drawn from adds one answer of each level to two by frequency.
        assert share[j] == pytest.approx((0.5 + frequent) / 2, abs=0.05)


HELD = [
    (lc.Hierarchical(0.3, dof=4), {"effect_scale_one": 0.3}),
    (
        lc.RegularizedHorseshoe(0.2, slab_scale=1.5),
        {"effect_scale_two": 0.2, "local_scale_one": 1.0, "slab_variance_one": 2.25},
    ),
    (lc.Allocation(0.3, precision=5), {"explained": 0.3, "allocation": 0.5}),
]


@pytest.mark.parametrize(("prior", "expected"), HELD, ids=repr)
def test_scales_that_priors_learn_are_held_where_the_prior_puts_them(prior, expected) -> None:
    frame = pd.DataFrame({"a": [0, 1, 0, 1], "x": [1.0, 2.0, 4.0, 3.0], "y": [2.0, 2.0, 1.0, 3.0]})
    model = lc.Model(
        items=lc.binary("a"),
        n_classes=2,
        factor_groups={"one": ["x"], "two": ["y"]},
        priors=lc.Priors(effects=prior),
    )
    survey = lc.read_survey(model, frame)
    compiled = without_density(survey)
    x = fixed_part(compiled, survey)
    held = {part.name: part for part in compiled.parts if not part.searched}
    for name, value in expected.items():
        rv = compiled.pymc_model[name]
        transform = compiled.pymc_model.rvs_to_transforms[rv]
        found = transform.backward(pt.constant(x[held[name].where].reshape(held[name].shape)), *rv.owner.inputs)
        np.testing.assert_allclose(in_python([], found)(), value, rtol=1e-12)
