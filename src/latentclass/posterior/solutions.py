"""Which chains explore the same mode of the posterior."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from latentclass.dims import CHAIN, DRAW
from latentclass.posterior.relabel import class_features

__all__ = ["chain_distances", "solutions"]


def chain_distances(posterior: xr.Dataset) -> np.ndarray:
    """Return how far apart the chains are, in standard deviations within them.

    For two chains and one entry of a class profile (size of the class, or probability of an
    answer) it is the difference of their means over the root of the mean of their variances. The
    distance is the largest over all entries. Of the two chains alone it is tied to the
    potential scale reduction of Gelman and Rubin: d = 2 is about R-hat = sqrt(1 + d²/2) = 1.7.

    Parameters
    ----------
    posterior : Dataset [chain, draw, ...]
        Relabelled draws.

    Returns
    -------
    ndarray [chain, chain]
        Distances; infinite where two chains that do not move stand at different points.

    References
    ----------
    Gelman, A. and Rubin, D. B. (1992). Inference from iterative simulation using multiple
    sequences. Statistical Science, 7(4), 457-472.

    Examples
    --------
    >>> stuck = xr.Dataset({"intercept": (("chain", "draw", "class"), [[[0.0, 0.0]], [[1.0, -1]]])})
    >>> chain_distances(stuck)
    array([[ 0., inf],
           [inf,  0.]])
    """
    features = class_features(posterior)
    by_chain = features.reshape(posterior.sizes[CHAIN], posterior.sizes[DRAW], -1)
    mean, variance = by_chain.mean(axis=1), by_chain.var(axis=1)
    gap = np.abs(mean[:, None] - mean[None])
    within = np.sqrt((variance[:, None] + variance[None]) / 2)
    still = np.where(gap > 1e-12, np.inf, 0.0)
    return np.divide(gap, within, out=still, where=within > 1e-12).max(axis=-1)


def solutions(posterior: xr.Dataset, *, threshold: float = 2.0) -> pd.DataFrame:
    """Group the chains that explore the same mode.

    Chains closer than the threshold (see `chain_distances`) explore the same mode, and so do chains
    that others connect (single linkage): a chain that visits two modes makes them one solution,
    explored badly, which its R-hat shows.

    Parameters
    ----------
    posterior : Dataset [chain, draw, ...]
        Relabelled draws.
    threshold : float
        Largest distance of neighbours, in standard deviations within the chains.

    Returns
    -------
    DataFrame
        Index ``solution`` (1, 2, ..., the one with most chains first); columns ``chains`` (tuple
        of chain labels), ``n_chains``, ``share`` of all chains, and ``distance`` to the nearest
        other solution (infinite where there is none).

    Examples
    --------
    >>> stuck = xr.Dataset({"intercept": (("chain", "draw", "class"), [[[0.0, 0.0]], [[1.0, -1]]])})
    >>> solutions(stuck)["chains"].tolist()
    [(0,), (1,)]
    """
    distance = chain_distances(posterior)
    labels = posterior[CHAIN].to_numpy().tolist()
    groups = sorted(_linked(distance <= threshold), key=lambda g: (-len(g), g))
    rows = []
    for group in groups:
        others = [c for c in range(len(labels)) if c not in group]
        nearest = distance[np.ix_(group, others)].min(initial=np.inf)
        chains = tuple(labels[c] for c in group)
        rows.append((chains, len(group), len(group) / len(labels), nearest))
    index = pd.RangeIndex(1, len(rows) + 1, name="solution")
    return pd.DataFrame(rows, columns=["chains", "n_chains", "share", "distance"], index=index)


def _linked(near: np.ndarray) -> list[list[int]]:
    reach = near.copy()
    for _ in range(len(near)):
        reach = reach @ reach
    return [list(g) for g in sorted({tuple(np.flatnonzero(row).tolist()) for row in reach})]
