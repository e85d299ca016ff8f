"""Draws by importance sampling from an approximation of the posterior, as a tree like that of a sampler."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.special import gammaln

from latentclass import dims
from latentclass.errors import FitError
from latentclass.infer.ascent import Target, maximise
from latentclass.infer.basins import heavy_basins, starts_in_basins
from latentclass.infer.compiled import Compiled, Vector
from latentclass.infer.coordinates import Coordinates
from latentclass.infer.expanded import expanded
from latentclass.infer.importance import Importance, importance, resampled
from latentclass.infer.laplace import laplace
from latentclass.infer.modes import Modes
from latentclass.infer.pathfinder import mixture_log_density, pathfinder
from latentclass.infer.sampling import Method, Settings
from latentclass.infer.starts import likeliest_first
from latentclass.infer.threads import one_blas_thread
from latentclass.posterior.relabel import class_features, keeps_names
from latentclass.survey import Survey

__all__ = ["approximate", "check_approximable"]

# Ways to the modes, each with a normal of its own.
_WAYS = 8

type Points = NDArray[np.float64]


def check_approximable(survey: Survey, method: str) -> None:
    """Check that a model is one that a normal can approximate.

    Parameters
    ----------
    survey : Survey
        The survey.
    method : str
        Name of the method, for the message.

    Raises
    ------
    FitError
        When every respondent has scores of their own.
    """
    if survey.model.latent_constructs:
        names = ", ".join(map(repr, survey.model.latent_constructs))
        message = (
            f"method={method!r} cannot do latent constructs ({names}): with a score for every respondent among the "
            "parameters the posterior has no useful mode. Use method='nuts', or scores='mean'."
        )
        raise FitError(message)


def approximate(compiled: Compiled, survey: Survey, modes: Modes, settings: Settings) -> xr.DataTree:
    """Draw from an approximation of the posterior, and weigh the draws by the posterior.

    Where the Pareto k of the importance ratios is good, the draws are resampled by their smoothed ratios; otherwise
    they are left as the approximation has them. The ratios are those of one naming of the classes: a draw beyond its
    border has density nil, so that the mean ratio times the number of namings is the marginal likelihood.

    Parameters
    ----------
    compiled : Compiled
        The model.
    survey : Survey
        The survey.
    modes : Modes
        The modes.
    settings : Settings
        How much to draw, and by which method.

    Returns
    -------
    DataTree
        Groups posterior and sample_stats. The attributes of the latter tell the worth of the draws: pareto_k,
        pareto_k_threshold, effective_draws, log_evidence with log_evidence_error, and other_modes, the share of the
        evidence that modes hold which the approximation does not know.

    Raises
    ------
    FitError
        When the posterior has no such approximation.
    """
    rng = np.random.default_rng(settings.seed)
    proposal = {Method.LAPLACE: _by_laplace, Method.PATHFINDER: _by_pathfinder}[settings.method]
    with one_blas_thread():
        drawn = proposal(compiled, survey, modes, settings, rng)
    x = drawn.x
    log_posterior, _ = Target(compiled.full_density, compiled.n_dim).at(x)
    variables = expanded(compiled, x)
    pivot = class_features(compiled.variables(drawn.centre))[0]
    inside = keeps_names(class_features(variables), pivot) if len(pivot) > 1 else np.ones(len(x), dtype=bool)
    ratios = np.where(inside, log_posterior - drawn.log_density, -np.inf)
    found = importance(ratios)
    chosen = resampled(found.log_weights, len(x), rng) if found.ok else np.arange(len(x))
    stats = {"lp": log_posterior[chosen], "log_importance_ratio": ratios[chosen]}
    about = _about(found, survey) | {"other_modes": _elsewhere(modes, drawn.basins)}
    return _tree(compiled, variables.isel({dims.DRAW: chosen}), stats, about, settings)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Drawn:
    """Draws of an approximation with its log density there, its centre, and the basins that it knows."""

    x: Points
    log_density: NDArray[np.float64]
    centre: Vector
    basins: frozenset[int]


def _by_laplace(
    compiled: Compiled, survey: Survey, modes: Modes, settings: Settings, rng: np.random.Generator
) -> _Drawn:
    best = max(heavy_basins(modes), key=lambda mode: mode.weight if np.isfinite(mode.weight) else -1.0)
    assert best.interior is not None
    (point,) = likeliest_first(compiled, survey, [best.interior])
    # Of everything, what priors learn included.
    _, point = maximise(Target(compiled.full_density, compiled.n_dim), Coordinates(compiled.parts, logits=False), point)
    normal = laplace(compiled, point, rng)
    x, log_density = normal.at(rng.standard_normal((settings.draws * settings.chains, compiled.n_dim)))
    return _Drawn(x=x, log_density=log_density, centre=point, basins=frozenset([best.basin]))


def _by_pathfinder(
    compiled: Compiled, survey: Survey, modes: Modes, settings: Settings, rng: np.random.Generator
) -> _Drawn:
    start = starts_in_basins(compiled, survey, modes, named_alike=True)
    seeds = rng.integers(2**32, size=_WAYS)
    normals = pathfinder(compiled, [start(int(seed)) for seed in seeds], rng)
    e = rng.standard_normal((settings.draws * settings.chains, compiled.n_dim))
    x = np.empty_like(e)
    for own, normal in enumerate(normals):
        x[own :: len(normals)] = normal.at(e[own :: len(normals)])
    known = frozenset(mode.basin for mode in heavy_basins(modes))
    return _Drawn(x=x, log_density=mixture_log_density(normals, x), centre=normals[0].mean, basins=known)


def _elsewhere(modes: Modes, known: frozenset[int]) -> float:
    weights = {mode.basin: mode.weight for mode in modes.modes if np.isfinite(mode.weight)}
    return float(sum(weight for basin, weight in weights.items() if basin not in known))


def _about(found: Importance, survey: Survey) -> dict[str, float]:
    return {
        "pareto_k": found.pareto_k,
        "pareto_k_threshold": found.threshold,
        "effective_draws": found.effective,
        "log_evidence": found.log_mean + float(gammaln(survey.model.n_classes + 1)),
        "log_evidence_error": found.error,
    }


def _tree(
    compiled: Compiled,
    variables: xr.Dataset,
    stats: dict[str, NDArray[np.float64]],
    about: dict[str, float],
    settings: Settings,
) -> xr.DataTree:
    """Return independent draws in as many chains as were asked for."""
    shape = (settings.chains, settings.draws)
    coords = {dims.CHAIN: np.arange(shape[0]), dims.DRAW: np.arange(shape[1])}
    data = {name: (v.dims, v.to_numpy().reshape(*shape, *v.shape[2:])) for name, v in variables.data_vars.items()}
    posterior = xr.Dataset(data, coords={**variables.coords, **coords})
    drawn = {name: ((dims.CHAIN, dims.DRAW), values.reshape(shape)) for name, values in stats.items()}
    sample_stats = xr.Dataset(drawn, coords=coords, attrs=about)
    return xr.DataTree.from_dict({"posterior": posterior, "sample_stats": sample_stats})
