"""Seconds from the call of `fit` to the first draw, for 500 respondents, 12 items with 5 levels and 4 classes.

Each repeat is one process with caches of its own: first with an empty cache, then, in a further process, with a warm
one, and there a second fit of another survey of the same structure.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
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


def probe(caches: str) -> list[float]:
    flags = f"base_compiledir={Path(caches) / 'pytensor'}"
    environment = {**os.environ, "PYTENSOR_FLAGS": flags, "NUMBA_CACHE_DIR": str(Path(caches) / "numba")}
    command = [sys.executable, "-c", PROBE]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    results = Results("start")
    for repeat in range(REPEATS):
        with tempfile.TemporaryDirectory() as caches:

            def measure(caches: str = caches) -> dict[str, float]:
                cold, warm = probe(caches), probe(caches)
                return {"empty cache": cold[0], "warm cache": warm[0], "second fit": warm[1]}

            results.measured({"repeat": repeat}, measure)
    frame = results.frame().melt(id_vars="repeat", var_name="case", value_name="seconds")
    frame["what"] = "seconds to the first draw"
    print(table(frame, ["what"], "case", "seconds").to_string())


if __name__ == "__main__":
    main()
