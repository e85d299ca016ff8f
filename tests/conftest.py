"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import latentclass as lc

os.environ["MPLBACKEND"] = "Agg"

CHEATING = ("LIEEXAM", "LIEPAPER", "FRAUD", "COPYEXAM")
ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of the reference surveys: LATENTCLASS_DATA, or ../shared/data."""
    return Path(os.environ.get("LATENTCLASS_DATA") or ROOT.parent / "shared" / "data")


@pytest.fixture(scope="session")
def reference_survey(shared_data: Path) -> Callable[[str], pd.DataFrame]:
    """Return a function that reads a reference survey by its name.

    Where the file is missing the test is skipped, or fails if LATENTCLASS_REQUIRE_DATA is 1.
    """

    def read(name: str) -> pd.DataFrame:
        path = shared_data / f"{name}.csv"
        if path.is_file():
            return pd.read_csv(path)
        reason = f"the reference survey {path} is missing; LATENTCLASS_DATA names their folder"
        if os.environ.get("LATENTCLASS_REQUIRE_DATA") == "1":
            pytest.fail(reason)
        return pytest.skip(reason)

    return read


@pytest.fixture(scope="session")
def cheating_model() -> lc.Model:
    """Return two classes of four binary items, with uniform priors."""
    return lc.Model(items=lc.binary(*CHEATING), n_classes=2, priors=lc.Priors.flat())


@pytest.fixture(scope="session")
def cheating_fit(reference_survey: Callable[[str], pd.DataFrame], cheating_model: lc.Model, tmp_path_factory) -> lc.Fit:
    """Return one sampled fit, shared by the tests that read it: compiling costs more than anything they do."""
    frame = reference_survey("cheating")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LATENTCLASS_UNFINISHED", str(tmp_path_factory.mktemp("unfinished")))
        return lc.fit(cheating_model, frame, draws=2000, seed=1, progressbar=False)
