"""Which parameters a survey's model has, under which dims and labels, and how they are read from a Dataset."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from latentclass import dims
from latentclass.errors import ModelError, listed, near_miss
from latentclass.model import IndicatorKind, Structure
from latentclass.simulation.hyper import check_hyper, hyper_labels
from latentclass.simulation.outcome_parameters import outcome_labels

if TYPE_CHECKING:
    from latentclass.survey import IndicatorColumn, ItemColumn, Survey

__all__ = [
    "aligned",
    "check_parameters",
    "cumulative_items",
    "free_items",
    "is_parameter",
    "latent_indicators",
    "parameter_labels",
    "segments",
]

_NAMES = frozenset(
    {
        dims.INTERCEPT,
        dims.PROBABILITY,
        dims.BASELINE,
        dims.LOCATION,
        dims.LOG_DISPERSION,
        dims.SCORE,
        dims.SCORE_CORRELATION,
        dims.LOADING,
        dims.LIKERT_BASELINE,
        dims.INDICATOR_MEAN,
        dims.INDICATOR_SD,
    }
)
_DERIVED = frozenset(
    {
        dims.CLASS_SHARE,
        dims.THRESHOLD,
        dims.ORDINAL_PROBABILITY,
        dims.MARKER_LOADING,
        dims.FREE_LOADING,
        dims.LIKERT_THRESHOLDS,
    }
)
_TOLERANCE = 1e-6

type Labels = dict[str, list[Any]]


def is_parameter(name: str) -> bool:
    """Return whether a name is that of a parameter of some latent class model.

    Parameters
    ----------
    name : str
        Name of a variable.

    Returns
    -------
    bool
        True for the parameters a simulation needs, False for what follows from them and for everything else.

    Examples
    --------
    >>> is_parameter("slope_technical"), is_parameter("true_class")
    (True, False)
    """
    begins = (dims.slope_name(""), dims.outcome_name("", "")[:-1])
    return name in _NAMES or name.startswith(begins) or dims.is_hyper(name)


def free_items(survey: Survey) -> tuple[ItemColumn, ...]:
    """Return the items whose classes have their own answer probabilities, in the order of the model."""
    return tuple(item for item in survey.items if item.structure is Structure.FREE)


def cumulative_items(survey: Survey) -> tuple[ItemColumn, ...]:
    """Return the items with shared thresholds and a location per class, in the order of the model."""
    return tuple(item for item in survey.items if item.structure is Structure.CUMULATIVE)


def latent_indicators(survey: Survey, kind: IndicatorKind | None = None) -> tuple[IndicatorColumn, ...]:
    """Return the indicators of latent constructs, in the order of the model.

    Parameters
    ----------
    survey : Survey
        The survey.
    kind : IndicatorKind, optional
        Only the indicators of this kind.

    Returns
    -------
    tuple of IndicatorColumn
        The indicators.
    """
    latent = survey.model.latent_constructs
    return tuple(column for column in survey.indicators if column.construct in latent and kind in (None, column.kind))


def segments(columns: Sequence[ItemColumn] | Sequence[IndicatorColumn]) -> list[slice]:
    """Return where the levels of each column stand when the levels of all columns follow one another."""
    ends = np.cumsum([0, *(len(column.levels or ()) for column in columns)])
    return [slice(int(start), int(stop)) for start, stop in pairwise(ends)]


def parameter_labels(survey: Survey) -> dict[str, Labels]:
    """Return every parameter of the survey's model with its dims and their labels.

    Parameters
    ----------
    survey : Survey
        A survey, which knows the levels, the design columns and the respondents.

    Returns
    -------
    dict of str to dict of str to list
        Name of the parameter to name of the dim to labels, dims in order. Parameters with a class dim that sum to zero
        across classes are absent where there is one class only.
    """
    return {
        **_membership_labels(survey),
        **_item_labels(survey),
        **_construct_labels(survey),
        **outcome_labels(survey),
    }


def aligned(survey: Survey, parameters: xr.Dataset, name: str) -> np.ndarray:
    """Return one parameter as an array in the order of the survey.

    Parameters
    ----------
    survey : Survey
        A survey.
    parameters : xarray.Dataset
        Parameters by name. Dims and labels may stand in any order; a dim without labels is taken as it stands.
    name : str
        Which parameter.

    Returns
    -------
    numpy.ndarray
        Its values with the dims and labels of `parameter_labels`.

    Raises
    ------
    ModelError
        When the parameter is absent, or its dims or labels are not those of the survey.
    """
    labels = parameter_labels(survey)[name]
    if name not in parameters:
        given = [str(v) for v in parameters.data_vars]
        message = f"The parameters lack {name!r}.{near_miss(name, given)} They hold {listed(given, most=20)}."
        raise ModelError(message)
    array = parameters[name]
    if set(array.dims) != set(labels):
        message = f"Parameter {name!r} has the dims {array.dims!r}; this model needs {tuple(labels)!r}."
        raise ModelError(message)
    array = array.transpose(*labels)
    for dim, wanted in labels.items():
        _check_labels(array, name, dim, wanted)
        if dim in array.indexes:
            array = array.sel({dim: wanted})
    return np.asarray(array.values, dtype=float)


def check_parameters(survey: Survey, parameters: xr.Dataset) -> None:
    """Check that given parameters belong to the survey's model and lie where the model has them.

    Parameters
    ----------
    survey : Survey
        A survey.
    parameters : xarray.Dataset
        All or some of the parameters; quantities that follow from them may stand beside them.

    Raises
    ------
    ModelError
        For an unknown name, wrong dims or labels, probabilities that do not sum to one or effects that do not sum to
        zero across classes.
    """
    if not isinstance(parameters, xr.Dataset):
        message = f"The parameters are an xarray.Dataset; got {type(parameters).__name__}."
        raise ModelError(message)
    known = parameter_labels(survey)
    for name in map(str, parameters.data_vars):
        if name in known:
            _check_values(survey, name, aligned(survey, parameters, name))
        elif name not in _DERIVED:
            message = (
                f"{name!r} is not a parameter of this model.{near_miss(name, known)} "
                f"Its parameters are {listed(known, most=20)}."
            )
            raise ModelError(message)


def _membership_labels(survey: Survey) -> dict[str, Labels]:
    if survey.model.n_classes == 1:
        return {}
    classes = list(survey.model.class_names)
    labels: dict[str, Labels] = {dims.INTERCEPT: {dims.CLASS: classes}, **hyper_labels(survey)}
    for group in survey.groups:
        columns = [column.label for column in group.columns]
        labels[dims.slope_name(group.name)] = {dims.covariate_dim(group.name): columns, dims.CLASS: classes}
    return labels


def _item_labels(survey: Survey) -> dict[str, Labels]:
    classes = list(survey.model.class_names)
    free, cumulative = free_items(survey), cumulative_items(survey)
    labels: dict[str, Labels] = {}
    if free:
        labels[dims.PROBABILITY] = {dims.CLASS: classes, dims.ITEM_LEVEL: _levels(free)}
    if cumulative:
        labels[dims.BASELINE] = {dims.ORDINAL_LEVEL: _levels(cumulative)}
    if cumulative and len(classes) > 1:
        labels[dims.LOCATION] = {dims.CLASS: classes, dims.ORDINAL_ITEM: [i.name for i in cumulative]}
        dispersed = [i.name for i in cumulative if i.dispersion]
        if dispersed:
            labels[dims.LOG_DISPERSION] = {dims.CLASS: classes, dims.DISPERSED_ITEM: dispersed}
    return labels


def _construct_labels(survey: Survey) -> dict[str, Labels]:
    constructs = list(survey.model.latent_constructs)
    if not constructs:
        return {}
    labels: dict[str, Labels] = {}
    if len(constructs) > 1:
        labels[dims.SCORE_CORRELATION] = {dims.CONSTRUCT: constructs, dims.CONSTRUCT_TWIN: constructs}
    labels[dims.SCORE] = {dims.RESPONDENT: list(survey.respondents), dims.CONSTRUCT: constructs}
    labels[dims.LOADING] = {dims.INDICATOR: [column.name for column in latent_indicators(survey)]}
    likert = latent_indicators(survey, IndicatorKind.LIKERT)
    if likert:
        labels[dims.LIKERT_BASELINE] = {dims.LIKERT_LEVEL: _levels(likert)}
    continuous = [column.name for column in latent_indicators(survey, IndicatorKind.CONTINUOUS)]
    if continuous:
        labels[dims.INDICATOR_MEAN] = {dims.CONTINUOUS_INDICATOR: continuous}
        labels[dims.INDICATOR_SD] = {dims.CONTINUOUS_INDICATOR: continuous}
    return labels


def _levels(columns: Sequence[ItemColumn] | Sequence[IndicatorColumn]) -> list[str]:
    return [dims.level_label(column.name, level) for column in columns for level in column.levels or ()]


def _check_labels(array: xr.DataArray, name: str, dim: str, wanted: list[Any]) -> None:
    if dim not in array.indexes:
        if array.sizes[dim] != len(wanted):
            message = (
                f"Parameter {name!r} has {array.sizes[dim]} entries along {dim!r}; this model has {len(wanted)}: "
                f"{listed(wanted)}."
            )
            raise ModelError(message)
        return
    given = list(array.indexes[dim])
    absent, unknown = set(wanted) - set(given), set(given) - set(wanted)
    if absent or unknown or len(given) != len(wanted):
        message = (
            f"The labels of parameter {name!r} along {dim!r} are not those of this model: absent "
            f"{listed(sorted(absent, key=str)) or 'none'}, unknown {listed(sorted(unknown, key=str)) or 'none'}."
        )
        raise ModelError(message)


def _check_values(survey: Survey, name: str, values: np.ndarray) -> None:
    if not np.isfinite(values).all():
        message = f"Parameter {name!r} has values that are not finite."
        raise ModelError(message)
    simplexes: dict[str, Sequence[Any]] = {
        dims.PROBABILITY: free_items(survey),
        dims.BASELINE: cumulative_items(survey),
        dims.LIKERT_BASELINE: latent_indicators(survey, IndicatorKind.LIKERT),
        **{dims.outcome_name("baseline", c.name): (c,) for c in survey.outcomes if c.levels is not None},
    }
    columns: Sequence[Any] = simplexes.get(name, ())
    for column, part in zip(columns, segments(columns), strict=True):
        sums = values[..., part].sum(axis=-1)
        if (values[..., part] < 0).any() or np.abs(sums - 1).max() > _TOLERANCE:
            message = f"The answer probabilities of {column.name!r} in {name!r} must be >= 0 and sum to 1; got {sums}."
            raise ModelError(message)
    labels = parameter_labels(survey)[name]
    if dims.CLASS in labels and name != dims.PROBABILITY:
        sums = values.sum(axis=list(labels).index(dims.CLASS))
        if np.abs(sums).max() > _TOLERANCE:
            message = (
                f"Parameter {name!r} must sum to zero across classes; its sums are {listed(np.ravel(sums).tolist())}. "
                f"Subtract its mean over {dims.CLASS!r}."
            )
            raise ModelError(message)
    if name == dims.SCORE_CORRELATION:
        _check_correlation(values)
    if dims.is_hyper(name):
        check_hyper(name, values)
    sds = (dims.INDICATOR_SD, *(dims.outcome_name("sd", column.name) for column in survey.outcomes))
    if name in sds and (values <= 0).any():
        message = f"Parameter {name!r} must be positive; got {listed(values.tolist())}."
        raise ModelError(message)


def _check_correlation(values: np.ndarray) -> None:
    unit = np.allclose(np.diag(values), 1.0, atol=_TOLERANCE) and np.allclose(values, values.T, atol=_TOLERANCE)
    if not unit or np.linalg.eigvalsh(values).min() <= 0:
        message = (
            f"{dims.SCORE_CORRELATION!r} must be a correlation matrix: symmetric, positive definite, ones on its "
            f"diagonal; got {values.tolist()!r}."
        )
        raise ModelError(message)
