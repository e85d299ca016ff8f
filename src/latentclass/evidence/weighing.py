"""`latentclass.weigh`: every line of evidence on every factor group, and a verdict."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from latentclass.errors import LatentClassError, LatentClassWarning, listed, near_miss
from latentclass.evidence.gather import LINES, Gatherer
from latentclass.evidence.kept import Kept
from latentclass.evidence.lines import GroupEvidence
from latentclass.evidence.marginal import check_importance
from latentclass.evidence.refits import fingerprint, refits_like
from latentclass.evidence.verdict import Decision, Rule
from latentclass.evidence.weight import FACTOR_GROUP, check_groups
from latentclass.evidence.without import without_groups
from latentclass.evidence.words import in_words
from latentclass.model import FrozenMapping
from latentclass.model.serial import model_to_data
from latentclass.posterior import Fit

__all__ = ["Weighing", "weigh"]

_MOST_HASHED = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Weighing:
    """Whether factor groups carry weight: evidence and verdicts. Made by `latentclass.weigh`.

    Parameters
    ----------
    evidence : mapping of str to GroupEvidence
        The lines of evidence by group.
    decisions : mapping of str to Decision
        Verdict by group, and what each line speaks for.
    rule : callable
        What made the verdicts.
    """

    evidence: FrozenMapping[GroupEvidence]
    decisions: FrozenMapping[Decision]
    rule: Callable[[GroupEvidence], Decision]

    @property
    def table(self) -> pd.DataFrame:
        """The evidence in numbers.

        Index ``factor_group``; ``verdict``; ``weight_`` and ``prior_`` with median and interval; ``share``: Shapley
        share; ``pr_nil``: posterior probability that the weight is below the bound, ``log_bf_nil``: log interval Bayes
        factor, positive for that; ``log_bf``: log Bayes factor of the model with the group against that without, and
        its ``log_bf_error``; ``lr``, ``lr_df``, ``lr_p``; ``bic_difference``: BIC with less BIC without; ``elpd``:
        difference in expected log predictive density, positive for the group, and its ``elpd_se``; ``null_p``: p-value
        of the check of the model without the group; ``effect``: largest average marginal effect, with interval and
        what it is the effect of; ``disagree``: whether lines of evidence contradict each other. NaN where a line is
        not there.
        """
        rows = [_row(e, self.decisions[name]) for name, e in self.evidence.items()]
        return pd.DataFrame(rows, index=pd.Index(list(self.evidence), name=FACTOR_GROUP))

    def words(self, group: str | None = None) -> str:
        """Return the evidence in sentences, a paragraph for each group.

        Parameters
        ----------
        group : str, optional
            One group only.

        Returns
        -------
        str
            The paragraphs.

        Examples
        --------
        >>> print(lc.weigh(fit).words("individual"))  # doctest: +SKIP
        'individual' carries no weight. Its weight is 0.008 [0.003, 0.017]; prior median 0.092, below 0.02 with ...
        """
        chosen = list(self.evidence) if group is None else [group]
        return "\n\n".join(in_words(self.evidence[name], self.decisions[name], self.rule) for name in chosen)

    def __repr__(self) -> str:
        table = self.table
        shown = pd.DataFrame(
            {
                "verdict": table["verdict"],
                "weight": [_interval(*e.weight.quantiles) for e in self.evidence.values()],
                "Pr(nil)": table["pr_nil"].map("{:.2f}".format),
                "log BF": [_number(v, e) for v, e in zip(table["log_bf"], table["log_bf_error"], strict=True)],
                "LR p": table["lr_p"].map(lambda p: "-" if np.isnan(p) else "<.001" if p < 0.001 else f"{p:.3f}"),
                "BIC": table["bic_difference"].map(lambda d: "-" if np.isnan(d) else f"{d:+.1f}"),
                "elpd": [_number(v, e) for v, e in zip(table["elpd"], table["elpd_se"], strict=True)],
                "null p": table["null_p"].map(lambda p: "-" if np.isnan(p) else f"{p:.3f}"),
            }
        )
        shown.index.name = None
        lines = [shown.to_string(), "log BF > 0 and elpd > 0 speak for the group, BIC > 0 against it.", repr(self.rule)]
        odd = [name for name, decision in self.decisions.items() if decision.disagree]
        if odd:
            lines.append(f"Lines of evidence disagree on: {', '.join(odd)}.")
        lines.append("Next: .table, print(weighing.words()), lc.plots.weights(weighing.table)")
        return "\n".join(lines)


def _row(evidence: GroupEvidence, decision: Decision) -> dict[str, Any]:
    weight, nil, effect = evidence.weight, evidence.equivalence, evidence.effect
    bounds = f"eti{round(100 * weight.prob):d}"
    ratio, bayes, other = evidence.likelihood, evidence.bayes_factor, evidence.prediction
    numbers = {
        "verdict": str(decision.verdict),
        **_summary("weight", bounds, weight.quantiles),
        **_summary("prior", bounds, weight.prior_quantiles),
        "share": weight.share,
        "bound": nil.bound,
        "pr_nil": nil.posterior,
        "log_bf_nil": nil.log_bayes_factor,
        "log_bf": np.nan if bayes is None else bayes.log_value,
        "log_bf_error": np.nan if bayes is None else bayes.error,
        "lr": np.nan if ratio is None else ratio.statistic,
        "lr_df": np.nan if ratio is None else ratio.df,
        "lr_p": np.nan if ratio is None else ratio.p_value,
        "bic_difference": np.nan if ratio is None else ratio.bic_difference,
        "elpd": np.nan if other is None else other.elpd,
        "elpd_se": np.nan if other is None else other.se,
        "null_p": np.nan if evidence.null_check is None else evidence.null_check.p_value,
        "effect": np.nan if effect is None else effect.mean,
        f"effect_{bounds}_lb": np.nan if effect is None else effect.lower,
        f"effect_{bounds}_ub": np.nan if effect is None else effect.upper,
        "effect_of": "" if effect is None else f"{effect.covariate} ({effect.change}) on {effect.class_name}",
        "disagree": decision.disagree,
    }
    return numbers


def _summary(name: str, bounds: str, quantiles: tuple[float, float, float]) -> dict[str, float]:
    lower, median, upper = quantiles
    return {f"{name}_median": median, f"{name}_{bounds}_lb": lower, f"{name}_{bounds}_ub": upper}


def _interval(lower: float, median: float, upper: float) -> str:
    return f"{median:.3f} [{lower:.3f}, {upper:.3f}]"


def _number(value: float, error: float) -> str:
    return "-" if np.isnan(value) else f"{value:.1f} ({error:.1f})"


def weigh(
    fit: Fit,
    *,
    rule: Callable[[GroupEvidence], Decision] | None = None,
    groups: Collection[str] | None = None,
    skip: Collection[str] = (),
    prob: float = 0.9,
    most_refits: int = 5,
    n_starts: int = 20,
    cores: int | None = None,
    folder: str | Path | None = None,
    seed: int = 0,
    progressbar: bool = True,
) -> Weighing:
    """Weigh every factor group: it carries weight, it carries none, or these data cannot tell.

    For every group: its weight, with prior; whether the weight is practically nil; the largest average marginal effect;
    the Bayes factor with against without it, likelihood ratio and BIC, the difference in leave-one-out prediction, and
    whether the model without it fits. The verdict follows from a rule that is stated and can be replaced; all lines of
    evidence stand beside it, and where they disagree the words say so.

    With latent constructs, where every respondent has scores, the Bayes factor is found from the density of slopes of
    zero in the fit itself, see `latentclass.evidence.nested_bayes_factor`.

    The model is fitted anew without each group. Fits and results are kept on disk: an interrupted call goes on where it
    stopped, and a repeated one is instant.

    Parameters
    ----------
    fit : Fit
        A fit with all the groups.
    rule : callable, optional
        From `GroupEvidence` to `Decision`; ``Rule()`` by default, and ``Rule(bound=0.03)`` for another bound.
    groups : collection of str, optional
        Which groups; all by default.
    skip : collection of {"bayes_factor", "likelihood", "prediction", "null_check"}
        Lines to leave out. Without a Bayes factor the default rule leaves every group undecided.
    prob : float
        Probability of the intervals.
    most_refits : int
        Refits without single respondents for each prediction, see `latentclass.evidence.prediction`.
    n_starts : int
        Random starts of every search for a maximum of the likelihood.
    cores : int, optional
        Cores that all refits together use.
    folder : str or Path, optional
        Where fits and results are kept, see `latentclass.evidence.refits_folder`.
    seed : int
        Seed of refits and of everything random.
    progressbar : bool
        Whether to show progress.

    Returns
    -------
    Weighing
        Table, words, and what a picture needs.

    Raises
    ------
    ModelError
        When the model has no factor groups, one class, or lacks one that is named.
    LatentClassError
        When a line is unknown, or a number is out of range.
    FitError
        When the fit is an approximation whose importance ratios are too bad for a Bayes factor, or a refit fails. Where
        those of a refit are too bad, the group has no Bayes factor.

    Warns
    -----
    LatentClassWarning
        When draws that the evidence rests on are not to be trusted.

    Examples
    --------
    >>> import latentclass as lc
    >>> weighing = lc.weigh(fit)  # doctest: +SKIP
    >>> print(weighing.words("individual"))  # doctest: +SKIP
    """
    fit.survey.check_one_row_each("lc.weigh")
    chosen = _check(fit, groups, skip)
    if "bayes_factor" not in skip:
        check_importance(fit)
    rule = Rule() if rule is None else rule
    refits = refits_like(fit, cores=cores, folder=folder, seed=seed, progressbar=progressbar)
    name = fingerprint(model_to_data(fit.model), fit.survey.frame, dict(refits.settings), _draws_of(fit), prob)
    gatherer = Gatherer(
        fit=fit,
        refits=refits,
        kept=Kept(path=refits.folder / f"{name}.json"),
        lines=tuple(line for line in LINES if line not in skip),
        bound=float(getattr(rule, "bound", Rule().bound)),
        prob=prob,
        most_refits=most_refits,
        n_starts=n_starts,
        seed=seed,
    )
    evidence = gatherer.every_group(chosen)
    for note in dict.fromkeys(note for own in evidence.values() for note in own.notes):
        warnings.warn(note, LatentClassWarning, stacklevel=2)
    decisions = FrozenMapping({group: rule(own) for group, own in evidence.items()})
    return Weighing(evidence=FrozenMapping(evidence), decisions=decisions, rule=rule)


def _check(fit: Fit, groups: Collection[str] | None, skip: Collection[str]) -> tuple[str, ...]:
    check_groups(fit.survey)
    for line in skip:
        if line not in LINES:
            message = (
                f"There is no line of evidence {line!r} to skip.{near_miss(line, LINES)} Choose of {listed(LINES)}."
            )
            raise LatentClassError(message)
    known = tuple(fit.model.factor_groups)
    without_groups(fit.model, *(groups or ()))
    return known if groups is None else tuple(group for group in known if group in groups)


def _draws_of(fit: Fit) -> str:
    found = hashlib.sha1(usedforsecurity=False)
    for name in sorted(map(str, fit.posterior.data_vars)):
        if fit.posterior[name].size < _MOST_HASHED:
            found.update(np.ascontiguousarray(fit.posterior[name].to_numpy()).tobytes())
    return found.hexdigest()
