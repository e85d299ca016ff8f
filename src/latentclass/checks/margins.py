"""Item margins: how often each level was chosen, and in which class."""

from __future__ import annotations

import numpy as np

from latentclass.checks.families import Family
from latentclass.checks.point import Answers, Point, item_slices
from latentclass.model import Structure

__all__ = ["margins", "profiles"]


def margins(point: Point) -> Family | str:
    """Return the share of every level of every item.

    The parameters are fitted to the margins, so the p-values are conservative: a failed check means that priors, or
    the cumulative form of an item, keep the model from its data.

    Parameters
    ----------
    point : Point
        The posterior mean.

    Returns
    -------
    Family
        One test quantity per level.
    """
    counts = np.maximum(point.survey.answered.sum(axis=0), 1)
    sizes = np.repeat(counts, [len(item.levels) for item in point.survey.items])

    def columns(answers: Answers) -> np.ndarray:
        return answers.chosen

    def described(sums: np.ndarray) -> np.ndarray:
        return sums / sizes

    rows = tuple((item.name, level) for item in point.survey.items for level in item.levels)
    return Family(
        name="margins",
        title="how often each level was chosen",
        rows=rows,
        row_names=("item", "level"),
        row_of=np.arange(len(rows)),
        columns=columns,
        described=described,
        unit="share of the answers",
        advice=(
            "The model does not reproduce the margins it was fitted to: the priors of the items overrule the data, or "
            "the cumulative form does not suit the item (structure='free')."
        ),
        orthogonal=False,
    )


def profiles(point: Point) -> Family | str:
    """Return the share of every level within every class, for items with cumulative logits.

    Free items are fitted level by level, so there is nothing to test in them.

    Parameters
    ----------
    point : Point
        The posterior mean.

    Returns
    -------
    Family or str
        One test quantity per level and class, or why there is none.
    """
    survey, names = point.survey, point.survey.model.class_names
    chosen = [
        (item, where)
        for item, where in zip(survey.items, item_slices(survey), strict=True)
        if item.structure is Structure.CUMULATIVE and len(item.levels) > 2
    ]
    if not chosen or len(names) == 1:
        return "no item has cumulative logits with three levels or more in two classes or more"
    levels = np.concatenate([np.arange(where.start, where.stop) for _, where in chosen])
    rows = tuple((name, item.name, level) for name in names for item, _ in chosen for level in item.levels)
    item_at = np.repeat([survey.items.index(item) for item, _ in chosen], [len(item.levels) for item, _ in chosen])
    probability = point.probability[:, levels]
    expected = (point.share.T @ survey.answered[:, item_at]).ravel()

    def columns(answers: Answers) -> np.ndarray:
        given = (answers.codes[:, item_at] >= 0)[:, None, :]
        residual = answers.chosen[:, None, levels] - given * probability[None]
        return (answers.membership[:, :, None] * residual).reshape(len(answers), -1)

    def described(sums: np.ndarray) -> np.ndarray:
        return sums / np.maximum(expected, 1e-12) + probability.ravel()

    return Family(
        name="profiles",
        title="levels within the classes (cumulative items)",
        rows=rows,
        row_names=("class", "item", "level"),
        row_of=np.arange(len(rows)),
        columns=columns,
        described=described,
        unit="share of the answers in the class",
        advice=(
            "The classes do not answer these items in the form of a cumulative logit, for example at both ends at "
            "once: use structure='free' or dispersion=True."
        ),
    )
