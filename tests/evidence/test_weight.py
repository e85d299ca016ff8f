"""Weights against their definition by enumeration, the NumPy twin, and limits."""

from __future__ import annotations

from itertools import permutations
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.special import softmax

import latentclass as lc
from latentclass.evidence import posterior_weights, prior_weights
from latentclass.simulation import draw_parameters, group_weights
from tests.posterior.conftest import example_of, full_model


def as_fit(survey, draws):
    """Return what the weights need of a fit: a survey, and draws one after another."""
    stacked = xr.concat(draws, dim="draw").expand_dims("chain")
    return SimpleNamespace(survey=survey, posterior=stacked)


def two_groups(frame, **slopes):
    model = lc.Model(items=lc.binary("a", levels=[0, 1]), n_classes=2, factor_groups={"one": ["x"], "two": ["y"]})
    survey = lc.read_survey(model, frame.assign(a=np.arange(len(frame)) % 2))
    drawn = draw_parameters(survey, np.random.default_rng(1))
    given = {f"slope_{name}": drawn[f"slope_{name}"].copy(data=[[-b / 2, b / 2]]) for name, b in slopes.items()}
    return survey, drawn.assign(intercept=drawn["intercept"].copy(data=[0.2, -0.2]), **given)


def enumerated(frame, slopes, intercept, scale):
    """Return weight and Shapley share of both groups, everything written out over respondents and orders."""
    names = list(slopes)
    values = {name: (frame[c] - frame[c].mean()).to_numpy() / scale for name, c in zip(names, ("x", "y"), strict=True)}
    own = {name: np.outer(values[name], [-b / 2, b / 2]) for name, b in slopes.items()}
    n = len(frame)

    def probability(parts):
        return softmax(np.array(intercept) + sum(parts), axis=-1)

    given = np.array([probability([own[g][i] for g in names]) for i in range(n)])
    shares = given.mean(axis=0)
    entropy = -np.sum(shares * np.log(shares))

    def lost(gone):
        total = 0.0
        for i in range(n):
            without = np.mean([probability([own[g][j if g in gone else i] for g in names]) for j in range(n)], axis=0)
            total += np.sum(given[i] * np.log(given[i] / without))
        return total / n / entropy

    shapley = dict.fromkeys(names, 0.0)
    for order in permutations(names):
        gone = set()
        for g in order:
            before = lost(gone)
            gone = gone | {g}
            shapley[g] += (lost(gone) - before) / 2
    return [lost({g}) for g in names], [shapley[g] for g in names], lost(set(names))


@pytest.mark.parametrize("together", [0, 3, 8], ids=["independent", "correlated", "opposed"])
def test_weight_and_shares_are_those_of_the_enumeration(together: int) -> None:
    # Two covariates of two values each, in all four combinations, some of which are frequent.
    cells = [(0, 0), (0, 1), (1, 0), (1, 1)] * 2 + [(0, 1), (1, 0)] * together
    frame = pd.DataFrame(cells, columns=["x", "y"])
    slopes = {"one": 1.5, "two": 0.7}
    survey, drawn = two_groups(frame, **slopes)
    found = posterior_weights(as_fit(survey, [drawn]))
    weight, share, total = enumerated(frame, slopes, [0.2, -0.2], 1.0)
    np.testing.assert_allclose(found.weight[0], weight, rtol=1e-10)
    np.testing.assert_allclose(found.share[0], share, rtol=1e-10)
    assert found.total[0].item() == pytest.approx(total, rel=1e-10)
    assert found.share[0].sum().item() == pytest.approx(total, rel=1e-10)


def test_weight_of_independent_groups_is_their_conditional_mutual_information() -> None:
    frame = pd.DataFrame([(0, 0), (0, 1), (1, 0), (1, 1)] * 5, columns=["x", "y"])
    survey, drawn = two_groups(frame, one=2.0, two=-1.0)
    found = posterior_weights(as_fit(survey, [drawn])).weight[0].to_numpy()
    x = frame.drop_duplicates().to_numpy() - 0.5
    p = softmax(np.array([0.2, -0.2]) + np.outer(2.0 * x[:, 0] - x[:, 1], [-0.5, 0.5]), axis=1).reshape(2, 2, 2)

    def entropy(q):
        return -(q * np.log(q)).sum(axis=-1).mean()

    # H(z | the other) - H(z | both), over H(z).
    information = [entropy(p.mean(axis=axis)) - entropy(p) for axis in (0, 1)]
    np.testing.assert_allclose(found, np.array(information) / entropy(p.mean(axis=(0, 1))), rtol=1e-10)


def test_weights_are_those_of_the_twin_with_constructs_and_categories() -> None:
    example = example_of(full_model(), n=40)
    found = posterior_weights(SimpleNamespace(survey=example.survey, posterior=example.posterior))
    for i, parameters in enumerate(example.parameters):
        twin = group_weights(example.survey, parameters)
        np.testing.assert_allclose(found.weight[i], np.minimum(twin, 1.0), rtol=1e-9)
    np.testing.assert_allclose(found.share.sum("factor_group"), found.total, rtol=1e-9)


def test_the_limits() -> None:
    frame = pd.DataFrame([(0, 0), (0, 1), (1, 0), (1, 1)] * 4, columns=["x", "y"])
    survey, nothing = two_groups(frame, one=0.0, two=1.0)
    assert posterior_weights(as_fit(survey, [nothing])).weight.sel(factor_group="one").item() < 1e-12
    # So far apart that the covariate names the class; exponentials of the logits would overflow.
    survey, everything = two_groups(frame, one=4000.0, two=0.0)
    found = posterior_weights(as_fit(survey, [everything]))
    np.testing.assert_allclose(found.weight[0], [1.0, 0.0], atol=1e-9)
    assert found.total.item() == pytest.approx(1.0)


def test_shares_over_random_orders_sum_to_the_total() -> None:
    model = lc.Model(
        items=lc.binary("a", levels=[0, 1]), n_classes=3, factor_groups={f"g{j}": [f"x{j}"] for j in range(7)}
    )
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(rng.normal(size=(30, 7)), columns=[f"x{j}" for j in range(7)]).assign(a=np.arange(30) % 2)
    survey = lc.read_survey(model, frame)
    found = posterior_weights(as_fit(survey, [draw_parameters(survey, rng)]))
    assert found.share.sum().item() == pytest.approx(found.total.item(), rel=1e-9)


def test_prior_weights_are_those_of_parameters_drawn_from_the_prior() -> None:
    data = lc.datasets.plain_survey(n=60, n_items=2, seed=2)
    survey = lc.read_survey(data.model, data.frame)
    found = prior_weights(survey, draws=20, seed=5)
    rng = np.random.default_rng(5)
    twin = [group_weights(survey, draw_parameters(survey, rng)).to_numpy() for _ in range(20)]
    np.testing.assert_allclose(found.weight, twin, rtol=1e-9)
    assert np.isnan(found.share).all()


def test_an_improper_prior_has_no_weight() -> None:
    data = lc.datasets.plain_survey(n=60, n_items=2, seed=2)
    model = data.model.replace(priors=lc.Priors.flat())
    assert prior_weights(lc.read_survey(model, data.frame)) is None


def test_without_groups_there_is_nothing_to_weigh() -> None:
    model = lc.Model(items=lc.binary("a", levels=[0, 1]), n_classes=2)
    survey = lc.read_survey(model, pd.DataFrame({"a": [0, 1]}))
    with pytest.raises(lc.ModelError, match=r"it has 0 groups and n_classes=2"):
        prior_weights(survey)
