"""Pictures of what the classes are: their sizes, their answers and their members."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from latentclass.dims import CLASS, ITEM, RESPONDENT
from latentclass.errors import LatentClassError
from latentclass.plots.style import (
    caption,
    class_colours,
    drawing,
    interval_columns,
    level_colours,
    new_figure,
    plain_axes,
    require,
    short,
    titled,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["classes", "memberships", "profiles"]

_LEAST_LABELLED = 0.12
_DARK_FROM = 0.55


def classes(table: pd.DataFrame, axes: Axes | None = None) -> Axes:
    """Draw the size of each class with its interval.

    Parameters
    ----------
    table : DataFrame
        What ``fit.classes()`` returns.
    axes : matplotlib.axes.Axes, optional
        Where to draw; axes of a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        One bar per class; ``axes.figure`` is the figure.

    Raises
    ------
    LatentClassError
        When the table is another one, or matplotlib is not installed.

    Examples
    --------
    >>> table = pd.DataFrame({"mean": [0.6, 0.4], "eti90_lb": [0.5, 0.3], "eti90_ub": [0.7, 0.5]})
    >>> len(classes(table.set_index(pd.Index(["Class 1", "Class 2"], name="class"))).patches)
    2
    """
    require(table, [CLASS], "fit.classes()")
    lower, upper, probability = interval_columns(table)
    share = 100 * table[["mean", lower, upper]]
    ours = axes is None
    axes = drawing(axes, 7.0, 1.15 + 0.4 * len(table))
    y = np.arange(len(table))
    error = [share["mean"] - share[lower], share[upper] - share["mean"]]
    bars = axes.barh(y, share["mean"], height=0.62, color=class_colours(len(table)))
    axes.errorbar(share["mean"], y, xerr=error, fmt="none", ecolor="#222222", elinewidth=1.4, capsize=3)
    texts = [f"{mean:.0f} % ({low:.0f} to {high:.0f})" for mean, low, high in share.to_numpy()]
    for bar, high, text in zip(bars, share[upper], texts, strict=True):
        axes.annotate(
            text,
            (high, bar.get_y() + bar.get_height() / 2),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
        )
    axes.set_yticks(y, [short(name) for name in table.index])
    axes.invert_yaxis()
    axes.set_xlim(0, 1.25 * share[upper].max())
    axes.set_xlabel("share of respondents, %", fontsize=9)
    plain_axes(axes, grid="x")
    text = f"Posterior mean and {probability} equal-tailed interval."
    titled(axes, "How large the classes are", text, ours=ours)
    return axes


def profiles(table: pd.DataFrame, classes: pd.DataFrame | None = None, *, columns: int | None = None) -> Figure:
    """Draw the answer probabilities of every class: one panel per item, one stacked bar per class.

    Parameters
    ----------
    table : DataFrame
        What ``fit.profiles()`` returns, long or wide.
    classes : DataFrame, optional
        What ``fit.classes()`` returns, for the sizes beside the names of the classes.
    columns : int, optional
        Panels per row; by default up to four.

    Returns
    -------
    matplotlib.figure.Figure
        The panels in the order of the items. Levels run from light to dark; a panel whose levels are not those of
        most items has a legend of its own.

    Raises
    ------
    LatentClassError
        When a table is another one, or matplotlib is not installed.

    Examples
    --------
    >>> rows = [(k, "posted", level) for k in ("Class 1", "Class 2") for level in ("no", "yes")]
    >>> index = pd.MultiIndex.from_tuples(rows, names=["class", "item", "level"])
    >>> profiles(pd.DataFrame({"mean": [0.2, 0.8, 0.7, 0.3]}, index=index))
    <Figure size ... with 1 Axes>
    """
    wide = wide_profiles(table)
    items = list(dict.fromkeys(wide.index.get_level_values(ITEM)))
    levels = levels_of(wide)
    common, times = Counter(levels.values()).most_common(1)[0]
    n_columns = columns or _panels_per_row(len(items))
    n_rows = -(-len(items) // n_columns)
    figure = new_figure(2.2 + 2.6 * n_columns, 1.1 + n_rows * (0.6 + 0.27 * wide.shape[1]))
    grid = figure.subplots(n_rows, n_columns, sharey=True, squeeze=False)
    for axes, item in zip(grid.flat, items, strict=False):
        own = times < 2 or levels[item] != common
        _stacked_bars(axes, wide.loc[item], str(item), legend=own)
    for axes in grid.flat[len(items) :]:
        axes.remove()
    first = grid[0, 0]
    first.set_yticks(range(wide.shape[1]), sized_names(wide.columns, classes))
    first.invert_yaxis()
    if times > 1:
        shared = next(axes for axes, item in zip(grid.flat, items, strict=False) if levels[item] == common)
        figure.legend(*shared.get_legend_handles_labels(), loc="outside right upper", fontsize=8, frameon=False)
    caption(figure, "What the classes answer", _profile_caption(table))
    return figure


def _stacked_bars(axes: Axes, item: pd.DataFrame, title: str, *, legend: bool) -> None:
    y = np.arange(item.shape[1])
    left = np.zeros(item.shape[1])
    n_levels = len(item)
    for i, (level, colour) in enumerate(zip(item.index, level_colours(n_levels), strict=True)):
        percent = 100 * item.iloc[i].to_numpy(dtype=float)
        bars = axes.barh(y, percent, left=left, height=0.8, color=colour, label=short(level))
        dark = i / max(n_levels - 1, 1) >= _DARK_FROM
        labels = [f"{p:.0f}" if p >= 100 * _LEAST_LABELLED else "" for p in percent]
        axes.bar_label(bars, labels, label_type="center", fontsize=7, color="white" if dark else "#222222")
        left += percent
    axes.set_title(short(title, 34), fontsize=9.5, loc="left")
    axes.set_xlim(0, 100)
    axes.set_xticks([0, 50, 100])
    plain_axes(axes)
    axes.tick_params(axis="x", labelsize=7)
    if legend:
        longest = max(len(str(level)) for level in item.index)
        per_row = 8 if longest <= 2 else 3 if longest < 10 else 1
        axes.legend(
            loc="upper center",
            bbox_to_anchor=(0.5, -0.3 / (0.27 * len(y))),
            ncols=per_row,
            fontsize=7,
            frameon=False,
            handlelength=1.0,
            columnspacing=1.0,
        )


def memberships(table: pd.DataFrame, axes: Axes | None = None) -> Axes:
    """Draw the probabilities of membership of all respondents, sorted by their likeliest class.

    Parameters
    ----------
    table : DataFrame
        What ``fit.memberships()`` or ``fit.predict(frame)`` returns.
    axes : matplotlib.axes.Axes, optional
        Where to draw; axes of a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        One thin column per respondent, one colour per class; ``axes.figure`` is the figure.

    Raises
    ------
    LatentClassError
        When the table is another one, or matplotlib is not installed.

    Examples
    --------
    >>> table = pd.DataFrame({"Class 1": [0.9, 0.2], "Class 2": [0.1, 0.8]}, index=pd.Index([1, 2], name="respondent"))
    >>> table["modal"] = pd.Categorical(["Class 1", "Class 2"])
    >>> len(memberships(table.assign(certainty=[0.9, 0.8])).collections)
    2
    """
    names, probability, counts = members_sorted(table)
    ours = axes is None
    axes = drawing(axes, 8.5, 3.6)
    n = len(table)
    # Every respondent is a column of width 1, the last one too.
    heights = np.column_stack([probability, probability[:, -1]])
    labels = [f"{short(name)} ({count})" for name, count in zip(names, counts, strict=True)]
    axes.stackplot(np.arange(n + 1), heights, step="post", colors=class_colours(len(names)), labels=labels)
    for edge in np.cumsum(counts)[:-1]:
        axes.axvline(edge, color="white", linewidth=1.2)
    axes.set_xlim(0, n)
    axes.set_ylim(0, 100)
    axes.set_xlabel("respondents, sorted by likeliest class and its probability", fontsize=9)
    axes.set_ylabel("probability of membership, %", fontsize=9)
    plain_axes(axes)
    axes.legend(
        loc="center left",
        bbox_to_anchor=(1.0, 0.5),
        fontsize=9,
        frameon=False,
        title="class (likeliest for)",
        title_fontsize=9,
        reverse=True,
    )
    titled(axes, "Who belongs to which class", _membership_caption(table), ours=ours)
    return axes


def members_sorted(table: pd.DataFrame) -> tuple[list[str], np.ndarray, list[int]]:
    """Return classes, probabilities in the order of a picture, and how many belong to each class.

    Parameters
    ----------
    table : DataFrame
        What ``fit.memberships()`` returns.

    Returns
    -------
    tuple of list of str, ndarray [class, respondent] and list of int
        Names; probabilities in per cent, respondents by likeliest class and its probability; respondents for whom each
        class is the likeliest.

    Raises
    ------
    LatentClassError
        When the table is another one.
    """
    require(table, [RESPONDENT], "fit.memberships()")
    if "count" in table:
        message = (
            "The picture has a column per respondent, and the rows of this table stand for several each, see its "
            "column 'count'; give table.loc[table.index.repeat(table['count'])].drop(columns='count')."
        )
        raise LatentClassError(message)
    if "modal" not in table or not isinstance(table["modal"].dtype, pd.CategoricalDtype):
        message = "The table of memberships has a column 'modal' with the likeliest class; this one has not."
        raise LatentClassError(message)
    names = list(table["modal"].cat.categories)
    place = table["modal"].cat.codes.to_numpy()
    order = np.lexsort((-table["certainty"].to_numpy(), place))
    probability = 100 * table[names].to_numpy(dtype=float)[order].T
    return names, probability, np.bincount(place, minlength=len(names)).tolist()


def _membership_caption(table: pd.DataFrame) -> str:
    text = (
        f"Posterior mean probabilities of {len(table)} respondents; the likeliest class has "
        f"{100 * table['certainty'].mean():.0f} % on average."
    )
    certainty = table.attrs.get("classification_certainty")
    return text if certainty is None else f"{text} Classification certainty {certainty:.2f} (1 = no doubt)."


def wide_profiles(table: pd.DataFrame) -> pd.DataFrame:
    """Return means with index (item, level) and one column per class.

    Parameters
    ----------
    table : DataFrame
        What ``fit.profiles()`` returns, long or wide.

    Returns
    -------
    DataFrame
        The wide table.

    Raises
    ------
    LatentClassError
        When the table is another one.
    """
    if isinstance(table, pd.DataFrame) and list(table.index.names) == [ITEM, "level"]:
        return table
    require(table, [CLASS, ITEM, "level"], "fit.profiles()")
    names = list(dict.fromkeys(table.index.get_level_values(CLASS)))
    return pd.concat({name: table["mean"].xs(name, level=CLASS) for name in names}, axis=1)


def levels_of(wide: pd.DataFrame) -> dict[str, tuple]:
    """Return the levels of every item of a wide table of profiles.

    Parameters
    ----------
    wide : DataFrame
        What `wide_profiles` returns.

    Returns
    -------
    dict of str to tuple
        Item to levels, in the order of the table.
    """
    found: dict[str, list] = {}
    for item, level in wide.index:
        found.setdefault(item, []).append(level)
    return {item: tuple(levels) for item, levels in found.items()}


def _profile_caption(table: pd.DataFrame) -> str:
    bounds = [column for column in table.columns if str(column).endswith("_lb")]
    text = f"Posterior mean probability of each answer, in per cent; below {100 * _LEAST_LABELLED:.0f} % not labelled."
    return f"{text} The table holds their {interval_columns(table)[2]} equal-tailed intervals." if bounds else text


def _panels_per_row(n_items: int) -> int:
    return n_items if n_items <= 3 else 4 if n_items > 6 else 3


def sized_names(names: pd.Index, sizes: pd.DataFrame | None) -> list[str]:
    """Return the names of the classes with their sizes.

    Parameters
    ----------
    names : Index
        The classes.
    sizes : DataFrame or None
        What ``fit.classes()`` returns.

    Returns
    -------
    list of str
        Such as "Class 1 (40 %)".
    """
    if sizes is None:
        return [short(name) for name in names]
    require(sizes, [CLASS], "fit.classes()")
    return [f"{short(name)} ({100 * sizes.loc[name, 'mean']:.0f} %)" for name in names]
