"""Fits side by side: one table, differences, and in words which criterion supports which."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd

from latentclass.comparison.assess import Assessment, assess
from latentclass.comparison.sparse import Occupied
from latentclass.comparison.words import sentences, supported
from latentclass.errors import LatentClassError
from latentclass.evidence.prediction import Prediction, prediction_difference
from latentclass.posterior import Fit

__all__ = ["Comparison", "compare", "comparison_of"]

_SHOWN = {
    "log_marginal": ("log marginal", "{:.1f}"),
    "elpd_diff": ("elpd - best", "{:.1f}"),
    "elpd_diff_se": ("SE", "{:.1f}"),
    "bic": ("BIC", "{:.1f}"),
    "sabic": ("SABIC", "{:.1f}"),
    "icl": ("ICL", "{:.1f}"),
    "bic_random_effect": ("BIC+effect", "{:.1f}"),
    "entropy_r2": ("entropy R2", "{:.2f}"),
    "smallest_class": ("smallest", "{:.2f}"),
    "modes": ("modes", "{:.0f}"),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Comparison:
    """Fits side by side. Made by `latentclass.choose` or `latentclass.compare`.

    Parameters
    ----------
    table : DataFrame
        Index ``fit``: the names of the fits, numbers of classes from `choose`. Columns:
        ``n_classes``; ``log_marginal``, ``log_marginal_error`` and ``marginal_by`` (how it was found); ``elpd``,
        ``elpd_se``, and ``elpd_diff``, ``elpd_diff_se`` against the fit that predicts best, paired by respondent;
        ``p_loo``; ``n_refitted``, ``n_unsettled``: respondents with a bad Pareto k; ``log_likelihood`` (maximum),
        ``n_parameters``, ``bic``, ``sabic``, ``icl``; ``bic_random_effect``: BIC of as many classes whose
        respondents also differ by degree; ``entropy_r2``; ``smallest_class`` (share), ``smallest_count``
        (respondents); ``modes``: heights at which searches for the maximum of the likelihood ended, ``hits`` of the
        highest; ``failed``: what failed of fit and estimates, and of the posterior predictive checks.
    fits : mapping
        The fits.
    occupied : Occupied or None
        The second opinion of a sparse mixture, see `latentclass.comparison.occupied_classes`.
    conclusions : tuple of str
        What supports what, in sentences.
    """

    table: pd.DataFrame
    fits: Mapping[Hashable, Fit]
    occupied: Occupied | None
    conclusions: tuple[str, ...]

    @property
    def supported(self) -> pd.Series:
        """The fit that each criterion is best for: index ``criterion``."""
        return supported(self.table)

    def __repr__(self) -> str:
        shown = pd.DataFrame(
            {head: self.table[name].map(style.format) for name, (head, style) in _SHOWN.items()}, index=self.table.index
        )
        shown["failed"] = [", ".join(names) or "-" for names in self.table["failed"]]
        lines = [shown.to_string(), "", *self.conclusions]
        if self.occupied is not None:
            lines.append(repr(self.occupied))
        return "\n".join([*lines, "next: .table, .fits, .supported, plots.number_of_classes(comparison.table)"])


def compare(fits: Mapping[Hashable, Fit], *, n_starts: int = 20, seed: int = 0) -> Comparison:
    """Compare fits to the same answers, such as fits with different numbers of classes.

    Parameters
    ----------
    fits : mapping of a name to Fit
        At least two fits of the same respondents and items.
    n_starts : int
        Random starts of the maximum of the likelihood, which BIC and the like need.
    seed : int
        Seed.

    Returns
    -------
    Comparison
        Table and conclusions.

    Raises
    ------
    LatentClassError
        When there are fewer than two fits, or they are not of the same answers.

    Examples
    --------
    >>> import latentclass as lc
    >>> lc.compare({3: fit3, 4: fit4}).table  # doctest: +SKIP
    """
    _check(fits)
    found = {name: assess(fit, n_starts=n_starts, seed=seed) for name, fit in fits.items()}
    return comparison_of(fits, found, None)


def comparison_of(
    fits: Mapping[Hashable, Fit], assessments: Mapping[Hashable, Assessment], occupied: Occupied | None
) -> Comparison:
    """Return the comparison of fits whose criteria are known.

    Parameters
    ----------
    fits : mapping of a name to Fit
        The fits.
    assessments : mapping of the same names to Assessment
        Their criteria.
    occupied : Occupied, optional
        The opinion of a sparse mixture.

    Returns
    -------
    Comparison
        Table and conclusions.
    """
    best = max(assessments.values(), key=lambda a: a.prediction.elpd).prediction
    rows = [_row(one, best) for one in assessments.values()]
    table = pd.DataFrame(rows, index=pd.Index(list(assessments), name="fit"))
    return Comparison(
        table=table, fits=MappingProxyType(dict(fits)), occupied=occupied, conclusions=sentences(table, occupied)
    )


def _row(one: Assessment, best: Prediction) -> dict[str, object]:
    likelihood, predicted = one.likelihood, one.prediction
    nothing = predicted is best
    difference = prediction_difference(predicted, best)
    return {
        "n_classes": likelihood.n_classes,
        "log_marginal": one.log_marginal,
        "log_marginal_error": one.log_marginal_error,
        "marginal_by": one.marginal_by,
        "elpd": predicted.elpd,
        "elpd_se": predicted.se,
        "elpd_diff": 0.0 if nothing else difference.elpd,
        "elpd_diff_se": 0.0 if nothing else difference.se,
        "p_loo": predicted.p_loo,
        "n_refitted": predicted.n_refitted,
        "n_unsettled": predicted.n_unsettled,
        "log_likelihood": likelihood.log_likelihood,
        "n_parameters": likelihood.n_parameters,
        "bic": likelihood.bic,
        "sabic": likelihood.sabic,
        "icl": likelihood.icl,
        "bic_random_effect": one.with_effect.bic,
        "entropy_r2": likelihood.entropy_r2,
        "smallest_class": one.smallest_share,
        "smallest_count": one.smallest_count,
        "modes": likelihood.n_modes,
        "hits": likelihood.hits,
        "failed": one.failed,
    }


def _check(fits: object) -> None:
    if not isinstance(fits, Mapping) or len(fits) < 2 or not all(isinstance(f, Fit) for f in fits.values()):
        message = f"compare takes a mapping of names to two fits or more, such as {{3: fit3, 4: fit4}}; got {fits!r}."
        raise LatentClassError(message)
    first, *others = fits.values()
    for other in others:
        same = [i.name for i in first.survey.items] == [i.name for i in other.survey.items]
        same = same and np.array_equal(first.survey.codes, other.survey.codes)
        if not same or not np.array_equal(first.survey.weights, other.survey.weights):
            message = (
                "The fits are not of the same answers, so that nothing about them can be compared: "
                f"{first.survey.n_respondents} respondents and {len(first.survey.items)} items against "
                f"{other.survey.n_respondents} and {len(other.survey.items)}."
            )
            raise LatentClassError(message)
