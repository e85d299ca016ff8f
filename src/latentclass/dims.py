"""The names of dims and of model variables, spelt once.

Every labelled array that leaves the package uses these names, and relabelling acts on `CLASS` alone.
"""

from __future__ import annotations

from typing import Final

CHAIN: Final = "chain"
DRAW: Final = "draw"
RESPONDENT: Final = "respondent"
COUNTS: Final = "respondent_counts"
CLASS: Final = "class"
ITEM: Final = "item"
ITEM_LEVEL: Final = "item_level"
ORDINAL_ITEM: Final = "ordinal_item"
ORDINAL_LEVEL: Final = "ordinal_level"
ORDINAL_THRESHOLD: Final = "ordinal_threshold"
DISPERSED_ITEM: Final = "dispersed_item"
CONSTRUCT: Final = "construct"
CONSTRUCT_TWIN: Final = "construct_twin"
INDICATOR: Final = "indicator"
LIKERT_INDICATOR: Final = "likert_indicator"
LIKERT_LEVEL: Final = "likert_level"
LIKERT_THRESHOLD: Final = "likert_threshold"
CONTINUOUS_INDICATOR: Final = "continuous_indicator"
MARKER: Final = "marker"
FREE_INDICATOR: Final = "free_indicator"
ALLOCATED_GROUP: Final = "allocated_group"

OUTCOME: Final = "outcome"

RESPONSES: Final = "responses"
LIKERT_RESPONSES: Final = "likert_responses"
CONTINUOUS_RESPONSES: Final = "continuous_responses"

INTERCEPT: Final = "intercept"
CLASS_SHARE: Final = "class_share"
PROBABILITY: Final = "probability"
BASELINE: Final = "baseline"
THRESHOLD: Final = "threshold"
LOCATION: Final = "location"
LOG_DISPERSION: Final = "log_dispersion"
ORDINAL_PROBABILITY: Final = "ordinal_probability"
SCORE: Final = "score"
SCORE_CORRELATION: Final = "score_correlation"
LOADING: Final = "loading"
MARKER_LOADING: Final = "marker_loading"
FREE_LOADING: Final = "free_loading"
LIKERT_BASELINE: Final = "likert_baseline"
LIKERT_THRESHOLDS: Final = "likert_thresholds"
INDICATOR_MEAN: Final = "indicator_mean"
INDICATOR_SD: Final = "indicator_sd"
EXPLAINED: Final = "explained"
ALLOCATION: Final = "allocation"

_EFFECT_SCALE: Final = "effect_scale_"
_LOCAL_SCALE: Final = "local_scale_"
_SLAB_VARIANCE: Final = "slab_variance_"


def covariate_dim(group: str) -> str:
    """Return the dim of the covariates of one factor group.

    Parameters
    ----------
    group : str
        Name of the factor group.

    Returns
    -------
    str
        Name of the dim.

    Examples
    --------
    >>> covariate_dim("technical")
    'technical_covariate'
    """
    return f"{group}_covariate"


def slope_name(group: str) -> str:
    """Return the name of the variable that holds the slopes of one factor group.

    Parameters
    ----------
    group : str
        Name of the factor group.

    Returns
    -------
    str
        Name of the variable, with dims (covariate of the group, class).

    Examples
    --------
    >>> slope_name("technical")
    'slope_technical'
    """
    return f"slope_{group}"


def effect_scale_name(group: str) -> str:
    """Return the name of the variable that holds the learned scale of the slopes of one factor group.

    Parameters
    ----------
    group : str
        Name of the factor group.

    Returns
    -------
    str
        Name of the variable, without dims.

    Examples
    --------
    >>> effect_scale_name("technical")
    'effect_scale_technical'
    """
    return f"{_EFFECT_SCALE}{group}"


def local_scale_name(group: str) -> str:
    """Return the name of the variable that holds the scale of each covariate under a horseshoe.

    Parameters
    ----------
    group : str
        Name of the factor group.

    Returns
    -------
    str
        Name of the variable, with the dim of the group's covariates.

    Examples
    --------
    >>> local_scale_name("technical")
    'local_scale_technical'
    """
    return f"{_LOCAL_SCALE}{group}"


def slab_variance_name(group: str) -> str:
    """Return the name of the variable that holds the variance of the largest slopes under a horseshoe.

    Parameters
    ----------
    group : str
        Name of the factor group.

    Returns
    -------
    str
        Name of the variable, without dims.

    Examples
    --------
    >>> slab_variance_name("technical")
    'slab_variance_technical'
    """
    return f"{_SLAB_VARIANCE}{group}"


def is_hyper(name: str) -> bool:
    """Return whether a variable is a parameter of a prior of slopes rather than of the model itself.

    Parameters
    ----------
    name : str
        Name of the variable.

    Returns
    -------
    bool
        True for scales of effects, the variance explained and its allocation.

    Examples
    --------
    >>> is_hyper("effect_scale_technical"), is_hyper("slope_technical")
    (True, False)
    """
    return name in (EXPLAINED, ALLOCATION) or name.startswith((_EFFECT_SCALE, _LOCAL_SCALE, _SLAB_VARIANCE))


def outcome_name(part: str, outcome: str) -> str:
    """Return the name of a variable of the regression of one outcome.

    Parameters
    ----------
    part : str
        ``location``, ``slope``, ``baseline``, ``mean`` or ``sd``.
    outcome : str
        Name of the outcome.

    Returns
    -------
    str
        Name of the variable.

    Examples
    --------
    >>> outcome_name("slope", "anticipated_use")
    'outcome_slope_anticipated_use'
    """
    return f"outcome_{part}_{outcome}"


def outcome_dim(what: str, outcome: str) -> str:
    """Return a dim of the variables of one outcome.

    Parameters
    ----------
    what : str
        ``covariate`` or ``level``.
    outcome : str
        Name of the outcome.

    Returns
    -------
    str
        Name of the dim.

    Examples
    --------
    >>> outcome_dim("level", "anticipated_use")
    'anticipated_use_outcome_level'
    """
    return f"{outcome}_outcome_{what}"


def level_label(item: str, level: object) -> str:
    """Return the coordinate of one level of one item.

    Parameters
    ----------
    item : str
        Name of the item or indicator.
    level : object
        One of its levels.

    Returns
    -------
    str
        The label.

    Examples
    --------
    >>> level_label("sharing", 4)
    'sharing=4'
    """
    return f"{item}={level}"


def threshold_label(item: str, below: object, above: object) -> str:
    """Return the coordinate of the threshold between two neighbouring levels.

    Parameters
    ----------
    item : str
        Name of the item or indicator.
    below, above : object
        The neighbouring levels.

    Returns
    -------
    str
        The label.

    Examples
    --------
    >>> threshold_label("sharing", 4, 5)
    'sharing:4|5'
    """
    return f"{item}:{below}|{above}"
