"""`latentclass.check`: posterior predictive checks of a fit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from latentclass import dims
from latentclass.checks.bivariate import bivariate
from latentclass.checks.covariates import by_covariate, independence
from latentclass.checks.families import Family, Tested, judged
from latentclass.checks.margins import margins, profiles
from latentclass.checks.patterns import patterns, recurrence, recurring_rows
from latentclass.checks.person_fit import person_fit, standardised_log_likelihood
from latentclass.checks.pit import check_pit
from latentclass.checks.point import Point
from latentclass.checks.replicates import Projection, drawn_surveys, projection, sums
from latentclass.checks.result import Check, Checks, holm
from latentclass.checks.separation import separation
from latentclass.errors import LatentClassError
from latentclass.model import FrozenMapping
from latentclass.posterior import Fit

__all__ = ["check"]

_FAMILIES = {
    "margins": margins,
    "profiles": profiles,
    "by_covariate": by_covariate,
    "independence": independence,
    "bivariate": bivariate,
    "patterns": patterns,
    "person_fit": person_fit,
    "separation": separation,
}
_FEWEST_REPLICATES = 100


def check(fit: Fit, *, replicates: int = 1000, level: float = 0.05, seed: int = 0) -> Checks:
    """Check a fit against surveys drawn from its posterior.

    Every test quantity is a sum over the respondents. It is compared with its values in surveys of the same
    respondents, drawn from the posterior with the same answers missing. The posterior has seen the survey, so plain
    posterior predictive p-values are conservative. Here all sums are taken at the posterior mean and, but for the
    margins, made orthogonal to the score of the parameters, so that to first order they do not depend on where in the
    posterior the parameters are; then the p-values are uniform in large samples when the model is right (Robins, van
    der Vaart and Ventura 2000). Conservative remain "margins", "recurrence" and "pit".

    Each check has one p-value for all its test quantities, taken from the joint distribution of the replicates; these
    are adjusted for the number of checks by Holm's method. So all checks together accuse a right model with probability
    `level` at most, in large samples.

    Parameters
    ----------
    fit : Fit
        The fit.
    replicates : int
        Surveys to draw, 100 or more. The smallest p-value of a check is 1 / (replicates + 1).
    level : float
        Probability with which all checks together may accuse a right model.
    seed : int
        Seed.

    Returns
    -------
    Checks
        One `Check` each for margins (share of every level), profiles (levels within the classes, cumulative items),
        by_covariate (margins along covariates), independence (items and covariates given the class), bivariate (pairs
        of items given the class), patterns and recurrence (whole rows of answers), person_fit, separation and pit
        (leave-one-out predictions of ordinal answers).

    Raises
    ------
    LatentClassError
        When an argument is out of range.

    References
    ----------
    Gelman, A., Meng, X.-L. and Stern, H. (1996). Posterior predictive assessment of model fitness via realized
    discrepancies. Statistica Sinica, 6(4), 733-760.
    Robins, J. M., van der Vaart, A. and Ventura, V. (2000). Asymptotic distribution of p values in composite null
    models. Journal of the American Statistical Association, 95(452), 1143-1156.

    Examples
    --------
    >>> import latentclass as lc
    >>> checks = lc.check(fit)  # doctest: +SKIP
    >>> checks.table  # doctest: +SKIP
    """
    _validate(replicates, level)
    fit.survey.check_one_row_each("lc.check")
    point, survey = Point.of(fit), fit.survey
    made = {name: make(point) for name, make in _FAMILIES.items()}
    skipped = {name: family for name, family in made.items() if isinstance(family, str)}
    families = [family for family in made.values() if isinstance(family, Family)]
    found = projection(point, families, seed=seed)
    total, bare, recurring, respondents = _observed_and_replicated(fit, point, families, found, replicates, seed)
    outcomes = _outcomes(families, total, bare)
    repeats = recurrence(survey)
    if isinstance(repeats, str):
        skipped["recurrence"] = repeats
    else:
        outcomes.append((repeats, judged(repeats, recurring[0], recurring[1:], (recurring[0], recurring[1:]))))
    pit = check_pit(fit.posterior, survey, replicates=replicates, seed=seed)
    if isinstance(pit, str):
        skipped["pit"] = pit
    else:
        outcomes.append(pit)
    adjusted = holm([outcome.p_value for _, outcome in outcomes])
    return Checks(
        checks=tuple(_check(f, o, p, level) for (f, o), p in zip(outcomes, adjusted, strict=True)),
        skipped=FrozenMapping(skipped),
        respondents=respondents,
        level=level,
        n_replicates=replicates,
    )


def _validate(replicates: object, level: object) -> None:
    if isinstance(replicates, bool) or not isinstance(replicates, int | np.integer) or replicates < _FEWEST_REPLICATES:
        message = f"replicates is a whole number, {_FEWEST_REPLICATES} or more; got {replicates!r}."
        raise LatentClassError(message)
    if not isinstance(level, float) or not 0 < level < 1:
        message = f"level is a probability between 0 and 1, such as 0.05; got {level!r}."
        raise LatentClassError(message)


def _observed_and_replicated(
    fit: Fit, point: Point, families: Sequence[Family], found: Projection, replicates: int, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, pd.DataFrame]:
    """Return sums, sums made orthogonal and recurring rows, the survey's first; and the fit of each respondent."""
    survey = fit.survey
    total, bare = ([part] for part in sums(point, families, found, survey.codes[None]))
    recurring = [recurring_rows(survey.codes[None])]
    everyone = np.arange(survey.n_respondents)
    fitting = standardised_log_likelihood(point, point.answers(survey.codes, everyone))
    lower = np.zeros(survey.n_respondents)
    for codes in drawn_surveys(fit.posterior, survey, replicates=replicates, seed=seed):
        for kept, part in zip((total, bare), sums(point, families, found, codes), strict=True):
            kept.append(part)
        recurring.append(recurring_rows(codes))
        for one in codes:
            lower += standardised_log_likelihood(point, point.answers(one, everyone)) <= fitting + 1e-9
    respondents = pd.DataFrame(
        {"log_likelihood_z": fitting, "p": (1 + lower) / (1 + replicates)},
        index=pd.Index(list(survey.respondents), name=dims.RESPONDENT),
    )
    return np.concatenate(total), np.concatenate(bare), np.concatenate(recurring), respondents


def _outcomes(families: Sequence[Family], total: np.ndarray, bare: np.ndarray) -> list[tuple[Family, Tested]]:
    ends = np.cumsum([len(family.row_of) for family in families])[:-1]
    found = []
    for family, raw, own in zip(families, np.split(total, ends, axis=1), np.split(bare, ends, axis=1), strict=True):
        described = family.described(raw)
        found.append((family, judged(family, own[0], own[1:], (described[0], described[1:]))))
    return found


def _check(family: Family, outcome: Tested, adjusted: float, level: float) -> Check:
    return Check(
        name=family.name,
        title=family.title,
        table=outcome.table,
        unit=family.unit,
        observed=outcome.observed,
        replicated=outcome.replicated,
        p_value=outcome.p_value,
        p_adjusted=adjusted,
        calibrated=family.orthogonal,
        failed=adjusted <= level,
        advice=family.advice,
    )
