"""All subsets of the factor groups: their posterior probabilities, and those of including each group."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import softmax

from latentclass.errors import LatentClassError, LatentClassWarning
from latentclass.evidence.kept import Kept
from latentclass.evidence.marginal import MarginalLikelihood, check_proper, marginal_likelihood
from latentclass.evidence.refits import Refits, refits_like
from latentclass.evidence.weight import FACTOR_GROUP, check_groups
from latentclass.evidence.without import only_groups
from latentclass.model import Model
from latentclass.posterior import Fit

__all__ = ["Subsets", "compare_subsets", "subsets"]

_MOST_GROUPS = 8
_REPEATS = 4000
_NONE = "no group"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Subsets:
    """Posterior probabilities of the subsets of factor groups.

    Parameters
    ----------
    table : DataFrame
        Index ``subset`` (names joined by " + "), likeliest first; a column of bools for each group, ``log_marginal``
        likelihood with its ``error``, ``prior`` and ``posterior`` probability.
    inclusion : DataFrame
        Index ``factor_group``; ``prior`` and ``posterior`` probability that the group is in, ``error``: standard
        deviation of the latter over the Monte Carlo error of the marginal likelihoods, and ``log_bf``: log of
        posterior over prior odds of inclusion.
    """

    table: pd.DataFrame
    inclusion: pd.DataFrame

    def __repr__(self) -> str:
        best = self.table.index[0]
        shown = ", ".join(f"{name} {p:.2f}" for name, p in self.inclusion["posterior"].items())
        return (
            f"Subsets({len(self.table)} subsets; likeliest: {best} ({self.table['posterior'].iloc[0]:.2f}); posterior "
            f"inclusion: {shown}; next: .table, .inclusion)"
        )


def subsets(
    fit: Fit,
    *,
    prior: float = 0.5,
    cores: int | None = None,
    folder: str | Path | None = None,
    seed: int = 0,
    progressbar: bool = True,
) -> Subsets:
    """Compare all subsets of the factor groups by their marginal likelihoods.

    Every subset is fitted, 2 to the number of groups in all, and its marginal likelihood found by bridge sampling.
    Averaged over the others, a group is judged in the company of every subset and not of all other groups only. That
    matters where groups are correlated, so that each can stand in for another.

    Parameters
    ----------
    fit : Fit
        A fit with all the groups.
    prior : float
        Prior probability that a group is in, independently of the others.
    cores, folder, seed, progressbar
        As in `latentclass.weigh`.

    Returns
    -------
    Subsets
        Probabilities of subsets and of groups.

    Raises
    ------
    ModelError
        When the model has no factor groups or one class, or a prior is improper.
    LatentClassError
        When there are more than eight groups, or the prior is no probability.

    References
    ----------
    Barbieri, M. M. and Berger, J. O. (2004). Optimal predictive model selection. Annals of Statistics, 32, 870-897.

    Examples
    --------
    >>> subsets(fit).inclusion  # doctest: +SKIP
    """
    check_groups(fit.survey)
    check_proper(fit)
    groups = list(fit.model.factor_groups)
    if len(groups) > _MOST_GROUPS:
        message = (
            f"{len(groups)} groups have {2 ** len(groups)} subsets, each with a fit of its own; at most "
            f"{_MOST_GROUPS} groups can be compared so."
        )
        raise LatentClassError(message)
    refits = refits_like(fit, cores=cores, folder=folder, seed=seed, progressbar=progressbar)
    chosen = np.array(list(product([True, False], repeat=len(groups))))
    models = {
        _label(groups, row): only_groups(fit.model, [g for g, taken in zip(groups, row, strict=True) if taken])
        for row in chosen
    }
    return compare_subsets(groups, chosen, _marginals(fit, models, refits, seed), prior=prior)


def compare_subsets(
    groups: Sequence[str],
    chosen: NDArray[np.bool_],
    marginals: Sequence[MarginalLikelihood],
    *,
    prior: float = 0.5,
) -> Subsets:
    """Return probabilities of subsets and groups from marginal likelihoods.

    Parameters
    ----------
    groups : sequence of str
        The groups.
    chosen : ndarray of bool [subset, group]
        Which groups are in.
    marginals : sequence of MarginalLikelihood
        One for each subset.
    prior : float
        Prior probability that a group is in.

    Returns
    -------
    Subsets
        The probabilities; NaN where a marginal likelihood is not known.

    Raises
    ------
    LatentClassError
        When the prior is no probability.
    """
    if not 0 < prior < 1:
        message = f"The prior probability of inclusion lies between 0 and 1; got {prior!r}."
        raise LatentClassError(message)
    values, errors = np.array([m.log_value for m in marginals]), np.array([m.error for m in marginals])
    before = np.where(chosen, prior, 1 - prior).prod(axis=1)
    after = softmax(values + np.log(before))
    repeats = np.random.default_rng(0).normal(values, errors, size=(_REPEATS, len(values)))
    spread = (softmax(repeats + np.log(before), axis=1) @ chosen).std(axis=0)
    table = pd.DataFrame(chosen, columns=list(groups), index=[_label(groups, row) for row in chosen])
    table = table.assign(log_marginal=values, error=errors, prior=before, posterior=after)
    table.index.name = "subset"
    included, left_out = after @ chosen, after @ ~chosen
    with np.errstate(divide="ignore"):
        odds = np.log(included) - np.log(left_out) - np.log(prior / (1 - prior))
    index = pd.Index(list(groups), name=FACTOR_GROUP)
    inclusion = pd.DataFrame({"prior": prior, "posterior": included, "error": spread, "log_bf": odds}, index=index)
    return Subsets(table=table.sort_values("posterior", ascending=False, kind="stable"), inclusion=inclusion)


def _marginals(fit: Fit, models: dict[str, Model], refits: Refits, seed: int) -> list[MarginalLikelihood]:
    kept = {name: Kept(path=refits.path(model).with_suffix(".json")) for name, model in models.items()}
    piece = f"marginal likelihood {seed}"
    known = {name for name in models if kept[name].has(piece)}
    wanting = {name: model for name, model in models.items() if name not in known and model != fit.model}
    found: dict[str, MarginalLikelihood] = {}
    with warnings.catch_warnings():
        # What is wrong stands in the message of each.
        warnings.simplefilter("ignore", LatentClassWarning)
        for name, one in refits.fits(wanting, "fitting subsets of the groups"):
            found[name] = kept[name].get(piece, MarginalLikelihood, lambda one=one: marginal_likelihood(one, seed=seed))  # type: ignore[misc]
        for name, model in models.items():
            if name not in found:
                own = fit if model == fit.model else None
                found[name] = kept[name].get(
                    piece,
                    MarginalLikelihood,
                    lambda own=own, model=model: marginal_likelihood(own or refits.fit(model), seed=seed),  # type: ignore[misc]
                )
    return [found[name] for name in models]


def _label(groups: Sequence[str], chosen: NDArray[np.bool_]) -> str:
    return " + ".join(group for group, taken in zip(groups, chosen, strict=True) if taken) or _NONE
