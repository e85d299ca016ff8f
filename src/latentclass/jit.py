"""How loops are compiled: once per machine, without Python's lock, with NaN and infinity where numbers run out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba

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
    """Compile a loop that only other loops call.

    What Python would call it through takes a tenth of a second to compile, as long as a small loop itself. Without that
    a call from Python ends the process: what `py_func` of another loop calls has to be a `kernel`.

    Parameters
    ----------
    function : callable
        The loop, in what numba knows of Python.

    Returns
    -------
    callable
        The same, for other compiled functions alone.
    """
    return numba.njit(**_WITHOUT_PYTHON)(function)
