"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

os.environ["MPLBACKEND"] = "Agg"

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
