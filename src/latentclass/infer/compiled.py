"""A model compiled once: log posterior with gradient for search and sampling, and all variables from a point."""

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
import xarray as xr
from numpy.typing import NDArray
from pytensor.compile.mode import Mode
from pytensor.graph.replace import clone_replace
from pytensor.graph.rewriting.db import RewriteDatabaseQuery
from pytensor.link.numba.dispatch.basic import numba_njit
from pytensor.link.numba.linker import NumbaLinker
from scipy.special import expit

from latentclass import dims
from latentclass.graph.simplex import StickBreaking

__all__ = ["Compiled", "Part", "compile_model", "reproducible"]

_MARK = np.int8(1)

type Vector = NDArray[np.float64]

# What belongs to single respondents or to the constructs. The search for modes holds it fixed: with a score for
# every respondent free, a joint mode is no estimate of anything.
_CONSTRUCT_PART = frozenset(
    {
        dims.SCORE,
        "score_cholesky",
        dims.MARKER_LOADING,
        dims.FREE_LOADING,
        dims.LIKERT_BASELINE,
        dims.INDICATOR_MEAN,
        dims.INDICATOR_SD,
    }
)


class _ReleasingLinker(NumbaLinker):
    """Numba functions that let other threads run, so that chains can share a process."""

    def jit_compile(self, fn_and_cache: tuple[Any, Any]) -> Any:
        function, cache_key = fn_and_cache
        return numba_njit(function.py_func, final_function=True, cache=cache_key is not None, nogil=True)


class Jitted:
    """A compiled function of the unconstrained vector that threads may call side by side.

    Parameters
    ----------
    function : callable
        PyTensor function of one vector.
    """

    __slots__ = ("_jitted", "_shared")

    def __init__(self, function: Any) -> None:
        self._jitted = function.vm.jit_fn
        self._shared = function.get_shared()

    def __call__(self, x: Vector) -> tuple[Any, ...]:
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


def _jitted(x: Any, outputs: Sequence[Any]) -> Jitted:
    mode = Mode(linker=_ReleasingLinker(), optimizer=RewriteDatabaseQuery(include=["fast_run", "numba"]))
    # The mark keeps the cache entry apart from that of the same graph compiled by PyMC, which would not let other
    # threads run.
    return Jitted(pm.compile([x], [*outputs, pt.constant(_MARK)], mode=mode))


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Where one free variable lies in the unconstrained vector.

    Parameters
    ----------
    name : str
        Name of the variable.
    where : slice
        Its entries.
    shape : tuple of int
        Its unconstrained shape.
    transform : StickBreaking or None
        For a row of simplexes.
    searched : bool
        Whether the search for modes moves it.
    """

    name: str
    where: slice
    shape: tuple[int, ...]
    transform: StickBreaking | None
    searched: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Compiled:
    """A compiled model and the layout of its unconstrained vector.

    Parameters
    ----------
    pymc_model : pymc.Model
        The model.
    parts : tuple of Part
        The free variables.
    class_density : callable
        Vector to log posterior and gradient, of what the search for modes moves.
    full_density : callable
        Vector to log posterior and gradient, of everything.
    expand : callable
        Vector to all variables with dims.
    """

    pymc_model: pm.Model
    parts: tuple[Part, ...]
    class_density: Jitted
    full_density: Jitted
    expand: Jitted

    @property
    def names(self) -> list[str]:
        """Names of the outputs of `expand`."""
        return [variable.name for variable in _natural(self.pymc_model)]

    @property
    def n_dim(self) -> int:
        """Length of the unconstrained vector."""
        return self.parts[-1].where.stop

    def log_posterior(self, x: Vector) -> tuple[float, Vector]:
        """Return the log posterior density of the unconstrained vector, with its gradient by what is searched.

        Without the density of the construct part, which the search holds fixed.

        Parameters
        ----------
        x : ndarray of shape (n_dim,)
            The vector.

        Returns
        -------
        tuple of float and ndarray
            Density, Jacobian included, and gradient, zero for what is not searched.
        """
        value, gradient = self.class_density(x)
        return float(value), np.asarray(gradient)

    def natural_log_posterior(self, x: Vector) -> tuple[float, Vector]:
        """Return the log posterior density in the space of the probabilities, and its gradient by the vector.

        The Jacobian of a stick-breaking row is the product of its probabilities, which leaves the density divided by
        it. With flat priors what remains is the log-likelihood, up to a constant.

        Parameters
        ----------
        x : ndarray of shape (n_dim,)
            The vector.

        Returns
        -------
        tuple of float and ndarray
            Density and gradient.
        """
        value, gradient = self.log_posterior(x)
        gradient = gradient.copy()
        for part in self.parts:
            if part.searched and part.transform is not None:
                jacobian, slope = _log_product(x[part.where].reshape(part.shape), part.transform.blocks.sizes)
                value -= jacobian
                gradient[part.where] -= slope.ravel()
        return value, gradient

    @property
    def searched(self) -> NDArray[np.bool_]:
        """Which entries of the vector the search for modes moves."""
        mask = np.zeros(self.n_dim, dtype=bool)
        for part in self.parts:
            mask[part.where] = part.searched
        return mask

    def variables(self, x: Vector) -> xr.Dataset:
        """Return all variables of the model at a point.

        Parameters
        ----------
        x : ndarray of shape (n_dim,)
            The vector.

        Returns
        -------
        Dataset
            Free and derived variables by name.
        """
        model = self.pymc_model
        names = self.names
        data = {
            name: (model.named_vars_to_dims[name], np.asarray(value))
            for name, value in zip(names, self.expand(x), strict=True)
        }
        used = {dim for own, _ in data.values() for dim in own}
        return xr.Dataset(data, coords={dim: list(model.coords[dim]) for dim in used})


def _log_product(u: Vector, sizes: tuple[int, ...]) -> tuple[float, Vector]:
    # log p_c holds log v_c once, and log(1 - v_c) stands in every level that is broken off later.
    later = np.concatenate([np.arange(size - 1.0, 0.0, -1.0) for size in sizes])
    v = expit(u)
    value = -np.logaddexp(0.0, -u) - later * np.logaddexp(0.0, u)
    return float(value.sum()), (1.0 - v) - later * v


def compile_model(pymc_model: pm.Model) -> Compiled:
    """Compile a model for the search of modes and for sampling.

    Parameters
    ----------
    pymc_model : pymc.Model
        The model.

    Returns
    -------
    Compiled
        The compiled model.
    """
    with reproducible(), pymc_model:
        return _compiled(pymc_model)


def _compiled(pymc_model: pm.Model) -> Compiled:
    parts = _parts(pymc_model)
    x = pt.tensor("unconstrained", dtype="float64", shape=(parts[-1].where.stop,))
    place = {value: x[part.where].reshape(part.shape) for value, part in zip(pymc_model.value_vars, parts, strict=True)}
    class_density = _jitted(x, clone_replace(_class_part(pymc_model, parts), place))
    whole = all(part.searched for part in parts)
    full_density = class_density if whole else _jitted(x, clone_replace(_full(pymc_model), place))
    expand = _jitted(x, clone_replace(_natural(pymc_model), place))
    return Compiled(
        pymc_model=pymc_model, parts=parts, class_density=class_density, full_density=full_density, expand=expand
    )


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


def _full(pymc_model: pm.Model) -> list[Any]:
    density = pymc_model.logp()
    return [density, pt.concatenate([g.ravel() for g in pt.grad(density, pymc_model.value_vars)])]


def _class_part(pymc_model: pm.Model, parts: tuple[Part, ...]) -> list[Any]:
    moved = [rv for rv, part in zip(pymc_model.free_RVs, parts, strict=True) if part.searched]
    density = pymc_model.logp(vars=[*moved, pymc_model[dims.RESPONSES]])
    values = [pymc_model.rvs_to_values[rv] for rv in moved]
    slopes = iter(pt.grad(density, values))
    gradient = [
        next(slopes).ravel() if part.searched else pt.zeros(part.where.stop - part.where.start) for part in parts
    ]
    return [density, pt.concatenate(gradient)]


def _natural(pymc_model: pm.Model) -> list[Any]:
    return [v for v in pymc_model.unobserved_value_vars if v.name in pymc_model.named_vars_to_dims]


def _parts(pymc_model: pm.Model) -> tuple[Part, ...]:
    parts, start = [], 0
    point = pymc_model.initial_point(0)
    for rv in pymc_model.free_RVs:
        shape = point[pymc_model.rvs_to_values[rv].name].shape
        size = int(np.prod(shape))
        transform = pymc_model.rvs_to_transforms.get(rv)
        parts.append(
            Part(
                name=rv.name,
                where=slice(start, start + size),
                shape=tuple(shape),
                transform=transform if isinstance(transform, StickBreaking) else None,
                searched=rv.name not in _CONSTRUCT_PART,
            )
        )
        start += size
    return tuple(parts)
