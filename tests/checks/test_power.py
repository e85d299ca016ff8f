"""Faults planted in simulated surveys are found, and right models are left in peace: a thinned benchmarks/checks.py."""

from __future__ import annotations

import pytest

from benchmarks.checks import CASES, cases_for, one

pytestmark = pytest.mark.slow

FAULTS = [case for case in cases_for("laplace") if CASES[case][4]]
RIGHT = [case for case in cases_for("laplace") if not CASES[case][4]]


@pytest.mark.parametrize("case", FAULTS)
def test_a_planted_fault_is_found(case: str) -> None:
    """With a power of 0.95 three of four are found with probability 0.99."""
    assert sum(bool(one(case, seed, "laplace")["accused"]) for seed in range(4)) >= 3


def test_right_models_are_rarely_accused() -> None:
    """With the level of 0.05 more than three of sixteen are accused with probability 0.007."""
    assert sum(bool(one(case, seed, "laplace")["accused"]) for case in RIGHT for seed in range(100, 108)) <= 3
