"""The score of every respondent: derivative of the log-likelihood by the parameters, and the information in it."""

from __future__ import annotations

import numpy as np

from latentclass.checks.point import Answers, Point

__all__ = ["information", "score_columns", "summed_scores"]

_BLOCK_ROWS = 2000


def score_columns(point: Point, answers: Answers) -> np.ndarray:
    """Return the score of every row.

    By Fisher's identity it is the expectation, over the class given the answers, of the score with the class known.

    Parameters
    ----------
    point : Point
        Where the derivatives are taken.
    answers : Answers
        Answers.

    Returns
    -------
    ndarray [row, parameter]
        Logits of membership (all classes but the last: intercept, then slopes), then the parameters of the items.
    """
    joint = answers.membership[:, :, None] * answers.chosen[:, None, :]
    of_items = joint.reshape(len(answers), -1) @ point.derivative
    surplus = (answers.membership - answers.share)[:, :-1, None]
    of_membership = (surplus * _with_one(point, answers.rows)[:, None, :]).reshape(len(answers), -1)
    return np.hstack([of_membership, of_items])


def summed_scores(point: Point, answers: Answers, times: int) -> np.ndarray:
    """Return the score of whole surveys: what `score_columns` adds up to, without the rows.

    Parameters
    ----------
    point : Point
        Where the derivatives are taken.
    answers : Answers
        Answers of all respondents, survey after survey.
    times : int
        Number of surveys.

    Returns
    -------
    ndarray [survey, parameter]
        The scores.
    """

    def by_survey(values: np.ndarray) -> np.ndarray:
        return values.reshape(times, -1, values.shape[1])

    membership = by_survey(answers.membership).transpose(0, 2, 1)
    of_items = (membership @ by_survey(answers.chosen)).reshape(times, -1) @ point.derivative
    surplus = membership[:, :-1] - by_survey(answers.share).transpose(0, 2, 1)[:, :-1]
    of_membership = surplus @ by_survey(_with_one(point, answers.rows))
    return np.hstack([of_membership.reshape(times, -1), of_items])


def information(point: Point, *, rows: int, seed: int) -> np.ndarray:
    """Return the expected information of one survey, from answers drawn at the point.

    Parameters
    ----------
    point : Point
        Where.
    rows : int
        How many respondents are drawn, at least; all respondents of the survey equally often.
    seed : int
        Seed.

    Returns
    -------
    ndarray [parameter, parameter]
        Sum over the respondents of the expected outer product of their score.
    """
    rng, n = np.random.default_rng(seed), point.survey.n_respondents
    times, at_once = -(-rows // n), max(1, _BLOCK_ROWS // n)
    total: np.ndarray | float = 0.0
    for start in range(0, times, at_once):
        score = score_columns(point, point.answers(*point.draw(rng, min(at_once, times - start))))
        total = total + score.T @ score
    return np.asarray(total) / times


def _with_one(point: Point, rows: np.ndarray) -> np.ndarray:
    return np.hstack([np.ones((len(rows), 1)), point.design[rows]])
