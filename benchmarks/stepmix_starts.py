"""Random starts of StepMix on a table of codes; run by `bench_modes.py` with an environment that has StepMix.

Usage: python stepmix_starts.py codes.npy n_classes n_starts seed. Missing answers are -1. Prints JSON.
"""

from __future__ import annotations

import json
import sys
import time
import warnings

import numpy as np
from stepmix.stepmix import StepMix

warnings.simplefilter("ignore")
codes = np.load(sys.argv[1]).astype(float)
n_classes, n_starts, seed = map(int, sys.argv[2:5])
missing = bool((codes < 0).any())
codes[codes < 0] = np.nan
kind = "categorical_nan" if missing else "categorical"
found = []
for start in range(n_starts):
    model = StepMix(
        n_components=n_classes, measurement=kind, n_init=1, max_iter=10_000, abs_tol=1e-9, rel_tol=0.0,
        random_state=seed + start, progress_bar=0, verbose=0,
    )  # fmt: skip
    begun = time.perf_counter()
    model.fit(codes)
    found.append((time.perf_counter() - begun, float(model.score(codes)) * len(codes)))
print(json.dumps(found))
