"""How far the classes of two fits are from each other: what an outcome did to the classes, say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment
from scipy.special import comb

from latentclass.errors import FitError

if TYPE_CHECKING:
    from latentclass.posterior.fit import Fit

__all__ = ["Drift", "adjusted_rand_index", "drift"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Drift:
    """How far the classes of one fit are from those of another. Made by `latentclass.drift`.

    Parameters
    ----------
    table : DataFrame
        Index ``class`` of the first fit; ``other``, the class of the second that is matched to it; ``share``,
        ``other_share`` and their ``difference``; ``profile_distance``, half the sum of the absolute differences of the
        answer probabilities of an item, averaged over the items: 0 for equal profiles, 1 for profiles without a common
        answer.
    rand_index : float
        Adjusted Rand index of the likeliest classes of all respondents: 1 when they are the same, 0 when they agree no
        more than by chance.
    """

    table: pd.DataFrame
    rand_index: float

    def __repr__(self) -> str:
        share, profile = self.table["difference"].abs().max(), self.table["profile_distance"].max()
        return (
            f"Drift(adjusted Rand index {self.rand_index:.3f}; largest difference of a share {share:.3f}, of a profile "
            f"{profile:.3f}; next: .table)"
        )


def drift(one: Fit, other: Fit) -> Drift:
    """Compare the classes of two fits of the same items.

    Where an outcome takes part in a fit (one-step), it may move the classes; a two-step fit keeps it from that. The
    drift between the two says whether the classes mean the same.

    Parameters
    ----------
    one, other : Fit
        The fits, of the same respondents, items and number of classes.

    Returns
    -------
    Drift
        Classes matched by their profiles, differences of shares and profiles, adjusted Rand index.

    Raises
    ------
    FitError
        When respondents, items or the number of classes differ.

    Examples
    --------
    >>> one = lc.fit(model, frame)  # doctest: +SKIP
    >>> lc.drift(one, lc.fit(model, frame, outcomes="two-step"))  # doctest: +SKIP
    Drift(adjusted Rand index 0.981; ...)
    """
    for fit in (one, other):
        fit.survey.check_one_row_each("lc.drift")
    for what, values in (
        ("respondents", [fit.survey.respondents for fit in (one, other)]),
        ("items", [fit.survey.items for fit in (one, other)]),
        ("number of classes", [fit.model.n_classes for fit in (one, other)]),
    ):
        if values[0] != values[1]:
            message = f"Fits whose {what} differ have no drift between them; give two fits of the same survey."
            raise FitError(message)
    profiles = [fit.profiles(wide=True) for fit in (one, other)]
    distance = _distances(profiles[0], profiles[1])
    matched = linear_sum_assignment(distance)[1]
    shares = [fit.classes()["mean"] for fit in (one, other)]
    table = pd.DataFrame(
        {
            "other": shares[1].index[matched],
            "share": shares[0].to_numpy(),
            "other_share": shares[1].to_numpy()[matched],
            "difference": shares[1].to_numpy()[matched] - shares[0].to_numpy(),
            "profile_distance": distance[np.arange(len(matched)), matched],
        },
        index=shares[0].index,
    )
    modal = [fit.memberships()["modal"] for fit in (one, other)]
    return Drift(table=table, rand_index=adjusted_rand_index(modal[0], modal[1]))


def adjusted_rand_index(one: pd.Series, other: pd.Series) -> float:
    """Return how far two partitions agree beyond chance (Hubert and Arabie 1985).

    Parameters
    ----------
    one, other : Series
        Part of every respondent, in the same order.

    Returns
    -------
    float
        1 for the same partition, 0 in the mean of random ones of these sizes. 1 where neither separates anybody.

    References
    ----------
    Hubert, L. and Arabie, P. (1985). Comparing partitions. Journal of Classification, 2, 193-218.

    Examples
    --------
    >>> round(adjusted_rand_index(pd.Series([0, 0, 1, 1]), pd.Series([0, 0, 1, 2])), 3)
    0.571
    """
    counts = pd.crosstab(one.to_numpy(), other.to_numpy()).to_numpy()
    together = comb(counts, 2).sum()
    rows, columns = comb(counts.sum(axis=1), 2).sum(), comb(counts.sum(axis=0), 2).sum()
    chance = rows * columns / comb(counts.sum(), 2)
    most = 0.5 * (rows + columns)
    return 1.0 if most == chance else float((together - chance) / (most - chance))


def _distances(one: pd.DataFrame, other: pd.DataFrame) -> np.ndarray:
    """Return the distance between the profile of every class of one fit and every class of the other."""
    items = one.index.get_level_values("item")
    n_items = items.nunique()
    return np.array([[np.abs(one[a] - other[b]).sum() / (2 * n_items) for b in other] for a in one])
