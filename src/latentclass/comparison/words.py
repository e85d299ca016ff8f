"""Which criterion supports which number of classes, in sentences."""

from __future__ import annotations

from typing import Any

import pandas as pd

from latentclass.comparison.sparse import Occupied

__all__ = ["sentences", "supported"]

_LARGER_IS_BETTER = {"log marginal likelihood": "log_marginal", "prediction": "elpd"}
_SMALLER_IS_BETTER = {"BIC": "bic", "sample-size adjusted BIC": "sabic", "ICL": "icl"}
# Log Bayes factor, and half a difference in BIC, below which the best is hardly better than the next: a factor of 20.
_CLEAR = 3.0
_CLEAR_ERRORS = 2.0
_SMALL = 0.05


def supported(table: pd.DataFrame) -> pd.Series:
    """Return the fit that each criterion is best for.

    Parameters
    ----------
    table : DataFrame
        The table of a comparison.

    Returns
    -------
    Series
        Index ``criterion``; criteria without a number are left out.
    """
    found = {name: table[column].idxmax() for name, column in _LARGER_IS_BETTER.items() if table[column].notna().any()}
    found |= {
        name: table[column].idxmin() for name, column in _SMALLER_IS_BETTER.items() if table[column].notna().any()
    }
    return pd.Series(found, name="fit").rename_axis("criterion")


def sentences(table: pd.DataFrame, occupied: Occupied | None) -> tuple[str, ...]:
    """Return what supports which fit.

    Parameters
    ----------
    table : DataFrame
        The table of a comparison.
    occupied : Occupied, optional
        The opinion of a sparse mixture.

    Returns
    -------
    tuple of str
        Sentences.
    """
    best = supported(table)
    found = [_agreement(best, table, occupied)]
    found += [s for s in (_marginal(table), _prediction(table), _bic(table)) if s]
    if occupied is not None:
        found.append(_occupied(occupied))
    found += _dependence(table) + _cautions(table, best)
    return tuple(found)


def _name(table: pd.DataFrame, fit: Any) -> str:
    k = int(table["n_classes"].loc[fit])
    words = f"{k} class{'es' if k > 1 else ''}"
    return words if fit == k else f"{fit!r} ({words})"


def _agreement(best: pd.Series, table: pd.DataFrame, occupied: Occupied | None) -> str:
    votes: dict[str, list[str]] = {}
    for criterion, fit in best.items():
        votes.setdefault(_name(table, fit), []).append(str(criterion))
    if occupied is not None and occupied.ok:
        own = f"{occupied.likeliest} class{'es' if occupied.likeliest > 1 else ''}"
        votes.setdefault(own, []).append("sparse mixture")
    if len(votes) == 1:
        return f"All criteria are best for {next(iter(votes))}."
    told = "; ".join(f"{fit}: {', '.join(criteria)}" for fit, criteria in votes.items())
    return f"The criteria do not agree. Best for {told}."


def _marginal(table: pd.DataFrame) -> str:
    values = table["log_marginal"].dropna().sort_values(ascending=False)
    if len(values) < 2:
        return ""
    gap = float(values.iloc[0] - values.iloc[1])
    first, second = (_name(table, fit) for fit in values.index[:2])
    errors = table.loc[values.index[:2], "log_marginal_error"].pow(2).sum() ** 0.5
    clear = gap - 2 * errors > _CLEAR
    how = "clearly" if clear else "but hardly"
    return (
        f"Log marginal likelihood, under the priors of the model: {first} over {second} by {gap:.1f} "
        f"({how} more; it moves with the priors)."
    )


def _prediction(table: pd.DataFrame) -> str:
    gaps = -table["elpd_diff"]
    best = table["elpd"].idxmax()
    alike = [f for f in table.index if f != best and gaps[f] <= max(_CLEAR_ERRORS * table.loc[f, "elpd_diff_se"], 4.0)]
    if not alike:
        return f"Prediction (leave-one-out): {_name(table, best)}, two standard errors better than all others."
    others = ", ".join(_name(table, f) for f in alike)
    return f"Prediction (leave-one-out): {_name(table, best)}, which cannot be told from {others}."


def _bic(table: pd.DataFrame) -> str:
    values = table["bic"].sort_values()
    if len(values) < 2:
        return ""
    gap = float(values.iloc[1] - values.iloc[0])
    first, second = (_name(table, fit) for fit in values.index[:2])
    return f"BIC: {first} by {gap:.1f} over {second}{'' if gap > 2 * _CLEAR else ', which is little'}."


def _occupied(occupied: Occupied) -> str:
    likely = occupied.table["posterior"]
    told = ", ".join(
        f"{k} with probability {p:.2f}" for k, p in likely.sort_values(ascending=False).items() if p > 0.05
    )
    doubt = "" if occupied.ok else " Its chains do not agree, so that this is not to be relied on."
    return (
        f"A sparse mixture of {occupied.n_components} classes, Dirichlet({occupied.share:g}) shares, keeps members in "
        f"{told}.{doubt}"
    )


def _dependence(table: pd.DataFrame) -> list[str]:
    """Say where respondents who differ by degree within fewer classes are the better account."""
    with_effect, plain = table["bic_random_effect"], table["bic"]
    if not with_effect.notna().any():
        return []
    fit: Any = with_effect.idxmin()
    best: Any = plain.idxmin()
    gain = float(plain[best] - with_effect[fit])
    if gain <= 2 * _CLEAR:
        return []
    k = int(table["n_classes"].loc[fit])
    several = f"{k} classes" if k > 1 else "a single class"
    return [
        f"Local dependence: {several} whose respondents also differ by degree (a random effect on all items): a BIC "
        f"lower by {gain:.1f} than with any number of plain classes. Answers go together within the classes, and "
        "further plain classes may be degrees of one another rather than kinds."
    ]


def _cautions(table: pd.DataFrame, best: pd.Series) -> list[str]:
    found = []
    for fit in dict.fromkeys(best):
        row = table.loc[fit]
        if row["failed"]:
            found.append(f"With {_name(table, fit)}, checks failed: {', '.join(row['failed'])}.")
        if row["smallest_class"] < _SMALL:
            found.append(
                f"With {_name(table, fit)}, the smallest class has a share of {row['smallest_class']:.1%}, "
                f"{row['smallest_count']} respondents."
            )
    return found
