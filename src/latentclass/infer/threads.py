"""One BLAS thread per chain: chains run side by side, and more threads would fight."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits

__all__ = ["one_blas_thread"]


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
