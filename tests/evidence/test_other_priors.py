"""Other priors: Bayes factors against an identity of the same draws, and what is kept on disk."""

from __future__ import annotations

import warnings
from functools import partial
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.special import logsumexp

import latentclass as lc
from latentclass.evidence import MarginalLikelihood, prior_weights
from latentclass.evidence.refits import Refits
from latentclass.posterior.log_prior import log_prior

PARTS = {"log_copies": 0.69, "solutions": (), "overlap": 0.9, "n_common": 900.0, "n_draws": 1000}


@pytest.fixture(scope="module")
def example():
    from tests.posterior.conftest import example_of

    model = lc.Model(
        items=[*lc.binary("a", "b", levels=[0, 1]), *lc.nominal("c", levels=["x", "y", "z"])],
        n_classes=2,
        factor_groups={"one": ["age"], "two": ["tenure", "ease"]},
    )
    return example_of(model, n=40, seed=2, n_draws=60)


def as_fit(example, model=None):
    """Return draws that stand for the fit of any model of these variables."""
    import xarray as xr

    from latentclass.infer.fitting import _data_groups
    from latentclass.posterior.density import log_likelihood

    survey = example.survey
    groups = {
        "posterior": example.posterior,
        "sample_stats": xr.Dataset({"lp": (("chain", "draw"), np.zeros((2, 60)))}, coords={"chain": [0, 1]}),
        "log_prior": log_prior(example.posterior, survey),
        "log_likelihood": log_likelihood(example.posterior, survey).to_dataset(name="responses"),
        **_data_groups(survey),
    }
    return SimpleNamespace(
        model=survey.model,
        survey=survey,
        tree=xr.DataTree.from_dict(groups),
        posterior=example.posterior,
        solutions=pd.DataFrame({"chains": [(0, 1)]}),
        convergence=SimpleNamespace(messages=(), approximate=False),
    )


@pytest.fixture
def without_sampling(monkeypatch, example):
    """Let every refit be the same draws, whose marginal likelihood tells which model was asked for."""
    import latentclass.evidence.other_priors as module

    asked = []

    def fits(self, models, what="refitting"):
        for name, model in models.items():
            asked.append(name)
            fit = as_fit(example)
            fit.model = model
            yield name, fit

    def marginal(fit, seed=0):
        priors, groups = fit.model.priors, tuple(fit.model.factor_groups)
        if len(groups) < 2:
            value = -100.0
        else:
            prior = priors.of_group("one")
            value = -100.0 + (prior.scale if isinstance(prior, lc.Normal) else 9.0)
        return MarginalLikelihood(log_value=value, error=0.3, log_labelled=value - 0.69, **PARTS)

    monkeypatch.setattr(Refits, "fits", fits)
    monkeypatch.setattr(module, "marginal_likelihood", marginal)
    monkeypatch.setattr(module, "prior_weights", partial(prior_weights, draws=100))
    return asked


def test_every_prior_is_set_against_the_model_without_the_group(example, without_sampling, tmp_path):
    families = {"hierarchical": lc.Hierarchical(0.4)}
    ask = {"groups": ["one"], "scales": (0.25, 1.0), "families": families, "folder": tmp_path, "progressbar": False}
    found = lc.sensitivity(as_fit(example), **ask)
    table = found.table.loc["one"]
    assert table["family"].tolist() == ["Normal", "Normal", "Hierarchical"]
    np.testing.assert_allclose(table["scale"], [0.25, 1.0, np.nan])
    np.testing.assert_allclose(table["log_bf"], [0.25, 1.0, 9.0])
    np.testing.assert_allclose(table["log_bf_error"], np.hypot(0.3, 0.3))
    assert (table["weight_eti90_lb"] <= table["weight_median"]).all()
    assert without_sampling == ["one: normal 0.25", "one: normal 1", "one: hierarchical", "one"]
    # What was computed is read from the folder, and only what is new is fitted.
    again = lc.sensitivity(as_fit(example), **{**ask, "scales": (0.25, 1.0, 2.0)})
    assert without_sampling[4:] == ["one: normal 2"]
    pd.testing.assert_frame_equal(again.table.loc["one"].drop(index="normal 2"), table)
    assert repr(found).startswith("Sensitivity(one: log BF 0.2 to 9.0, weight 0.")


def test_an_interrupted_run_keeps_what_was_finished(example, without_sampling, tmp_path, monkeypatch):
    own = Refits.fits

    def broken(self, models, what="refitting"):
        for number, pair in enumerate(own(self, models, what)):
            if number == 2:
                raise KeyboardInterrupt
            yield pair

    monkeypatch.setattr(Refits, "fits", broken)
    ask = {"groups": ["one"], "scales": (0.25, 1.0, 2.0), "families": {}, "folder": tmp_path, "progressbar": False}
    with pytest.raises(KeyboardInterrupt):
        lc.sensitivity(as_fit(example), **ask)
    monkeypatch.setattr(Refits, "fits", own)
    del without_sampling[:]
    lc.sensitivity(as_fit(example), **ask)
    assert without_sampling == ["one: normal 2", "one"]


def test_power_scaling_is_that_of_the_weight_under_the_groups_prior(example, without_sampling, tmp_path):
    import arviz as az
    import xarray as xr

    from latentclass.evidence import posterior_weights

    fit = as_fit(example)
    ask = {"groups": ["two"], "scales": (1.0,), "families": {}, "folder": tmp_path, "progressbar": False}
    found = lc.sensitivity(fit, **ask).power_scaling.loc["two"]
    weight = posterior_weights(fit, shares=False).weight.sel(factor_group="two").to_numpy()
    assert len(weight) == 120
    # A large survey keeps no log-likelihood: it is summed in blocks.
    kept = fit.tree.children
    fit.tree = xr.DataTree.from_dict({n: node.to_dataset() for n, node in kept.items() if n != "log_likelihood"})
    without = lc.sensitivity(fit, **ask | {"folder": tmp_path / "other"}).power_scaling.loc["two"]
    pd.testing.assert_series_equal(without, found)
    # The same through weights of importance: a prior raised to 1.25 moves the mean as psense's component says.
    tree = xr.DataTree.from_dict(
        {
            "posterior": xr.Dataset({"w": (("chain", "draw"), weight[None])}),
            "log_prior": xr.Dataset(
                {"s": (("chain", "draw"), fit.tree["log_prior"]["slope_two"].to_numpy().reshape(1, -1))}
            ),
        }
    )
    assert found["prior"] == pytest.approx(float(az.psense(tree, group="prior")["w"]))
    assert found["diagnosis"] in (
        "not sensitive to the prior", "strong prior or weak data", "prior and data both inform it",
    )  # fmt: skip


def test_what_cannot_be_asked(example):
    fit = as_fit(example)
    with pytest.raises(lc.ModelError, match="There is no factor group 'tow'. Did you mean 'two'"):
        lc.sensitivity(fit, groups=["tow"])
    with pytest.raises(lc.ModelError, match="Sensitivity is over one or more proper priors"):
        lc.sensitivity(fit, families={"flat": lc.Flat()})
    with pytest.raises(lc.LatentClassError, match="prob is the probability of an interval"):
        lc.sensitivity(fit, prob=90)


@pytest.mark.slow
def test_bayes_factors_over_the_scales_follow_from_the_draws_of_one_fit(tmp_path):
    """m(s) / m(r) is the posterior mean, under scale r, of the ratio of the two priors of the slopes."""
    data = lc.datasets.plain_survey(n=150, n_items=4, n_levels=2, n_classes=2, n_covariates=4, seed=1)
    settings = {"draws": 800, "tune": 600, "chains": 2, "n_starts": 4, "progressbar": False}
    with warnings.catch_warnings():
        # Bayes factors and importance ratios carry their own errors.
        warnings.simplefilter("ignore", lc.ConvergenceWarning)
        fit = lc.fit(data.model, data.frame, seed=1, **settings)
    found = lc.sensitivity(
        fit, groups=["technical"], scales=(0.35, 0.5, 0.7), families={}, folder=tmp_path, progressbar=False
    )
    log_bf = found.table.loc["technical", "log_bf"]
    for scale in (0.35, 0.7):
        priors = data.model.priors.replace(group_effects={"technical": lc.Normal(scale)})
        survey = lc.read_survey(data.model.replace(priors=priors), data.frame)
        ratio = (log_prior(fit.posterior, survey) - log_prior(fit.posterior, fit.survey))["slope_technical"].to_numpy()
        wanted = logsumexp(ratio) - np.log(ratio.size)
        # Bridge errors of some 0.03 each, and that of the importance ratio of 1000 draws.
        assert log_bf[f"normal {scale:g}"] - log_bf["normal 0.5"] == pytest.approx(wanted, abs=0.2)
