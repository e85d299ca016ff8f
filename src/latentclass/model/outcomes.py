"""Outcomes as values: what follows from class and covariates, and whether it may tell of the class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from latentclass.errors import ModelError, listed, near_miss
from latentclass.model.items import Level, as_codes, as_levels

__all__ = ["Outcome", "OutcomeKind", "outcome"]


class OutcomeKind(StrEnum):
    """How an outcome is answered."""

    BINARY = "binary"
    ORDINAL = "ordinal"
    CONTINUOUS = "continuous"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A column that is regressed on the class and on covariates. Usually made by `outcome`.

    Binary and ordinal outcomes have cumulative logits, ``P(y <= c) = logistic(t_c - m_k - x b)``; continuous ones are
    standardised and normal, with mean ``a + m_k + x b``. The locations m of the classes sum to zero.

    Parameters
    ----------
    kind : OutcomeKind
        Binary, ordinal or continuous.
    levels : tuple, optional
        The possible answers from lowest to highest (binary and ordinal); learned from the data when left out.
    missing : tuple
        Codes that mean "no answer", besides NaN and None.
    covariates : tuple of str
        Factor groups, covariates and constructs of the model's factor groups that it is regressed on.
    by_class : bool
        Whether the classes have locations of their own.
    feedback : bool
        Whether the outcome may tell of the class, as an item does. Without, it is regressed on classes that it had no
        part in.

    Raises
    ------
    ModelError
        When the kind is unknown, levels do not fit it, or nothing is left to regress on.

    Examples
    --------
    >>> Outcome(kind="ordinal", covariates=("technical",)).kind
    <OutcomeKind.ORDINAL: 'ordinal'>
    """

    kind: OutcomeKind
    levels: tuple[Level, ...] | None = None
    missing: tuple[Level, ...] = ()
    covariates: tuple[str, ...] = ()
    by_class: bool = True
    feedback: bool = True

    def __post_init__(self) -> None:
        if self.kind not in list(OutcomeKind):
            known = near_miss(str(self.kind), OutcomeKind)
            message = f"Unknown kind of outcome {self.kind!r}.{known} The kinds are {listed(map(str, OutcomeKind))}."
            raise ModelError(message)
        object.__setattr__(self, "kind", OutcomeKind(self.kind))
        object.__setattr__(self, "missing", as_codes(self.missing, "missing codes of an outcome"))
        if self.levels is not None:
            self._check_levels()
        names = (self.covariates,) if isinstance(self.covariates, str) else tuple(self.covariates)
        if not all(isinstance(name, str) and name for name in names) or len(set(names)) < len(names):
            message = f"The covariates of an outcome are different names of factor groups or covariates; got {names!r}."
            raise ModelError(message)
        object.__setattr__(self, "covariates", names)
        if not names and not self.by_class:
            message = "An outcome is regressed on classes, on covariates or on both; this one has neither."
            raise ModelError(message)

    def _check_levels(self) -> None:
        if self.kind is OutcomeKind.CONTINUOUS:
            message = f"A continuous outcome has no levels; got levels={self.levels!r}."
            raise ModelError(message)
        levels = as_levels(self.levels, self.missing, "an outcome")
        if self.kind is OutcomeKind.BINARY and len(levels) != 2:
            message = (
                f"A binary outcome has two levels; got {len(levels)}: {listed(levels)}. Use kind='ordinal' for more."
            )
            raise ModelError(message)
        object.__setattr__(self, "levels", levels)


def outcome(
    kind: str,
    *,
    levels: Sequence[Level] | None = None,
    missing: Sequence[Level] | Level = (),
    covariates: str | Sequence[str] = (),
    by_class: bool = True,
) -> Outcome:
    """Declare an outcome.

    Parameters
    ----------
    kind : {"binary", "ordinal", "continuous"}
        How it is answered.
    levels : sequence, optional
        The possible answers from lowest to highest (binary and ordinal); learned from the data when left out.
    missing : sequence or value
        Codes that mean "no answer", besides NaN and None.
    covariates : str or sequence of str
        Factor groups, covariates and constructs of the model's factor groups that it is regressed on.
    by_class : bool
        Whether the classes have locations of their own.

    Returns
    -------
    Outcome
        The outcome, for ``Model(outcomes={"column": ...})``.

    Raises
    ------
    ModelError
        When the kind is unknown, levels do not fit it, or nothing is left to regress on.

    Examples
    --------
    >>> import latentclass as lc
    >>> model = lc.Model(
    ...     items=lc.binary("a", "b"),
    ...     n_classes=2,
    ...     factor_groups={"technical": ["ease"]},
    ...     outcomes={"anticipated_use": lc.outcome("ordinal", levels=range(1, 6), covariates="technical")},
    ... )
    >>> model.outcomes["anticipated_use"].levels
    (1, 2, 3, 4, 5)
    """
    return Outcome(
        kind=kind,  # type: ignore[arg-type]
        levels=None if levels is None else tuple(levels),
        missing=missing,  # type: ignore[arg-type]
        covariates=(covariates,) if isinstance(covariates, str) else tuple(covariates),
        by_class=by_class,
    )
