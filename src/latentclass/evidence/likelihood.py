"""What readers of maximum-likelihood analyses look for: likelihood ratio and BIC, from the modes under flat priors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from latentclass.evidence.without import without_groups
from latentclass.infer import find_modes
from latentclass.model import Model, Priors
from latentclass.survey import Survey, read_survey

__all__ = ["LikelihoodRatio", "largest_log_likelihood", "likelihood_ratio", "likelihood_ratios", "ratio_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LikelihoodRatio:
    """A factor group by maximum likelihood.

    Parameters
    ----------
    group : str
        The group.
    log_likelihood : float
        Largest log-likelihood found with the group.
    log_likelihood_without : float
        Largest without it.
    df : int
        Slopes that the group adds.
    n : int
        Respondents.
    scores_held : bool
        Whether the model has scores of latent constructs, which are held at classical estimates.
    """

    group: str
    log_likelihood: float
    log_likelihood_without: float
    df: int
    n: int
    scores_held: bool = False

    @property
    def statistic(self) -> float:
        """Twice the difference of the log-likelihoods."""
        return 2 * (self.log_likelihood - self.log_likelihood_without)

    @property
    def p_value(self) -> float:
        """Probability of a larger statistic without the group, by the chi-squared distribution."""
        return float(chi2.sf(max(self.statistic, 0.0), self.df))

    @property
    def bic_difference(self) -> float:
        """BIC with the group less BIC without it: positive where BIC leaves it out."""
        return float(self.df * np.log(self.n) - self.statistic)

    def __repr__(self) -> str:
        choice = "leaves it out" if self.bic_difference > 0 else "takes it in"
        return (
            f"LikelihoodRatio({self.group}: LR {self.statistic:.2f} on {self.df} df, p {self.p_value:.3g}; BIC "
            f"{choice} ({self.bic_difference:+.1f}))"
        )


def likelihood_ratios(
    survey: Survey, groups: Sequence[str] | None = None, *, n_starts: int = 20, seed: int = 0
) -> dict[str, LikelihoodRatio]:
    """Return likelihood-ratio statistics and BIC differences of factor groups.

    Maximum-likelihood estimates are the highest modes under `Priors.flat`, with the group and without it, from so many
    random starts each. The asymptotic distribution supposes parameters inside their space: with probabilities of items
    at 0 or 1 the p-value is approximate.

    Parameters
    ----------
    survey : Survey
        The survey, with its model.
    groups : sequence of str, optional
        Which groups; all by default.
    n_starts : int
        Random starts of every search.
    seed : int
        Seed of the starts.

    Returns
    -------
    dict of str to LikelihoodRatio
        By group.

    Raises
    ------
    ModelError
        When the model has no such group.

    Examples
    --------
    >>> likelihood_ratios(fit.survey)["individual"]  # doctest: +SKIP
    LikelihoodRatio(individual: LR 8.31 on 9 df, p 0.503; BIC leaves it out (+47.6))
    """
    full = largest_log_likelihood(survey.model, survey, n_starts, seed)
    return {
        group: ratio_of(
            survey, group, full, largest_log_likelihood(without_groups(survey.model, group), survey, n_starts, seed)
        )
        for group in (survey.model.factor_groups if groups is None else groups)
    }


def likelihood_ratio(survey: Survey, group: str, *, n_starts: int = 20, seed: int = 0) -> LikelihoodRatio:
    """Return likelihood-ratio statistic and BIC difference of one factor group, see `likelihood_ratios`.

    Parameters
    ----------
    survey : Survey
        The survey, with its model.
    group : str
        The group.
    n_starts : int
        Random starts of every search.
    seed : int
        Seed of the starts.

    Returns
    -------
    LikelihoodRatio
        The result.

    Raises
    ------
    ModelError
        When the model has no such group.

    Examples
    --------
    >>> likelihood_ratio(fit.survey, "individual").p_value  # doctest: +SKIP
    0.503
    """
    return likelihood_ratios(survey, [group], n_starts=n_starts, seed=seed)[group]


def largest_log_likelihood(model: Model, survey: Survey, n_starts: int, seed: int) -> float:
    """Return the largest log-likelihood found from random starts.

    Parameters
    ----------
    model : Model
        The model; its priors are replaced by flat ones.
    survey : Survey
        A survey with all its columns.
    n_starts, seed : int
        Random starts, and their seed.

    Returns
    -------
    float
        The log-likelihood of the answers to the items.
    """
    flat = read_survey(model.replace(priors=Priors.flat()), survey.frame, counts=survey.counted_by)
    return find_modes(flat.model, flat, n_starts=n_starts, seed=seed, progressbar=False).best.log_likelihood


def ratio_of(survey: Survey, group: str, full: float, without: float) -> LikelihoodRatio:
    """Return the likelihood ratio of two log-likelihoods.

    Parameters
    ----------
    survey : Survey
        The survey, with the model that has the group.
    group : str
        The group.
    full, without : float
        Log-likelihoods with and without it.

    Returns
    -------
    LikelihoodRatio
        The ratio with its degrees of freedom.
    """
    return LikelihoodRatio(
        group=group,
        log_likelihood=full,
        log_likelihood_without=without,
        df=len(survey.design(group).columns) * (survey.model.n_classes - 1),
        n=survey.n_respondents,
        scores_held=bool(survey.model.latent_constructs),
    )
