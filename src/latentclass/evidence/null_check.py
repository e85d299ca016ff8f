"""Does the model without a factor group fit what the group would explain? A posterior predictive score test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import arviz as az
import numpy as np
import pandas as pd
from scipy.linalg import helmert

from latentclass.dims import CHAIN, DRAW, RESPONSES
from latentclass.errors import LatentClassError, listed, near_miss
from latentclass.posterior import Fit
from latentclass.posterior.density import log_answers, membership_logits, one_hot, softmax
from latentclass.posterior.draws import Draws
from latentclass.posterior.predict import measurement_of
from latentclass.posterior.predictive import posterior_predictive
from latentclass.posterior.samples import blocks, evenly, flat
from latentclass.posterior.scores import weighted_scores
from latentclass.survey import GroupDesign, Survey

__all__ = ["NullCheck", "expected_scores", "null_check", "score_contributions"]

_SCORE_DRAWS = 100
_SCORE_POINTS = 32


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class NullCheck:
    """Posterior predictive check of the model without a factor group.

    Parameters
    ----------
    group : str
        The group that the model lacks.
    statistics : DataFrame
        Index ``draw``; ``observed`` and ``replicated``: the score statistic of the survey, and that of a survey drawn
        from the same draw of the posterior.
    p_value : float
        Share of draws in which the replicated statistic is at least the observed one.
    error : float
        Its Monte Carlo standard error.
    n_slopes : int
        Number of free slopes that the group would add: about the expectation of the statistic where it has none.
    """

    group: str
    statistics: pd.DataFrame
    p_value: float
    error: float
    n_slopes: int

    def __repr__(self) -> str:
        observed, replicated = self.statistics.median()
        return (
            f"NullCheck(without {self.group}: median score statistic {observed:.1f} observed, {replicated:.1f} "
            f"replicated, {self.n_slopes} slopes; p {self.p_value:.3f} +- {self.error:.3f}; next: .statistics, "
            "plots.null_check(check.statistics))"
        )


def null_check(fit: Fit, null: Fit, group: str, *, draws: int = 500, seed: int = 0) -> NullCheck:
    """Check whether the model without a group leaves something that the group would explain.

    The gradient of the marginal log-likelihood by the slopes of the group, at slopes of zero, is the sum over
    respondents of ``x_i (r_ik - pi_ik)``: covariate times the probability of the class after the answers less
    that before. Of what each respondent adds to it, the part that goes with the intercepts and slopes which
    the model has is taken out by regression, and the sum is standardised by the cross-products of what is left: the
    efficient score test in its outer-product form. It is computed in draw after draw of the model without the
    group, for the answers of the survey and for answers drawn from the same draw (Gelman, Meng and Stern 1996; missing
    answers stay missing).

    Discrepancies that depend on parameters are conservative as a rule: the parameters are fitted to the observed
    answers. An efficient score hardly depends on the parameters that were fitted, so that its p-values are
    asymptotically uniform (Robins, van der Vaart and Ventura 2000). What the item probabilities could absorb is not
    taken out, which leaves the p-values somewhat conservative where classes overlap widely.

    Outcomes have no part in the statistic, which is about the answers to the items.

    Latent constructs of the group enter with the expectation of the score given its indicators alone, which a model
    without the group leaves independent of the class.

    Parameters
    ----------
    fit : Fit
        A fit with the group, which lends its design.
    null : Fit
        A fit without it, to the same respondents.
    group : str
        The group.
    draws : int
        Evenly spread draws used of all chains.
    seed : int
        Seed of the replicated answers.

    Returns
    -------
    NullCheck
        Statistics and p-value.

    Raises
    ------
    LatentClassError
        When the first fit lacks the group or the second has it, or their respondents differ.

    References
    ----------
    Gelman, A., Meng, X.-L. and Stern, H. (1996). Posterior predictive assessment of model fitness via realized
    discrepancies. Statistica Sinica, 6, 733-807.
    Robins, J. M., van der Vaart, A. and Ventura, V. (2000). Asymptotic distribution of p values in composite null
    models. Journal of the American Statistical Association, 95, 1143-1156.

    Examples
    --------
    >>> import latentclass as lc
    >>> null_check(fit, fit_without_individual, "individual")  # doctest: +SKIP
    NullCheck(without individual: median score statistic 9.8 observed, 9.1 replicated, 9 slopes; p 0.44 +- 0.03; ...)
    """
    for survey in (fit.survey, null.survey):
        survey.check_one_row_each("null_check")
    _check(fit, null, group, draws)
    per_chain = max(draws // null.posterior.sizes[CHAIN], 1)
    posterior = null.posterior.isel({DRAW: evenly(null.posterior.sizes[DRAW], per_chain)})
    answers = flat(posterior_predictive(posterior, null.survey, seed=seed)[RESPONSES], "respondent", "item")
    answers = np.where(null.survey.codes < 0, -1, answers)
    own, found = Draws.of(posterior, null.survey), np.empty((len(answers), 2))
    x, observed = _design(fit, group, seed), one_hot(null.survey)
    for i, replicate in enumerate(answers):
        one = own.take(slice(i, i + 1))
        other = _nuisance(null.survey, one)
        replicated = one_hot(replace(null.survey, codes=replicate))
        for j, chosen in enumerate((observed, replicated)):
            residual = _residual(null.survey, one, chosen)
            found[i, j] = _statistic(score_contributions(x, residual), score_contributions(other, residual))
    n_chains = posterior.sizes[CHAIN]
    exceeds = found[:, 1] >= found[:, 0]
    return NullCheck(
        group=group,
        statistics=pd.DataFrame(found, columns=["observed", "replicated"], index=pd.RangeIndex(len(found), name=DRAW)),
        p_value=float(exceeds.mean()),
        error=_error(exceeds.reshape(n_chains, -1)),
        n_slopes=x.shape[1] * (null.model.n_classes - 1),
    )


def score_contributions(design: np.ndarray, residual: np.ndarray) -> np.ndarray:
    """Return what each respondent adds to the gradient of the log-likelihood by slopes at zero.

    Parameters
    ----------
    design : ndarray [respondent, column]
        Covariates.
    residual : ndarray [respondent, direction]
        Probability of the classes after the answers less that before, in an orthonormal basis of what sums to zero.

    Returns
    -------
    ndarray [respondent, column * direction]
        Products of all columns with all directions.

    Examples
    --------
    >>> score_contributions(np.array([[1.0, 2.0]]), np.array([[0.5]]))
    array([[0.5, 1. ]])
    """
    return (design[:, :, None] * residual[:, None, :]).reshape(len(design), -1)


def _check(fit: Fit, null: Fit, group: str, draws: int) -> None:
    names = [g.name for g in fit.survey.groups]
    if group not in names:
        message = f"The fit has no factor group {group!r}.{near_miss(group, names)} Its groups are {listed(names)}."
        raise LatentClassError(message)
    if group in [g.name for g in null.survey.groups]:
        message = f"The second fit is to lack the group {group!r}, but has it."
        raise LatentClassError(message)
    if fit.survey.respondents != null.survey.respondents:
        message = (
            f"Both fits are to be of the same respondents; the first has {fit.survey.n_respondents}, the second "
            f"{null.survey.n_respondents}."
        )
        raise LatentClassError(message)
    if null.model.n_classes == 1:
        message = "With one class there is no membership for a group to determine."
        raise LatentClassError(message)
    if isinstance(draws, bool) or not isinstance(draws, int | np.integer) or draws < 1:
        message = f"draws is a positive whole number; got {draws!r}."
        raise LatentClassError(message)


def _design(fit: Fit, group: str, seed: int) -> np.ndarray:
    """Return the centred design of a group, latent constructs by their expected scores."""
    design = next(g for g in fit.survey.groups if g.name == group)
    latent = fit.model.latent_constructs
    matrix = np.array(design.matrix, dtype=float)
    if _columns(design, latent):
        expected = expected_scores(fit, seed)
        for j, which in _columns(design, latent):
            matrix[:, j] = expected[:, which]
    return matrix - matrix.mean(axis=0)


def _columns(design: GroupDesign, latent: Sequence[str]) -> list[tuple[int, int]]:
    return [(j, latent.index(c.construct)) for j, c in enumerate(design.columns) if c.construct in latent]


def expected_scores(fit: Fit, seed: int = 0) -> np.ndarray:
    """Return the expectation of every score of a latent construct given the indicators alone.

    Parameters
    ----------
    fit : Fit
        The fit.
    seed : int
        Seed of the integration.

    Returns
    -------
    ndarray [respondent, construct]
        Expected scores; zeros for a single class, where no class depends on them.
    """
    survey, posterior = fit.survey, fit.posterior
    kept = evenly(posterior.sizes[CHAIN] * posterior.sizes[DRAW], _SCORE_DRAWS)
    measurement = measurement_of(posterior, survey, kept, seed, _SCORE_POINTS)
    total = np.zeros((survey.n_respondents, len(survey.model.latent_constructs)))
    if measurement is None:
        return total
    for block in blocks(len(kept), survey.n_respondents * _SCORE_POINTS * total.shape[1] ** 2):
        one = measurement.take(block)
        score, weight = weighted_scores(
            one.indicators, one.precision, survey.likert_codes, survey.continuous_values, one.standard
        )
        total += (score * weight[..., None]).sum(axis=2).sum(axis=0) / len(kept)
    return total


def _nuisance(survey: Survey, one: Draws) -> np.ndarray:
    """Return the columns whose slopes the model has, a constant first, with the scores of the draw."""
    parts = [np.ones((survey.n_respondents, 1))]
    for design in survey.groups:
        matrix = np.array(design.matrix, dtype=float)
        for j, which in _columns(design, survey.model.latent_constructs):
            matrix[:, j] = 0.0 if one.score is None else one.score[0, :, which]
        parts.append(matrix)
    return np.concatenate(parts, axis=1)


def _residual(survey: Survey, one: Draws, chosen: np.ndarray) -> np.ndarray:
    logits = membership_logits(one, survey.groups, survey.model.latent_constructs, one.score)
    difference = softmax(logits + log_answers(one, chosen)) - softmax(logits)
    return difference[0].T @ helmert(survey.model.n_classes).T


def _statistic(own: np.ndarray, other: np.ndarray) -> float:
    """Return u' V^-1 u of the sum u of what a regression on `other` leaves of `own`, V its cross-products."""
    everything = np.concatenate([other, own], axis=1)
    ones = np.ones(len(own))
    # The squared length of the constant's projection on both, less that on the first alone.
    return _explained(everything, ones) - _explained(other, ones)


def _explained(columns: np.ndarray, ones: np.ndarray) -> float:
    fitted = columns @ np.linalg.lstsq(columns, ones, rcond=1e-9)[0]
    return float(fitted @ fitted)


def _error(exceeds: np.ndarray) -> float:
    n, p = exceeds.size, float(exceeds.mean())
    effective = float(az.ess(exceeds.astype(float), method="mean")) if 0 < p < 1 and exceeds.shape[1] > 3 else float(n)
    effective = float(np.clip(effective, 1.0, n)) if np.isfinite(effective) else float(n)
    return float(np.sqrt(max(p * (1 - p), 0.25 / effective) / effective))
