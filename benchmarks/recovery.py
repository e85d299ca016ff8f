"""How often 90 % intervals cover the truth of simulated surveys: profiles, slopes and loadings.

Run with ``python benchmarks/recovery.py``; about half a minute for each of the 20 surveys on two cores.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

import latentclass as lc
from latentclass.posterior.relabel import relabel

N_SURVEYS = 20


def covered(draws: xr.DataArray, truth: xr.DataArray) -> np.ndarray:
    lower, upper = (draws.quantile(q, ("chain", "draw")) for q in (0.05, 0.95))
    truth = truth.transpose(*lower.dims)
    return ((lower <= truth) & (truth <= upper)).to_numpy().ravel()


def in_order_of(truth: xr.Dataset, fit: lc.Fit) -> xr.Dataset:
    """Name the classes of the truth as the fit names its own."""
    mean = fit.posterior.mean(("chain", "draw"))
    both = xr.concat(
        [d[list({"intercept", "probability"} & set(d))] for d in (mean, truth)],
        dim="draw",
        join="override",
        coords="minimal",
        compat="override",
    ).expand_dims("chain")
    order = relabel(both, pivot=mean[["intercept", "probability"]]).permutation.isel(chain=0)
    moved = order.isel(draw=1).to_numpy()[np.argsort(order.isel(draw=0).to_numpy())]
    return truth.isel({"class": moved}).assign_coords({"class": mean["class"].to_numpy()})


def hits_of(seed: int) -> dict[str, np.ndarray]:
    """Fit one simulated survey and say which true values lie in their 90 % interval."""
    data = lc.datasets.internal_social_media(n=500, seed=seed)
    with warnings.catch_warnings():
        # Short chains: their effective sample sizes suffice for a count of coverage.
        warnings.simplefilter("ignore", lc.LatentClassWarning)
        fit = lc.fit(data.model, data.frame, draws=300, tune=400, chains=2, n_starts=4, seed=seed, progressbar=False)
    posterior = fit.posterior
    truth = in_order_of(data.parameters[[name for name in posterior if name in data.parameters]], fit)
    names = {
        "profiles": ["probability", "location"],
        "slopes": [f"slope_{group}" for group in fit.model.factor_groups],
        "loadings": ["loading"],
    }
    return {what: np.concatenate([covered(posterior[n], truth[n]) for n in own]) for what, own in names.items()}


def rates_of(found: Sequence[Mapping[str, np.ndarray]]) -> dict[str, float]:
    """Return the share of true values that were covered, over all surveys."""
    return {what: float(np.concatenate([hits[what] for hits in found]).mean()) for what in found[0]}


def main() -> None:
    found = []
    for seed in range(N_SURVEYS):
        found.append(hits_of(seed))
        rates = {what: round(rate, 3) for what, rate in rates_of(found).items()}
        print(f"{seed + 1} surveys: 90 % intervals cover {rates}", flush=True)


if __name__ == "__main__":
    main()
