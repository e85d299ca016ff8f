"""Lines of evidence on factor groups, each computed from the fits it needs, or read where it is kept."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

from latentclass.errors import FitError, LatentClassWarning, ModelError
from latentclass.evidence.equivalence import Equivalence, equivalence
from latentclass.evidence.kept import Kept
from latentclass.evidence.likelihood import LikelihoodRatio, largest_log_likelihood, ratio_of
from latentclass.evidence.lines import (
    BayesFactor,
    GroupEvidence,
    LargestEffect,
    Notes,
    NullCheckSummary,
    WeightSummary,
    bayes_factor,
)
from latentclass.evidence.marginal import MarginalLikelihood, marginal_likelihood
from latentclass.evidence.nested import nested_bayes_factor
from latentclass.evidence.null_check import null_check
from latentclass.evidence.prediction import Prediction, PredictionDifference, prediction, prediction_difference
from latentclass.evidence.refits import Refits
from latentclass.evidence.weight import FACTOR_GROUP, WeightDraws, posterior_weights, prior_weights
from latentclass.evidence.without import without_groups
from latentclass.model import Normal
from latentclass.posterior import Fit

__all__ = ["LINES", "Gatherer"]

LINES = ("bayes_factor", "likelihood", "prediction", "null_check")


@dataclass(frozen=True, kw_only=True, eq=False)
class Gatherer:
    """Gathers the evidence on the groups of a fit.

    Parameters
    ----------
    fit : Fit
        The fit with all groups.
    refits : Refits
        How the model is fitted without a group.
    kept : Kept
        Where results are kept.
    lines : tuple of str
        Which of `LINES`.
    bound, prob : float
        Bound of a weight that is practically nil, probability of the intervals.
    most_refits, n_starts, seed : int
        See `latentclass.weigh`.
    """

    fit: Fit
    refits: Refits
    kept: Kept
    lines: tuple[str, ...]
    bound: float
    prob: float
    most_refits: int
    n_starts: int
    seed: int

    def every_group(self, groups: Collection[str]) -> dict[str, GroupEvidence]:
        """Return the evidence on several groups.

        Parameters
        ----------
        groups : collection of str
            The groups.

        Returns
        -------
        dict of str to GroupEvidence
            In the order of the groups.
        """
        models = {group: without_groups(self.fit.model, group) for group in groups}
        wanting = {group: model for group, model in models.items() if self._needs_fit(group)}
        found = {}
        for group, null in self.refits.fits(wanting, "weighing factor groups"):
            found[group] = self.one_group(group, lambda null=null: null)  # type: ignore[misc]
        for group in groups:
            if group not in found:
                found[group] = self.one_group(group, cache(lambda group=group: self.refits.fit(models[group])))
        return {group: found[group] for group in groups}

    def one_group(self, group: str, null: Callable[[], Fit]) -> GroupEvidence:
        """Return the evidence on one group.

        Parameters
        ----------
        group : str
            The group.
        null : callable
            Returns the fit without it.

        Returns
        -------
        GroupEvidence
            All lines asked for.
        """
        get, chosen = self.kept.get, self.lines
        names = self._names(group)
        return GroupEvidence(
            group=group,
            weight=get(f"weight {group}", WeightSummary, lambda: self._weight(group)),
            equivalence=get(f"equivalence {group} {self.bound}", Equivalence, lambda: self._equivalence(group)),
            effect=get(f"effect {group}", LargestEffect, lambda: self._effect(group)),
            bayes_factor=get(names["bayes_factor"], BayesFactor, lambda: self._bayes_factor(group, null))
            if "bayes_factor" in chosen
            else None,
            likelihood=get(f"likelihood {group} {self.n_starts}", LikelihoodRatio, lambda: self._likelihood(group))
            if "likelihood" in chosen
            else None,
            prediction=get(names["prediction"], PredictionDifference, lambda: self._prediction(null()))
            if "prediction" in chosen
            else None,
            null_check=get(names["null_check"], NullCheckSummary, lambda: self._null_check(null(), group))
            if "null_check" in chosen
            else None,
            notes=get(names["notes"], Notes, lambda: self._notes(group, null)).texts,
        )

    def _names(self, group: str) -> dict[str, str]:
        """Return the names under which results are kept that may need a fit without the group."""
        return {
            "bayes_factor": f"bayes factor {group}",
            "prediction": f"prediction {group} {self.most_refits}",
            "null_check": f"null check {group}",
            "notes": f"notes {group}" if self._refitted(group) else "notes",
        }

    def _refitted(self, group: str) -> set[str]:
        """Return the lines asked for that need a fit without the group."""
        without = {"prediction", "null_check"} if self._nested(group) else {"bayes_factor", "prediction", "null_check"}
        return without & set(self.lines)

    def _nested(self, group: str) -> bool:
        """Return whether the Bayes factor is found in the fit itself.

        With scores it has to be: no normal proposal has much in common with the posterior of a score for every
        respondent.
        """
        return bool(self.fit.model.latent_constructs) and isinstance(self.fit.model.priors.of_group(group), Normal)

    def _needs_fit(self, group: str) -> bool:
        names = self._names(group)
        return any(not self.kept.has(names[line]) for line in self._refitted(group))

    @cached_property
    def _weights(self) -> WeightDraws:
        return posterior_weights(self.fit)

    @cached_property
    def _prior(self) -> WeightDraws | None:
        return prior_weights(self.fit.survey, seed=self.seed)

    def _prior_of(self, group: str) -> np.ndarray | None:
        return None if self._prior is None else self._prior.weight.sel({FACTOR_GROUP: group}).to_numpy()

    def _weight(self, group: str) -> WeightSummary:
        own = self._weights.weight.sel({FACTOR_GROUP: group}).to_numpy()
        prior = self._prior_of(group)
        return WeightSummary(
            quantiles=_quantiles(own, self.prob),
            prior_quantiles=(np.nan, np.nan, np.nan) if prior is None else _quantiles(prior, self.prob),
            prob=self.prob,
            share=float(self._weights.share.sel({FACTOR_GROUP: group}).median()),
        )

    def _equivalence(self, group: str) -> Equivalence:
        own = self._weights.weight.sel({FACTOR_GROUP: group}).to_numpy()
        return equivalence(own, self._prior_of(group), bound=self.bound)

    def _effect(self, group: str) -> LargestEffect:
        table = self.fit.marginal_effects(prob=self.prob).xs(group, level="group")
        largest = int(np.argmax(table["mean"].abs().to_numpy()))
        row = table.iloc[largest]
        covariate, change, class_name = table.index[largest]
        lower, upper = (float(row[name]) for name in row.index if name.startswith("eti"))
        return LargestEffect(
            covariate=covariate,
            change=change,
            class_name=class_name,
            mean=float(row["mean"]),
            lower=lower,
            upper=upper,
        )

    @cached_property
    def _marginal(self) -> MarginalLikelihood:
        return marginal_likelihood(self.fit, seed=self.seed)

    def _bayes_factor(self, group: str, null: Callable[[], Fit]) -> BayesFactor:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", LatentClassWarning)
            # A refit that fails is an error; one that is too poor an approximation leaves the other lines.
            other = None if self._nested(group) else null()
            try:
                if other is None:
                    return nested_bayes_factor(self.fit, group)
                return bayes_factor(self._marginal, marginal_likelihood(other, seed=self.seed))
            except (ModelError, FitError) as error:
                return BayesFactor(log_value=np.nan, error=np.nan, method="none", message=str(error))

    @cached_property
    def _largest_log_likelihood(self) -> float:
        return largest_log_likelihood(self.fit.model, self.fit.survey, self.n_starts, self.seed)

    def _likelihood(self, group: str) -> LikelihoodRatio:
        model = without_groups(self.fit.model, group)
        without = largest_log_likelihood(model, self.fit.survey, self.n_starts, self.seed)
        return ratio_of(self.fit.survey, group, self._largest_log_likelihood, without)

    @cached_property
    def _own_prediction(self) -> Prediction:
        return prediction(self.fit, most_refits=self.most_refits, seed=self.seed)

    def _prediction(self, null: Fit) -> PredictionDifference:
        other = prediction(null, most_refits=self.most_refits, seed=self.seed)
        return prediction_difference(self._own_prediction, other)

    def _null_check(self, null: Fit, group: str) -> NullCheckSummary:
        found = null_check(self.fit, null, group, seed=self.seed)
        observed, replicated = found.statistics[["observed", "replicated"]].median()
        return NullCheckSummary(
            p_value=found.p_value, error=found.error, observed=float(observed), replicated=float(replicated)
        )

    def _notes(self, group: str, null: Callable[[], Fit]) -> Notes:
        fits = [("the fit", self.fit)]
        if self._refitted(group):
            fits.append((f"the refit without {group!r}", null()))
        return Notes(texts=tuple(f"In {name}: {text}" for name, own in fits for text in own.convergence.messages))


def _quantiles(values: np.ndarray, prob: float) -> tuple[float, float, float]:
    lower, median, upper = np.quantile(values, [(1 - prob) / 2, 0.5, (1 + prob) / 2])
    return float(lower), float(median), float(upper)
