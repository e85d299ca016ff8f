"""Small surveys with made-up draws, each draw a set of parameters that the NumPy twin can judge."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.special import logit

import latentclass as lc
from latentclass.model import Model
from latentclass.simulation import draw_parameters, level_probabilities
from latentclass.survey import Survey, read_survey

N_CHAINS, N_DRAWS = 2, 4


class Example(NamedTuple):
    """A survey, draws of its model's variables, and the same draws one by one."""

    survey: Survey
    posterior: xr.Dataset
    parameters: list[xr.Dataset]


def covariates(n: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "age": rng.integers(20, 65, size=n),
            "tenure": rng.gamma(2.0, 5.0, size=n),
            "remote": rng.integers(0, 2, size=n),
            "industry": rng.choice(["bank", "media", "retail"], size=n),
            "ease": rng.normal(size=n),
            "support_1": rng.integers(1, 6, size=n),
            "support_2": rng.integers(1, 6, size=n),
        },
        index=[f"r{i}" for i in range(n)],
    )


def full_model(n_classes: int = 3) -> Model:
    return lc.Model(
        items=[
            *lc.ordinal("sharing", "dialogue", levels=range(1, 6), dispersion=True),
            *lc.binary("posted", levels=["no", "yes"]),
            *lc.ordinal("networking", levels=[1, 2, 3]),
            *lc.nominal("channel", levels=["wiki", "blog", "chat"]),
            *lc.ordinal("trust", levels=[1, 2, 3, 4], structure="free"),
        ],
        n_classes=n_classes,
        priors=lc.Priors(items=lc.Dirichlet(4.0), thresholds=lc.Dirichlet(4.0)),
        factor_groups={
            "individual": "stress + log(tenure) + age:remote + industry",
            "technical": ["ease", "skill", "support"],
        },
        constructs={
            "stress": lc.construct("stress_1", "stress_2", "stress_3", levels=range(1, 5)),
            "support": lc.construct("support_1", "support_2", scores="mean"),
            "skill": lc.construct("skill_1", "skill_2", kind="continuous"),
        },
    )


def derived(survey: Survey, parameters: xr.Dataset) -> xr.Dataset:
    """Add what the sampled model computes besides its free parameters."""
    found = parameters.copy()
    probability = level_probabilities(survey, parameters)
    labels = [f"{i.name}={level}" for i in survey.items if i.structure == "cumulative" for level in i.levels]
    if labels:
        ordinal = probability.sel(item_level=labels).rename(item_level="ordinal_level")
        found["ordinal_probability"] = ordinal.drop_vars("ordinal_level")
    if "likert_baseline" in found:
        found["likert_thresholds"] = ("likert_threshold", _likert_thresholds(survey, parameters))
    return found


def _likert_thresholds(survey: Survey, parameters: xr.Dataset) -> np.ndarray:
    stretch = (16 * np.sqrt(3) / (15 * np.pi)) ** 2
    made = []
    for column in survey.likert_indicators:
        labels = [f"{column.name}={level}" for level in column.levels]
        below = np.cumsum(parameters["likert_baseline"].sel(likert_level=labels).to_numpy())[:-1]
        loading = float(parameters["loading"].sel(indicator=column.name))
        made.append(np.sqrt(1 + stretch * loading**2) * logit(below))
    return np.concatenate(made)


def stacked(parameters: list[xr.Dataset]) -> xr.Dataset:
    """Return draws one by one as a posterior of two chains."""
    names = list(parameters[0].data_vars)
    shape = (N_CHAINS, len(parameters) // N_CHAINS)
    found = {}
    for name in names:
        values = np.stack([p[name].to_numpy() for p in parameters])
        found[name] = (("chain", "draw", *parameters[0][name].dims), values.reshape(*shape, *values.shape[1:]))
    coords = {"chain": range(shape[0]), "draw": range(shape[1])}
    return xr.Dataset(found, coords=coords | dict(parameters[0].coords))


def example_of(model: Model, n: int = 30, seed: int = 0, n_draws: int = N_DRAWS) -> Example:
    frame = lc.simulate(model, covariates=covariates(n, seed), seed=seed, missing=0.15).frame
    survey = read_survey(model, frame)
    rngs = [np.random.default_rng(seed + i) for i in range(N_CHAINS * n_draws)]
    parameters = [derived(survey, draw_parameters(survey, rng)) for rng in rngs]
    return Example(survey, stacked(parameters), parameters)


@pytest.fixture(scope="session")
def full() -> Example:
    """Return an example with every part a model can have."""
    return example_of(full_model())


@pytest.fixture(scope="session")
def single() -> Example:
    """Return an example with a single class."""
    return example_of(full_model(1))


@pytest.fixture(scope="session")
def plain() -> Example:
    """Return an example with free items and no covariates."""
    items = [*lc.binary("a", "b", levels=[0, 1]), *lc.nominal("c", levels=["x", "y", "z"])]
    return example_of(lc.Model(items=items, n_classes=2), seed=5)
