"""Pictures for comparisons: numbers of classes, and the check of a model without a factor group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from latentclass.errors import LatentClassError, listed
from latentclass.plots.style import caption, class_colours, drawing, new_figure, plain_axes, require, titled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["null_check", "number_of_classes"]

_COLUMNS = ("log_marginal", "elpd", "elpd_diff", "elpd_diff_se", "bic", "sabic", "icl", "bic_random_effect")


def number_of_classes(table: pd.DataFrame) -> Figure:
    """Draw how the criteria change with the number of classes.

    Parameters
    ----------
    table : DataFrame
        ``choose(...).table``, or that of `latentclass.compare`.

    Returns
    -------
    matplotlib.figure.Figure
        Three panels: log marginal likelihood, leave-one-out prediction against the best with two standard errors of the
        difference, and the information criteria, with the best number of each marked.

    Raises
    ------
    LatentClassError
        For another table.

    Examples
    --------
    >>> import latentclass as lc
    >>> lc.plots.number_of_classes(choice.table).savefig("classes.png")  # doctest: +SKIP
    """
    require(table, ["fit"], "latentclass.choose()")
    absent = [name for name in _COLUMNS if name not in table]
    if absent:
        message = f"This picture draws the table that latentclass.choose() returns; the table lacks {listed(absent)}."
        raise LatentClassError(message)
    figure = new_figure(10.0, 3.6)
    left, middle, right = figure.subplots(1, 3)
    x = np.arange(len(table))
    _line(left, x, table["log_marginal"], "", 0, largest=True)
    left.set_title("log marginal likelihood", fontsize=10)
    _line(middle, x, table["elpd_diff"], "", 1, largest=True)
    bars = 2 * table["elpd_diff_se"].to_numpy(dtype=float)
    middle.errorbar(x, table["elpd_diff"], yerr=bars, color=class_colours(2)[1], fmt="none", elinewidth=1.5)
    middle.axhline(0, color="#222222", linewidth=0.8)
    middle.set_title("prediction, difference to the best", fontsize=10)
    criteria = {"bic": "BIC", "sabic": "adjusted BIC", "icl": "ICL", "bic_random_effect": "BIC, random effect"}
    for number, (name, label) in enumerate(criteria.items()):
        _line(right, x, table[name], label, number, largest=False)
    right.set_title("information criteria, smaller is better", fontsize=10)
    # ICL may rise far above the others, and would press them flat.
    shown = table[["bic", "sabic", "bic_random_effect"]].to_numpy(dtype=float)
    low, high = float(np.nanmin(shown)), float(np.nanmax(shown))
    right.set_ylim(low - 0.06 * (high - low) - 1, high + 0.06 * (high - low) + 1)
    right.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=8, frameon=False)
    for axes in (left, middle, right):
        axes.set_xticks(x, [str(name) for name in table.index])
        axes.set_xlabel("number of classes" if _numbered(table) else "fit", fontsize=9)
        plain_axes(axes, grid="y")
    text = (
        "Filled: the best of each line. Bars: two standard errors of the paired difference in expected log predictive "
        "density. BIC, random effect: as many classes whose respondents also differ by degree. ICL may leave its panel."
    )
    caption(figure, "How many classes", text)
    return figure


def null_check(statistics: pd.DataFrame, axes: Axes | None = None) -> Axes:
    """Draw the score statistics of the model without a factor group, observed and replicated.

    Parameters
    ----------
    statistics : DataFrame
        ``null_check(...).statistics`` of `latentclass.evidence`.
    axes : matplotlib.axes.Axes, optional
        Where to draw; axes of a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        Histograms of both, over the draws; ``axes.figure`` is the figure.

    Raises
    ------
    LatentClassError
        For another table.

    Examples
    --------
    >>> import latentclass as lc
    >>> lc.plots.null_check(check.statistics).figure.savefig("check.png")  # doctest: +SKIP
    """
    require(statistics, ["draw"], "latentclass.evidence.null_check()")
    values = [statistics[name].to_numpy(dtype=float) for name in ("replicated", "observed")]
    ours = axes is None
    axes = drawing(axes, 6.5, 3.4)
    bins = np.linspace(0, max(v.max() for v in values) * 1.02 + 1e-9, 41)
    for number, (name, own) in enumerate(zip(("replicated", "observed"), values, strict=True)):
        axes.hist(own, bins=bins.tolist(), color=class_colours(2)[number], alpha=0.65, label=name)
    axes.set_xlabel("score statistic", fontsize=9)
    axes.set_ylabel("draws", fontsize=9)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=9, frameon=False)
    plain_axes(axes, grid="y")
    share = float(np.mean(values[0] >= values[1]))
    text = (
        f"Replicated at least as large as observed in {share:.1%} of {len(statistics)} draws (posterior predictive "
        "p-value). Observed further to the right: the group would explain what the model without it leaves."
    )
    titled(axes, "Is anything left for the group to explain?", text, ours=ours)
    return axes


def _line(axes: Axes, x: np.ndarray, column: pd.Series, label: str, number: int, *, largest: bool) -> None:
    values, colour = column.to_numpy(dtype=float), class_colours(4)[number]
    axes.plot(x, values, color=colour, marker="o", markerfacecolor="white", markersize=5, linewidth=1.4, label=label)
    if np.isfinite(values).any():
        best = int(np.nanargmax(values) if largest else np.nanargmin(values))
        axes.plot(x[best], values[best], color=colour, marker="o", markersize=7)


def _numbered(table: pd.DataFrame) -> bool:
    return "n_classes" in table and list(table["n_classes"]) == list(table.index)
