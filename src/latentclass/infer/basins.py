"""Basins of the posterior that chains and approximations start from."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from latentclass import dims
from latentclass.infer.compiled import Compiled, Vector
from latentclass.infer.expanded import expanded
from latentclass.infer.modes import Mode, Modes
from latentclass.infer.sampling import chain_starts
from latentclass.infer.starts import likeliest_first
from latentclass.infer.unconstrained import forward
from latentclass.posterior import relabel
from latentclass.survey import Survey

__all__ = ["heavy_basins", "starts_in_basins"]

# A basin below this share of the evidence gets no chain.
_LEAST_WEIGHT = 0.1


def heavy_basins(modes: Modes) -> list[Mode]:
    """Return the highest mode of every basin that matters.

    Parameters
    ----------
    modes : Modes
        The modes.

    Returns
    -------
    list of Mode
        At least one, in the order of the modes.
    """
    basins = {mode.basin: mode for mode in reversed(modes.modes) if mode.interior is not None}
    return [basins[b] for b in sorted(basins) if basins[b].weight >= _LEAST_WEIGHT] or [basins[min(basins)]]


def starts_in_basins(
    compiled: Compiled, survey: Survey, modes: Modes, *, named_alike: bool = False
) -> Callable[[int], Vector]:
    """Return the function from a seed to a start, dispersed around the modes of the basins that matter.

    Parameters
    ----------
    compiled : Compiled
        The model; the likeliest level of every class is broken off first from here on.
    survey : Survey
        The survey.
    modes : Modes
        The modes.
    named_alike : bool
        Whether the classes of all modes take their names from the first.

    Returns
    -------
    callable
        Seed to start.
    """
    chosen = heavy_basins(modes)
    points = [mode.interior for mode in chosen if mode.interior is not None]
    spreads = [np.zeros(compiled.n_dim) if m.standard_deviation is None else m.standard_deviation for m in chosen]
    weights = [mode.weight if np.isfinite(mode.weight) else 1.0 for mode in chosen]
    if named_alike and len(points) > 1:
        points, spreads = _named_alike(compiled, points), [np.zeros(compiled.n_dim)] * len(points)
    points = likeliest_first(compiled, survey, points)
    fixed = np.full(compiled.n_dim, 0.1)
    for part in compiled.parts:
        if part.name == dims.SCORE:
            fixed[part.where] = 0.3
    return chain_starts(list(zip(weights, points, spreads, strict=True)), fixed)


def _named_alike(compiled: Compiled, points: list[Vector]) -> list[Vector]:
    model = compiled.pymc_model
    variables = expanded(compiled, np.stack(points))
    found = relabel(variables, variables.isel({dims.DRAW: [0]})).posterior
    natural = {
        rv.name: found[rv.name].transpose(dims.CHAIN, dims.DRAW, *model.named_vars_to_dims[rv.name]).to_numpy()
        for rv in model.free_RVs
    }
    return list(forward(model, natural)[0])
