"""How far weight and Bayes factor of a factor group hang on the prior of its slopes."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from latentclass import dims
from latentclass.errors import LatentClassError, LatentClassWarning, ModelError
from latentclass.evidence.kept import Kept
from latentclass.evidence.marginal import MarginalLikelihood, marginal_likelihood
from latentclass.evidence.refits import Refits, fingerprint, refits_like
from latentclass.evidence.weight import FACTOR_GROUP, check_groups, posterior_weights, prior_weights
from latentclass.evidence.without import without_groups
from latentclass.model import Allocation, EffectPrior, Flat, Hierarchical, Model, Normal, RegularizedHorseshoe
from latentclass.posterior import Fit
from latentclass.posterior.in_blocks import total_by_draw
from latentclass.posterior.samples import evenly, flat

__all__ = ["Sensitivity", "sensitivity"]

_SCALES = (0.125, 0.25, 0.5, 1.0, 2.0)
_FAMILIES: Mapping[str, EffectPrior] = {
    "hierarchical": Hierarchical(),
    "horseshoe": RegularizedHorseshoe(),
    "allocation": Allocation(),
}
_FEWEST_DRAWS = 100
# Beyond this a power-scaled posterior is noticeably another one (Kallioinen et al. 2024).
_SENSITIVE = 0.05


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Sensitivity:
    """What becomes of weight and Bayes factor under other priors. Made by `latentclass.sensitivity`.

    Parameters
    ----------
    table : DataFrame
        Index (factor_group, prior). ``family`` and ``scale`` of the prior of the group's slopes (NaN for families that
        learn their scale); ``weight_`` and ``prior_`` with median and interval: posterior and prior of the weight;
        ``log_bf``: log Bayes factor of the model with the group against that without, its ``log_bf_error``, and
        ``message``: what is wrong with it or with the draws, empty where nothing is.
    power_scaling : DataFrame
        Index ``factor_group``; ``prior`` and ``likelihood``: sensitivity of the posterior of the weight to
        power-scaling of the group's prior and of the likelihood; ``diagnosis``. A weight that follows both is
        informed by both, which is no conflict by itself: see `latentclass.diagnose`.
    """

    table: pd.DataFrame
    power_scaling: pd.DataFrame

    def __repr__(self) -> str:
        parts = []
        for group, own in self.table.groupby(level=FACTOR_GROUP, sort=False):
            known = own["log_bf"].dropna()
            span = f"{known.min():.1f} to {known.max():.1f}" if len(known) else "unknown"
            parts.append(f"{group}: log BF {span}, weight {own['weight_median'].min():.3f} to ")
            parts[-1] += f"{own['weight_median'].max():.3f} over {len(own)} priors"
        return f"Sensitivity({'; '.join(parts)}; next: .table, .power_scaling, lc.plots.sensitivity(.table))"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    log_value: float
    error: float
    weight: tuple[float, float, float]
    prior: tuple[float, float, float]
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Null:
    log_value: float
    error: float
    message: str


def sensitivity(
    fit: Fit,
    *,
    groups: Collection[str] | None = None,
    scales: Sequence[float] = _SCALES,
    families: Mapping[str, EffectPrior] | None = None,
    prob: float = 0.9,
    cores: int | None = None,
    folder: str | Path | None = None,
    seed: int = 0,
    progressbar: bool = True,
) -> Sensitivity:
    """Refit under other priors of a group's slopes: a grid of scales, and other families.

    For every group and prior the model is fitted anew, with the priors of all other groups as they are, and once
    without the group. A Bayes factor always depends on the prior; if its side, and that of the weight against its
    prior, is the same all over the grid, the conclusion does not. Fits and results are kept on disk: an interrupted
    call goes on where it stopped.

    Parameters
    ----------
    fit : Fit
        A fit with the groups.
    groups : collection of str, optional
        Which groups; all by default. There are ``len(scales) + len(families) + 1`` fits for each.
    scales : sequence of float
        Scales of normal priors, in logits.
    families : mapping of str to prior, optional
        Further priors by name; `Hierarchical`, `RegularizedHorseshoe` and `Allocation` with their defaults when left
        out.
    prob : float
        Probability of the intervals.
    cores : int, optional
        Cores that all refits together use.
    folder : str or Path, optional
        Where fits and results are kept, see `latentclass.evidence.refits_folder`.
    seed : int
        Seed of refits and of everything random.
    progressbar : bool
        Whether to show progress.

    Returns
    -------
    Sensitivity
        The table, and power-scaling diagnostics of the fit itself.

    Raises
    ------
    ModelError
        When the model has no factor groups, one class, or lacks one that is named; when a prior is improper.
    LatentClassError
        When prob is no probability.

    References
    ----------
    Kallioinen, N., Paananen, T., Buerkner, P.-C. and Vehtari, A. (2024). Detecting and diagnosing prior and likelihood
    sensitivity with power-scaling. Statistics and Computing, 34, 57.
    Kass, R. E. and Raftery, A. E. (1995). Bayes factors. Journal of the American Statistical Association, 90, 773-795.

    Examples
    --------
    >>> import latentclass as lc
    >>> found = lc.sensitivity(fit, groups=["individual"])  # doctest: +SKIP
    >>> found.table["log_bf"]  # doctest: +SKIP
    """
    fit.survey.check_one_row_each("lc.sensitivity")
    chosen = _check(fit, groups, prob)
    priors = _priors(scales, _FAMILIES if families is None else families)
    refits = refits_like(fit, cores=cores, folder=folder, seed=seed, progressbar=progressbar)
    models = {f"{group}: {name}": _with(fit.model, group, prior) for group in chosen for name, prior in priors.items()}
    nulls = {group: without_groups(fit.model, group) for group in chosen}
    found = _results(refits, models, nulls, prob, seed)
    rows, index = [], []
    for group in chosen:
        for name, prior in priors.items():
            rows.append(_row(prior, found[f"{group}: {name}"], found[group], prob))
            index.append((group, name))
    table = pd.DataFrame(rows, index=pd.MultiIndex.from_tuples(index, names=[FACTOR_GROUP, "prior"]))
    return Sensitivity(table=table, power_scaling=_power_scaling(fit, chosen))


def _check(fit: Fit, groups: Collection[str] | None, prob: float) -> tuple[str, ...]:
    check_groups(fit.survey)
    without_groups(fit.model, *(groups or ()))
    if not isinstance(prob, float) or not 0 < prob < 1:
        message = f"prob is the probability of an interval, between 0 and 1; got {prob!r}."
        raise LatentClassError(message)
    known = tuple(fit.model.factor_groups)
    return known if groups is None else tuple(group for group in known if group in groups)


def _priors(scales: Sequence[float], families: Mapping[str, EffectPrior]) -> dict[str, EffectPrior]:
    found: dict[str, EffectPrior] = {f"normal {scale:g}": Normal(scale) for scale in scales}
    found |= families
    flat_ones = [name for name, prior in found.items() if isinstance(prior, Flat)]
    if flat_ones or not found:
        message = f"Sensitivity is over one or more proper priors; got {found!r}."
        raise ModelError(message)
    return found


def _with(model: Model, group: str, prior: EffectPrior) -> Model:
    others = {name: model.priors.of_group(name) for name in model.factor_groups if name != group}
    if isinstance(prior, Allocation):
        # A total that is shared with other groups would change their priors too.
        others = {n: Normal(0.5) if isinstance(p, Allocation) and p != prior else p for n, p in others.items()}
    return model.replace(priors=model.priors.replace(group_effects={**others, group: prior}))


def _results(
    refits: Refits, models: Mapping[str, Model], nulls: Mapping[str, Model], prob: float, seed: int
) -> dict[str, Any]:
    """Return what each fit has to say, from the folder or from new fits; each is written as soon as it is there."""
    everything = {**models, **nulls}
    kept = {
        name: Kept(path=refits.path(model).with_suffix(f".{fingerprint(name, prob, seed)[:8]}.json"))
        for name, model in everything.items()
    }
    kinds = {name: _Null if name in nulls else _Row for name in everything}
    missing = {name: model for name, model in everything.items() if not kept[name].has(kinds[name].__name__)}
    for name, one in refits.fits(missing, "refitting under other priors"):
        group = name.split(": ", 1)[0]
        kind = kinds[name]
        kept[name].get(kind.__name__, kind, partial(_null_of if name in nulls else _row_of, one, group, prob, seed))
    return {name: kept[name].get(kinds[name].__name__, kinds[name], _absent) for name in everything}


def _absent() -> Any:
    raise AssertionError


def _row_of(fit: Fit, group: str, prob: float, seed: int) -> _Row:
    marginal = _marginal(fit, seed)
    ends = [0.5 - prob / 2, 0.5, 0.5 + prob / 2]
    own = posterior_weights(fit, shares=False).weight.sel({FACTOR_GROUP: group})
    prior = prior_weights(fit.survey, seed=seed)
    before = np.full(3, np.nan) if prior is None else prior.weight.sel({FACTOR_GROUP: group}).quantile(ends).to_numpy()
    lower, median, upper = own.quantile(ends).to_numpy().tolist()
    return _Row(
        log_value=marginal.log_value,
        error=marginal.error,
        weight=(lower, median, upper),
        prior=(float(before[0]), float(before[1]), float(before[2])),
        message=" ".join([marginal.message, *fit.convergence.messages]).strip(),
    )


def _null_of(fit: Fit, group: str, prob: float, seed: int) -> _Null:
    marginal = _marginal(fit, seed)
    message = " ".join([marginal.message, *fit.convergence.messages]).strip()
    return _Null(log_value=marginal.log_value, error=marginal.error, message=message)


def _marginal(fit: Fit, seed: int) -> MarginalLikelihood:
    with warnings.catch_warnings():
        # What is wrong stands in the message.
        warnings.simplefilter("ignore", LatentClassWarning)
        return marginal_likelihood(fit, seed=seed)


def _row(prior: EffectPrior, row: _Row, null: _Null, prob: float) -> dict[str, Any]:
    bounds, difference = f"eti{round(100 * prob):d}", row.log_value - null.log_value
    return {
        "family": type(prior).__name__,
        "scale": prior.scale if isinstance(prior, Normal) else np.nan,
        **_summary("weight", bounds, row.weight),
        **_summary("prior", bounds, row.prior),
        "log_bf": difference,
        "log_bf_error": float(np.hypot(row.error, null.error)),
        "message": " ".join(text for text in (row.message, null.message) if text),
    }


def _summary(name: str, bounds: str, quantiles: tuple[float, float, float]) -> dict[str, float]:
    lower, median, upper = quantiles
    return {f"{name}_median": median, f"{name}_{bounds}_lb": lower, f"{name}_{bounds}_ub": upper}


def _power_scaling(fit: Fit, groups: Sequence[str]) -> pd.DataFrame:
    """Return how the weight of each group follows power-scaling of its prior and of the likelihood."""
    import arviz as az

    weights = posterior_weights(fit, shares=False).weight
    chains = list(fit.solutions["chains"].iloc[0])
    prior = fit.tree["log_prior"].to_dataset().sel({dims.CHAIN: chains})
    which = evenly(prior.sizes[dims.CHAIN] * prior.sizes[dims.DRAW], weights.sizes["sample"])
    logs = flat(total_by_draw(fit))[which]
    rows = []
    for group in groups:
        names = _scaled(fit.model, group)
        own = {str(n): ((dims.CHAIN, dims.DRAW), flat(prior[n])[which][None]) for n in names}
        if isinstance(fit.model.priors.of_group(group), Flat) or len(which) < _FEWEST_DRAWS:
            rows.append({"prior": np.nan, "likelihood": np.nan, "diagnosis": "not known"})
            continue
        draws = weights.sel({FACTOR_GROUP: group}).to_numpy()[None]
        tree = xr.DataTree.from_dict(
            {
                "posterior": xr.Dataset({"weight": ((dims.CHAIN, dims.DRAW), draws)}),
                "log_prior": xr.Dataset(own),
                "log_likelihood": xr.Dataset({"responses": ((dims.CHAIN, dims.DRAW), logs[None])}),
            }
        )
        values = {of: float(az.psense(tree, group=of)["weight"]) for of in ("prior", "likelihood")}
        rows.append({**values, "diagnosis": _diagnosis(**values)})
    return pd.DataFrame(rows, index=pd.Index(list(groups), name=FACTOR_GROUP))


def _scaled(model: Model, group: str) -> list[str]:
    """Return the variables whose prior is scaled: where a scale is learned, the prior of the scale alone."""
    match model.priors.of_group(group):
        case Hierarchical():
            return [dims.effect_scale_name(group)]
        case RegularizedHorseshoe():
            return [dims.effect_scale_name(group), dims.local_scale_name(group), dims.slab_variance_name(group)]
        case Allocation():
            return [dims.EXPLAINED, *([dims.ALLOCATION] if len(model.allocated_groups) > 1 else [])]
        case _:
            return [dims.slope_name(group)]


def _diagnosis(prior: float, likelihood: float) -> str:
    if prior >= _SENSITIVE and likelihood >= _SENSITIVE:
        return "prior and data both inform it"
    if prior >= _SENSITIVE:
        return "strong prior or weak data"
    return "not sensitive to the prior"
