"""Surveys with a quick stand-in for their posterior: penalised maximum likelihood and draws around it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import latentclass as lc
from latentclass.checks.point import Point, item_slices
from latentclass.posterior.convergence import check_convergence
from latentclass.survey import Survey, read_survey

N_CHAINS, N_DRAWS = 2, 1000


def fit_of(survey: Survey, posterior: xr.Dataset) -> lc.Fit:
    """Return draws as a fit."""
    stats = xr.Dataset({"diverging": (("chain", "draw"), np.zeros((N_CHAINS, posterior.sizes["draw"]), dtype=bool))})
    margin = xr.ones_like(stats["diverging"], dtype=float)
    return lc.Fit(
        model=survey.model,
        survey=survey,
        tree=xr.DataTree.from_dict({"posterior": posterior, "sample_stats": stats}),
        modes=pd.DataFrame({"hits": [1]}, index=pd.Index([1], name="mode")),
        solutions=pd.DataFrame({"chains": [tuple(range(N_CHAINS))]}),
        convergence=check_convergence(posterior, stats, margin),
    )


def quick_fit(survey: Survey, start: xr.Dataset, seed: int = 0) -> lc.Fit:
    """Return a fit of free items: EM from given parameters, then draws of the complete-data posterior around its end.

    These draws are too narrow, which makes the checks a little easier to fail, not harder.
    """
    probability, logits = start["probability"].to_numpy(), _coefficients(survey, start)
    design = np.hstack([np.ones((survey.n_respondents, 1)), *(g.matrix for g in survey.groups)])
    slices = item_slices(survey)
    for _ in range(60):
        point = _point(survey, probability, logits, design)
        answers = point.answers(survey.codes, np.arange(survey.n_respondents))
        counts = 0.5 + answers.membership.T @ answers.chosen
        probability = np.hstack([counts[:, s] / counts[:, s].sum(axis=1, keepdims=True) for s in slices])
        surplus = design.T @ (answers.membership - answers.share)
        logits = logits + np.linalg.solve(design.T @ design, surplus) * 2
        logits = logits - logits.mean(axis=1, keepdims=True)
    rng = np.random.default_rng(seed)
    shape = (N_CHAINS, N_DRAWS)
    drawn = [np.moveaxis([rng.dirichlet(c, size=shape) for c in counts[:, s]], 0, 2) for s in slices]
    root = np.linalg.cholesky(np.linalg.inv(design.T @ design)) * 2
    noise = np.einsum("pq,cdqk->cdpk", root, rng.normal(size=(*shape, *logits.shape)))
    noise -= noise.mean(axis=-1, keepdims=True)
    return fit_of(survey, _posterior(survey, np.concatenate(drawn, axis=-1), logits + noise))


def _coefficients(survey: Survey, parameters: xr.Dataset) -> np.ndarray:
    if survey.model.n_classes == 1:
        return np.zeros((1 + sum(g.matrix.shape[1] for g in survey.groups), 1))
    parts = [parameters["intercept"].to_numpy()[None]]
    parts += [parameters[f"slope_{g.name}"].transpose(..., "class").to_numpy() for g in survey.groups]
    return np.vstack(parts)


def _posterior(survey: Survey, probability: np.ndarray, logits: np.ndarray) -> xr.Dataset:
    classes = list(survey.model.class_names)
    coords = {
        "chain": range(N_CHAINS),
        "draw": range(probability.shape[1]),
        "class": classes,
        "item_level": [f"{i.name}={level}" for i in survey.items for level in i.levels],
    }
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
    repeat = np.ones((N_CHAINS, 1, 1, 1))
    mean = _posterior(survey, probability * repeat, logits * repeat).mean(("chain", "draw"))
    eta = design @ logits
    share = np.exp(eta - eta.max(axis=1, keepdims=True))
    return Point.at(mean, survey, share / share.sum(axis=1, keepdims=True))


def survey_model(n_classes: int = 2, n_items: int = 6) -> lc.Model:
    return lc.Model(
        items=lc.ordinal(*(f"item_{j + 1}" for j in range(n_items)), levels=[1, 2, 3], structure="free"),
        n_classes=n_classes,
        factor_groups={"group": ["x_1", "x_2"]},
    )


def truth(n_classes: int = 2, n_items: int = 6) -> xr.Dataset:
    """Return parameters of well-separated classes."""
    low, high = [0.6, 0.3, 0.1], [0.1, 0.25, 0.65]
    split = n_items // 2
    profiles = {0: [low] * n_items, 1: [high] * n_items, 2: [low] * split + [high] * (n_items - split)}
    names = [f"Class {k + 1}" for k in range(n_classes)]
    slope = np.array([[0.6, -0.3, -0.3], [0.0, 0.0, 0.0]])[:, :n_classes]
    return xr.Dataset(
        {
            "probability": (("class", "item_level"), [np.concatenate(profiles[k]) for k in range(n_classes)]),
            "intercept": ("class", np.zeros(n_classes)),
            "slope_group": (("group_covariate", "class"), slope - slope.mean(axis=1, keepdims=True)),
        },
        coords={
            "class": names,
            "item_level": [f"item_{j + 1}={level}" for j in range(n_items) for level in (1, 2, 3)],
            "group_covariate": ["x_1", "x_2"],
        },
    )


def simulated(n: int, seed: int, n_classes: int = 2, missing: float = 0.0) -> pd.DataFrame:
    covariates = pd.DataFrame(np.random.default_rng(seed).normal(size=(n, 2)), columns=["x_1", "x_2"])
    drawn = lc.simulate(survey_model(n_classes), truth(n_classes), covariates, seed=seed, missing=missing)
    return drawn.frame


@pytest.fixture(scope="session")
def right() -> lc.Fit:
    """Return a fit of the model that generated the survey, with answers missing."""
    frame = simulated(400, 15, missing=0.1)
    return quick_fit(read_survey(survey_model(), frame), truth())


@pytest.fixture(scope="session")
def dependent() -> lc.Fit:
    """Return a fit to a survey in which item_2 copies item_1 for three in ten, and x_2 acts on item_5."""
    frame = simulated(500, 6)
    rng = np.random.default_rng(0)
    copied = rng.random(len(frame)) < 0.3
    frame.loc[copied, "item_2"] = frame.loc[copied, "item_1"]
    raised = (frame["x_2"] > 0.5) & (rng.random(len(frame)) < 0.6)
    frame.loc[raised, "item_5"] = 3
    return quick_fit(read_survey(survey_model(), frame), truth())
