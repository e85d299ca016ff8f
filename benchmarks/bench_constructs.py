"""Effective draws per second of the worst loading: latentclass beside the same model in plain PyMC.

500 respondents, twelve five-level items, four classes, six constructs of three graded-response indicators with five
levels, all slopes of the class on the scores. The plain graph is the model as one would first write it: scores by the
Cholesky factor of their correlations, `pm.OrderedLogistic` for the indicators, `pm.Dirichlet` for the items; nutpie
samples both. Priors differ a little (plain thresholds are normal), which changes next to nothing at 500 respondents.
Seconds are those of sampling with warm-up, and for latentclass of the search for modes besides; compilation is left
out for both.
"""

from __future__ import annotations

import time
import warnings

import arviz_stats as azs
import numpy as np
import xarray as xr
from common import Results, table, with_spread

import latentclass as lc
from latentclass.survey import Survey, read_survey

REPEATS, CHAINS, WARMUP, DRAWS = 3, 2, 500, 500
CONSTRUCTS, INDICATORS, LEVELS, CLASSES = 6, 3, 5, 4


def survey_of(seed: int = 2020) -> Survey:
    levels = range(1, LEVELS + 1)
    scales = {
        f"scale_{c + 1}": lc.construct(*(f"v_{c + 1}_{j + 1}" for j in range(INDICATORS)), levels=levels)
        for c in range(CONSTRUCTS)
    }
    model = lc.Model(
        items=lc.ordinal(*(f"item_{j + 1}" for j in range(12)), levels=levels, structure="free"),
        n_classes=CLASSES,
        factor_groups={"scales": list(scales)},
        constructs=scales,
    )
    rng = np.random.default_rng(seed)
    drawn = lc.simulate(model, n=500, seed=rng).parameters
    # Loadings of 1.5 to 2.5, as good scales have; what the prior draws may be no scale at all.
    loading = drawn["loading"].copy(data=rng.uniform(1.5, 2.5, drawn["loading"].shape))
    return read_survey(model, lc.simulate(model, drawn.assign(loading=loading), n=500, seed=rng).frame)


def worst(draws: xr.DataArray) -> float:
    return float(azs.ess(draws, method="bulk").min())


def with_latentclass(survey: Survey, seed: int) -> dict[str, float]:
    # Compiles.
    lc.fit(survey.model, survey, draws=4, tune=4, chains=CHAINS, n_starts=1, seed=1, progressbar=False)
    fit = lc.fit(survey.model, survey, draws=DRAWS, tune=WARMUP, chains=CHAINS, seed=seed, progressbar=False)
    about = fit.tree["sample_stats"].attrs
    return {
        "ess": worst(fit.posterior["loading"]),
        "seconds": sum(about[f"{stage}_time"] for stage in ("compiling", "search", "sampling")),
        "divergences": int(fit.tree["sample_stats"]["diverging"].sum()),
    }


def plain(survey: Survey):
    import pymc as pm
    import pytensor.tensor as pt

    one_hot = (survey.codes[:, :, None] == np.arange(LEVELS)).reshape(len(survey.codes), -1).astype(float)
    with pm.Model() as model:
        cholesky, _, _ = pm.LKJCholeskyCov(
            "cholesky", n=CONSTRUCTS, eta=2.0, sd_dist=pm.HalfNormal.dist(1.0, shape=CONSTRUCTS), compute_corr=True
        )
        correlation = cholesky / pt.sqrt((cholesky**2).sum(axis=1, keepdims=True))
        score = pm.Normal("z", shape=(len(survey.codes), CONSTRUCTS)) @ correlation.T
        marker = pm.HalfNormal("marker", 2.5, shape=CONSTRUCTS)
        free = pm.Normal("free", 0.0, 2.5, shape=(CONSTRUCTS, INDICATORS - 1), initval=np.ones((CONSTRUCTS, 2)))
        loading = pm.Deterministic("loading", pt.concatenate([marker[:, None], free], axis=1).ravel())
        cut = pm.Normal(
            "cut", 0.0, 3.0, shape=(CONSTRUCTS * INDICATORS, LEVELS - 1),
            transform=pm.distributions.transforms.ordered, initval=np.tile([-2.0, -0.7, 0.7, 2.0], (18, 1)),
        )  # fmt: skip
        construct = np.repeat(np.arange(CONSTRUCTS), INDICATORS)
        pm.OrderedLogistic("indicators", loading * score[:, construct], cut, observed=survey.likert_codes)
        intercept = pm.ZeroSumNormal("intercept", sigma=1.0, shape=CLASSES)
        slope = pm.ZeroSumNormal("slope", sigma=0.5, shape=(CONSTRUCTS, CLASSES))
        probability = pm.Dirichlet("probability", np.ones(LEVELS), shape=(CLASSES, 12, LEVELS))
        logits = pt.special.log_softmax(intercept + score @ slope, axis=1)
        answers = one_hot @ pt.log(probability).reshape((CLASSES, -1)).T
        pm.Potential("answers", pt.logsumexp(logits + answers, axis=1).sum())
    return model


def with_plain(survey: Survey, seed: int) -> dict[str, float]:
    import nutpie

    compiled = nutpie.compile_pymc_model(plain(survey))
    nutpie.sample(compiled, draws=1, tune=1, chains=1, progress_bar=False)
    begun = time.perf_counter()
    tree = nutpie.sample(
        compiled, draws=DRAWS, tune=WARMUP, chains=CHAINS, cores=CHAINS, seed=seed, target_accept=0.9,
        progress_bar=False,
    )  # fmt: skip
    return {
        "ess": worst(tree["posterior"]["loading"]),
        "seconds": time.perf_counter() - begun,
        "divergences": int(tree["sample_stats"]["diverging"].sum()),
    }


def main() -> None:
    warnings.simplefilter("ignore")
    results, survey = Results("constructs"), survey_of()
    for repeat in range(REPEATS):
        for program, run in (("latentclass", with_latentclass), ("plain graph", with_plain)):
            results.measured({"program": program, "repeat": repeat}, lambda run=run, seed=repeat + 1: run(survey, seed))
    frame = results.frame().assign(what="worst loading")
    frame["ESS per second"] = frame["ess"] / frame["seconds"]
    print(table(frame, ["what"], "program", "ESS per second").to_string())
    wide = frame.pivot_table(index="repeat", columns="program", values="ESS per second")
    print("latentclass as a multiple of the plain graph:", with_spread(wide["latentclass"] / wide["plain graph"]))


if __name__ == "__main__":
    main()
