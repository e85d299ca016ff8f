"""Constructs as values: multi-item scales that stand for a latent score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from latentclass.errors import ModelError, listed, near_miss
from latentclass.model.items import Level, as_codes

__all__ = ["Construct", "IndicatorKind", "Scores", "construct"]


class IndicatorKind(StrEnum):
    """How the indicators of a construct were answered."""

    LIKERT = "likert"
    CONTINUOUS = "continuous"


class Scores(StrEnum):
    """What stands for the construct in a factor group: a latent score, or the mean of the indicators."""

    LATENT = "latent"
    MEAN = "mean"


@dataclass(frozen=True, slots=True, kw_only=True)
class Construct:
    """A multi-item scale: a latent score that each indicator loads on.

    Parameters
    ----------
    indicators : tuple of str
        Columns of the data frame, at least two.
    kind : IndicatorKind
        `likert` (graded response, Samejima 1969) or `continuous` (normal).
    levels : tuple, optional
        Possible answers of the Likert indicators from lowest to highest; learned from the data when left out.
    missing : tuple
        Codes that mean "no answer", besides NaN and None.
    marker : str
        Indicator whose loading is positive, which fixes the direction of the score; the first by default.
    scores : Scores
        `latent`: the score is a parameter, so that its measurement error reaches everything else. `mean`: the classical
        mean of the standardised indicators, an observed covariate; indicators that run against the marker are reversed.

    Raises
    ------
    ModelError
        When indicators repeat or are fewer than two, or the marker is none of them.

    Examples
    --------
    >>> Construct(indicators=("stress_1", "stress_2")).marker
    'stress_1'
    """

    indicators: tuple[str, ...]
    kind: IndicatorKind = IndicatorKind.LIKERT
    levels: tuple[Level, ...] | None = None
    missing: tuple[Level, ...] = ()
    marker: str = ""
    scores: Scores = Scores.LATENT

    def __post_init__(self) -> None:
        if isinstance(self.indicators, str) or not all(isinstance(i, str) for i in self.indicators):
            message = f"The indicators of a construct are a list of column names; got {self.indicators!r}."
            raise ModelError(message)
        names = tuple(self.indicators)
        if len(names) < 2 or len(set(names)) < len(names):
            message = f"A construct needs two or more different indicators; got {listed(names)}."
            raise ModelError(message)
        object.__setattr__(self, "indicators", names)
        object.__setattr__(self, "kind", _choice(IndicatorKind, self.kind, "kind of a construct"))
        object.__setattr__(self, "scores", _choice(Scores, self.scores, "scores of a construct"))
        object.__setattr__(self, "missing", as_codes(self.missing, f"missing codes of {listed(names)}"))
        if self.levels is not None:
            self._check_levels()
        if self.marker and self.marker not in names:
            message = (
                f"The marker {self.marker!r} is not an indicator of the construct.{near_miss(self.marker, names)} "
                f"Its indicators are {listed(names)}."
            )
            raise ModelError(message)
        object.__setattr__(self, "marker", self.marker or names[0])

    def _check_levels(self) -> None:
        if self.kind is IndicatorKind.CONTINUOUS:
            message = f"Continuous indicators ({listed(self.indicators)}) have no levels; leave levels out."
            raise ModelError(message)
        levels = as_codes(self.levels, f"levels of {listed(self.indicators)}")
        if len(levels) < 2 or len(set(levels)) < len(levels) or set(levels) & set(self.missing):
            message = (
                f"The levels of {listed(self.indicators)} are two or more different answers, none of them also "
                f"declared missing; got levels {levels!r} and missing {self.missing!r}."
            )
            raise ModelError(message)
        object.__setattr__(self, "levels", levels)

    def __repr__(self) -> str:
        parts = [f"indicators={self.indicators!r}"]
        if self.kind is not IndicatorKind.LIKERT:
            parts.append(f"kind={str(self.kind)!r}")
        if self.levels is not None:
            parts.append(f"levels={self.levels!r}")
        if self.missing:
            parts.append(f"missing={self.missing!r}")
        if self.marker != self.indicators[0]:
            parts.append(f"marker={self.marker!r}")
        if self.scores is not Scores.LATENT:
            parts.append(f"scores={str(self.scores)!r}")
        return f"Construct({', '.join(parts)})"


def construct(
    *indicators: str,
    kind: IndicatorKind | str = IndicatorKind.LIKERT,
    levels: Sequence[Level] | None = None,
    missing: Sequence[Level] | Level = (),
    marker: str = "",
    scores: Scores | str = Scores.LATENT,
) -> Construct:
    """Declare a multi-item scale.

    Parameters
    ----------
    *indicators : str
        Columns of the data frame, at least two.
    kind : {"likert", "continuous"}
        How the indicators were answered.
    levels : sequence of levels, optional
        Possible answers of Likert indicators from lowest to highest; learned from the data when left out.
    missing : level or sequence of levels
        Codes that mean "no answer", besides NaN and None.
    marker : str
        Indicator with a positive loading; the first by default.
    scores : {"latent", "mean"}
        A latent score, or the classical scale mean.

    Returns
    -------
    Construct
        The construct.

    Raises
    ------
    ModelError
        When the parts do not fit each other.

    Examples
    --------
    >>> construct("stress_1", "stress_2", "stress_3", levels=range(1, 6), scores="mean")
    Construct(indicators=('stress_1', 'stress_2', 'stress_3'), levels=(1, 2, 3, 4, 5), scores='mean')
    """
    return Construct(
        indicators=indicators,
        kind=kind,  # type: ignore[arg-type]
        levels=None if levels is None else tuple(levels),
        missing=missing,  # type: ignore[arg-type]
        marker=marker,
        scores=scores,  # type: ignore[arg-type]
    )


def _choice[E: StrEnum](kinds: type[E], value: object, what: str) -> E:
    try:
        return kinds(str(value))
    except ValueError:
        message = f"The {what} is one of {listed(str(k) for k in kinds)}; got {value!r}."
        raise ModelError(message) from None
