"""How graphs become functions of numba."""

from __future__ import annotations

from types import FunctionType
from typing import Any

from numba.core.dispatcher import Dispatcher
from pytensor.link.numba.cache import CACHED_SRC_FUNCTIONS
from pytensor.link.numba.dispatch.basic import numba_njit
from pytensor.link.numba.linker import NumbaLinker

__all__ = ["ReleasingLinker", "placeless"]


class ReleasingLinker(NumbaLinker):
    """Numba functions that let other threads run, so that chains can share a process."""

    def jit_compile(self, fn_and_cache: tuple[Any, Any]) -> Any:
        """Return the compiled function.

        Parameters
        ----------
        fn_and_cache : tuple
            Function of the graph, and the key of the cache on disk, if it can be kept there.

        Returns
        -------
        callable
            Inputs to outputs; compiled, or read from the cache, when it is first called.
        """
        function, cache_key = fn_and_cache
        source = function.py_func
        if cache_key is not None:
            # PyTensor caches a function that does nothing but call this one, which would be compiled as well. The key
            # is another than PyTensor's for the same graph, whose function would not let other threads run.
            source = placeless(source.__globals__["jitable_func"].py_func)
            _directly(source.__globals__)
            CACHED_SRC_FUNCTIONS[source] = f"{cache_key}_own"
        return numba_njit(source, final_function=True, cache=cache_key is not None, nogil=True)


def _directly(names: dict[str, Any]) -> None:
    """Have a function call loops that are in a cache of their own themselves, not what PyTensor puts around them.

    What calls a loop is compiled with all of it, so that every level takes as long as the loop.
    """
    for name, called in names.items():
        own = getattr(getattr(called, "py_func", None), "__globals__", {}).get("jitable_func")
        if isinstance(own, Dispatcher) and own.stats.cache_path is not None:
            names[name] = own


def placeless(function: Any) -> Any:
    """Return a function as if it stood in no file: that of its source has another name in every process.

    Parameters
    ----------
    function : callable
        A function of Python.

    Returns
    -------
    callable
        The same, as numba's cache finds it again.
    """
    code = function.__code__.replace(co_filename="<string>", co_firstlineno=1)
    return FunctionType(code, function.__globals__, function.__name__, function.__defaults__, function.__closure__)
