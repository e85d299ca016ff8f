"""The benchmark problem: free five-level items and standard normal covariates."""

from __future__ import annotations

import operator

import numpy as np
import pandas as pd
import xarray as xr

from latentclass import dims
from latentclass.errors import ModelError
from latentclass.model import Model, ordinal
from latentclass.simulation import Simulated, simulate

__all__ = ["check_count", "plain_survey"]

_GROUPS = ("individual", "social", "organizational", "technical")
_INTERCEPT_SCALE = 0.3


def plain_survey(
    n: int = 500,
    n_items: int = 12,
    n_levels: int = 5,
    n_classes: int = 4,
    n_covariates: int = 12,
    *,
    seed: int = 2020,
) -> Simulated:
    """Draw the survey that speed is measured on.

    Every item has free answer probabilities per class, uniform on the simplex. The covariates are independent standard
    normal and stand in up to four factor groups of nearly equal size; all slopes are drawn from the default prior. No
    answer is missing.

    Parameters
    ----------
    n : int
        Number of respondents.
    n_items : int
        Number of items, named item_1, item_2 and so on.
    n_levels : int
        Number of levels of each item.
    n_classes : int
        Number of classes.
    n_covariates : int
        Number of covariates, named x_1, x_2 and so on; 0 for no factor groups.
    seed : int
        Seed; the same survey for the same arguments.

    Returns
    -------
    Simulated
        Model, frame and truth.

    Raises
    ------
    ModelError
        When a count is too small.

    Examples
    --------
    >>> plain_survey(n=100, seed=1)
    Simulated(100 respondents, 12 items, 4 classes; next: lc.fit(simulated.model, simulated.frame))
    """
    check_count("n", n, 2)
    check_count("n_items", n_items, 1)
    check_count("n_levels", n_levels, 2)
    check_count("n_covariates", n_covariates, 0)
    names = [f"x_{j + 1}" for j in range(n_covariates)]
    parts = [part.tolist() for part in np.array_split(np.array(names, dtype=object), len(_GROUPS))]
    model = Model(
        items=ordinal(*(f"item_{j + 1}" for j in range(n_items)), levels=range(1, n_levels + 1), structure="free"),
        n_classes=n_classes,
        factor_groups={group: part for group, part in zip(_GROUPS, parts, strict=True) if part},
    )
    rng = np.random.default_rng(seed)
    index = pd.RangeIndex(1, n + 1, name="respondent")
    covariates = pd.DataFrame(rng.standard_normal((n, n_covariates)), index=index, columns=names)
    return simulate(model, _sizes(model, rng), covariates, seed=rng)


def check_count(name: str, given: object, least: int) -> None:
    """Check a whole number that a dataset is asked for.

    Parameters
    ----------
    name : str
        Name of the argument.
    given : object
        What was given.
    least : int
        The smallest that will do.

    Raises
    ------
    ModelError
        When it is not a whole number or too small.
    """
    try:
        fits = not isinstance(given, bool) and operator.index(given) >= least  # type: ignore[arg-type]
    except TypeError:
        fits = False
    if not fits:
        message = f"{name} is a whole number, {least} or more; got {given!r}."
        raise ModelError(message)


def _sizes(model: Model, rng: np.random.Generator) -> xr.Dataset:
    """Return intercepts close to each other, so that no class is too small to be found."""
    if model.n_classes == 1:
        return xr.Dataset()
    logits = rng.normal(scale=_INTERCEPT_SCALE, size=model.n_classes)
    return xr.Dataset(
        {dims.INTERCEPT: ((dims.CLASS,), logits - logits.mean())}, coords={dims.CLASS: list(model.class_names)}
    )
