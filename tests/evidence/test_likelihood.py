"""Likelihood ratios and BIC against published numbers, and models without a group."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

import latentclass as lc
from latentclass.evidence import LikelihoodRatio, likelihood_ratio, likelihood_ratios
from latentclass.evidence.without import only_groups, without_groups

type Reader = Callable[[str], pd.DataFrame]


def test_statistic_and_bic_are_those_of_the_definitions() -> None:
    # Log-likelihoods of the election survey, party with and without background, as published; both BIC too.
    found = LikelihoodRatio(
        group="background", log_likelihood=-16105.0747, log_likelihood_without=-16120.9489, df=6, n=1292
    )
    assert found.statistic == pytest.approx(31.75, abs=0.005)
    assert found.p_value == pytest.approx(chi2.sf(31.7484, 6))
    # Four published log-likelihoods, each rounded to two decimals of BIC.
    assert found.bic_difference == pytest.approx(33055.50 - 33044.26, abs=0.015)


def test_a_group_is_left_out_with_its_prior_and_its_constructs_stay() -> None:
    model = lc.Model(
        items=lc.binary("a", "b"),
        n_classes=2,
        constructs={"stress": ["s1", "s2"]},
        factor_groups={"one": ["stress", "x"], "two": "y + C(z)"},
        priors=lc.Priors(effects=lc.Normal(0.3), group_effects={"one": lc.Normal(0.1), "two": lc.Normal(0.2)}),
    )
    found = without_groups(model, "one")
    assert list(found.factor_groups) == ["two"]
    assert found.factor_groups["two"].formula == "y + C(z)"
    assert found.latent_constructs == ("stress",)
    assert found.priors.of_group("two") == lc.Normal(0.2)
    assert found.priors.effects == lc.Normal(0.3)
    assert "one" not in found.priors.group_effects
    assert not only_groups(model, []).factor_groups
    with pytest.raises(lc.ModelError, match="no factor group 'on'. Did you mean 'one'"):
        without_groups(model, "on")


@pytest.mark.slow
def test_election_background_is_significant_yet_bic_leaves_it_out(reference_survey: Reader) -> None:
    frame = reference_survey("election")
    items, block = list(frame.columns[:12]), ["AGE", "EDUC", "GENDER"]
    complete = frame.dropna(subset=[*items, "PARTY", *block])
    groups = {"politics": ["PARTY"], "background": block}
    model = lc.Model(items=lc.nominal(*items), n_classes=3, factor_groups=groups)
    found = likelihood_ratio(lc.read_survey(model, complete), "background", n_starts=15, seed=1)
    assert found.statistic == pytest.approx(31.75, abs=0.02)
    assert found.df == 6
    assert found.p_value < 1e-4
    assert found.bic_difference == pytest.approx(33055.50 - 33044.26, abs=0.03)


@pytest.mark.slow
def test_noise_on_election_is_no_evidence(reference_survey: Reader) -> None:
    frame = reference_survey("election")
    items = list(frame.columns[:12])
    complete = frame.dropna(subset=[*items, "PARTY", "AGE", "EDUC", "GENDER"])
    noise = pd.DataFrame(
        np.random.default_rng(1).normal(size=(len(complete), 3)), columns=["n1", "n2", "n3"], index=complete.index
    )
    groups = {"politics": ["PARTY"], "noise": list(noise)}
    model = lc.Model(items=lc.nominal(*items), n_classes=3, factor_groups=groups)
    found = likelihood_ratios(lc.read_survey(model, complete.join(noise)), ["noise"], n_starts=15, seed=1)["noise"]
    # Between the quantiles of chi squared that leave out one in a hundred on either side.
    assert chi2.ppf(0.01, 6) < found.statistic < chi2.ppf(0.99, 6)
    assert found.bic_difference == pytest.approx(6 * np.log(1292) - found.statistic)
    assert found.bic_difference > 0
