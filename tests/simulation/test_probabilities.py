"""Cumulative probabilities, where they are easy and where digits are lost."""

import numpy as np
import pytest
from scipy.special import logit

import latentclass as lc
from latentclass.simulation import level_probabilities
from latentclass.simulation.probabilities import cumulative_probabilities, thresholds


def test_baseline_probabilities_come_back_at_location_zero():
    baseline = np.array([0.1, 0.2, 0.3, 0.25, 0.15])
    np.testing.assert_allclose(thresholds(baseline), logit(np.cumsum(baseline)[:-1]), rtol=1e-12)
    np.testing.assert_allclose(cumulative_probabilities(thresholds(baseline), np.zeros(1))[0], baseline, rtol=1e-12)


def test_a_high_location_moves_answers_up_and_a_spread_moves_them_out():
    threshold = np.array([-1.0, 1.0])
    low, high, wide = cumulative_probabilities(threshold, np.array([-1.0, 1.0, 0.0]), np.array([1.0, 1.0, 5.0]))
    assert high[2] > low[2]
    np.testing.assert_allclose(high, low[::-1], rtol=1e-12)
    assert wide[0] > cumulative_probabilities(threshold, np.zeros(1))[0, 0]


@pytest.mark.parametrize("location", [-40.0, 40.0])
def test_both_tails_keep_their_digits(location):
    """The middle level has e^-|location| (e - 1/e) to leading order; a plain difference of sigmoids gives 0 at -40."""
    middle = cumulative_probabilities(np.array([-1.0, 1.0]), np.array([location]))[0, 1]
    assert middle == pytest.approx(np.exp(-40) * (np.e - 1 / np.e), rel=1e-9)


def test_all_items_stand_in_the_order_of_the_model(rich, rich_survey):
    found = level_probabilities(rich_survey, rich.parameters)
    wanted = [f"{item.name}={level}" for item in rich.model.items for level in item.levels]
    assert found["item_level"].values.tolist() == wanted
    np.testing.assert_allclose(found.sum("item_level"), len(rich.model.items), rtol=1e-12)


def test_one_class_answers_by_the_baseline():
    simulated = lc.simulate(lc.Model(items=lc.ordinal("a", "b", levels=(1, 2, 3)), n_classes=1), n=60, seed=1)
    survey = lc.read_survey(simulated.model, simulated.frame)
    found = level_probabilities(survey, simulated.parameters).values[0]
    np.testing.assert_allclose(found, simulated.parameters["baseline"].values, rtol=1e-12)
