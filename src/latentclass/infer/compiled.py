"""A model compiled once: log posterior with gradient for search and sampling, and all variables from a point."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from enum import Enum, auto
from threading import Lock
from typing import Any

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt
import xarray as xr
from numpy.typing import NDArray
from pymc.distributions.transforms import ZeroSumTransform
from pymc.logprob.transforms import LogOddsTransform, LogTransform, Transform
from pytensor.graph.replace import clone_replace
from pytensor.graph.rewriting.utils import rewrite_graph

from latentclass import dims
from latentclass.graph import build_survey
from latentclass.graph.centring import StretchedAverage
from latentclass.graph.constructs import RowsInBall
from latentclass.graph.entry_ops import entries, gathered
from latentclass.graph.simplex import StickBreaking
from latentclass.infer.jitted import Compilation, Jitted, Late, Vector, compilation, reproducible
from latentclass.infer.joined import join_products
from latentclass.survey import Survey

__all__ = ["Compiled", "Part", "Vector", "compile_model", "compile_survey", "reproducible"]

# Structures of models whose compiled functions are kept.
_KEPT = 32

# What belongs to single respondents or to the constructs. The search for modes holds it fixed, and scales that a prior
# learns besides: with a score for every respondent free, a joint mode is no estimate of anything, and slopes and their
# scale have a joint mode at zero.
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


class _Kind(Enum):
    CLASS = auto()
    FULL = auto()
    EXPAND = auto()


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
    names : tuple of str
        Names of the outputs of `expand`.
    """

    pymc_model: pm.Model
    parts: tuple[Part, ...]
    class_density: Jitted | Late
    full_density: Jitted | Late
    expand: Jitted | Late
    names: tuple[str, ...] = ()

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

    def compile(self) -> None:
        """Compile now what would be compiled when it is first called."""
        for function in (self.class_density, self.full_density, self.expand):
            _ = function.function

    @property
    def searched(self) -> NDArray[np.bool_]:
        """Which entries of the vector the search for modes moves."""
        mask = np.zeros(self.n_dim, dtype=bool)
        for part in self.parts:
            mask[part.where] = part.searched
        return mask

    def set_data(self, name: str, values: NDArray[Any]) -> None:
        """Put other values of the same shape in the place of data.

        Unlike `pymc.set_data` it does not compile a function to look at the length of a dim.

        Parameters
        ----------
        name : str
            Name of the data.
        values : ndarray
            The values.
        """
        variable = self.pymc_model[name]
        variable.set_value(np.asarray(values, dtype=variable.type.dtype))

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


def compile_survey(survey: Survey, rank: NDArray[np.int64] | None = None) -> Compiled:
    """Compile the model of a survey for the search of modes and for sampling.

    Functions are compiled when they are first called. They take the data as arguments and are kept for the life of the
    process: a further survey of the same structure costs no compilation.

    Parameters
    ----------
    survey : Survey
        The survey.
    rank : ndarray of int, shape (class, item_level), optional
        Order in which the levels of free items are broken off, as in `latentclass.graph.build_survey`.

    Returns
    -------
    Compiled
        The compiled model.

    Raises
    ------
    SurveyError
        When the survey has counts, and respondents enter the density with more than a weight.
    """
    # Nobody is told where a part of this graph was made, and looking for it is a third of the time.
    with pytensor.config.change_flags(traceback__limit=0):
        pymc_model = build_survey(survey, rank)
    structure = _structure(survey)
    with _LOCK:
        if structure not in _FUNCTIONS:
            _FUNCTIONS[structure] = _Functions(pymc_model)
        _FUNCTIONS.move_to_end(structure)
        while len(_FUNCTIONS) > _KEPT:
            _FUNCTIONS.popitem(last=False)
        functions = _FUNCTIONS[structure]
    if survey.counts is not None and not functions.get(_Kind.CLASS, pymc_model).weighted:
        survey.check_one_row_each("The density of this model")
    return _bound(pymc_model, functions)


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
    return _bound(pymc_model, _Functions(pymc_model))


class _Functions:
    """The compiled functions of one structure, each compiled when it is first needed.

    The search for modes does without the density of everything, which with latent constructs takes longest to compile.
    """

    __slots__ = ("_lock", "_made", "names")

    def __init__(self, pymc_model: pm.Model) -> None:
        # Asking the model for its variables builds graphs, too slow for every point that is expanded.
        self.names = tuple(str(variable.name) for variable in _natural(pymc_model))
        self._made: dict[_Kind, Compilation] = {}
        self._lock = Lock()

    def get(self, kind: _Kind, pymc_model: pm.Model) -> Compilation:
        """Return a function, compiled from this model if it was not needed before."""
        if kind is _Kind.FULL and all(part.searched for part in _parts(pymc_model)):
            kind = _Kind.CLASS
        with self._lock:
            if kind not in self._made:
                self._made[kind] = _compilation(kind, pymc_model)
            return self._made[kind]

    def bound(self, kind: _Kind, pymc_model: pm.Model) -> Late:
        """Return a function with the data of a model."""
        return Late(lambda: self.get(kind, pymc_model).bound(pymc_model))


_FUNCTIONS: OrderedDict[Hashable, _Functions] = OrderedDict()
_LOCK = Lock()


def _structure(survey: Survey) -> Hashable:
    """Return all of a survey that the model is built from, other than data: what shapes the compiled functions."""
    return (
        survey.model,
        survey.items,
        tuple((group.name, tuple((c.label, c.construct) for c in group.columns)) for group in survey.groups),
        tuple((c.name, c.construct, c.kind, c.levels) for c in survey.indicators),
        tuple((c.name, c.levels, c.columns, c.labels, c.constructs) for c in survey.outcomes),
    )


def _bound(pymc_model: pm.Model, functions: _Functions) -> Compiled:
    return Compiled(
        pymc_model=pymc_model,
        parts=_parts(pymc_model),
        class_density=functions.bound(_Kind.CLASS, pymc_model),
        full_density=functions.bound(_Kind.FULL, pymc_model),
        expand=functions.bound(_Kind.EXPAND, pymc_model),
        names=functions.names,
    )


def _compilation(kind: _Kind, pymc_model: pm.Model) -> Compilation:
    with reproducible(), pymc_model:
        parts = _parts(pymc_model)
        x = pt.tensor("unconstrained", dtype="float64", shape=(None,))
        place = _places(pymc_model, parts, x)
        if kind is _Kind.EXPAND:
            outputs = _natural(pymc_model)
        else:
            outputs = _full(pymc_model) if kind is _Kind.FULL else _class_part(pymc_model, parts)
        return compilation(pymc_model, x, clone_replace(outputs, place))


def _places(pymc_model: pm.Model, parts: tuple[Part, ...], x: Any) -> dict[Any, Any]:
    """Return the values of the model as parts of the vector; only the number of respondents is left open."""
    places, start = {}, 0
    for value, part in zip(pymc_model.value_vars, parts, strict=True):
        lengths: list[Any] = list(part.shape)
        named = pymc_model.named_vars_to_dims.get(part.name, ())
        if dims.RESPONDENT in named:
            lengths[named.index(dims.RESPONDENT)] = pymc_model.dim_lengths[dims.RESPONDENT]
            end = start + math.prod(lengths)
            places[value], start = x[start:end].reshape(lengths), end
        else:
            places[value], start = entries(x, start, part.shape), start + math.prod(part.shape)
    return places


def _simplified(density: Any) -> Any:
    """Merge what is alike, and take logarithms of exponentials away, before the gradient doubles them."""
    return join_products(rewrite_graph(density, include=("canonicalize", "local_remove_check_parameter"), clone=False))


def _full(pymc_model: pm.Model) -> list[Any]:
    density = _simplified(pymc_model.logp())
    return [density, gathered(pt.grad(density, pymc_model.value_vars))]


def _class_part(pymc_model: pm.Model, parts: tuple[Part, ...]) -> list[Any]:
    moved = [rv for rv, part in zip(pymc_model.free_RVs, parts, strict=True) if part.searched]
    density = _simplified(pymc_model.logp(vars=[*moved, pymc_model[dims.RESPONSES]]))
    slopes = iter(pt.grad(density, [pymc_model.rvs_to_values[rv] for rv in moved]))
    gradient = [
        next(slopes) if part.searched else pt.zeros_like(value)
        for part, value in zip(parts, pymc_model.value_vars, strict=True)
    ]
    return [density, gathered(gradient)]


def _natural(pymc_model: pm.Model) -> list[Any]:
    return [v for v in pymc_model.unobserved_value_vars if v.name in pymc_model.named_vars_to_dims]


def _parts(pymc_model: pm.Model) -> tuple[Part, ...]:
    parts, start = [], 0
    for rv, shape in zip(pymc_model.free_RVs, _shapes(pymc_model), strict=True):
        size = math.prod(shape)
        transform = pymc_model.rvs_to_transforms.get(rv)
        parts.append(
            Part(
                name=rv.name,
                where=slice(start, start + size),
                shape=shape,
                transform=transform if isinstance(transform, StickBreaking) else None,
                searched=rv.name not in _CONSTRUCT_PART and not dims.is_hyper(rv.name),
            )
        )
        start += size
    return tuple(parts)


def _shapes(pymc_model: pm.Model) -> list[tuple[int, ...]]:
    """Return the shapes of the values, from the dims where the transform is known: PyMC compiles for its answer."""
    found = []
    for rv in pymc_model.free_RVs:
        named = pymc_model.named_vars_to_dims.get(rv.name)
        shape = None
        if named is not None:
            natural = tuple(len(pymc_model.coords[dim]) for dim in named)
            shape = _unconstrained_shape(pymc_model.rvs_to_transforms.get(rv), natural)
        if shape is None:
            point = pymc_model.initial_point(0)
            return [tuple(point[value.name].shape) for value in pymc_model.value_vars]
        found.append(shape)
    return found


def _unconstrained_shape(transform: Transform | None, natural: tuple[int, ...]) -> tuple[int, ...] | None:
    if transform is None or isinstance(transform, LogOddsTransform | LogTransform | StretchedAverage):
        return natural
    if isinstance(transform, StickBreaking):
        return (*natural[:-1], natural[-1] - len(transform.blocks.sizes))
    if isinstance(transform, ZeroSumTransform) and transform.zerosum_axes == (-1,):
        return (*natural[:-1], natural[-1] - 1)
    if isinstance(transform, RowsInBall):
        return (transform.n * (transform.n - 1) // 2,)
    return None
