"""Occupied classes against the enumeration of all allocations, and of surveys whose classes are known."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy.special import gammaln

import latentclass as lc
from latentclass.comparison import occupied_classes


def enumerated(codes: np.ndarray, sizes: list[int], n_components: int, share: float, a: float) -> np.ndarray:
    """Return the posterior probabilities of 1, 2, ... occupied classes over all allocations."""
    allocations = np.array(list(product(range(n_components), repeat=len(codes))))
    logs = np.zeros(len(allocations))
    for k in range(n_components):
        inside = allocations == k
        logs += gammaln(share + inside.sum(axis=1)) - gammaln(share)
        for j, size in enumerate(sizes):
            counts = inside.astype(int) @ (codes[:, j][:, None] == np.arange(size)).astype(int)
            logs += gammaln(size * a) - gammaln(size * a + counts.sum(axis=1))
            logs += (gammaln(a + counts) - gammaln(a)).sum(axis=1)
    occupied = np.array([len(set(z)) for z in allocations.tolist()])
    weight = np.exp(logs - logs.max())
    return np.array([weight[occupied == k].sum() for k in range(1, n_components + 1)]) / weight.sum()


def test_against_the_enumeration_of_all_allocations() -> None:
    frame = pd.DataFrame(
        {"a": [0, 0, 0, 1, 1, 1, 0, 1], "b": [0, 0, 0, 1, 1, 1, 1, None], "c": [0, 0, 1, 2, 2, 1, 0, 2]}
    )
    model = lc.Model(items=[*lc.binary("a", "b"), *lc.nominal("c")], n_classes=2)
    survey = lc.read_survey(model, frame)
    found = occupied_classes(survey, 3, share=0.3, concentration=0.8, draws=20_000, seed=1)
    truth = enumerated(survey.codes, [2, 2, 3], 3, 0.3, 0.8)
    assert found.ok
    # 80 000 sweeps, of which some hundredths are independent.
    np.testing.assert_allclose(found.table["posterior"], truth, atol=0.01)
    nothing = enumerated(np.full((8, 3), -1), [2, 2, 3], 3, 0.3, 0.8)
    np.testing.assert_allclose(found.table["prior"], nothing, atol=0.015)


def test_superfluous_classes_are_emptied() -> None:
    model = lc.Model(items=lc.binary(*"abcdef", levels=[0, 1]), n_classes=3)
    rng = np.random.default_rng(1)
    profile = np.array([[0.9] * 6, [0.1] * 6, [0.9, 0.9, 0.9, 0.1, 0.1, 0.1]])
    z = rng.choice(3, p=[0.5, 0.3, 0.2], size=600)
    frame = pd.DataFrame((rng.random((600, 6)) < profile[z]).astype(int), columns=list("abcdef"))
    found = occupied_classes(lc.read_survey(model, frame), 8, seed=2)
    assert found.ok
    assert found.likeliest == 3
    assert found.table.loc[3, "posterior"] > 0.8
    assert "of 8 classes" in repr(found)


def test_chains_that_disagree_are_said_to() -> None:
    model = lc.Model(items=lc.binary(*"abcdef", levels=[0, 1]), n_classes=3)
    frame = pd.DataFrame(np.repeat(np.eye(6, dtype=int), 100, axis=0), columns=list("abcdef"))
    found = occupied_classes(lc.read_survey(model, frame), 8, draws=5, tune=1, seed=2)
    assert not found.ok
    assert "chains disagree" in repr(found)


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"n_components": 0}, r"n_components is a positive whole number; got 0"),
        ({"draws": 2.5}, r"draws is a positive whole number; got 2.5"),
        ({"share": 0}, r"share is the concentration of a Dirichlet prior, a positive number; got 0"),
        ({"concentration": "1"}, r"concentration is the concentration of a Dirichlet prior"),
    ],
)
def test_arguments_out_of_range(wrong, match) -> None:
    model = lc.Model(items=lc.binary("a", "b", levels=[0, 1]), n_classes=2)
    survey = lc.read_survey(model, pd.DataFrame({"a": [0, 1], "b": [1, 0]}))
    with pytest.raises(lc.LatentClassError, match=match):
        occupied_classes(survey, **wrong)
