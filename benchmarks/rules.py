"""Rates of verdicts under any rule, from the numbers that `calibration.py` wrote down.

Run with ``python -m benchmarks.rules``. It reads ``calibration.jsonl``, where that is there, and writes what rules need
of it to ``benchmarks/results/calibration_surveys.csv``, one row for every survey, with priors in
``calibration_prior.csv``; then, from these alone, the rates of the default rule to ``calibration.csv`` and those of
other rules to ``calibration_rules.csv`` beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.calibration import BOUNDS, QUANTILES, RESULTS, SCALE, SCALES, read
from latentclass.evidence import BayesFactor, Equivalence, GroupEvidence, LikelihoodRatio, Rule, Verdict
from latentclass.evidence.lines import WeightSummary

FOLDER = Path(__file__).resolve().parent / "results"
SURVEYS, PRIOR, RATES, RULES = (FOLDER / f"calibration{n}.csv" for n in ("_surveys", "_prior", "", "_rules"))
CELL = ["n", "truth"]
# A Bayes factor from the normal density in the tail is trusted to so much of its logarithm.
TAIL = 0.3
# Draws that must be left when a prior of another scale is looked at.
FEWEST = 50
# Every verdict has to pass by so many Monte Carlo standard errors, as in `latentclass.evidence.verdict`.
MARGIN = 2.0
FITTED = SCALE
# Cells with fewer surveys are left out of all tables.
FEWEST_SURVEYS = 20
SHOWN = (0.05, 0.5, 0.95)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A rule that is tried.

    Parameters
    ----------
    name : str
        What it is called in tables.
    scale : float
        Standard deviation of the prior of the slopes.
    bound : float
        Weights below it are practically nil.
    nil, more : float or None
        Posterior probabilities of a weight below the bound for "no weight", and above it for "weight"; None: not asked.
    against, favour : float or None
        Bayes factors against the group for "no weight", and for it for "weight"; None: not asked.
    """

    name: str
    scale: float = 0.5
    bound: float = 0.02
    nil: float | None = 0.9
    more: float | None = 0.9
    against: float | None = 3.0
    favour: float | None = 3.0


def flattened(found: pd.DataFrame) -> pd.DataFrame:
    """Return one row of plain numbers for every survey."""
    rows = []
    for _, survey in found.iterrows():
        settled = survey["log_bf_method"] != "none"
        row = {name: survey[name] for name in ("n", "truth", "seed", "population_weight", "sample_weight")}
        row["log_bf"] = survey["log_bf"] if settled else survey["log_bf_normal"]
        row["log_bf_error"] = survey["log_bf_error"] if settled else TAIL * abs(survey["log_bf_normal"])
        row |= {name: survey[name] for name in ("lr", "lr_p", "bic_difference", "weight_ess", "max_rhat")}
        for scale in map(str, SCALES):
            own = survey["scales"][scale]
            row[f"draws {scale}"] = round(own["draws"])
            row[f"log_bf_change {scale}"] = round(own["log_bf_change"], 3)
            for bound, below in zip(BOUNDS, own["below"], strict=True):
                row[f"below {bound} {scale}"] = round(below, 3)
            for q, value in zip(QUANTILES, own["quantiles"], strict=True):
                if q in SHOWN:
                    row[f"q{q} {scale}"] = round(value, 3)
        rows.append(row)
    return pd.DataFrame(rows)


def priors(found: pd.DataFrame) -> pd.DataFrame:
    """Return the prior probability that the weight is below each bound, by scale of the prior of the slopes."""
    known = next(prior for prior in found["prior"] if prior is not None)
    table = {float(scale): dict(zip(BOUNDS, own["below"], strict=True)) for scale, own in known.items()}
    return pd.DataFrame(table).T.rename_axis("scale")


def verdicts(surveys: pd.DataFrame, rule: Trial) -> pd.Series:
    """Return the verdict of a rule on every survey; None where too few draws are left of a prior of another scale."""
    chance = surveys[f"below {rule.bound} {rule.scale}"]
    effective = surveys["weight_ess"] * surveys[f"draws {rule.scale}"] / surveys[f"draws {FITTED}"]
    error = np.sqrt(np.maximum(chance * (1 - chance), 0.25 / effective) / effective)
    log_bf = surveys["log_bf"] + surveys[f"log_bf_change {rule.scale}"]
    slack = MARGIN * surveys["log_bf_error"]
    everyone = pd.Series(data=True, index=surveys.index)
    none = everyone if rule.nil is None else chance - MARGIN * error > rule.nil
    none = none & (everyone if rule.against is None else -log_bf - slack > np.log(rule.against))
    carries = everyone if rule.more is None else 1 - chance - MARGIN * error > rule.more
    carries = carries & (everyone if rule.favour is None else log_bf - slack > np.log(rule.favour))
    found = pd.Series(str(Verdict.UNDECIDED), index=surveys.index, dtype=object)
    found[carries], found[none] = str(Verdict.CARRIES), str(Verdict.NONE)
    found[surveys[f"draws {rule.scale}"] < FEWEST] = None
    return found


def evidence(survey: pd.Series, bound: float = 0.02) -> GroupEvidence:
    """Return the evidence on a survey under the prior that was fitted, as `latentclass.weigh` gives it to its rule."""
    below, effective, nan = survey[f"below {bound} {FITTED}"], survey["weight_ess"], float("nan")
    return GroupEvidence(
        group="individual",
        weight=WeightSummary(
            quantiles=tuple(survey[f"q{q} {FITTED}"] for q in (0.05, 0.5, 0.95)),
            prior_quantiles=(nan, nan, nan),
            prob=0.9,
            share=nan,
        ),
        equivalence=Equivalence(
            bound=bound,
            posterior=below,
            posterior_error=float(np.sqrt(max(below * (1 - below), 0.25 / effective) / effective)),
            prior=nan,
            log_bayes_factor=nan,
            log_bayes_factor_error=nan,
            bounded=False,
        ),
        bayes_factor=BayesFactor(log_value=survey["log_bf"], error=survey["log_bf_error"]),
        likelihood=LikelihoodRatio(
            group="individual", log_likelihood=survey["lr"] / 2, log_likelihood_without=0.0, df=9, n=int(survey["n"])
        ),
    )


def rates(surveys: pd.DataFrame, found: pd.Series) -> pd.DataFrame:
    """Return the rate of every verdict in every cell with its Monte Carlo error, beside a test at 5 % and BIC.

    Parameters
    ----------
    surveys : DataFrame
        Rows of `flattened`.
    found : Series
        Verdict on each; None where there is none.
    """
    known = found.notna()
    hits = pd.DataFrame({str(v): found.eq(str(v)) for v in Verdict})
    hits["LR p < .05"], hits["BIC takes it in"] = surveys["lr_p"] < 0.05, surveys["bic_difference"] < 0
    hits = hits[known]
    groups = hits.groupby([surveys.loc[known, name] for name in CELL], sort=False)
    n, table = groups.size(), groups.mean()
    for name in hits:
        # With a half added on either side, so that a rate of 0 has an error too.
        smooth = (groups[name].sum() + 0.5) / (n + 1)
        table[f"{name} SE"] = np.sqrt(smooth * (1 - smooth) / n)
    return table.assign(surveys=n).sort_index().round(3)


def usual() -> Trial:
    """Return the default rule."""
    rule = Rule()
    both = {"nil": rule.certainty, "more": rule.certainty, "against": rule.bayes_factor, "favour": rule.bayes_factor}
    return Trial(name="default", bound=rule.bound, **both)


def interval(bayes_factor: float, bound: float = 0.02) -> Trial:
    """Return the rule that asks for posterior odds of so many times the prior odds, on either side of the bound."""
    below = pd.read_csv(PRIOR, index_col="scale").loc[FITTED, str(bound)]
    odds = bayes_factor * below / (1 - below), bayes_factor * (1 - below) / below
    nil, more = (own / (1 + own) for own in odds)
    return Trial(name=f"interval BF {bayes_factor:g}", bound=bound, nil=nil, more=more, against=None, favour=None)


def trials() -> list[Trial]:
    """Return the rules that are compared: a certainty and a Bayes factor, either or both, and changes of priors."""
    found = [usual()]
    for p in (0.5, 0.75, 0.8, 0.9, 0.95):
        found += [Trial(name=f"certainty {p}, BF {b:g}", nil=p, more=p, against=b, favour=b) for b in (1, 3, 10)]
    found += [
        Trial(name="certainty 0.9 alone", against=None, favour=None),
        Trial(name="certainty 0.75 alone", nil=0.75, more=0.75, against=None, favour=None),
        Trial(name="certainty 0.5 alone", nil=0.5, more=0.5, against=None, favour=None),
        Trial(name="BF 3 alone", nil=None, more=None),
        Trial(name="BF 10 alone", nil=None, more=None, against=10, favour=10),
        Trial(name="certainty 0.9 against, BF 3 for", against=None, more=None),
        interval(3.0),
    ]
    for scale in SCALES:
        if scale != FITTED:
            found += [
                Trial(name=f"certainty {p}, BF 3, prior scale {scale}", scale=scale, nil=p, more=p) for p in (0.75, 0.9)
            ]
    found += [Trial(name=f"certainty 0.75, BF 3, bound {b}", bound=b, nil=0.75, more=0.75) for b in (0.01, 0.03)]
    return found


def compared(surveys: pd.DataFrame) -> pd.DataFrame:
    """Return the rates of all rules that are tried, one row for each, by what is wanted of a rule."""
    rows: list[Mapping[str, object]] = []
    for rule in trials():
        found = verdicts(surveys, rule)
        table = rates(surveys, found)
        row: dict[str, object] = {"rule": rule.name}
        for (n, truth), own in table.iterrows():
            row[f"{truth}, {n}: weight"] = own[str(Verdict.CARRIES)]
            row[f"{truth}, {n}: no weight"] = own[str(Verdict.NONE)]
        rows.append(row | {"left out": int(found.isna().sum())})
    return pd.DataFrame(rows).set_index("rule")


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    if RESULTS.is_file():
        found = read(RESULTS).sort_values(["seed", *CELL])
        found = found[found.groupby(CELL)["seed"].transform("size") >= FEWEST_SURVEYS]
        flattened(found).round(4).to_csv(SURVEYS, index=False)
        priors(found).to_csv(PRIOR)
    surveys = pd.read_csv(SURVEYS)
    table = rates(surveys, verdicts(surveys, usual()))
    table.to_csv(RATES)
    others = compared(surveys)
    others.to_csv(RULES)
    print(table.T.to_string(), others.to_string(), sep="\n\n")


if __name__ == "__main__":
    main()
