"""Seconds to the first draw and to the first answer, for 500 respondents, 12 items with 5 levels and 4 classes.

Each repeat has caches of its own: a process with an empty cache, one with a warm one, and there a second fit of another
survey of the same structure; all from the call of `fit` to the first draw. Then a process from the shell to its end
that imports the package, finds the modes from 20 starts and prints them; first with an empty cache, then again.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import Results, table

REPEATS = 2

PROBE = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
import latentclass as lc

surveys = [lc.datasets.plain_survey(seed=seed) for seed in (1, 2)]
seconds = []
for data in surveys:
    begun = time.perf_counter()
    from latentclass.infer import sampling

    plain = sampling._for_nutpie

    def timed(compiled, start):
        made = plain(compiled, start)
        seconds.append(time.perf_counter() - begun)
        return made

    sampling._for_nutpie = timed
    lc.fit(data.model, data.frame, draws=20, tune=20, chains=2, seed=1, progressbar=False)
    sampling._for_nutpie = plain
print(json.dumps(seconds))
"""

ANSWER = """
import latentclass as lc

data = lc.datasets.plain_survey(seed=1)
print(lc.find_modes(data.model, data.frame, n_starts=20, seed=1, progressbar=False).table())
"""


def run(code: str, caches: str) -> str:
    """Run code in a process of its own, and return what it printed last."""
    flags = f"base_compiledir={Path(caches) / 'pytensor'}"
    environment = {**os.environ, "PYTENSOR_FLAGS": flags, "NUMBA_CACHE_DIR": str(Path(caches) / "numba")}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1]


def to_first_draw(caches: str) -> list[float]:
    return json.loads(run(PROBE, caches))


def to_first_answer(caches: str) -> float:
    begun = time.perf_counter()
    run(ANSWER, caches)
    return time.perf_counter() - begun


def measure() -> dict[str, float]:
    with tempfile.TemporaryDirectory() as caches:
        cold, warm = to_first_draw(caches), to_first_draw(caches)
    with tempfile.TemporaryDirectory() as caches:
        answers = to_first_answer(caches), to_first_answer(caches)
    return {
        "first draw, empty cache": cold[0],
        "first draw, warm cache": warm[0],
        "first draw, second fit": warm[1],
        "shell to modes, empty cache": answers[0],
        "shell to modes, warm cache": answers[1],
    }


def main() -> None:
    results = Results("start")
    for repeat in range(REPEATS):
        results.measured({"repeat": repeat}, measure)
    frame = results.frame().melt(id_vars="repeat", var_name="case", value_name="seconds")
    frame["what"] = "seconds"
    print(table(frame, ["what"], "case", "seconds").to_string())


if __name__ == "__main__":
    main()
