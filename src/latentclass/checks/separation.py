"""Class separation: whether the respondents are told apart as well as the model says."""

from __future__ import annotations

import numpy as np
from scipy.special import entr

from latentclass.checks.families import Family
from latentclass.checks.point import Answers, Point

__all__ = ["separation"]

_ROWS = 20_000


def separation(point: Point) -> Family | str:
    """Return the certainty of classification, overall and by class.

    Entropy R² is one less the mean entropy of membership over log K (Ramaswamy et al. 1993); the average posterior
    probability of a class is taken over those for whom it is the likeliest (Nagin 2005).

    Parameters
    ----------
    point : Point
        The posterior mean.

    Returns
    -------
    Family or str
        Entropy R², the mean probability of the likeliest class, and the average posterior probability of every class;
        or why there is none.

    References
    ----------
    Nagin, D. S. (2005). Group-Based Modeling of Development. Harvard University Press.
    Ramaswamy, V., DeSarbo, W. S., Reibstein, D. J. and Robinson, W. T. (1993). An empirical pooling approach for
    estimating marketing mix elasticities with PIMS data. Marketing Science, 12(1), 103-124.
    """
    n, n_classes = point.share.shape
    if n_classes == 1:
        return "there is one class only"
    names = point.survey.model.class_names
    drawn = point.answers(*point.draw(np.random.default_rng(0), -(-_ROWS // n))).membership
    modal = drawn.argmax(axis=1)
    centre = np.array([drawn[modal == k, k].mean() if (modal == k).any() else 1.0 for k in range(n_classes)])
    count = np.maximum(np.bincount(modal, minlength=n_classes) * n / len(drawn), 1.0)

    def columns(answers: Answers) -> np.ndarray:
        q = answers.membership
        largest = q.max(axis=1, keepdims=True)
        assigned = q.argmax(axis=1)[:, None] == np.arange(n_classes)
        return np.hstack([entr(q).sum(axis=1, keepdims=True), largest, assigned * (largest - centre)])

    def described(sums: np.ndarray) -> np.ndarray:
        return np.hstack([1 - sums[:, :1] / (n * np.log(n_classes)), sums[:, 1:2] / n, centre + sums[:, 2:] / count])

    return Family(
        name="separation",
        title="how well the classes are told apart",
        rows=(("entropy R2", ""), ("mean certainty", ""), *(("average posterior probability", k) for k in names)),
        row_names=("quantity", "class"),
        row_of=np.arange(2 + n_classes),
        columns=columns,
        described=described,
        unit="see the rows",
        advice=(
            "Respondents are told apart less, or more, than the model says: within a class they differ by degree, "
            "not in kind, or there is another class."
        ),
    )
