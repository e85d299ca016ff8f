"""`weigh` from end to end on a real survey, and what it keeps."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import latentclass as lc
from latentclass.evidence import Verdict, marginal_likelihood, subsets
from tests.conftest import CHEATING

# Few draws, for speed: an R-hat of 1.02 is nothing to a verdict.
pytestmark = pytest.mark.filterwarnings("ignore::latentclass.LatentClassWarning")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("refits")


@pytest.fixture(scope="module")
def fit(reference_survey: Callable[[str], pd.DataFrame], folder: Path) -> lc.Fit:
    frame = reference_survey("cheating").dropna()
    frame["noise"] = np.random.default_rng(1).normal(size=len(frame))
    model = lc.Model(
        items=lc.binary(*CHEATING),
        n_classes=2,
        factor_groups={"ability": ["GPA"], "noise": ["noise"]},
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LATENTCLASS_UNFINISHED", str(folder))
        return lc.fit(model, frame, draws=500, tune=500, seed=1, progressbar=False)


@pytest.fixture(scope="module")
def weighing(fit: lc.Fit, folder: Path) -> lc.Weighing:
    return lc.weigh(fit, folder=folder, progressbar=False)


@pytest.mark.slow
def test_a_group_that_matters_and_noise(weighing: lc.Weighing, fit: lc.Fit) -> None:
    table = weighing.table
    assert table["verdict"].tolist()[0] == Verdict.CARRIES
    assert table["verdict"].tolist()[1] != Verdict.CARRIES
    assert table.loc["ability", "log_bf"] > 2
    assert table.loc["noise", "log_bf"] < 0.5
    # Grade alone: twice the distance of the published log-likelihoods, -429.6384 and -437.9 without it on 315.
    assert table.loc["ability", "lr"] > 10
    assert table.loc["noise", "lr"] < 8
    numbers = table.drop(columns=["verdict", "effect_of", "disagree"])
    assert numbers.notna().all(axis=None)
    assert marginal_likelihood(fit).ok


@pytest.mark.slow
def test_a_second_call_is_instant_and_the_same(fit: lc.Fit, weighing: lc.Weighing, folder: Path) -> None:
    began = time.monotonic()
    again = lc.weigh(fit, folder=folder, progressbar=False)
    assert time.monotonic() - began < 2.0
    pd.testing.assert_frame_equal(again.table, weighing.table)
    # Another rule needs no new fit, and a bound of its own only another look at the draws.
    wide = lc.weigh(fit, folder=folder, rule=lc.Rule(bound=0.3), progressbar=False)
    assert wide.table["pr_nil"].ge(weighing.table["pr_nil"]).all()
    assert wide.table.loc["ability", "log_bf"] == weighing.table.loc["ability", "log_bf"]


@pytest.mark.slow
def test_what_was_lost_is_computed_from_the_kept_fits(fit: lc.Fit, weighing: lc.Weighing, folder: Path) -> None:
    path = next(folder.glob("*.json"))
    results = json.loads(path.read_text())
    lost = {name: value for name, value in results.items() if not name.startswith("bayes factor noise")}
    assert len(lost) == len(results) - 1
    path.write_text(json.dumps(lost))
    before = {file: file.stat().st_mtime_ns for file in folder.glob("*.nc")}
    assert len(before) == 2
    again = lc.weigh(fit, folder=folder, progressbar=False)
    assert {file: file.stat().st_mtime_ns for file in folder.glob("*.nc")} == before
    pd.testing.assert_frame_equal(again.table, weighing.table)


def test_wrong_arguments_are_told() -> None:
    data = lc.datasets.plain_survey(n=50, n_items=3, seed=1)
    fit = type("Fitted", (), {"model": data.model, "survey": lc.read_survey(data.model, data.frame)})
    with pytest.raises(lc.ModelError, match="no factor group 'indivdual'. Did you mean 'individual'"):
        lc.weigh(fit, groups=["indivdual"])
    with pytest.raises(lc.LatentClassError, match="no line of evidence 'loo' to skip"):
        lc.weigh(fit, skip=["loo"])


@pytest.mark.slow
def test_all_subsets_of_the_groups(fit: lc.Fit, weighing: lc.Weighing, folder: Path) -> None:
    found = subsets(fit, folder=folder, progressbar=False)
    assert set(found.table.index) == {"ability + noise", "ability", "noise", "no group"}
    inclusion = found.inclusion["posterior"]
    assert inclusion["ability"] > 0.95
    assert inclusion["noise"] < 0.6
    # With against without noise, beside ability, is the Bayes factor that weighing found from the same fits.
    marginal = found.table["log_marginal"]
    error = weighing.table.loc["noise", "log_bf_error"]
    assert marginal["ability + noise"] - marginal["ability"] == pytest.approx(
        weighing.table.loc["noise", "log_bf"], abs=4 * error
    )
