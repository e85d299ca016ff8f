"""Graphs evaluated by Python alone: nothing is compiled, so that every test can afford a model of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt
import xarray as xr
from pytensor.compile.mode import Mode
from pytensor.graph.replace import clone_replace
from scipy.special import softmax

# Python multiplies matrices with NumPy; looking for the BLAS of a C compiler takes seconds and warns if there is none.
pytensor.config.blas__ldflags = ""
IN_PYTHON = Mode(linker="py", optimizer=None)


def in_python(inputs: Sequence, outputs) -> Callable:
    return pytensor.function(inputs, outputs, mode=IN_PYTHON, on_unused_input="ignore")


def free_values(pymc_model: pm.Model, parameters: xr.Dataset) -> dict[str, np.ndarray]:
    """Return the free variables of a model from the parameters of the NumPy twin."""
    found = {str(name): array for name, array in parameters.data_vars.items()}
    if "loading" in found:
        for dim in ("marker", "free_indicator"):
            own = found["loading"].sel(indicator=list(pymc_model.coords[dim]))
            found["free_loading" if dim == "free_indicator" else "marker_loading"] = own.rename(indicator=dim)
    if "score_correlation" in found:
        factor = np.linalg.cholesky(found["score_correlation"].to_numpy())
        found["score_cholesky"] = found["score_correlation"].copy(data=factor)
    if "intercept" in found:
        found["class_share"] = found["intercept"].copy(data=softmax(found["intercept"].to_numpy()))
    return {
        rv.name: found[rv.name].transpose(*pymc_model.named_vars_to_dims[rv.name]).to_numpy()
        for rv in pymc_model.free_RVs
    }


def unconstrained(pymc_model: pm.Model, natural: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return values of the model's value variables, as its transforms make them."""
    given = {rv: pt.as_tensor(natural[rv.name]) for rv in pymc_model.free_RVs}
    names, values = [], []
    for rv, value in given.items():
        transform = pymc_model.rvs_to_transforms[rv]
        names.append(pymc_model.rvs_to_values[rv].name)
        values.append(value if transform is None else transform.forward(value, *rv.owner.inputs))
    # A transform may depend on other variables, which have given values too.
    made = in_python([], clone_replace(values, given))()
    return dict(zip(names, made, strict=True))


def log_densities(pymc_model: pm.Model, *, jacobian: bool = False) -> Callable[[xr.Dataset], dict[str, np.ndarray]]:
    """Return a function from parameters to the log density of every variable, free ones summed."""
    evaluate = in_python(pymc_model.value_vars, pymc_model.logp(sum=False, jacobian=jacobian))
    free = {rv.name for rv in pymc_model.free_RVs}

    def of(parameters: xr.Dataset) -> dict[str, np.ndarray]:
        values = evaluate(**unconstrained(pymc_model, free_values(pymc_model, parameters)))
        names = [rv.name for rv in pymc_model.basic_RVs]
        return {name: v.sum() if name in free else v for name, v in zip(names, values, strict=True)}

    return of


def central_differences(function: Callable[[np.ndarray], float], x: np.ndarray, step: float = 1e-5) -> np.ndarray:
    """Return the gradient of a function, with an error of the order of `step` squared."""
    found = np.empty(x.size)
    for i in range(x.size):
        upper, lower = x.copy(), x.copy()
        upper.flat[i] += step
        lower.flat[i] -= step
        found[i] = (function(upper) - function(lower)) / (2 * step)
    return found.reshape(x.shape)
