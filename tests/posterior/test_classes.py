"""Sizes, profiles and memberships against loops over draws and the NumPy twin."""

from __future__ import annotations

import numpy as np
import pytest

from latentclass import simulation
from latentclass.posterior.classes import (
    class_shares,
    classes,
    classification_certainty,
    memberships,
    profiles,
)


@pytest.fixture
def probabilities(full) -> np.ndarray:
    return np.stack([simulation.memberships(full.survey, p).to_numpy() for p in full.parameters])


def test_sizes_are_means_of_the_memberships(full, probabilities) -> None:
    table = classes(full.posterior, full.survey, prob=0.8)
    shares = _twin_shares(full)
    assert table.index.name == "class"
    assert table.index.tolist() == ["Class 1", "Class 2", "Class 3"]
    np.testing.assert_allclose(table["mean"], shares.mean(axis=0))
    np.testing.assert_allclose(table["sd"], shares.std(axis=0, ddof=1))
    np.testing.assert_allclose(table["eti80_lb"], np.quantile(shares, 0.1, axis=0))
    np.testing.assert_allclose(table["expected_n"], probabilities.mean(axis=0).sum(axis=0))
    assert table["modal_n"].sum() == 30
    mean = probabilities.mean(axis=0)
    for k, name in enumerate(table.index):
        own = mean[mean.argmax(axis=1) == k, k]
        average, share = own.mean() if len(own) else np.nan, table.loc[name, "mean"]
        assert table.loc[name, "average_posterior"] == pytest.approx(average, nan_ok=True)
        odds = average / (1 - average) * (1 - share) / share
        assert table.loc[name, "odds_correct"] == pytest.approx(odds, nan_ok=True)
    assert table["odds_correct"].notna().any()
    assert table["mean"].sum() == pytest.approx(1)


def test_shares_draw_by_draw_sum_to_one(full, probabilities) -> None:
    found = class_shares(full.posterior, full.survey)
    np.testing.assert_allclose(found.sum("class"), 1)
    np.testing.assert_allclose(found.to_numpy().reshape(-1, 3), _twin_shares(full))
    # The answers of the sample say something about the sample's classes, not about the share in the population.
    assert abs(found.to_numpy().reshape(-1, 3) - probabilities.mean(axis=1)).max() > 0.01


def _twin_shares(full) -> np.ndarray:
    logs = [simulation.membership_log_prior(full.survey, p).transpose("respondent", "class") for p in full.parameters]
    return np.exp(np.stack([log.to_numpy() for log in logs])).mean(axis=1)


def test_memberships_are_means_over_draws(full, probabilities) -> None:
    table = memberships(full.posterior, full.survey)
    mean = probabilities.mean(axis=0)
    assert table.index.name == "respondent"
    assert table.index.tolist() == list(full.survey.respondents)
    np.testing.assert_allclose(table[["Class 1", "Class 2", "Class 3"]], mean)
    assert table["modal"].tolist() == [f"Class {k + 1}" for k in mean.argmax(axis=1)]
    np.testing.assert_allclose(table["certainty"], mean.max(axis=1))
    np.testing.assert_array_equal(table["answered"], full.survey.answered.sum(axis=1))
    certainty = table.attrs["classification_certainty"]
    assert certainty == pytest.approx(1 + (mean * np.log(mean)).sum() / (30 * np.log(3)))


def test_profiles_stand_in_the_order_of_the_model(full) -> None:
    table = profiles(full.posterior, full.survey)
    assert table.index.names == ["class", "item", "level"]
    twin = np.stack([simulation.level_probabilities(full.survey, p).to_numpy() for p in full.parameters])
    np.testing.assert_allclose(table["mean"], twin.mean(axis=0).ravel())
    items = table.loc["Class 1"].index.get_level_values("item").unique().tolist()
    assert items == [i.name for i in full.survey.items]
    assert table.loc[("Class 2", "channel", "blog"), "eti90_lb"] < table.loc[("Class 2", "channel", "blog"), "eti90_ub"]


def test_wide_profiles_have_a_column_per_class(full) -> None:
    long = profiles(full.posterior, full.survey)
    wide = profiles(full.posterior, full.survey, wide=True)
    assert wide.index.names == ["item", "level"]
    assert wide.columns.tolist() == ["Class 1", "Class 2", "Class 3"]
    sums = wide.groupby(level="item").sum()
    np.testing.assert_allclose(sums, 1)
    assert wide.loc[("sharing", 4), "Class 2"] == long.loc[("Class 2", "sharing", 4), "mean"]


def test_a_single_class_holds_everybody(single) -> None:
    table = classes(single.posterior, single.survey)
    assert table.loc["Class 1", "mean"] == pytest.approx(1)
    assert table.loc["Class 1", "modal_n"] == 30
    assert (memberships(single.posterior, single.survey)["certainty"] == 1).all()
    assert len(profiles(single.posterior, single.survey, wide=True).columns) == 1


@pytest.mark.parametrize(
    ("probability", "certainty"),
    [
        ([[1.0, 0.0], [0.0, 1.0]], 1.0),
        ([[0.5, 0.5]], 0.0),
        ([[1.0]], 1.0),
        ([[0.25, 0.25, 0.25, 0.25], [1, 0, 0, 0]], 0.5),
    ],
)
def test_certainty_of_a_classification(probability: list[list[float]], certainty: float) -> None:
    assert classification_certainty(np.array(probability, dtype=float)) == pytest.approx(certainty)
