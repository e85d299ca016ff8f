"""One small model with every kind of item, construct and covariate, and a survey drawn from it."""

import numpy as np
import pandas as pd
import pytest

import latentclass as lc


@pytest.fixture(scope="session")
def rich_model():
    return lc.Model(
        items=[
            *lc.ordinal("sharing", levels=range(1, 6)),
            *lc.nominal("channel", levels=["blog", "chat", "wiki"]),
            *lc.ordinal("dialogue", levels=range(1, 5), dispersion=True),
            *lc.binary("posted", levels=[False, True]),
            *lc.ordinal("rank", levels=["low", "mid", "high"], structure="free"),
        ],
        n_classes=3,
        factor_groups={"individual": ["stress", "age", "branch"], "technical": ["ease"]},
        constructs={
            "stress": lc.construct("stress_1", "stress_2", levels=range(1, 5)),
            "ease": lc.construct("ease_1", "ease_2", "ease_3", kind="continuous", marker="ease_2"),
        },
        priors=lc.Priors(
            items=lc.Dirichlet(1.7),
            thresholds=lc.Dirichlet(2.5),
            likert_thresholds=lc.Dirichlet(3.0),
            group_effects={"technical": lc.Normal(0.8)},
        ),
    )


@pytest.fixture(scope="session")
def covariates_of():
    def made(n, seed=3):
        rng = np.random.default_rng(seed)
        index = pd.RangeIndex(1, n + 1, name="respondent")
        branch = np.array(["east", "north", "south"])[np.arange(n) % 3]
        return pd.DataFrame({"age": rng.integers(20, 60, n), "branch": branch}, index=index)

    return made


@pytest.fixture(scope="session")
def rich(rich_model, covariates_of):
    return lc.simulate(rich_model, covariates=covariates_of(40), seed=11, missing=0.15)


@pytest.fixture(scope="session")
def rich_survey(rich):
    return lc.read_survey(rich.model, rich.frame)
