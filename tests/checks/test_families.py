"""Test quantities against derivatives of likelihoods that were written down for them."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from math import exp, log

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import chi2, kstest, norm

from latentclass.checks.bivariate import bivariate
from latentclass.checks.covariates import by_covariate, independence
from latentclass.checks.families import family_p_value, judged
from latentclass.checks.margins import margins, profiles
from latentclass.checks.patterns import patterns, recurring_rows
from latentclass.checks.person_fit import careless_gain, person_fit, standardised_log_likelihood
from latentclass.checks.point import Answers, Point
from latentclass.checks.separation import separation

LEVELS = 3


@pytest.fixture(scope="module")
def point(right) -> Point:
    return Point.of(right)


@pytest.fixture(scope="module")
def answers(right, point) -> Answers:
    return point.answers(right.survey.codes, np.arange(right.survey.n_respondents))


def class_terms(point: Point, codes: np.ndarray, tables: dict[int, np.ndarray]) -> np.ndarray:
    """Return log p(class) + log p(answers | class), with tables [row, class, level] in the place of some items."""
    found = np.log(point.share)
    for j in range(codes.shape[1]):
        table = tables.get(j)
        if table is None:
            table = np.broadcast_to(
                point.probability[:, LEVELS * j : LEVELS * (j + 1)], (len(codes), *found.shape[1:], 3)
            )
        given = codes[:, j] >= 0
        found[given] += np.log(table[given, :, codes[given, j]])
    return found


def derivative(log_likelihood) -> np.ndarray:
    step = 1e-5
    return (log_likelihood(step) - log_likelihood(-step)) / (2 * step)


def test_a_bivariate_residual_is_the_score_of_an_association_within_the_classes(right, point, answers) -> None:
    codes, x = right.survey.codes, np.arange(LEVELS)

    def log_likelihood(phi: float) -> np.ndarray:
        found = class_terms(point, codes, {})
        one, two = codes[:, 0], codes[:, 3]
        both = (one >= 0) & (two >= 0)
        for k in range(point.share.shape[1]):
            p, q = point.probability[k, :3], point.probability[k, 9:12]
            tilt = phi * np.outer(x - x @ p, x - x @ q)
            joint = np.outer(p, q) * np.exp(tilt)
            change = np.log(joint / joint.sum()) - np.log(np.outer(p, q))
            found[both, k] += change[one[both], two[both]]
        return logsumexp(found, axis=1)

    family = bivariate(point)
    at = family.rows.index(("item_1", "item_4"))
    found = family.columns(answers)[:, np.flatnonzero(family.row_of == at)[0]]
    np.testing.assert_allclose(found, derivative(log_likelihood), atol=1e-7)


def shifted(point: Point, item: int, effect: np.ndarray) -> np.ndarray:
    """Return answer probabilities [row, class, level] tilted by an effect [row, class] per level."""
    p = point.probability[:, LEVELS * item : LEVELS * (item + 1)]
    tilted = p * np.exp(effect[:, :, None] * np.arange(LEVELS))
    return tilted / tilted.sum(axis=2, keepdims=True)


def test_independence_is_the_score_of_a_direct_effect_in_one_class(right, point, answers) -> None:
    codes, family = right.survey.codes, independence(point)
    columns = family.columns(answers).reshape(len(codes), 2, 2, 6)

    def log_likelihood(effect: float) -> np.ndarray:
        own = effect * point.design[:, 1][:, None] * np.array([0.0, 1.0])
        return logsumexp(class_terms(point, codes, {4: shifted(point, 4, own)}), axis=1)

    np.testing.assert_allclose(columns[:, 1, 1, 4], derivative(log_likelihood), atol=1e-7)
    assert family.rows[family.row_of.reshape(2, 2, 6)[1, 1, 4]] == ("x_2", "item_5")


def test_margins_along_a_covariate_differ_from_the_score_of_a_direct_effect_by_scores_of_the_slopes(
    right, point, answers
) -> None:
    columns = by_covariate(point).columns(answers).reshape(-1, 2, 6)
    within = independence(point).columns(answers).reshape(-1, 2, 2, 6).sum(axis=1)
    surplus = (answers.membership - answers.share) @ point.class_mean * answers.answered
    np.testing.assert_allclose(columns - within, point.design[:, :, None] * surplus[:, None], atol=1e-12)


def test_margins_and_recurring_rows_are_counts(right, point, answers) -> None:
    codes = right.survey.codes
    family = margins(point)
    found = dict(zip(family.rows, family.described(family.columns(answers).sum(axis=0)[None])[0], strict=True))
    assert found["item_3", 2] == pytest.approx((codes[:, 2] == 1).sum() / (codes[:, 2] >= 0).sum())
    rows, counts = np.unique(codes, axis=0, return_counts=True)
    assert recurring_rows(codes[None]).tolist() == [[len(rows), counts.max()]]


def test_patterns_of_few_items_are_counted(dependent) -> None:
    point = Point.of(dependent)
    assert "more than 256" not in str(patterns(point))
    family = patterns(point)
    # 3 to the power of 6 patterns are too many; what is left is the same level throughout.
    assert family.rows == (("same level throughout",),)
    codes = dependent.survey.codes
    answers = point.answers(codes, np.arange(len(codes)))
    assert family.columns(answers).sum() == (codes.max(axis=1) == codes.min(axis=1)).sum()


def test_the_standardised_log_likelihood_has_mean_0_and_variance_1_when_the_class_is_known(point) -> None:
    rng, n = np.random.default_rng(0), 40_000
    p = point.probability[0]
    codes = np.column_stack([rng.choice(3, size=n, p=p[3 * j : 3 * j + 3]) for j in range(6)])
    sure = Answers(
        codes=codes,
        rows=np.zeros(n, int),
        chosen=(codes[:, :, None] == np.arange(3)).reshape(n, -1).astype(float),
        answered=np.ones((n, 6)),
        value=codes.astype(float),
        share=np.tile([1.0, 0.0], (n, 1)),
        membership=np.tile([1.0, 0.0], (n, 1)),
    )
    z = standardised_log_likelihood(point, sure)
    assert abs(z.mean()) < 4 / np.sqrt(n)
    assert z.var() == pytest.approx(1.0, abs=4 * np.sqrt(2 / n) * 1.5)


def test_who_answers_at_random_fits_no_class(point) -> None:
    codes = np.array([[0, 0, 0, 0, 0, 0], [0, 2, 0, 2, 0, 2]])
    z = standardised_log_likelihood(point, point.answers(codes, np.array([0, 0])))
    assert z[0] > 0.5 > -1.5 > z[1]
    assert person_fit(point).columns(point.answers(codes, np.array([0, 0])))[:, 0] == pytest.approx(z**2)


def gain_by_hand(point: Point, respondent: int, codes: list[int]) -> tuple[float, float]:
    """Return the probability of answers and the gain from three careless respondents in ten, number by number."""
    fitted, equally, alike = 0.0, 1.0, 1.0
    for k in range(2):
        own = float(point.share[respondent, k])
        for j, code in enumerate(codes):
            own *= float(point.probability[k, LEVELS * j + code]) if code >= 0 else 1.0
        fitted += own
    for j, code in enumerate(codes):
        if code >= 0:
            equally /= LEVELS
            alike *= sum(float(point.share[:, k].mean() * point.probability[k, LEVELS * j + code]) for k in range(2))
    return fitted, log(0.7 + 0.3 * (equally + alike) / 2 / fitted)


def test_the_gain_from_careless_respondents_by_hand(right, point, answers) -> None:
    found, codes = careless_gain(point, answers), right.survey.codes
    assert (codes[:40] < 0).any()
    expected = [gain_by_hand(point, i, codes[i].tolist())[1] for i in range(40)]
    np.testing.assert_allclose(found[:40], expected, atol=1e-12)
    nothing = point.answers(np.full((1, 6), -1), np.array([0]))
    assert careless_gain(point, nothing) == pytest.approx(0.0, abs=1e-12)


def test_with_careless_respondents_the_probabilities_of_all_answers_still_add_up_to_one(point) -> None:
    codes = np.array(list(product(range(LEVELS), repeat=6)))
    gain = careless_gain(point, point.answers(codes, np.full(len(codes), 7)))
    total = sum(gain_by_hand(point, 7, row.tolist())[0] * exp(g) for row, g in zip(codes, gain, strict=True))
    assert total == pytest.approx(1.0, abs=1e-12)


def test_a_quantity_tested_upwards_has_a_p_value_of_one_side_and_an_unjudged_one_has_no_say(point) -> None:
    rng = np.random.default_rng(5)
    replicated, family = rng.normal(size=(4000, 3)), person_fit(point)

    def outcome(*observed: float):
        return judged(family, np.array(observed), replicated, (np.zeros(3), np.zeros((4000, 3))))

    up, down = outcome(0.0, 9.0, 2.0), outcome(0.0, 9.0, -4.0)
    assert up.table["p"].to_numpy() == pytest.approx([1.0, 0.0, norm.sf(2.0)], abs=0.015)
    assert down.table["p"]["careless"] == 1.0
    assert down.p_value > 0.5
    # Of two independent quantities, one of which is tested on both sides.
    assert up.table["p_adjusted"]["careless"] == pytest.approx(1 - (1 - norm.sf(2.0)) ** 2, abs=0.012)
    both_sides = judged(
        replace(family, upwards=()), np.array([0.0, 0.0, 2.0]), replicated, (np.zeros(3), np.zeros((4000, 3)))
    )
    assert both_sides.table["p"]["careless"] == pytest.approx(2 * norm.sf(2.0), abs=0.012)


def test_separation_is_that_of_the_memberships(right, point, answers) -> None:
    family = separation(point)
    found = family.described(family.columns(answers).sum(axis=0)[None])[0]
    q = answers.membership
    assert found[0] == pytest.approx(1 + (q * np.log(q)).sum() / (len(q) * np.log(2)))
    assert found[1] == pytest.approx(q.max(axis=1).mean())
    modal = q.argmax(axis=1) == 0
    # The table divides by the expected number of respondents in the class.
    assert found[2] == pytest.approx(q[modal, 0].mean(), abs=0.01)


def test_there_is_no_test_of_the_form_of_free_items(point) -> None:
    assert profiles(point) == "no item has cumulative logits with three levels or more in two classes or more"


def test_p_values_of_independent_normal_sums(point) -> None:
    rng = np.random.default_rng(2)
    family = by_covariate(point)
    outcome = judged(family, rng.normal(size=12), rng.normal(size=(4000, 12)), (np.zeros(12), np.zeros((4000, 12))))
    expected = chi2(1).sf(outcome.table["chi2"])
    np.testing.assert_allclose(outcome.table["p"], expected, atol=0.04)
    sidak = 1 - (1 - outcome.table["p"].min()) ** 12
    assert outcome.table["p_adjusted"].min() == pytest.approx(sidak, abs=0.04)


def test_the_p_value_of_a_family_is_uniform() -> None:
    rng = np.random.default_rng(4)
    found = [family_p_value(rng.normal(size=(200, 3)) + rng.normal(size=(200, 1))) for _ in range(400)]
    assert kstest(found, "uniform").pvalue > 1e-3
