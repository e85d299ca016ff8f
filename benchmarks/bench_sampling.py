"""Effective draws per second: latentclass, Stan, and PyMC on the model as one would first write it.

All draw from the same posterior with the same priors and numbers of draws, two chains side by side. The figure is the
bulk effective sample size of the worst parameter among intercepts, slopes and item probabilities, by the same code
for all. Seconds are those until the draws are in memory: warm-up and draws, and for latentclass building the model and
the search for modes besides, while the others start at the truth. Compilation is left out for all, and so is what
comes after the draws (relabelling and R-hat in latentclass, checks in PyMC and Stan). Without warm-up, seconds are
those that the slower chain took for its draws; latentclass does not time them, and has what a fit with twice the draws
took longer instead.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import arviz_stats as azs
import numpy as np
import pandas as pd
import xarray as xr
from common import Results, table, with_spread

import latentclass as lc
from latentclass.survey import read_survey

HERE = Path(__file__).resolve().parent
# Respondents, repeats, warm-up and draws.
SIZES = ((500, 3, 500, 1000), (2000, 3, 500, 1000), (10_000, 1, 200, 200))
CHAINS, TARGET = 2, 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    data: lc.Simulated
    warmup: int
    draws: int
    seed: int


def worst(draws: xr.Dataset) -> float:
    """Return the smallest bulk effective sample size of all parameters."""
    return float(min(azs.ess(draws[name], method="bulk").min() for name in draws.data_vars))


def slopes(posterior: xr.Dataset) -> xr.DataArray:
    names = [str(name) for name in posterior if str(name).startswith("slope_")]
    stacked = [
        posterior[n].rename({str(d): "covariate" for d in posterior[n].dims if "covariate" in str(d)}) for n in names
    ]
    return xr.concat([s.drop_vars("covariate") for s in stacked], dim="covariate")


def with_latentclass(job: Job) -> dict[str, float]:
    survey = read_survey(job.data.model, job.data.frame)
    # Compiles.
    lc.fit(job.data.model, survey, draws=4, tune=4, chains=CHAINS, n_starts=1, seed=1, progressbar=False)
    options = {"tune": job.warmup, "chains": CHAINS, "seed": job.seed, "target_accept": TARGET, "progressbar": False}
    begun = time.perf_counter()
    fit = lc.fit(job.data.model, survey, draws=job.draws, **options)
    whole = time.perf_counter() - begun
    about = fit.tree["sample_stats"].attrs
    longer = lc.fit(job.data.model, survey, draws=2 * job.draws, **options).tree["sample_stats"].attrs
    draws = xr.Dataset({n: fit.posterior[n] for n in ("intercept", "probability")} | {"slope": slopes(fit.posterior)})
    return {
        "ess": worst(draws),
        "seconds": sum(about[f"{stage}_time"] for stage in ("compiling", "search", "sampling")),
        "seconds of draws": longer["sampling_time"] - about["sampling_time"],
        "seconds of the whole fit": whole,
    }


def design(data: lc.Simulated) -> tuple[np.ndarray, np.ndarray]:
    survey = read_survey(data.model, data.frame)
    return survey.codes, np.hstack([group.matrix for group in survey.groups])


def truth(data: lc.Simulated) -> dict[str, np.ndarray]:
    """Return intercept (K,), slopes (P, K) and probabilities (K, J, C)."""
    own, k = data.parameters, data.model.n_classes
    probability = own["probability"].to_numpy().reshape(k, len(data.model.items), -1)
    names = [name for name in own if str(name).startswith("slope_")]
    return {
        "intercept": own["intercept"].to_numpy(),
        "slope": np.vstack([own[name].to_numpy() for name in names]),
        # Away from the boundary, where the transforms of the simplex have no inverse.
        "probability": (probability + 1e-3) / (probability + 1e-3).sum(axis=-1, keepdims=True),
    }


def basis(k: int) -> np.ndarray:
    """Return orthonormal columns that sum to zero, (K, K - 1)."""
    return np.linalg.qr(np.column_stack([np.ones(k), np.eye(k)[:, :-1]]))[0][:, 1:]


def with_stan(job: Job) -> dict[str, float | str]:
    if shutil.which("Rscript") is None:
        return {"skipped": "R is not installed"}
    codes, x = design(job.data)
    priors, start, k = job.data.model.priors, truth(job.data), job.data.model.n_classes
    q = basis(k)
    given = {
        "N": len(codes), "J": codes.shape[1], "C": 5, "K": k, "P": x.shape[1], "y": (codes + 1).tolist(),
        "x": x.tolist(), "basis": q.tolist(), "scale_intercept": priors.intercept.scale,
        "scale_slope": priors.effects.scale, "concentration": priors.items.concentration,
    }  # fmt: skip
    begin = {
        "raw_intercept": (start["intercept"] @ q).tolist(),
        "raw_slope": (start["slope"] @ q).tolist(),
        "probability": start["probability"].tolist(),
    }
    # One folder for all repeats, since Stan keeps the compiled model beside its source.
    folder = Path(tempfile.gettempdir()) / "latentclass-benchmark-stan"
    folder.mkdir(exist_ok=True)
    if not (folder / "lca.stan").exists():
        shutil.copy(HERE / "lca.stan", folder)
    (folder / "data.json").write_text(json.dumps(given))
    (folder / "start.json").write_text(json.dumps(begin))
    command = [
        "Rscript",
        str(HERE / "run_stan.R"),
        str(folder),
        *map(str, (job.seed, CHAINS, job.warmup, job.draws, TARGET)),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return {"skipped": "rstan: " + done.stderr.strip().splitlines()[-1][:200]}
    chains = np.stack([pd.read_csv(folder / f"draws_{chain}.csv").to_numpy() for chain in range(1, CHAINS + 1)])
    times = json.loads((folder / "times.json").read_text())
    ess = worst(xr.Dataset({"all": (("chain", "draw", "parameter"), chains)}))
    return {"ess": ess, "seconds": times["seconds"], "seconds of draws": times["draws"]}


def with_pymc(job: Job) -> dict[str, float | str]:
    import pymc as pm
    import pytensor.tensor as pt

    codes, x = design(job.data)
    priors, start, k = job.data.model.priors, truth(job.data), job.data.model.n_classes
    one_hot = (codes[:, :, None] == np.arange(5)).reshape(len(codes), -1).astype(float)
    with pm.Model():
        intercept = pm.ZeroSumNormal("intercept", sigma=np.asarray(priors.intercept.scale), shape=k)
        slope = pm.ZeroSumNormal("slope", sigma=np.asarray(priors.effects.scale), shape=(x.shape[1], k))
        concentration = np.full(5, priors.items.concentration)
        probability = pm.Dirichlet("probability", concentration, shape=(k, codes.shape[1], 5))
        logits = pt.special.log_softmax(intercept + x @ slope, axis=1)
        pm.Potential("answers", pt.logsumexp(logits + one_hot @ pt.log(probability).reshape((k, -1)).T, axis=1).sum())
        options = {
            "nuts_sampler": "pymc", "initvals": start, "chains": CHAINS, "cores": CHAINS, "random_seed": job.seed,
            "progressbar": False, "quiet": True, "compute_convergence_checks": False, "nuts": {"target_accept": TARGET},
        }  # fmt: skip
        pm.sample(1, tune=1, **options)
        begun = time.perf_counter()
        tree = pm.sample(job.draws, tune=job.warmup, **options)
        seconds = time.perf_counter() - begun
    posterior = tree["posterior"].to_dataset()
    of_draws = float(tree["sample_stats"]["perf_counter_diff"].sum("draw").max())
    ess = worst(posterior[["intercept", "slope", "probability"]])
    return {"ess": ess, "seconds": seconds, "seconds of draws": of_draws}


PROGRAMS: dict[str, Callable[[Job], dict]] = {
    "latentclass": with_latentclass,
    "Stan": with_stan,
    "PyMC, naive": with_pymc,
}


def main() -> None:
    warnings.simplefilter("ignore")
    results = Results("sampling")
    for n, repeats, warmup, draws in SIZES:
        data = lc.datasets.plain_survey(n=n, seed=2020)
        for repeat in range(repeats):
            job = Job(data=data, warmup=warmup, draws=draws, seed=repeat + 1)
            for program, run in PROGRAMS.items():
                results.measured({"n": n, "program": program, "repeat": repeat}, lambda run=run, job=job: run(job))
    report(results.frame())


def report(frame: pd.DataFrame) -> None:
    """Print effective draws per second, and what multiple of the others latentclass reaches."""
    for what, seconds in (("with warm-up", "seconds"), ("without warm-up", "seconds of draws")):
        rate = f"ESS per second, {what}"
        own = frame.assign(**{rate: frame["ess"] / frame[seconds]})
        print(rate)
        print(table(own, ["n"], "program", rate).to_string())
        wide = own.pivot_table(index=["n", "repeat"], columns="program", values=rate)
        others = [program for program in wide if program != "latentclass"]
        ratios = {p: (wide["latentclass"] / wide[p]).groupby("n").apply(with_spread) for p in others}
        print(f"latentclass as a multiple of, {what}")
        print(pd.DataFrame(ratios).to_string())


if __name__ == "__main__":
    main()
