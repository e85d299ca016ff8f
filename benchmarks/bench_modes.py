"""Random starts of the search for modes: seconds per start, and until the best known mode was first found.

The likelihood is maximised (`lc.Priors.flat()`) without covariates. "Seconds per start" is a whole search of 20 starts
through 20: for latentclass with climbing again out of corners, comparing modes and Laplace approximations, which
StepMix does not do. "Seconds per climb" is from a start to its end alone; the ends of latentclass are rough, since
only one of each kind is climbed to the last digit, so that its share at the best mode is understated. The best known
mode of a data set is the highest that any program found in all repeats.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from common import ROOT, Results, table

import latentclass as lc
from latentclass.infer.ascent import ROUGH
from latentclass.infer.compiled import compile_survey
from latentclass.infer.search import Climbs, search
from latentclass.infer.starts import random_start
from latentclass.infer.threads import one_blas_thread
from latentclass.posterior import log_likelihood
from latentclass.survey import Survey, read_survey

HERE = Path(__file__).resolve().parent
STEPMIX = Path(os.environ.get("STEPMIX_PYTHON") or ROOT / ".venv-stepmix" / "bin" / "python")
DATA = Path(os.environ.get("LATENTCLASS_DATA") or ROOT.parent / "shared" / "data")
STARTS, REPEATS = 20, 3
SAME = 0.01


def surveys() -> dict[str, Survey]:
    """Return the surveys, those of the reference data only where they are."""
    simulated = lc.datasets.plain_survey(n_covariates=0, seed=2020)
    found = {
        "simulated": read_survey(
            lc.Model(items=simulated.model.items, n_classes=4, priors=lc.Priors.flat()), simulated.frame
        )
    }
    for name, columns, n_classes in (
        ("gss82", ["PURPOSE", "ACCURACY", "UNDERSTA", "COOPERAT"], 3),
        ("election", None, 3),
    ):
        path = DATA / f"{name}.csv"
        if not path.exists():
            continue
        frame = pd.read_csv(path)
        columns = columns or [c for c in frame if c.endswith(("G", "B")) and frame[c].nunique() <= 5]
        model = lc.Model(items=lc.nominal(*columns), n_classes=n_classes, priors=lc.Priors.flat())
        found[name] = read_survey(model, frame[columns])
    return found


def first_time(found: list[tuple[float, float]], best: float) -> float:
    seconds = np.cumsum([s for s, _ in found])
    hits = np.flatnonzero([height >= best - SAME for _, height in found])
    return float(seconds[hits[0]]) if len(hits) else float("inf")


def with_latentclass(survey: Survey, seed: int) -> dict:
    """Time the whole search, and each of its climbs by itself."""
    compiled, starts = compile_survey(survey), []
    begun = time.perf_counter()
    search(compiled, survey, n_starts=STARTS, seed=seed, progressbar=False)
    whole = time.perf_counter() - begun
    climbs = Climbs(compiled)
    with one_blas_thread():
        for own in np.random.SeedSequence(seed).spawn(STARTS):
            begun = time.perf_counter()
            _, x = climbs.one(random_start(compiled, survey, np.random.default_rng(own)), stop=ROUGH)
            seconds = time.perf_counter() - begun
            starts.append(
                (seconds, float(log_likelihood(compiled.variables(x).expand_dims(["chain", "draw"]), survey).sum()))
            )
    return {"starts": starts, "whole": whole}


def with_stepmix(survey: Survey, seed: int) -> dict:
    if not STEPMIX.exists():
        return {"skipped": f"{STEPMIX} is missing; see benchmarks/README.md"}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "codes.npy"
        np.save(path, survey.codes)
        numbers = map(str, (survey.model.n_classes, STARTS, 1000 * seed))
        command = [str(STEPMIX), str(HERE / "stepmix_starts.py"), str(path), *numbers]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return {"skipped": "StepMix: " + done.stderr.strip().splitlines()[-1][:200]}
    starts = [tuple(pair) for pair in json.loads(done.stdout.splitlines()[-1])]
    return {"starts": starts, "whole": sum(seconds for seconds, _ in starts)}


def main() -> None:
    warnings.simplefilter("ignore")
    results = Results("modes")
    for name, survey in surveys().items():
        # Compiles, which is measured elsewhere.
        lc.find_modes(survey.model, survey, n_starts=1, seed=1, progressbar=False)
        for repeat in range(REPEATS):
            for program, run in (("latentclass", with_latentclass), ("StepMix", with_stepmix)):
                key = {"data": name, "program": program, "repeat": repeat}
                results.measured(key, lambda run=run, survey=survey, repeat=repeat: run(survey, repeat))
    report(results.frame().dropna(subset="starts"))


def report(frame: pd.DataFrame) -> None:
    best = frame.groupby("data")["starts"].apply(lambda rows: max(height for row in rows for _, height in row))
    frame["seconds per start"] = frame["whole"] / STARTS
    frame["seconds per climb"] = [float(np.mean([s for s, _ in row])) for row in frame["starts"]]
    frame["seconds to the best mode"] = [
        first_time(r, best[d]) for r, d in zip(frame["starts"], frame["data"], strict=True)
    ]
    frame["share at the best mode"] = [
        float(np.mean([h >= best[d] - SAME for _, h in row]))
        for row, d in zip(frame["starts"], frame["data"], strict=True)
    ]
    for what in ("seconds per start", "seconds per climb", "seconds to the best mode", "share at the best mode"):
        print(what)
        print(table(frame, ["data"], "program", what).to_string())


if __name__ == "__main__":
    main()
