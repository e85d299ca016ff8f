"""The statistical model in words and symbols, with every prior in effect."""

# The symbols of the model are Greek letters.
# ruff: noqa: RUF001

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from textwrap import fill
from typing import TYPE_CHECKING

from latentclass.model.constructs import Construct, IndicatorKind, Scores
from latentclass.model.families import Dirichlet
from latentclass.model.items import Item, Level, Structure
from latentclass.model.outcomes import OutcomeKind
from latentclass.model.priors import EffectPrior
from latentclass.model.shrinkage import Allocation, Hierarchical, RegularizedHorseshoe

if TYPE_CHECKING:
    from latentclass.model.model import Model

__all__ = ["describe"]

_WIDTH = 80


def describe(model: Model) -> str:
    """Return the statistical model in words and symbols.

    Parameters
    ----------
    model : Model
        The model.

    Returns
    -------
    str
        Lines of at most 80 characters (a longer name is not broken); only parts that the model has are mentioned.

    Examples
    --------
    >>> from latentclass.model import Model, binary
    >>> print(describe(Model(items=binary("a", "b"), n_classes=1)))
    Latent class model with 1 class
    <BLANKLINE>
      With one class the answers are independent of each other:
      p(y_i) = ∏_j p(y_ij)
    <BLANKLINE>
    Items
      Free answer probabilities: p(y_ij = c) = θ_jc
        a, b (binary): levels learned from the data
        θ_j ~ Dirichlet(1)
    <BLANKLINE>
    Missing answers
      A missing answer leaves its item out of that respondent's likelihood
      (missing at random).
    """
    parts = (
        _classes(model),
        _membership(model),
        _items(model),
        _constructs(model),
        _outcomes(model),
        _missing(model),
    )
    return "\n\n".join("\n".join(lines) for lines in (list(part) for part in parts) if lines)


def _classes(model: Model) -> Iterator[str]:
    k = model.n_classes
    yield f"Latent class model with {k} {'class' if k == 1 else 'classes'}"
    yield ""
    if k == 1:
        yield _text("With one class the answers are independent of each other:")
        yield "  p(y_i) = ∏_j p(y_ij)"
        if model.class_names != ("Class 1",):
            yield _text(f"The class is named {model.class_names[0]}.")
        return
    yield _text(f"Classes k = 1..{k}: {', '.join(model.class_names)}")
    yield _text("Given the class, the answers of respondent i to the items j are independent:")
    yield "  p(y_i) = Σ_k π_ik ∏_j p(y_ij | k)"


def _membership(model: Model) -> Iterator[str]:
    groups = model.factor_groups
    if model.n_classes == 1:
        if groups:
            yield "Membership"
            yield _text(f"With one class there is no membership to explain: {', '.join(groups)} have no part.")
        return
    yield "Membership"
    terms = " + ".join(["α", *(f"X_{name} B_{name}" for name in groups)])
    yield _text(f"π_i = softmax({terms})", hang=14)
    for name, group in groups.items():
        yield _text(f"X_{name}: {_covariates(model, group.terms) if group.terms else group.formula}", 4)
    if groups:
        yield _text("Continuous columns are centred and divided by their standard deviation.", 4)
    intercept = model.priors.intercept
    if isinstance(intercept, Dirichlet):
        yield _text(f"α = log(s) less its mean, with class shares s ~ {intercept!r}")
    else:
        yield _text(f"α ~ {intercept!r}, zero-sum over the classes")
    for name in groups:
        prior = model.priors.of_group(name)
        yield _text(f"B_{name} ~ {prior!r}, each row zero-sum over the classes")
        learned = _scale(prior, name)
        if learned:
            yield _text(learned, 4)
    allocated = model.allocated_groups
    if model.priors.allocation is not None and allocated:
        yield from _allocation(model.priors.allocation, allocated)
    yield _text("Zero-sum: the draws less their mean over the classes, so that no class is special.")


def _scale(prior: EffectPrior, name: str) -> str:
    """Return how the standard deviation of the slopes of a group comes about."""
    match prior:
        case Hierarchical(scale=scale, dof=None):
            return f"standard deviation s_{name} ~ HalfNormal({scale:g})"
        case Hierarchical(scale=scale, dof=dof):
            return f"standard deviation s_{name} ~ half-t({dof:g}, {scale:g})"
        case RegularizedHorseshoe(scale=scale, slab_scale=slab, slab_dof=dof):
            shape = f"{dof / 2:g}, {dof * slab**2 / 2:g}"
            return (
                f"standard deviation of row j: s l_j / √(1 + s² l_j² / c²), s ~ half-Cauchy({scale:g}), "
                f"l_j ~ half-Cauchy(1), c² ~ InverseGamma({shape})"
            )
        case Allocation():
            return f"variance w f_{name} / v_{name}, v_{name} the sum of the variances of the columns of X_{name}"
        case _:
            return ""


def _allocation(prior: Allocation, groups: Sequence[str]) -> Iterator[str]:
    beta = f"Beta({prior.mean * prior.precision:g}, {(1 - prior.mean) * prior.precision:g})"
    yield _text(f"Variance of the logits: w = π²/6 R² / (1 - R²), R² ~ {beta}")
    if len(groups) > 1:
        yield _text(f"Split of w between {', '.join(groups)}: f ~ {Dirichlet(prior.concentration)!r}")


def _covariates(model: Model, terms: Sequence[str]) -> str:
    word = {Scores.LATENT: "construct", Scores.MEAN: "scale mean"}
    return ", ".join(f"{t} ({word[model.constructs[t].scores]})" if t in model.constructs else t for t in terms)


def _items(model: Model) -> Iterator[str]:
    yield "Items"
    several = model.n_classes > 1
    free = [item for item in model.items if item.structure is Structure.FREE]
    if free:
        yield _text(f"Free answer probabilities: {'p(y_ij = c | k) = θ_kjc' if several else 'p(y_ij = c) = θ_jc'}")
        yield from _item_lines(free)
        yield f"    {'θ_kj' if several else 'θ_j'} ~ {model.priors.items!r}"
    cumulative = [item for item in model.items if item.structure is Structure.CUMULATIVE]
    if cumulative:
        yield from _cumulative(model, cumulative)


def _cumulative(model: Model, items: Sequence[Item]) -> Iterator[str]:
    several = model.n_classes > 1
    dispersed = [item.name for item in items if item.dispersion and several]
    one, every = "P(y_ij ≤ c | k) = logistic(τ_jc - μ_kj)", len(dispersed) == len(items)
    if dispersed:
        with_spread = "P(y_ij ≤ c | k) = logistic((τ_jc - μ_kj) / σ_kj)"
        one = with_spread if every else f"{with_spread}, σ_kj = 1 but for {', '.join(dispersed)}"
    yield _text(f"Cumulative logits: {one if several else 'P(y_ij ≤ c) = logistic(τ_jc)'}", hang=4)
    yield from _item_lines(items)
    yield _text("τ_j: logits of the cumulative sums of b_j", 4)
    zero = ", the answer distribution at location 0" if several else ", the answer distribution"
    yield _text(f"b_j ~ {model.priors.thresholds!r}{zero}", 4)
    if several:
        yield _text(f"μ_j ~ {model.priors.location!r}, zero-sum over the classes", 4)
    if dispersed:
        yield _text(f"log σ_j ~ {model.priors.dispersion!r}, zero-sum over the classes", 4)


def _item_lines(items: Sequence[Item]) -> Iterator[str]:
    """Yield neighbouring items of one kind and with the same levels together."""
    for (kind, levels), alike in groupby(items, key=lambda item: (item.kind, item.levels)):
        names = ", ".join(item.name for item in alike)
        yield _text(f"{names} ({kind}): {_levels(levels, ordered=kind == 'ordinal')}", 4)


def _levels(levels: tuple[Level, ...] | None, *, ordered: bool) -> str:
    if levels is None:
        return "levels learned from the data"
    return (" < " if ordered else ", ").join(str(level) for level in levels)


def _constructs(model: Model) -> Iterator[str]:
    if not model.constructs:
        return
    yield "Constructs"
    latent = {name: c for name, c in model.constructs.items() if c.scores is Scores.LATENT}
    means = {name: c for name, c in model.constructs.items() if c.scores is Scores.MEAN}
    if latent:
        yield from _latent(model, latent)
    for name, c in means.items():
        averaged = "answers to" if c.kind is IndicatorKind.LIKERT else "standardised values of"
        yield _text(f"Scale mean {name}, an observed covariate: mean of the {averaged}", hang=4)
        yield _text(f"{_indicators(c)}; those that run against the marker are reversed", 4)


def _latent(model: Model, latent: dict[str, Construct]) -> Iterator[str]:
    priors = model.priors
    if len(latent) == 1:
        yield _text(f"Latent score η_i ~ Normal(0, 1) of {next(iter(latent))}")
    else:
        yield _text("Latent scores η_i ~ Normal(0, R) with variances 1")
        yield _text(f"R ~ {priors.score_correlation!r}, the correlations of {', '.join(latent)}", 4)
    likert = {name: c for name, c in latent.items() if c.kind is IndicatorKind.LIKERT}
    if likert:
        yield _text("Likert indicators, graded response: P(v_ij ≤ c | η) = logistic(κ_jc - λ_j η_i)", hang=4)
        yield from _construct_lines(likert)
        yield _text("κ_j: logits of the cumulative sums of q_j, times √(1 + 0.346 λ_j²)", 4)
        yield _text(f"q_j ~ {priors.likert_thresholds!r}, about the answer distribution of the population", 4)
        yield _text(f"λ_j ~ {priors.likert_loading!r}, above 0 for the marker", 4)
    continuous = {name: c for name, c in latent.items() if c.kind is IndicatorKind.CONTINUOUS}
    if continuous:
        yield _text("Continuous indicators, standardised: v_ij ~ Normal(m_j + λ_j η_i, ψ_j)", hang=4)
        yield from _construct_lines(continuous)
        yield _text(f"m_j ~ {priors.continuous_mean!r}, ψ_j ~ {priors.continuous_sd!r}", 4)
        yield _text(f"λ_j ~ {priors.continuous_loading!r}, above 0 for the marker", 4)


def _construct_lines(constructs: dict[str, Construct]) -> Iterator[str]:
    for name, c in constructs.items():
        levels = f"; {_levels(c.levels, ordered=True)}" if c.kind is IndicatorKind.LIKERT else ""
        yield _text(f"{name}: {_indicators(c)}{levels}", 4)


def _indicators(c: Construct) -> str:
    return ", ".join(f"{name} (marker)" if name == c.marker else name for name in c.indicators)


def _outcomes(model: Model) -> Iterator[str]:
    if not model.outcomes:
        return
    yield "Outcomes"
    priors = model.priors
    for name, outcome in model.outcomes.items():
        terms = ["m_k"] if outcome.by_class and model.n_classes > 1 else []
        terms += ["x b"] if outcome.covariates else []
        formula = " + ".join(terms) or "0"
        if outcome.kind is OutcomeKind.CONTINUOUS:
            yield _text(f"{name}, standardised: Normal(a + {formula}, s), a ~ {priors.outcome_mean!r}", hang=4)
            yield _text(f"s ~ {priors.outcome_sd!r}", 4)
        else:
            yield _text(f"{name} ({outcome.kind}): P(y ≤ c) = logistic(t_c - ({formula}))", hang=4)
            yield _text(f"t: logits of the cumulative sums of q ~ {priors.outcome_thresholds!r}", 4)
        if "m_k" in terms:
            yield _text(f"m ~ {priors.outcome_location!r}, zero-sum over the classes", 4)
        if outcome.covariates:
            yield _text(f"x: {', '.join(outcome.covariates)}; b ~ {priors.outcome_slopes!r}", 4)
        if not outcome.feedback:
            yield _text("Regressed on classes that it has no part in (two-step).", 4)


def _missing(model: Model) -> Iterator[str]:
    yield "Missing answers"
    out = "its item" if not model.latent_constructs else "its item or indicator"
    yield _text(f"A missing answer leaves {out} out of that respondent's likelihood (missing at random).")
    if any(c.scores is Scores.MEAN for c in model.constructs.values()):
        yield _text("A scale mean is that of the indicators answered.")
    declared = [(item.missing, item.name) for item in model.items]
    declared += [(c.missing, name) for c in model.constructs.values() for name in c.indicators]
    for codes, alike in groupby((pair for pair in declared if pair[0]), key=lambda pair: pair[0]):
        names = ", ".join(name for _, name in alike)
        yield _text(f"Besides empty cells, missing is {' or '.join(map(repr, codes))} in {names}.")


def _text(text: str, indent: int = 2, hang: int = 2) -> str:
    return fill(
        text,
        width=_WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + (hang if indent > 2 or hang > 2 else 0)),
        break_long_words=False,
        break_on_hyphens=False,
    )
