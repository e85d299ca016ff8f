"""All variables of a model at many points."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from latentclass.dims import CHAIN, DRAW
from latentclass.infer.compiled import Compiled
from latentclass.infer.threads import side_by_side

__all__ = ["expanded"]

# Fewer points than this are sooner expanded one after the other than handed to threads.
_FEW = 100


def expanded(compiled: Compiled, points: NDArray[np.float64]) -> xr.Dataset:
    """Return all variables of a model at many points, as one chain of draws.

    Parameters
    ----------
    compiled : Compiled
        The model.
    points : ndarray [draw, entry]
        Unconstrained vectors.

    Returns
    -------
    Dataset
        Free and derived variables by name, each with a chain and the points as draws before its own dims.
    """
    expand = compiled.expand.frozen()

    def one(point: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        return [np.array(value) for value in expand(point)]

    rows = [one(point) for point in points] if len(points) < _FEW else side_by_side(one, points)
    own, labels = compiled.pymc_model.named_vars_to_dims, compiled.pymc_model.coords
    data = {
        name: ((CHAIN, DRAW, *own[name]), np.stack([row[at] for row in rows])[None])
        for at, name in enumerate(compiled.names)
    }
    used = {dim for name in compiled.names for dim in own[name]}
    return xr.Dataset(data, coords={dim: list(labels[dim]) for dim in used})
