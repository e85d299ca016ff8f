"""Person fit: whether anybody answers as no class does."""

from __future__ import annotations

import numpy as np
from scipy.special import xlogy

from latentclass.checks.families import Family
from latentclass.checks.point import Answers, Point, item_slices

__all__ = ["person_fit", "standardised_log_likelihood"]

_LOW = -2.0


def standardised_log_likelihood(point: Point, answers: Answers) -> np.ndarray:
    """Return how likely each row's answers are, standardised within the classes.

    The l_z of Drasgow, Levine and Williams (1985) given the class, averaged over the classes with their probabilities
    given the answers.

    Parameters
    ----------
    point : Point
        The posterior mean.
    answers : Answers
        Answers.

    Returns
    -------
    ndarray [row]
        Strongly negative for answers that no class gives; 0 for a row without any.

    References
    ----------
    Drasgow, F., Levine, M. V. and Williams, E. A. (1985). Appropriateness measurement with polychotomous item response
    models and standardized indices. British Journal of Mathematical and Statistical Psychology, 38(1), 67-86.
    """
    p = point.probability
    logs = np.log(np.maximum(p, 1e-300))
    slices = item_slices(point.survey)
    mean = np.stack([xlogy(p[:, s], p[:, s]).sum(axis=1) for s in slices])
    second = np.stack([(p[:, s] * logs[:, s] ** 2).sum(axis=1) for s in slices])
    given = (answers.codes >= 0).astype(float)
    variance = given @ (second - mean**2)
    surplus = answers.chosen @ logs.T - given @ mean
    z = np.divide(surplus, np.sqrt(variance), out=np.zeros_like(surplus), where=variance > 1e-12)
    return np.asarray((answers.membership * z).sum(axis=1))


def person_fit(point: Point) -> Family | str:
    """Return how much the respondents' fit to their classes scatters, and how many fit none.

    Parameters
    ----------
    point : Point
        The posterior mean.

    Returns
    -------
    Family or str
        Scatter of the standardised log-likelihood, and the share below -2.
    """
    n = point.survey.n_respondents

    def columns(answers: Answers) -> np.ndarray:
        z = standardised_log_likelihood(point, answers)
        return np.column_stack([z**2, z < _LOW])

    return Family(
        name="person_fit",
        title="respondents who answer as no class does",
        rows=(("scatter",), (f"share below {_LOW:.0f}",)),
        row_names=("quantity",),
        row_of=np.arange(2),
        columns=columns,
        described=lambda sums: sums / n,
        unit="mean square and share of the standardised log-likelihood",
        advice=(
            "Some respondents answer as no class does: careless or random answers, or a small class that is missing; "
            "see checks.respondents."
        ),
    )
