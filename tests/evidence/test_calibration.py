"""The tables of the calibration: rates as counted by hand, verdicts as `Rule` gives them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import latentclass as lc
from benchmarks import rules
from latentclass.evidence import Verdict


def _surveys(n: int = 200) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    below = rng.choice([0.0, 0.02, 0.08, 0.5, 0.89, 0.93, 0.97, 1.0], size=n)
    columns: dict[str, object] = {
        "n": 500,
        "truth": "nil",
        "log_bf": rng.normal(0, 4, size=n),
        "log_bf_error": rng.choice([0.05, 1.0], size=n),
        "lr": rng.chisquare(9, size=n),
        "lr_p": 0.5,
        "bic_difference": 1.0,
        "weight_ess": rng.uniform(100, 800, size=n),
    }
    for scale in (0.25, 0.5):
        columns |= {f"below 0.02 {scale}": below, f"draws {scale}": 800.0}
        columns |= {f"log_bf_change {scale}": 0.0} | {f"q{q} {scale}": q / 10 for q in (0.05, 0.5, 0.95)}
    return pd.DataFrame(columns)


def test_verdicts_of_the_default_trial_are_those_of_the_default_rule() -> None:
    surveys, rule = _surveys(), lc.Rule()
    expected = [str(rule(rules.evidence(row)).verdict) for _, row in surveys.iterrows()]
    assert rules.verdicts(surveys, rules.usual()).tolist() == expected
    assert set(expected) == set(map(str, Verdict))


def test_a_prior_that_leaves_few_draws_gives_no_verdict() -> None:
    surveys = _surveys().assign(**{"draws 0.25": 49.0})
    trial = replace(rules.usual(), scale=0.25)
    assert rules.verdicts(surveys, trial).isna().all()


def test_rates_are_shares_of_surveys_with_their_binomial_error() -> None:
    surveys = pd.DataFrame({"n": [250] * 4 + [500], "truth": "nil", "lr_p": 0.01, "bic_difference": [-1, 1, 1, 1, 1]})
    found = pd.Series([str(Verdict.CARRIES), str(Verdict.NONE), str(Verdict.NONE), None, str(Verdict.UNDECIDED)])
    own = rules.rates(surveys, found).loc[(250, "nil")]
    assert own["surveys"] == 3
    assert own[str(Verdict.NONE)] == pytest.approx(2 / 3, abs=5e-4)
    # Of 3 surveys with 2 hits: (2 + 1/2) / (3 + 1) = 0.625, and sqrt(0.625 * 0.375 / 3) = 0.2795.
    assert own[f"{Verdict.NONE} SE"] == pytest.approx(0.2795, abs=6e-4)  # rounded to 0.001
    assert own["BIC takes it in"] == pytest.approx(1 / 3, abs=5e-4)
    assert own["LR p < .05"] == 1.0


def test_committed_tables_are_those_of_the_committed_surveys() -> None:
    surveys = pd.read_csv(rules.SURVEYS)
    expected = rules.rates(surveys, rules.verdicts(surveys, rules.usual()))
    pd.testing.assert_frame_equal(pd.read_csv(rules.RATES, index_col=rules.CELL), expected, check_dtype=False)
    tried = pd.read_csv(rules.RULES, index_col="rule")
    pd.testing.assert_frame_equal(tried, rules.compared(surveys), check_dtype=False)


def test_the_default_rule_does_on_these_surveys_what_is_wanted_of_it() -> None:
    surveys = pd.read_csv(rules.SURVEYS)
    table = rules.rates(surveys, rules.verdicts(surveys, rules.usual()))
    for n in (250, 500, 1000):
        assert table.loc[(n, "nil"), str(Verdict.CARRIES)] <= 0.05
        assert table.loc[(n, "twice the bound"), str(Verdict.NONE)] <= 0.05
        assert table.loc[(n, "social"), str(Verdict.NONE)] == 0
    assert table.loc[(1000, "nil"), str(Verdict.NONE)] >= 0.8
    assert table.loc[(1000, "social"), str(Verdict.CARRIES)] >= 0.95
