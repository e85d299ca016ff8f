"""Zero-sum priors, from draws."""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest
from pymc.distributions.transforms import ZeroSumTransform

from latentclass.graph.effects import ZeroSum, learned_scale, zero_sum
from latentclass.model import Dirichlet, Flat, Normal
from tests.graph.conftest import Built
from tests.graph.evaluation import IN_PYTHON, in_python

COORDS = {"covariate": ["a", "b"], "class": ["x", "y", "z"]}


def test_prior_draws_sum_to_zero_across_classes(rich: Built) -> None:
    model, n = rich.pymc_model, 150
    names = ["intercept", "slope_individual", "slope_technical", "location", "log_dispersion"]
    scales = dict(zip(names, [1.0, 0.5, 0.8, 2.5, 0.5], strict=True))
    with model:
        draws = pm.draw([model[name] for name in names], draws=n, random_seed=1, mode=IN_PYTHON)
    for name, values in zip(names, draws, strict=True):
        assert model.named_vars_to_dims[name][-1] == "class"
        np.testing.assert_allclose(values.sum(axis=-1), 0, atol=1e-12, err_msg=name)
        # Each entry has the standard deviation scale * sqrt(1 - 1 / K); five standard errors of that of n draws.
        deviation = values.reshape(n, -1).std(axis=0)
        wanted = scales[name] * np.sqrt(2 / 3)
        np.testing.assert_allclose(deviation, wanted, rtol=5 / np.sqrt(2 * n), err_msg=name)


def test_flat_is_constant_on_rows_that_sum_to_zero() -> None:
    with pm.Model(coords=COORDS) as model:
        effect = zero_sum(Flat(), "effect", ("covariate", "class"))
    (value,) = model.value_vars
    backward = model.rvs_to_transforms[effect].backward(value)
    density, natural = in_python([value], [model.logp(), backward])(np.random.default_rng(1).normal(size=(2, 2)))
    assert density == 0
    assert natural.shape == (2, 3)
    np.testing.assert_allclose(natural.sum(axis=1), 0, atol=1e-14)


@pytest.mark.parametrize("n", [2, 3, 6])
def test_coordinates_are_those_of_pymc(n: int) -> None:
    plain, own = ZeroSumTransform([-1]), ZeroSum(n)
    value = pt.dmatrix()
    u = np.random.default_rng(1).normal(size=(4, n - 1))
    wanted, found, back = in_python(
        [value], [plain.backward(value), own.backward(value), own.forward(own.backward(value))]
    )(u)
    np.testing.assert_allclose(found, wanted, atol=1e-14)
    np.testing.assert_allclose(back, u, atol=1e-14)
    # Orthonormal, so that densities need no Jacobian.
    np.testing.assert_allclose(own.basis @ own.basis.T, np.eye(n - 1), atol=1e-14)


def test_no_digits_are_lost_in_a_short_scale() -> None:
    """The logarithm of 0.5 in single precision is off by 1e-9."""
    with pm.Model(coords=COORDS) as model:
        zero_sum(Normal(0.5), "effect", ("covariate", "class"))
    density = in_python(model.value_vars, model.logp())(np.zeros((2, 2)))
    assert density == pytest.approx(-4 * np.log(0.5 * np.sqrt(2 * np.pi)), rel=1e-14)


def test_an_unknown_prior_is_refused() -> None:
    with pm.Model(coords=COORDS), pytest.raises(TypeError, match="No zero-sum variable is known for Dirichlet"):
        zero_sum(Dirichlet(1.0), "effect", ("class",))
    with pytest.raises(TypeError, match="No scale of slopes is known for Dirichlet"):
        learned_scale(Dirichlet(1.0), "effect", {})
