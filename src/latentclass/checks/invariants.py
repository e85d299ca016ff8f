"""Quantities of every draw that do not depend on how the classes are named."""

from __future__ import annotations

import numpy as np
import xarray as xr
from scipy.special import entr

from latentclass import dims
from latentclass.posterior import Fit
from latentclass.posterior.density import class_posterior_blocks, total_log_likelihood
from latentclass.posterior.draws import Draws
from latentclass.posterior.samples import unflat

__all__ = ["invariants"]


def invariants(fit: Fit) -> xr.Dataset:
    """Return what can be compared between chains without relabelling.

    Parameters
    ----------
    fit : Fit
        The fit.

    Returns
    -------
    Dataset
        Per draw of the chains that the answers come from: ``log_likelihood`` of all item answers, ``log_posterior``
        where the sampler kept it, ``shares``, the class shares in the order of their size, and ``certainty``, one less
        the mean entropy of membership over log K.
    """
    posterior, survey = fit.posterior, fit.survey
    draws, n_classes = Draws.of(posterior, survey), fit.model.n_classes
    shares, certainty, n = np.zeros((len(draws), n_classes)), np.ones(len(draws)), survey.n_respondents
    for _, block, prior, probability in class_posterior_blocks(draws, survey):
        shares[block] += prior.sum(axis=2) / n
        if n_classes > 1:
            certainty[block] -= entr(probability).sum(axis=(1, 2)) / (n * np.log(n_classes))
    shares = -np.sort(-shares, axis=1)
    found = {
        "log_likelihood": total_log_likelihood(posterior, survey),
        "shares": unflat(shares, posterior, rank=list(range(1, n_classes + 1))),
        "certainty": unflat(certainty, posterior),
    }
    stats = fit.tree["sample_stats"].to_dataset()
    if "lp" in stats:
        found["log_posterior"] = stats["lp"].sel({dims.CHAIN: posterior[dims.CHAIN]})
    return xr.Dataset(found)
