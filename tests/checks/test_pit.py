"""Leave-one-out predictions against Bayes' rule and against refits."""

from __future__ import annotations

import numpy as np

from latentclass.checks.pit import check_pit, leave_one_out, pit_histogram
from latentclass.checks.point import Point


def test_predictions_from_one_draw_are_bayes_rule(right) -> None:
    one = right.posterior.isel(chain=[0], draw=[3])
    survey, point = right.survey, Point.at(one.mean(("chain", "draw")), right.survey, np.empty((0, 0)))
    eta = one["intercept"].to_numpy()[0, 0] + survey.groups[0].matrix @ one["slope_group"].to_numpy()[0, 0]
    share = np.exp(eta) / np.exp(eta).sum(axis=1, keepdims=True)
    found = leave_one_out(one, survey, [2])[2]
    for row, i in enumerate(np.flatnonzero(survey.codes[:, 2] >= 0)[:50]):
        weight = share[i].copy()
        for j in (0, 1, 3, 4, 5):
            if survey.codes[i, j] >= 0:
                weight *= point.probability[:, 3 * j + survey.codes[i, j]]
        expected = weight / weight.sum() @ point.probability[:, 6:9]
        np.testing.assert_allclose(found[row], expected, rtol=1e-9)


def test_an_answer_is_predicted_worse_without_itself(right) -> None:
    survey = right.survey
    given = survey.codes[:, 0] >= 0
    codes = survey.codes[given, 0]
    without = leave_one_out(right.posterior, survey, [0])[0][np.arange(given.sum()), codes]
    with_it = [
        leave_one_out(right.posterior.isel(chain=[0], draw=[d]), survey, [0])[0][np.arange(given.sum()), codes]
        for d in range(0, 100, 5)
    ]
    # Draws one by one have seen the answer: their log score is better on average, by about a parameter's worth.
    assert np.log(without).mean() < np.log(np.mean(with_it, axis=0)).mean()


def test_a_histogram_of_right_predictions_is_flat() -> None:
    rng, n = np.random.default_rng(0), 20_000
    prediction = rng.dirichlet([1.0, 2.0, 1.0], size=n)
    codes = (rng.random((n, 1)) > np.cumsum(prediction, axis=1)[:, :-1]).sum(axis=1)
    np.testing.assert_allclose(pit_histogram(prediction, codes), 0.1, atol=5 * np.sqrt(0.09 / n))
    shifted = pit_histogram(prediction, np.minimum(codes + 1, 2))
    assert shifted[-1] > 0.15


def test_right_predictions_pass(right) -> None:
    _, outcome = check_pit(right.posterior, right.survey, replicates=200, seed=0)
    assert outcome.p_value > 0.05
    assert outcome.table.index.tolist() == [f"item_{j}" for j in range(1, 7)]
