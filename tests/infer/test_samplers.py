"""Every sampler draws from the same posterior; interruptions, and bits that do not depend on a cache. Slow."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import arviz as az
import numpy as np
import pandas as pd
import pytest

import latentclass as lc

pytestmark = pytest.mark.slow

_DRAWS_AND_THEIR_BITS = """
import hashlib, warnings
import latentclass as lc
warnings.simplefilter("ignore")
data = lc.datasets.plain_survey(n=150, n_items=4, n_levels=3, n_classes=2, n_covariates=2, seed=1)
fit = lc.fit(data.model, data.frame, draws=50, tune=100, chains=2, n_starts=4, seed=7, progressbar=False)
posterior = fit.tree["posterior"].to_dataset()
bits = b"".join(posterior[name].to_numpy().tobytes() for name in sorted(posterior))
print(hashlib.sha256(bits).hexdigest())
"""

# Whoever runs the tests in the background has had SIGINT ignored, which children inherit.
_ENDLESS_FIT = """
import signal
import warnings
import latentclass as lc
signal.signal(signal.SIGINT, signal.default_int_handler)
warnings.simplefilter("ignore")
data = lc.datasets.plain_survey(n=150, n_items=4, n_levels=3, n_classes=2, n_covariates=2, seed=1)
print("started", flush=True)
fit = lc.fit(data.model, data.frame, draws=10_000_000, tune=100, chains=2, n_starts=4, seed=7, progressbar=False)
print("kept", fit.posterior.sizes["draw"], fit.classes()["mean"].sum())
"""


@pytest.mark.parametrize("sampler", ["pymc", "numpyro"])
def test_samplers_agree(
    sampler: str, cheating_fit: lc.Fit, cheating_model: lc.Model, reference_survey, tmp_path, monkeypatch
) -> None:
    if sampler == "numpyro":
        pytest.importorskip("numpyro", reason="numpyro is not installed")
    monkeypatch.setenv("LATENTCLASS_UNFINISHED", str(tmp_path))
    frame: pd.DataFrame = reference_survey("cheating")
    with warnings.catch_warnings():
        # How well two chains of another sampler mix is in the tolerance.
        warnings.simplefilter("ignore", lc.ConvergenceWarning)
        fit = lc.fit(cheating_model, frame, sampler=sampler, chains=2, seed=3, progressbar=False)
    assert set(fit.tree["sample_stats"]) == set(cheating_fit.tree["sample_stats"])
    for name in ("class_share", "probability"):
        found, wanted = fit.posterior[name], cheating_fit.posterior[name]
        error = np.sqrt(sum((az.mcse(d) ** 2).to_numpy() for d in (found, wanted)))
        difference = abs(found.mean(("chain", "draw")) - wanted.mean(("chain", "draw"))).to_numpy()
        # 18 differences of two means: five standard errors.
        np.testing.assert_array_less(difference, 5 * error)


def _environment(caches: Path, unfinished: Path) -> dict[str, str]:
    flags = f"base_compiledir={caches / 'pytensor'}"
    return {
        **os.environ,
        "PYTENSOR_FLAGS": flags,
        "NUMBA_CACHE_DIR": str(caches / "numba"),
        "LATENTCLASS_UNFINISHED": str(unfinished),
    }


def test_cold_and_warm_caches_give_the_same_bits(tmp_path) -> None:
    def bits(caches: str) -> str:
        environment = _environment(tmp_path / caches, tmp_path / "unfinished")
        command = [sys.executable, "-c", _DRAWS_AND_THEIR_BITS]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=900, check=True)
        return done.stdout.strip()

    cold = bits("one")
    assert len(cold) == 64
    assert bits("one") == cold
    assert bits("another") == cold


def test_an_interruption_by_the_user_returns_the_draws_so_far(tmp_path) -> None:
    environment = _environment(tmp_path / "caches", tmp_path / "unfinished")
    command = [sys.executable, "-u", "-c", _ENDLESS_FIT]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        # The first copy of the draws is written a minute after sampling began.
        deadline = time.monotonic() + 900
        while not list((tmp_path / "unfinished").glob("*.nc")) and run.poll() is None and time.monotonic() < deadline:
            time.sleep(1)
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=300)
    assert run.returncode == 0, err
    kept, n_draws, total = out.splitlines()[-1].split()
    assert kept == "kept"
    assert int(n_draws) > 1000
    assert float(total) == pytest.approx(1.0)
    assert not list((tmp_path / "unfinished").glob("*.nc"))
