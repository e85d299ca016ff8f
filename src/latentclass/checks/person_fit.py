"""Person fit: whether anybody answers as no class does."""

from __future__ import annotations

import numpy as np
from scipy.special import logsumexp, xlogy

from latentclass.checks.families import Family
from latentclass.checks.point import Answers, Point, item_slices

__all__ = ["careless_gain", "person_fit", "standardised_log_likelihood"]

_LOW = -2.0
# The power is flat in it between a tenth and a half, whether 10 or 30 % are careless.
_CARELESS = 0.3
_SMALLEST = 1e-300


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
    logs = np.log(np.maximum(p, _SMALLEST))
    slices = item_slices(point.survey)
    mean = np.stack([xlogy(p[:, s], p[:, s]).sum(axis=1) for s in slices])
    second = np.stack([(p[:, s] * logs[:, s] ** 2).sum(axis=1) for s in slices])
    given = (answers.codes >= 0).astype(float)
    variance = given @ (second - mean**2)
    surplus = answers.chosen @ logs.T - given @ mean
    z = np.divide(surplus, np.sqrt(variance), out=np.zeros_like(surplus), where=variance > 1e-12)
    return np.asarray((answers.membership * z).sum(axis=1))


def careless_gain(point: Point, answers: Answers) -> np.ndarray:
    """Return what each row's log-likelihood gains if some respondents answer carelessly.

    Careless respondents answer each item without regard to the others; half of them choose every level equally often,
    half as often as all respondents together do. The gain is log(1 - w + w c / p), with p the probability of the
    answers in the model, c that of careless answers and w = 0.3 the share of the careless: the likelihood ratio of
    Levine and Drasgow (1988), where nobody knows who is careless. Profiles that flatten take up much of a careless
    group; that part of the gain is what the scores explain.

    Parameters
    ----------
    point : Point
        The posterior mean.
    answers : Answers
        Answers.

    Returns
    -------
    ndarray [row]
        Positive for answers that are likelier careless, never below log(1 - w); 0 for a row without any.

    References
    ----------
    Levine, M. V. and Drasgow, F. (1988). Optimal appropriateness measurement. Psychometrika, 53(2), 161-176.
    """
    survey, p = point.survey, point.probability
    equally = np.concatenate([np.full(len(item.levels), 1 / len(item.levels)) for item in survey.items])
    logs, careless = (np.log(np.maximum(x, _SMALLEST)) for x in (p, np.stack([equally, point.share.mean(axis=0) @ p])))
    with np.errstate(divide="ignore"):
        fitted = logsumexp(answers.chosen @ logs.T + np.log(answers.share), axis=1)
    ratio = logsumexp(answers.chosen @ careless.T, axis=1) - np.log(len(careless)) - fitted
    return np.asarray(np.logaddexp(np.log1p(-_CARELESS), np.log(_CARELESS) + ratio))


def person_fit(point: Point) -> Family | str:
    """Return whether some respondents answer carelessly, and how much the fit to the classes scatters.

    Parameters
    ----------
    point : Point
        The posterior mean.

    Returns
    -------
    Family or str
        Scatter of the standardised log-likelihood; the share below -2, which is told but not judged, since it is the
        least sensitive of the three; and the gain from careless respondents (`careless_gain`), which counts only when
        it is larger than expected.
    """
    n = point.survey.n_respondents

    def columns(answers: Answers) -> np.ndarray:
        z = standardised_log_likelihood(point, answers)
        return np.column_stack([z**2, z < _LOW, careless_gain(point, answers)])

    return Family(
        name="person_fit",
        title="respondents who answer as no class does",
        rows=(("scatter",), (f"share below {_LOW:.0f}",), ("careless",)),
        row_names=("quantity",),
        row_of=np.arange(3),
        columns=columns,
        described=lambda sums: sums / n,
        unit="mean square and share of the standardised log-likelihood; mean gain in log-likelihood",
        advice=(
            "Some respondents answer as no class does: careless or random answers, or a small class that is missing; "
            "see checks.respondents."
        ),
        upwards=(2,),
        unjudged=(1,),
    )
