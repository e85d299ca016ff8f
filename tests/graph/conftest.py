"""Two surveys and their models as PyMC sees them: one with every part a model can have, one small and plain."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
import pymc as pm
import pytest
import xarray as xr

import latentclass as lc
from latentclass.graph import build_survey
from latentclass.survey import Survey


class Built(NamedTuple):
    """A survey with its true parameters, and the model built from it."""

    survey: Survey
    parameters: xr.Dataset
    pymc_model: pm.Model


def covariates(n: int) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    place = np.arange(n)
    return pd.DataFrame(
        {
            "age": rng.normal(45.0, 10.0, size=n).round(1),
            "remote": np.where(place % 2 == 0, "yes", "no"),
            "branch": np.array(["east", "north", "south"])[place % 3],
            "support_1": rng.integers(1, 6, size=n),
            "support_2": rng.integers(1, 6, size=n),
        },
        index=[f"r{i}" for i in place],
    )


def rich_model(n_classes: int = 3) -> lc.Model:
    return lc.Model(
        items=[
            *lc.ordinal("sharing", levels=range(1, 6), dispersion=True),
            *lc.binary("posted", levels=["no", "yes"]),
            *lc.ordinal("dialogue", levels=[1, 2, 3]),
            *lc.nominal("channel", levels=["wiki", "blog", "chat", "mail"]),
            *lc.ordinal("trust", levels=range(1, 5), structure="free"),
        ],
        n_classes=n_classes,
        factor_groups={"individual": ["stress", "age", "branch"], "technical": ["ease", "remote", "support"]},
        constructs={
            "stress": lc.construct("stress_1", "stress_2", "stress_3", levels=range(1, 5), marker="stress_2"),
            "ease": lc.construct("ease_1", "ease_2", kind="continuous"),
            "load": lc.construct("load_1", "load_2", levels=[1, 2, 3]),
            "support": lc.construct("support_1", "support_2", scores="mean"),
        },
        priors=lc.Priors(
            items=lc.Dirichlet(1.7),
            thresholds=lc.Dirichlet(2.5),
            likert_thresholds=lc.Dirichlet(3.0),
            score_correlation=lc.LKJ(1.5),
            group_effects={"technical": lc.Normal(0.8)},
        ),
    )


@pytest.fixture(scope="session")
def rich() -> Built:
    """Return a survey of 18 respondents with every part a model can have."""
    simulated = lc.simulate(rich_model(), covariates=covariates(18), seed=11, missing=0.15)
    survey = lc.read_survey(simulated.model, simulated.frame)
    return Built(survey, simulated.parameters, build_survey(survey))


@pytest.fixture(scope="session")
def plain() -> Built:
    """Return a survey without constructs."""
    model = lc.Model(
        items=[*lc.ordinal("sharing", levels=[1, 2, 3]), *lc.nominal("channel", levels=["wiki", "blog", "chat"])],
        n_classes=2,
        factor_groups={"individual": ["age", "remote"]},
    )
    simulated = lc.simulate(model, covariates=covariates(30), seed=7, missing=0.1)
    survey = lc.read_survey(model, simulated.frame)
    return Built(survey, simulated.parameters, build_survey(survey))
