"""Draws as NumPy arrays: all chains one after another, in blocks of bounded memory."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr

from latentclass.dims import CHAIN, DRAW

__all__ = ["blocks", "evenly", "flat", "unflat"]

_BLOCK_ENTRIES = 2_000_000


def flat(array: xr.DataArray, *dims: str) -> np.ndarray:
    """Return an array of draws with chains and draws in one leading axis.

    Parameters
    ----------
    array : DataArray [chain, draw, *dims]
        The draws, in any order of dims.
    *dims : str
        The other dims, in the order wanted.

    Returns
    -------
    ndarray [sample, *dims]
        The draws, chain after chain.

    Examples
    --------
    >>> flat(xr.DataArray(np.zeros((2, 5, 3)), dims=("chain", "draw", "class")), "class").shape
    (10, 3)
    """
    values = array.transpose(CHAIN, DRAW, *dims).to_numpy()
    return values.reshape(-1, *values.shape[2:])


def unflat(values: np.ndarray, like: xr.Dataset | xr.DataArray, **coords: object) -> xr.DataArray:
    """Return draws in one leading axis as a labelled array.

    Parameters
    ----------
    values : ndarray [sample, *coords]
        The draws, chain after chain.
    like : Dataset or DataArray
        Whose chains and draws they are.
    **coords : sequence
        Names of the other dims with their labels, in the order of the axes.

    Returns
    -------
    DataArray [chain, draw, *coords]
        The draws with labels.

    Examples
    --------
    >>> like = xr.DataArray(np.zeros((2, 5)), dims=("chain", "draw"))
    >>> unflat(np.zeros((10, 2)), like, respondent=["a", "b"]).sizes
    Frozen({'chain': 2, 'draw': 5, 'respondent': 2})
    """
    shape = (like.sizes[CHAIN], like.sizes[DRAW], *values.shape[1:])
    known = {dim: like[dim].to_numpy() for dim in (CHAIN, DRAW) if dim in like.coords}
    return xr.DataArray(values.reshape(shape), dims=(CHAIN, DRAW, *coords), coords={**known, **coords})


def blocks(n_samples: int, entries_per_sample: int) -> Iterator[slice]:
    """Yield slices of samples whose arrays stay below a fixed size.

    Parameters
    ----------
    n_samples : int
        Number of draws of all chains.
    entries_per_sample : int
        Numbers in the largest array that one draw needs.

    Yields
    ------
    slice
        The next draws.

    Examples
    --------
    >>> list(blocks(5, 1_000_000))
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    size = max(1, _BLOCK_ENTRIES // max(1, entries_per_sample))
    for start in range(0, n_samples, size):
        yield slice(start, min(start + size, n_samples))


def evenly(n_samples: int, wanted: int) -> np.ndarray:
    """Return positions of draws spread evenly over all of them.

    Parameters
    ----------
    n_samples : int
        Number of draws of all chains.
    wanted : int
        Number of draws to keep; all where there are no more.

    Returns
    -------
    ndarray of int
        Positions, increasing.

    Examples
    --------
    >>> evenly(10, 3)
    array([1, 5, 8])
    """
    if n_samples <= wanted:
        return np.arange(n_samples)
    return ((np.arange(wanted) + 0.5) * n_samples / wanted).astype(np.int64)
