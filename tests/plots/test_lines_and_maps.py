"""What curves, lines, Likert bars and the heat map hold."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import latentclass as lc
from latentclass.errors import LatentClassError
from latentclass.posterior.summarise import table_index

from .conftest import NAMES, with_interval


def curve(values: list) -> pd.DataFrame:
    rows = [(value, name) for value in values for name in NAMES]
    mean = np.random.default_rng(3).dirichlet(np.ones(len(NAMES)), size=len(values)).ravel()
    table = pd.DataFrame(with_interval(mean), index=table_index(rows, ["value", "class"]))
    table.attrs = {"covariate": "age", "continuous": isinstance(values[0], float)}
    return table


def answers(items: list[str]) -> pd.DataFrame:
    rows = [(name, item) for name in NAMES for item in items]
    mean = np.random.default_rng(4).uniform(0.1, 0.9, size=len(rows))
    return pd.DataFrame(with_interval(mean), index=table_index(rows, ["class", "item"]))


def test_curves_are_lines_with_bands_in_per_cent():
    table = curve([20.0, 40.0, 60.0])
    axes = lc.plots.shares_along(table)
    for k, (line, band) in enumerate(zip(axes.lines, axes.collections, strict=True)):
        assert line.get_xdata().tolist() == [20.0, 40.0, 60.0]
        assert line.get_ydata() == pytest.approx(100 * table["mean"].to_numpy()[k::3])
        corners = band.get_paths()[0].vertices
        assert corners[:, 1].max() == pytest.approx(100 * table["eti90_ub"].to_numpy()[k::3].max())
    assert [text.get_text() for text in axes.get_legend().get_texts()] == list(NAMES)
    assert axes.get_xlabel() == "age"
    assert "Band: 90 % equal-tailed interval" in axes.figure.get_supxlabel()


def test_levels_are_points_side_by_side():
    table = curve(["bank", "media"])
    axes = lc.plots.shares_along(table)
    assert [label.get_text() for label in axes.get_xticklabels()] == ["bank", "media"]
    places = np.array([container.lines[0].get_xdata() for container in axes.containers])
    assert np.diff(np.sort(places.ravel())).min() > 0.15
    assert axes.containers[1].lines[0].get_ydata() == pytest.approx(100 * table["mean"].to_numpy()[1::3])


def test_mean_answers_have_a_line_and_intervals_per_class():
    table = answers(["sharing", "dialogue", "posted"])
    table.attrs["left_out"] = ["channel"]
    axes = lc.plots.mean_answers(table)
    drawn = [container.lines[0].get_ydata() for container in axes.containers]
    assert np.concatenate(drawn) == pytest.approx(table["mean"].to_numpy())
    assert "Without channel: no order." in axes.figure.get_supxlabel()


def boxes(texts, figure) -> list:
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    return [text.get_window_extent(renderer) for text in texts if text.get_text()]


@pytest.mark.parametrize("n", [3, 8, 40])
def test_names_of_items_do_not_overlap(n):
    axes = lc.plots.mean_answers(answers([f"quite_a_long_item_{i}" for i in range(n)]))
    figure = axes.figure
    # Turned labels are told apart by the ends that touch the axis.
    ends = np.sort([box.x1 for box in boxes(axes.get_xticklabels(), figure)])
    height = axes.get_xticklabels()[0].get_fontsize() * figure.dpi / 72
    assert np.diff(ends).min() > height


@pytest.mark.parametrize("n_classes", [1, 2, 4, 8])
def test_likert_of_forty_items_has_no_text_on_text(n_classes):
    rows = [(f"Class {k}", f"item_{j}", level) for k in range(n_classes) for j in range(40) for level in (1, 2, 3, 4)]
    table = pd.DataFrame({"mean": 0.25}, index=table_index(rows, ["class", "item", "level"]))
    figure = lc.plots.likert(table)
    assert len(figure.axes) == n_classes
    found = boxes(figure.axes[0].get_yticklabels(), figure)
    assert len(found) == 40
    assert not any(one.overlaps(two) for one, two in pairwise(found))


def test_likert_bars_stand_around_the_middle(profiles, classes):
    figure = lc.plots.likert(profiles, classes)
    assert [axes.get_title(loc="left") for axes in figure.axes] == [
        "Sceptics (50 %)",
        "Advocates (30 %)",
        "Onlookers (20 %)",
    ]
    for axes, name in zip(figure.axes, NAMES, strict=True):
        assert len(axes.patches) == 3 * 3
        for row, item in enumerate(["sharing", "dialogue", "networking"]):
            own = 100 * profiles["mean"].loc[name, item].to_numpy()
            bars = axes.patches[row::3]
            assert [bar.get_width() for bar in bars] == pytest.approx(own)
            assert bars[0].get_x() == pytest.approx(-(own[0] + own[1] / 2))
    assert "1 items with other levels" in figure.get_supxlabel()


def test_likert_takes_items(profiles):
    (first, *_) = lc.plots.likert(profiles, items=["posted"]).axes
    assert [label.get_text() for label in first.get_yticklabels()] == ["posted"]
    with pytest.raises(LatentClassError, match="There is no item 'mood' in the table"):
        lc.plots.likert(profiles, items=["mood"])
    with pytest.raises(LatentClassError, match="share their levels; those of 'posted' are not those of 'sharing'"):
        lc.plots.likert(profiles, items=["sharing", "posted"])
    with pytest.raises(LatentClassError, match="items names the items to draw; got none"):
        lc.plots.likert(profiles, items=[])


def test_the_map_holds_every_probability_sorted(memberships):
    axes = lc.plots.membership_map(memberships)
    drawn = np.asarray(axes.images[0].get_array())
    counts = memberships["modal"].value_counts()
    assert drawn.shape == (3, 40)
    assert np.sort(drawn.ravel()) == pytest.approx(np.sort(100 * memberships[list(NAMES)].to_numpy().ravel()))
    assert (drawn.argmax(axis=0) == np.repeat(range(3), [counts[name] for name in NAMES])).all()
    assert [label.get_text() for label in axes.get_yticklabels()] == [f"{name} ({counts[name]})" for name in NAMES]


def test_pictures_are_drawn_on_axes_given(classes, memberships, effects, loadings):
    tables = {
        "classes": classes,
        "memberships": memberships,
        "membership_map": memberships,
        "effects": effects,
        "loadings": loadings,
        "shares_along": curve([1.0, 2.0]),
        "mean_answers": answers(["a", "b"]),
    }
    figure = Figure(figsize=(20, 4), layout="constrained")
    for (name, table), axes in zip(tables.items(), figure.subplots(1, len(tables)), strict=True):
        assert getattr(lc.plots, name)(table, axes=axes) is axes
        assert axes.get_title(loc="left")
    assert figure.get_suptitle() == ""
    figure.canvas.draw()


def test_what_is_no_axes_is_refused(classes):
    with pytest.raises(LatentClassError, match=r"axes is one matplotlib Axes, .* got list"):
        lc.plots.classes(classes, axes=[])
