"""Pictures of estimates with their intervals: effects of covariates, loadings of indicators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from latentclass.dims import CLASS, CONSTRUCT, INDICATOR
from latentclass.errors import LatentClassError, listed
from latentclass.plots.style import class_colours, drawing, interval_columns, plain_axes, require, short, titled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["effects", "loadings"]

_OWN_VALUE = "-0.5 SD to +0.5 SD"
_KINDS = ("ame", "logit")
_HEADING_INCHES = 0.32
_LOADING_INCHES = 0.21


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """Rows of a forest under headings: labels from top to bottom, and where each stands."""

    labels: tuple[str, ...]
    positions: np.ndarray
    headings: tuple[str, ...]
    heading_positions: np.ndarray
    height: float

    @classmethod
    def of(cls, keys: Sequence[tuple[str, str]], row_inches: float) -> _Rows:
        """Lay out rows of height 1; headings take the same inches whatever the height of a row."""
        headings: list[str] = []
        heading_positions: list[float] = []
        positions: list[float] = []
        place, heading_height = 0.0, _HEADING_INCHES / row_inches
        for heading, _ in keys:
            if not headings or headings[-1] != heading:
                headings.append(heading)
                heading_positions.append(place + 0.6 * heading_height)
                place += heading_height
            positions.append(place + 0.5)
            place += 1.0
        return cls(
            labels=tuple(short(label, 40) for _, label in keys),
            positions=np.array(positions),
            headings=tuple(short(heading, 40) for heading in headings),
            heading_positions=np.array(heading_positions),
            height=place,
        )


def effects(table: pd.DataFrame, kind: str = "ame", axes: Axes | None = None) -> Axes:
    """Draw what the covariates do to membership, by factor group.

    Parameters
    ----------
    table : DataFrame
        What ``fit.effects()`` or ``fit.marginal_effects()`` returns.
    kind : {"ame", "logit"}
        Average marginal effects on the class shares, in percentage points, or logits (which ``fit.effects()`` holds).
    axes : matplotlib.axes.Axes, optional
        Where to draw; axes of a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        One row per covariate, one colour per class; ``axes.figure`` is the figure.

    Raises
    ------
    LatentClassError
        When the table is another one, the kind is unknown, or matplotlib is not installed.

    Examples
    --------
    >>> rows = [("individual", "age", "-0.5 SD to +0.5 SD", k) for k in ("Class 1", "Class 2")]
    >>> index = pd.MultiIndex.from_tuples(rows, names=["group", "covariate", "change", "class"])
    >>> table = pd.DataFrame({"mean": [0.1, -0.1], "eti90_lb": [0.0, -0.2], "eti90_ub": [0.2, 0.0]}, index=index)
    >>> len(effects(table).containers)
    2
    """
    if kind not in _KINDS:
        message = f"The kind of effects is one of {listed(_KINDS)}; got {kind!r}."
        raise LatentClassError(message)
    prefix, shown = _effect_table(table, kind)
    lower, upper, probability = interval_columns(shown, prefix)
    shown = shown[shown[f"{prefix}mean"].notna()]
    percent = 100.0 if kind == "ame" else 1.0
    summary = percent * shown[[f"{prefix}mean", lower, upper]].astype(float)
    names = list(dict.fromkeys(shown.index.get_level_values(CLASS)))
    keys = list(dict.fromkeys(row[:-1] for row in shown.index))
    row_inches = 0.12 + 0.11 * len(names)
    rows = _Rows.of([(str(key[0]), _effect_label(*_covariate_and_change(key, shown))) for key in keys], row_inches)
    step = 0.8 / len(names)
    ours = axes is None
    axes = drawing(axes, 8.0, 1.3 + rows.height * row_inches)
    for k, (name, colour) in enumerate(zip(names, class_colours(len(names)), strict=True)):
        own = summary.xs(name, level=CLASS).loc[keys].to_numpy()
        _points(axes, own, rows.positions + (k - (len(names) - 1) / 2) * step, colour, short(name))
    _headings(axes, rows, shaded=True)
    axes.axvline(0, color="#222222", linewidth=0.9)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=9, frameon=False)
    axes.set_xlabel("change of the class share, percentage points" if kind == "ame" else "logit", fontsize=9)
    title = "What the covariates do to the class shares" if kind == "ame" else "What the covariates do to membership"
    titled(axes, title, _effect_caption(kind, probability, len(table) - len(shown)), ours=ours)
    return axes


def loadings(table: pd.DataFrame, axes: Axes | None = None) -> Axes:
    """Draw the standardised loadings of all indicators, by construct.

    Parameters
    ----------
    table : DataFrame
        What ``fit.loadings()`` returns.
    axes : matplotlib.axes.Axes, optional
        Where to draw; axes of a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        One row per indicator; indicators that run against their construct are hollow. ``axes.figure`` is the figure.

    Raises
    ------
    LatentClassError
        When the table is another one, or matplotlib is not installed.

    Examples
    --------
    >>> index = pd.MultiIndex.from_tuples([("stress", "stress_1"), ("stress", "stress_2")])
    >>> table = pd.DataFrame({"standardised_mean": [0.7, 0.8]}, index=index.set_names(["construct", "indicator"]))
    >>> table = table.assign(standardised_eti90_lb=0.6, standardised_eti90_ub=0.9, reversed=False, scores="latent")
    >>> len(loadings(table).containers)
    1
    """
    require(table, [CONSTRUCT, INDICATOR], "fit.loadings()")
    lower, upper, probability = interval_columns(table, "standardised_")
    values = table[["standardised_mean", lower, upper]].to_numpy(dtype=float)
    rows = _Rows.of([(str(construct), str(indicator)) for construct, indicator in table.index], _LOADING_INCHES)
    ours = axes is None
    axes = drawing(axes, 7.5, 1.1 + rows.height * _LOADING_INCHES)
    against = table["reversed"].to_numpy(dtype=bool)
    colour = class_colours(1)[0]
    for chosen, face, label in ((~against, colour, "along its construct"), (against, "white", "against its construct")):
        if chosen.any():
            _points(axes, values[chosen], rows.positions[chosen], colour, label, face=face)
    _headings(axes, rows)
    axes.axvline(0, color="#222222", linewidth=0.9)
    axes.set_xlim(min(-0.05, values.min() - 0.05), 1.0)
    axes.set_xlabel("standardised loading", fontsize=9)
    if against.any():
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=9, frameon=False)
    means = (table["scores"] == "mean").any()
    classical = " Scale means: classical estimate and bootstrap interval." if means else ""
    text = f"Posterior mean and {probability} equal-tailed interval.{classical}"
    titled(axes, "How strongly the indicators depend on their constructs", text, ours=ours)
    return axes


def _points(axes: Axes, summary: np.ndarray, y: np.ndarray, colour: str, label: str, face: str | None = None) -> None:
    mean, low, high = summary.T
    axes.errorbar(
        mean,
        y,
        xerr=[np.maximum(mean - low, 0), np.maximum(high - mean, 0)],
        fmt="o",
        color=colour,
        markerfacecolor=face or colour,
        markersize=4.5,
        elinewidth=1.5,
        label=label,
    )


def _headings(axes: Axes, rows: _Rows, *, shaded: bool = False) -> None:
    ticks = [*rows.positions, *rows.heading_positions]
    axes.set_yticks(ticks, [*rows.labels, *rows.headings])
    for label in axes.get_yticklabels()[len(rows.labels) :]:
        label.set_fontweight("bold")
    for place in rows.positions[::2] if shaded else ():
        axes.axhspan(place - 0.5, place + 0.5, color="#F4F4F4", zorder=0)
    axes.set_ylim(rows.height + 0.1, 0.0)
    plain_axes(axes, grid="x")


def _effect_table(table: pd.DataFrame, kind: str) -> tuple[str, pd.DataFrame]:
    """Return the prefix of the columns to draw, and the table checked."""
    if isinstance(table, pd.DataFrame) and "change" in table.index.names:
        if kind == "logit":
            message = "fit.marginal_effects() holds no logits; draw those of fit.effects() with kind='logit'."
            raise LatentClassError(message)
        return "", require(table, ["group", "covariate", "change", CLASS], "fit.marginal_effects()")
    return f"{kind}_", require(table, ["group", "covariate", CLASS], "fit.effects()")


def _covariate_and_change(key: tuple[str, ...], table: pd.DataFrame) -> tuple[str, str]:
    if len(key) == 3:
        return key[1], key[2]
    if "change" not in table:
        return key[1], _OWN_VALUE
    return key[1], str(table.xs(key, level=["group", "covariate"])["change"].iloc[0])


def _effect_label(covariate: str, change: str) -> str:
    return covariate if change in (_OWN_VALUE, "nan") else f"{covariate.partition('[')[0]}: {change}"


def _effect_caption(kind: str, probability: str, n_left_out: int) -> str:
    interval = f"posterior mean and {probability} equal-tailed interval"
    if kind == "logit":
        return f"Logits: {interval}. Continuous covariates: per unit of the table's scale."
    text = (
        f"Average marginal effects: {interval}.\nChange of a continuous covariate or construct: from 0.5 SD below to "
        "0.5 SD above each respondent's own value."
    )
    return text if not n_left_out else f"{text}\nTransformed covariates are left out; fit.marginal_effects() has them."
