"""How large the slopes of each factor group are, and how a shared total is split between the groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from latentclass import dims
from latentclass.errors import ModelError
from latentclass.posterior.samples import flat
from latentclass.posterior.slope_priors import slope_deviations
from latentclass.posterior.summarise import summary_columns

if TYPE_CHECKING:
    from latentclass.posterior.fit import Fit

__all__ = ["group_scales"]


def group_scales(fit: Fit, *, prob: float = 0.9) -> pd.DataFrame:
    """Return the scale of the slopes of every factor group, and its share of a total that groups split.

    Parameters
    ----------
    fit : Fit
        The fit.
    prob : float
        Probability of the intervals.

    Returns
    -------
    DataFrame
        Index ``group``; ``prior``; mean, sd and interval of the standard deviation that the prior of the slopes has
        given the data, in logits (under a horseshoe the root mean square over the covariates; constant under a
        `Normal` prior, infinite under a flat one); for groups with an `Allocation` the same of the group's ``share``
        of the variance of the logits that covariates explain.

    Raises
    ------
    ModelError
        When the model has no factor groups or one class.

    Examples
    --------
    >>> import latentclass as lc
    >>> lc.group_scales(fit)  # doctest: +SKIP
    """
    survey, model = fit.survey, fit.model
    if not survey.groups or model.n_classes == 1:
        message = (
            "Scales are those of the slopes of factor groups: the model needs factor_groups and two classes or more; "
            f"it has {len(survey.groups)} groups and n_classes={model.n_classes}."
        )
        raise ModelError(message)
    posterior, shared = fit.posterior, model.allocated_groups
    rows = []
    for group in survey.groups:
        each = slope_deviations(posterior, survey, group)
        row: dict[str, Any] = {"prior": repr(model.priors.of_group(group.name))}
        row |= summary_columns(np.sqrt(np.square(each).mean(axis=1)), prob)
        if group.name in shared:
            split = np.ones((len(each), 1))
            if len(shared) > 1:
                split = flat(posterior[dims.ALLOCATION], dims.ALLOCATED_GROUP)
            row |= summary_columns(split[:, shared.index(group.name)], prob, "share_")
        rows.append(row)
    return pd.DataFrame(rows, index=pd.Index([group.name for group in survey.groups], name="group"))
