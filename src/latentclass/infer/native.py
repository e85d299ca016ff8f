"""A compiled density as a C function, which chains call side by side without Python's lock.

nutpie can call Python for every gradient. For small surveys the calls cost as much as the gradients, and two chains
that wait for one lock are no faster than one after the other. A C function made by nutpie itself would hold the whole
density, and is compiled anew in every process; this one only calls what has been compiled, through its address.
"""

from __future__ import annotations

import ctypes
import math
import traceback
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numba
import numpy as np
from numba import types
from numba.core.errors import NumbaExperimentalFeatureWarning
from numba.np.numpy_support import carray
from numpy.typing import NDArray
from nutpie.compile_pymc import CompiledPyMCModel, address_as_void_pointer
from pytensor.link.utils import compile_function_src

from latentclass.infer.jitted import Jitted, Late, Vector

__all__ = ["Entry", "callback_entry", "density_entry", "nutpie_model"]

_DENSITY = types.int64(
    types.uint64,
    types.CPointer(types.double),
    types.CPointer(types.double),
    types.CPointer(types.double),
    types.voidptr,
)
_DOUBLES = ctypes.POINTER(ctypes.c_double)
_CALLED = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_uint64, _DOUBLES, _DOUBLES, _DOUBLES, ctypes.c_void_p)
_EXPAND = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_uint64, ctypes.c_uint64, _DOUBLES, _DOUBLES, ctypes.c_void_p)
# What nutpie takes for a divergence, and for an error.
_NOT_FINITE, _FAILED = 3, -2


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


class _Compiled(types.WrapperAddressProtocol):
    """What numba has compiled, to be called through its address."""

    def __init__(self, result: Any) -> None:
        self._result = result

    def __wrapper_address__(self) -> int:
        """Return the address."""
        return int(self._result.library.get_pointer_to_function(self._result.fndesc.llvm_cfunc_wrapper_name))

    def signature(self) -> Any:
        """Return the signature."""
        return self._result.signature


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
        The function, and what it takes as its last argument; the data have to live as long as it is called.
    """
    density(x)
    data = density.data()
    kinds = tuple((array.ndim, array.dtype.str) for array in data)
    places = [number for array in data for number in (array.ctypes.data, *array.shape)]
    return _entry(density.function, kinds), np.array(places, dtype=np.int64)


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


@lru_cache(maxsize=64)
def _entry(function: Any, kinds: tuple[tuple[int, str], ...]) -> Entry:
    result = _Compiled(_overload(function, kinds))
    dtypes = {f"dtype_{i}": np.dtype(dtype) for i, (_, dtype) in enumerate(kinds)}
    about = {"np": np, "carray": carray, "pointer": address_as_void_pointer, "compiled": result, **dtypes}
    wrapper = compile_function_src(_source([ndim for ndim, _ in kinds]), "density", {**about})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NumbaExperimentalFeatureWarning)
        made = numba.cfunc(_DENSITY)(wrapper)
    return Entry(address=int(made.address or 0), keep=(made, result))


def _overload(function: Any, kinds: tuple[tuple[int, str], ...]) -> Any:
    """Return what was compiled for writable, contiguous arrays of these kinds."""
    wanted = [types.Array(types.float64, 1, "C")]
    wanted += [types.Array(numba.from_dtype(np.dtype(dtype)), ndim, "C") for ndim, dtype in kinds]
    return next(found for own, found in function.overloads.items() if list(own) == wanted)


def _source(ndims: Sequence[int]) -> str:
    """Return the source of a function that finds its arrays where their addresses and shapes say."""
    lines = [
        "def density(n_dim, x, gradient, value, data):",
        f"    place = carray(data, ({sum(ndims) + len(ndims)},), np.int64)",
    ]
    start = 0
    for i, ndim in enumerate(ndims):
        shape = "".join(f"place[{start + 1 + axis}], " for axis in range(ndim))
        lines.append(f"    array_{i} = carray(pointer(place[{start}]), ({shape}), dtype_{i})")
        start += 1 + ndim
    arrays = "".join(f"array_{i}, " for i in range(len(ndims)))
    lines += [
        f"    found, slope = compiled(carray(x, (n_dim,)), {arrays})",
        "    carray(value, ())[()] = found[()]",
        "    out, finite = carray(gradient, (n_dim,)), np.isfinite(found[()])",
        "    for i in range(n_dim):",
        "        out[i] = slope[i]",
        "        finite &= np.isfinite(slope[i])",
        f"    return 0 if finite else {_NOT_FINITE}",
    ]
    return "\n".join(lines)


def nutpie_model(
    density: Jitted | Late,
    expand: Callable[[Vector], Sequence[Any]],
    start: Callable[[int], Vector],
    *,
    names: Sequence[str],
    coords: Mapping[str, Sequence[str]],
    dims: Mapping[str, tuple[str, ...]],
) -> CompiledPyMCModel:
    """Return a model that nutpie samples without calling Python for gradients.

    Parameters
    ----------
    density : Jitted
        Vector to log density and gradient.
    expand : callable
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
        The model.
    """
    x = start(0)
    shapes = [np.shape(value) for value in expand(x)]
    entry, places = density_entry(density, x)
    ends = np.cumsum([math.prod(shape) for shape in shapes]).tolist()
    whole, alive = _expand_entry(expand), density.data()
    return CompiledPyMCModel(
        dims=dict(dims),
        reparameterized_names=[],
        compiled_logp_func=entry,
        compiled_expand_func=whole,
        initial_point_func=start,
        # Not used for sampling; here they live as long as the model does.
        shared_data={str(number): array for number, array in enumerate(alive)},
        shared_var_keys={},
        user_data=places,
        n_expanded=ends[-1],
        shape_info=(list(names), [slice(a, b) for a, b in zip([0, *ends], ends, strict=False)], shapes),
        logp_func=None,
        expand_func=None,
        _n_dim=len(x),
        _shapes=dict(zip(names, shapes, strict=True)),
        _coords={name: list(labels) for name, labels in coords.items()},
    )


def _expand_entry(expand: Callable[[Vector], Sequence[Any]]) -> Entry:
    def call(n_dim: int, n_expanded: int, x: Any, out: Any, _: Any) -> int:
        try:
            values = expand(np.ctypeslib.as_array(x, (n_dim,)))
            np.concatenate([np.ravel(value) for value in values], out=np.ctypeslib.as_array(out, (n_expanded,)))
        except Exception:
            # nutpie tells which chain failed; the reason would be lost.
            traceback.print_exc()
            return _FAILED
        return 0

    made = _EXPAND(call)
    return Entry(address=ctypes.cast(made, ctypes.c_void_p).value or 0, keep=made)
