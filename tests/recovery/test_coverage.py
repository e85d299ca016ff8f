"""Intervals cover the truth of simulated surveys as often as they say. Slow."""

from __future__ import annotations

import pytest

from benchmarks.recovery import N_SURVEYS, hits_of, rates_of

pytestmark = pytest.mark.slow


def test_intervals_cover_the_truth_of_twenty_surveys() -> None:
    rates = rates_of([hits_of(seed) for seed in range(N_SURVEYS)])
    assert set(rates) == {"profiles", "slopes", "loadings"}
    # Of 90 % intervals. The surveys are fixed and the truth is not drawn from the prior, so rates near 90 % are what
    # to expect, not exactly 90 %: priors that pull hard push them down, intervals too wide push them up.
    for what, rate in rates.items():
        assert 0.80 <= rate <= 0.97, (what, rates)
