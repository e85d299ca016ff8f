"""How much each factor group tells about membership, draw by draw."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations
from math import comb

import numpy as np
import xarray as xr
from scipy.special import entr

from latentclass import dims
from latentclass.errors import ModelError
from latentclass.evidence.kernels import lost_information
from latentclass.model import FrozenMapping
from latentclass.posterior import Fit
from latentclass.posterior.density import membership_logits, softmax
from latentclass.posterior.draws import Draws
from latentclass.posterior.samples import evenly
from latentclass.simulation import draw_arrays
from latentclass.survey import Survey

__all__ = ["FACTOR_GROUP", "WeightDraws", "posterior_weights", "prior_weights"]

FACTOR_GROUP = "factor_group"
# Beyond this many respondents the average over the sample is one over evenly spread ones.
_BACKGROUND = 512
_MOST_CELLS = 4e9
_FEWEST_DRAWS = 100
_EXACT_GROUPS = 6
_ORDERS = 64


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class WeightDraws:
    """Draws of the weights of all factor groups, from the posterior or the prior.

    Parameters
    ----------
    weight : DataArray [sample, factor_group]
        What membership would lose without the group, see `posterior_weights`.
    share : DataArray [sample, factor_group]
        Shapley shares of the groups, which sum to the total; NaN where they were not asked for.
    total : DataArray [sample]
        What all covariates together tell about membership, as a share of its entropy.
    """

    weight: xr.DataArray
    share: xr.DataArray
    total: xr.DataArray

    def __repr__(self) -> str:
        middle = ", ".join(f"{g} {w:.3f}" for g, w in self.weight.median("sample").to_series().items())
        return f"WeightDraws({self.weight.sizes['sample']} draws; medians: {middle}; next: .weight, .share, .total)"


def posterior_weights(fit: Fit, *, draws: int = 1000, shares: bool = True) -> WeightDraws:
    """Return the weight of every factor group, draw by draw of the posterior.

    With p_i the membership probabilities of respondent i given all covariates and q_i the same with the logits of
    group g replaced by those of a random respondent of the sample, whatever the other covariates are,

    ``q_i = mean over j of softmax(logits_i - own_i + own_j)``,

    the weight is ``mean over i of KL(p_i || q_i) / H(mean over i of p_i)``: the information about the class that is
    lost when the group is not known, as a share of the entropy of the class. It is 0 when all slopes are 0. Where the
    group is independent of the others in the sample it is the conditional mutual information of class and group
    given the others, over the entropy, and cannot exceed 1. Where groups are correlated the average is over
    combinations of covariates that the sample may not hold: that is what "without the group" means for a model whose
    slopes are effects at given values of the others. A group is not called weightless because another could stand
    in for it, and no group is credited with what another does. Under strong correlations of opposed effects this may
    exceed the entropy itself, and is cut at 1.

    The total is the mutual information of class and all covariates over the entropy, in [0, 1]. The information that
    a set S of groups gives is the total less what is lost when all other groups are averaged out together; the
    Shapley values of this game divide the total between the groups (Covert, Lundberg and Lee 2020: SAGE values with
    cross-entropy loss and marginal imputation). Exact for up to six groups, over 64 random orders beyond. With
    correlated groups a share may be negative.

    Parameters
    ----------
    fit : Fit
        The fit.
    draws : int
        At most so many evenly spread draws; fewer for large surveys.
    shares : bool
        Whether to compute the Shapley shares.

    Returns
    -------
    WeightDraws
        Weights, shares and total. Scores of latent constructs are those of the draw, so that measurement error is
        part of the posterior of the weights.

    Raises
    ------
    ModelError
        When the model has no factor groups or one class.

    References
    ----------
    Covert, I., Lundberg, S. and Lee, S.-I. (2020). Understanding global feature contributions with additive
    importance measures. Advances in Neural Information Processing Systems, 33.

    Examples
    --------
    >>> import latentclass as lc
    >>> posterior_weights(fit).weight.quantile([0.05, 0.5, 0.95], "sample")  # doctest: +SKIP
    """
    survey = fit.survey
    survey.check_one_row_each("posterior_weights")
    check_groups(survey)
    found = Draws.of(fit.posterior, survey)
    return _weights(found.take(evenly(len(found), _affordable(survey, draws, shares=shares))), survey, shares=shares)


def prior_weights(survey: Survey, *, draws: int = 2000, seed: int = 0) -> WeightDraws | None:
    """Return the weight of every factor group, draw by draw of the prior.

    Intercept, slopes and, for latent constructs, scores are drawn from their priors; other covariates are those of the
    survey.

    Parameters
    ----------
    survey : Survey
        The survey, with its model.
    draws : int
        At most so many draws; fewer for large surveys.
    seed : int
        Seed.

    Returns
    -------
    WeightDraws or None
        The weights, without shares; None where a prior is improper and so cannot be drawn from.

    Raises
    ------
    ModelError
        When the model has no factor groups or one class.

    Examples
    --------
    >>> import latentclass as lc
    >>> data = lc.datasets.plain_survey(n=100, n_items=3, seed=1)
    >>> prior_weights(lc.read_survey(data.model, data.frame), draws=100)
    WeightDraws(100 draws; medians: individual ..., social ..., organizational ..., technical ...; next: ...)
    """
    survey.check_one_row_each("prior_weights")
    check_groups(survey)
    rng, some = np.random.default_rng(seed), _affordable(survey, draws, shares=False)
    try:
        drawn = [draw_arrays(survey, rng) for _ in range(some)]
    except ModelError:
        return None
    return _weights(_drawn(drawn, survey), survey, shares=False)


def check_groups(survey: Survey) -> None:
    """Check that there is something to weigh.

    Parameters
    ----------
    survey : Survey
        The survey.

    Raises
    ------
    ModelError
        When the model has no factor groups or one class.
    """
    if not survey.groups or survey.model.n_classes == 1:
        message = (
            "Weights are those of factor groups in class membership: the model needs factor_groups and two classes or "
            f"more; it has {len(survey.groups)} groups and n_classes={survey.model.n_classes}."
        )
        raise ModelError(message)


def _affordable(survey: Survey, wanted: int, *, shares: bool) -> int:
    n, n_groups = survey.n_respondents, len(survey.groups)
    n_subsets = n_groups + (min(2**n_groups, _ORDERS * n_groups) if shares else 0)
    cells = n * min(n, _BACKGROUND) * n_subsets * survey.model.n_classes
    return min(wanted, max(_FEWEST_DRAWS, int(_MOST_CELLS // cells)))


def _drawn(parameters: Sequence[dict[str, np.ndarray]], survey: Survey) -> Draws:
    def stacked(name: str) -> np.ndarray:
        return np.stack([p[name] for p in parameters])

    return Draws(
        probability=np.empty((len(parameters), 0)),
        intercept=stacked(dims.INTERCEPT),
        slopes=FrozenMapping({g.name: stacked(dims.slope_name(g.name)) for g in survey.groups}),
        score=stacked(dims.SCORE) if survey.model.latent_constructs else None,
    )


def _weights(draws: Draws, survey: Survey, *, shares: bool) -> WeightDraws:
    names = [group.name for group in survey.groups]
    weight, share = np.empty((len(draws), len(names))), np.full((len(draws), len(names)), np.nan)
    total = np.empty(len(draws))
    background = evenly(survey.n_respondents, _BACKGROUND)
    for i, (own, logits) in enumerate(_parts(draws, survey)):
        lost, total[i] = _game(own, logits, background)
        weight[i] = [lost(frozenset({g})) for g in range(len(names))]
        if shares:
            share[i] = _shapley(lost, len(names))
    coords = {FACTOR_GROUP: names}
    return WeightDraws(
        weight=xr.DataArray(np.minimum(weight, 1.0), dims=("sample", FACTOR_GROUP), coords=coords),
        share=xr.DataArray(share, dims=("sample", FACTOR_GROUP), coords=coords),
        total=xr.DataArray(total, dims=("sample",)),
    )


def _parts(draws: Draws, survey: Survey) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield, draw by draw, what each group adds to the logits [group, class, respondent], and the logits."""
    latent, n = survey.model.latent_constructs, survey.n_respondents
    for i in range(len(draws)):
        one = draws.take(slice(i, i + 1))
        bare = replace(one, intercept=np.zeros_like(one.intercept))
        own = np.stack([membership_logits(bare, (group,), latent, one.score)[0] for group in survey.groups])
        yield own, np.broadcast_to(one.intercept[0][:, None], (one.intercept.shape[1], n)) + own.sum(axis=0)


def _game(
    own: np.ndarray, logits: np.ndarray, background: np.ndarray
) -> tuple[Callable[[frozenset[int]], float], float]:
    """Return what is lost without a set of groups, and the total, both as a share of the entropy of the class."""
    probability = softmax(logits[None])[0]
    mean = probability.mean(axis=1)
    entropy = float(entr(mean).sum())
    total = max(entropy - float(entr(probability).sum(axis=0).mean()), 0.0) / entropy
    everyone = frozenset(range(len(own)))

    @cache
    def lost(averaged: frozenset[int]) -> float:
        if not averaged:
            return 0.0
        if averaged == everyone:
            return total
        part = own[sorted(averaged)].sum(axis=0)
        return lost_information(logits - part, np.ascontiguousarray(part[:, background]), probability) / entropy

    return lost, total


def _shapley(lost: Callable[[frozenset[int]], float], n: int) -> np.ndarray:
    """Return the shares of the groups in what is lost without all of them."""
    found = np.zeros(n)
    if n > _EXACT_GROUPS:
        rng = np.random.default_rng(0)
        for _ in range(_ORDERS):
            gone: frozenset[int] = frozenset()
            for g in rng.permutation(n).tolist():
                found[g] += (lost(gone | {g}) - lost(gone)) / _ORDERS
                gone = gone | {g}
        return found
    for g in range(n):
        others = [h for h in range(n) if h != g]
        for size in range(n):
            for chosen in combinations(others, size):
                gone = frozenset(chosen)
                found[g] += (lost(gone | {g}) - lost(gone)) / (n * comb(n - 1, size))
    return found
