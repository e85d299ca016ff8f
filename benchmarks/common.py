"""What the benchmarks share: repeats that are kept as they come, tables of ratios with their spread, pictures."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "out" / "benchmarks"


class Results:
    """Results of one benchmark in a file, so that a run that was cut off goes on where it stopped.

    Parameters
    ----------
    name : str
        Name of the file. Delete it to measure anew.
    """

    def __init__(self, name: str) -> None:
        RESULTS.mkdir(parents=True, exist_ok=True)
        self.path = RESULTS / f"{name}.json"
        self.rows: list[dict[str, Any]] = json.loads(self.path.read_text())["rows"] if self.path.exists() else []

    def measured(self, key: Mapping[str, Any], measure: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
        """Return the result of a measurement, from the file if it is there."""
        for row in self.rows:
            if all(row.get(name) == value for name, value in key.items()):
                return row
        row = {**key, **measure()}
        self.rows.append(row)
        print("  " + "  ".join(f"{name} {_short(value)}" for name, value in row.items()), flush=True)
        self.save()
        return row

    def save(self) -> None:
        """Write all rows with the machine they were measured on."""
        machine = {"processor": _processor(), "cores": os.cpu_count(), "python": platform.python_version()}
        self.path.write_text(json.dumps({"machine": machine, "rows": self.rows}, indent=1))

    def frame(self) -> pd.DataFrame:
        """Return the rows as a table."""
        return pd.DataFrame(self.rows)


def with_spread(values: pd.Series) -> str:
    """Return the median and the range of repeats."""
    values = values.dropna()
    if values.empty:
        return "-"
    return f"{_short(values.median())} ({_short(values.min())} to {_short(values.max())})"


def table(frame: pd.DataFrame, index: list[str], columns: str, values: str) -> pd.DataFrame:
    """Return medians and ranges over the repeats."""
    return frame.pivot_table(index=index, columns=columns, values=values, aggfunc=with_spread)


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float | np.floating) else str(value)


def _processor() -> str:
    found = Path("/proc/cpuinfo")
    if found.exists():
        for line in found.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":")[1].strip()
    return platform.processor()
