"""`latentclass.diagnose`: whether the draws, the modes, the labels and the model behind a fit can be trusted."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
import xarray as xr

from latentclass import dims
from latentclass.checks.about_priors import about_priors
from latentclass.checks.approximation import about_approximation
from latentclass.checks.diagnosis import Diagnosis, Finding, Severity
from latentclass.checks.identification import Identification, identification
from latentclass.checks.invariants import invariants
from latentclass.checks.point import Point
from latentclass.checks.power_scaling import power_scaling
from latentclass.posterior import Fit, check_convergence
from latentclass.posterior.draws import Draws, level_slices
from latentclass.posterior.summarise import table_index

__all__ = ["diagnose"]

_MOST_RHAT = 1.01
_MOST_RHAT_OF_SCORES = 1.05
_FEWEST_ESS_PER_CHAIN = 100
_LEAST_BFMI = 0.3
_DOUBTFUL_MARGIN, _MOST_DOUBTFUL = 0.5, 0.05
_LARGE_WEIGHT = 0.1
_NEAR_THE_BOUNDARY = 0.02
_MANY_BAD_K = 0.02
_FEWEST_MEMBERS = 5.0
_INDEX = ["class", "item", "level"]


def diagnose(fit: Fit, *, seed: int = 0) -> Diagnosis:
    """Diagnose a fit: sampling, modes, labels, influence of single respondents and of the priors, identifiability.

    Parameters
    ----------
    fit : Fit
        The fit.
    seed : int
        Seed of the answers over which the expected information is averaged.

    Returns
    -------
    Diagnosis
        Each finding in a sentence that says what it means and what to do, and the tables behind them.

    References
    ----------
    Betancourt, M. (2016). Diagnosing suboptimal cotangent disintegrations in Hamiltonian Monte Carlo. arXiv:1604.00695.
    Kallioinen, N., Paananen, T., Buerkner, P.-C. and Vehtari, A. (2024). Detecting and diagnosing prior and likelihood
    sensitivity with power-scaling. Statistics and Computing, 34, 57.
    Vehtari, A., Gelman, A. and Gabry, J. (2017). Practical Bayesian model evaluation using leave-one-out
    cross-validation and WAIC. Statistics and Computing, 27(5), 1413-1432.
    Vehtari, A., Gelman, A., Simpson, D., Carpenter, B. and Buerkner, P.-C. (2021). Rank-normalization, folding, and
    localization: an improved R-hat for assessing convergence of MCMC. Bayesian Analysis, 16(2), 667-718.

    Examples
    --------
    >>> import latentclass as lc
    >>> diagnosis = lc.diagnose(fit)  # doctest: +SKIP
    >>> diagnosis.ok, diagnosis.messages  # doctest: +SKIP
    """
    fit.survey.check_one_row_each("lc.diagnose")
    table = _convergence(fit)
    known = identification(Point.of(fit), seed=seed)
    k, sensitivity, edge = _pareto_k(fit), power_scaling(fit), _boundary(fit)
    findings = [
        *(about_approximation(fit.convergence) if fit.convergence.approximate else _about_draws(fit, table)),
        *_about_modes(fit),
        _about_labels(fit),
        *_about_identification(known),
        _about_boundary(edge, fit),
        _about_small_classes(fit),
        _about_influence(k, fit),
        about_priors(sensitivity),
    ]
    return Diagnosis(
        findings=tuple(replace(f, message="") if f.severity is Severity.FINE else f for f in findings),
        convergence=table,
        pareto_k=k,
        sensitivity=sensitivity,
        boundary=edge,
        identification=known,
    )


def _chains(fit: Fit) -> list[int]:
    return list(fit.solutions["chains"].iloc[0])


def _convergence(fit: Fit) -> pd.DataFrame:
    if fit.convergence.approximate:
        return pd.concat({"relabelled": fit.convergence.table}, names=["kind", "variable"])
    stats = fit.tree["sample_stats"].to_dataset().sel({dims.CHAIN: _chains(fit)})
    found = invariants(fit)
    margin = xr.ones_like(found["log_likelihood"])
    tables = {
        "relabelled": fit.convergence.table,
        "label-invariant": check_convergence(found, stats, margin).table,
    }
    return pd.concat(tables, names=["kind", "variable"])


def _about_draws(fit: Fit, table: pd.DataFrame) -> Iterator[Finding]:
    found, n_chains = fit.convergence, len(_chains(fit))
    limit = pd.Series(_MOST_RHAT, index=table.index)
    limit[table.index.get_level_values("variable") == dims.SCORE] = _MOST_RHAT_OF_SCORES
    rhat = table["max_rhat"]
    kind, name = _place(table, int(rhat.sub(limit).fillna(-np.inf).to_numpy().argmax()))
    if n_chains == 1:
        yield _problem("R-hat", "one chain", "One chain cannot show whether chains agree; draw at least 4.")
    else:
        yield _verdict(
            bool((rhat > limit).any()),
            "R-hat",
            f"largest {rhat.max():.3f}",
            f"R-hat of {name!r} ({kind}) is {rhat[kind, name]:.3f}: the chains do not agree yet; draw longer (tune=, "
            "draws=)." + _only_labels(table, limit),
        )
    ess, wanted = table[["min_ess_bulk", "min_ess_tail"]].min(axis=1), _FEWEST_ESS_PER_CHAIN * n_chains
    kind, name = _place(table, int(ess.fillna(np.inf).to_numpy().argmin()))
    yield _verdict(
        ess.min() < wanted,
        "effective sample size",
        f"smallest {ess.min():.0f} of {found.n_draws}",
        f"Effective sample size of {name!r} ({kind}) is {ess.min():.0f}, below {wanted}: intervals are rough; raise "
        "draws=.",
    )
    yield _verdict(
        found.n_divergent > 0,
        "divergences",
        f"{found.n_divergent} of {found.n_draws}",
        f"{found.n_divergent} transitions diverged: parts of the posterior may be missing; raise target_accept= "
        "towards 1 or use tighter priors.",
    )
    low = min(found.bfmi, default=np.nan)
    yield _verdict(
        low < _LEAST_BFMI,
        "E-BFMI",
        "not known" if np.isnan(low) else f"smallest {low:.2f}",
        f"The energy moves too little between draws (E-BFMI {low:.2f}, below {_LEAST_BFMI}): the tails may be "
        "explored badly; draw longer.",
    )


def _place(table: pd.DataFrame, at: int) -> tuple[str, str]:
    kinds, names = (table.index.get_level_values(level) for level in ("kind", "variable"))
    return str(kinds[at]), str(names[at])


def _only_labels(table: pd.DataFrame, limit: pd.Series) -> str:
    """Say that the quantities without labels agree, where only labelled ones do not."""
    excess = table["max_rhat"].sub(limit).fillna(-np.inf)
    if excess.xs("label-invariant", level="kind").max() > 0:
        return ""
    return " What knows no labels agrees, so the doubt is about which class is which."


def _about_modes(fit: Fit) -> Iterator[Finding]:
    modes, n_solutions = fit.modes, len(fit.solutions)
    hits, starts = int(modes["hits"].iloc[0]), int(modes["hits"].sum())
    yield Finding(
        name="modes",
        severity=Severity.NOTE if hits == 1 and starts > 1 else Severity.FINE,
        value=f"{len(modes)} found; the best hit by {hits} of {starts} starts",
        message=f"Only one of {starts} starts reached the best mode, so a better one may be missing: raise n_starts=.",
    )
    if "weight" in modes and "basin" in modes:
        weight = modes.groupby("basin")["weight"].first().fillna(0.0)
        others = float(weight.drop(modes["basin"].iloc[0], errors="ignore").sum())
        yield Finding(
            name="Laplace weights",
            severity=Severity.NOTE if others > _LARGE_WEIGHT else Severity.FINE,
            value=f"{others:.0%} of the evidence in other basins than the best mode's",
            message=(
                f"Other modes hold {others:.0%} of the evidence: several accounts of the data are alive (fit.modes); "
                "compare them, or another number of classes, before naming the classes."
            ),
        )
    per_solution = ", ".join(str(len(chains)) for chains in fit.solutions["chains"])
    yield _verdict(
        n_solutions > 1,
        "chains per solution",
        per_solution,
        f"The chains are in {n_solutions} different solutions, which are not averaged; every answer is from the first. "
        "See fit.solutions, and consider another number of classes.",
    )


def _about_labels(fit: Fit) -> Finding:
    stats = fit.tree["sample_stats"].to_dataset()
    if fit.model.n_classes == 1 or "label_margin" not in stats:
        return Finding(name="labels", severity=Severity.FINE, value="nothing to relabel", message="")
    margin = stats["label_margin"].sel({dims.CHAIN: _chains(fit)})
    doubtful = float((margin < _DOUBTFUL_MARGIN).mean())
    return _verdict(
        doubtful > _MOST_DOUBTFUL,
        "labels",
        f"median margin {float(margin.median()):.2f}, {doubtful:.1%} of the draws doubtful",
        f"In {doubtful:.0%} of the draws the classes can be named another way nearly as well: they overlap, and what "
        "is said of single classes is blurred; fewer classes may do.",
    )


def _about_identification(known: Identification) -> Iterator[Finding]:
    if not known.enough_cells:
        yield _problem(
            "cells",
            f"{known.n_parameters} parameters, {known.n_cells} response patterns",
            f"There are {known.n_parameters} parameters and only {known.n_cells} possible response patterns "
            f"({(known.n_cells or 1) - 1} free probabilities): the answers cannot tell them all; use fewer classes, or "
            "more items.",
        )
    lost = known.n_parameters - known.rank
    size = known.directions.abs().max(axis=1) if lost else pd.Series(dtype=float)
    moving = [str(name) for name in size.nlargest(4).index.drop_duplicates()]
    yield _verdict(
        lost > 0,
        "identification",
        f"information of rank {known.rank} for {known.n_parameters} parameters",
        f"The information at the posterior mean is singular: {lost} combination{'s' * (lost > 1)} of parameters "
        f"(mostly {', '.join(moving)}) can move without changing the distribution of the answers, and the priors alone "
        "decide there; use fewer classes, or more items.",
    )


def _boundary(fit: Fit) -> pd.DataFrame:
    survey, draws = fit.survey, Draws.of(fit.posterior, fit.survey)
    slices, rows, values = level_slices(survey), [], []
    mean = draws.probability.mean(axis=0)
    low, high = np.quantile(draws.probability, [0.025, 0.975], axis=0)
    for k, name in enumerate(survey.model.class_names):
        for item in survey.items:
            for at, level in enumerate(item.levels):
                place = (k, slices[item.name].start + at)
                if high[place] < _NEAR_THE_BOUNDARY or low[place] > 1 - _NEAR_THE_BOUNDARY:
                    rows.append((name, item.name, level))
                    values.append((mean[place], low[place], high[place]))
    index = table_index(rows, _INDEX) if rows else pd.MultiIndex.from_arrays([[], [], []], names=_INDEX)
    return pd.DataFrame(np.array(values).reshape(-1, 3), columns=["mean", "lower", "upper"], index=index)


def _about_boundary(edge: pd.DataFrame, fit: Fit) -> Finding:
    total = fit.model.n_classes * sum(len(item.levels) for item in fit.survey.items)
    return Finding(
        name="boundary",
        severity=Severity.NOTE if len(edge) else Severity.FINE,
        value=f"{len(edge)} of {total} answer probabilities at 0 or 1",
        message=(
            f"{len(edge)} of {total} answer probabilities are at 0 or 1 (95 % bound within {_NEAR_THE_BOUNDARY}): how "
            "close depends on the prior of the items, and standard errors from curvature do not hold there; see "
            ".boundary."
        ),
    )


def _about_small_classes(fit: Fit) -> Finding:
    sizes = fit.classes()["expected_n"]
    free = sum(len(item.levels) - 1 for item in fit.survey.items) / len(fit.survey.items)
    least = max(_FEWEST_MEMBERS, 2 * free)
    return Finding(
        name="smallest class",
        severity=Severity.NOTE if sizes.min() < least else Severity.FINE,
        value=f"{sizes.min():.0f} respondents expected in {sizes.idxmin()!r}",
        message=(
            f"{sizes.idxmin()!r} holds {sizes.min():.1f} respondents: too few to know its answers by, so its profile "
            "is mostly prior; fewer classes may do."
        ),
    )


def _pareto_k(fit: Fit) -> pd.Series:
    from arviz_stats import loo

    name = dims.RESPONSES
    index = pd.Index(list(fit.survey.respondents), name=dims.RESPONDENT)
    if "log_likelihood" not in fit.tree.children:
        return pd.Series(np.nan, index=index, name="pareto_k")
    group = fit.tree["log_likelihood"].to_dataset().sel({dims.CHAIN: _chains(fit)})
    tree = xr.DataTree.from_dict({"posterior": fit.posterior, "log_likelihood": group})
    with warnings.catch_warnings():
        # What the warning says is said by the finding.
        warnings.filterwarnings("ignore", message="Estimated shape parameter of Pareto")
        found = loo(tree, var_name=name, pointwise=True)
    return pd.Series(np.asarray(found.pareto_k), index=index, name="pareto_k")


def _about_influence(k: pd.Series, fit: Fit) -> Finding:
    if k.isna().all():
        message = (
            "The log-likelihood of every respondent in every draw is not in the tree, so nothing is known of the "
            "influence of single respondents; latentclass.with_log_likelihood(fit) adds it."
        )
        return Finding(name="Pareto k", severity=Severity.NOTE, value="not known", message=message)
    n_draws = fit.convergence.n_draws
    limit = min(1 - 1 / np.log10(max(n_draws, 11)), 0.7)
    bad = k[k > limit]
    at = bad.idxmax() if len(bad) else ""
    named = f", most of all respondent {at.item() if isinstance(at, np.generic) else at!r}" if len(bad) else ""
    return Finding(
        name="Pareto k",
        severity=(
            Severity.PROBLEM if len(bad) > _MANY_BAD_K * len(k) else Severity.NOTE if len(bad) else Severity.FINE
        ),
        value=f"{len(bad)} of {len(k)} above {limit:.2f}, largest {k.max():.2f}",
        message=(
            f"The posterior hangs on {len(bad)} respondents (Pareto k above {limit:.2f}){named}: leave-one-out "
            "estimates are unreliable for them unless they are refitted; many such respondents mean that the model is "
            "too flexible for the survey."
        ),
    )


def _verdict(bad: object, name: str, value: str, message: str) -> Finding:
    return Finding(name=name, severity=Severity.PROBLEM if bad else Severity.FINE, value=value, message=message)


def _problem(name: str, value: str, message: str) -> Finding:
    return Finding(name=name, severity=Severity.PROBLEM, value=value, message=message)
