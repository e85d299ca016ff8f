"""What every line of evidence says of a factor group of known weight, on simulated surveys.

Run with ``python -m benchmarks.calibration``; it goes on where it was stopped. One line of numbers for every survey
goes to ``calibration.jsonl`` in the folder of results, all cells in turn, so that a run that is stopped has as many
surveys of each. ``--surveys 100`` asks for so many in every cell, ``--sizes 250 500`` and ``--truths nil social``
choose cells, ``--minutes 30`` stops in time, ``--part 0 2`` does every other survey, for a second process beside it.
``python -m benchmarks.rules`` makes tables of rates of it, for any rule, without fitting anything again.

Every survey has nine free items of three levels, four classes, and four groups of two or three independent standard
normal covariates. The slopes of the individual group are scaled so that its weight in a large population is 0, twice
the bound of what is practically nil, or that of the social group, 0.09.

A survey takes seconds, not minutes, because of what is left out: models are built once for every number of respondents
and are given new data; chains and searches start at the truth instead of at random; the Bayes factor is found from
the density of slopes of zero, in the fit with the group alone (`latentclass.evidence.nested_bayes_factor`, the same
number as that of bridge sampling); a weight averages the group out over 256 respondents, not 512. What other scales of
the prior of the group's slopes would say is found by weighing the draws with the ratio of the priors, beside the
effective number of draws that is left.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import arviz as az
import numpy as np
import pandas as pd
import xarray as xr
from scipy.optimize import brentq
from scipy.special import entr, softmax
from scipy.stats import chi2

import latentclass as lc
from latentclass import dims
from latentclass.evidence.kernels import lost_information
from latentclass.evidence.nested import normal_at_zero, slopes_of_zero
from latentclass.evidence.without import without_groups
from latentclass.infer.compiled import Compiled, compile_survey
from latentclass.infer.sampling import Sampler, Settings, chain_starts, draw
from latentclass.infer.search import Climbs
from latentclass.infer.starts import break_sticks, order_of
from latentclass.infer.unconstrained import Unconstrained
from latentclass.posterior.samples import evenly, flat
from latentclass.simulation import draw_parameters
from latentclass.simulation.weights import weight

SIZES = (250, 500, 1000)
TRUTHS = {"nil": 0.0, "twice the bound": 0.04, "social": 0.09, "the bound": 0.02, "1.5 times the bound": 0.03}
MAIN = ("nil", "twice the bound", "social")
GROUPS = {"individual": 3, "social": 3, "organizational": 2, "technical": 3}
WEIGHTS = {"social": 0.09, "organizational": 0.06, "technical": 0.12}
SCALE = 0.5
SCALES = (0.25, 0.35, 0.5, 0.7)
BOUNDS = (0.005, 0.01, 0.015, 0.02, 0.03, 0.04)
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
POPULATION = 1000
BACKGROUND = 256
CHAINS, TUNE, DRAWS = 2, 250, 400
N_ITEMS, N_LEVELS, N_CLASSES = 9, 3, 4
RESULTS = Path("out/benchmarks/calibration.jsonl")
CELL = ["n", "truth", "seed"]


@cache
def model_of(scale: float = SCALE) -> lc.Model:
    """Return the model, with a normal prior of the given scale on every slope."""
    columns = {group: [f"{group}_{j + 1}" for j in range(n)] for group, n in GROUPS.items()}
    return lc.Model(
        items=lc.ordinal(*(f"item_{j + 1}" for j in range(N_ITEMS)), levels=range(1, N_LEVELS + 1), structure="free"),
        n_classes=N_CLASSES,
        factor_groups=columns,
        priors=lc.Priors(effects=lc.Normal(scale)),
    )


def covariates(n: int, rng: np.random.Generator) -> pd.DataFrame:
    names = [f"{group}_{j + 1}" for group, k in GROUPS.items() for j in range(k)]
    return pd.DataFrame(rng.standard_normal((n, len(names))), columns=names)


# The truth.


@cache
def population(n: int, seed: int) -> lc.Survey:
    rng = np.random.default_rng(seed)
    found = lc.simulate(model_of(), covariates=covariates(n, rng), seed=rng)
    return lc.read_survey(found.model, found.frame)


def logits_of(survey: lc.Survey, parameters: xr.Dataset) -> dict[str, np.ndarray]:
    """Return what every group adds to the logits [respondent, class]."""
    names = {group.name: dims.slope_name(group.name) for group in survey.groups}
    return {group.name: group.matrix @ parameters[names[group.name]].to_numpy() for group in survey.groups}


def weight_of(survey: lc.Survey, parameters: xr.Dataset, group: str) -> float:
    logits = logits_of(survey, parameters)
    rest = parameters[dims.INTERCEPT].to_numpy() + sum(own for name, own in logits.items() if name != group)
    return weight(rest, logits[group])


def scaled(parameters: xr.Dataset, group: str, wanted: float) -> xr.Dataset:
    """Return parameters in which a group has the weight that is wanted."""
    survey, name = population(POPULATION, 0), dims.slope_name(group)
    if wanted == 0:
        return parameters.assign({name: 0.0 * parameters[name]})

    def gap(factor: float) -> float:
        return weight_of(survey, parameters.assign({name: factor * parameters[name]}), group) - wanted

    return parameters.assign({name: brentq(gap, 0.0, 50.0, xtol=1e-3) * parameters[name]})


@cache
def others_of(seed: int) -> xr.Dataset:
    """Return parameters in which every other group has about its weight."""
    rng = np.random.default_rng([seed, 1])
    parameters = draw_parameters(population(POPULATION, 0), rng)
    intercept = 0.3 * rng.standard_normal(N_CLASSES)
    parameters[dims.INTERCEPT] = parameters[dims.INTERCEPT].copy(data=intercept - intercept.mean())
    for group, wanted in WEIGHTS.items():
        parameters = scaled(parameters, group, wanted)
    return parameters


@cache
def truth_of(truth: str, seed: int) -> tuple[xr.Dataset, float]:
    """Return parameters, and the weight of the individual group in another, larger population."""
    parameters = scaled(others_of(seed), "individual", TRUTHS[truth])
    return parameters, weight_of(population(4 * POPULATION, 1), parameters, "individual")


# Models that are built once and given data.


class Machine:
    """A model of so many respondents, built and compiled once."""

    def __init__(self, survey: lc.Survey) -> None:
        self.compiled = compile_survey(survey)
        zero = np.zeros(self.compiled.n_dim)
        self._parts = {part.name: part for part in self.compiled.parts}
        # Zero-sum vectors are an isometry of what is sampled: its matrix has the images of the unit vectors.
        where = self._parts[dims.INTERCEPT].where
        units = [zero + np.eye(len(zero))[i] for i in range(where.start, where.stop)]
        self._basis = np.stack([self.compiled.variables(u)[dims.INTERCEPT].to_numpy() for u in units], axis=1)

    def load(self, survey: lc.Survey, profile: np.ndarray) -> Compiled:
        """Give the model data, and the order in which sticks are broken to suit profiles [class, item_level]."""
        model = self.compiled.pymc_model
        data = {f"design_{group.name}": group.matrix for group in survey.groups}
        data |= {"codes": survey.codes, "breaking_order": order_of(profile, (N_LEVELS,) * N_ITEMS)}
        for name in data.keys() & model.named_vars:
            model[name].set_value(data[name].astype(model[name].dtype))
        return self.compiled

    def vectors(self, values: xr.Dataset) -> np.ndarray:
        """Return unconstrained vectors [..., entry] of natural parameters."""
        rank, found = np.asarray(self.compiled.pymc_model["breaking_order"].get_value()), []
        for name, part in self._parts.items():
            own = values[name].transpose(..., dims.CLASS).to_numpy()
            if name == dims.PROBABILITY:
                own = values[name].transpose(..., dims.CLASS, dims.ITEM_LEVEL).to_numpy()
                broken = break_sticks(own, part, rank.reshape((1,) * (own.ndim - 2) + rank.shape))
                found.append(broken.reshape(*broken.shape[:-2], -1))
            else:
                lead = own.shape[: own.ndim - len(part.shape)]
                found.append((own @ self._basis).reshape(*lead, -1))
        return np.concatenate(found, axis=-1)


@cache
def machine(n: int, which: str) -> Machine:
    """Return the model, with flat priors where it is for maximum likelihood, without the group where it is `null`."""
    # So wide that it is flat, in the coordinates of the other models.
    flat_priors = lc.Priors.flat().replace(intercept=lc.Normal(1000.0))
    model = model_of() if which == "posterior" else model_of().replace(priors=flat_priors)
    model = without_groups(model, "individual") if which == "null" else model
    return Machine(lc.read_survey(model, population(n, 2).frame))


# What is found on one survey.


def posterior(survey: lc.Survey, truth: xr.Dataset, seed: int) -> tuple[xr.Dataset, Unconstrained]:
    """Return draws, from chains that start at the truth, and the density that was sampled."""
    own = machine(survey.n_respondents, "posterior")
    compiled = own.load(survey, truth[dims.PROBABILITY].transpose(dims.CLASS, dims.ITEM_LEVEL).to_numpy())
    start, spread = own.vectors(truth), np.full(compiled.n_dim, 0.05)
    settings = Settings(
        draws=DRAWS,
        tune=TUNE,
        chains=CHAINS,
        cores=1,
        target_accept=0.8,
        seed=seed,
        sampler=Sampler.NUTPIE,
        progressbar=False,
    )
    tree = draw(compiled, chain_starts([(1.0, start, spread)], spread), settings, lambda _: None)
    drawn = tree["posterior"].to_dataset()
    vectors = xr.DataArray(own.vectors(drawn), dims=(dims.CHAIN, dims.DRAW, "entry"))
    return drawn, Unconstrained(compiled=compiled, draws=vectors, pivot=np.zeros((N_CLASSES, 1)))


def slopes_of(drawn: xr.Dataset, group: str) -> np.ndarray:
    """Return the slopes of a group [sample, covariate, class]."""
    return flat(drawn[dims.slope_name(group)], dims.covariate_dim(group), dims.CLASS)


def weights_of(survey: lc.Survey, drawn: xr.Dataset) -> np.ndarray:
    """Return the weight of the individual group, draw by draw."""
    slopes = {
        g.name: flat(drawn[dims.slope_name(g.name)], dims.covariate_dim(g.name), dims.CLASS) for g in survey.groups
    }
    intercept, background = flat(drawn[dims.INTERCEPT], dims.CLASS), evenly(survey.n_respondents, BACKGROUND)
    found = np.empty(len(intercept))
    for i, base in enumerate(intercept):
        parts = {g.name: np.ascontiguousarray((g.matrix @ slopes[g.name][i]).T) for g in survey.groups}
        own = parts.pop("individual")
        rest = base[:, None] + sum(parts.values())
        probability = softmax(rest + own, axis=0)
        lost = lost_information(rest, np.ascontiguousarray(own[:, background]), probability)
        found[i] = lost / entr(probability.mean(axis=1)).sum()
    return found


@cache
def prior_below(scale: float, draws: int = 4000) -> dict[str, object]:
    """Return the prior of the weight: quantiles and probabilities of lying below the bounds."""
    survey, rng = population(500, 3), np.random.default_rng(4)
    shapes = {dims.INTERCEPT: ((dims.CLASS,), (N_CLASSES,))}
    for g in survey.groups:
        shapes[dims.slope_name(g.name)] = ((dims.covariate_dim(g.name), dims.CLASS), (len(g.columns), N_CLASSES))
    values = {}
    for name, (own, shape) in shapes.items():
        sd = model_of().priors.intercept.scale if name == dims.INTERCEPT else scale
        raw = rng.normal(scale=sd, size=(1, draws, *shape))
        values[name] = ((dims.CHAIN, dims.DRAW, *own), raw - raw.mean(axis=-1, keepdims=True))
    found = weights_of(survey, xr.Dataset(values))
    return {"below": [float((found < b).mean()) for b in BOUNDS], "quantiles": np.quantile(found, QUANTILES).tolist()}


def by_scale(weights: np.ndarray, slopes: np.ndarray) -> dict[str, object]:
    """Return what priors of other scales say, by weighing the draws [sample] with the ratio of the priors."""
    df, square, found = slopes.shape[1] * (N_CLASSES - 1), np.square(slopes).sum(axis=(1, 2)), {}
    order = np.argsort(weights)
    for scale in SCALES:
        log_ratio = -0.5 * square * (scale**-2 - SCALE**-2) - df * np.log(scale / SCALE)
        ratio = np.exp(log_ratio)
        share = ratio / ratio.sum()
        at = np.minimum(np.searchsorted(np.cumsum(share[order]), QUANTILES), len(order) - 1)
        found[str(scale)] = {
            "draws": float(1 / np.square(share).sum()),
            "below": [float(share[weights < b].sum()) for b in BOUNDS],
            "quantiles": weights[order][at].tolist(),
            "log_bf_change": float(np.log(ratio.mean())),
        }
    return found


def maximum(survey: lc.Survey, which: str, start: xr.Dataset) -> float:
    """Return the largest log-likelihood near a start, up to a constant of the items alone."""
    own = machine(survey.n_respondents, which)
    compiled = own.load(survey, start[dims.PROBABILITY].transpose(dims.CLASS, dims.ITEM_LEVEL).to_numpy())
    climbs = Climbs(compiled)
    best = climbs.one(own.vectors(start))
    again = climbs.one(best[1], 1e-3)
    return max(best[0], again[0])


def one_survey(n: int, truth: str, seed: int) -> dict[str, object]:
    """Simulate a survey and return what every line of evidence says of its individual group."""
    parameters, in_population = truth_of(truth, seed)
    rng = np.random.default_rng([n, list(TRUTHS).index(truth), seed])
    data = lc.simulate(model_of(), parameters, covariates(n, rng), seed=rng)
    survey, began = lc.read_survey(data.model, data.frame), time.process_time()
    drawn, space = posterior(survey, parameters, seed)
    where = next(part.where for part in space.parts if part.name == dims.slope_name("individual"))
    entries = space.draws.to_numpy()
    bayes = slopes_of_zero(space, entries, where, SCALE, "individual")
    weights = weights_of(survey, drawn)
    mean = drawn.mean((dims.CHAIN, dims.DRAW))
    df = GROUPS["individual"] * (N_CLASSES - 1)
    lr = 2 * (maximum(survey, "full", mean) - maximum(survey, "null", mean))
    return {
        "n": n,
        "truth": truth,
        "seed": seed,
        "population_weight": in_population,
        "sample_weight": weight_of(survey, parameters, "individual"),
        "log_bf": bayes.log_value,
        "log_bf_error": bayes.error,
        "log_bf_method": bayes.method,
        "log_bf_normal": normal_at_zero(entries[..., where].reshape(CHAINS * DRAWS, -1), SCALE),
        "lr": lr,
        "lr_p": float(chi2.sf(max(lr, 0.0), df)),
        "bic_difference": float(df * np.log(n) - lr),
        "weight_ess": float(az.ess(weights.reshape(CHAINS, DRAWS), method="bulk")),
        "scales": by_scale(weights, slopes_of(drawn, "individual")),
        "max_rhat": float(az.rhat(xr.DataArray(entries[..., : where.stop], dims=("chain", "draw", "entry"))).max()),
        "seconds": round(time.process_time() - began, 2),
    }


def cells(options: argparse.Namespace, done: set[tuple[object, ...]]) -> Iterator[tuple[int, str, int]]:
    """Yield what is still to be done, all cells in turn."""
    part, parts = options.part
    for seed in range(options.surveys):
        for n in options.sizes:
            for truth in options.truths:
                if seed % parts == part and (n, truth, seed) not in done:
                    yield n, truth, seed


def read(path: Path) -> pd.DataFrame:
    """Return the numbers of all surveys, one row each; a line that was cut off is left out."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return pd.DataFrame([json.loads(line) for line in lines if line.endswith("}")], columns=None if lines else CELL)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--surveys", type=int, default=100)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--truths", nargs="+", choices=list(TRUTHS), default=MAIN)
    parser.add_argument("--minutes", type=float, default=float("inf"))
    parser.add_argument("--part", type=int, nargs=2, default=(0, 1))
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    options.results.parent.mkdir(parents=True, exist_ok=True)
    end = time.monotonic() + 60 * options.minutes
    done = set(read(options.results)[CELL].itertuples(index=False, name=None))
    warnings.simplefilter("ignore")
    for cell in cells(options, done):
        if time.monotonic() > end:
            break
        numbers = one_survey(*cell)
        numbers["prior"] = {str(scale): prior_below(scale) for scale in SCALES} if cell[2] == 0 else None
        with options.results.open("a", encoding="utf-8") as file:
            file.write(json.dumps(numbers) + "\n")
        print(cell, numbers["seconds"], flush=True)


if __name__ == "__main__":
    main()
