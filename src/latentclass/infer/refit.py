"""Refits without the answers of one respondent, with the model compiled once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytensor
import xarray as xr
from pytensor.compile.mode import Mode
from pytensor.graph.replace import clone_replace

from latentclass import dims
from latentclass.graph.layout import item_layout
from latentclass.infer.compiled import Compiled, Vector, compile_survey
from latentclass.infer.sampling import Sampler, Settings, draw
from latentclass.infer.starts import order_of
from latentclass.infer.threads import available_cores
from latentclass.posterior import Fit

__all__ = ["refits_without", "unconstrained"]

_CHAINS = 4


def refits_without(
    fit: Fit, respondents: Sequence[int], *, draws: int = 500, tune: int = 300, seed: int = 0
) -> Iterator[xr.Dataset]:
    """Sample the posterior anew without the answers to the items of one respondent, for each of some.

    Covariates and indicators of the respondent stay. Every chain starts at a draw of the fit, so that it is where the
    posterior is from the start, in the same mode as the fit.

    Parameters
    ----------
    fit : Fit
        The fit.
    respondents : sequence of int
        Positions of the respondents that are left out, one after the other.
    draws, tune : int
        Draws kept per chain, and draws to adapt in.
    seed : int
        Seed.

    Yields
    ------
    Dataset [chain, draw, ...]
        Draws of all variables of the model. The classes are named as the sampler found them, not relabelled.

    Raises
    ------
    FitError
        When the sampler fails.
    """
    if not len(respondents):
        return
    rank = _likeliest_first(fit)
    compiled = compile_survey(fit.survey, rank)
    settings = Settings(
        draws=draws,
        tune=tune,
        chains=_CHAINS,
        cores=min(available_cores(), _CHAINS),
        target_accept=0.9,
        seed=seed,
        sampler=Sampler.NUTPIE,
        progressbar=False,
    )
    rng = np.random.default_rng(seed)
    posterior = fit.posterior.stack(sample=(dims.CHAIN, dims.DRAW))
    chosen = rng.choice(posterior.sizes["sample"], size=64, replace=posterior.sizes["sample"] < 64)
    points = unconstrained(compiled, [posterior.isel(sample=int(i)) for i in chosen])
    for number, respondent in enumerate(respondents):
        codes = np.array(fit.survey.codes)
        codes[respondent] = -1
        compiled.pymc_model.set_data("codes", codes)
        own = replace(settings, seed=int(rng.integers(2**31)) + number)
        tree = draw(compiled, lambda s: points[int(s) % len(points)].copy(), own, _keep_nothing)
        yield tree["posterior"].to_dataset()


def unconstrained(compiled: Compiled, points: Sequence[xr.Dataset]) -> list[Vector]:
    """Return the unconstrained vectors of points given by their variables.

    Parameters
    ----------
    compiled : Compiled
        The model.
    points : sequence of Dataset
        All free variables of the model, without chain and draw.

    Returns
    -------
    list of ndarray of shape (n_dim,)
        The vectors.
    """
    model = compiled.pymc_model
    values = {rv: rv.type(f"{rv.name}_value") for rv in model.free_RVs}
    outputs = []
    for rv, value in values.items():
        transform = model.rvs_to_transforms.get(rv)
        outputs.append(value if transform is None else transform.forward(value, *rv.owner.inputs))
    # Transforms may depend on other variables; plain Python, since to compile it takes longer than to run it.
    outputs = clone_replace(outputs, values)
    mode = Mode(linker="py", optimizer=None)
    function = pytensor.function(list(values.values()), outputs, mode=mode, on_unused_input="ignore")
    names = [rv.name for rv in values]
    found = []
    for point in points:
        natural = [point[n].transpose(*model.named_vars_to_dims[n]).to_numpy().astype(float) for n in names]
        found.append(np.concatenate([np.ravel(entry) for entry in function(*natural)]))
    return found


def _likeliest_first(fit: Fit) -> np.ndarray | None:
    free = item_layout(fit.survey).free
    if not free:
        return None
    profile = fit.posterior[dims.PROBABILITY].mean((dims.CHAIN, dims.DRAW)).transpose(dims.CLASS, dims.ITEM_LEVEL)
    return order_of(profile.to_numpy(), tuple(len(item.levels) for item in free))


def _keep_nothing(tree: xr.DataTree) -> None:
    """Let go of what a refit has drawn so far: it is quicker repeated than recovered."""
