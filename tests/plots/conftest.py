"""Tables as a fit returns them, small and made up."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from latentclass.posterior.summarise import table_index

NAMES = ("Sceptics", "Advocates", "Onlookers")
LEVELS = {"sharing": (1, 2, 3), "dialogue": (1, 2, 3), "posted": ("no", "yes"), "networking": (1, 2, 3)}
OWN = "-0.5 SD to +0.5 SD"


def with_interval(mean: np.ndarray, prefix: str = "", half: float = 0.05) -> dict[str, np.ndarray]:
    return {f"{prefix}mean": mean, f"{prefix}eti90_lb": mean - half, f"{prefix}eti90_ub": mean + half}


@pytest.fixture
def classes() -> pd.DataFrame:
    return pd.DataFrame(with_interval(np.array([0.5, 0.3, 0.2])), index=table_index([(n,) for n in NAMES], ["class"]))


@pytest.fixture
def profiles() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    rows = [(name, item, level) for name in NAMES for item, levels in LEVELS.items() for level in levels]
    mean = np.concatenate([rng.dirichlet(np.ones(len(levels))) for _ in NAMES for levels in LEVELS.values()])
    return pd.DataFrame(with_interval(mean), index=table_index(rows, ["class", "item", "level"]))


@pytest.fixture
def memberships() -> pd.DataFrame:
    probability = np.random.default_rng(1).dirichlet([0.3, 0.3, 0.3], size=40)
    table = pd.DataFrame(probability, columns=list(NAMES), index=pd.RangeIndex(40, name="respondent"))
    table["modal"] = pd.Categorical.from_codes(probability.argmax(axis=1), categories=list(NAMES))
    table["certainty"] = probability.max(axis=1)
    table["answered"] = 4
    table.attrs["classification_certainty"] = 0.62
    return table


@pytest.fixture
def effects() -> pd.DataFrame:
    columns = [("individual", "age"), ("individual", "gender[T.male]"), ("technical", "ease")]
    rows = [(*column, name) for column in columns for name in NAMES]
    mean = np.linspace(-0.2, 0.2, len(rows))
    found = {**with_interval(10 * mean, "logit_"), **with_interval(mean, "ame_")}
    found["change"] = np.repeat([OWN, "female to male", OWN], len(NAMES))
    return pd.DataFrame(found, index=table_index(rows, ["group", "covariate", "class"]))


@pytest.fixture
def marginal_effects() -> pd.DataFrame:
    columns = [("individual", "age", OWN), ("technical", "ease", OWN), ("technical", "device", "phone to laptop")]
    rows = [(*column, name) for column in columns for name in NAMES]
    mean = np.linspace(-0.2, 0.2, len(rows))
    return pd.DataFrame(with_interval(mean), index=table_index(rows, ["group", "covariate", "change", "class"]))


@pytest.fixture
def loadings() -> pd.DataFrame:
    rows = [("stress", "stress_1"), ("stress", "stress_2"), ("support", "support_1")]
    table = pd.DataFrame(
        with_interval(np.array([0.8, -0.6, 0.7]), "standardised_"), index=table_index(rows, ["construct", "indicator"])
    )
    return table.assign(reversed=[False, True, False], scores=["latent", "latent", "mean"])
