"""Draws from the prior, for comparison with those from the posterior."""

from __future__ import annotations

import numpy as np
import xarray as xr

from latentclass.errors import LatentClassError, listed, near_miss
from latentclass.simulation import draw_parameters
from latentclass.survey import Survey

__all__ = ["prior_draws"]


def prior_draws(survey: Survey, name: str, *, draws: int = 500, seed: int = 0) -> xr.DataArray:
    """Return draws of one parameter from its prior.

    Parameters
    ----------
    survey : Survey
        The survey, with its model.
    name : str
        Name of the parameter, as in the posterior.
    draws : int
        How many.
    seed : int
        Seed.

    Returns
    -------
    DataArray [sample, ...]
        The draws.

    Raises
    ------
    LatentClassError
        When there is no such parameter.
    ModelError
        When a prior is improper.

    Examples
    --------
    >>> import latentclass as lc
    >>> data = lc.datasets.plain_survey(n=50, n_items=3, seed=1)
    >>> prior_draws(lc.read_survey(data.model, data.frame), "intercept", draws=10).dims
    ('sample', 'class')
    """
    rng = np.random.default_rng(seed)
    found = [draw_parameters(survey, rng) for _ in range(draws)]
    if name not in found[0]:
        names = [str(known) for known in found[0].data_vars]
        message = f"{name!r} is no parameter of this model.{near_miss(name, names)} Its parameters are {listed(names)}."
        raise LatentClassError(message)
    return xr.concat([one[name] for one in found], "sample")
