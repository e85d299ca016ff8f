"""From lines of evidence to a verdict, by a rule that is stated and can be replaced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from latentclass.errors import LatentClassError
from latentclass.evidence.equivalence import DEFAULT_BOUND, check_bound
from latentclass.evidence.lines import GroupEvidence

__all__ = ["Decision", "Line", "Rule", "Side", "Verdict"]

# Estimates have to pass a threshold by so many Monte Carlo standard errors.
_MARGIN = 2.0


class Verdict(StrEnum):
    """What is said of a factor group."""

    CARRIES = "carries weight"
    NONE = "carries no weight"
    UNDECIDED = "undecided"


class Side(StrEnum):
    """What one line of evidence speaks for."""

    WEIGHT = "weight"
    NO_WEIGHT = "no weight"
    NEITHER = "neither"


class Line(StrEnum):
    """The lines of evidence."""

    EQUIVALENCE = "size of the weight"
    BAYES_FACTOR = "Bayes factor"
    INTERVAL = "interval Bayes factor"
    LIKELIHOOD = "likelihood-ratio test"
    BIC = "BIC"
    PREDICTION = "prediction"
    NULL_CHECK = "check of the model without"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A verdict on one factor group, with what each line of evidence speaks for.

    Parameters
    ----------
    verdict : Verdict
        The verdict.
    sides : mapping of Line to Side
        What each line that is there speaks for by itself.
    """

    verdict: Verdict
    sides: Mapping[Line, Side]

    @property
    def supporting(self) -> tuple[Line, ...]:
        """Lines that speak for the verdict; of an undecided group, those that speak for neither side."""
        wanted = {Verdict.CARRIES: Side.WEIGHT, Verdict.NONE: Side.NO_WEIGHT, Verdict.UNDECIDED: Side.NEITHER}
        return self._with(wanted[self.verdict])

    @property
    def opposing(self) -> tuple[Line, ...]:
        """Lines that speak for the opposite of the verdict."""
        unwanted = {Verdict.CARRIES: Side.NO_WEIGHT, Verdict.NONE: Side.WEIGHT}
        return self._with(unwanted[self.verdict]) if self.verdict in unwanted else ()

    @property
    def disagree(self) -> bool:
        """Whether one line speaks for a weight and another against it."""
        return {Side.WEIGHT, Side.NO_WEIGHT} <= set(self.sides.values())

    def _with(self, side: Side) -> tuple[Line, ...]:
        return tuple(line for line, own in self.sides.items() if own is side)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The rule by which evidence becomes a verdict.

    A group *carries no weight* when two things hold: its weight lies below the bound with a probability above
    `certainty`, and the Bayes factor against it is above `bayes_factor`. It *carries weight* when its weight lies above
    the bound with a probability above `certainty` and the Bayes factor for it is above `bayes_factor`. Otherwise, and
    where one of the two is not known, it is *undecided*: a lack of power is never taken for a lack of weight.

    Either alone fails in one direction. A wide prior of the slopes drives the Bayes factor against any group, also one
    of some weight (Lindley 1957), but it does not make its weight look small. In a small survey with a narrow prior
    the posterior of the weight is small because the prior is; there the Bayes factor says that nothing was learned.
    Both must be passed by two Monte Carlo standard errors. The default thresholds are odds of three to one on either.
    They were chosen on simulated surveys of 250 to 1000 respondents (``benchmarks/README.md``): a certainty of 0.9 made
    no fewer mistakes, and left more groups undecided.

    The other lines of evidence (interval Bayes factor, likelihood-ratio test, BIC, prediction, check of the model
    without the group) are shown beside the verdict and do not enter it. The interval Bayes factor says little where the
    prior holds a weight below the bound for hardly possible, as wide ones do. The others repeat the comparison of the
    two models by other means, and a test that is not significant says nothing about weights.

    Any callable from `GroupEvidence` to `Decision` may take the place of this rule.

    Parameters
    ----------
    bound : float
        Weights below this are practically nil, see `equivalence`.
    certainty : float
        Posterior probability wanted, between 0.5 and 1.
    bayes_factor : float
        Bayes factor wanted, above 1.
    p_value : float
        Below it the likelihood-ratio test and the check of the model without the group speak for a weight.
    standard_errors : float
        So many standard errors of the difference in prediction, and 4 nats at least, speak for either side.

    Raises
    ------
    LatentClassError
        When a threshold is out of range.

    References
    ----------
    Lindley, D. V. (1957). A statistical paradox. Biometrika, 44, 187-192.
    Sivula, T., Magnusson, M., Matamoros, A. A. and Vehtari, A. (2020). Uncertainty in Bayesian leave-one-out
    cross-validation based model comparison. arXiv:2008.10296.

    Examples
    --------
    >>> Rule(bound=0.03)
    Rule(bound=0.03, certainty=0.75, bayes_factor=3.0, p_value=0.05, standard_errors=2.0)
    >>> Rule(certainty=0.4)
    Traceback (most recent call last):
        ...
    latentclass.errors.LatentClassError: certainty is a probability from 0.5 to below 1; got 0.4.
    """

    bound: float = DEFAULT_BOUND
    certainty: float = 0.75
    bayes_factor: float = 3.0
    p_value: float = 0.05
    standard_errors: float = 2.0

    def __post_init__(self) -> None:
        check_bound(self.bound)
        ranges = (
            ("certainty", 0.5 <= self.certainty < 1, "a probability from 0.5 to below 1"),
            ("bayes_factor", self.bayes_factor > 1, "a number above 1"),
            ("p_value", 0 < self.p_value < 1, "a probability between 0 and 1"),
            ("standard_errors", self.standard_errors > 0, "a number above 0"),
        )
        for name, fits, wanted in ranges:
            if not fits:
                message = f"{name} is {wanted}; got {getattr(self, name)!r}."
                raise LatentClassError(message)

    def __call__(self, evidence: GroupEvidence) -> Decision:
        """Return the verdict on one group.

        Parameters
        ----------
        evidence : GroupEvidence
            Its lines of evidence.

        Returns
        -------
        Decision
            Verdict, and what each line speaks for.
        """
        sides = {line: side for line, side in self._sides(evidence).items() if side is not None}
        both = {sides.get(Line.EQUIVALENCE), sides.get(Line.BAYES_FACTOR)}
        verdicts = {Side.WEIGHT: Verdict.CARRIES, Side.NO_WEIGHT: Verdict.NONE}
        agreed = both.pop() if len(both) == 1 else None
        verdict = Verdict.UNDECIDED if agreed is None else verdicts.get(agreed, Verdict.UNDECIDED)
        return Decision(verdict=verdict, sides=sides)

    def _sides(self, evidence: GroupEvidence) -> dict[Line, Side | None]:
        nil, ratio = evidence.equivalence, evidence.likelihood
        bayes, other = evidence.bayes_factor, evidence.prediction
        log_bound = float(np.log(self.bayes_factor))
        return {
            Line.EQUIVALENCE: _side(nil.posterior - 0.5, nil.posterior_error, self.certainty - 0.5, flip=True),
            Line.BAYES_FACTOR: None if bayes is None else _side(bayes.log_value, bayes.error, log_bound),
            Line.INTERVAL: _side(nil.log_bayes_factor, nil.log_bayes_factor_error, log_bound, flip=True),
            Line.LIKELIHOOD: None if ratio is None else _significant(ratio.p_value, 0.0, self.p_value),
            # Half of the difference approximates a log Bayes factor.
            Line.BIC: None if ratio is None else _side(0.5 * ratio.bic_difference, 0.0, log_bound, flip=True),
            Line.PREDICTION: None
            if other is None
            else _side(other.elpd, other.error, max(self.standard_errors * other.se, 4.0)),
            Line.NULL_CHECK: None
            if evidence.null_check is None
            else _significant(evidence.null_check.p_value, evidence.null_check.error, self.p_value),
        }


def _side(value: float, error: float, threshold: float, *, flip: bool = False) -> Side | None:
    """Return the side of an estimate that is beyond the threshold by more than its error; None of no number."""
    if np.isnan(value):
        return None
    value = -value if flip else value
    beyond = abs(value) - _MARGIN * (0.0 if np.isnan(error) else error) > threshold
    if not beyond:
        return Side.NEITHER
    return Side.WEIGHT if value > 0 else Side.NO_WEIGHT


def _significant(p_value: float, error: float, threshold: float) -> Side | None:
    if np.isnan(p_value):
        return None
    return Side.WEIGHT if p_value + _MARGIN * error < threshold else Side.NEITHER
