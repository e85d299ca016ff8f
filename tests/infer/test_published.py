"""Maximum log-likelihoods of published analyses, reached with flat priors.

The published numbers have two to four decimals; 0.01 is the rounding of the coarsest, and far below the distance
between neighbouring local maxima.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

import latentclass as lc

FLAT = lc.Priors.flat()
ROUNDING = 0.01
type Reader = Callable[[str], pd.DataFrame]


def modes(frame: pd.DataFrame, items, k: int, n_starts: int = 20, **parts) -> lc.infer.Modes:
    model = lc.Model(items=items, n_classes=k, priors=FLAT, **parts)
    return lc.find_modes(model, frame, n_starts=n_starts, seed=1, progressbar=False, missing_covariates="drop")


def best(*arguments, **parts) -> float:
    return modes(*arguments, **parts).best.log_likelihood


@pytest.mark.slow
@pytest.mark.parametrize(("k", "published"), [(2, -317.2568), (3, -293.705), (4, -289.2858)])
def test_carcinoma(reference_survey: Reader, k: int, published: float) -> None:
    frame = reference_survey("carcinoma")
    found = modes(frame, lc.binary(*frame.columns), k, 30).best
    assert found.log_likelihood == pytest.approx(published, abs=ROUNDING)
    if k == 3:
        np.testing.assert_allclose(found.parameters["class_share"], [0.4447, 0.3736, 0.1817], atol=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize(("k", "published"), [(1, -543.6498), (2, -504.4677), (3, -503.3011)])
def test_values(reference_survey: Reader, k: int, published: float) -> None:
    frame = reference_survey("values")
    found = modes(frame, lc.binary(*frame.columns), k).best
    assert found.log_likelihood == pytest.approx(published, abs=ROUNDING)
    # Three classes on four binary items are known not to be identified.
    assert found.identified == (k < 3)


@pytest.mark.slow
@pytest.mark.parametrize(("k", "published"), [(2, -2783.268), (4, -2746.621)])
def test_gss82(reference_survey: Reader, k: int, published: float) -> None:
    frame = reference_survey("gss82")
    assert best(frame, lc.nominal(*frame.columns), k, 50) == pytest.approx(published, abs=ROUNDING)


def test_gss82_has_the_five_published_local_maxima_and_no_other(reference_survey: Reader) -> None:
    frame = reference_survey("gss82")
    found = modes(frame, lc.nominal(*frame.columns), 3, 100)
    assert found.table()["hits"].sum() == 100
    published = [-2754.545, -2755.617, -2755.739, -2762.005, -2762.231]
    # Three published decimals, and what L-BFGS leaves at the boundary.
    np.testing.assert_allclose(found.table()["log_likelihood"], published, atol=2e-3)
    np.testing.assert_allclose(found.best.parameters["class_share"], [0.621, 0.207, 0.172], atol=1e-3)


def test_cheating_with_grades(reference_survey: Reader) -> None:
    frame = reference_survey("cheating")
    found = modes(frame, lc.binary(*frame.columns[:4]), 2, factor_groups={"individual": ["GPA"]}).best
    assert found.log_likelihood == pytest.approx(-429.6384, abs=ROUNDING)
    slope = found.parameters["slope_individual"].sel(individual_covariate="GPA")
    contrast = float(slope[1] - slope[0]) / frame["GPA"].std()
    assert contrast == pytest.approx(-0.8425, abs=1e-3)


ISSUES = ("DEFECT", "HLTH", "RAPE", "POOR", "SINGLE", "NOMORE")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("k", "covariates", "published"),
    [
        (2, [], -740.10),
        (3, [], -687.4486),
        (4, [], -684.19),
        (3, ["DEGREE"], -672.4138),
        (3, ["DEGREE", "SEX"], -666.7097),
    ],
)
def test_gss08_with_missing_answers(reference_survey: Reader, k: int, covariates: list[str], published: float) -> None:
    frame = reference_survey("gss08")
    frame = frame[frame[list(ISSUES)].notna().any(axis=1)]
    assert len(frame) == 352
    groups = {"factor_groups": {"background": covariates}} if covariates else {}
    # Two published values have two decimals only, so that their rounding adds to the tolerance.
    assert best(frame, lc.binary(*ISSUES), k, 50, **groups) == pytest.approx(published, abs=ROUNDING)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("k", "group", "n", "published"),
    [
        (1, "", 1311, -18647.31),
        (2, "", 1311, -17344.92),
        (3, "", 1311, -16714.66),
        (3, "PARTY", 1300, -16222.32),
        (3, "PARTY*AGE", 1294, -16135.39),
    ],
)
def test_election(reference_survey: Reader, k: int, group: str, n: int, published: float) -> None:
    frame = reference_survey("election")
    items = list(frame.columns[:12])
    complete = frame.dropna(subset=items + [name for name in group.split("*") if name])
    assert len(complete) == n
    groups = {"factor_groups": {"politics": group}} if group else {}
    assert best(complete, lc.nominal(*items), k, 15, **groups) == pytest.approx(published, abs=ROUNDING)


@pytest.mark.slow
def test_election_block_of_background(reference_survey: Reader) -> None:
    frame = reference_survey("election")
    items, block = list(frame.columns[:12]), ["AGE", "EDUC", "GENDER"]
    complete = frame.dropna(subset=[*items, "PARTY", *block])
    assert len(complete) == 1292
    party = {"politics": ["PARTY"]}
    without = best(complete, lc.nominal(*items), 3, 15, factor_groups=party)
    within = best(complete, lc.nominal(*items), 3, 15, factor_groups={**party, "background": block})
    assert without == pytest.approx(-16120.9489, abs=ROUNDING)
    assert within == pytest.approx(-16105.0747, abs=ROUNDING)
