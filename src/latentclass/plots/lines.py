"""Pictures of curves: class shares along a covariate, and mean answers across the items."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from latentclass.dims import CLASS, ITEM
from latentclass.plots.style import (
    class_colours,
    drawing,
    interval_columns,
    plain_axes,
    require,
    short,
    titled,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["mean_answers", "shares_along"]

_MARKERS = "osD^vP*X"
_WIDEST_LABELS = 70
_NAME = 36
_MOST_UPRIGHT = 8


def shares_along(table: pd.DataFrame, axes: Axes | None = None) -> Axes:
    """Draw the class shares along a covariate: lines with bands, or points where the covariate has levels.

    Parameters
    ----------
    table : DataFrame
        What ``fit.shares_along(covariate)`` returns.
    axes : matplotlib.axes.Axes, optional
        Where to draw; axes of a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        One colour per class; ``axes.figure`` is the figure.

    Raises
    ------
    LatentClassError
        When the table is another one, or matplotlib is not installed.

    Examples
    --------
    >>> index = pd.MultiIndex.from_product([[20, 60], ["A", "B"]], names=["value", "class"])
    >>> table = pd.DataFrame({"mean": [0.2, 0.8, 0.5, 0.5], "eti90_lb": 0.1, "eti90_ub": 0.9}, index=index)
    >>> len(shares_along(table).lines)
    2
    """
    require(table, ["value", CLASS], "fit.shares_along(covariate)")
    lower, upper, probability = interval_columns(table)
    names = list(dict.fromkeys(table.index.get_level_values(CLASS)))
    values = list(dict.fromkeys(table.index.get_level_values("value")))
    continuous = bool(table.attrs.get("continuous", all(isinstance(v, int | float | np.number) for v in values)))
    percent = 100 * table[["mean", lower, upper]].astype(float)
    ours = axes is None
    axes = drawing(axes, 7.5, 4.2)
    x = np.array(values, dtype=float) if continuous else np.arange(len(values), dtype=float)
    for k, (name, colour) in enumerate(zip(names, class_colours(len(names)), strict=True)):
        own = percent.xs(name, level=CLASS).to_numpy()
        mean, low, high = own.T
        if continuous:
            axes.fill_between(x, low, high, color=colour, alpha=0.18, linewidth=0)
            axes.plot(x, mean, color=colour, linewidth=2, label=short(name, _NAME))
        else:
            place = x + (k - (len(names) - 1) / 2) * 0.6 / len(names)
            _with_interval(axes, place, own, colour, _MARKERS[k % len(_MARKERS)], short(name, _NAME))
    if not continuous:
        _level_labels(axes, values)
    covariate = table.attrs.get("covariate", "covariate")
    axes.set_xlabel(short(covariate, 60), fontsize=9)
    axes.set_ylabel("class share, %", fontsize=9)
    axes.set_ylim(0, min(100.0, 1.08 * float(percent[upper].max())))
    _finish(axes)
    title = f"Class shares along {short(covariate, 40)}"
    what = "Band" if continuous else "Line"
    titled(axes, title, _share_caption(what, probability), ours=ours)
    return axes


def mean_answers(table: pd.DataFrame, axes: Axes | None = None) -> Axes:
    """Draw the mean answers of every class across the items: the lines of a profile plot.

    Parameters
    ----------
    table : DataFrame
        What ``fit.mean_answers()`` returns.
    axes : matplotlib.axes.Axes, optional
        Where to draw; axes of a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        One line per class; ``axes.figure`` is the figure.

    Raises
    ------
    LatentClassError
        When the table is another one, or matplotlib is not installed.

    Examples
    --------
    >>> index = pd.MultiIndex.from_product([["A", "B"], ["posted", "sharing"]], names=["class", "item"])
    >>> table = pd.DataFrame({"mean": [0.2, 0.3, 0.7, 0.6], "eti90_lb": 0.1, "eti90_ub": 0.9}, index=index)
    >>> len(mean_answers(table).containers)
    2
    """
    require(table, [CLASS, ITEM], "fit.mean_answers()")
    lower, upper, probability = interval_columns(table)
    names = list(dict.fromkeys(table.index.get_level_values(CLASS)))
    items = list(dict.fromkeys(table.index.get_level_values(ITEM)))
    ours = axes is None
    axes = drawing(axes, 3.2 + max(4.0, (0.22 + 0.06 * len(names)) * len(items)), 4.6)
    x = np.arange(len(items), dtype=float)
    for k, (name, colour) in enumerate(zip(names, class_colours(len(names)), strict=True)):
        own = table.xs(name, level=CLASS).loc[items, ["mean", lower, upper]].astype(float)
        # A little aside, so that intervals of several classes can be told apart.
        place = x + (k - (len(names) - 1) / 2) * 0.7 / max(len(names), 4)
        axes.plot(place, own["mean"], color=colour, linewidth=1.2, alpha=0.6)
        _with_interval(axes, place, own.to_numpy(), colour, _MARKERS[k % len(_MARKERS)], short(name, _NAME))
    _level_labels(axes, items)
    axes.set_xlim(-0.5, len(items) - 0.5)
    axes.set_ylim(-0.02, 1.02)
    axes.set_yticks([0, 0.5, 1], ["first answer", "middle", "last answer"])
    _finish(axes)
    left_out = table.attrs.get("left_out", [])
    more = f" Without {', '.join(short(item) for item in left_out)}: no order." if left_out else ""
    text = f"Mean position between the first answer of an item and its last: {_said(probability)}{more}"
    titled(axes, "Mean answers of the classes", text, ours=ours)
    return axes


def _with_interval(axes: Axes, x: np.ndarray, summary: np.ndarray, colour: str, marker: str, label: str) -> None:
    mean, low, high = summary.T
    axes.errorbar(
        x,
        mean,
        yerr=[np.maximum(mean - low, 0), np.maximum(high - mean, 0)],
        fmt=marker,
        color=colour,
        markersize=4.5,
        elinewidth=1.4,
        label=label,
    )


def _level_labels(axes: Axes, labels: list) -> None:
    texts = [short(label) for label in labels]
    upright = len(texts) <= _MOST_UPRIGHT and sum(map(len, texts)) <= _WIDEST_LABELS
    axes.set_xticks(range(len(texts)), texts)
    if not upright:
        for label in axes.get_xticklabels():
            label.set(rotation=45, ha="right", rotation_mode="anchor")


def _finish(axes: Axes) -> None:
    plain_axes(axes, grid="y")
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=9, frameon=False)


def _said(probability: str) -> str:
    return f"posterior mean and {probability} equal-tailed interval."


def _share_caption(what: str, probability: str) -> str:
    return (
        "Class shares if everybody had this value, the other covariates as observed.\n"
        f"{what}: {probability} equal-tailed interval about the posterior mean."
    )
