"""Pictures in many rows: memberships of all respondents as a heat map, answers as bars around the middle."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from latentclass.errors import LatentClassError, listed
from latentclass.plots.bars import levels_of, members_sorted, sized_names, wide_profiles
from latentclass.plots.style import caption, drawing, level_colours, new_figure, plain_axes, short, titled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["likert", "membership_map"]

_ROW_INCHES = 0.21
_MIDDLE = "#CFD3D6"
_NAME = 36


def membership_map(table: pd.DataFrame, axes: Axes | None = None) -> Axes:
    """Draw the probabilities of membership as a heat map, respondents sorted by their likeliest class.

    Parameters
    ----------
    table : DataFrame
        What ``fit.memberships()`` or ``fit.predict(frame)`` returns.
    axes : matplotlib.axes.Axes, optional
        Where to draw; axes of a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        A row per class, a column per respondent; ``axes.figure`` is the figure.

    Raises
    ------
    LatentClassError
        When the table is another one, or matplotlib is not installed.

    Examples
    --------
    >>> table = pd.DataFrame({"Class 1": [0.9, 0.2], "Class 2": [0.1, 0.8]}, index=pd.Index([1, 2], name="respondent"))
    >>> table["modal"] = pd.Categorical(["Class 1", "Class 2"])
    >>> membership_map(table.assign(certainty=[0.9, 0.8])).images[0].get_array().shape
    (2, 2)
    """
    names, probability, counts = members_sorted(table)
    ours = axes is None
    axes = drawing(axes, 8.5, 1.8 + 0.34 * len(names))
    picture = axes.imshow(
        probability,
        aspect="auto",
        cmap="cividis",
        vmin=0,
        vmax=100,
        interpolation="nearest",
        extent=_extent(table, names),
    )
    for edge in np.cumsum(counts)[:-1]:
        axes.axvline(edge, color="white", linewidth=1.0)
    axes.set_yticks(range(len(names)), [f"{short(name, _NAME)} ({n})" for name, n in zip(names, counts, strict=True)])
    axes.set_xlabel("respondents, sorted by likeliest class and its probability", fontsize=9)
    plain_axes(axes)
    bar = axes.figure.colorbar(picture, ax=axes, pad=0.02)
    bar.set_label("probability, %", fontsize=8)
    bar.ax.tick_params(labelsize=8)
    text = (
        f"Posterior mean probabilities of {len(table)} respondents; beside each class those for whom it is likeliest."
    )
    titled(axes, "Who belongs to which class", text, ours=ours)
    return axes


def _extent(table: pd.DataFrame, names: list[str]) -> tuple[float, float, float, float]:
    return (0, len(table), len(names) - 0.5, -0.5)


def likert(
    table: pd.DataFrame,
    classes: pd.DataFrame | None = None,
    *,
    items: list[str] | None = None,
    columns: int | None = None,
) -> Figure:
    """Draw the answers to items that share their levels, stacked around the middle: one panel per class.

    Parameters
    ----------
    table : DataFrame
        What ``fit.profiles()`` returns, long or wide.
    classes : DataFrame, optional
        What ``fit.classes()`` returns, for the sizes beside the names of the classes.
    items : list of str, optional
        Items to draw, all with the same levels; by default those with the levels that most items have.
    columns : int, optional
        Panels per row; by default up to four.

    Returns
    -------
    matplotlib.figure.Figure
        The panels in the order of the classes. The middle level of an odd number stands around 0, half of it on either
        side.

    Raises
    ------
    LatentClassError
        When a table is another one, the items differ in their levels, or matplotlib is not installed.

    Examples
    --------
    >>> rows = [(k, "sharing", level) for k in ("Class 1", "Class 2") for level in (1, 2, 3)]
    >>> index = pd.MultiIndex.from_tuples(rows, names=["class", "item", "level"])
    >>> likert(pd.DataFrame({"mean": [0.2, 0.3, 0.5, 0.7, 0.2, 0.1]}, index=index))
    <Figure size ... with 2 Axes>
    """
    wide = wide_profiles(table)
    levels = levels_of(wide)
    chosen, shared = _chosen(levels, items)
    names = list(wide.columns)
    n_columns = columns or min(len(names), 4)
    n_rows = -(-len(names) // n_columns)
    height = 1.4 + n_rows * (0.6 + _ROW_INCHES * len(chosen))
    figure = new_figure(2.4 + 2.6 * n_columns, height)
    grid = figure.subplots(n_rows, n_columns, sharey=True, sharex=True, squeeze=False)
    for axes, name, title in zip(grid.flat, names, sized_names(wide.columns, classes), strict=False):
        percent = np.array([100 * wide[name].loc[item].to_numpy(dtype=float) for item in chosen])
        _around_the_middle(axes, percent, shared)
        axes.set_title(title, fontsize=9.5, loc="left")
    for axes in grid.flat[len(names) :]:
        axes.remove()
    grid[0, 0].set_yticks(range(len(chosen)), [short(item) for item in chosen])
    grid[0, 0].invert_yaxis()
    figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside right upper", fontsize=8, frameon=False)
    left_out = len(levels) - len(chosen)
    more = f" {left_out} items with other levels or not asked for are left out." if left_out else ""
    caption(figure, "What the classes answer", f"Posterior mean probability of each answer, in per cent.{more}")
    return figure


def _chosen(levels: dict[str, tuple], items: list[str] | None) -> tuple[list[str], tuple]:
    if items is None:
        shared = max(dict.fromkeys(levels.values()), key=list(levels.values()).count)
        return [item for item, own in levels.items() if own == shared], shared
    for item in items:
        if item not in levels:
            message = f"There is no item {item!r} in the table; it holds {listed(levels)}."
            raise LatentClassError(message)
        if levels[item] != levels[items[0]]:
            message = f"Items of one picture share their levels; those of {item!r} are not those of {items[0]!r}."
            raise LatentClassError(message)
    if not items:
        message = "items names the items to draw; got none."
        raise LatentClassError(message)
    return list(items), levels[items[0]]


def _around_the_middle(axes: Axes, percent: np.ndarray, levels: tuple) -> None:
    n = len(levels)
    below = percent[:, : n // 2].sum(axis=1) + (percent[:, n // 2] / 2 if n % 2 else 0)
    left, y = -below, np.arange(len(percent))
    for j, (level, colour) in enumerate(zip(levels, _two_sided(n), strict=True)):
        axes.barh(y, percent[:, j], left=left, height=0.82, color=colour, label=short(level))
        left = left + percent[:, j]
    axes.axvline(0, color="#222222", linewidth=0.8)
    axes.set_xlim(-102, 102)
    axes.set_xticks([-100, -50, 0, 50, 100], ["100", "50", "0", "50", "100"])
    plain_axes(axes)
    axes.tick_params(axis="x", labelsize=7)


def _two_sided(n: int) -> list[str]:
    """Return colours from brown over light grey to blue-green, which common deficiencies of vision tell apart."""
    if n == 1:
        return level_colours(1)
    matplotlib, to_hex = import_module("matplotlib"), import_module("matplotlib.colors").to_hex
    scale = matplotlib.colormaps["BrBG"]
    # The middle of the scale is too light to be seen on paper.
    return [_MIDDLE if 2 * j == n - 1 else to_hex(scale(0.08 + 0.84 * j / (n - 1))) for j in range(n)]
