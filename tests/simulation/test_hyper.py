"""Draws from priors that learn their scale against closed forms, and their densities against numerical integrals."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import integrate, stats

import latentclass as lc
from latentclass.simulation import draw_parameters, log_prior
from latentclass.simulation.hyper import draw_hyper, hyper_labels, hyper_log_prior

N_DRAWS, N_CLASSES = 1500, 3
# One category in a quarter of the rows; its column is centred and not scaled.
SHARE = 0.25


@pytest.fixture(scope="module")
def survey_with():
    rng, n = np.random.default_rng(1), 40
    frame = pd.DataFrame(
        {
            "a": rng.integers(0, 2, n),
            "x": rng.normal(size=n),
            "y": rng.normal(size=n),
            "remote": np.where(np.arange(n) < SHARE * n, "yes", "no"),
        }
    )

    def read(prior):
        model = lc.Model(
            items=lc.binary("a", levels=[0, 1]),
            n_classes=N_CLASSES,
            factor_groups={"one": ["x", "y"], "two": ["remote"]},
            priors=lc.Priors(effects=prior),
        )
        return lc.read_survey(model, frame)

    return read


def drawn(survey, *names):
    rng = np.random.default_rng(7)
    draws = [draw_parameters(survey, rng) for _ in range(N_DRAWS)]
    return [np.array([p[name].to_numpy() for p in draws]) for name in names]


# Variance of a slope before it is made zero-sum. The fourth is that of a t distribution with 5 degrees of freedom.
VARIANCES = [
    (lc.Hierarchical(0.5), 0.25),
    (lc.Hierarchical(0.5, dof=5), 0.25 * 5 / 3),
    (lc.Hierarchical(0.1, dof=8), 0.01 * 8 / 6),
]


@pytest.mark.parametrize(("prior", "variance"), VARIANCES, ids=repr)
def test_variance_of_hierarchical_slopes(survey_with, prior, variance):
    (slope,) = drawn(survey_with(prior), "slope_one")
    np.testing.assert_allclose(slope.sum(axis=2), 0, atol=1e-12)
    found = (slope**2).mean(axis=0) / (1 - 1 / N_CLASSES)
    # Squares have a standard error of 6 % of their mean, and where tails are those of a t of some 10 %; three of them.
    np.testing.assert_allclose(found, variance, rtol=0.3 if prior.dof else 0.18)


def test_slopes_of_a_group_are_large_together(survey_with):
    slopes = drawn(survey_with(lc.Hierarchical(0.5)), "slope_one", "slope_two")
    size = [np.log(np.abs(s[:, 0, 0])) for s in (slopes[0], slopes[0][:, ::-1], slopes[1])]
    # log |slope| = log scale + log |normal|, of variance pi^2 / 8 each: correlated by a half within a group. Standard
    # errors are 0.02 and 0.026.
    assert np.corrcoef(size[0], size[1])[0, 1] == pytest.approx(0.5, abs=0.09)
    assert np.corrcoef(size[0], size[2])[0, 1] == pytest.approx(0.0, abs=0.09)


def test_the_share_explained_is_that_of_its_beta(survey_with):
    """Variance of the logits over the respondents, as a share of that and the noise of the utilities."""
    prior = lc.Allocation(0.4, precision=5, concentration=2)
    survey = survey_with(prior)
    explained, split, one, two = drawn(survey, "explained", "allocation", "slope_one", "slope_two")
    assert stats.kstest(explained, stats.beta(2, 3).cdf).pvalue > 1e-3
    assert stats.kstest(split[:, 0], stats.beta(2, 2).cdf).pvalue > 1e-3
    total = np.pi**2 / 6 * explained / (1 - explained)
    # The second moment of the slopes given the total: columns x, y have variance 1, the category p (1 - p).
    for slope, share, spread in ((one, split[:, 0], 2.0), (two, split[:, 1], SHARE * (1 - SHARE))):
        standardised = slope * np.sqrt(spread / (total * share * (1 - 1 / N_CLASSES)))[:, None, None]
        for column in standardised.reshape(N_DRAWS, -1).T:
            assert stats.kstest(column, stats.norm.cdf).pvalue > 1e-3


def test_the_horseshoe_shrinks_small_slopes_and_lets_large_ones_pass(survey_with):
    """P(|slope| < e) by integration over the scales, at a point near zero and one in the slab."""
    prior = lc.RegularizedHorseshoe(0.1, slab_scale=1.0, slab_dof=4)
    (slope,) = drawn(survey_with(prior), "slope_one")
    rng = np.random.default_rng(2)
    # Scales by quantiles of their distributions, shuffled against each other: no draws of the code under test.
    u = (np.arange(200_000) + 0.5) / 200_000
    common, local = (rng.permutation(stats.halfcauchy.ppf(u, scale=s)) for s in (0.1, 1.0))
    slab = rng.permutation(stats.invgamma.ppf(u, 2.0, scale=2.0))
    scale = np.sqrt(1 / (1 / (common * local) ** 2 + 1 / slab)) * np.sqrt(1 - 1 / N_CLASSES)
    for bound in (0.01, 0.1, 1.0):
        wanted = np.mean(2 * stats.norm.cdf(bound / scale) - 1)
        found = np.mean(np.abs(slope[:, 0]) < bound, axis=0)
        # A share of 1500 draws has a standard error of at most 0.013; four of them.
        np.testing.assert_allclose(found, wanted, atol=0.052)


DENSITIES = {
    "effect_scale_one": [lc.Hierarchical(0.4), lc.Hierarchical(0.4, dof=3), lc.RegularizedHorseshoe(0.3)],
    "slab_variance_one": [lc.RegularizedHorseshoe(0.3, slab_scale=1.4, slab_dof=5)],
    "explained": [lc.Allocation(0.3, precision=6)],
}


@pytest.mark.parametrize(("name", "prior"), [(n, p) for n, priors in DENSITIES.items() for p in priors], ids=repr)
def test_densities_of_what_is_learned_integrate_to_one_up_to_the_quantiles_of_draws(survey_with, name, prior):
    survey = survey_with(prior)
    rng = np.random.default_rng(7)
    others = {other: draw_hyper(survey, rng, other) for other in hyper_labels(survey)}
    draws = [draw_hyper(survey, rng, name) for _ in range(3000)]

    def density(x):
        return np.exp(hyper_log_prior(survey, {**others, name: np.asarray(x)}.__getitem__)[name])

    for quantile in (0.25, 0.75):
        mass, _ = integrate.quad(density, 0, np.quantile(draws, quantile), epsabs=1e-3)
        # The standard error of a share of 3000 draws is 0.008; four of them.
        assert mass == pytest.approx(quantile, abs=0.032)


def test_the_density_of_slopes_is_given_the_scale(survey_with):
    survey = survey_with(lc.Hierarchical(0.4))
    parameters = draw_parameters(survey, np.random.default_rng(1)).assign(effect_scale_one=0.7)
    fixed = log_prior(survey_with(lc.Normal(0.7)), parameters[["intercept", "slope_one", "slope_two", "probability"]])
    assert log_prior(survey, parameters)["slope_one"] == pytest.approx(fixed["slope_one"], rel=1e-12)


REFUSED = [
    (lc.Hierarchical(0.4), {"effect_scale_one": 0.0}, r"'effect_scale_one' must be positive; got 0\.0"),
    (lc.Allocation(), {"explained": 1.0}, r"'explained' must be between 0 and 1; got 1\.0"),
    (lc.Allocation(), {"allocation": ("allocated_group", [0.5, 0.6])}, r"shares in 'allocation' must sum to 1"),
    (lc.Normal(0.5), {"explained": 0.5}, r"'explained' is not a parameter of this model"),
]


@pytest.mark.parametrize(("prior", "given", "match"), REFUSED)
def test_values_that_no_prior_has_are_refused(survey_with, prior, given, match):
    with pytest.raises(lc.ModelError, match=match):
        draw_parameters(survey_with(prior), np.random.default_rng(1), given=xr.Dataset(given))
