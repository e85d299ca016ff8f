"""Loadings and reliability: latent constructs by loops, mean scores by other formulas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import latentclass as lc
from latentclass.errors import SurveyError
from latentclass.posterior.loadings import loadings, reliability
from latentclass.survey import read_survey


def test_every_indicator_has_a_row_in_the_order_of_the_model(full) -> None:
    table = loadings(full.posterior, full.survey, n_resamples=20)
    assert table.index.names == ["construct", "indicator"]
    assert table.index.tolist() == [
        (name, indicator)
        for name, construct in full.survey.model.constructs.items()
        for indicator in construct.indicators
    ]
    assert table["scores"].tolist() == ["latent"] * 3 + ["mean"] * 2 + ["latent"] * 2


def test_latent_loadings_draw_by_draw(full) -> None:
    table = loadings(full.posterior, full.survey, prob=0.5, n_resamples=20)
    raw = np.array([float(p["loading"].sel(indicator="stress_2")) for p in full.parameters])
    row = table.loc[("stress", "stress_2")]
    standard = raw / np.sqrt(raw**2 + np.pi**2 / 3)
    assert row["loading_mean"] == pytest.approx(raw.mean())
    assert row["standardised_sd"] == pytest.approx(standard.std(ddof=1))
    assert row["communality_eti50_ub"] == pytest.approx(np.quantile(standard**2, 0.75))
    assert row["reversed"] == ((raw < 0).mean() > 0.5)


def test_loadings_of_continuous_indicators_are_correlations(full) -> None:
    row = loadings(full.posterior, full.survey, n_resamples=20).loc[("skill", "skill_2")]
    found = []
    for p in full.parameters:
        loading = float(p["loading"].sel(indicator="skill_2"))
        sd = float(p["indicator_sd"].sel(continuous_indicator="skill_2"))
        found.append(loading / np.hypot(loading, sd))
    assert row["standardised_mean"] == pytest.approx(np.mean(found))


def test_reliability_of_a_latent_construct_draw_by_draw(full) -> None:
    row = reliability(full.posterior, full.survey, n_resamples=20).loc["stress"]
    composite, extracted = [], []
    for p in full.parameters:
        raw = p["loading"].sel(indicator=["stress_1", "stress_2", "stress_3"]).to_numpy()
        standard = raw / np.sqrt(raw**2 + np.pi**2 / 3)
        common = np.abs(standard).sum() ** 2
        composite.append(common / (common + (1 - standard**2).sum()))
        extracted.append((standard**2).mean())
    assert row["composite_reliability_mean"] == pytest.approx(np.mean(composite))
    assert row["composite_reliability_eti90_lb"] == pytest.approx(np.quantile(composite, 0.05))
    assert row["variance_extracted_mean"] == pytest.approx(np.mean(extracted))
    assert np.isnan(row["alpha_mean"])
    assert row["n_rows"] == 30


@pytest.fixture(scope="module")
def classical():
    """Return a scale of three indicators, the last one turned round, with some answers missing."""
    rng = np.random.default_rng(0)
    common = rng.normal(size=400)
    raw = {f"s{j}": np.clip(np.round(3 + common + 0.8 * rng.normal(size=400)), 1, 5) for j in range(3)}
    raw["s2"] = 6 - raw["s2"]
    frame = pd.DataFrame(raw)
    frame.loc[:19, "s0"] = np.nan
    frame["item"] = np.arange(400) % 2
    scale = lc.construct("s0", "s1", "s2", levels=range(1, 6), scores="mean")
    model = lc.Model(items=lc.binary("item"), n_classes=2, constructs={"s": scale}, factor_groups={"g": ["s"]})
    return read_survey(model, frame)


def test_alpha_of_a_mean_score_is_that_of_the_textbook(classical) -> None:
    row = reliability(None, classical, n_resamples=200).loc["s"]
    complete = classical.frame[["s0", "s1", "s2"]].dropna()
    turned = complete.assign(s2=6 - complete["s2"])
    textbook = 3 / 2 * (1 - turned.var().sum() / turned.sum(axis=1).var())
    assert row["alpha_mean"] == pytest.approx(textbook)
    assert row["n_rows"] == 380
    assert row["alpha_eti90_lb"] < textbook < row["alpha_eti90_ub"]
    assert row["scores"] == "mean"


def test_loadings_of_a_mean_score_keep_their_direction(classical) -> None:
    table = loadings(None, classical, n_resamples=200).loc["s"]
    complete = classical.frame[["s0", "s1", "s2"]].dropna()
    r = complete.corr().to_numpy()
    # Three indicators identify their loadings exactly: r_ij = l_i l_j. EM stops at steps of 1e-9.
    l0 = np.sqrt(r[0, 1] * r[0, 2] / r[1, 2])
    exact = [l0, r[0, 1] / l0, r[0, 2] / l0]
    np.testing.assert_allclose(table["standardised_mean"], exact, atol=1e-6)
    assert table["reversed"].tolist() == [False, False, True]
    assert (table["loading_eti90_ub"] - table["loading_eti90_lb"] < 0.3).all()
    assert (table["loading_eti90_lb"] < exact).all()


def test_bootstrap_follows_its_seed(classical) -> None:
    one, same, other = (reliability(None, classical, n_resamples=50, seed=s) for s in (1, 1, 2))
    pd.testing.assert_frame_equal(one, same)
    assert one.loc["s", "alpha_sd"] != other.loc["s", "alpha_sd"]


def test_too_few_complete_rows_are_an_error(classical) -> None:
    frame = classical.frame.copy()
    frame.loc[:199, "s0"] = np.nan
    frame.loc[198:, "s1"] = np.nan
    survey = read_survey(classical.model, frame)
    with pytest.raises(SurveyError, match="'s' has 0 respondents who answered all its indicators"):
        loadings(None, survey)


def test_without_constructs_the_tables_are_empty(plain) -> None:
    assert len(loadings(plain.posterior, plain.survey)) == 0
    assert reliability(plain.posterior, plain.survey).index.name == "construct"
