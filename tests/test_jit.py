"""How loops are compiled."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

import latentclass
from latentclass.jit import inner, kernel

SOURCES = {path: path.read_text("utf-8") for path in Path(latentclass.__file__).parent.rglob("*.py")}


@inner
def _half(x: float) -> float:
    return x / 2.0


@kernel
def quarter_over(x: float, y: float) -> float:
    return _half(_half(x)) / y


def test_loops_call_inner_loops_and_run_into_infinity() -> None:
    assert quarter_over(3.0, 1.0) == 0.75
    assert quarter_over(3.0, 0.0) == np.inf
    assert np.isnan(quarter_over(0.0, 0.0))


def test_what_runs_in_python_too_calls_no_inner_loop() -> None:
    # Such a call ends the process, without an exception.
    users = [(path, text) for path, text in SOURCES.items() if re.search(r"kernels\.\w+\.py_func\(", text)]
    assert {"graded_ops.py", "stick_ops.py"} <= {path.name for path, _ in users}
    for path, text in users:
        module = re.findall(r"import (\w+) as kernels|import (kernels)", text)[0]
        assert "@inner" not in SOURCES[path.with_name("".join(module) + ".py")], module


def test_inner_loops_are_called_where_they_are_written() -> None:
    for path, text in SOURCES.items():
        for name in re.findall(r"@inner\ndef (\w+)\(", text):
            others = [o for o, t in SOURCES.items() if o != path and re.search(rf"import .*\b{name}\b", t)]
            assert not others, (name, others)
