"""The picture of the weights of factor groups, with priors and verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from latentclass.plots.style import drawing, interval_columns, plain_axes, require, titled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["weights"]

_COLOURS = {"carries weight": "#0072B2", "carries no weight": "#D55E00", "undecided": "#777777"}
_ROW_INCHES = 0.5
_TICKS = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0)
_LEAST_RIGHT = 0.12


def weights(table: pd.DataFrame, axes: Axes | None = None) -> Axes:
    """Draw the weight of every factor group with its prior, its verdict, and the bound of what is practically nil.

    Parameters
    ----------
    table : DataFrame
        ``lc.weigh(fit).table``.
    axes : matplotlib.axes.Axes, optional
        Where to draw; axes of a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        One row per group, on a square-root scale, which keeps small weights apart. ``axes.figure`` is the figure.

    Raises
    ------
    LatentClassError
        When the table is another one, or matplotlib is not installed.

    Examples
    --------
    >>> table = pd.DataFrame({"verdict": ["undecided"], "bound": 0.02}, index=pd.Index(["social"], name="factor_group"))
    >>> table = table.assign(weight_median=0.03, weight_eti90_lb=0.01, weight_eti90_ub=0.07)
    >>> axes = weights(table.assign(prior_median=0.1, prior_eti90_lb=0.01, prior_eti90_ub=0.3))
    >>> axes.get_yticklabels()[0].get_text()
    'social'
    """
    require(table, ["factor_group"], "lc.weigh(fit).table")
    lower, upper, probability = interval_columns(table, "weight_")
    posterior = table[["weight_median", lower, upper]].to_numpy(dtype=float)
    prior = table[["prior_median", lower.replace("weight", "prior"), upper.replace("weight", "prior")]]
    places, ours = np.arange(len(table)) + 0.5, axes is None
    axes = drawing(axes, 8.0, 1.4 + _ROW_INCHES * len(table))
    _prior_bars(axes, prior.to_numpy(dtype=float), places)
    for place, (middle, low, high), verdict in zip(places, posterior, table["verdict"], strict=True):
        colour = _COLOURS.get(str(verdict), "#777777")
        axes.errorbar(middle, place, xerr=[[middle - low], [high - middle]], fmt="o", color=colour, elinewidth=2)
        right = axes.get_yaxis_transform()
        axes.text(1.02, place, str(verdict), transform=right, va="center", fontsize=9, color=colour)
    for bound in table["bound"].unique():
        axes.axvline(bound, color="#222222", linewidth=0.9, linestyle=(0, (4, 3)))
    axes.set_yticks(places, list(map(str, table.index)))
    axes.set_ylim(len(table), 0.0)
    _scale(axes, max(np.nanmax(posterior), np.nanmax(prior.to_numpy(dtype=float), initial=0.0)))
    axes.set_xlabel("weight: share of the entropy of the class that is lost without the group", fontsize=9)
    text = (
        f"Posterior median and {probability} equal-tailed interval; grey: the same of the prior. "
        "Dashed: bound below which a weight counts as practically nil."
    )
    titled(axes, "What the factor groups tell about membership", text, ours=ours)
    return axes


def _prior_bars(axes: Axes, prior: np.ndarray, places: np.ndarray) -> None:
    for (middle, low, high), place in zip(prior, places, strict=True):
        if np.isfinite(middle):
            axes.barh(place, high - low, left=low, height=0.56, color="#DDDDDD", zorder=0)
            axes.plot([middle, middle], [place - 0.28, place + 0.28], color="#AAAAAA", linewidth=1.5, zorder=0)


def _scale(axes: Axes, largest: float) -> None:
    right = min(1.0, max(1.05 * largest, _LEAST_RIGHT))
    axes.set_xscale("function", functions=(lambda x: np.sqrt(np.maximum(x, 0.0)), np.square))
    shown = [tick for tick in _TICKS if tick <= right]
    axes.set_xticks(shown, [f"{tick:g}" for tick in shown])
    axes.set_xlim(0.0, right)
    plain_axes(axes, grid="x")
