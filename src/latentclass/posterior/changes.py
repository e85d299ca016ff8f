"""Changes of one covariate, as what they do to the design of its factor group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from latentclass.errors import SurveyError
from latentclass.survey import Covariate, CovariateKind, GroupDesign, Survey, covariate_frame
from latentclass.survey.counts import weighted_spread
from latentclass.survey.covariates import prepare
from latentclass.survey.design import encode_group

__all__ = ["Change", "covariate_changes"]

_OWN_VALUE = "-0.5 SD to +0.5 SD"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Change:
    """A change of one covariate for every respondent.

    Parameters
    ----------
    group, covariate : str
        Which covariate of which factor group.
    label : str
        From what to what.
    lower, upper : ndarray [respondent, column]
        What is added to the design of the group before and after the change.
    """

    group: str
    covariate: str
    label: str
    lower: np.ndarray
    upper: np.ndarray

    @property
    def moved(self) -> np.ndarray:
        """Positions of the design columns that the change moves."""
        return np.flatnonzero(np.abs(self.upper - self.lower).max(axis=0) > 1e-12)

    def __repr__(self) -> str:
        return f"Change({self.covariate!r} of {self.group!r}: {self.label})"


def covariate_changes(survey: Survey) -> tuple[Change, ...]:
    """Return the changes whose marginal effects are reported.

    Parameters
    ----------
    survey : Survey
        The survey.

    Returns
    -------
    tuple of Change
        Continuous covariates: from half a standard deviation below to half a standard deviation
        above everybody's own value (within the range observed, where a formula such as ``log``
        cannot be evaluated outside it). Two-valued: from the lower to the higher value. Categories:
        from the first to each other one. Latent constructs: from half a unit below to half a unit
        above everybody's own score, whose standard deviation is 1.

    Examples
    --------
    >>> import latentclass as lc
    >>> frame = pd.DataFrame({"a": [1, 2, 2], "age": [20, 40, 60], "sex": ["f", "m", "f"]})
    >>> groups = {"individual": ["age", "sex"]}
    >>> model = lc.Model(items=lc.binary("a"), n_classes=2, factor_groups=groups)
    >>> covariate_changes(lc.read_survey(model, frame))
    (Change('age' of 'individual': -0.5 SD to +0.5 SD), Change('sex' of 'individual': f to m))
    """
    raw = covariate_frame(survey)
    ready = {name: prepare(raw[name], c) for name, c in survey.covariates.items()}
    found: list[Change] = []
    for design in survey.groups:
        for name in design.parsed.names:
            if name in survey.covariates:
                found += _of_covariate(design, survey.covariates[name], ready, survey)
            else:
                found.append(_of_construct(design, name))
    return tuple(found)


def _of_construct(design: GroupDesign, name: str) -> Change:
    own = np.array([column.construct == name for column in design.columns])
    half = np.broadcast_to(np.where(own, 0.5, 0.0), design.matrix.shape)
    return Change(group=design.name, covariate=name, label=_OWN_VALUE, lower=-half, upper=half)


def _of_covariate(
    design: GroupDesign, covariate: Covariate, ready: Mapping[str, pd.Series], survey: Survey
) -> Iterator[Change]:
    series = ready[covariate.name]
    if covariate.kind is CovariateKind.CONTINUOUS:
        lower, upper = _around_own_value(design, series, ready, survey.counts)
        yield _change(design, covariate, _OWN_VALUE, lower, upper)
        return
    first, *others = covariate.levels
    lower = _encoded(design, prepare(_everybody(series, first), covariate), ready)
    for other in others:
        upper = _encoded(design, prepare(_everybody(series, other), covariate), ready)
        yield _change(design, covariate, f"{first} to {other}", lower, upper)


def _around_own_value(
    design: GroupDesign, series: pd.Series, ready: Mapping[str, pd.Series], counts: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    half = (series.std(ddof=1) if counts is None else weighted_spread(series.to_numpy(float), counts)[1]) / 2
    below, above = series - half, series + half
    try:
        return _encoded(design, below, ready), _encoded(design, above, ready)
    except SurveyError:
        below, above = below.clip(lower=series.min()), above.clip(upper=series.max())
        return _encoded(design, below, ready), _encoded(design, above, ready)


def _everybody(series: pd.Series, value: object) -> pd.Series:
    return pd.Series([value] * len(series), index=series.index, name=series.name)


def _encoded(design: GroupDesign, changed: pd.Series, ready: Mapping[str, pd.Series]) -> np.ndarray:
    return encode_group(design, {**ready, str(changed.name): changed}, len(changed))


def _change(design: GroupDesign, covariate: Covariate, label: str, lower: np.ndarray, upper: np.ndarray) -> Change:
    return Change(
        group=design.name,
        covariate=covariate.name,
        label=label,
        lower=lower - design.matrix,
        upper=upper - design.matrix,
    )
