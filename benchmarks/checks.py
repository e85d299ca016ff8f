"""How often `lc.check` accuses a right model, and how often it finds planted faults, at n 500.

Run with ``python -m benchmarks.checks --surveys 40 --out checks.csv`` in the root of the project. Every survey is
simulated, given a fault, fitted with NUTS (2 chains of 300 draws after 300) and checked; with ``--posterior laplace`` a
quick stand-in takes the place of NUTS, which needs a second or two per survey. Rows are appended to the file one by one
and surveys that it holds already are skipped, so that a run can be cut off and resumed. ``--cases`` runs some cases
only, where more surveys are wanted of them, and ``--summary`` prints the table of what is there.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

import latentclass as lc
from benchmarks.laplace import laplace_fit

N, N_ITEMS, LEVELS = 500, 8, (1, 2, 3, 4)
PROFILES = {"low": (0.5, 0.3, 0.15, 0.05), "high": (0.05, 0.15, 0.3, 0.5)}

type Fault = Callable[[pd.DataFrame, np.random.Generator], pd.DataFrame]


def model_of(n_classes: int, structure: str = "free", **priors: object) -> lc.Model:
    return lc.Model(
        items=lc.ordinal(*(f"item_{j + 1}" for j in range(N_ITEMS)), levels=LEVELS, structure=structure),
        n_classes=n_classes,
        factor_groups={"group": ["x_1", "x_2"]},
        priors=lc.Priors(**priors),
    )


def truth(n_classes: int) -> xr.Dataset:
    half = N_ITEMS // 2
    rows = [
        ["low"] * N_ITEMS,
        ["high"] * N_ITEMS,
        ["low"] * half + ["high"] * half,
        ["high"] * half + ["low"] * half,
    ][:n_classes]
    slope = np.zeros((2, n_classes))
    slope[0, :2] = 0.5, -0.5
    return xr.Dataset(
        {
            "probability": (("class", "item_level"), [np.concatenate([PROFILES[p] for p in row]) for row in rows]),
            "intercept": ("class", np.zeros(n_classes)),
            "slope_group": (("group_covariate", "class"), slope - slope.mean(axis=1, keepdims=True)),
        },
        coords={
            "class": [f"Class {k + 1}" for k in range(n_classes)],
            "item_level": [f"item_{j + 1}={level}" for j in range(N_ITEMS) for level in LEVELS],
            "group_covariate": ["x_1", "x_2"],
        },
    )


def as_is(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    return frame


def local_dependence(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Three in ten respondents give the same answer to item_2 as to item_1."""
    return frame.assign(item_2=frame["item_1"].where(rng.random(len(frame)) < 0.3, frame["item_2"]))


def direct_effect(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """x_2 moves the answer to item_3 by half a level per standard deviation, in all classes."""
    moved = np.round(frame["item_3"] + 0.5 * frame["x_2"] + rng.uniform(-0.5, 0.5, len(frame))).clip(1, 4)
    return frame.assign(item_3=moved.astype(int))


def opposed_effect(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """x_2 moves the answer to item_3 up where the other answers are high, and down where they are low."""
    sign = np.sign(frame[[f"item_{j}" for j in range(4, N_ITEMS + 1)]].mean(axis=1) - 2.5)
    moved = np.round(frame["item_3"] + 0.7 * sign * frame["x_2"] + rng.uniform(-0.5, 0.5, len(frame))).clip(1, 4)
    return frame.assign(item_3=moved.astype(int))


def random_answers(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Three respondents in ten answer at random."""
    items = [f"item_{j + 1}" for j in range(N_ITEMS)]
    frame, careless = frame.copy(), rng.random(len(frame)) < 0.3
    frame.loc[careless, items] = rng.integers(1, 5, size=(careless.sum(), N_ITEMS))
    return frame


def straight_lines(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """One respondent in fourteen gives the answer to item_1 throughout."""
    items = [f"item_{j + 1}" for j in range(N_ITEMS)]
    frame, lazy = frame.copy(), rng.random(len(frame)) < 0.07
    frame.loc[lazy, items] = np.repeat(frame.loc[lazy, ["item_1"]].to_numpy(), N_ITEMS, axis=1)
    return frame


def copied_rows(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """One row in ten holds the answers of another respondent."""
    items = [f"item_{j + 1}" for j in range(N_ITEMS)]
    frame, copies = frame.copy(), rng.choice(len(frame), size=len(frame) // 10, replace=False)
    frame.loc[copies, items] = frame.loc[rng.permutation(len(frame))[: len(copies)], items].to_numpy()
    return frame


def one_dimension(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """There are no classes: a continuous trait, half of it x_1, moves all items."""
    trait = 0.5 * frame["x_1"].to_numpy() + rng.normal(scale=1.2, size=len(frame))
    answers = np.round(2.5 + trait[:, None] * 0.8 + rng.logistic(scale=0.5, size=(len(frame), N_ITEMS))).clip(1, 4)
    return frame.assign(**{f"item_{j + 1}": answers[:, j].astype(int) for j in range(N_ITEMS)})


def both_ends(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Those who answer item_5 high give one of the two ends of item_3, in the proportions 1 to 1."""
    polar = (frame["item_5"] > 2) & (rng.random(len(frame)) < 0.7)
    return frame.assign(item_3=frame["item_3"].where(~polar, rng.choice([1, 4], size=len(frame))))


# Fault: classes of the truth, classes fitted, structure of the items, what is done to the answers, the check for it.
CASES: dict[str, tuple[int, int, str, Fault, tuple[str, ...]]] = {
    "right model": (3, 3, "free", as_is, ()),
    "right model, 2 classes": (2, 2, "free", as_is, ()),
    "too few classes": (4, 3, "free", as_is, ("bivariate",)),
    "local dependence": (3, 3, "free", local_dependence, ("bivariate",)),
    "direct effect": (3, 3, "free", direct_effect, ("by_covariate",)),
    "direct effects opposed by class": (2, 2, "free", opposed_effect, ("independence",)),
    "random answers": (2, 2, "free", random_answers, ("person_fit",)),
    "straight lines": (3, 3, "free", straight_lines, ("patterns",)),
    "copied rows": (3, 3, "free", copied_rows, ("recurrence",)),
    "a trait, no classes": (2, 2, "free", one_dimension, ("separation",)),
    "cumulative, but both ends": (2, 2, "cumulative", both_ends, ("profiles", "pit")),
    "prior overrules the data": (2, 2, "free", as_is, ("margins",)),
}


def cases_for(posterior: str) -> list[str]:
    """Return the cases that can be fitted so: the stand-in has no cumulative items."""
    return [case for case, (_, _, structure, _, _) in CASES.items() if posterior == "nuts" or structure == "free"]


def one(case: str, seed: int, posterior: str = "nuts") -> dict[str, object]:
    n_true, n_fitted, structure, fault, _ = CASES[case]
    rng = np.random.default_rng([seed, list(CASES).index(case)])
    covariates = pd.DataFrame(rng.normal(size=(N, 2)), columns=["x_1", "x_2"])
    drawn = lc.simulate(model_of(n_true), truth(n_true), covariates, seed=rng, missing=0.03).frame
    whole = drawn.fillna({f"item_{j + 1}": 2 for j in range(N_ITEMS)}).astype(
        {f"item_{j + 1}": int for j in range(N_ITEMS)}
    )
    lost = drawn.isna()
    frame = fault(whole, rng).astype({f"item_{j + 1}": "Int64" for j in range(N_ITEMS)}).mask(lost)
    tight = 300.0 if case == "prior overrules the data" else 1.0
    begun = time.process_time()
    if posterior == "nuts":
        model = model_of(n_fitted, structure, **({"items": lc.Dirichlet(tight)} if tight > 1 else {}))
        with warnings.catch_warnings():
            # Short chains, and models that are wrong on purpose.
            warnings.simplefilter("ignore", lc.LatentClassWarning)
            fit = lc.fit(model, frame, draws=300, tune=300, chains=2, cores=1, n_starts=6, seed=seed, progressbar=False)
    else:
        fit = laplace_fit(lc.read_survey(model_of(n_fitted), frame), truth(n_fitted), prior=tight, seed=seed)
    checks = lc.check(fit, seed=seed)
    p = {check.name: check.p_value for check in checks}
    adjusted = min(check.p_adjusted for check in checks)
    return {
        "case": case,
        "seed": seed,
        "accused": not checks.ok,
        "own": any(checks[name].failed for name in CASES[case][4]),
        "smallest": adjusted,
        "seconds": time.process_time() - begun,
        **{f"p_{name}": p.get(name, float("nan")) for name in NAMES},
    }


NAMES = (
    "margins",
    "profiles",
    "by_covariate",
    "independence",
    "bivariate",
    "patterns",
    "person_fit",
    "separation",
    "recurrence",
    "pit",
)


def summary(path: Path) -> pd.DataFrame:
    """Return, per case, how many surveys were accused, by any check and by the one made for the fault."""
    found = pd.read_csv(path)
    rates = found.groupby("case", sort=False).agg(
        surveys=("seed", "size"), accused=("accused", "mean"), by_its_own_check=("own", "mean")
    )
    return rates.reindex([case for case in CASES if case in rates.index])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--surveys", type=int, default=40, help="surveys per case")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop after so many minutes")
    parser.add_argument("--out", type=Path, default=Path("checks.csv"))
    parser.add_argument("--cases", nargs="+", choices=list(CASES), help="only these, where more surveys are wanted")
    parser.add_argument("--posterior", choices=["nuts", "laplace"], default="nuts", help="how surveys are fitted")
    parser.add_argument("--summary", action="store_true", help="only print what is in the file")
    given = parser.parse_args()
    begun = time.monotonic()
    if not given.summary:
        done = set(map(tuple, pd.read_csv(given.out)[["case", "seed"]].to_numpy())) if given.out.exists() else set()
        for seed in range(given.surveys):
            for case in [c for c in cases_for(given.posterior) if c in (given.cases or CASES)]:
                if time.monotonic() - begun > 60 * given.minutes:
                    break
                if (case, seed) not in done:
                    row = pd.DataFrame([one(case, seed, given.posterior)])
                    row.to_csv(given.out, mode="a", header=not given.out.exists(), index=False)
    print(summary(given.out).round(3).to_string())


if __name__ == "__main__":
    main()
