"""How often `lc.diagnose` says that priors and data contradict each other, of right and of wrong priors, at n 500.

Run with ``python -m benchmarks.conflict --surveys 40 --out conflict.csv`` in the root of the project. Parameters are
drawn from priors and a survey from them, which is fitted with ``method="laplace"``. Rows are appended to the file one
by one, and surveys that it holds already are skipped. ``--summary`` prints the table of what is there.
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

import latentclass as lc
from latentclass.checks.about_priors import about_priors
from latentclass.checks.power_scaling import CONFLICT, SENSITIVE, power_scaling

N = 500

# Priors that parameters are drawn from, and priors of the fit.
CASES: dict[str, tuple[lc.Priors, lc.Priors]] = {
    "right priors": (lc.Priors(), lc.Priors()),
    "truth narrower than the priors": (lc.Priors(effects=lc.Normal(0.25), location=lc.Normal(1.0)), lc.Priors()),
    "slopes of 1 under a prior of 0.1": (lc.Priors(effects=lc.Normal(1.0)), lc.Priors(effects=lc.Normal(0.1))),
    "free items under Dirichlet(50)": (lc.Priors(), lc.Priors(items=lc.Dirichlet(50.0))),
}


def model_of(priors: lc.Priors) -> lc.Model:
    return lc.Model(
        items=[
            *lc.ordinal("a", "b", "c", levels=[1, 2, 3, 4, 5]),
            *lc.nominal("d", levels=["x", "y", "z"]),
            *lc.binary("e", "f", "g", levels=[0, 1]),
        ],
        n_classes=3,
        factor_groups={"one": ["u", "v"], "two": ["w"]},
        priors=priors,
    )


def one(case: str, seed: int) -> dict[str, object]:
    drawn_from, fitted = CASES[case]
    covariates = pd.DataFrame(np.random.default_rng(seed).normal(size=(N, 3)), columns=["u", "v", "w"])
    frame = lc.simulate(model_of(drawn_from), None, covariates, seed=seed).frame
    with warnings.catch_warnings():
        # Approximations that are no more than that, which is said by pareto_k.
        warnings.simplefilter("ignore", lc.LatentClassWarning)
        fit = lc.fit(model_of(fitted), frame, method="laplace", n_starts=6, seed=seed, progressbar=False)
    table = power_scaling(fit)
    sensitive = (table["prior"] > SENSITIVE) & (table["likelihood"] > SENSITIVE)
    return {
        "case": case,
        "seed": seed,
        "pareto_k": fit.convergence.pareto_k,
        "parameters": len(table),
        "sensitive": int(sensitive.sum()),
        "conflict": int((table["diagnosis"] == CONFLICT).sum()),
        "smallest_p": float(table["p"].min()),
        "largest_shift": float(table["shift"].abs().max()),
        "severity": str(about_priors(table).severity),
    }


def summary(path: Path) -> pd.DataFrame:
    """Return, per case, how many surveys have a conflict, and how many have one by sensitivity alone."""
    found = pd.read_csv(path)
    found = found.assign(any_sensitive=found["sensitive"] > 0, accused=found["conflict"] > 0)
    rates = found.groupby("case", sort=False).agg(
        surveys=("seed", "size"),
        accused=("accused", "mean"),
        problem=("severity", lambda s: (s == "problem").mean()),
        by_sensitivity=("any_sensitive", "mean"),
        sensitive=("sensitive", "mean"),
        conflict=("conflict", "mean"),
    )
    return rates.reindex([case for case in CASES if case in rates.index])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--surveys", type=int, default=40)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "conflict.csv")
    parser.add_argument("--case", choices=list(CASES), action="append")
    parser.add_argument("--summary", action="store_true")
    options = parser.parse_args()
    if not options.summary:
        done = pd.read_csv(options.out) if options.out.exists() else pd.DataFrame(columns=["case", "seed"])
        there = set(zip(done["case"], done["seed"], strict=True))
        for case in options.case or CASES:
            for seed in range(1, options.surveys + 1):
                if (case, seed) not in there:
                    row = pd.DataFrame([one(case, seed)])
                    row.to_csv(options.out, mode="a", header=not options.out.exists(), index=False)
    print(summary(options.out).round(3).to_string())


if __name__ == "__main__":
    main()
