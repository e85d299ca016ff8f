"""Refits without the answers of one respondent, with the model compiled once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from latentclass import dims
from latentclass.infer.sampling import Sampler, Settings, draw
from latentclass.infer.threads import available_cores
from latentclass.infer.unconstrained import Unconstrained, unconstrained
from latentclass.posterior import Fit
from latentclass.posterior.samples import evenly

__all__ = ["refits_without"]

_CHAINS = 4
_MOST_STARTS = 200


def refits_without(
    fit: Fit, respondents: Sequence[int], *, draws: int = 500, tune: int = 300, seed: int = 0
) -> Iterator[xr.Dataset]:
    """Sample the posterior anew without the answers to the items of one respondent, for each of some.

    Covariates and indicators of the respondent stay. Every chain starts at a draw of the fit, so that it is where the
    posterior is from the start, in the same mode as the fit. Of a row that stands for several respondents, one is left
    out.

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
    space = unconstrained(fit)
    compiled, points = space.compiled, _starts(fit, space)
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
    for number, respondent in enumerate(respondents):
        if fit.survey.counts is None:
            codes = np.array(fit.survey.codes)
            codes[respondent] = -1
            compiled.set_data("codes", codes)
        else:
            weights = fit.survey.weights
            weights[respondent] -= 1
            compiled.set_data(dims.COUNTS, weights)
        own = replace(settings, seed=int(rng.integers(2**31)) + number)
        tree = draw(compiled, lambda s: points[int(s) % len(points)].copy(), own, _keep_nothing)
        yield tree["posterior"].to_dataset()


def _starts(fit: Fit, space: Unconstrained) -> NDArray[np.float64]:
    """Return draws of the first solution, the one that all answers come from."""
    draws = space.draws.sel({dims.CHAIN: list(fit.solutions["chains"].iloc[0])}).transpose(..., "entry").to_numpy()
    flat = draws.reshape(-1, draws.shape[-1])
    return flat[evenly(len(flat), _MOST_STARTS)]


def _keep_nothing(tree: xr.DataTree) -> None:
    """Let go of what a refit has drawn so far: it is quicker repeated than recovered."""
