"""A fit in the space that is sampled: its draws as unconstrained vectors, and the log density of any vector."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt
import xarray as xr
from numpy.typing import NDArray
from pytensor.compile.mode import Mode
from pytensor.graph.replace import clone_replace, vectorize_graph

from latentclass import dims
from latentclass.graph.layout import item_layout
from latentclass.infer.ascent import Target, curvature
from latentclass.infer.compiled import Compiled, Part, compile_survey
from latentclass.infer.jitted import reproducible
from latentclass.infer.starts import order_of
from latentclass.infer.threads import side_by_side
from latentclass.posterior import Fit
from latentclass.posterior.relabel import class_features, keeps_names
from latentclass.posterior.samples import flat

__all__ = ["Unconstrained", "forward", "unconstrained"]

_CLASS_VARIABLES = (dims.INTERCEPT, dims.PROBABILITY, dims.ORDINAL_PROBABILITY)

type Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Unconstrained:
    """The draws of a fit as unconstrained vectors, with the density that was sampled.

    Parameters
    ----------
    compiled : Compiled
        The model of the fit.
    draws : DataArray [chain, draw, entry]
        The relabelled draws of all chains.
    pivot : ndarray [class, feature]
        Mean class profiles of the relabelled draws, which names of classes refer to.
    """

    compiled: Compiled
    draws: xr.DataArray
    pivot: NDArray[np.float64]

    @property
    def parts(self) -> tuple[Part, ...]:
        """Where each variable lies in a vector."""
        return self.compiled.parts

    def log_density(self, points: Points) -> NDArray[np.float64]:
        """Return the log of the density that is sampled, likelihood times prior times Jacobian.

        Parameters
        ----------
        points : ndarray [sample, entry]
            Unconstrained vectors.

        Returns
        -------
        ndarray [sample]
            Log densities; minus infinity where the density is no number.
        """
        values, _ = self._target.at(points)
        return np.where(np.isnan(values), -np.inf, values)

    def curvature(
        self, point: NDArray[np.float64], scale: NDArray[np.float64], rows: slice = slice(None)
    ) -> NDArray[np.float64]:
        """Return the negative second derivatives of the log density, from differences of gradients.

        Parameters
        ----------
        point : ndarray [entry]
            Where.
        scale : ndarray [entry]
            Standard deviations of the density: steps are a tenth of them.
        rows : slice
            Which rows of the matrix; all by default.

        Returns
        -------
        ndarray [row, entry]
            The derivatives, symmetric up to the error of the differences.
        """
        entries = np.arange(len(point))[rows]
        return curvature(self._target, point, 0.1 * scale[rows], entries)

    @property
    def _target(self) -> Target:
        return Target(self.compiled.full_density, self.compiled.n_dim)

    def named_alike(self, points: Points) -> NDArray[np.bool_]:
        """Return where relabelling would leave the classes as they are.

        Relabelling divides the space into K! parts of equal probability, one for each naming of the classes. The
        draws of a fit all lie in one of them.

        Parameters
        ----------
        points : ndarray [sample, entry]
            Unconstrained vectors.

        Returns
        -------
        ndarray of bool [sample]
            Whether a vector lies in the part that holds the draws of the fit.
        """
        if len(self.pivot) == 1:
            return np.ones(len(points), dtype=bool)
        return keeps_names(class_features(self._class_variables(points)), self.pivot)

    def _class_variables(self, points: Points) -> xr.Dataset:
        expand, names = self.compiled.expand.frozen(), self.compiled.names
        chosen = [(name, names.index(name)) for name in _CLASS_VARIABLES if name in names]
        values = side_by_side(lambda x: _chosen(expand(x), chosen), points)
        own = self.compiled.pymc_model.named_vars_to_dims
        return xr.Dataset(
            {
                name: ((dims.CHAIN, dims.DRAW, *own[name]), np.stack([v[i] for v in values])[None])
                for i, (name, _) in enumerate(chosen)
            }
        )


def _chosen(outputs: tuple[Any, ...], chosen: list[tuple[str, int]]) -> list[NDArray[np.float64]]:
    return [np.array(outputs[at]) for _, at in chosen]


def unconstrained(fit: Fit) -> Unconstrained:
    """Return the draws of a fit in the space that was sampled, with the density there.

    Parameters
    ----------
    fit : Fit
        The fit.

    Returns
    -------
    Unconstrained
        Draws of all chains, obtained by the transforms of the model, and the compiled density.

    Examples
    --------
    >>> import latentclass as lc
    >>> unconstrained(fit).draws.sizes  # doctest: +SKIP
    Frozen({'chain': 4, 'draw': 1000, 'entry': 231})
    """
    posterior = fit.tree["posterior"].to_dataset()
    compiled = compile_survey(fit.survey, _breaking_order(posterior, fit))
    model = compiled.pymc_model
    natural = {
        rv.name: posterior[rv.name].transpose(dims.CHAIN, dims.DRAW, *model.named_vars_to_dims[rv.name]).to_numpy()
        for rv in model.free_RVs
    }
    vectors = forward(model, natural)
    coords = {dim: posterior[dim].to_numpy() for dim in (dims.CHAIN, dims.DRAW)}
    draws = xr.DataArray(vectors, dims=(dims.CHAIN, dims.DRAW, "entry"), coords=coords)
    return Unconstrained(compiled=compiled, draws=draws, pivot=class_features(posterior).mean(axis=0))


def _breaking_order(posterior: xr.Dataset, fit: Fit) -> NDArray[np.int64] | None:
    """Return the order that breaks off each class's likeliest level first, in which the density is most regular."""
    if dims.PROBABILITY not in posterior:
        return None
    mean = flat(posterior[dims.PROBABILITY], dims.CLASS, dims.ITEM_LEVEL).mean(axis=0)
    return order_of(mean, tuple(len(item.levels) for item in item_layout(fit.survey).free))


def forward(model: pm.Model, natural: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return the unconstrained vectors of draws of the free variables.

    Parameters
    ----------
    model : pymc.Model
        The model.
    natural : mapping of str to ndarray [chain, draw, ...]
        Draws of every free variable.

    Returns
    -------
    ndarray [chain, draw, entry]
        The vectors.
    """
    given = {rv: pt.tensor(rv.name, dtype=rv.dtype, shape=rv.type.shape) for rv in model.free_RVs}
    vectors = []
    for rv, value in given.items():
        transform = model.rvs_to_transforms.get(rv)
        vectors.append((value if transform is None else transform.forward(value, *rv.owner.inputs)).ravel())
    # A transform may depend on other variables, which have given values too.
    vector = pt.concatenate(clone_replace(vectors, given))
    many = {v: pt.tensor(v.name, dtype=v.dtype, shape=(None, None, *v.type.shape)) for v in given.values()}
    # NumPy does all draws in one pass; nothing is worth compiling.
    python = Mode(linker="py", optimizer=None)
    with reproducible(), pytensor.config.change_flags(blas__ldflags=""):
        function = pytensor.function(
            list(many.values()), vectorize_graph(vector, many), mode=python, on_unused_input="ignore"
        )
    return np.asarray(function(*[natural[rv.name] for rv in given]))
