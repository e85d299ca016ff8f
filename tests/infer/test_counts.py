"""Fits of frequency tables against fits of the same respondents, one row each.

Where a draw enters, both sides answer from the same draws, so that differences are rounding; the tables have rows whose
counts are far from alike, so that an average over rows is far from one over respondents.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import latentclass as lc
from latentclass.comparison.likelihood import maximum_likelihood
from latentclass.comparison.sparse import occupied_classes
from latentclass.errors import FitError, LatentClassError, SurveyError
from latentclass.evidence import (
    likelihood_ratio,
    marginal_likelihood,
    posterior_weights,
    prediction,
    prediction_difference,
    prior_weights,
    refits_like,
)
from latentclass.infer import jitted
from latentclass.infer.compiled import compile_survey
from latentclass.infer.jitted import distinct_rows
from latentclass.infer.refit import refits_without
from latentclass.posterior.density import total_log_likelihood

NAMES = [f"item_{j}" for j in range(5)]
MODEL = lc.Model(items=lc.binary(*NAMES), n_classes=2, factor_groups={"group": ["x"]})


def _table() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    x = rng.binomial(4, 0.25, 400)
    z = rng.random(400) < 1 / (1 + np.exp(-(1.3 * x - 1.5)))
    frame = pd.DataFrame({n: np.where(rng.random(400) < np.where(z, 0.85, 0.2), "yes", "no") for n in NAMES})
    frame.loc[rng.random(400) < 0.1, NAMES[0]] = "unknown"
    frame["x"] = x
    table = frame.groupby([*NAMES, "x"], as_index=False, sort=False).size().rename(columns={"size": "n"})
    return table.replace("unknown", None)


TABLE = _table()
EVERY = TABLE.loc[TABLE.index.repeat(TABLE["n"])].reset_index(drop=True)


@pytest.fixture(scope="module")
def counted() -> lc.Fit:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return lc.fit(MODEL, TABLE, counts="n", draws=100, tune=200, chains=2, n_starts=3, seed=1, progressbar=False)


@pytest.fixture(scope="module")
def one_each(counted: lc.Fit) -> lc.Fit:
    """The same draws, with the survey of one row per respondent."""
    return replace(counted, survey=lc.read_survey(MODEL, EVERY))


@pytest.mark.parametrize("prior", [lc.Normal(1.5), lc.Hierarchical(1.0)])
def test_densities_and_gradients_agree(prior: lc.Normal | lc.Hierarchical) -> None:
    model = MODEL.replace(priors=MODEL.priors.replace(group_effects={"group": prior}))
    surveys = lc.read_survey(model, TABLE, counts="n"), lc.read_survey(model, EVERY)
    compiled = [compile_survey(survey) for survey in surveys]
    x = np.random.default_rng(2).normal(size=compiled[0].n_dim)
    (one, slope), (other, other_slope) = (c.full_density(x) for c in compiled)
    assert one == pytest.approx(other, rel=1e-12)
    np.testing.assert_allclose(slope, other_slope, rtol=1e-10, atol=1e-9)


def test_counts_are_those_of_their_part(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = compile_survey(lc.read_survey(MODEL, EVERY)).full_density
    x = np.random.default_rng(2).normal(size=compile_survey(lc.read_survey(MODEL, EVERY)).n_dim)
    one, slope = whole(x)
    monkeypatch.setattr(jitted, "_PART", 25)
    counted = compile_survey(lc.read_survey(MODEL, TABLE, counts="n")).full_density
    # Some hundred rows, whose counts are far from alike: parts that took those of others would be off by much.
    assert counted.in_parts
    for cut in (counted.spread(), counted.frozen()):
        found, found_slope = cut(x)
        assert found == pytest.approx(one, rel=1e-12)
        np.testing.assert_allclose(found_slope, slope, rtol=1e-10, atol=1e-9)


def test_rows_that_are_alike_are_added_up() -> None:
    rows, counts = np.array([[1], [2], [1], [3]]), np.array([5, 1, 2, 4])
    first, weights = distinct_rows([rows], counts)
    assert first is not None
    assert (first.tolist(), weights.tolist()) == ([0, 1, 3], [7.0, 1.0, 4.0])
    first, weights = distinct_rows([rows[[0, 1, 3]]], counts[:3])
    assert (first, weights.tolist()) == (None, [5.0, 1.0, 2.0])


def test_modes_agree() -> None:
    tables = [
        lc.find_modes(MODEL, frame, n_starts=4, seed=1, progressbar=False, **how).table()
        for frame, how in ((TABLE, {"counts": "n"}), (EVERY, {}))
    ]
    # Both climb until the gain is 1e-12 of the density.
    pd.testing.assert_frame_equal(*tables, rtol=1e-4, atol=1e-5)


def test_answers_agree_in_blocks_of_respondents(
    counted: lc.Fit, one_each: lc.Fit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("latentclass.posterior.samples._BLOCK_ENTRIES", 70)
    pd.testing.assert_frame_equal(counted.classes(), one_each.classes(), rtol=1e-9)
    first = counted.posterior.isel(chain=[0], draw=[0])
    sums = [float(total_log_likelihood(first, fit.survey).sum()) for fit in (counted, one_each)]
    assert sums[0] == pytest.approx(sums[1], rel=1e-12)


def test_answers_agree(counted: lc.Fit, one_each: lc.Fit) -> None:
    for answer in (
        lambda fit: fit.classes(),
        lambda fit: fit.profiles(),
        lambda fit: fit.effects(),
        lambda fit: fit.marginal_effects(),
        lambda fit: fit.shares_along("x"),
        lambda fit: fit.predict(EVERY.head(7)),
    ):
        pd.testing.assert_frame_equal(answer(counted), answer(one_each), rtol=1e-9, atol=1e-11)
    lines = one_each.summary().splitlines()
    assert counted.summary().splitlines() == [line for line in lines if "with_log_likelihood" not in line]
    assert "400 respondents" in repr(counted)


def test_memberships_have_a_row_per_pattern(counted: lc.Fit, one_each: lc.Fit) -> None:
    rows, every = counted.memberships(), one_each.memberships()
    assert rows["count"].tolist() == TABLE["n"].tolist()
    again = rows.loc[rows.index.repeat(rows["count"])].drop(columns="count").set_axis(every.index)
    pd.testing.assert_frame_equal(again, every, rtol=1e-9, check_names=False)
    name = "classification_certainty"
    assert rows.attrs[name] == pytest.approx(every.attrs[name], rel=1e-9)
    assert counted.classes()["modal_n"].sum() == 400
    with pytest.raises(LatentClassError, match="a column per respondent"):
        lc.plots.memberships(rows)


def test_leave_one_out_agrees(counted: lc.Fit, one_each: lc.Fit) -> None:
    one, other = prediction(counted, most_refits=0), prediction(one_each, most_refits=0)
    for name in ("elpd", "se", "p_loo", "error", "n_unsettled"):
        assert getattr(one, name) == pytest.approx(getattr(other, name), rel=1e-8), name
    worse = [replace(p, pointwise=p.pointwise.assign(elpd=p.pointwise["elpd"] * 1.1)) for p in (one, other)]
    by_rows, by_respondent = (prediction_difference(p, w) for p, w in zip((one, other), worse, strict=True))
    assert by_rows.n == by_respondent.n == 400
    assert (by_rows.elpd, by_rows.se) == pytest.approx((by_respondent.elpd, by_respondent.se), rel=1e-8)
    fewer = replace(one, pointwise=one.pointwise.assign(count=1))
    with pytest.raises(LatentClassError, match="different numbers of respondents"):
        prediction_difference(one, fewer)


def test_a_refit_leaves_one_of_the_count_out(counted: lc.Fit, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def density(compiled, *_):  # type: ignore[no-untyped-def]
        seen.append(compiled.log_posterior(np.zeros(compiled.n_dim))[0])
        return counted.tree

    monkeypatch.setattr("latentclass.infer.refit.draw", density)
    row = int(TABLE["n"].idxmax())
    list(refits_without(counted, [row]))
    fewer = EVERY.drop(index=TABLE["n"].cumsum()[row] - 1)
    # The design stays that of all: as the answers of one respondent who is left blank.
    blank = EVERY.copy()
    blank.loc[TABLE["n"].cumsum()[row] - 1, NAMES] = None
    assert len(fewer) == len(blank) - 1
    compiled = compile_survey(lc.read_survey(MODEL, blank))
    assert seen[0] == pytest.approx(compiled.log_posterior(np.zeros(compiled.n_dim))[0], rel=1e-12)


def test_criteria_agree() -> None:
    surveys = lc.read_survey(MODEL, TABLE, counts="n"), lc.read_survey(MODEL, EVERY)
    one, other = (maximum_likelihood(survey, n_starts=2) for survey in surveys)
    assert one.n_respondents == 400
    for name in ("log_likelihood", "bic", "sabic", "icl", "entropy_r2"):
        # Searches end where the gain is 1e-13 of the likelihood.
        assert getattr(one, name) == pytest.approx(getattr(other, name), rel=1e-6), name


def test_a_saved_fit_keeps_its_counts(counted: lc.Fit, tmp_path: Path) -> None:
    again = lc.load(counted.save(tmp_path / "fit.nc"))
    assert again.survey == counted.survey
    pd.testing.assert_frame_equal(again.classes(), counted.classes())
    assert again.survey.notes == counted.survey.notes


def test_the_tree_has_no_log_likelihood_that_others_would_sum_over_rows(counted: lc.Fit) -> None:
    assert "log_likelihood" not in counted.tree.children
    assert counted.tree["constant_data"]["respondent_counts"].to_numpy().tolist() == TABLE["n"].tolist()


def test_a_fit_of_counts_is_that_of_the_respondents() -> None:
    """Draws of the approximation follow from the density alone, so that rounding does not grow as it does in chains."""
    how = {"method": "laplace", "draws": 400, "chains": 2, "n_starts": 3, "seed": 1, "progressbar": False}
    one, other = lc.fit(MODEL, TABLE, counts="n", **how), lc.fit(MODEL, EVERY, **how)
    pd.testing.assert_frame_equal(one.classes(), other.classes(), rtol=1e-4)
    assert one.convergence.pareto_k == pytest.approx(other.convergence.pareto_k, abs=1e-3)
    bridges = [marginal_likelihood(fit, draws=500).log_value for fit in (one, other)]
    assert bridges[0] == pytest.approx(bridges[1], abs=1e-3)
    ratios = [likelihood_ratio(fit.survey, "group", n_starts=2) for fit in (one, other)]
    assert ratios[0].bic_difference == pytest.approx(ratios[1].bic_difference, abs=1e-3)


def test_fits_with_other_counts_are_not_compared(counted: lc.Fit) -> None:
    model = MODEL.replace(factor_groups={})
    others = lc.read_survey(model, TABLE.assign(n=1), counts="n")
    with pytest.raises(LatentClassError, match="not of the same answers.*400 respondents"):
        lc.compare({"one": counted, "other": replace(counted, model=model, survey=others)})


@pytest.mark.parametrize(
    ("what", "call"),
    [
        ("lc.check", lc.check),
        ("lc.diagnose", lc.diagnose),
        ("lc.weigh", lc.weigh),
        ("lc.sensitivity", lc.sensitivity),
        ("lc.drift", lambda fit: lc.drift(fit, fit)),
        ("lc.report", lambda fit: lc.report(fit, "report.html")),
        ("posterior_predictive", lambda fit: fit.with_posterior_predictive()),
        ("with_log_likelihood", lc.with_log_likelihood),
        ("occupied_classes", lambda fit: occupied_classes(fit.survey)),
        ("posterior_weights", posterior_weights),
        ("prior_weights", lambda fit: prior_weights(fit.survey)),
        ("A refit of other models", refits_like),
        ("sampler='pymc'", lambda fit: lc.fit(MODEL, fit.survey, sampler="pymc")),
        ("posterior_predictive=True", lambda fit: lc.fit(MODEL, fit.survey, posterior_predictive=True)),
    ],
)
def test_what_cannot_count_says_so(counted: lc.Fit, what: str, call: Callable[[lc.Fit], object]) -> None:
    with pytest.raises(SurveyError, match=f"{what} needs one row per respondent.*frame.index.repeat"):
        call(counted)


def test_a_survey_read_otherwise(counted: lc.Fit) -> None:
    with pytest.raises(FitError, match="counts='m' is given, and the survey was read with counts='n'"):
        lc.find_modes(MODEL, counted.survey, counts="m")
    with pytest.raises(FitError, match="read with counts=None"):
        lc.find_modes(MODEL, lc.read_survey(MODEL, EVERY), counts="n")


def test_carcinoma_as_patterns(reference_survey: Callable[[str], pd.DataFrame]) -> None:
    """The published maximum of the log-likelihood for two classes; 0.01 is far above the rounding of four decimals."""
    frame = reference_survey("carcinoma")
    table = frame.value_counts().rename("slides").reset_index()
    assert len(table) == 20
    model = lc.Model(items=lc.binary(*frame.columns), n_classes=2, priors=lc.Priors.flat())
    found = lc.find_modes(model, table, counts="slides", n_starts=10, seed=1, progressbar=False)
    assert found.best.log_likelihood == pytest.approx(-317.2568, abs=0.01)
