"""Picture of what becomes of weight and Bayes factor under other priors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from latentclass.plots.style import caption, class_colours, interval_columns, new_figure, plain_axes, require, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["sensitivity"]

_GROUP = "factor_group"
_NAME = 30


def sensitivity(table: pd.DataFrame) -> Figure:
    """Draw log Bayes factor and weight of every factor group over a grid of priors.

    Parameters
    ----------
    table : DataFrame
        ``lc.sensitivity(fit).table``.

    Returns
    -------
    matplotlib.figure.Figure
        On the left the log Bayes factor with two standard errors, above 0 for the group; on the right the weight: a dot
        with its interval, and the median of its prior as an open mark.

    Raises
    ------
    LatentClassError
        When the table is another one, or matplotlib is not installed.

    Examples
    --------
    >>> index = pd.MultiIndex.from_product([["social"], ["normal 0.5", "normal 1"]], names=["factor_group", "prior"])
    >>> columns = {"log_bf": [2.0, 1.0], "log_bf_error": 0.1, "weight_median": 0.1, "prior_median": [0.1, 0.2]}
    >>> table = pd.DataFrame({**columns, "weight_eti90_lb": 0.05, "weight_eti90_ub": 0.2}, index=index)
    >>> len(sensitivity(table).axes)
    2
    """
    require(table, [_GROUP, "prior"], "lc.sensitivity(fit).table")
    lower, upper, probability = interval_columns(table, "weight_")
    groups = list(dict.fromkeys(table.index.get_level_values(_GROUP)))
    priors = list(dict.fromkeys(table.index.get_level_values("prior")))
    figure = new_figure(10.0, 4.6)
    left, right = figure.subplots(1, 2)
    left.axhline(0.0, color="#555555", linewidth=0.8)
    for g, (group, colour) in enumerate(zip(groups, class_colours(len(groups)), strict=True)):
        own = table.xs(group, level=_GROUP).reindex(priors)
        place = np.arange(len(priors)) + (g - (len(groups) - 1) / 2) * 0.5 / len(groups)
        label = short(group, _NAME)
        _marks(left, place, own["log_bf"], 2 * own["log_bf_error"], 2 * own["log_bf_error"], colour, label)
        median = own["weight_median"]
        _marks(right, place, median, median - own[lower], own[upper] - median, colour, label)
        right.plot(place, own["prior_median"], "o", markerfacecolor="none", color=colour, markersize=6)
    for axes, name in ((left, "log Bayes factor, with against without the group"), (right, "weight")):
        axes.set_xticks(np.arange(len(priors)), [short(p, _NAME) for p in priors], rotation=35, ha="right", fontsize=8)
        axes.set_ylabel(name, fontsize=9)
        plain_axes(axes)
    right.set_ylim(bottom=0)
    if len(groups) > 1:
        left.legend(frameon=False, fontsize=8)
    text = (
        "Left: above 0 the data speak for the group; line: two standard errors. Right: line: interval of probability "
        f"{probability}; open mark: median of the prior."
    )
    title = "Weight and Bayes factor under other priors of the slopes"
    caption(figure, title if len(groups) > 1 else f"{title}: {short(groups[0], _NAME)}", text)
    return figure


def _marks(axes: Axes, place: np.ndarray, middle: Any, below: Any, above: Any, colour: str, label: str) -> None:
    bars = np.nan_to_num(np.vstack([below, above]).astype(float))
    axes.errorbar(
        place, middle.astype(float), yerr=bars, fmt="o", color=colour, markersize=5, linewidth=1.5, label=label
    )
