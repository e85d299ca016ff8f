"""What the pictures of effects and loadings hold."""

from __future__ import annotations

import numpy as np
import pytest

import latentclass as lc
from latentclass.errors import LatentClassError

from .conftest import NAMES


def tick_texts(axes) -> list[str]:
    return [label.get_text() for label in axes.get_yticklabels()]


def points(axes) -> list[np.ndarray]:
    return [container.lines[0].get_xdata() for container in axes.containers]


def test_effects_have_a_series_per_class_in_percentage_points(effects):
    axes = lc.plots.effects(effects).figure.axes[0]
    for k, drawn in enumerate(points(axes)):
        assert drawn == pytest.approx(100 * effects["ame_mean"].to_numpy()[k::3])
    assert [text.get_text() for text in axes.get_legend().get_texts()] == list(NAMES)


def test_effects_name_covariates_under_their_groups(effects):
    axes = lc.plots.effects(effects).figure.axes[0]
    assert tick_texts(axes) == ["age", "gender: female to male", "ease", "individual", "technical"]
    weights = {label.get_text(): label.get_fontweight() for label in axes.get_yticklabels()}
    assert weights["individual"] == weights["technical"] == "bold"


def test_no_two_rows_stand_at_one_place(effects):
    ticks = np.sort(lc.plots.effects(effects).figure.axes[0].get_yticks())
    assert np.diff(ticks).min() > 0.3


def test_effects_draw_their_intervals(effects):
    axes = lc.plots.effects(effects).figure.axes[0]
    (lines,) = axes.containers[0].lines[2]
    first = lines.get_segments()[0]
    bounds = effects[["ame_eti90_lb", "ame_eti90_ub"]].iloc[0].to_numpy()
    assert first[:, 0] == pytest.approx(100 * bounds)


def test_effects_state_interval_and_change(effects):
    text = lc.plots.effects(effects).figure.get_supxlabel()
    assert "90 % equal-tailed interval" in text
    assert "0.5 SD below" in text


def test_logits_are_drawn_as_they_are(effects):
    figure = lc.plots.effects(effects, kind="logit").figure
    assert points(figure.axes[0])[0] == pytest.approx(effects["logit_mean"].to_numpy()[::3])
    assert figure.axes[0].get_xlabel() == "logit"


def test_columns_without_a_change_are_left_out_and_said_so(effects):
    gap = effects.copy()
    gap.iloc[:3, gap.columns.get_indexer(["ame_mean", "ame_eti90_lb", "ame_eti90_ub", "change"])] = np.nan
    figure = lc.plots.effects(gap).figure
    assert tick_texts(figure.axes[0]) == ["gender: female to male", "ease", "individual", "technical"]
    assert "fit.marginal_effects() has them" in figure.get_supxlabel()


def test_marginal_effects_name_their_changes(marginal_effects):
    axes = lc.plots.effects(marginal_effects).figure.axes[0]
    assert tick_texts(axes)[:3] == ["age", "ease", "device: phone to laptop"]


def test_marginal_effects_hold_no_logits(marginal_effects):
    with pytest.raises(LatentClassError, match=r"holds no logits; draw those of fit\.effects\(\)"):
        lc.plots.effects(marginal_effects, kind="logit")


def test_an_unknown_kind_is_refused(effects):
    with pytest.raises(LatentClassError, match="one of 'ame', 'logit'; got 'odds'"):
        lc.plots.effects(effects, kind="odds")


def test_loadings_have_a_point_per_indicator_hollow_where_reversed(loadings):
    axes = lc.plots.loadings(loadings).figure.axes[0]
    along, against = axes.containers
    assert along.lines[0].get_xdata() == pytest.approx([0.8, 0.7])
    assert against.lines[0].get_xdata() == pytest.approx([-0.6])
    assert against.lines[0].get_markerfacecolor() == "white"
    assert tick_texts(axes) == ["stress_1", "stress_2", "support_1", "stress", "support"]


def test_loadings_tell_scale_means_from_latent_scores(loadings):
    assert "Scale means: classical estimate" in lc.plots.loadings(loadings).figure.get_supxlabel()
    assert "Scale means" not in lc.plots.loadings(loadings.loc[["stress"]]).figure.get_supxlabel()


def test_loadings_all_along_their_construct_need_no_legend(loadings):
    axes = lc.plots.loadings(loadings.loc[["support"]]).figure.axes[0]
    assert axes.get_legend() is None
