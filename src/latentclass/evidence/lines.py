"""The lines of evidence on one factor group, as plain numbers."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from latentclass.evidence.equivalence import Equivalence
from latentclass.evidence.likelihood import LikelihoodRatio
from latentclass.evidence.marginal import MarginalLikelihood
from latentclass.evidence.prediction import PredictionDifference

__all__ = [
    "BayesFactor",
    "GroupEvidence",
    "LargestEffect",
    "Notes",
    "NullCheckSummary",
    "WeightSummary",
    "bayes_factor",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightSummary:
    """Posterior and prior of the weight of a group.

    Parameters
    ----------
    quantiles : tuple of float
        Lower bound, median and upper bound of the posterior.
    prior_quantiles : tuple of float
        The same of the prior; NaN where it is improper.
    prob : float
        Probability of the intervals.
    share : float
        Median Shapley share of the group in what all covariates tell.
    """

    quantiles: tuple[float, float, float]
    prior_quantiles: tuple[float, float, float]
    prob: float
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LargestEffect:
    """The average marginal effect on a class share whose mean is farthest from nil.

    Parameters
    ----------
    covariate, change, class_name : str
        Of which change of which covariate on which class.
    mean, lower, upper : float
        Posterior mean and interval.
    """

    covariate: str
    change: str
    class_name: str
    mean: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BayesFactor:
    """Marginal likelihood with a group over that without it.

    Parameters
    ----------
    log_value : float
        Its logarithm: positive for the group, negative against it; NaN where it is not known.
    error : float
        Monte Carlo standard error.
    method : str
        How it was found.
    message : str
        What is wrong; empty where nothing is.
    """

    log_value: float
    error: float
    method: str = "bridge sampling"
    message: str = ""

    def __repr__(self) -> str:
        side = "for" if self.log_value >= 0 else "against"
        return (
            f"BayesFactor({np.exp(abs(self.log_value)):.3g} {side} the group; log {self.log_value:.2f} +- "
            f"{self.error:.2f}, {self.method}{'; ' + self.message if self.message else ''})"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NullCheckSummary:
    """Posterior predictive check of the model without a group.

    Parameters
    ----------
    p_value, error : float
        Probability of a larger score statistic without the group, with its Monte Carlo standard error.
    observed, replicated : float
        Medians of the statistic.
    """

    p_value: float
    error: float
    observed: float
    replicated: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """What is wrong with draws.

    Parameters
    ----------
    texts : tuple of str
        One sentence for each.
    """

    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupEvidence:
    """All lines of evidence on one factor group; None where a line was not asked for.

    Parameters
    ----------
    group : str
        The group.
    weight : WeightSummary
        Posterior and prior of its weight.
    equivalence : Equivalence
        Whether the weight is practically nil.
    effect : LargestEffect, optional
        Largest average marginal effect.
    bayes_factor : BayesFactor, optional
        With against without the group.
    likelihood : LikelihoodRatio, optional
        Likelihood ratio and BIC.
    prediction : PredictionDifference, optional
        Expected log predictive density with the group less that without.
    null_check : NullCheckSummary, optional
        Fit of the model without the group.
    notes : tuple of str
        What is wrong with the draws that this rests on.
    """

    group: str
    weight: WeightSummary
    equivalence: Equivalence
    effect: LargestEffect | None = None
    bayes_factor: BayesFactor | None = None
    likelihood: LikelihoodRatio | None = None
    prediction: PredictionDifference | None = None
    null_check: NullCheckSummary | None = None
    notes: tuple[str, ...] = field(default=())


def bayes_factor(within: MarginalLikelihood, without: MarginalLikelihood) -> BayesFactor:
    """Return the Bayes factor of two models from their marginal likelihoods.

    Parameters
    ----------
    within : MarginalLikelihood
        Of the model with the group.
    without : MarginalLikelihood
        Of the model without it, for the same answers.

    Returns
    -------
    BayesFactor
        With over without.

    Examples
    --------
    >>> from latentclass.evidence import MarginalLikelihood
    >>> parts = {"log_copies": 0.69, "solutions": (), "overlap": 0.9, "n_common": 900.0, "n_draws": 1000}
    >>> within = MarginalLikelihood(log_value=-450.0, error=0.03, log_labelled=-450.69, **parts)
    >>> without = MarginalLikelihood(log_value=-448.0, error=0.04, log_labelled=-448.69, **parts)
    >>> bayes_factor(within, without)
    BayesFactor(7.39 against the group; log -2.00 +- 0.05, bridge sampling)
    """
    return BayesFactor(
        log_value=within.log_value - without.log_value,
        error=float(np.hypot(within.error, without.error)),
        method=" and ".join(dict.fromkeys((within.method, without.method))),
        message=within.message or without.message,
    )
