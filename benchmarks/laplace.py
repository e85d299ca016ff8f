"""A stand-in for a posterior where hundreds are needed: penalised maximum likelihood and a Laplace approximation.

For models with free items. The mode is climbed by EM from the parameters that generated the survey, so that there is
nothing to search and nothing to relabel; draws are normal in the logits, with the information that the respondents'
scores hold at the mode plus the curvature of the prior.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr
from scipy.special import softmax

import latentclass as lc
from latentclass.checks.point import Point, item_slices
from latentclass.checks.scores import score_columns
from latentclass.posterior.convergence import check_convergence
from latentclass.survey import Survey

N_CHAINS, N_DRAWS = 2, 200
_SLOPE_SD = 1.0


def laplace_fit(survey: Survey, start: xr.Dataset, *, prior: float = 1.0, seed: int = 0, steps: int = 150) -> lc.Fit:
    """Return draws around the penalised mode near given parameters, as a fit.

    `prior` is the number of answers that the prior adds to every level of every item in every class.
    """
    slices, n_classes = item_slices(survey), survey.model.n_classes
    design = np.hstack([np.ones((survey.n_respondents, 1)), *(g.matrix for g in survey.groups)])
    probability, logits = start["probability"].to_numpy(), _coefficients(survey, start)
    hessian = np.linalg.inv(design.T @ design / 4 + np.eye(design.shape[1]) / _SLOPE_SD**2)
    for _ in range(steps):
        point = _point(survey, probability, logits, design)
        answers = point.answers(survey.codes, np.arange(survey.n_respondents))
        counts = prior + answers.membership.T @ answers.chosen
        probability = np.hstack([counts[:, s] / counts[:, s].sum(axis=1, keepdims=True) for s in slices])
        slope = design.T @ (answers.membership - answers.share) - logits / _SLOPE_SD**2
        logits = logits + hessian @ slope
        logits = logits - logits.mean(axis=1, keepdims=True)
    point = _point(survey, probability, logits, design)
    score = score_columns(point, point.answers(survey.codes, np.arange(survey.n_respondents)))
    n_membership = (n_classes - 1) * design.shape[1]
    curvature = score.T @ score
    curvature[np.diag_indices(n_membership)] += 1 / _SLOPE_SD**2 if n_membership else 0.0
    curvature[n_membership:, n_membership:] += prior * point.derivative.T @ point.derivative
    rng = np.random.default_rng(seed)
    root = np.linalg.inv(np.linalg.cholesky(curvature)).T
    steps_drawn = rng.normal(size=(N_CHAINS * N_DRAWS, len(curvature))) @ root.T
    return _fit(survey, *_moved(point, logits, steps_drawn, slices))


def _moved(point: Point, logits: np.ndarray, step: np.ndarray, slices: list[slice]) -> tuple[np.ndarray, np.ndarray]:
    """Move logits of membership [column, class] and of the items by steps in the order of the scores."""
    n, (n_columns, n_classes) = len(step), logits.shape
    n_membership = (n_classes - 1) * n_columns
    own = step[:, :n_membership].reshape(n, n_classes - 1, n_columns).transpose(0, 2, 1)
    membership = logits + np.concatenate([own, np.zeros((n, n_columns, 1))], axis=2)
    membership -= membership.mean(axis=2, keepdims=True)
    at, parts = n_membership, []
    for where in slices:
        p = point.probability[:, where]
        n_free = n_classes * (p.shape[1] - 1)
        moved = np.zeros((n, *p.shape))
        steps = step[:, at : at + n_free].reshape(n, n_classes, -1)
        for k, row in enumerate(p):
            moved[:, k, np.delete(np.arange(len(row)), row.argmax())] = steps[:, k]
        parts.append(softmax(np.log(p) + moved, axis=2))
        at += n_free
    return np.concatenate(parts, axis=2), membership


def _coefficients(survey: Survey, parameters: xr.Dataset) -> np.ndarray:
    if survey.model.n_classes == 1:
        return np.zeros((1 + sum(g.matrix.shape[1] for g in survey.groups), 1))
    parts = [parameters["intercept"].to_numpy()[None]]
    parts += [parameters[f"slope_{g.name}"].transpose(..., "class").to_numpy() for g in survey.groups]
    return np.vstack(parts)


def _posterior(survey: Survey, probability: np.ndarray, logits: np.ndarray) -> xr.Dataset:
    classes = list(survey.model.class_names)
    shape = (N_CHAINS, len(probability) // N_CHAINS)
    coords: dict[str, object] = {
        "chain": range(N_CHAINS),
        "draw": range(shape[1]),
        "class": classes,
        "item_level": [f"{i.name}={level}" for i in survey.items for level in i.levels],
    }
    probability = probability.reshape(*shape, *probability.shape[1:])
    logits = logits.reshape(*shape, *logits.shape[1:])
    found = {"probability": (("chain", "draw", "class", "item_level"), probability)}
    if len(classes) > 1:
        found["intercept"] = (("chain", "draw", "class"), logits[:, :, 0])
        first = 1
        for group in survey.groups:
            dim, last = f"{group.name}_covariate", first + len(group.columns)
            found[f"slope_{group.name}"] = (("chain", "draw", dim, "class"), logits[:, :, first:last])
            coords[dim] = [c.label for c in group.columns]
            first = last
    return xr.Dataset(found, coords=coords)


def _point(survey: Survey, probability: np.ndarray, logits: np.ndarray, design: np.ndarray) -> Point:
    repeat = np.ones((N_CHAINS, 1, 1))
    mean = _posterior(survey, probability * repeat, logits * repeat).mean(("chain", "draw"))
    return Point.at(mean, survey, softmax(design @ logits, axis=1))


def _fit(survey: Survey, probability: np.ndarray, logits: np.ndarray) -> lc.Fit:
    posterior = _posterior(survey, probability, logits)
    stats = xr.Dataset({"diverging": (("chain", "draw"), np.zeros((N_CHAINS, posterior.sizes["draw"]), dtype=bool))})
    return lc.Fit(
        model=survey.model,
        survey=survey,
        tree=xr.DataTree.from_dict({"posterior": posterior, "sample_stats": stats}),
        modes=pd.DataFrame({"hits": [1]}, index=pd.Index([1], name="mode")),
        solutions=pd.DataFrame({"chains": [tuple(range(N_CHAINS))]}),
        convergence=check_convergence(posterior, stats, xr.ones_like(stats["diverging"], dtype=float)),
    )
