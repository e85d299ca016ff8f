"""What all pictures share: colours, captions, and the check that a table is the right one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib import import_module
from textwrap import wrap
from typing import TYPE_CHECKING, cast

import pandas as pd

from latentclass.errors import LatentClassError, listed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "caption",
    "class_colours",
    "drawing",
    "interval_columns",
    "level_colours",
    "new_figure",
    "plain_axes",
    "require",
    "short",
    "titled",
]

# Okabe and Ito (2008): told apart with every common colour vision deficiency.
_OKABE_ITO = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#999999", "#F0E442")
_BOUND = re.compile(r"eti(?P<percent>[\d.]+)_lb$")
_GREY = "#555555"
_CHARACTERS_PER_INCH = 15


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure that lays itself out.

    Parameters
    ----------
    width, height : float
        Size in inches.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, unknown to pyplot.

    Raises
    ------
    LatentClassError
        When matplotlib is not installed.
    """
    try:
        figure = import_module("matplotlib.figure")
    except ImportError as error:
        message = "Pictures need matplotlib, which is not installed; install it with pip install 'latentclass[plots]'."
        raise LatentClassError(message) from error
    return figure.Figure(figsize=(width, height), layout="constrained", dpi=120)


def drawing(axes: Axes | None, width: float, height: float) -> Axes:
    """Return the axes to draw on: those given, or those of a new figure.

    Parameters
    ----------
    axes : matplotlib.axes.Axes or None
        What the user gave.
    width, height : float
        Size of a new figure in inches.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    LatentClassError
        When what was given is no axes, or matplotlib is not installed.
    """
    if axes is None:
        return new_figure(width, height).subplots()
    if not isinstance(axes, import_module("matplotlib.axes").Axes):
        message = f"axes is one matplotlib Axes, such as figure.subplots() returns; got {type(axes).__name__}."
        raise LatentClassError(message)
    return axes


def titled(axes: Axes, title: str, text: str, *, ours: bool) -> None:
    """Give a picture its title: with a caption where the figure is ours, above the axes alone where it is not.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        The axes.
    title, text : str
        What to write.
    ours : bool
        Whether the figure was made for this picture.
    """
    if ours:
        caption(cast("Figure", axes.figure), title, text)
    else:
        axes.set_title(title, loc="left", fontsize=11, fontweight="bold")


def require(table: object, levels: Sequence[str], source: str) -> pd.DataFrame:
    """Return a table whose index has the levels that a picture needs.

    Parameters
    ----------
    table : DataFrame
        What was given.
    levels : sequence of str
        Names of the index levels.
    source : str
        The method that returns such a table.

    Returns
    -------
    DataFrame
        The table.

    Raises
    ------
    LatentClassError
        When it is another table, or empty.

    Examples
    --------
    >>> require(pd.DataFrame(index=pd.Index(["a"], name="class")), ["class"], "fit.classes()").shape
    (1, 0)
    """
    if not isinstance(table, pd.DataFrame):
        message = f"This picture draws the table that {source} returns; got {type(table).__name__}."
        raise LatentClassError(message)
    if list(table.index.names) != list(levels):
        message = (
            f"This picture draws the table that {source} returns, with index {listed(levels)}; got a table with "
            f"index {listed(table.index.names)}."
        )
        raise LatentClassError(message)
    if table.empty and not len(table):
        message = f"The table that {source} returned is empty, so there is nothing to draw."
        raise LatentClassError(message)
    return table


def interval_columns(table: pd.DataFrame, prefix: str = "") -> tuple[str, str, str]:
    """Return the columns of the bounds of a table's interval, and its probability as text.

    Parameters
    ----------
    table : DataFrame
        A table of posterior summaries.
    prefix : str
        What the names of the columns begin with.

    Returns
    -------
    tuple of str
        Lower column, upper column, and for example "90 %".

    Raises
    ------
    LatentClassError
        When the table has no interval.

    Examples
    --------
    >>> interval_columns(pd.DataFrame(columns=["mean", "eti95_lb", "eti95_ub"]))
    ('eti95_lb', 'eti95_ub', '95 %')
    """
    for column in map(str, table.columns):
        found = _BOUND.fullmatch(column.removeprefix(prefix)) if column.startswith(prefix) else None
        upper = f"{column.removesuffix('lb')}ub"
        if found and upper in table:
            return column, upper, f"{found['percent']} %"
    message = (
        f"The table has no interval {prefix + 'eti90_lb'!r} and {prefix + 'eti90_ub'!r} (or of another probability); "
        f"its columns are {listed(table.columns)}."
    )
    raise LatentClassError(message)


def class_colours(n: int) -> list[str]:
    """Return colours for so many classes.

    Parameters
    ----------
    n : int
        Number of classes.

    Returns
    -------
    list of str
        Colours that stay apart with a colour vision deficiency; beyond eight classes shades of one scale.

    Examples
    --------
    >>> class_colours(2)
    ['#0072B2', '#E69F00']
    """
    return list(_OKABE_ITO[:n]) if n <= len(_OKABE_ITO) else _shades("viridis", n, 0.0, 1.0)


def level_colours(n: int) -> list[str]:
    """Return colours for the levels of an item, from light to dark.

    Parameters
    ----------
    n : int
        Number of levels.

    Returns
    -------
    list of str
        The colours.
    """
    return _shades("YlGnBu", n, 0.12, 0.95)


def _shades(name: str, n: int, first: float, last: float) -> list[str]:
    matplotlib = import_module("matplotlib")
    to_hex = import_module("matplotlib.colors").to_hex
    scale = matplotlib.colormaps[name]
    return [to_hex(scale(first + (last - first) * i / max(n - 1, 1))) for i in range(n)]


def caption(figure: Figure, title: str, text: str) -> None:
    """Write a title above and a caption below a figure, both from the left.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure.
    title, text : str
        What to write.
    """
    figure.suptitle(title, x=0.01, ha="left", fontsize=12, fontweight="bold")
    width = int(_CHARACTERS_PER_INCH * figure.get_figwidth())
    lines = [line for paragraph in text.splitlines() for line in wrap(paragraph, width)]
    figure.supxlabel("\n".join(lines), x=0.01, ha="left", fontsize=8, color=_GREY)


def plain_axes(axes: Axes, *, grid: str = "") -> None:
    """Take the frame from axes, and add a light grid along one of them.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        The axes.
    grid : {"", "x", "y"}
        Which axis has grid lines.
    """
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(labelsize=9)
    if grid:
        axes.grid(visible=True, axis=grid, color="#DDDDDD", linewidth=0.6)  # type: ignore[arg-type]
        axes.set_axisbelow(True)


def short(label: object, width: int = 24) -> str:
    r"""Return a name from the survey as a picture shows it.

    Parameters
    ----------
    label : object
        Name of an item, level, class, covariate or construct.
    width : int
        Longest text.

    Returns
    -------
    str
        The text on one line, cut where it is longer. A dollar sign is no beginning of a formula, and a name that begins
        with an underscore is not left out of legends.

    Examples
    --------
    >>> short("more than $100 a month", width=12)
    'more than \\$…'
    """
    text = "".join(c for c in " ".join(str(label).split()) if c.isprintable())
    text = text if len(text) <= width else f"{text[: width - 1].rstrip()}…"
    text = text.replace("$", r"\$")
    return f"\N{ZERO WIDTH SPACE}{text}" if text.startswith("_") else text
