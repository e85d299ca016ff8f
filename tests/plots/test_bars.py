"""What the pictures of sizes, answers and members hold."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_hex

import latentclass as lc
from latentclass.errors import LatentClassError
from latentclass.plots.style import class_colours

from .conftest import LEVELS, NAMES


def widths(axes) -> np.ndarray:
    return np.array([patch.get_width() for patch in axes.patches])


def test_classes_draw_shares_in_per_cent(classes):
    figure = lc.plots.classes(classes).figure
    (axes,) = figure.axes
    assert widths(axes) == pytest.approx([50, 30, 20])
    assert [label.get_text() for label in axes.get_yticklabels()] == list(NAMES)
    assert [to_hex(patch.get_facecolor()).upper() for patch in axes.patches] == class_colours(3)


def test_classes_state_their_interval(classes):
    figure = lc.plots.classes(classes).figure
    assert "50 % (45 to 55)" in [text.get_text() for text in figure.axes[0].texts]
    assert "90 % equal-tailed interval" in figure.get_supxlabel()


def test_profiles_have_a_panel_per_item_and_a_bar_per_level_and_class(profiles):
    figure = lc.plots.profiles(profiles)
    assert [axes.get_title(loc="left") for axes in figure.axes] == list(LEVELS)
    for axes, (item, levels) in zip(figure.axes, LEVELS.items(), strict=True):
        expected = profiles["mean"].unstack("class").loc[item][list(NAMES)].loc[list(levels)]
        assert widths(axes) == pytest.approx(100 * expected.to_numpy().ravel())


def test_profiles_of_the_wide_table_are_the_same(profiles):
    wide = (
        profiles["mean"]
        .unstack("class")[list(NAMES)]
        .reindex([(item, level) for item, levels in LEVELS.items() for level in levels])
    )
    for one, two in zip(lc.plots.profiles(profiles).axes, lc.plots.profiles(wide).axes, strict=True):
        assert widths(one) == pytest.approx(widths(two))


def test_profiles_share_one_legend_and_odd_items_have_their_own(profiles):
    figure = lc.plots.profiles(profiles)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["1", "2", "3"]
    own = {axes.get_title(loc="left"): axes.get_legend() for axes in figure.axes}
    assert {name for name, legend in own.items() if legend} == {"posted"}
    assert [text.get_text() for text in own["posted"].get_texts()] == ["no", "yes"]


def test_profiles_show_sizes_where_they_are_given(profiles, classes):
    first = lc.plots.profiles(profiles, classes).axes[0]
    assert [label.get_text() for label in first.get_yticklabels()] == [
        "Sceptics (50 %)",
        "Advocates (30 %)",
        "Onlookers (20 %)",
    ]


def test_profiles_label_only_segments_that_hold_a_number(profiles):
    for axes in lc.plots.profiles(profiles).axes:
        labelled = [text.get_text() != "" for text in axes.texts]
        assert labelled == (widths(axes) >= 12).tolist()


def test_profiles_take_a_number_of_columns(profiles):
    figure = lc.plots.profiles(profiles, columns=2)
    assert {axes.get_subplotspec().get_gridspec().ncols for axes in figure.axes} == {2}


def test_memberships_have_an_area_per_class_and_counts(memberships):
    figure = lc.plots.memberships(memberships).figure
    (axes,) = figure.axes
    assert len(axes.collections) == 3
    counts = memberships["modal"].value_counts()
    texts = {text.get_text() for text in axes.get_legend().get_texts()}
    assert texts == {f"{name} ({counts[name]})" for name in NAMES}
    assert "Classification certainty 0.62" in figure.get_supxlabel()


def test_memberships_are_sorted_by_class_and_certainty(memberships):
    figure = lc.plots.memberships(memberships).figure
    n_first = int((memberships["modal"] == NAMES[0]).sum())
    tops = figure.axes[0].collections[0].get_paths()[0].vertices
    # The lowest area is that of the first class: it falls over its own members, who stand first.
    heights = [tops[tops[:, 0] == i, 1].max() for i in range(1, n_first)]
    assert (np.diff(heights) <= 1e-9).all()


def test_memberships_of_prediction_are_drawn(memberships):
    predicted = memberships.assign(**{"Sceptics_eti90_lb": 0.0, "Sceptics_eti90_ub": 1.0})
    assert len(lc.plots.memberships(predicted).figure.axes[0].collections) == 3


def test_memberships_need_the_likeliest_class(memberships):
    with pytest.raises(LatentClassError, match="column 'modal' with the likeliest class"):
        lc.plots.memberships(memberships.drop(columns="modal"))


def test_long_names_are_cut(classes):
    table = classes.rename(index={"Sceptics": "Sceptics of everything that was ever introduced"})
    labels = [label.get_text() for label in lc.plots.classes(table).figure.axes[0].get_yticklabels()]
    assert labels[0] == "Sceptics of everything…"
