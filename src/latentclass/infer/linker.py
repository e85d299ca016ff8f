"""How graphs become functions of numba."""

from __future__ import annotations

from types import FunctionType
from typing import Any

from pytensor.link.numba.cache import CACHED_SRC_FUNCTIONS
from pytensor.link.numba.dispatch.basic import numba_njit
from pytensor.link.numba.linker import NumbaLinker

__all__ = ["ReleasingLinker"]


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
            # PyTensor caches a function that does nothing but call this one, which would be compiled as well.
            source = _placeless(source.__globals__["jitable_func"].py_func)
            CACHED_SRC_FUNCTIONS[source] = f"{cache_key}_own"
        return numba_njit(source, final_function=True, cache=cache_key is not None, nogil=True)


def _placeless(function: Any) -> Any:
    """Return a function as if it stood in no file: that of its source has another name in every process."""
    code = function.__code__.replace(co_filename="<string>", co_firstlineno=1)
    return FunctionType(code, function.__globals__, function.__name__, function.__defaults__, function.__closure__)
