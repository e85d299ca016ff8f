"""How the posterior follows power-scaling of its priors."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import xarray as xr

from latentclass import dims
from latentclass.model import Model, Normal
from latentclass.posterior import Fit
from latentclass.posterior.in_blocks import total_by_draw

__all__ = ["CONFLICT", "PRIOR_ALONE", "power_scaling"]

_SENSITIVE = 0.05
CONFLICT, PRIOR_ALONE = "prior and data disagree", "known from the prior"


def power_scaling(fit: Fit) -> pd.DataFrame:
    """Return how every parameter follows power-scaling of the priors and of the likelihood.

    Parameters
    ----------
    fit : Fit
        The fit.

    Returns
    -------
    DataFrame
        Index ``parameter``; ``prior`` and ``likelihood``: the sensitivities; ``diagnosis``. Empty where the density of
        the prior is not known.

    References
    ----------
    Kallioinen, N., Paananen, T., Buerkner, P.-C. and Vehtari, A. (2024). Detecting and diagnosing prior and likelihood
    sensitivity with power-scaling. Statistics and Computing, 34, 57.
    """
    from arviz_stats import psense

    if "log_prior" not in fit.tree.children:
        return _no_sensitivity()
    prior = fit.tree["log_prior"].to_dataset()
    names = [str(name) for name in fit.posterior.data_vars if name in prior and name != dims.SCORE]
    if not names:
        return _no_sensitivity()
    tree = xr.DataTree.from_dict(
        {
            "posterior": fit.posterior,
            "log_prior": _given(prior, fit.model).sel({dims.CHAIN: list(fit.solutions["chains"].iloc[0])}),
            "log_likelihood": total_by_draw(fit).to_dataset(name=dims.RESPONSES),
        }
    )
    with warnings.catch_warnings():
        # Of too few draws for the tails, which is a finding of its own, and of entries that do not vary.
        warnings.simplefilter("ignore", UserWarning)
        warnings.simplefilter("ignore", RuntimeWarning)
        found = {group: _entries(psense(tree, var_names=names, group=group)) for group in ("prior", "likelihood")}
    table = pd.DataFrame(found).rename_axis("parameter").fillna(0.0)
    informative = table["prior"] > _SENSITIVE
    spoken_to = table["likelihood"] > _SENSITIVE
    table["diagnosis"] = np.select([informative & spoken_to, informative], [CONFLICT, PRIOR_ALONE], default="")
    return table


def _given(prior: xr.Dataset, model: Model) -> xr.Dataset:
    """Return the priors that are given: not those of scores and of slopes whose scale is learned.

    To scale the density of thousands of scores would be to ask for another kind of construct, not for other priors.
    """
    learned = [dims.slope_name(g) for g in model.factor_groups if not isinstance(model.priors.of_group(g), Normal)]
    return prior.drop_vars([dims.SCORE, *learned], errors="ignore")


def _no_sensitivity() -> pd.DataFrame:
    return pd.DataFrame(columns=["prior", "likelihood", "diagnosis"], index=pd.Index([], name="parameter"))


def _entries(found: xr.Dataset) -> pd.Series:
    """Return every entry of every variable under a name such as ``slope_social[age, Class 1]``."""
    parts = {}
    for name, array in found.data_vars.items():
        labels = [array[dim].to_numpy().tolist() for dim in array.dims]
        for place in np.ndindex(*array.shape):
            own = ", ".join(str(values[at]) for values, at in zip(labels, place, strict=True))
            parts[f"{name}[{own}]" if own else str(name)] = float(array.to_numpy()[place])
    return pd.Series(parts, dtype=float)
