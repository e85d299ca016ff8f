"""`latentclass.weigh`: gathers every line of evidence on every factor group."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Collection
from pathlib import Path

import numpy as np

from latentclass.errors import LatentClassError, LatentClassWarning, listed, near_miss
from latentclass.evidence.gather import LINES, Gatherer
from latentclass.evidence.kept import Kept
from latentclass.evidence.lines import GroupEvidence
from latentclass.evidence.refits import fingerprint, refits_like
from latentclass.evidence.verdict import Decision, Rule
from latentclass.evidence.weighing import Weighing
from latentclass.evidence.weight import check_groups
from latentclass.evidence.without import without_groups
from latentclass.model import FrozenMapping
from latentclass.model.serial import model_to_data
from latentclass.posterior import Fit

__all__ = ["weigh"]

_MOST_HASHED = 10_000_000


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
    chosen = _check(fit, groups, skip)
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
