"""Fits with made-up draws, and a browser to look at reports with."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import latentclass as lc
from latentclass.posterior import check_convergence, solutions
from latentclass.simulation import draw_parameters
from latentclass.survey import read_survey
from tests.posterior.conftest import derived, example_of, full_model, stacked

from .browser import Browser, chromium

HOSTILE_ITEM = "<script>throw new Error('item')</script>"
HOSTILE_LEVELS = ('"><img src=x onerror=alert(1)>', "</table></svg><h1>level</h1>", "$\\frac{1}{0$ & co ]]>")
HOSTILE_CLASS = "</script><script>document.title='owned'</script>"
HOSTILE_COVARIATE = "javascript:alert(1)' onmouseover='alert(2)"


class Found:
    """A table and a text, as other functions return them."""

    def __init__(self, text: str, table: pd.DataFrame) -> None:
        self.text, self.table = text, table

    def __str__(self) -> str:
        return self.text


def fit_of(survey: lc.Survey, posterior: xr.Dataset, about: dict[str, object] | None = None) -> lc.Fit:
    """Return a fit of made-up draws."""
    shape = (posterior.sizes["chain"], posterior.sizes["draw"])
    stats = xr.Dataset({"diverging": (("chain", "draw"), np.zeros(shape, bool))}, attrs=about or {})
    margin = xr.DataArray(np.ones(shape), dims=("chain", "draw"))
    modes = pd.DataFrame({"log_posterior": [-10.0], "hits": [3]}, index=pd.Index([1], name="mode"))
    return lc.Fit(
        model=survey.model,
        survey=survey,
        tree=xr.DataTree.from_dict({"posterior": posterior, "sample_stats": stats}),
        modes=modes,
        solutions=solutions(posterior, threshold=np.inf),
        convergence=check_convergence(posterior, stats, margin),
    )


@pytest.fixture(scope="session")
def full_fit() -> lc.Fit:
    """Return a fit of a model with every part, whose settings were recorded."""
    example = example_of(full_model())
    about = {"seed": 7, "inference_library": "nutpie", "sampling_time": 1.25, "versions": '{"pymc": "6.3.2"}'}
    return fit_of(example.survey, example.posterior, about)


@pytest.fixture(scope="session")
def hostile_fit() -> lc.Fit:
    """Return a fit whose names all are markup."""
    items = [
        *lc.binary(HOSTILE_ITEM, levels=["no", "yes"]),
        *lc.nominal("a&b", "_c\x08", levels=HOSTILE_LEVELS),
        *lc.binary("</style>", levels=[0, 1]),
    ]
    names = [HOSTILE_CLASS, "_B & <b>bold</b>"]
    model = lc.Model(items=items, n_classes=2, class_names=names, factor_groups={"individual": [HOSTILE_COVARIATE]})
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({item.name: rng.choice(list(item.levels), size=40) for item in items})
    frame[HOSTILE_COVARIATE] = rng.choice(['<a href="x">', "plain"], size=40)
    frame.loc[3, "a&b"] = None
    survey = read_survey(model, frame)
    draws = [derived(survey, draw_parameters(survey, np.random.default_rng(i))) for i in range(8)]
    return fit_of(survey, stacked(draws))


@pytest.fixture(scope="session")
def outcome_fit() -> lc.Fit:
    """Return a fit of a small model with two outcomes, of which one answer is missing."""
    outcomes = {"use": lc.outcome("ordinal", levels=[1, 2, 3], covariates=["x"]), "hours": lc.outcome("continuous")}
    items = lc.binary("a", "b", levels=[0, 1])
    model = lc.Model(items=items, n_classes=2, factor_groups={"g": ["x"]}, outcomes=outcomes)
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({name: rng.integers(0, 2, size=40) for name in "ab"})
    frame = frame.assign(x=rng.normal(size=40), use=rng.integers(1, 4, size=40), hours=rng.normal(size=40))
    frame.loc[5, "hours"] = np.nan
    survey = read_survey(model, frame)
    return fit_of(
        survey, stacked([derived(survey, draw_parameters(survey, np.random.default_rng(i))) for i in range(8)])
    )


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return a headless Chromium; the test is skipped where there is none."""
    path = chromium()
    if path is None:
        pytest.skip("no Chromium was found; CHROMIUM names one")
    with Browser(path) as running:
        yield running
