"""A built model is a plain `pymc.Model`: what PyMC does with models, it does with this one, as users compile it."""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest
import xarray as xr

from latentclass import simulation
from latentclass.infer.compiled import compile_model
from latentclass.posterior.density import log_likelihood
from latentclass.simulation import draw_parameters
from latentclass.simulation.probabilities import item_probabilities
from tests.graph.conftest import Built
from tests.graph.evaluation import free_values, in_python, unconstrained

N_COPIES = 1000


def tree_of(built: Built, parameters: list[xr.Dataset]) -> xr.DataTree:
    """Return sets of parameters as the draws of one chain, as PyMC stores them."""
    rows = [free_values(built.pymc_model, p) for p in parameters]
    dims = built.pymc_model.named_vars_to_dims
    data = {name: (("chain", "draw", *dims[name]), np.stack([row[name] for row in rows])[None]) for name in rows[0]}
    used = {dim for names, _ in data.values() for dim in names[2:]}
    coords = {dim: list(built.pymc_model.coords[dim]) for dim in used}
    posterior = xr.Dataset(data, coords=coords | {"chain": [0], "draw": range(len(rows))})
    constant = {v.name: (dims[v.name], v.get_value()) for v in built.pymc_model.data_vars}
    return xr.DataTree.from_dict({"posterior": posterior, "constant_data": xr.Dataset(constant)})


@pytest.fixture(scope="module")
def draws(plain: Built) -> xr.DataTree:
    rng = np.random.default_rng(4)
    return tree_of(plain, [draw_parameters(plain.survey, rng) for _ in range(3)])


def test_log_likelihood_has_one_value_per_respondent(plain: Built, draws: xr.DataTree) -> None:
    with plain.pymc_model:
        found = pm.compute_log_likelihood(draws, extend_inferencedata=False, progressbar=False)["responses"]
    assert found.dims == ("chain", "draw", "respondent")
    posterior = draws["posterior"].to_dataset()
    rows = [posterior.isel(chain=0, draw=i) for i in range(3)]
    wanted = [simulation.log_likelihood(plain.survey, row) for row in rows]
    np.testing.assert_allclose(found.to_numpy()[0], wanted, rtol=1e-10)
    # The package reads probabilities of cumulative items from the posterior, where sampling puts them.
    probability = [simulation.level_probabilities(plain.survey, row) for row in rows]
    labels = list(plain.pymc_model.coords["ordinal_level"])
    ordinal = np.stack([p.sel(item_level=labels) for p in probability])[None]
    posterior["ordinal_probability"] = (("chain", "draw", "class", "ordinal_level"), ordinal)
    np.testing.assert_allclose(found, log_likelihood(posterior, plain.survey), rtol=1e-10)


def test_prior_predictive_draws_whole_surveys(plain: Built) -> None:
    with plain.pymc_model:
        found = pm.sample_prior_predictive(draws=20, random_seed=1)
    prior, answers = found["prior"], found["prior_predictive"]["responses"]
    assert answers.dims == ("chain", "draw", "respondent", "item")
    assert answers.min() == 0
    assert answers.max() == 2
    np.testing.assert_allclose(prior["probability"].sum("item_level"), 1.0, rtol=1e-12)
    for name in ("intercept", "slope_individual", "location"):
        np.testing.assert_allclose(prior[name].sum("class"), 0.0, atol=1e-12)


def test_posterior_predictive_answers_have_the_implied_probabilities(plain: Built) -> None:
    copies = tree_of(plain, [plain.parameters] * N_COPIES)
    with plain.pymc_model:
        found = pm.sample_posterior_predictive(copies, random_seed=2, progressbar=False)
    answers = found["posterior_predictive"]["responses"]
    classes = np.exp(simulation.membership_log_prior(plain.survey, plain.parameters).to_numpy())
    for name, probability in item_probabilities(plain.survey, plain.parameters).items():
        codes, implied = answers.sel(item=name).to_numpy()[0], classes @ probability
        for level in range(implied.shape[1]):
            p = implied[:, level]
            # Five standard errors, and one answer more for the rarest.
            bound = 5 * np.sqrt(p * (1 - p) / N_COPIES) + 1 / N_COPIES
            assert (np.abs((codes == level).mean(axis=0) - p) < bound).all(), name


def test_the_graph_is_drawn(plain: Built) -> None:
    text = pm.model_to_mermaid(plain.pymc_model)
    assert "responses" in text
    assert "slope_individual" in text


def test_the_graph_is_drawn_by_graphviz(plain: Built) -> None:
    pytest.importorskip("graphviz")
    assert "responses" in plain.pymc_model.to_graphviz().source


@pytest.mark.slow
def test_compiled_density_and_gradient_are_those_of_python(plain: Built) -> None:
    model = plain.pymc_model
    compiled = compile_model(model)
    values = unconstrained(model, free_values(model, plain.parameters))
    x = np.concatenate([values[v.name].ravel() for v in model.value_vars])
    density = model.logp()
    wanted, *gradient = in_python(model.value_vars, [density, *pt.grad(density, model.value_vars)])(**values)
    value, slope = compiled.log_posterior(x)
    assert value == pytest.approx(float(wanted), rel=1e-12)
    np.testing.assert_allclose(slope, np.concatenate([g.ravel() for g in gradient]), rtol=1e-9, atol=1e-9)
    variables = compiled.variables(x)
    for name in ("intercept", "probability", "baseline", "slope_individual"):
        np.testing.assert_allclose(variables[name], plain.parameters[name], rtol=1e-9, atol=1e-12)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:There are multiple dependent variables in a FiniteDiscreteMarginalRV")
def test_summing_classes_out_by_pymc_extras_gives_the_same_likelihood(plain: Built, draws: xr.DataTree) -> None:
    """The same model with a class for every respondent, written the long way and marginalised by another program."""
    extras = pytest.importorskip("pymc_extras")
    posterior = draws["posterior"].to_dataset().isel(chain=0, draw=1)
    answered = (plain.survey.codes >= 0).all(axis=1)
    codes = plain.survey.codes[answered]
    prior = np.exp(simulation.membership_log_prior(plain.survey, posterior).to_numpy()[answered])
    probability = [pt.as_tensor(p) for p in item_probabilities(plain.survey, posterior).values()]
    with pm.Model() as long:
        latent = pm.Categorical("latent", p=prior)
        for j, p in enumerate(probability):
            pm.Categorical(f"item_{j}", p=p[latent], observed=codes[:, j])
    marginal = extras.marginalize(long, ["latent"])
    total = marginal.compile_logp()({})
    wanted = simulation.log_likelihood(plain.survey, posterior).to_numpy()[answered].sum()
    assert total == pytest.approx(wanted, rel=1e-10)
