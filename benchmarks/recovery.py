"""How often 90 % intervals cover the truth of simulated surveys: profiles, slopes and loadings.

Run with ``python benchmarks/recovery.py``; about half a minute for each of the 20 surveys on two cores.
"""

from __future__ import annotations

import warnings

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


def main() -> None:
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
        for name in ("probability", "location"):
            hits["profiles"].append(covered(posterior[name], truth[name]))
        for group in fit.model.factor_groups:
            hits["slopes"].append(covered(posterior[f"slope_{group}"], truth[f"slope_{group}"]))
        hits["loadings"].append(covered(posterior["loading"], truth["loading"]))
        rates = {what: round(float(np.concatenate(found).mean()), 3) for what, found in hits.items()}
        print(f"{seed + 1} surveys: 90 % intervals cover {rates}", flush=True)


if __name__ == "__main__":
    main()
