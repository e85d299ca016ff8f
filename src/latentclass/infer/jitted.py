"""Functions compiled by numba that threads may call side by side, on whatever data they are given."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
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
from pytensor.tensor.math import Sum

from latentclass.dims import COUNTS, RESPONDENT
from latentclass.graph.ops import ClassLikelihood, PackAnswers
from latentclass.infer import matrix_sums, overwriting
from latentclass.infer.distinct import distinct_rows
from latentclass.infer.joined import JoinedDesigns
from latentclass.infer.linker import ReleasingLinker
from latentclass.infer.threads import threads

__all__ = ["Compilation", "Jitted", "Late", "compilation", "reproducible"]

type Vector = NDArray[np.float64]

# The third takes PyMC's checks of parameters away: the transforms keep values inside their support.
_REWRITES = ["fast_run", "numba", "local_remove_check_parameter", matrix_sums.REWRITE, overwriting.REWRITE]
# Distinct respondents of a part that a thread computes, about a millisecond of work, and the most parts there are.
_PART = 25_000
_MOST_PARTS = 64


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Preparation:
    """What is computed from the data alone, a row for every respondent, once, before a function runs on them.

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
        Vector, weights if `weighted`, prepared values and data to outputs.
    weighted : bool
        Whether the respondents have weights, so that those who are alike can be computed once.
    preparations : tuple of Preparation
        Where the prepared values come from.
    names : tuple of str
        Names of the data in the order of the arguments.
    """

    function: Any
    weighted: bool
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

    Respondents with the same answers and the same design are computed once and counted.

    Parameters
    ----------
    compilation : Compilation
        The function.
    pymc_model : pymc.Model
        The model whose data it works on.
    """

    __slots__ = ("_arguments", "_compilation", "_jitted", "_kept", "_of_respondents", "_parts", "_shared", "_values")

    def __init__(self, compilation: Compilation, pymc_model: pm.Model) -> None:
        self._compilation, self._jitted = compilation, compilation.function
        names = dict.fromkeys([*compilation.names, *(name for p in compilation.preparations for name in p.names)])
        self._shared = {name: _shared(pymc_model, name) for name in names}
        if compilation.weighted and COUNTS in pymc_model.named_vars:
            self._shared[COUNTS] = _shared(pymc_model, COUNTS)
        of = pymc_model.named_vars_to_dims
        self._of_respondents = [name for name in names if name in of and of[name][0] == RESPONDENT]
        self._values: list[Any] = []
        self._arguments: list[Any] = []
        self._kept: tuple[dict[str, Any], list[Vector], list[Any]] = ({}, [], [])
        self._parts: list[list[Any]] | None = None

    def __call__(self, x: Vector) -> tuple[Any, ...]:
        """Return the outputs at a point, with the data that the model has now."""
        return tuple(self._jitted(x, *self.data()))

    @property
    def function(self) -> Any:
        """The machine code: vector and data, as in `data`, to outputs."""
        return self._jitted

    def data(self) -> list[Any]:
        """Return what the function takes beside the vector, as the model has it now.

        Returns
        -------
        list of ndarray
            Weights of the respondents if it takes them, what was prepared, and the data.
        """
        own, values = self._compilation, [variable.get_value(borrow=True) for variable in self._shared.values()]
        if len(values) != len(self._values) or any(a is not b for a, b in zip(values, self._values, strict=True)):
            data = dict(zip(self._shared, values, strict=True))
            weights = self._counted(data)
            prepared = [np.ascontiguousarray(p.function(*[data[n] for n in p.names])) for p in own.preparations]
            self._kept, self._parts = (data, weights, prepared), None
            self._arguments = self._ordered(*self._kept)
            self._values = values
        return self._arguments

    def _counted(self, data: dict[str, Any]) -> list[Vector]:
        """Keep one of the respondents who are alike, and return their numbers."""
        if not self._compilation.weighted:
            return []
        first, counts = distinct_rows([data[name] for name in self._of_respondents], data.get(COUNTS))
        if first is not None:
            self._keep(data, first)
        return [counts]

    def _keep(self, data: dict[str, Any], which: Any) -> None:
        data |= {name: data[name][which] for name in self._of_respondents}
        if RESPONDENT in data:
            data[RESPONDENT] = np.full_like(data[RESPONDENT], len(data[self._of_respondents[0]]))

    def _cut(self) -> list[list[Any]]:
        """Return the arguments for parts of the respondents, and at last for none; nothing where they are few."""
        data, weights, prepared = self._kept
        n = len(data[self._of_respondents[0]]) if self._of_respondents else 0
        size = max(_PART, -(-n // _MOST_PARTS))
        if n < 2 * _PART or not self._compilation.weighted:
            return []
        found = []
        for rows in [slice(start, start + size) for start in range(0, n, size)] + [slice(0, 1)]:
            part, none = dict(data), rows.stop == 1
            self._keep(part, rows)
            own = [np.zeros(1)] if none else [w[rows] if len(w) > 1 else w for w in weights]
            found.append(self._ordered(part, own, [p[rows] for p in prepared]))
        return found

    def _ordered(self, data: dict[str, Any], weights: list[Vector], prepared: list[Any]) -> list[Any]:
        plain = [data[name] for name in self._compilation.names]
        return [np.require(a, requirements=["C", "W"]) for a in (*weights, *prepared, *plain)]

    def frozen(self) -> Callable[[Vector], tuple[Any, ...]]:
        """Return the function with the data as they are now.

        Many respondents are computed in parts, whose sums are the same bits as those of `spread`: beyond some hundred
        thousand the arrays of all respondents would be too large for the caches of a processor.

        Returns
        -------
        callable
            Vector to outputs.
        """
        return self._added(map)

    def spread(self) -> Callable[[Vector], tuple[Any, ...]]:
        """Return the function with the data as they are now, the parts of many respondents spread over the cores.

        For climbs, which go one step after the other; where threads call side by side already, `frozen` is as quick.

        Returns
        -------
        callable
            Vector to outputs, the same bits whatever the number of cores.
        """
        return self._added(lambda function, parts: threads().map(function, parts))

    @property
    def in_parts(self) -> bool:
        """Whether the respondents are so many that they are computed in parts."""
        return bool(self._parts_now())

    def _parts_now(self) -> list[list[Any]]:
        self.data()
        if self._parts is None:
            self._parts = self._cut()
        return self._parts

    def _added(self, run: Callable[..., Iterable[tuple[Any, ...]]]) -> Callable[[Vector], tuple[Any, ...]]:
        jitted, whole = self._jitted, self.data()
        *parts, none = self._parts_now() or [[]]

        def call(x: Vector) -> tuple[Any, ...]:
            if not parts:
                return tuple(jitted(x, *whole))
            prior = jitted(x, *none)
            if not np.isfinite(prior[0]):
                return tuple(jitted(x, *whole))
            found = zip(*run(lambda data: jitted(x, *data), parts), strict=True)
            # A log density is a prior, which is in every part, and a sum over respondents.
            more = len(parts) - 1
            return tuple(sum(own[1:], start=own[0]) - more * p for own, p in zip(found, prior, strict=True))

        return call


class Late:
    """A `Jitted` that is made, and compiled where need be, when it is first called.

    Parameters
    ----------
    make : callable
        Makes it.
    """

    __slots__ = ("_made", "_make")

    def __init__(self, make: Callable[[], Jitted]) -> None:
        self._make = make
        self._made: Jitted | None = None

    def _jitted(self) -> Jitted:
        if self._made is None:
            self._made = self._make()
        return self._made

    def __call__(self, x: Vector) -> tuple[Any, ...]:
        """Return the outputs at a point, with the data that the model has now."""
        return self._jitted()(x)

    @property
    def function(self) -> Any:
        """As `Jitted.function`."""
        return self._jitted().function

    def data(self) -> list[Any]:
        """As `Jitted.data`.

        Returns
        -------
        list of ndarray
            What the function takes beside the vector.
        """
        return self._jitted().data()

    @property
    def in_parts(self) -> bool:
        """As `Jitted.in_parts`."""
        return self._jitted().in_parts

    def frozen(self) -> Callable[[Vector], tuple[Any, ...]]:
        """As `Jitted.frozen`.

        Returns
        -------
        callable
            Vector to outputs.
        """
        return self._jitted().frozen()

    def spread(self) -> Callable[[Vector], tuple[Any, ...]]:
        """As `Jitted.spread`.

        Returns
        -------
        callable
            Vector to outputs.
        """
        return self._jitted().spread()


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
    mode = Mode(linker=ReleasingLinker(), optimizer=RewriteDatabaseQuery(include=_REWRITES))
    packed = [node.outputs[0] for node in _nodes(outputs) if isinstance(node.op, PackAnswers | JoinedDesigns)]
    places = {variable: variable.type() for variable in packed}
    inputs = list(places.values())
    outputs = graph_replace(outputs, places, strict=False)
    likelihoods = _weighable(pymc_model, _nodes(outputs))
    if likelihoods:
        inputs.insert(0, pt.vector("weights", dtype="float64"))
        own: dict[Any, Any] = {}
        for node in likelihoods:
            own |= dict(zip(node.outputs, node.op(*node.inputs[:-1], inputs[0]), strict=True))
        outputs = graph_replace(outputs, own, strict=False)
    function = pytensor.function([x, *inputs], outputs, mode=mode)
    return Compilation(
        function=function.vm.jit_fn,
        weighted=bool(likelihoods),
        preparations=tuple(_preparation(pymc_model, variable) for variable in packed),
        names=_names(pymc_model, function.get_shared()),
    )


def _nodes(outputs: Sequence[Any]) -> list[Any]:
    return list(dict.fromkeys(v.owner for v in ancestors(outputs) if v.owner is not None))


def _weighable(pymc_model: pm.Model, nodes: Sequence[Any]) -> list[Any]:
    """Return the likelihoods that respondents may enter with a weight.

    Nothing of the respondents' own may be sampled, and the likelihoods have to be all that is summed over them.
    """
    of = pymc_model.named_vars_to_dims
    likelihoods = [node for node in nodes if isinstance(node.op, ClassLikelihood)]
    users = [node.op for node in nodes if any(own.outputs[0] in node.inputs for own in likelihoods)]
    if any(RESPONDENT in of.get(rv.name, ()) for rv in pymc_model.free_RVs) or len(pymc_model.observed_RVs) > 1:
        return []
    return likelihoods if all(isinstance(op, Sum) for op in users) else []


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
