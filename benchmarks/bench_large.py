"""Seconds and peak memory of surveys of 10 000 to 1 000 000 respondents, each measurement in a process of its own.

The survey is the benchmark problem (12 five-level items, four classes), with and without its 12 covariates. It is drawn
and written to a file beforehand; the peak is that of the whole process, imports and compilation included.

Chains are run once, on 100 000 respondents with four covariates, and take minutes.

Usage: ``python benchmarks/bench_large.py [LARGEST]``.
"""

from __future__ import annotations

import json
import pickle
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

from common import RESULTS, Results

SIZES = (10_000, 100_000, 1_000_000)
STARTS, DRAWS = 5, 250
WHAT = ("modes", "laplace")
CHAINS = {"draws": 200, "tune": 200, "chains": 2}


def write_survey(n: int, n_covariates: int, path: Path) -> None:
    import latentclass as lc

    survey = lc.datasets.plain_survey(n=n, n_covariates=n_covariates, seed=2020)
    path.write_bytes(pickle.dumps((survey.model, survey.frame)))


def run(what: str, path: Path) -> dict[str, float]:
    """Fit, and return seconds and the peak of the memory of this process, in GiB."""
    import latentclass as lc

    model, frame = pickle.loads(path.read_bytes())
    begun, found = time.perf_counter(), {}
    if what == "modes":
        modes = lc.find_modes(model, frame, n_starts=STARTS, seed=1, progressbar=False)
        found["log_likelihood"] = modes.best.log_likelihood
    elif what == "nuts":
        fit = lc.fit(model, frame, n_starts=STARTS, seed=1, progressbar=False, **CHAINS)
        found |= about_chains(fit)
    else:
        fit = lc.fit(model, frame, method=what, n_starts=STARTS, draws=DRAWS, seed=1, progressbar=False)
        found |= {"pareto_k": fit.convergence.pareto_k, "effective": fit.convergence.effective}
        found |= {stage: fit.tree["sample_stats"].attrs[f"{stage}_time"] for stage in ("search", "sampling")}
    seconds = time.perf_counter() - begun
    used = resource.getrusage(resource.RUSAGE_SELF)
    processor = used.ru_utime + used.ru_stime
    return {"seconds": seconds, "processor_seconds": processor, "peak_gib": used.ru_maxrss / 2**20, **found}


def about_chains(fit: Any) -> dict[str, float]:
    """Return the worst effective sample size over everything that is not a score, and what the chains did."""
    import arviz as az

    stats, ess = fit.tree["sample_stats"], az.ess(fit.posterior)
    return {
        "worst_ess": float(min(ess[name].min() for name in ess.data_vars)),
        "steps": float(stats["n_steps"].sum()),
        "divergences": float(stats["diverging"].sum()),
        **{stage: stats.attrs[f"{stage}_time"] for stage in ("search", "sampling")},
    }


def in_a_process(*arguments: str) -> str:
    done = subprocess.run([sys.executable, __file__, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return done.stdout


def measured(n: int, n_covariates: int, what: tuple[str, ...] = WHAT) -> list[dict[str, float]]:
    results = Results("large")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "survey.pickle"
        rows = []
        for one in what:

            def measure(what: str = one) -> dict[str, float]:
                if not path.exists():
                    in_a_process("write", str(n), str(n_covariates), str(path))
                return json.loads(in_a_process("run", what, str(path)).splitlines()[-1])

            rows.append(results.measured({"n": n, "covariates": n_covariates, "what": one}, measure))
    return rows


def main() -> None:
    largest = int(sys.argv[1]) if len(sys.argv) > 1 else max(SIZES)
    for n in SIZES:
        for n_covariates in (0, 12):
            if n <= largest:
                measured(n, n_covariates)
    if largest >= 100_000:
        measured(100_000, 4, ("nuts",))
    frame = Results("large").frame()
    print(f"{STARTS} random starts; draws of approximations in four parts of {DRAWS}")
    values = ["seconds", "processor_seconds", "peak_gib"]
    table = frame.pivot_table(index=["what", "covariates"], columns="n", values=values)
    print(table.round(2).to_string())
    print(f"all numbers: {RESULTS / 'large.json'}")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    if sys.argv[1:2] == ["write"]:
        write_survey(int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
    elif sys.argv[1:2] == ["run"]:
        print(json.dumps(run(sys.argv[2], Path(sys.argv[3]))))
    else:
        main()
