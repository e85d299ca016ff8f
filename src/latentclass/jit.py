"""How loops are compiled: once per machine, without Python's lock, with NaN and infinity where numbers run out."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numba
from numba.core.registry import CPUDispatcher

__all__ = ["inner", "kernel"]

_OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy"}
_WITHOUT_PYTHON: dict[str, Any] = {**_OPTIONS, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a loop that Python calls.

    Parameters
    ----------
    function : callable
        The loop, in what numba knows of Python.

    Returns
    -------
    callable
        The same, compiled when it is first called, or read from the cache on disk.
    """
    return numba.njit(**_OPTIONS)(function)


def inner(function: Callable[..., Any]) -> Any:
    """Compile a loop that other loops, or compiled graphs, call.

    What Python would call it through takes a tenth of a second to compile, as long as a small loop itself, and is only
    compiled when Python does.

    Parameters
    ----------
    function : callable
        The loop, in what numba knows of Python.

    Returns
    -------
    callable
        The same, compiled when it is first called, or read from the cache on disk.
    """
    loop = numba.njit(**_WITHOUT_PYTHON)(function)
    loop.__class__ = _Inner
    return loop


class _Inner(CPUDispatcher):
    def __call__(self, *arguments: Any) -> Any:
        # Its own entry is none: to call it would end the process.
        return _entry(self)(*arguments)


@cache
def _entry(loop: Any) -> Any:
    def entry(*arguments):  # type: ignore[no-untyped-def]
        return loop(*arguments)

    return numba.njit(**{**_OPTIONS, "cache": False})(entry)
