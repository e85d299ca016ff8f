"""Bivariate residuals: whether the answers to two items are independent given the class."""

from __future__ import annotations

import numpy as np

from latentclass.checks.families import Family, roots_of_squares
from latentclass.checks.point import Answers, Point

__all__ = ["bivariate"]


def bivariate(point: Point) -> Family | str:
    """Return the bivariate residuals of all pairs of items.

    The test quantity is the score for an association of the two items within the classes, the same in each: the sum of
    the products of the residuals given the class, weighted by the class probabilities (a score test in the manner of
    Oberski, van Kollenburg and Vermunt 2013). Ordinal and binary items count by the position of the level, nominal
    ones level by level.

    Parameters
    ----------
    point : Point
        The posterior mean.

    Returns
    -------
    Family or str
        The family, or why there is none.

    References
    ----------
    Oberski, D. L., van Kollenburg, G. H. and Vermunt, J. K. (2013). A Monte Carlo evaluation of three methods to detect
    local dependence in binary data latent class models. Advances in Data Analysis and Classification, 7(3), 267-279.
    """
    one, two = np.triu_indices(len(point.item_of), k=1)
    apart = point.item_of[one] != point.item_of[two]
    one, two = one[apart], two[apart]
    if not len(one):
        return "there is one item only"
    names = [item.name for item in point.survey.items]
    pairs, row_of = np.unique(np.column_stack([point.item_of[one], point.item_of[two]]), axis=0, return_inverse=True)
    row_of = row_of.ravel()
    mean = point.class_mean
    product = mean[:, one] * mean[:, two]
    deviation = np.sqrt(point.share @ point.class_variance) * point.survey.answered[:, point.item_of]
    scale = (deviation.T @ deviation)[one, two]

    def columns(answers: Answers) -> np.ndarray:
        value, expected = answers.value, answers.membership @ mean
        found = value[:, one] * value[:, two] - value[:, one] * expected[:, two] - value[:, two] * expected[:, one]
        return (found + answers.membership @ product) * answers.answered[:, one] * answers.answered[:, two]

    def described(sums: np.ndarray) -> np.ndarray:
        correlation = np.divide(sums, scale, out=np.zeros_like(sums), where=scale > 0)
        return roots_of_squares(correlation, row_of, len(pairs))

    return Family(
        name="bivariate",
        title="items independent given the class (all pairs)",
        rows=tuple((names[a], names[b]) for a, b in pairs),
        row_names=("item", "other"),
        row_of=row_of,
        columns=columns,
        described=described,
        unit="correlation within the classes",
        advice=(
            "Given the class these items still go together: they may ask the same thing (keep one, or add them up), or "
            "there is another class."
        ),
    )
