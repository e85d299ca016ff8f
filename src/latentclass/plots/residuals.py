"""Pictures of posterior predictive checks: residuals of pairs of items, and observed against replicated values."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from latentclass.dims import ITEM
from latentclass.errors import LatentClassError, listed
from latentclass.plots.style import drawing, plain_axes, require, short, titled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

__all__ = ["observed", "residuals"]

_LEAST_SCALE = 0.3
_MARKED = 0.05
_MOST_ROWS = 30
_NEEDED = ("observed", "replicated", "replicated_sd", "p_adjusted")
_BLUE, _ORANGE, _GREY = "#0072B2", "#D55E00", "#BBBBBB"


def residuals(table: pd.DataFrame, axes: Axes | None = None) -> Axes:
    """Draw what is left between the items within the classes, for every pair.

    Parameters
    ----------
    table : DataFrame
        What ``lc.check(fit)["bivariate"].table`` holds.
    axes : matplotlib.axes.Axes, optional
        Where to draw; axes of a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        A triangle of squares: blue where two items agree more than the classes explain, orange where less; a dot where
        the adjusted p-value is at most 0.05.

    Raises
    ------
    LatentClassError
        When the table is another one, or matplotlib is not installed.

    Examples
    --------
    >>> index = pd.MultiIndex.from_tuples([("a", "b"), ("a", "c"), ("b", "c")], names=["item", "other"])
    >>> table = pd.DataFrame({"observed": [0.3, 0.0, -0.1], "replicated": 0.0, "replicated_sd": 0.05}, index=index)
    >>> residuals(table.assign(p_adjusted=[0.001, 1.0, 0.4])).get_title()
    ''
    """
    _check_columns(require(table, [ITEM, "other"], "checks['bivariate'].table"))
    names = list(dict.fromkeys([label for pair in table.index for label in pair]))
    place = {name: i for i, name in enumerate(names)}
    n = len(names)
    matrix = np.full((n, n), np.nan)
    excess = (table["observed"] - table["replicated"]).to_numpy(dtype=float)
    one, two = (np.array([place[pair[side]] for pair in table.index]) for side in (0, 1))
    matrix[np.maximum(one, two), np.minimum(one, two)] = excess
    ours = axes is None
    side = float(np.clip(0.34 * n, 2.6, 9.0))
    axes = drawing(axes, side + 2.6, side + 1.6)
    top = max(_LEAST_SCALE, float(np.nanmax(np.abs(matrix))))
    mesh = axes.imshow(matrix[1:, :-1], cmap=_colours(), vmin=-top, vmax=top, aspect="equal")
    marked = table["p_adjusted"].to_numpy() <= _MARKED
    dot = float(np.clip(60 / n, 1.0, 6.0))
    axes.plot(np.minimum(one, two)[marked], np.maximum(one, two)[marked] - 1, "o", color="black", markersize=dot)
    size = float(np.clip(200 / n, 5.0, 9.0))
    axes.set_xticks(range(n - 1), [short(name) for name in names[:-1]], rotation=90, fontsize=size)
    axes.set_yticks(range(n - 1), [short(name) for name in names[1:]], fontsize=size)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    bar = axes.get_figure(root=True).colorbar(mesh, ax=axes, shrink=0.7)  # type: ignore[union-attr]
    bar.set_label("residual correlation within the classes", fontsize=8)
    bar.ax.tick_params(labelsize=8)
    bar.outline.set_visible(False)
    text = f"Observed less replicated; a dot marks an adjusted p-value of at most {_MARKED} ({marked.sum()} pairs)."
    titled(axes, "What the classes leave between the items", text, ours=ours)
    return axes


def observed(table: pd.DataFrame, axes: Axes | None = None, *, most: int = _MOST_ROWS) -> Axes:
    """Draw observed test quantities of a check against their replicates.

    Parameters
    ----------
    table : DataFrame
        What ``lc.check(fit)[name].table`` holds.
    axes : matplotlib.axes.Axes, optional
        Where to draw; axes of a new figure by default.
    most : int
        Rows drawn, those with the smallest p-values.

    Returns
    -------
    matplotlib.axes.Axes
        A grey bar of two standard deviations of the replicates around their mean, and a dot for the survey: orange
        where the adjusted p-value is at most 0.05.

    Raises
    ------
    LatentClassError
        When the table is another one, or matplotlib is not installed.

    Examples
    --------
    >>> table = pd.DataFrame({"observed": [0.3], "replicated": [0.1], "replicated_sd": [0.05], "p_adjusted": [0.01]})
    >>> axes = observed(table.set_index(pd.Index(["scatter"], name="quantity")))
    >>> [text.get_text() for text in axes.get_yticklabels()]
    ['scatter']
    """
    if not isinstance(table, pd.DataFrame):
        message = f"This picture draws the table of a check; got {type(table).__name__}."
        raise LatentClassError(message)
    _check_columns(table)
    shown = table.iloc[np.sort(np.argsort(table["p_adjusted"].to_numpy(), kind="stable")[:most])]
    ours = axes is None
    axes = drawing(axes, 7.5, 1.4 + 0.23 * len(shown))
    y = np.arange(len(shown))
    axes.errorbar(
        shown["replicated"], y, xerr=2 * shown["replicated_sd"], fmt="none", ecolor=_GREY, elinewidth=6, zorder=1
    )
    surprising = shown["p_adjusted"].to_numpy() <= _MARKED
    for chosen, colour in ((~surprising, _BLUE), (surprising, _ORANGE)):
        axes.plot(shown["observed"].to_numpy()[chosen], y[chosen], "o", color=colour, markersize=5, zorder=2)
    axes.set_yticks(y, [_row_label(label) for label in shown.index], fontsize=8)
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.set_xlabel("observed (dot) and two standard deviations of the replicates (bar)", fontsize=9)
    plain_axes(axes, grid="x")
    axes.tick_params(axis="y", labelsize=8)
    left = f" The {len(shown)} most surprising of {len(table)} are shown." if len(shown) < len(table) else ""
    text = f"Orange: adjusted p-value at most {_MARKED} ({surprising.sum()} of {len(shown)}).{left}"
    titled(axes, "The survey against surveys drawn from the posterior", text, ours=ours)
    return axes


def _check_columns(table: pd.DataFrame) -> None:
    missing = [column for column in _NEEDED if column not in table]
    if missing or not len(table):
        message = (
            f"This picture draws the table of a check, with columns {listed(_NEEDED)}; this one lacks "
            f"{listed(missing) or 'rows'}."
        )
        raise LatentClassError(message)


def _row_label(label: object) -> str:
    parts = label if isinstance(label, tuple) else (label,)
    return ": ".join(short(part) for part in parts if part != "")


def _colours() -> Colormap:
    """Return a scale from orange over white to blue, told apart with every common colour vision deficiency."""
    scale: Colormap = import_module("matplotlib.colors").LinearSegmentedColormap.from_list(
        "residuals", [_ORANGE, "#F7F7F7", _BLUE]
    )
    return scale
