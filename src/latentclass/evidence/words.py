"""Evidence on a factor group in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from latentclass.evidence.lines import GroupEvidence
from latentclass.evidence.verdict import Decision, Line, Rule, Side, Verdict

__all__ = ["in_words"]

_MOST_FACTOR = 1e6


def in_words(evidence: GroupEvidence, decision: Decision, rule: object) -> str:
    """Return the evidence on one group as a paragraph.

    Parameters
    ----------
    evidence : GroupEvidence
        The lines of evidence.
    decision : Decision
        The verdict.
    rule : object
        What made it; a `Rule` explains why a group is undecided.

    Returns
    -------
    str
        Several sentences.
    """
    sentences = [f"{evidence.group!r} {_verdict(decision.verdict)}.", *_numbers(evidence)]
    if decision.verdict is Verdict.UNDECIDED and isinstance(rule, Rule):
        sentences.append(_undecided(decision, rule))
    sentences += _agreement(decision)
    sentences += [f"Note: {note}" for note in evidence.notes]
    return " ".join(sentences)


def _verdict(verdict: Verdict) -> str:
    return "is undecided: these data cannot tell" if verdict is Verdict.UNDECIDED else str(verdict)


def _numbers(evidence: GroupEvidence) -> Iterator[str]:
    lower, median, upper = evidence.weight.quantiles
    prior = evidence.weight.prior_quantiles[1]
    before = "" if np.isnan(prior) else f"; prior median {prior:.3f}"
    nil = evidence.equivalence
    yield (
        f"Its weight is {median:.3f} [{lower:.3f}, {upper:.3f}]{before}, below {nil.bound:g} with probability "
        f"{nil.posterior:.2f}."
    )
    bayes = evidence.bayes_factor
    if bayes is not None and np.isnan(bayes.log_value):
        yield f"There is no Bayes factor: {bayes.message}"
    elif bayes is not None:
        side = "with" if bayes.log_value > 0 else "without"
        yield (
            f"The answers are {_factor(abs(bayes.log_value))} likelier {side} the group (log Bayes factor "
            f"{bayes.log_value:.1f} +- {bayes.error:.1f})."
        )
    ratio = evidence.likelihood
    if ratio is not None:
        held = ", scores held at estimates" if ratio.scores_held else ""
        yield (
            f"Likelihood ratio {ratio.statistic:.2f} on {ratio.df} df (p {_p(ratio.p_value)}{held}); BIC "
            f"{ratio.bic_difference:+.1f} with it."
        )
    if evidence.prediction is not None:
        yield f"Prediction {evidence.prediction.elpd:+.1f} nats with it (SE {evidence.prediction.se:.1f})."
    if evidence.null_check is not None:
        yield f"Check of the model without it: p {_p(evidence.null_check.p_value)}."
    effect = evidence.effect
    if effect is not None:
        yield (
            f"Largest effect: {effect.covariate} ({effect.change}) on {effect.class_name}, {100 * effect.mean:+.1f} "
            f"points [{100 * effect.lower:+.1f}, {100 * effect.upper:+.1f}]."
        )


def _undecided(decision: Decision, rule: Rule) -> str:
    reasons = []
    if decision.sides.get(Line.EQUIVALENCE) is Side.NEITHER:
        reasons.append(f"the weight may lie on either side of {rule.bound:g}")
    if Line.BAYES_FACTOR not in decision.sides:
        reasons.append("the Bayes factor is not known")
    elif decision.sides[Line.BAYES_FACTOR] is Side.NEITHER:
        reasons.append(f"the Bayes factor is below {rule.bayes_factor:g} either way")
    if not reasons:
        reasons.append("the size of the weight and the Bayes factor contradict each other")
    return f"The rule is not met: {' and '.join(reasons)}."


def _agreement(decision: Decision) -> Iterator[str]:
    speaking = {side: [line for line, own in decision.sides.items() if own is side] for side in Side}
    if decision.disagree:
        yield (
            f"The lines of evidence disagree: {_listed(speaking[Side.WEIGHT])} {_speak(speaking[Side.WEIGHT])} for a "
            f"weight, {_listed(speaking[Side.NO_WEIGHT])} against one."
        )
    else:
        for side, what in ((Side.WEIGHT, "for a weight"), (Side.NO_WEIGHT, "against one")):
            if speaking[side]:
                text = f"{_listed(speaking[side])} {_speak(speaking[side])} {what}."
                yield text[0].upper() + text[1:]
    if speaking[Side.NEITHER]:
        yield f"Silent: {_listed(speaking[Side.NEITHER])}."


def _speak(lines: list[Line]) -> str:
    return "speaks" if len(lines) == 1 else "speak"


def _listed(lines: Iterable[Line]) -> str:
    names = [str(line) for line in lines]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _factor(log_value: float) -> str:
    factor = float(np.exp(min(log_value, 700.0)))
    return "over a million times" if factor > _MOST_FACTOR else f"{float(f'{factor:.3g}'):g} times"


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
