"""Where searches and chains start, as unconstrained vectors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from latentclass import dims
from latentclass.graph.layout import item_layout
from latentclass.infer.compiled import Compiled, Part, Vector
from latentclass.model import Hierarchical, IndicatorKind, RegularizedHorseshoe
from latentclass.survey import Survey

__all__ = ["break_sticks", "fixed_part", "likeliest_first", "order_of", "random_start"]

_FEWEST = 1e-6


def random_start(compiled: Compiled, survey: Survey, rng: np.random.Generator) -> Vector:
    """Return a random start for the search of modes.

    Class profiles are drawn around the answers of the whole sample, wide enough for classes that answer quite
    differently; slopes and locations are drawn around zero.

    Parameters
    ----------
    compiled : Compiled
        The model.
    survey : Survey
        The survey.
    rng : Generator
        Source of randomness.

    Returns
    -------
    ndarray of shape (n_dim,)
        The start.
    """
    x = fixed_part(compiled, survey)
    for part in compiled.parts:
        if part.name == dims.PROBABILITY:
            rank = np.asarray(compiled.pymc_model["breaking_order"].get_value())
            x[part.where] = break_sticks(_random_profiles(survey, rng), part, rank).ravel()
        elif part.name == dims.BASELINE:
            columns = [
                survey.codes[:, j] for j, item in enumerate(survey.items) if item in item_layout(survey).cumulative
            ]
            sizes = part.transform.blocks.sizes if part.transform else ()
            x[part.where] = break_sticks(np.concatenate(_frequencies(columns, sizes, survey.counts)), part)
        elif part.searched:
            spread = 1.0 if part.name == dims.LOCATION else 0.3
            x[part.where] = rng.normal(0.0, spread, size=int(np.prod(part.shape)))
    return x


def _random_profiles(survey: Survey, rng: np.random.Generator) -> Vector:
    free = item_layout(survey).free
    columns = [survey.codes[:, j] for j, item in enumerate(survey.items) if item in free]
    overall = _frequencies(columns, [len(item.levels) for item in free], survey.counts)
    # A concentration of the number of levels spreads the classes over the simplex, and no level starts out of reach.
    rows = [
        np.concatenate([rng.dirichlet(0.5 + 0.5 * len(p) * p) for p in overall]) for _ in range(survey.model.n_classes)
    ]
    return np.clip(np.stack(rows), 1e-3, None)


def _frequencies(
    columns: list[NDArray[np.int64]], sizes: list[int] | tuple[int, ...], counts: NDArray[np.int64] | None = None
) -> list[Vector]:
    found = []
    for codes, size in zip(columns, sizes, strict=True):
        given = codes >= 0
        found.append(np.bincount(codes[given], None if counts is None else counts[given], minlength=size) + 0.5)
    return [f / f.sum() for f in found]


def break_sticks(probability: Vector, part: Part, rank: NDArray[np.int64] | None = None) -> Vector:
    """Return the log-odds whose stick-breaking gives these probabilities.

    Parameters
    ----------
    probability : ndarray of shape (..., n_cells)
        A row of simplexes, up to a constant for each.
    part : Part
        The variable.
    rank : ndarray of int, optional
        Order of breaking.

    Returns
    -------
    ndarray of shape (..., n_breaks)
        Log-odds.
    """
    ordered = probability if rank is None else np.take_along_axis(probability, np.argsort(rank, axis=-1), axis=-1)
    found, start = [], 0
    for size in part.transform.blocks.sizes if part.transform else ():
        simplex = np.clip(ordered[..., start : start + size], _FEWEST, None)
        rest = np.cumsum(simplex[..., ::-1], axis=-1)[..., ::-1][..., 1:]
        found.append(np.log(simplex[..., :-1]) - np.log(rest))
        start += size
    return np.concatenate(found, axis=-1)


def order_of(probability: Vector, sizes: tuple[int, ...]) -> NDArray[np.int64]:
    """Return the order that breaks off each class's own likeliest level first.

    Parameters
    ----------
    probability : ndarray of shape (class, n_cells)
        Profiles.
    sizes : tuple of int
        Numbers of levels.

    Returns
    -------
    ndarray of int, shape (class, n_cells)
        Place of every level.
    """
    places, start = [], 0
    for size in sizes:
        simplex = probability[:, start : start + size]
        places.append(start + np.argsort(np.argsort(-simplex, axis=1, kind="stable"), axis=1, kind="stable"))
        start += size
    return np.concatenate(places, axis=1)


def likeliest_first(compiled: Compiled, survey: Survey, points: list[Vector]) -> list[Vector]:
    """Break off each class's likeliest level first, from here on, and restate the points so.

    Parameters
    ----------
    compiled : Compiled
        The model; its order of breaking is changed.
    survey : Survey
        The survey.
    points : list of ndarray of shape (n_dim,)
        Points, the first of which tells what is likeliest.

    Returns
    -------
    list of ndarray of shape (n_dim,)
        The same points as vectors of the model in its new order.
    """
    part = next((p for p in compiled.parts if p.name == dims.PROBABILITY), None)
    if part is None:
        return points
    profiles = [compiled.variables(x)[dims.PROBABILITY].to_numpy() for x in points]
    rank = order_of(profiles[0], tuple(len(item.levels) for item in item_layout(survey).free))
    compiled.set_data("breaking_order", rank)
    restated = []
    for x, profile in zip(points, profiles, strict=True):
        moved = x.copy()
        moved[part.where] = break_sticks(profile, part, rank).ravel()
        restated.append(moved)
    return restated


def fixed_part(compiled: Compiled, survey: Survey) -> Vector:
    """Return a vector whose construct part holds classical estimates, and zero where the search begins elsewhere.

    Scores are standardised scale means, loadings follow from the correlations of the indicators with them,
    thresholds from the answer frequencies. Scales that a prior learns are at the scale that it expects.

    Parameters
    ----------
    compiled : Compiled
        The model.
    survey : Survey
        The survey.

    Returns
    -------
    ndarray of shape (n_dim,)
        The vector.
    """
    x = np.zeros(compiled.n_dim)
    expected = _expected_scales(survey)
    for part in compiled.parts:
        if part.name == dims.ALLOCATION:
            x[part.where] = break_sticks(np.ones(len(survey.model.allocated_groups)), part)
        elif dims.is_hyper(part.name):
            x[part.where] = expected.get(part.name, 0.0)
    if not survey.model.latent_constructs:
        return x
    estimates = _classical_estimates(survey)
    for part in compiled.parts:
        if part.name == dims.LIKERT_BASELINE and part.transform is not None:
            columns = list(survey.likert_codes.T)
            x[part.where] = break_sticks(np.concatenate(_frequencies(columns, part.transform.blocks.sizes)), part)
        elif part.name in estimates:
            x[part.where] = estimates[part.name].ravel()
    return x


def _expected_scales(survey: Survey) -> dict[str, float]:
    """Return what the priors of slopes learn, in its unconstrained coordinate, where the prior puts its scale."""
    priors, found = survey.model.priors, {}
    for group in survey.groups:
        prior = priors.of_group(group.name)
        if isinstance(prior, Hierarchical | RegularizedHorseshoe):
            found[dims.effect_scale_name(group.name)] = float(np.log(prior.scale))
        if isinstance(prior, RegularizedHorseshoe):
            found[dims.slab_variance_name(group.name)] = 2.0 * float(np.log(prior.slab_scale))
    if priors.allocation is not None:
        found[dims.EXPLAINED] = float(np.log(priors.allocation.mean / (1.0 - priors.allocation.mean)))
    return found


def _classical_estimates(survey: Survey) -> dict[str, Vector]:
    values, construct, likert = _indicator_values(survey)
    names = survey.model.latent_constructs
    markers = {survey.model.constructs[name].marker for name in names}
    marker = np.array([column.name in markers for column in _in_order(survey)])
    score, correlation = np.empty((len(values), len(names))), np.empty(values.shape[1])
    for c in range(len(names)):
        own = np.flatnonzero(construct == c)
        block = values[:, own]
        anchor = block[:, marker[own]][:, 0]
        sign = np.sign(np.nan_to_num([_correlation(anchor, block[:, j]) for j in range(len(own))], nan=1.0))
        mean = _mean_of_answered(block * np.where(sign == 0, 1.0, sign))
        # Of average 0, where coordinates and scores agree.
        score[:, c] = 0.9 * (mean - mean.mean()) / max(float(mean.std()), 1e-9)
        correlation[own] = [_correlation(mean, block[:, j]) for j in range(len(own))]
    correlation = np.clip(np.nan_to_num(correlation, nan=0.5), -0.9, 0.9)
    residual = np.sqrt(1.0 - correlation**2)
    loading = np.where(likert, correlation / residual * np.pi / np.sqrt(3.0), correlation)
    cholesky = np.linalg.cholesky(0.7 * np.atleast_2d(np.corrcoef(score.T)) + 0.3 * np.eye(len(names)))
    rows, columns = np.tril_indices(len(names), -1)
    return {
        dims.SCORE: score,
        "score_cholesky": (cholesky / np.diag(cholesky)[:, None])[rows, columns],
        dims.MARKER_LOADING: np.log(np.maximum(loading[marker], 0.2)),
        dims.FREE_LOADING: loading[~marker],
        dims.INDICATOR_MEAN: np.zeros(int((~likert).sum())),
        dims.INDICATOR_SD: np.log(residual[~likert]),
    }


def _in_order(survey: Survey) -> list:
    latent = survey.model.latent_constructs
    return [column for column in survey.indicators if column.construct in latent]


def _indicator_values(survey: Survey) -> tuple[Vector, NDArray[np.int64], NDArray[np.bool_]]:
    columns, names = _in_order(survey), survey.model.latent_constructs
    likert = np.array([column.kind is IndicatorKind.LIKERT for column in columns])
    values = np.empty((survey.n_respondents, len(columns)))
    codes = np.where(survey.likert_codes < 0, np.nan, survey.likert_codes)
    with np.errstate(invalid="ignore"):
        values[:, likert] = (codes - np.nanmean(codes, axis=0)) / np.nanstd(codes, axis=0) if likert.any() else codes
    values[:, ~likert] = survey.continuous_values
    return values, np.array([names.index(column.construct) for column in columns]), likert


def _mean_of_answered(values: Vector) -> Vector:
    answered = ~np.isnan(values)
    return np.where(answered, values, 0.0).sum(axis=1) / np.maximum(answered.sum(axis=1), 1)


def _correlation(a: Vector, b: Vector) -> float:
    both = ~np.isnan(a) & ~np.isnan(b)
    if both.sum() < 3 or a[both].std() == 0 or b[both].std() == 0:
        return float("nan")
    return float(np.corrcoef(a[both], b[both])[0, 1])
