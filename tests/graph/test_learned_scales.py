"""Priors of slopes that learn their scale: coordinates, and draws against the NumPy twin."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pymc as pm
import pytest
from scipy import stats

import latentclass as lc
from latentclass.dims import is_hyper
from latentclass.graph import build_survey
from latentclass.simulation import draw_parameters
from tests.graph.conftest import Built
from tests.graph.evaluation import IN_PYTHON, in_python

FAMILIES = [
    lc.Hierarchical(0.4),
    lc.Hierarchical(0.4, dof=5),
    lc.RegularizedHorseshoe(0.3),
    lc.Allocation(0.3, precision=5, concentration=2.0),
]


@pytest.fixture(scope="module", params=FAMILIES, ids=repr)
def learned(request, rich: Built) -> Built:
    """Return a model whose two groups have the same prior that learns its scale."""
    model = rich.survey.model.replace(priors=lc.Priors(effects=request.param))
    survey = replace(rich.survey, model=model)
    return Built(survey, rich.parameters, build_survey(survey))


def test_slopes_are_sampled_in_units_of_their_scale(learned: Built) -> None:
    """With its Jacobian, the density of the slopes is standard normal, whatever the scale."""
    model = learned.pymc_model
    (value,) = [v for v in model.value_vars if v.name.startswith("slope_individual")]
    rng = np.random.default_rng(1)
    point = {name: v + rng.normal(size=v.shape) for name, v in model.initial_point(0).items()}
    density = in_python(model.value_vars, model.logp(vars=[model["slope_individual"]]))(**point)
    assert point[value.name].shape == (4, 2)
    assert density == pytest.approx(stats.norm.logpdf(point[value.name]).sum(), rel=1e-12)


def test_draws_are_distributed_as_those_of_the_twin(learned: Built) -> None:
    n, rng, model = 400, np.random.default_rng(3), learned.pymc_model
    twin = [draw_parameters(learned.survey, rng) for _ in range(n)]
    names = [rv.name for rv in model.free_RVs if is_hyper(rv.name) or rv.name.startswith("slope")]
    with model:
        draws = pm.draw([model[name] for name in names], draws=n, random_seed=2, mode=IN_PYTHON)
    for name, values in zip(names, draws, strict=True):
        theirs = np.array([p[name].transpose(*model.named_vars_to_dims[name]).to_numpy() for p in twin])
        # Some 40 comparisons per family, with fixed seeds.
        for one, other in zip(values.reshape(n, -1).T, theirs.reshape(n, -1).T, strict=True):
            assert stats.ks_2samp(one, other).pvalue > 1e-3, name
