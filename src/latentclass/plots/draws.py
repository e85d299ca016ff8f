"""Pictures of draws: traces and ranks by chain, and prior against posterior."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from latentclass.dims import CHAIN, DRAW
from latentclass.errors import LatentClassError
from latentclass.plots.style import caption, class_colours, new_figure, plain_axes, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["prior_posterior", "ranks", "trace"]

_COLUMNS = 4
_BINS = 20
_WIDTH = 32

type _Panel = Callable[[Axes, np.ndarray], None]


def trace(draws: xr.DataArray, *, most: int = 24) -> Figure:
    """Draw the values of every entry of a variable along the draws, one line per chain.

    Parameters
    ----------
    draws : DataArray [chain, draw, ...]
        Relabelled draws, such as ``fit.posterior["intercept"]``.
    most : int
        Panels drawn; the caption counts the rest.

    Returns
    -------
    matplotlib.figure.Figure
        One panel per entry.

    Raises
    ------
    LatentClassError
        When these are no draws, or matplotlib is not installed.

    Examples
    --------
    >>> draws = xr.DataArray(np.zeros((2, 50, 3)), dims=("chain", "draw", "class"), name="intercept")
    >>> trace(draws)
    <Figure size ... with 3 Axes>
    """

    def panel(axes: Axes, values: np.ndarray) -> None:
        for chain, colour in zip(values, class_colours(len(values)), strict=True):
            axes.plot(chain, color=colour, linewidth=0.6, alpha=0.8)
        axes.set_xlim(0, values.shape[1] - 1)

    return _panels(draws, panel, most, "Traces", "One line per chain: chains that agree lie on top of each other.")


def ranks(draws: xr.DataArray, *, most: int = 24) -> Figure:
    """Draw how the draws of each chain rank among those of all chains.

    Parameters
    ----------
    draws : DataArray [chain, draw, ...]
        Relabelled draws, such as ``fit.posterior["intercept"]``.
    most : int
        Panels drawn; the caption counts the rest.

    Returns
    -------
    matplotlib.figure.Figure
        One panel per entry: histogram of the ranks of each chain over what is expected, 1 where chains agree.

    Raises
    ------
    LatentClassError
        When these are no draws, or matplotlib is not installed.

    References
    ----------
    Vehtari, A., Gelman, A., Simpson, D., Carpenter, B. and Buerkner, P.-C. (2021). Rank-normalization, folding, and
    localization: an improved R-hat for assessing convergence of MCMC. Bayesian Analysis, 16(2), 667-718.

    Examples
    --------
    >>> draws = xr.DataArray(np.random.default_rng(0).normal(size=(2, 50)), dims=("chain", "draw"), name="size")
    >>> ranks(draws)
    <Figure size ... with 1 Axes>
    """

    def panel(axes: Axes, values: np.ndarray) -> None:
        rank = values.ravel().argsort().argsort().reshape(values.shape)
        edges = np.linspace(0, values.size, _BINS + 1)
        for chain, colour in zip(rank, class_colours(len(values)), strict=True):
            height = np.histogram(chain, edges)[0] / (values.shape[1] / _BINS)
            axes.stairs(height, edges / values.size, color=colour, linewidth=1.2)
        axes.axhline(1.0, color="#888888", linewidth=0.8, linestyle=":")
        axes.set_ylim(bottom=0)

    text = "Histogram of the ranks of each chain among all draws, over its expected height: level where chains agree."
    return _panels(draws, panel, most, "Ranks", text)


def prior_posterior(draws: xr.DataArray, prior: xr.DataArray, *, most: int = 24) -> Figure:
    """Draw the posterior of every entry of a variable over its prior.

    Parameters
    ----------
    draws : DataArray [chain, draw, ...]
        Relabelled draws.
    prior : DataArray [sample, ...]
        Draws from the prior, see `latentclass.checks.prior_draws`.
    most : int
        Panels drawn; the caption counts the rest.

    Returns
    -------
    matplotlib.figure.Figure
        One panel per entry: filled the posterior, dotted the prior.

    Raises
    ------
    LatentClassError
        When these are no draws of one variable, or matplotlib is not installed.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> draws = xr.DataArray(rng.normal(size=(2, 50, 2)), dims=("chain", "draw", "class"), name="intercept")
    >>> prior_posterior(draws, xr.DataArray(rng.normal(size=(90, 2)), dims=("sample", "class")))
    <Figure size ... with 2 Axes>
    """
    own = [dim for dim in draws.dims if dim not in (CHAIN, DRAW)]
    if set(prior.dims) != {"sample", *own}:
        message = f"The prior has dims {prior.dims!r}; draws of the same variable have {('sample', *own)!r}."
        raise LatentClassError(message)
    theirs = iter(prior.transpose("sample", *own).to_numpy().reshape(prior.sizes["sample"], -1).T)

    def panel(axes: Axes, values: np.ndarray) -> None:
        before = next(theirs)
        low, high = np.quantile(np.concatenate([values.ravel(), before]), [0.005, 0.995])
        edges = np.linspace(low, high if high > low else low + 1, 41)
        axes.hist(values.ravel(), edges.tolist(), density=True, color="#0072B2", alpha=0.75)
        height = np.histogram(before, edges, density=True)[0]
        axes.stairs(height, edges, color="#D55E00", linewidth=1.2, linestyle=":")
        axes.set_yticks([])

    text = "Filled: posterior. Dotted: prior. Where they coincide the data say nothing."
    return _panels(draws, panel, most, "Prior and posterior", text)


def _fitting(label: str) -> str:
    """Cut a label in the middle: entries of one variable often differ at the end only."""
    text = label if len(label) <= _WIDTH else f"{label[: _WIDTH // 2 - 1]}…{label[-(_WIDTH // 2) :]}"
    return short(text, _WIDTH + 1)


def _panels(draws: xr.DataArray, panel: _Panel, most: int, title: str, text: str) -> Figure:
    if not isinstance(draws, xr.DataArray) or not {CHAIN, DRAW} <= set(draws.dims):
        message = f"This picture takes draws with dims 'chain' and 'draw'; got {type(draws).__name__}."
        raise LatentClassError(message)
    own = [dim for dim in draws.dims if dim not in (CHAIN, DRAW)]
    values = draws.transpose(CHAIN, DRAW, *own).to_numpy()
    entries = list(np.ndindex(*values.shape[2:]))
    shown = entries[:most]
    n_columns = min(_COLUMNS, len(shown))
    n_rows = -(-len(shown) // n_columns)
    figure = new_figure(1.0 + 2.3 * n_columns, 1.2 + 1.45 * n_rows)
    grid = figure.subplots(n_rows, n_columns, squeeze=False)
    for axes, entry in zip(grid.flat, shown, strict=False):
        panel(axes, values[(slice(None), slice(None), *entry)])
        labels = [str(draws[dim].to_numpy()[at]) for dim, at in zip(own, entry, strict=True)]
        axes.set_title(_fitting(", ".join(labels)), fontsize=8, loc="left")
        plain_axes(axes)
        axes.tick_params(labelsize=7)
    for axes in grid.flat[len(shown) :]:
        axes.remove()
    rest = f" {len(entries) - len(shown)} more entries are not shown." if len(entries) > len(shown) else ""
    caption(figure, f"{title}: {short(draws.name)}", f"{text}{rest}")
    return figure
