"""Four doubles at once: what the loops of the likelihood and of elementary functions are written in."""

from __future__ import annotations

import numba
import numpy as np
import pytest

from latentclass.graph.lanes import across, exponent_and_rest, load, spread, store
from latentclass.jit import inner

X = np.array([0.0, 1.5, -2.0, 3.25, 4.0, 7.0])


@inner
def calculated(x, found):
    one, two = load(x, 0), load(x, 2)
    store(found, 0, (one + 2.0) * two - 3.0 / spread(4.0) * one)
    store(found, 4, one / two - one)


@inner
def summed(x):
    return across(load(x, 0))


@inner
def parted(x, k, m):
    exponents, rests = exponent_and_rest(load(x, 0))
    store(k, 0, exponents)
    store(m, 0, rests)


def test_lanes_are_calculated_with_one_apart_from_another() -> None:
    found = np.empty(8)
    calculated(X, found)
    one, two = X[:4], X[2:6]
    assert found.tolist() == [*((one + 2) * two - 0.75 * one), *(one / two - one)]


def test_lanes_are_added_in_pairs() -> None:
    x = np.array([1.0, 1e16, -1e16, 3.0])
    assert summed(x) == (x[0] + x[1]) + (x[2] + x[3])
    assert summed(x) != ((x[0] + x[1]) + x[2]) + x[3]


def test_exponents_and_rests_make_the_number() -> None:
    root = np.sqrt(0.5)
    x = np.array([1.0, 3e-300, root * (1.0 - 2.0**-50), 2.0 * root * (1.0 + 2.0**-50)])
    k, m = np.empty(4), np.empty(4)
    parted(x, k, m)
    assert np.ldexp(m, k.astype(int)).tolist() == x.tolist()
    assert (np.abs(np.log2(m)) <= 0.5 + 1e-15).all()
    assert k[[0, 2, 3]].tolist() == [0.0, -1.0, 1.0]


def test_other_arrays_have_no_lanes() -> None:
    for x in (np.ones((2, 4)), np.ones(8)[::2], np.ones(8, dtype=np.float32)):
        with pytest.raises(numba.TypingError, match="Lanes are those of a vector of doubles"):
            summed(x)
