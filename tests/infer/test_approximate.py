"""Draws by importance sampling from approximations, against closed forms, enumeration and chains."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import stats
from scipy.special import gammaln

import latentclass as lc
from latentclass.evidence import marginal_likelihood
from latentclass.evidence.marginal import check_importance
from latentclass.evidence.refits import refits_like
from latentclass.infer.importance import importance, resampled
from latentclass.infer.laplace import WarpedNormal, laplace
from latentclass.infer.warp import warp_around
from latentclass.posterior import log_likelihood
from tests.evidence.enumeration import log_marginal_likelihood

SETTINGS = {"method": "laplace", "seed": 1, "n_starts": 10, "progressbar": False}


def about(fit: lc.Fit) -> dict[str, float]:
    return fit.tree["sample_stats"].attrs


def two_groups(n: int, noise: float, seed: int = 1) -> np.ndarray:
    """Return answers [respondent, 6 binary items] of two groups that answer in opposite ways."""
    rng = np.random.default_rng(seed)
    own = (np.arange(n) < n // 2)[:, None]
    return np.where(rng.random((n, 6)) < noise, ~own, own).astype(int)


def binary_model(**priors: object) -> lc.Model:
    return lc.Model(items=lc.binary(*"abcdef", levels=[0, 1]), n_classes=2, priors=lc.Priors(**priors))


def quick_fit() -> lc.Fit:
    codes = two_groups(60, 0.2)
    return lc.fit(binary_model(), pd.DataFrame(codes, columns=list("abcdef")), **SETTINGS)


@pytest.fixture(scope="module")
def fit() -> lc.Fit:
    return quick_fit()


def test_one_class_is_approximated_exactly() -> None:
    # Beta posteriors are normal in the coordinates of the warp, up to the interpolation, even where a level has no
    # answers at all.
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.integers(0, [2, 3, 5, 4], size=(80, 4)), columns=list("abcd"))
    frame.iloc[:, 3] = np.arange(80) % 2
    sizes = (2, 3, 5, 4)
    items = [lc.nominal(name, levels=range(n)) for name, n in zip("abcd", sizes, strict=True)]
    fit = lc.fit(lc.Model(items=items, n_classes=1), frame, **SETTINGS)
    counts = [np.bincount(frame[name], minlength=n) for name, n in zip("abcd", sizes, strict=True)]
    truth = sum(float(gammaln(len(c)) - gammaln(len(c) + c.sum()) + gammaln(1 + c).sum()) for c in counts)
    assert fit.convergence.ok
    assert fit.convergence.pareto_k < 0.3
    assert fit.convergence.effective > 3900
    assert about(fit)["log_evidence"] == pytest.approx(truth, abs=0.005)
    # Without weights the mean would differ from that of the posterior by some Monte Carlo errors at most.
    mean = fit.posterior["probability"].mean(("chain", "draw")).isel({"class": 0}).to_numpy()
    exact = np.concatenate([(1 + c) / (1 + c).sum() for c in counts])
    np.testing.assert_allclose(mean, exact, atol=0.004)


def test_two_classes_have_the_evidence_and_predictions_of_enumeration() -> None:
    codes = two_groups(16, 0.12)
    how = {"concentration": 2.0, "intercept_sd": 1.0}
    model = binary_model(items=lc.Dirichlet(2.0))
    fit = lc.fit(model, pd.DataFrame(codes, columns=list("abcdef")), draws=5000, **SETTINGS)
    truth = log_marginal_likelihood(codes, [2] * 6, **how)
    assert fit.convergence.ok
    assert about(fit)["log_evidence_error"] < 0.02
    assert about(fit)["log_evidence"] == pytest.approx(truth, abs=4 * about(fit)["log_evidence_error"])
    # The predictive probability of a further respondent is a ratio of marginal likelihoods: about the draws, not the
    # weights.
    further = [[0] * 6, [1] * 6, [0, 0, 0, 1, 1, 1], [1, 0, 1, 1, 1, 1]]
    survey = lc.read_survey(fit.model, pd.DataFrame(further, columns=list("abcdef")))
    found = np.log(np.exp(log_likelihood(fit.posterior, survey)).mean(("chain", "draw")))
    exact = [log_marginal_likelihood(np.vstack([codes, new]), [2] * 6, **how) - truth for new in further]
    # Thousands of the draws are effective, and the density of one respondent varies by less than its mean.
    np.testing.assert_allclose(found, exact, atol=0.06)


@pytest.mark.slow
def test_marginals_are_those_of_chains() -> None:
    # Many enough for a Pareto k well below 0.7 with any seed: 0.29 to 0.51 for eight of them.
    data = lc.datasets.plain_survey(n=1000, n_items=8, n_levels=3, n_classes=3, n_covariates=2, seed=4)
    chains = lc.fit(data.model, data.frame, draws=2000, seed=1, n_starts=10, progressbar=False)
    bridge = marginal_likelihood(chains)
    for seed in (1, 2, 3):
        fit = lc.fit(data.model, data.frame, draws=2000, **{**SETTINGS, "seed": seed})
        assert fit.convergence.ok
        for name, wanted in chains.posterior.data_vars.items():
            found, deviation = fit.posterior[name], wanted.std(("chain", "draw"))
            gap = (found.mean(("chain", "draw")) - wanted.mean(("chain", "draw"))) / deviation
            # Some 4000 effective draws on either side: Monte Carlo errors of 0.023, of deviations 0.016. The largest of
            # 60 is some three times that.
            assert float(abs(gap).max()) < 0.09
            assert float(abs(found.std(("chain", "draw")) / deviation - 1).max()) < 0.09
            quantiles = wanted.quantile([0.05, 0.95], ("chain", "draw"))
            inside = ((found > quantiles[0]) & (found < quantiles[1])).mean(("chain", "draw"))
            # Four standard errors on both sides.
            assert float(abs(inside - 0.9).max()) < 0.03
        ratios = marginal_likelihood(fit)
        assert ratios.ok
        assert (bridge.method, ratios.method) == ("bridge sampling", "importance sampling")
        assert ratios.log_value == pytest.approx(bridge.log_value, abs=4 * np.hypot(bridge.error, ratios.error))


def narrowed(*arguments: object) -> WarpedNormal:
    found = laplace(*arguments)
    return replace(found, cholesky=0.3 * found.cholesky)


def test_a_bad_approximation_is_said_to_be_bad_and_not_resampled(monkeypatch: pytest.MonkeyPatch) -> None:
    # A normal with less than a third of the standard deviations.
    monkeypatch.setattr("latentclass.infer.approximate.laplace", narrowed)
    with pytest.warns(lc.ConvergenceWarning, match=r"Pareto k of the importance ratios is .* fit with method='nuts'"):
        fit = quick_fit()
    found = fit.convergence
    assert not found.ok
    assert found.pareto_k > found.threshold
    # Independent draws of a continuous distribution never repeat; resampled ones do.
    assert len(np.unique(fit.posterior["probability"][..., 0, 0])) == found.n_draws
    assert "Pareto k" in fit.summary()
    with pytest.raises(lc.FitError, match=r"approximation by 'laplace' has no marginal likelihood: the Pareto k"):
        marginal_likelihood(fit)
    with pytest.raises(lc.FitError, match=r"approximation by 'laplace' has no marginal likelihood: the Pareto k"):
        check_importance(fit)
    diagnosis = lc.diagnose(fit)
    assert not diagnosis.ok
    assert diagnosis.messages[0].startswith("The draws are those of an approximation (laplace) that misses parts")


def test_a_good_approximation_answers_what_chains_answer(fit: lc.Fit, tmp_path) -> None:
    assert fit.convergence.ok
    assert len(np.unique(fit.posterior["probability"][..., 0, 0])) < fit.convergence.n_draws
    loaded = lc.load(fit.save(tmp_path / "fit.nc"))
    assert loaded.convergence.pareto_k == fit.convergence.pareto_k
    assert repr(loaded.convergence) == repr(fit.convergence)
    assert repr(loaded) == repr(fit)
    assert "laplace, importance sampling reliable" in repr(fit)
    assert about(loaded)["method"] == "laplace"
    xr.testing.assert_allclose(loaded.posterior, fit.posterior)
    for text in (fit.summary(), repr(lc.diagnose(fit)), lc.report(fit, tmp_path / "report.html").read_text()):
        assert "Pareto k" in text
        assert "nan" not in text
    assert lc.diagnose(fit).table.loc["importance ratios", "severity"] == "fine"
    marginal = marginal_likelihood(fit)
    assert marginal.log_labelled + np.log(2) == pytest.approx(marginal.log_value)
    assert marginal.error == about(fit)["log_evidence_error"]


def test_one_seed_gives_the_same_draws(fit: lc.Fit) -> None:
    xr.testing.assert_identical(quick_fit().posterior, fit.posterior)


def test_refits_are_made_by_the_same_method(fit: lc.Fit, tmp_path) -> None:
    again = refits_like(fit, folder=tmp_path, seed=2).fit(fit.model)
    assert again.convergence.method == "laplace"
    assert again.convergence.n_draws == fit.convergence.n_draws


def test_latent_constructs_are_refused() -> None:
    model = lc.Model(
        items=lc.binary("a", "b"),
        n_classes=2,
        factor_groups={"own": ["stress"]},
        constructs={"stress": ["s1", "s2", "s3"]},
    )
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.integers(1, [3, 3, 6, 6, 6], (40, 5)), columns=["a", "b", "s1", "s2", "s3"])
    for method in ("laplace", "pathfinder"):
        message = rf"method='{method}' cannot do latent constructs \('stress'\).*scores='mean'"
        with pytest.raises(lc.FitError, match=message):
            lc.fit(model, frame, **{**SETTINGS, "method": method})


def test_an_unknown_method_is_refused(fit: lc.Fit) -> None:
    with pytest.raises(lc.FitError, match=r"Unknown method 'laplce'. Did you mean 'laplace'\? The methods are 'nuts'"):
        lc.fit(fit.model, fit.survey, method="laplce")


def test_pathfinder_weighs_and_judges_its_draws() -> None:
    # Sharp classes: six items, sixty respondents, the evidence known by the other approximation.
    codes = two_groups(60, 0.1)
    frame = pd.DataFrame(codes, columns=list("abcdef"))
    model = binary_model(items=lc.Dirichlet(4.0))
    by_laplace, by_pathfinder = (
        lc.fit(model, frame, **{**SETTINGS, "method": method}) for method in ("laplace", "pathfinder")
    )
    assert by_laplace.convergence.ok
    assert by_pathfinder.convergence.ok
    assert "pathfinder" in repr(by_pathfinder)
    errors = [about(fit)["log_evidence_error"] for fit in (by_laplace, by_pathfinder)]
    gap = about(by_laplace)["log_evidence"] - about(by_pathfinder)["log_evidence"]
    assert abs(gap) < 4 * np.hypot(*errors)
    wanted, found = by_laplace.posterior["probability"], by_pathfinder.posterior["probability"]
    deviation = wanted.std(("chain", "draw"))
    assert float(abs((wanted.mean(("chain", "draw")) - found.mean(("chain", "draw"))) / deviation).max()) < 0.2


def test_importance_ratios_of_normals_have_the_known_constant_and_size() -> None:
    # Proposal N(0, 1), target N(0.3, 1) times 5: the effective share of draws is exp(-0.3^2).
    draws = np.random.default_rng(1).normal(size=20000)
    found = importance(np.log(5.0) + stats.norm.logpdf(draws, 0.3) - stats.norm.logpdf(draws))
    assert found.ok
    assert found.log_mean == pytest.approx(np.log(5.0), abs=4 * found.error)
    assert found.error == pytest.approx(np.sqrt((np.exp(0.09) - 1) / 20000), rel=0.05)
    assert found.effective / 20000 == pytest.approx(np.exp(-0.09), rel=0.02)


def test_a_proposal_with_light_tails_is_found_out() -> None:
    # The ratio of N(0, s) to N(0, 1) has the tail index 1 - 1 / s^2: 0.75 for s = 2.
    draws = np.random.default_rng(1).normal(size=100000)
    found = importance(stats.norm.logpdf(draws, scale=2.0) - stats.norm.logpdf(draws))
    assert found.pareto_k == pytest.approx(0.75, abs=0.1)
    assert not importance(stats.norm.logpdf(draws, scale=4.0) - stats.norm.logpdf(draws)).ok
    assert importance(stats.norm.logpdf(draws, scale=1.2) - stats.norm.logpdf(draws)).ok


def test_draws_of_no_density_have_no_weight() -> None:
    ratios = np.zeros(1000)
    ratios[:400] = [-np.inf, np.nan] * 200
    found = importance(ratios)
    assert found.log_mean == pytest.approx(np.log(0.6))
    assert found.effective == pytest.approx(600)
    assert set(resampled(found.log_weights, 5000, np.random.default_rng(1))) == set(range(400, 1000))
    assert not importance(np.full(100, -np.inf)).ok


def test_a_warp_is_a_beta_quantile_and_knows_its_derivatives() -> None:
    # Beta(2, 30): mode of the log-odds log(2 / 30), curvature 2 * 30 / 32.
    point, deviation = np.array([np.log(2 / 30), 1.5]), np.array([np.sqrt(32 / 60), 0.7])
    warp = warp_around(point, deviation, np.array([True, False]))
    z = np.linspace(-4, 4, 33)[:, None] * np.ones(2)
    x, slope, bend = warp(z)
    exact = stats.beta.ppf(stats.norm.cdf(z[:, 0]), 2, 30)
    np.testing.assert_allclose(x[:, 0], np.log(exact) - np.log1p(-exact), atol=1e-4)
    np.testing.assert_allclose(x[:, 1], 1.5 + 0.7 * z[:, 1])
    np.testing.assert_allclose(warp(warp.start[None])[0][0], point, atol=1e-4)
    step = 1e-5
    up, down = warp(z + step), warp(z - step)
    np.testing.assert_allclose(slope, (up[0] - down[0]) / (2 * step), rtol=1e-6)
    # The second derivative jumps at the knots: only between them differences know it.
    between = (z[:, 0] * 4) % 1 != 0
    np.testing.assert_allclose(bend[between], ((up[1] - down[1]) / (2 * step))[between], rtol=1e-4, atol=1e-8)


def test_large_surveys_keep_no_log_likelihood_and_order_classes_by_some_respondents(monkeypatch) -> None:
    data = lc.datasets.plain_survey(n=60, n_items=4, n_levels=2, n_classes=2, n_covariates=1, seed=1)
    whole = lc.fit(data.model, data.frame, draws=200, **SETTINGS)
    # Every seventh respondent.
    monkeypatch.setattr("latentclass.infer.fitting._MOST_VALUES", 800 * 60 / 6.5)
    some = lc.fit(data.model, data.frame, draws=200, **SETTINGS)
    assert "log_likelihood" in whole.tree.children
    assert "log_likelihood" not in some.tree.children
    xr.testing.assert_identical(some.posterior, whole.posterior)
    assert "not known" in lc.diagnose(some).table.loc["Pareto k", "value"]
