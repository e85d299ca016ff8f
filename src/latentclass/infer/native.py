"""Compiled functions as C functions, which chains call side by side without Python's lock.

nutpie can call Python for every gradient and every draw. For small surveys the calls cost as much as the gradients, and
two chains that wait for one lock are no faster than one after the other. A C function made by nutpie itself would hold
the whole density, and is compiled anew in every process; these only call what has been compiled. They find its address
where they find their data, so that they can be kept on disk themselves.
"""

from __future__ import annotations

import ctypes
import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any

import numba
import numpy as np
import pytensor
from numba import types
from numba.core import cgutils
from numba.core.errors import NumbaExperimentalFeatureWarning
from numba.extending import intrinsic
from numba.np.numpy_support import carray
from numpy.typing import NDArray
from nutpie.compile_pymc import CompiledPyMCModel, address_as_void_pointer
from pytensor.link.numba.cache import CACHED_SRC_FUNCTIONS
from pytensor.link.utils import compile_function_src

from latentclass.graph.entry_ops import matrix_into, vector_into
from latentclass.infer.jitted import Jitted, Late, Vector
from latentclass.infer.linker import placeless

__all__ = ["Entry", "callback_entry", "density_entry", "nutpie_model"]

_DENSITY = types.int64(
    types.uint64,
    types.CPointer(types.double),
    types.CPointer(types.double),
    types.CPointer(types.double),
    types.voidptr,
)
_VARIABLES = types.int64(
    types.uint64, types.uint64, types.CPointer(types.double), types.CPointer(types.double), types.voidptr
)
_DOUBLES = ctypes.POINTER(ctypes.c_double)
_CALLED = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_uint64, _DOUBLES, _DOUBLES, _DOUBLES, ctypes.c_void_p)
# What nutpie takes for a divergence, and for an error.
_NOT_FINITE, _FAILED = 3, -2
# To be raised when what the C functions call, other than the compiled function, has changed.
_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Entry:
    """A C function.

    Parameters
    ----------
    address : int
        Where it is.
    keep : object
        What it needs as long as it may be called.
    """

    address: int
    keep: Any


def density_entry(density: Jitted | Late, x: Vector) -> tuple[Entry, NDArray[np.int64]]:
    """Return a density as the C function that nutpie takes, and the addresses and shapes of its data.

    Parameters
    ----------
    density : Jitted
        Vector to log density and gradient.
    x : ndarray of shape (n_dim,)
        A vector, to see to it that the density is compiled.

    Returns
    -------
    tuple of Entry and ndarray of int
        The function, and what it takes as its last argument; density and data have to live as long as it is called.
    """
    entry, places = _called_with(density, x, _of_density)
    return entry, np.array(places, dtype=np.int64)


def _called_with(
    function: Jitted | Late, x: Vector, source: Callable[..., _Source], start: int = 0
) -> tuple[Entry, list[int]]:
    """Return a C function that calls a compiled one, and the places of that and of its data, read from a start on."""
    function(x)
    data = function.data()
    kinds = tuple((array.ndim, array.dtype.str) for array in data)
    result = _overload(function.function, kinds)
    address = result.library.get_pointer_to_function(result.fndesc.llvm_cfunc_wrapper_name)
    places = [address, *(number for array in data for number in (array.ctypes.data, *array.shape))]
    return _entry(result.signature, kinds, source, start), places


def callback_entry(function: Callable[[Vector], Sequence[Any]], failures: list[BaseException]) -> Entry:
    """Return a function of Python as a C function like that of a density.

    Parameters
    ----------
    function : callable
        Vector to log density and gradient.
    failures : list of BaseException
        Where an exception is put that the function raises; the C function then tells of a failure.

    Returns
    -------
    Entry
        The C function; it needs Python's lock.
    """

    def call(n_dim: int, x: Any, gradient: Any, value: Any, _: Any) -> int:
        try:
            found, slope, *_ = function(np.ctypeslib.as_array(x, (n_dim,)).copy())
        except BaseException as failure:
            failures.append(failure)
            return _FAILED
        value[0] = float(found)
        np.ctypeslib.as_array(gradient, (n_dim,))[:] = slope
        return 0 if np.isfinite(found) and np.isfinite(slope).all() else _NOT_FINITE

    made = _CALLED(call)
    return Entry(address=ctypes.cast(made, ctypes.c_void_p).value or 0, keep=made)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """How a C function begins, and what it does with what the compiled function returns."""

    signature: Any
    arguments: str
    lines: list[str]


def _of_density(_: Any) -> _Source:
    lines = [
        "    value_found, slope = found",
        "    carray(value, ())[()] = value_found[()]",
        "    out, finite = carray(gradient, (n_dim,)), np.isfinite(value_found[()])",
        "    for i in range(n_dim):",
        "        out[i] = slope[i]",
        "        finite &= np.isfinite(slope[i])",
        f"    return 0 if finite else {_NOT_FINITE}",
    ]
    return _Source(signature=_DENSITY, arguments="n_dim, x, gradient, value, data", lines=lines)


def _of_variables(returned: Any) -> _Source:
    lines = ["    whole, at = carray(out, (n_expanded,)), 0"]
    for i, array in enumerate(returned):
        if array.ndim in (1, 2):
            lines.append(f"    at = {'matrix' if array.ndim == 2 else 'vector'}_into(whole, at, found[{i}])")
        else:
            lines += [f"    for number in found[{i}].flat:", "        whole[at] = number", "        at += 1"]
    return _Source(signature=_VARIABLES, arguments="n_dim, n_expanded, x, out, data", lines=[*lines, "    return 0"])


@lru_cache(maxsize=64)
def _entry(called: Any, kinds: tuple[tuple[int, str], ...], source: Callable[..., _Source], start: int) -> Entry:
    own = source(called.return_type)
    text = _text(own, [ndim for ndim, _ in kinds], start)
    dtypes = {f"dtype_{i}": np.dtype(dtype) for i, (_, dtype) in enumerate(kinds)}
    about = {
        "__name__": __name__,
        "np": np,
        "carray": carray,
        "pointer": address_as_void_pointer,
        "function_at": _function_at(called),
    }
    about |= {"vector_into": vector_into, "matrix_into": matrix_into}
    wrapper = placeless(compile_function_src(text, "entry", {**about, **dtypes}))
    # Of what it says and what it calls, not of where that is: it is read from the cache in further processes.
    key = "\n".join((text, str(called), str(kinds), str(_VERSION)))
    CACHED_SRC_FUNCTIONS[wrapper] = sha256(key.encode()).hexdigest()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NumbaExperimentalFeatureWarning)
        made = numba.cfunc(own.signature, cache=pytensor.config.numba__cache)(wrapper)
    return Entry(address=int(made.address or 0), keep=made)


def _function_at(signature: Any) -> Any:
    """Return an operation that takes an address for that of a compiled function."""
    kind = types.FunctionType(signature)

    @intrinsic
    def function_at(typing: Any, address: Any) -> Any:
        def generate(context: Any, builder: Any, _: Any, arguments: Any) -> Any:
            made = cgutils.create_struct_proxy(kind)(context, builder)
            made.c_addr = builder.inttoptr(arguments[0], cgutils.voidptr_t)
            made.py_addr = made.jit_addr = cgutils.voidptr_t(None)
            return made._getvalue()

        return kind(types.int64), generate

    return function_at


def _overload(function: Any, kinds: tuple[tuple[int, str], ...]) -> Any:
    """Return what was compiled for writable, contiguous arrays of these kinds."""
    wanted = [types.Array(types.float64, 1, "C")]
    wanted += [types.Array(numba.from_dtype(np.dtype(dtype)), ndim, "C") for ndim, dtype in kinds]
    return next(found for own, found in function.overloads.items() if list(own) == wanted)


def _text(source: _Source, ndims: Sequence[int], start: int) -> str:
    """Return the text of a function that finds what it calls, and arrays, where their addresses and shapes say."""
    lines = [
        f"def entry({source.arguments}):",
        f"    place = carray(data, ({start + 1 + sum(ndims) + len(ndims)},), np.int64)",
    ]
    called, start = start, start + 1
    for i, ndim in enumerate(ndims):
        shape = "".join(f"place[{start + 1 + axis}], " for axis in range(ndim))
        lines.append(f"    array_{i} = carray(pointer(place[{start}]), ({shape}), dtype_{i})")
        start += 1 + ndim
    arrays = "".join(f"array_{i}, " for i in range(len(ndims)))
    lines += [f"    found = function_at(place[{called}])(carray(x, (n_dim,)), {arrays})", *source.lines]
    return "\n".join(lines)


def nutpie_model(
    density: Jitted | Late,
    expand: Jitted | Late,
    start: Callable[[int], Vector],
    *,
    names: Sequence[str],
    coords: Mapping[str, Sequence[str]],
    dims: Mapping[str, tuple[str, ...]],
) -> CompiledPyMCModel:
    """Return a model that nutpie samples without calling Python.

    Parameters
    ----------
    density : Jitted
        Vector to log density and gradient.
    expand : Jitted
        Vector to all variables, once for every draw.
    start : callable
        Seed to the start of a chain.
    names : sequence of str
        Names of the variables.
    coords : mapping of str to sequence of str
        Labels of the dims.
    dims : mapping of str to tuple of str
        Dims of the variables.

    Returns
    -------
    CompiledPyMCModel
        The model; density and expand have to live as long as it does.
    """
    x = start(0)
    shapes = [np.shape(value) for value in expand(x)]
    entry, of_density = _called_with(density, x, _of_density)
    whole, of_variables = _called_with(expand, x, _of_variables, len(of_density))
    ends = np.cumsum([math.prod(shape) for shape in shapes]).tolist()
    alive = [*density.data(), *expand.data()]
    return CompiledPyMCModel(
        dims=dict(dims),
        reparameterized_names=[],
        compiled_logp_func=entry,
        compiled_expand_func=whole,
        initial_point_func=start,
        # Not used for sampling; here they live as long as the model does.
        shared_data={str(number): array for number, array in enumerate(alive)},
        shared_var_keys={},
        user_data=np.array(of_density + of_variables, dtype=np.int64),
        n_expanded=ends[-1],
        shape_info=(list(names), [slice(a, b) for a, b in zip([0, *ends], ends, strict=False)], shapes),
        logp_func=None,
        expand_func=None,
        _n_dim=len(x),
        _shapes=dict(zip(names, shapes, strict=True)),
        _coords={name: list(labels) for name, labels in coords.items()},
    )
