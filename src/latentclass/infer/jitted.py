"""Functions compiled by numba that threads may call side by side, on whatever data they are given."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt
from numpy.typing import NDArray
from pytensor.compile.mode import Mode
from pytensor.graph.rewriting.db import RewriteDatabaseQuery
from pytensor.link.numba.dispatch.basic import numba_njit
from pytensor.link.numba.linker import NumbaLinker

__all__ = ["Compilation", "Jitted", "compilation", "reproducible"]

type Vector = NDArray[np.float64]

_MARK = np.int8(1)


class _ReleasingLinker(NumbaLinker):
    """Numba functions that let other threads run, so that chains can share a process."""

    def jit_compile(self, fn_and_cache: tuple[Any, Any]) -> Any:
        function, cache_key = fn_and_cache
        return numba_njit(function.py_func, final_function=True, cache=cache_key is not None, nogil=True)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Compilation:
    """Machine code of a function of the unconstrained vector, without the data it works on.

    Parameters
    ----------
    function : callable
        Vector and data to outputs.
    names : tuple of str
        Names of the data in the order of the arguments.
    """

    function: Any
    names: tuple[str, ...]

    def bound(self, pymc_model: pm.Model) -> Jitted:
        """Return the function with the data of a model.

        Parameters
        ----------
        pymc_model : pymc.Model
            A model of the structure that was compiled.

        Returns
        -------
        Jitted
            The function. It follows `pymc.set_data`.
        """
        return Jitted(self.function, [_shared(pymc_model, name) for name in self.names])


class Jitted:
    """A compiled function of the unconstrained vector that threads may call side by side.

    Parameters
    ----------
    jitted : callable
        Vector and data to outputs.
    shared : sequence of shared variables
        The data.
    """

    __slots__ = ("_jitted", "_shared")

    def __init__(self, jitted: Any, shared: Sequence[Any]) -> None:
        self._jitted = jitted
        self._shared = tuple(shared)

    def __call__(self, x: Vector) -> tuple[Any, ...]:
        """Return the outputs at a point, with the data that the model has now."""
        return self._jitted(x, *[shared.get_value(borrow=True) for shared in self._shared])[:-1]

    def frozen(self) -> Callable[[Vector], tuple[Any, ...]]:
        """Return the function with the data as they are now.

        Returns
        -------
        callable
            Vector to outputs.
        """
        jitted, data = self._jitted, [shared.get_value() for shared in self._shared]

        def call(x: Vector) -> tuple[Any, ...]:
            return jitted(x, *data)[:-1]

        return call


def compilation(pymc_model: pm.Model, x: Any, outputs: Sequence[Any]) -> Compilation:
    """Compile a function of the unconstrained vector.

    Parameters
    ----------
    pymc_model : pymc.Model
        The model that the outputs belong to.
    x : tensor
        The vector.
    outputs : sequence of tensor
        What to compute.

    Returns
    -------
    Compilation
        The function, to be bound to the data of this model or of any other of the same structure.
    """
    mode = Mode(linker=_ReleasingLinker(), optimizer=RewriteDatabaseQuery(include=["fast_run", "numba"]))
    # The mark keeps the cache entry apart from that of the same graph compiled by PyMC, which would not let other
    # threads run.
    function = pm.compile([x], [*outputs, pt.constant(_MARK)], mode=mode)
    shared = function.get_shared()
    for variable in shared:
        if _shared(pymc_model, variable.name) is not variable:
            message = f"The compiled model holds a value that is no data of the model: {variable!r}."
            raise RuntimeError(message)
    return Compilation(function=function.vm.jit_fn, names=tuple(variable.name for variable in shared))


def _shared(pymc_model: pm.Model, name: str) -> Any:
    found = pymc_model.named_vars.get(name)
    return pymc_model.dim_lengths.get(name) if found is None else found


@contextmanager
def reproducible() -> Iterator[None]:
    """Compile without fast-math, with which the bits of a result depend on whether a kernel came from the cache.

    Yields
    ------
    None
        Nothing.
    """
    with pytensor.config.change_flags(numba__fastmath=False), warnings.catch_warnings():
        # About the C backend, which is not used here.
        warnings.filterwarnings("ignore", message="PyTensor could not link to a BLAS")
        yield
