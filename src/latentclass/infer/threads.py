"""Cores to run on, and one BLAS thread per chain: chains run side by side, and more threads would fight."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

__all__ = ["available_cores", "one_blas_thread", "side_by_side", "threads"]


def available_cores() -> int:
    """Return the number of cores that this process may use.

    Returns
    -------
    int
        At least 1.
    """
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Limit BLAS to one thread for the time of a block.

    Yields
    ------
    None
        Nothing.
    """
    with threadpool_limits(limits=1, user_api="blas"):
        yield


def threads() -> ThreadPoolExecutor:
    """Return as many threads as there are cores, kept for the life of the process.

    Returns
    -------
    ThreadPoolExecutor
        The threads; what runs in them must not wait for others of them.
    """
    # A forked process has none of the threads of its parent.
    return _threads_of(os.getpid())


@cache
def _threads_of(process: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(available_cores(), thread_name_prefix=f"latentclass-{process}")


def side_by_side[T](function: Callable[[NDArray[np.float64]], T], points: NDArray[np.float64]) -> list[T]:
    """Call a compiled function, which lets other threads run, at every point.

    Parameters
    ----------
    function : callable
        Point to result.
    points : ndarray [sample, entry]
        The points.

    Returns
    -------
    list
        The results, in order.
    """
    points = np.ascontiguousarray(points, dtype=float)
    with one_blas_thread(), ThreadPoolExecutor(available_cores()) as pool:
        return list(pool.map(function, points, chunksize=64))
