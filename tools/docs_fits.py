"""Small surveys and fits that pages of the documentation take as given; a fit is made once, saved, and loaded anew."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

import latentclass as lc

__all__ = ["employees", "questions", "survey_file"]

QUICK = {"draws": 60, "tune": 100, "chains": 2, "n_starts": 4, "seed": 1, "progressbar": False}


@cache
def folder() -> Path:
    """Return a folder for saved fits, which goes with the process."""
    path = Path(tempfile.mkdtemp(prefix="latentclass-docs-"))
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


def questions() -> tuple[lc.Model, pd.DataFrame, lc.Fit]:
    """Return model, frame and fit of the survey of docs/getting-started.md: four items, two factor groups."""
    frame = lc.datasets.plain_survey(n=200, n_items=4, n_classes=2, n_covariates=2, seed=1).frame
    model = lc.Model(
        items=lc.ordinal("item_1", "item_2", "item_3", "item_4", levels=[1, 2, 3, 4, 5]),
        n_classes=2,
        factor_groups={"individual": ["x_1"], "social": ["x_2"]},
    )
    return model, frame, _kept("questions", model, frame)


def employees() -> tuple[lc.Model, pd.DataFrame, lc.Fit]:
    """Return model, frame and fit of the survey on internal social media, with fewer employees."""
    data = lc.datasets.internal_social_media(n=120, seed=2020)
    use = lc.outcome("ordinal", levels=[1, 2, 3, 4, 5], covariates="technical")
    model = data.model.replace(outcomes={"anticipated_use": use})
    return model, data.frame, _kept("employees", model, data.frame)


def survey_file(path: str, n: int = 150) -> None:
    """Write the file that README.md reads: its columns, some answers and covariates missing."""
    rng = np.random.default_rng(1)
    segment = rng.integers(3, size=n)
    frame = pd.DataFrame(
        {
            **{name: _agreement(rng, segment - 1.0) for name in ("sharing", "dialogue", "networking")},
            "has_posted": np.where(rng.random(n) < 0.2 + 0.3 * segment, "yes", "no"),
            "main_channel": rng.choice(["newsfeed", "blogs", "wikis"], size=n),
            "age": rng.integers(20, 65, size=n),
            "gender": rng.choice(["f", "m"], size=n),
            "support": rng.normal(size=n) + 0.5 * segment,
            "tenure": rng.gamma(2.0, 4.0, size=n) + 0.5,
        }
    )
    stress = rng.normal(size=n)
    frame = frame.assign(**{f"stress_{j}": _agreement(rng, stress) for j in (1, 2, 3)})
    frame.loc[rng.random(n) < 0.05, "sharing"] = 9
    frame.loc[rng.random(n) < 0.02, "age"] = np.nan
    frame.to_csv(path, index=False)


def _agreement(rng: np.random.Generator, tendency: np.ndarray) -> np.ndarray:
    return np.clip(np.round(3 + tendency + rng.normal(size=len(tendency))), 1, 5).astype(int)


def _kept(name: str, model: lc.Model, frame: pd.DataFrame) -> lc.Fit:
    path = folder() / f"{name}.nc"
    if not path.exists():
        lc.fit(model, frame, **QUICK).save(path)
    return lc.load(path)
