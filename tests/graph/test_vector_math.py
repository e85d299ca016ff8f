"""Elementary functions of many numbers against the same in longer doubles."""

from __future__ import annotations

import numpy as np
import pytest

from latentclass.graph.vector_math import exponentials, log1p, logarithms

RNG = np.random.default_rng(5)
NEAR_ONE = 1.0 + RNG.normal(size=1000) * 10.0 ** RNG.uniform(-16, -1, size=1000)
EDGES = np.sqrt([0.5, 0.5, 2.0, 2.0]) * (1 + np.array([-1, 1, -1, 1]) * 2.0**-52)


def longer(function, x: np.ndarray) -> np.ndarray:
    found = function(x.astype(np.longdouble))
    if np.finfo(np.longdouble).eps > 1e-18:
        pytest.skip("a long double is no longer than a double here")
    return found


def units(found: np.ndarray, wanted: np.ndarray) -> float:
    """Return the largest relative error, in units of 2^-53."""
    where = wanted != 0
    assert (found[~where] == 0).all()
    return float(np.max(np.abs(found[where] / wanted[where] - 1))) * 2.0**53


def test_exponentials() -> None:
    x = np.concatenate([RNG.uniform(-700, 700, 5000), RNG.normal(size=5498), RNG.normal(size=500) * 1e-9, [0.0, 700.0]])
    found = x.copy()
    exponentials(found)
    # The series ends at r^12; the next term is 0.8 units, and scaling by rounded parts of log 2 costs as much again.
    assert units(found, longer(np.exp, x)) < 6.0


def test_logarithms() -> None:
    far, levels = np.exp(RNG.uniform(-700, 700, 5000)), RNG.uniform(0.5, 2.0, 5000)
    x = np.concatenate([far, levels, NEAR_ONE, EDGES, [1.0, 2.0, 1e-250, 1e300]])
    found = x.copy()
    logarithms(found)
    # Half a unit each from s, from the sum with k log 2 and from the last difference.
    assert units(found, longer(np.log, x)) < 2.0


def test_log1p() -> None:
    x = np.concatenate([RNG.uniform(0, 1, 5000), np.exp(RNG.uniform(-700, 0, 4998)), [0.0, 1.0]])
    found = x.copy()
    log1p(found)
    # Near 1 the result is 0.7 of what f is, and a third of that is what s rounds: two units, and the last difference.
    assert units(found, longer(np.log1p, x)) < 3.0


def test_what_is_no_number_stays_none() -> None:
    x = np.array([1.0, np.nan, 3.0, 0.0])
    exponentials(x)
    np.testing.assert_allclose(x, [np.e, np.nan, np.e**3, 1.0], rtol=1e-15)


@pytest.mark.parametrize("function", [exponentials, logarithms, log1p])
def test_a_vector_that_does_not_end_with_four_lanes_is_refused(function) -> None:
    with pytest.raises(ValueError, match="no multiple of four"):
        function(np.ones(6))
