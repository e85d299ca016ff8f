"""The numbers of `calibration.py` beside those of `lc.weigh` itself, on some of the same surveys.

Run with ``python -m benchmarks.calibration_check --surveys 2``: the first two surveys of every cell, fitted and weighed
as a user would, with searches from random starts, four chains, and bridge sampling of the models with
and without the group. Writes ``benchmarks/results/calibration_check.csv``; goes on where it was stopped.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Sequence
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

import latentclass as lc
from benchmarks.calibration import MAIN, SIZES, TRUTHS, covariates, model_of, truth_of
from benchmarks.rules import FOLDER, SURVEYS, usual, verdicts

CHECK = FOLDER / "calibration_check.csv"
KEY = ["n", "truth", "seed"]


def weighed(n: int, truth: str, seed: int) -> dict[str, object]:
    """Return what `lc.weigh` says of the individual group of a survey of the calibration."""
    parameters, _ = truth_of(truth, seed)
    rng = np.random.default_rng([n, list(TRUTHS).index(truth), seed])
    data = lc.simulate(model_of(), parameters, covariates(n, rng), seed=rng)
    with warnings.catch_warnings(), TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")
        fit = lc.fit(data.model, data.frame, tune=500, seed=seed, n_starts=8, progressbar=False)
        found = lc.weigh(
            fit,
            groups=["individual"],
            skip=["prediction", "null_check"],
            n_starts=8,
            folder=folder,
            seed=seed,
            progressbar=False,
        ).table.iloc[0]
    names = ["verdict", "weight_median", "pr_nil", "log_bf", "log_bf_error", "lr"]
    return {"n": n, "truth": truth, "seed": seed} | {f"weigh {name}": found[name] for name in names}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--surveys", type=int, default=2)
    options = parser.parse_args(arguments)
    surveys = pd.read_csv(SURVEYS)
    surveys["verdict"] = verdicts(surveys, usual())
    names = {"q0.5 0.5": "weight_median", "below 0.02 0.5": "pr_nil"}
    quick = surveys.rename(columns=names)[[*KEY, "verdict", "weight_median", "pr_nil", "log_bf", "log_bf_error", "lr"]]
    rows = pd.read_csv(CHECK).filter(regex="^(n|truth|seed|weigh.*)$").to_dict("records") if CHECK.is_file() else []
    done = {tuple(row[name] for name in KEY) for row in rows}
    cells = [(n, truth, seed) for seed in range(options.surveys) for truth in MAIN for n in SIZES]
    for cell in cells:
        if cell not in done:
            rows.append(weighed(*cell))
            print(rows[-1], flush=True)
        both = pd.DataFrame(rows).merge(quick, on=KEY, how="left")
        both.round(4).to_csv(CHECK, index=False)
    print(both.to_string())


if __name__ == "__main__":
    main()
