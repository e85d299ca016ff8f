"""How the posterior follows power-scaling of its priors, and whether the priors contradict the data."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import xarray as xr

from latentclass import dims
from latentclass.checks.prior_surprise import prior_surprise
from latentclass.checks.result import holm
from latentclass.model import Model, Normal
from latentclass.posterior import Fit
from latentclass.posterior.in_blocks import total_by_draw

__all__ = ["CONFLICT", "PRIOR_ALONE", "PRIOR_INFORMS", "SENSITIVE", "power_scaling"]

SENSITIVE = 0.05
_LEVEL = 0.05
CONFLICT, PRIOR_ALONE, PRIOR_INFORMS = "prior and data disagree", "known from the prior", "prior and data speak"
_COLUMNS = ["prior", "likelihood", "shift", "shift_mcse", "surprise", "p", "diagnosis"]


def power_scaling(fit: Fit) -> pd.DataFrame:
    """Return how every parameter follows power-scaling of the priors and of the likelihood.

    A parameter that follows both is informed by both, which is the rule for a prior that is meant to inform: where a
    normal prior is right and tells as much as the data, it happens to about half of all parameters. It is called a
    conflict only where the posterior mean is also farther from the prior than a right prior leads to expect
    (`prior_surprise`), at a level of 0.05 for all parameters together.

    Parameters
    ----------
    fit : Fit
        The fit.

    Returns
    -------
    DataFrame
        Index ``parameter``. Empty where the density of the prior is not known.

        - ``prior``, ``likelihood``: sensitivities (cumulative Jensen-Shannon distance per doubling of the power);
        - ``shift``: change of the posterior mean per doubling of the power of the priors, in posterior standard
          deviations, to first order, with its Monte Carlo standard error ``shift_mcse``;
        - ``surprise``: distance of the posterior mean from the prior mean, in standard deviations of posterior means
          under the prior; ``p``: its tail probability, adjusted for the number of parameters (Holm);
        - ``diagnosis``: "prior and data disagree", "prior and data speak", "known from the prior", or nothing.

    References
    ----------
    Kallioinen, N., Paananen, T., Buerkner, P.-C. and Vehtari, A. (2024). Detecting and diagnosing prior and likelihood
    sensitivity with power-scaling. Statistics and Computing, 34, 57.
    Evans, M. and Moshonov, H. (2006). Checking for prior-data conflict. Bayesian Analysis, 1(4), 893-914.
    """
    if "log_prior" not in fit.tree.children:
        return _no_sensitivity()
    prior = fit.tree["log_prior"].to_dataset()
    names = [str(name) for name in fit.posterior.data_vars if name in prior and name != dims.SCORE]
    if not names:
        return _no_sensitivity()
    own = _given(prior, fit.model).sel({dims.CHAIN: list(fit.solutions["chains"].iloc[0])})
    likelihood = total_by_draw(fit).to_dataset(name=dims.RESPONSES)
    tree = xr.DataTree.from_dict({"posterior": fit.posterior, "log_prior": own, "log_likelihood": likelihood})
    draws = fit.posterior[names]
    surprise = prior_surprise(draws, fit.survey)
    shift, error = _shift(draws, own)
    found = {
        "prior": _entries(_sensitivity(tree, names, "prior")),
        "likelihood": _entries(_sensitivity(tree, names, "likelihood")),
        "shift": _entries(shift),
        "shift_mcse": _entries(error),
        "surprise": _entries(surprise.sel(side="distance", drop=True)),
        "p": _entries(surprise.sel(side="p", drop=True)),
    }
    table = pd.DataFrame(found).rename_axis("parameter")
    table = table.fillna({"prior": 0.0, "likelihood": 0.0, "shift": 0.0, "shift_mcse": 0.0, "surprise": 0.0, "p": 1.0})
    table["p"] = holm(table["p"].tolist())
    sensitive, spoken_to = table["prior"] > SENSITIVE, table["likelihood"] > SENSITIVE
    kinds = [sensitive & spoken_to & (table["p"] < _LEVEL), sensitive & spoken_to, sensitive]
    table["diagnosis"] = np.select(kinds, [CONFLICT, PRIOR_INFORMS, PRIOR_ALONE], default="")
    return table[_COLUMNS]


def _sensitivity(tree: xr.DataTree, names: list[str], group: str) -> xr.Dataset:
    from arviz_stats import psense

    with warnings.catch_warnings():
        # Of too few draws for the tails, which is a finding of its own, and of entries that do not vary.
        warnings.simplefilter("ignore", UserWarning)
        warnings.simplefilter("ignore", RuntimeWarning)
        return psense(tree, var_names=names, group=group)


def _shift(draws: xr.Dataset, prior: xr.Dataset) -> tuple[xr.Dataset, xr.Dataset]:
    """Return the derivative of the mean by the binary logarithm of the power, in SDs, and its Monte Carlo error.

    The derivative of E(θ) by the power of the prior is Cov(θ, log prior).
    """
    from arviz_stats import ess

    over = [dims.CHAIN, dims.DRAW]
    density = prior.to_dataarray().sum("variable")
    sd = draws.std(over)
    product = np.log(2) * (draws - draws.mean(over)) * (density - density.mean(over)) / sd.where(sd > 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        effective = ess(product, method="mean")
    return product.mean(over), product.std(over) / np.sqrt(effective)


def _given(prior: xr.Dataset, model: Model) -> xr.Dataset:
    """Return the priors that are given: not those of scores and of slopes whose scale is learned.

    To scale the density of thousands of scores would be to ask for another kind of construct, not for other priors.
    """
    learned = [dims.slope_name(g) for g in model.factor_groups if not isinstance(model.priors.of_group(g), Normal)]
    return prior.drop_vars([dims.SCORE, *learned], errors="ignore")


def _no_sensitivity() -> pd.DataFrame:
    return pd.DataFrame(columns=_COLUMNS, index=pd.Index([], name="parameter"))


def _entries(found: xr.Dataset) -> pd.Series:
    """Return every entry of every variable under a name such as ``slope_social[age, Class 1]``."""
    parts = {}
    for name, array in found.data_vars.items():
        labels = [array[dim].to_numpy().tolist() for dim in array.dims]
        for place in np.ndindex(*array.shape):
            own = ", ".join(str(values[at]) for values, at in zip(labels, place, strict=True))
            parts[f"{name}[{own}]" if own else str(name)] = float(array.to_numpy()[place])
    return pd.Series(parts, dtype=float)
