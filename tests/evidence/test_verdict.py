"""Verdicts from made-up lines of evidence: every corner of the rule, and words that name what disagrees."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd
import pytest

import latentclass as lc
from latentclass.evidence import (
    BayesFactor,
    Decision,
    Equivalence,
    GroupEvidence,
    LikelihoodRatio,
    Line,
    Rule,
    Side,
    Verdict,
    Weighing,
)
from latentclass.evidence.lines import LargestEffect, NullCheckSummary, WeightSummary
from latentclass.evidence.prediction import PredictionDifference
from latentclass.evidence.words import in_words
from latentclass.model import FrozenMapping

NULL = GroupEvidence(
    group="individual",
    weight=WeightSummary(quantiles=(0.003, 0.008, 0.017), prior_quantiles=(0.02, 0.09, 0.25), prob=0.9, share=0.007),
    equivalence=Equivalence(
        bound=0.02,
        posterior=0.97,
        posterior_error=0.005,
        prior=0.04,
        log_bayes_factor=6.6,
        log_bayes_factor_error=0.3,
        bounded=False,
    ),
    effect=LargestEffect(
        covariate="stress", change="+1 SD", class_name="Class 2", mean=-0.012, lower=-0.030, upper=0.006
    ),
    bayes_factor=BayesFactor(log_value=-5.8, error=0.1),
    likelihood=LikelihoodRatio(group="individual", log_likelihood=-100.0, log_likelihood_without=-104.0, df=9, n=500),
    prediction=PredictionDifference(elpd=-4.5, se=1.9, error=0.2, n=500, n_refitted=0, n_unsettled=0),
    null_check=NullCheckSummary(p_value=0.44, error=0.02, observed=9.8, replicated=9.1),
)


def changed(*, nil: float = 0.97, log_bf: float = -5.8, **others: object) -> GroupEvidence:
    return replace(
        NULL,
        equivalence=replace(NULL.equivalence, posterior=nil),
        bayes_factor=replace(NULL.bayes_factor, log_value=log_bf),
        **others,
    )


@pytest.mark.parametrize(
    ("nil", "log_bf", "verdict"),
    [
        (0.97, -5.8, Verdict.NONE),
        # A wide prior alone talks a group away, small weights alone come from narrow priors.
        (0.50, -5.8, Verdict.UNDECIDED),
        (0.97, 0.0, Verdict.UNDECIDED),
        (0.03, 5.8, Verdict.CARRIES),
        (0.50, 5.8, Verdict.UNDECIDED),
        (0.03, 0.0, Verdict.UNDECIDED),
        # Real and practically nil at the same time: the two contradict each other.
        (0.97, 5.8, Verdict.UNDECIDED),
        (0.03, -5.8, Verdict.UNDECIDED),
        # Little is known at all: a lack of power.
        (0.55, -0.4, Verdict.UNDECIDED),
        # Beyond the threshold, but not by two Monte Carlo standard errors (0.005 and 0.1).
        (0.755, -5.8, Verdict.UNDECIDED),
        (0.97, -math.log(3) - 0.15, Verdict.UNDECIDED),
        (0.765, -math.log(3) - 0.25, Verdict.NONE),
        # No number.
        (0.97, math.nan, Verdict.UNDECIDED),
        (0.03, math.nan, Verdict.UNDECIDED),
    ],
)
def test_rule_wants_size_and_bayes_factor(nil: float, log_bf: float, verdict: Verdict) -> None:
    assert Rule()(changed(nil=nil, log_bf=log_bf)).verdict is verdict


def test_without_a_bayes_factor_every_group_is_undecided() -> None:
    assert Rule()(replace(NULL, bayes_factor=None)).verdict is Verdict.UNDECIDED


def test_thresholds_can_be_replaced() -> None:
    assert Rule(certainty=0.98)(NULL).verdict is Verdict.UNDECIDED
    assert Rule(bayes_factor=1000.0)(NULL).verdict is Verdict.UNDECIDED
    for wrong, message in (
        ({"certainty": 1.0}, "certainty is a probability"),
        ({"bayes_factor": 1.0}, "bayes_factor is a number above 1"),
        ({"p_value": 0.0}, "p_value is a probability"),
        ({"standard_errors": -1.0}, "standard_errors is a number above 0"),
        ({"bound": 2.0}, "bound"),
    ):
        with pytest.raises(lc.LatentClassError, match=message):
            Rule(**wrong)


def test_each_line_speaks_for_its_own_side() -> None:
    sides = Rule()(NULL).sides
    assert sides == {
        Line.EQUIVALENCE: Side.NO_WEIGHT,
        Line.BAYES_FACTOR: Side.NO_WEIGHT,
        Line.INTERVAL: Side.NO_WEIGHT,
        # LR 8 on 9 df is not significant, which says nothing; BIC 9 log 500 - 8 = 47.9 prefers the smaller model.
        Line.LIKELIHOOD: Side.NEITHER,
        Line.BIC: Side.NO_WEIGHT,
        # 4.5 nats worse, by more than two standard errors.
        Line.PREDICTION: Side.NO_WEIGHT,
        Line.NULL_CHECK: Side.NEITHER,
    }
    significant = replace(NULL.likelihood, log_likelihood_without=-125.0)
    found = Rule()(
        changed(
            nil=0.01,
            log_bf=4.0,
            likelihood=significant,
            null_check=replace(NULL.null_check, p_value=0.001, error=0.001),
            prediction=replace(NULL.prediction, elpd=12.0, se=4.0),
        )
    ).sides
    assert {found[line] for line in (Line.BAYES_FACTOR, Line.LIKELIHOOD, Line.NULL_CHECK, Line.PREDICTION)} == {
        Side.WEIGHT
    }


def test_words_name_the_lines_that_disagree() -> None:
    # The background block of the election survey: 31.75 on 6 df, yet BIC leaves it out.
    election = LikelihoodRatio(
        group="individual", log_likelihood=-16105.0747, log_likelihood_without=-16120.9489, df=6, n=1292
    )
    evidence = changed(nil=0.6, log_bf=-2.0, likelihood=election)
    decision = Rule()(evidence)
    assert decision.disagree
    text = in_words(evidence, decision, Rule())
    assert "'individual' is undecided: these data cannot tell." in text
    assert "Likelihood ratio 31.75 on 6 df (p < 0.001); BIC +11.2 with it." in text
    assert "The lines of evidence disagree: likelihood-ratio test speaks for a weight" in text
    assert "BIC" in text.split("disagree")[1]
    assert "The rule is not met: the weight may lie on either side of 0.02." in text


def test_words_of_agreement_name_what_supports_the_verdict() -> None:
    decision = Rule()(NULL)
    assert set(decision.supporting) == {
        Line.EQUIVALENCE,
        Line.BAYES_FACTOR,
        Line.INTERVAL,
        Line.BIC,
        Line.PREDICTION,
    }
    assert decision.opposing == ()
    text = in_words(NULL, decision, Rule())
    assert text.startswith("'individual' carries no weight. Its weight is 0.008 [0.003, 0.017]; prior median 0.090")
    assert "330 times likelier without the group (log Bayes factor -5.8 +- 0.1)" in text
    assert "stress (+1 SD) on Class 2, -1.2 points [-3.0, +0.6]" in text
    assert "speak against one." in text
    assert "Silent: likelihood-ratio test and check of the model without." in text


def test_words_say_why_there_is_no_bayes_factor() -> None:
    evidence = replace(NULL, bayes_factor=BayesFactor(log_value=math.nan, error=math.nan, message="No overlap."))
    text = in_words(evidence, Rule()(evidence), Rule())
    assert "There is no Bayes factor: No overlap." in text
    assert "the Bayes factor is not known" in text


def weighing(**groups: GroupEvidence) -> Weighing:
    evidence = {name: replace(own, group=name) for name, own in groups.items()}
    decisions = {name: Rule()(own) for name, own in evidence.items()}
    return Weighing(evidence=FrozenMapping(evidence), decisions=FrozenMapping(decisions), rule=Rule())


def test_table_has_a_row_for_every_group_and_nan_for_missing_lines() -> None:
    bare = replace(NULL, bayes_factor=None, likelihood=None, prediction=None, null_check=None, effect=None)
    table = weighing(individual=NULL, social=bare).table
    assert table.index.name == "factor_group"
    assert table.loc["individual", "verdict"] == "carries no weight"
    assert table.loc["individual", "lr"] == pytest.approx(8.0)
    assert table.loc["individual", "weight_eti90_ub"] == 0.017
    missing = ["log_bf", "lr", "bic_difference", "elpd", "null_p", "effect"]
    assert table.loc["social", missing].isna().all()
    assert table["disagree"].tolist() == [False, False]
    assert pd.api.types.is_float_dtype(table["log_bf"])


def test_repr_fits_one_screen() -> None:
    lines = repr(weighing(individual=NULL, social=NULL, organizational=NULL, technical=NULL)).splitlines()
    assert len(lines) < 15
    assert max(map(len, lines)) <= 130
    assert "carries no weight" in lines[1]


def test_any_callable_may_be_the_rule() -> None:
    def likelihood_only(evidence: GroupEvidence) -> Decision:
        significant = evidence.likelihood.p_value < 0.05
        side = Side.WEIGHT if significant else Side.NEITHER
        return Decision(verdict=Verdict.CARRIES if significant else Verdict.UNDECIDED, sides={Line.LIKELIHOOD: side})

    decision = likelihood_only(NULL)
    assert decision.verdict is Verdict.UNDECIDED
    assert "The rule is not met" not in in_words(NULL, decision, likelihood_only)
