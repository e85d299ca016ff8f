"""Log priors against scipy.stats, orthonormal coordinates and known volumes."""

import numpy as np
import pytest
import xarray as xr
from scipy import integrate, stats
from scipy.linalg import helmert

import latentclass as lc
from latentclass.simulation import draw_parameters, log_prior

ROUNDING = 1e-9


def simplex_parts(values, counts):
    parts = np.split(values, np.cumsum(counts)[:-1], axis=-1)
    # scipy insists on a sum of one to the last digits.
    return [row / row.sum() for part in parts for row in np.atleast_2d(part)]


def zero_sum_density(values, scale):
    """Normal density in orthonormal coordinates of the subspace whose rows sum to zero (Helmert's contrasts)."""
    coordinates = np.atleast_2d(values) @ helmert(values.shape[-1]).T
    return stats.norm.logpdf(coordinates, scale=scale).sum()


def test_every_variable_has_its_density(rich, rich_survey):
    p = rich.parameters
    likert = np.array([p["loading"].sel(indicator=f"stress_{j}").item() for j in (1, 2)])
    continuous = np.array([p["loading"].sel(indicator=f"ease_{j}").item() for j in (2, 1, 3)])
    expected = {
        "intercept": zero_sum_density(p["intercept"].values, 1.0),
        "slope_individual": zero_sum_density(p["slope_individual"].values, 0.5),
        "slope_technical": zero_sum_density(p["slope_technical"].values, 0.8),
        "location": zero_sum_density(p["location"].transpose(..., "class").values, 2.5),
        "log_dispersion": zero_sum_density(p["log_dispersion"].transpose(..., "class").values, 0.5),
        "probability": sum(
            stats.dirichlet.logpdf(x, np.full(len(x), 1.7)) for x in simplex_parts(p["probability"].values, [3, 2, 3])
        ),
        "baseline": sum(
            stats.dirichlet.logpdf(x, np.full(len(x), 2.5)) for x in simplex_parts(p["baseline"].values, [5, 4])
        ),
        "likert_baseline": sum(
            stats.dirichlet.logpdf(x, np.full(4, 3.0)) for x in simplex_parts(p["likert_baseline"].values, [4, 4])
        ),
        "marker_loading": stats.halfnorm.logpdf(likert[0], scale=2.5) + stats.halfnorm.logpdf(continuous[0]),
        "free_loading": stats.norm.logpdf(likert[1], scale=2.5) + stats.norm.logpdf(continuous[1:]).sum(),
        "indicator_mean": stats.norm.logpdf(p["indicator_mean"]).sum(),
        "indicator_sd": stats.halfnorm.logpdf(p["indicator_sd"]).sum(),
        "score": stats.multivariate_normal.logpdf(p["score"], cov=p["score_correlation"].values).sum(),
    }
    found = log_prior(rich_survey, p)
    correlation = found.pop("score_correlation")
    assert set(found.index) == set(expected)
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=ROUNDING), name
    # For two constructs the prior of the correlation r is (1 - r^2)^(eta - 1) over its integral.
    r = p["score_correlation"].values[0, 1]
    volume, _ = integrate.quad(lambda x: (1 - x**2) ** (2.0 - 1), -1, 1)
    assert correlation == pytest.approx(np.log((1 - r**2) / volume), rel=ROUNDING)


def three_constructs(eta):
    model = lc.Model(
        items=lc.binary("a", "b", levels=("no", "yes")),
        n_classes=2,
        constructs={c: lc.construct(f"{c}1", f"{c}2", levels=(1, 2, 3)) for c in "uvw"},
        factor_groups={"g": ["u", "v", "w"]},
        priors=lc.Priors(score_correlation=lc.LKJ(eta)),
    )
    simulated = lc.simulate(model, n=300, seed=1)
    return lc.read_survey(model, simulated.frame), simulated.parameters


def test_flat_correlations_have_the_known_volume():
    """The 3 x 3 correlation matrices have the volume pi^2 / 2."""
    survey, parameters = three_constructs(1.0)
    assert log_prior(survey, parameters)["score_correlation"] == pytest.approx(-np.log(np.pi**2 / 2), rel=ROUNDING)


@pytest.mark.parametrize("eta", [0.7, 1.0, 3.0])
def test_correlations_are_drawn_from_their_density(eta):
    """Each correlation of d variables is Beta(a, a) on (-1, 1) with a = eta - 1 + d / 2; its p-value is uniform."""
    survey, _ = three_constructs(eta)
    rng = np.random.default_rng(5)
    drawn = np.array([draw_parameters(survey, rng)["score_correlation"].values for _ in range(800)])
    beta = stats.beta(eta + 0.5, eta + 0.5, loc=-1, scale=2)
    for i, j in ((0, 1), (0, 2), (1, 2)):
        assert stats.kstest(drawn[:, i, j], beta.cdf).pvalue > 1e-3


def test_a_dirichlet_intercept_is_a_density_of_the_shares():
    model = lc.Model(
        items=lc.binary("a", "b", levels=("no", "yes")), n_classes=3, priors=lc.Priors(intercept=lc.Dirichlet(4.0))
    )
    shares = np.array([0.5, 0.3, 0.2])
    logits = np.log(shares) - np.log(shares).mean()
    simulated = lc.simulate(model, xr.Dataset({"intercept": ("class", logits)}), n=20, seed=1)
    survey = lc.read_survey(model, simulated.frame)
    found = log_prior(survey, simulated.parameters)
    assert "intercept" not in found
    assert found["class_share"] == pytest.approx(stats.dirichlet.logpdf(shares, np.full(3, 4.0)), rel=ROUNDING)


def test_flat_priors_are_constant(rich, rich_survey):
    model = rich.model.replace(priors=lc.Priors.flat())
    survey = lc.read_survey(model, rich.frame)
    found = log_prior(survey, rich.parameters)
    flat = ["slope_individual", "location", "log_dispersion", "marker_loading", "free_loading", "indicator_sd"]
    assert (found[flat] == 0).all()
    negative = rich.parameters.assign(loading=-rich.parameters["loading"])
    assert log_prior(survey, negative)["marker_loading"] == -np.inf
