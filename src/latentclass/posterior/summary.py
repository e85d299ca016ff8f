"""The main answers of a fit on one screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from latentclass.posterior.fit import Fit

__all__ = ["summary"]

_MOST_COVARIATES = 8
_MOST_CLASSES = 8


def summary(fit: Fit) -> str:
    """Return classes, strongest covariates and the state of the draws as text.

    Parameters
    ----------
    fit : Fit
        The fit.

    Returns
    -------
    str
        At most about forty lines of at most 100 characters.
    """
    parts = [_head(fit), _classes(fit)]
    if fit.survey.groups and fit.model.n_classes > 1:
        parts.append(_effects(fit))
    if fit.survey.indicators:
        parts.append(_constructs(fit))
    parts.append(_trust(fit))
    return "\n\n".join(parts)


def _head(fit: Fit) -> str:
    codes, notes, weights = fit.survey.codes, fit.survey.notes, fit.survey.weights
    lines = [
        f"Latent class model, {_count(fit.model.n_classes, 'class', 'classes')}: "
        f"{fit.survey.n_respondents} respondents, {_count(codes.shape[1], 'item', 'items')}, "
        f"{weights @ (codes < 0).mean(axis=1) / weights.sum():.1%} of the answers missing"
    ]
    if notes.dropped:
        lines.append(f"{len(notes.dropped)} of {notes.n_rows} rows left out for missing covariates")
    if notes.without_answers:
        silent = int(weights[(codes < 0).all(axis=1)].sum())
        lines.append(f"{silent} respondents answered no item; only covariates tell of their class")
    return "\n".join(lines)


def _classes(fit: Fit) -> str:
    table = fit.classes()
    lower, upper = [c for c in table.columns if c.startswith("eti")][:2]
    width = max(len(str(name)) for name in table.index)
    lines = ["Classes (share, 90 % interval; answers that set the class apart)"]
    typical = _typical(fit)
    for name, row in table.head(_MOST_CLASSES).iterrows():
        share = f"{row['mean']:6.1%}  [{row[lower]:.1%}, {row[upper]:.1%}]"
        lines.append(f"  {name!s:<{width}}  {share:<23}  {typical[str(name)]}"[:100])
    if len(table) > _MOST_CLASSES:
        lines.append(f"  and {len(table) - _MOST_CLASSES} more, see fit.classes()")
    certainty = fit.survey.average(fit.memberships()["certainty"].to_numpy())
    if fit.model.n_classes > 1:
        lines.append(f"  Memberships: the likeliest class has probability {certainty:.2f} on average")
    return "\n".join(lines)


def _typical(fit: Fit) -> dict[str, str]:
    wide = fit.profiles(wide=True)
    if wide.shape[1] == 1:
        return {str(wide.columns[0]): ""}
    found = {}
    for name in wide.columns:
        excess = wide[name] - wide.drop(columns=name).mean(axis=1)
        top = excess.sort_values(ascending=False)
        seen: list[str] = []
        for item, level in top.index:
            if all(not s.startswith(f"{item}=") for s in seen):
                seen.append(f"{item}={level}")
            if len(seen) == 3:
                break
        found[str(name)] = ", ".join(seen)
    return found


def _effects(fit: Fit) -> str:
    table = fit.marginal_effects()
    lower, upper = [c for c in table.columns if c.startswith("eti")][:2]
    # Two classes change by the same: which is shown is not to hang on the last digit.
    largest = table.loc[table["mean"].abs().round(12).groupby(level=[0, 1, 2], sort=False).idxmax()]
    largest = largest.reindex(largest["mean"].abs().sort_values(ascending=False).index)
    lines = ["Largest change of a class share per change of a covariate (mean, 90 % interval)"]
    shown = largest.head(_MOST_COVARIATES)
    width = max(len(f"{group}: {covariate}") for group, covariate, *_ in shown.index)
    for labels, row in shown.iterrows():
        group, covariate, change, name = map(str, labels)  # type: ignore[call-overload]
        values = f"{row['mean']:+6.1%}  [{row[lower]:+.1%}, {row[upper]:+.1%}]"
        lines.append(f"  {f'{group}: {covariate}':<{width}}  {values:<25}  {name} ({change})"[:100])
    if len(largest) > len(shown):
        lines.append(f"  and {len(largest) - len(shown)} more, see fit.marginal_effects()")
    return "\n".join(lines)


def _constructs(fit: Fit) -> str:
    table = fit.reliability()
    lines = ["Constructs (reliability)"]
    names = [c for c in table.columns if c.endswith("_mean")]
    for construct, row in table.iterrows():
        known = [f"{name[:-5].replace('_', ' ')} {row[name]:.2f}" for name in names if np.isfinite(row[name])]
        lines.append(f"  {construct}: {', '.join(known)}"[:100])
    return "\n".join(lines)


def _trust(fit: Fit) -> str:
    found = fit.convergence
    how = f" ({found.method})" if found.approximate else ""
    lines = [f"Draws{how}: {found.numbers}"]
    lines += [f"  ! {message}" for message in found.messages]
    if "log_likelihood" not in fit.tree.children and fit.survey.counts is None:
        lines.append("  No log-likelihood is kept by respondent and draw; latentclass.with_log_likelihood(fit) adds it")
    return "\n".join(lines)


def _count(n: int, one: str, many: str) -> str:
    return f"{n} {one if n == 1 else many}"
