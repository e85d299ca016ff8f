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
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.replace import graph_replace
from pytensor.graph.rewriting.db import RewriteDatabaseQuery
from pytensor.graph.traversal import ancestors, graph_inputs
from pytensor.link.numba.dispatch.basic import numba_njit
from pytensor.link.numba.linker import NumbaLinker

from latentclass.graph.ops import PackAnswers

__all__ = ["Compilation", "Jitted", "compilation", "reproducible"]

type Vector = NDArray[np.float64]

_MARK = np.int8(1)


class _ReleasingLinker(NumbaLinker):
    """Numba functions that let other threads run, so that chains can share a process."""

    def jit_compile(self, fn_and_cache: tuple[Any, Any]) -> Any:
        function, cache_key = fn_and_cache
        return numba_njit(function.py_func, final_function=True, cache=cache_key is not None, nogil=True)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Preparation:
    """What is computed from the data alone, once, before a function runs on them.

    Parameters
    ----------
    function : callable
        Data to the prepared value.
    names : tuple of str
        Names of the data it takes.
    """

    function: Callable[..., Any]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Compilation:
    """Machine code of a function of the unconstrained vector, without the data it works on.

    Parameters
    ----------
    function : callable
        Vector, prepared values and data to outputs.
    preparations : tuple of Preparation
        Where the prepared values come from.
    names : tuple of str
        Names of the data in the order of the arguments.
    """

    function: Any
    preparations: tuple[Preparation, ...]
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
        return Jitted(self, pymc_model)


class Jitted:
    """A compiled function of the unconstrained vector that threads may call side by side.

    Parameters
    ----------
    compilation : Compilation
        The function.
    pymc_model : pymc.Model
        The model whose data it works on.
    """

    __slots__ = ("_jitted", "_preparations", "_prepared", "_shared")

    def __init__(self, compilation: Compilation, pymc_model: pm.Model) -> None:
        self._jitted = compilation.function
        self._shared = [_shared(pymc_model, name) for name in compilation.names]
        self._preparations = [
            (p.function, [_shared(pymc_model, name) for name in p.names]) for p in compilation.preparations
        ]
        self._prepared: list[tuple[list[Any], Any] | None] = [None] * len(self._preparations)

    def __call__(self, x: Vector) -> tuple[Any, ...]:
        """Return the outputs at a point, with the data that the model has now."""
        return self._jitted(x, *self._data())[:-1]

    def _data(self) -> list[Any]:
        prepared = []
        for number, (function, shared) in enumerate(self._preparations):
            now, known = [variable.get_value(borrow=True) for variable in shared], self._prepared[number]
            if known is None or any(a is not b for a, b in zip(known[0], now, strict=True)):
                self._prepared[number] = known = (now, np.ascontiguousarray(function(*now)))
            prepared.append(known[1])
        return [*prepared, *[variable.get_value(borrow=True) for variable in self._shared]]

    def frozen(self) -> Callable[[Vector], tuple[Any, ...]]:
        """Return the function with the data as they are now.

        Returns
        -------
        callable
            Vector to outputs.
        """
        jitted, data = self._jitted, self._data()

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
    packed = [v for v in ancestors(outputs) if v.owner is not None and isinstance(v.owner.op, PackAnswers)]
    inputs = [variable.type() for variable in packed]
    outputs = graph_replace(outputs, dict(zip(packed, inputs, strict=True)), strict=False)
    # The mark keeps the cache entry apart from that of the same graph compiled by PyMC, which would not let other
    # threads run.
    function = pm.compile([x, *inputs], [*outputs, pt.constant(_MARK)], mode=mode)
    return Compilation(
        function=function.vm.jit_fn,
        preparations=tuple(_preparation(pymc_model, variable) for variable in packed),
        names=_names(pymc_model, function.get_shared()),
    )


def _preparation(pymc_model: pm.Model, variable: Any) -> Preparation:
    shared = [v for v in graph_inputs([variable]) if isinstance(v, SharedVariable)]
    given = [v.type() for v in shared]
    mode = Mode(linker="py", optimizer=None)
    function = pytensor.function(given, graph_replace(variable, dict(zip(shared, given, strict=True))), mode=mode)
    return Preparation(function=function, names=_names(pymc_model, shared))


def _names(pymc_model: pm.Model, shared: Sequence[Any]) -> tuple[str, ...]:
    for variable in shared:
        if _shared(pymc_model, variable.name) is not variable:
            message = f"The compiled model holds a value that is no data of the model: {variable!r}."
            raise RuntimeError(message)
    return tuple(variable.name for variable in shared)


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
