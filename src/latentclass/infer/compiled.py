"""A model compiled once: log posterior with gradient, all variables from a point, and the sampler's handle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pymc as pm
import pytensor
import xarray as xr
from numpy.typing import NDArray
from scipy.special import expit

from latentclass import dims
from latentclass.graph.simplex import StickBreaking

if TYPE_CHECKING:
    from nutpie.compile_pymc import CompiledPyMCModel

__all__ = ["Compiled", "Part", "compile_model"]

type Vector = NDArray[np.float64]

# What belongs to single respondents or to the constructs. The search for modes holds it fixed: with a score for every respondent free, a
# joint mode is no estimate of anything.
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
    nutpie : CompiledPyMCModel
        The compiled functions.
    parts : tuple of Part
        The free variables.
    """

    pymc_model: pm.Model
    nutpie: CompiledPyMCModel
    parts: tuple[Part, ...]

    @property
    def n_dim(self) -> int:
        """Length of the unconstrained vector."""
        return int(self.nutpie.n_dim)

    def log_posterior(self, x: Vector) -> tuple[float, Vector]:
        """Return the log posterior density of the unconstrained vector, with its gradient.

        Parameters
        ----------
        x : ndarray of shape (n_dim,)
            The vector.

        Returns
        -------
        tuple of float and ndarray
            Density, Jacobian included, and gradient.
        """
        value, gradient = self.nutpie.logp_func(x)
        return float(value), np.asarray(gradient)

    def natural_log_posterior(self, x: Vector) -> tuple[float, Vector]:
        """Return the log posterior density in the space of the probabilities, with its gradient by the unconstrained vector.

        The Jacobian of a stick-breaking row is the product of its probabilities, which leaves the density divided by it. With flat
        priors what remains is the log-likelihood.

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
            if part.transform is not None:
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
        flat = np.asarray(self.nutpie.expand_func(x)[0])
        names, slices, shapes = self.nutpie.shape_info
        model = self.pymc_model
        data = {}
        for name, where, shape in zip(names, slices, shapes, strict=True):
            if name in model.named_vars_to_dims:
                data[name] = (model.named_vars_to_dims[name], flat[where].reshape(shape))
        used = {dim for own, _ in data.values() for dim in own}
        coords = {dim: list(model.coords[dim]) for dim in used}
        return xr.Dataset(data, coords=coords)

    def with_order(self, rank: NDArray[np.int64]) -> Compiled:
        """Return the same model with another order of breaking off levels; nothing is compiled again.

        Parameters
        ----------
        rank : ndarray of int, shape (class, item_level)
            Place of every level.

        Returns
        -------
        Compiled
            The copy.
        """
        self.pymc_model.set_data("breaking_order", rank)
        for shared in self.nutpie.logp_func.get_shared():
            if shared.name == "breaking_order":
                shared.set_value(rank.astype(shared.dtype))
        nutpie = self.nutpie.with_data(breaking_order=rank)
        return Compiled(pymc_model=self.pymc_model, nutpie=nutpie, parts=self.parts)


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
    import nutpie

    # With fast-math the bits of a result depend on whether a kernel came from the cache.
    with pytensor.config.change_flags(numba__fastmath=False):
        compiled = nutpie.compile_pymc_model(pymc_model)
    parts, start = [], 0
    point = pymc_model.initial_point(0)
    for rv in pymc_model.free_RVs:
        value = pymc_model.rvs_to_values[rv]
        shape = point[value.name].shape
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
    return Compiled(pymc_model=pymc_model, nutpie=compiled, parts=tuple(parts))
