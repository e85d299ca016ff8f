"""Coverage of the truth on simulated surveys, and a real survey with constructs. Slow."""

from __future__ import annotations

import warnings

import arviz as az
import numpy as np
import pytest
import xarray as xr

import latentclass as lc
from latentclass.posterior.relabel import relabel

pytestmark = pytest.mark.slow

N_SURVEYS = 20


def covered(draws: xr.DataArray, truth: xr.DataArray) -> np.ndarray:
    lower, upper = (draws.quantile(q, ("chain", "draw")) for q in (0.05, 0.95))
    truth = truth.transpose(*lower.dims)
    return ((lower <= truth) & (truth <= upper)).to_numpy().ravel()


def in_order_of(truth: xr.Dataset, fit: lc.Fit) -> xr.Dataset:
    """Name the classes of the truth as the fit names its own."""
    mean = fit.posterior.mean(("chain", "draw"))
    both = xr.concat(
        [d[list({"intercept", "probability", "ordinal_probability"} & set(d))] for d in (mean, truth[list(mean)])],
        dim="draw",
        join="override",
        coords="minimal",
        compat="override",
    ).expand_dims("chain")
    order = relabel(both, pivot=mean).permutation.isel(chain=0)
    moved = order.isel(draw=1).to_numpy()[np.argsort(order.isel(draw=0).to_numpy())]
    return truth.isel({"class": moved}).assign_coords({"class": mean["class"].to_numpy()})


def test_intervals_cover_the_truth() -> None:
    hits: dict[str, list[np.ndarray]] = {"profiles": [], "slopes": [], "loadings": []}
    for seed in range(N_SURVEYS):
        data = lc.datasets.internal_social_media(n=500, seed=seed)
        with warnings.catch_warnings():
            # Short chains: their effective sample sizes suffice for a count of coverage.
            warnings.simplefilter("ignore", lc.LatentClassWarning)
            fit = lc.fit(
                data.model, data.frame, draws=300, tune=400, chains=2, n_starts=4, seed=seed, progressbar=False
            )
        posterior = fit.posterior
        truth = data.parameters
        truth = in_order_of(truth[[name for name in posterior if name in truth]], fit)
        for name in ("probability", "ordinal_probability"):
            hits["profiles"].append(covered(posterior[name], truth[name]))
        for group in fit.model.factor_groups:
            hits["slopes"].append(covered(posterior[f"slope_{group}"], truth[f"slope_{group}"]))
        hits["loadings"].append(covered(posterior["loading"], truth["loading"]))
    rates = {what: float(np.concatenate(found).mean()) for what, found in hits.items()}
    print(rates)
    for what, rate in rates.items():
        assert 0.80 <= rate <= 0.97, f"{what}: {rate:.3f}"


def test_a_real_survey_with_constructs_needs_no_hand_holding(reference_survey) -> None:
    frame = reference_survey("utaut2_216")
    sizes = {"PE": 4, "EE": 4, "FC": 4, "PV": 3, "SI": 3}
    model = lc.Model(
        items=[*lc.ordinal("HM1", "HM2", "HM3"), *lc.ordinal("HAB1", "HAB2", "HAB3", "HAB4")],
        n_classes=3,
        factor_groups={
            "technical": ["PE", "EE", "FC", "PV"],
            "social": ["SI"],
            "individual": ["age", "experience", "gender"],
        },
        constructs={name: [f"{name}{i + 1}" for i in range(size)] for name, size in sizes.items()},
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", lc.ConvergenceWarning)
        fit = lc.fit(model, frame, seed=1, progressbar=False)
    assert fit.convergence.n_divergent == 0
    table = fit.convergence.table.drop("score")
    # Scores are checked apart: of thousands of entries some exceed the limit by chance.
    assert table["max_rhat"].max() < 1.01
    assert fit.convergence.table.loc["score", "max_rhat"] < 1.02
    assert (fit.reliability().filter(like="reliability_mean") > 0.8).all().all()
    sensitivity = az.psense_summary(fit.tree, var_names=["slope_individual"])
    assert len(sensitivity) == 9
