"""How often `lc.weigh` says what, on simulated surveys in which the weight of the individual group is known.

Run with ``python benchmarks/calibration.py``; it goes on where it was stopped. ``--surveys 100`` asks for so many
surveys in every cell, ``--sizes 250 500``, ``--truths nil social`` and ``--scales 0.25 0.5`` choose cells, and
``--minutes 30`` stops in time. One line of numbers for every survey goes to ``calibration.jsonl`` in the folder of
results; the table of rates, with their Monte Carlo errors, is written at the end and by ``--table``.

Every survey has ten free items of five levels, four classes, and four groups of two or three independent standard
normal covariates. The slopes of the individual group are scaled so that its weight in a large population is 0, twice
the bound of what is practically nil, or that of the social group, 0.09.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import xarray as xr
from scipy.optimize import brentq

import latentclass as lc
from latentclass import dims
from latentclass.simulation import draw_parameters, group_weights

SIZES = (250, 500, 1000)
TRUTHS = {"nil": 0.0, "twice the bound": 0.04, "social": 0.09}
SCALES = (0.25,)
GROUPS = {"individual": 3, "social": 3, "organizational": 2, "technical": 3}
WEIGHTS = {"social": 0.09, "organizational": 0.06, "technical": 0.12}
POPULATION = 500


def model_of(scale: float) -> lc.Model:
    """Return the model, with a normal prior of the given scale on every slope."""
    columns = {group: [f"{group}_{j + 1}" for j in range(n)] for group, n in GROUPS.items()}
    return lc.Model(
        items=lc.ordinal(*(f"item_{j + 1}" for j in range(10)), levels=range(1, 6), structure="free"),
        n_classes=4,
        factor_groups=columns,
        priors=lc.Priors(effects=lc.Normal(scale)),
    )


def covariates(n: int, rng: np.random.Generator) -> pd.DataFrame:
    names = [f"{group}_{j + 1}" for group, k in GROUPS.items() for j in range(k)]
    return pd.DataFrame(rng.standard_normal((n, len(names))), columns=names)


def truth_of(individual: float, rng: np.random.Generator) -> xr.Dataset:
    """Return parameters in which every group has its weight, one group after the other."""
    population = lc.simulate(model_of(0.25), covariates=covariates(POPULATION, rng), seed=rng)
    survey = lc.read_survey(population.model, population.frame)
    parameters = draw_parameters(survey, rng)
    intercept = 0.3 * rng.standard_normal(4)
    parameters[dims.INTERCEPT] = parameters[dims.INTERCEPT].copy(data=intercept - intercept.mean())
    wanted = {**WEIGHTS, "individual": individual}
    # A group's weight depends a little on the slopes of the others: two rounds settle it.
    for _ in range(2):
        for group, weight in wanted.items():
            parameters = scaled(survey, parameters, group, weight)
    return parameters


def scaled(survey: lc.Survey, parameters: xr.Dataset, group: str, weight: float) -> xr.Dataset:
    name = dims.slope_name(group)
    direction = parameters[name]
    if weight == 0 or not float(abs(direction).max()):
        return parameters.assign({name: 0.0 * direction})

    def gap(factor: float) -> float:
        found = group_weights(survey, parameters.assign({name: factor * direction}))
        return float(found.sel(factor_group=group)) - weight

    return parameters.assign({name: brentq(gap, 0.0, 50.0, xtol=1e-3) * direction})


def one_survey(n: int, truth: str, scale: float, seed: int) -> dict[str, object]:
    """Simulate a survey, weigh its individual group, and return the numbers."""
    rng = np.random.default_rng([n, list(TRUTHS).index(truth), seed])
    parameters = truth_of(TRUTHS[truth], rng)
    data = lc.simulate(model_of(scale), parameters, covariates(n, rng), seed=rng)
    began = time.monotonic()
    with warnings.catch_warnings(), TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")
        fit = lc.fit(data.model, data.frame, draws=1000, tune=500, chains=2, n_starts=8, seed=seed, progressbar=False)
        found = lc.weigh(
            fit,
            groups=["individual"],
            skip=["prediction", "null_check"],
            n_starts=10,
            folder=folder,
            seed=seed,
            progressbar=False,
        )
    row = found.table.iloc[0]
    kept = ["verdict", "weight_median", "pr_nil", "log_bf", "log_bf_error", "lr", "lr_p", "bic_difference"]
    numbers = {name: row[name] if name == "verdict" else float(row[name]) for name in kept}
    cell = {"n": n, "truth": truth, "scale": scale, "seed": seed}
    return {**cell, **numbers, "converged": fit.convergence.ok, "seconds": round(time.monotonic() - began, 1)}


def cells(options: argparse.Namespace, done: set[tuple[object, ...]]) -> Iterator[tuple[int, str, float, int]]:
    """Yield what is still to be done, all cells in turn."""
    for seed in range(options.surveys):
        for n in options.sizes:
            for truth in options.truths:
                for scale in options.scales:
                    if (n, truth, scale, seed) not in done:
                        yield n, truth, scale, seed


def read(path: Path) -> pd.DataFrame:
    if not path.is_file():
        return pd.DataFrame(columns=["n", "truth", "scale", "seed"])
    lines = path.read_text(encoding="utf-8").splitlines()
    return pd.DataFrame([json.loads(line) for line in lines if line.endswith("}")])


def rates(found: pd.DataFrame) -> pd.DataFrame:
    """Return the rate of every verdict in every cell, beside those of a test at 5 % and of BIC."""

    def summary(own: pd.DataFrame) -> pd.Series:
        shares = {
            "carries weight": own["verdict"].eq("carries weight"),
            "carries no weight": own["verdict"].eq("carries no weight"),
            "undecided": own["verdict"].eq("undecided"),
            "LR p < .05": own["lr_p"].lt(0.05),
            "BIC takes it in": own["bic_difference"].lt(0),
        }
        numbers = {
            "surveys": len(own),
            "median log BF": own["log_bf"].median(),
            "median Pr(nil)": own["pr_nil"].median(),
        }
        for name, hits in shares.items():
            share = hits.mean()
            numbers[name] = share
            # With a half added on either side, so that a rate of 0 has an error too.
            smooth = (hits.sum() + 0.5) / (len(own) + 1)
            numbers[f"{name} SE"] = np.sqrt(smooth * (1 - smooth) / len(own))
        return pd.Series(numbers)

    return found.groupby(["scale", "n", "truth"]).apply(summary, include_groups=False).round(3)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--surveys", type=int, default=100)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--truths", nargs="+", choices=list(TRUTHS), default=list(TRUTHS))
    parser.add_argument("--scales", type=float, nargs="+", default=SCALES)
    parser.add_argument("--minutes", type=float, default=float("inf"))
    parser.add_argument("--folder", type=Path, default=Path("out/benchmarks"))
    parser.add_argument("--table", action="store_true", help="only write the table of what is there")
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    path, end = options.folder / "calibration.jsonl", time.monotonic() + 60 * options.minutes
    done = set(read(path)[["n", "truth", "scale", "seed"]].itertuples(index=False, name=None))
    for cell in () if options.table else cells(options, done):
        if time.monotonic() > end:
            break
        numbers = one_survey(*cell)
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(numbers) + "\n")
        print(numbers, flush=True)
    found = read(path)
    if len(found):
        table = rates(found)
        table.to_csv(options.folder / "calibration.csv")
        print(table.T.to_string())


if __name__ == "__main__":
    main()
