"""How loops are compiled."""

from __future__ import annotations

import numpy as np

from latentclass.jit import inner, kernel


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


@inner
def _parts(x: np.ndarray, by: float) -> tuple[np.ndarray, float]:
    return x / by, _half(by)


def test_python_may_call_an_inner_loop() -> None:
    # The entry that numba leaves out is no entry: without one of our own the process would end here.
    for by, halves in ((2.0, [0.5, 1.0]), (0.0, [np.inf, np.inf])):
        found, half = _parts(np.array([1.0, 2.0]), by)
        assert found.tolist() == halves
        assert half == by / 2.0
    assert quarter_over.py_func(3.0, 1.0) == 0.75
