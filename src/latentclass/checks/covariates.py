"""Items and covariates: whether covariates reach the answers through the class alone."""

from __future__ import annotations

import numpy as np

from latentclass.checks.families import Family, roots_of_squares
from latentclass.checks.point import Answers, Point

__all__ = ["by_covariate", "independence"]

_ADVICE = (
    "The covariate shifts the answers to the item beyond what membership explains (a direct effect, differential item "
    "functioning): the item means something else to these respondents; leave it out, or fit without it and compare."
)


def by_covariate(point: Point) -> Family | str:
    """Return the margins of every item along every covariate.

    The test quantity is the sum of covariate times answer less its expectation given the covariates: whether the
    margins move with the covariate as the classes say. Made orthogonal to the scores it is the score test of a direct
    effect that is the same in every class (Masyn 2017 reviews such effects).

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
    Masyn, K. E. (2017). Measurement invariance and differential item functioning in latent class analysis with stepwise
    multiple indicator multiple cause modeling. Structural Equation Modeling, 24(2), 180-197.
    """
    if not point.covariates:
        return "the model has no factor groups"
    scale, row_of, rows = _layout(point)

    def columns(answers: Answers) -> np.ndarray:
        residual = answers.value - answers.answered * (answers.share @ point.class_mean)
        product = point.design[answers.rows][:, :, None] * residual[:, None, :]
        return product.reshape(len(answers), -1)

    return Family(
        name="by_covariate",
        title="item margins along every covariate",
        rows=rows,
        row_names=("covariate", "item"),
        row_of=row_of,
        columns=columns,
        described=lambda sums: roots_of_squares(sums / scale, row_of, len(rows)),
        unit="correlation of covariate and residual",
        advice=_ADVICE,
    )


def independence(point: Point) -> Family | str:
    """Return the association of every item with every covariate within each class.

    The test quantities are the scores for direct effects of the covariate on the item, one for each class: the sums of
    covariate times answer less its expectation in the class, weighted by the probability of the class.

    Parameters
    ----------
    point : Point
        The posterior mean.

    Returns
    -------
    Family or str
        The family, or why there is none.
    """
    n_classes = point.share.shape[1]
    if not point.covariates:
        return "the model has no factor groups"
    if n_classes == 1:
        return "there is one class only, so it is the same as by_covariate"
    scale, row_of, rows = _layout(point)
    of_class = np.tile(row_of, n_classes)

    def columns(answers: Answers) -> np.ndarray:
        residual = answers.value[:, None] - answers.answered[:, None] * point.class_mean
        weighted = (residual * answers.membership[:, :, None])[:, :, None, :]
        return (weighted * point.design[answers.rows][:, None, :, None]).reshape(len(answers), -1)

    return Family(
        name="independence",
        title="items independent of covariates given the class",
        rows=rows,
        row_names=("covariate", "item"),
        row_of=of_class,
        columns=columns,
        described=lambda sums: roots_of_squares(sums / np.tile(scale, n_classes), of_class, len(rows)),
        unit="root of the summed squares of the correlations within the classes",
        advice=_ADVICE,
    )


def _layout(point: Point) -> tuple[np.ndarray, np.ndarray, tuple[tuple[str, str], ...]]:
    """Return scale and row of every pair of covariate and contrast, and the labels of the rows."""
    n_columns, names = len(point.covariates), [item.name for item in point.survey.items]
    answered = point.survey.answered[:, point.item_of]
    variance = (point.share @ point.class_variance) * answered
    scale = np.sqrt(np.maximum(variance.sum(axis=0) * ((point.design**2).T @ answered), 1e-300)).ravel()
    row_of = (np.arange(n_columns)[:, None] * len(names) + point.item_of).ravel()
    return scale, row_of, tuple((covariate, item) for covariate in point.covariates for item in names)
