"""Simulation-based calibration: are the posteriors of `lc.fit` those of the model?

Run with ``python -m benchmarks.sbc``; it goes on where it was stopped. Parameters are drawn from the prior by the NumPy
twin of the model, a survey from the parameters, and draws from the posterior by `lc.fit`. If prior, likelihood and
sampler are right, the rank of every true quantity among independent draws of it is uniform (Talts et al. 2018). One
line of ranks for every survey goes to ``sbc.jsonl`` in the folder of results; ``--surveys 200``, ``--minutes 30`` and
``--results`` are as in `calibration.py`. The table of tests is written to
``benchmarks/results``, its picture to ``docs/pictures``.

Classes have no names in truth. In truth and draws alike they are put in the order of the probability of the highest
level of the first item, a function of the parameters alone, so that the ranks are exactly uniform; matching the
classes of the draws to those of the truth would not be (Modrak et al. 2023). That paper also says why the
log-likelihood is among the quantities: functions of parameters and data show faults that parameters alone hide.

``--wrong prior`` and ``--wrong slopes`` show that faults are found: posteriors under half the prior scale of the
slopes, and slopes in the draws that are a quarter too large.

Modrak, M., Moon, A. H., Kim, S., et al. (2023). Simulation-based calibration checking for Bayesian computation: the
choice of test quantities shapes sensitivity. Bayesian Analysis. Saeilynoja, T., Buerkner, P.-C. and Vehtari, A. (2022).
Graphical test for discrete uniformity and its applications in goodness-of-fit evaluation and multiple sample
comparison. Statistics and Computing, 32, 32. Talts, S., Betancourt, M., Simpson, D., Vehtari, A. and Gelman, A. (2018).
Validating Bayesian inference algorithms with simulation-based calibration. arXiv:1804.06788.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import arviz as az
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import xarray as xr
from scipy.special import entr, rel_entr, softmax
from scipy.stats import binom, chisquare

import latentclass as lc
from latentclass import dims
from latentclass.posterior.samples import evenly, flat
from latentclass.simulation import log_likelihood

N, KEPT = 120, 99
SCALE = 0.5
WRONG_SCALE, STRETCH = 0.25, 1.25
RESULTS = Path("out/benchmarks/sbc.jsonl")
ROOT = Path(__file__).resolve().parent
FOLDER, PICTURE = ROOT / "results", ROOT.parent / "docs" / "pictures" / "sbc.png"
BINS = 20
_NULL = 4000


@cache
def model_of(scale: float = SCALE) -> lc.Model:
    """Return a small model with items of both structures and one group of two covariates."""
    free = lc.ordinal("a", "b", "c", levels=range(1, 4), structure="free")
    graded = lc.ordinal("d", "e", levels=range(1, 5))
    return lc.Model(
        items=(*free, *graded),
        n_classes=2,
        factor_groups={"group": ["x", "y"]},
        priors=lc.Priors(effects=lc.Normal(scale)),
    )


# Ranks and their tests.


def rank(truth: float, draws: np.ndarray) -> int:
    """Return how many draws are below the truth."""
    return int((draws < truth).sum())


def expected(n_draws: int) -> np.ndarray:
    """Return the probabilities of a rank of at most 0, 1, ..., n_draws - 1."""
    return np.arange(1, n_draws + 1) / (n_draws + 1)


def evenness(ranks: np.ndarray, n_draws: int) -> float:
    """Return the smallest two-sided tail probability over all points of the distribution function of the ranks.

    The statistic of Saeilynoja et al. (2022, eq. 12), for ranks out of 0 to `n_draws`.
    """
    counts = np.searchsorted(np.sort(ranks), np.arange(n_draws), side="right")
    share = expected(n_draws)
    low, high = binom.cdf(counts, len(ranks), share), binom.sf(counts - 1, len(ranks), share)
    return float(2 * np.minimum(low, high).min())


@cache
def under_uniform(n_surveys: int, n_draws: int) -> np.ndarray:
    """Return draws of `evenness` where ranks are uniform."""
    rng = np.random.default_rng(0)
    return np.array([evenness(rng.integers(0, n_draws + 1, size=n_surveys), n_draws) for _ in range(_NULL)])


def uniformity(ranks: pd.DataFrame, n_draws: int = KEPT) -> pd.DataFrame:
    """Return tests that the ranks of every quantity are uniform.

    Parameters
    ----------
    ranks : DataFrame [survey, quantity]
        Ranks out of 0 to `n_draws`.
    n_draws : int
        Draws that the truth was ranked among.

    Returns
    -------
    DataFrame
        Index ``quantity``. ``mean``: of the ranks over `n_draws`, 0.5 expected; ``p_chi2``: chi-square test over 20
        bins; ``p_ecdf``: of the distribution function, simulated; ``p_adjusted``: the same by Holm's method over all
        quantities.
    """
    null, rows = under_uniform(len(ranks), n_draws), {}
    for name in ranks:
        own = ranks[name].to_numpy()
        counts = np.bincount(own * BINS // (n_draws + 1), minlength=BINS)
        least = evenness(own, n_draws)
        p_ecdf = (1 + (null <= least).sum()) / (1 + len(null))
        rows[name] = {"mean": own.mean() / n_draws, "p_chi2": chisquare(counts).pvalue, "p_ecdf": p_ecdf}
    table = pd.DataFrame(rows).T.rename_axis("quantity")
    order = np.argsort(table["p_ecdf"].to_numpy())
    steps = table["p_ecdf"].to_numpy()[order] * np.arange(len(table), 0, -1)
    adjusted = np.empty(len(table))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return table.assign(p_adjusted=adjusted, surveys=len(ranks))


def band(n_surveys: int, n_draws: int, prob: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Return the band that the distribution function of uniform ranks stays in as a whole with a probability."""
    level = np.quantile(under_uniform(n_surveys, n_draws), 1 - prob)
    share = expected(n_draws)
    return tuple(binom.ppf(q, n_surveys, share) / n_surveys for q in (level / 2, 1 - level / 2))


# The quantities.


def quantities(survey: lc.Survey, p: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the quantities of draws with a leading sample axis, classes in an order that the parameters decide."""
    order = np.argsort(p[dims.PROBABILITY][:, :, 2], axis=1)
    of = {name: np.take_along_axis(v, order.reshape(order.shape + (1,) * (v.ndim - 2)), 1) for name, v in p.items()}
    slope, intercept = of[dims.slope_name("group")], of[dims.INTERCEPT]
    matrix = survey.design("group").matrix
    own = np.einsum("nj,skj->snk", matrix, slope)
    share = softmax(intercept[:, None] + own, axis=2)
    apart = softmax(intercept[:, None, None] + own[:, None], axis=3).mean(axis=2)
    lost = rel_entr(share, apart).sum(axis=2).mean(axis=1) / entr(share.mean(axis=1)).sum(axis=1)
    found = {
        "intercept": intercept[:, 1],
        "slope of x": slope[:, 1, 0],
        "slope of y": slope[:, 1, 1],
        "share of class 2": share.mean(axis=1)[:, 1],
        "weight": lost,
    }
    for k in range(2):
        found[f"a=3, class {k + 1}"] = of[dims.PROBABILITY][:, k, 2]
        found[f"b=1, class {k + 1}"] = of[dims.PROBABILITY][:, k, 3]
        found[f"c=2, class {k + 1}"] = of[dims.PROBABILITY][:, k, 7]
    for j, item in enumerate("de"):
        found[f"location of {item}"] = of[dims.LOCATION][:, 1, j]
    return found


def arrays(values: xr.Dataset) -> dict[str, np.ndarray]:
    """Return parameters by class as arrays [sample, class, ...]."""
    names = {
        dims.INTERCEPT: (),
        dims.slope_name("group"): (dims.covariate_dim("group"),),
        dims.PROBABILITY: (dims.ITEM_LEVEL,),
        dims.LOCATION: (dims.ORDINAL_ITEM,),
    }
    return {name: flat(values[name], dims.CLASS, *own) for name, own in names.items()}


def of_truth(survey: lc.Survey, truth: xr.Dataset) -> dict[str, float]:
    found = quantities(survey, arrays(truth.expand_dims([dims.CHAIN, dims.DRAW])))
    found["log-likelihood"] = [float(log_likelihood(survey, truth).sum())]
    found["baseline d=1"] = [float(truth[dims.BASELINE][0])]
    return {name: float(value[0]) for name, value in found.items()}


def of_draws(fit: lc.Fit, *, stretch: float = 1.0) -> dict[str, np.ndarray]:
    posterior = fit.tree["posterior"].to_dataset()
    values = arrays(posterior)
    values[dims.slope_name("group")] = stretch * values[dims.slope_name("group")]
    found = quantities(fit.survey, values)
    logs = fit.tree["log_likelihood"].to_dataset()[dims.RESPONSES]
    found["log-likelihood"] = flat(logs, dims.RESPONDENT).sum(axis=1)
    found["baseline d=1"] = flat(posterior[dims.BASELINE], dims.ORDINAL_LEVEL)[:, 0]
    return found


def one_survey(seed: int, wrong: str = "") -> dict[str, object]:
    """Draw a truth and a survey, fit it, and return the ranks of the truth."""
    began, rng = time.process_time(), np.random.default_rng(seed)
    covariates = pd.DataFrame(np.random.default_rng(0).standard_normal((N, 2)), columns=["x", "y"])
    data = lc.simulate(model_of(), covariates=covariates, seed=rng)
    model = model_of(WRONG_SCALE) if wrong == "prior" else data.model
    fit = lc.fit(model, data.frame, draws=750, tune=500, chains=2, cores=1, n_starts=6, seed=seed, progressbar=False)
    draws = of_draws(fit, stretch=STRETCH if wrong == "slopes" else 1.0)
    shape = (fit.posterior.sizes[dims.CHAIN], fit.posterior.sizes[dims.DRAW])
    ess = {name: float(az.ess(own.reshape(shape), method="bulk")) for name, own in draws.items()}
    kept = evenly(shape[0] * shape[1], KEPT)
    truth = of_truth(fit.survey, data.parameters)
    return {
        "seed": seed,
        "ranks": {name: rank(truth[name], own[kept]) for name, own in draws.items()},
        "min_ess": min(ess.values()),
        "max_rhat": fit.convergence.max_rhat,
        "solutions": len(fit.solutions),
        "seconds": round(time.process_time() - began, 2),
    }


def picture(ranks: pd.DataFrame, n_draws: int = KEPT) -> plt.Figure:
    """Return the difference of the distribution function of the ranks from the uniform one, with its 95 % band."""
    columns = 4
    rows = -(-ranks.shape[1] // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(9, 1.8 * rows), sharex=True, sharey=True, squeeze=False)
    share, (low, high) = expected(n_draws), band(len(ranks), n_draws)
    for name, axis in zip(ranks, axes.flat, strict=False):
        own = np.searchsorted(np.sort(ranks[name].to_numpy()), np.arange(n_draws), side="right") / len(ranks)
        axis.fill_between(share, low - share, high - share, color="0.88", linewidth=0)
        axis.step(share, own - share, where="post", color="C0", linewidth=1.1)
        axis.axhline(0, color="0.5", linewidth=0.6)
        axis.set_title(name, fontsize=9)
    for axis in axes.flat[ranks.shape[1] :]:
        axis.set_visible(False)
    figure.supxlabel("rank of the truth, as a share", fontsize=9)
    figure.supylabel("ECDF less uniform", fontsize=9)
    figure.tight_layout()
    return figure


def read(path: Path) -> pd.DataFrame:
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return pd.DataFrame([json.loads(line) for line in lines if line.endswith("}")], columns=None if lines else ["seed"])


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--surveys", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=float("inf"))
    parser.add_argument("--wrong", choices=["prior", "slopes"], default="")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    name = f"sbc_wrong_{options.wrong}" if options.wrong else "sbc"
    path = options.results.with_name(f"{name}.jsonl")
    path.parent.mkdir(parents=True, exist_ok=True)
    FOLDER.mkdir(exist_ok=True)
    end, done = time.monotonic() + 60 * options.minutes, set(read(path)["seed"])
    for seed in sorted(set(range(options.surveys)) - done):
        if time.monotonic() > end:
            break
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            numbers = one_survey(seed, options.wrong)
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(numbers) + "\n")
        print(seed, numbers["seconds"], round(numbers["min_ess"]), round(numbers["max_rhat"], 3), flush=True)
    found = read(path).drop_duplicates("seed").sort_values("seed")
    ranks = pd.DataFrame(found["ranks"].tolist(), index=found["seed"])
    table = uniformity(ranks)
    table.round(4).to_csv(FOLDER / f"{name}.csv")
    if not options.wrong:
        ranks.to_csv(FOLDER / "sbc_ranks.csv")
        picture(ranks).savefig(PICTURE, dpi=80)
    print(table.round(3).to_string())


if __name__ == "__main__":
    main()
