"""What the priors of slopes learn: scales, the variance explained and its allocation to the groups."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import beta, dirichlet, halfcauchy, halfnorm, invgamma, t

from latentclass import dims
from latentclass.errors import ModelError
from latentclass.model import Flat, Hierarchical, Normal, RegularizedHorseshoe

if TYPE_CHECKING:
    from latentclass.survey import GroupDesign, Survey

__all__ = ["check_hyper", "draw_hyper", "hyper_labels", "hyper_log_prior", "slope_scale"]

type Aligned = Callable[[str], np.ndarray]


def hyper_labels(survey: Survey) -> dict[str, dict[str, list[Any]]]:
    """Return every parameter of the priors of slopes with its dims and their labels.

    Parameters
    ----------
    survey : Survey
        The survey.

    Returns
    -------
    dict of str to dict of str to list
        Name of the parameter to name of the dim to labels.
    """
    labels: dict[str, dict[str, list[Any]]] = {}
    for group in survey.groups:
        prior = survey.model.priors.of_group(group.name)
        if isinstance(prior, Hierarchical | RegularizedHorseshoe):
            labels[dims.effect_scale_name(group.name)] = {}
        if isinstance(prior, RegularizedHorseshoe):
            columns = [column.label for column in group.columns]
            labels[dims.local_scale_name(group.name)] = {dims.covariate_dim(group.name): columns}
            labels[dims.slab_variance_name(group.name)] = {}
    shared = survey.model.allocated_groups
    if shared:
        labels[dims.EXPLAINED] = {}
    if len(shared) > 1:
        labels[dims.ALLOCATION] = {dims.ALLOCATED_GROUP: list(shared)}
    return labels


def draw_hyper(survey: Survey, rng: np.random.Generator, name: str) -> np.ndarray:
    """Draw one parameter of the priors of slopes.

    Parameters
    ----------
    survey : Survey
        The survey.
    rng : numpy.random.Generator
        Source of randomness.
    name : str
        Which parameter.

    Returns
    -------
    numpy.ndarray
        Its value, in the order of `hyper_labels`.
    """
    size = tuple(len(values) for values in hyper_labels(survey)[name].values())
    shared = survey.model.priors.allocation
    if shared is not None and name == dims.EXPLAINED:
        return np.asarray(rng.beta(shared.mean * shared.precision, (1 - shared.mean) * shared.precision))
    if shared is not None and name == dims.ALLOCATION:
        return rng.dirichlet(np.full(size, shared.concentration))
    group, prior = _owner(survey, name)
    if name == dims.local_scale_name(group.name):
        return np.abs(rng.standard_cauchy(size))
    if isinstance(prior, Hierarchical):
        wide = 1.0 if prior.dof is None else np.sqrt(prior.dof / rng.chisquare(prior.dof))
        return np.asarray(prior.scale * wide * abs(rng.standard_normal()))
    if name == dims.slab_variance_name(group.name):
        return np.asarray(prior.slab_dof * prior.slab_scale**2 / rng.chisquare(prior.slab_dof))
    return np.asarray(prior.scale * abs(rng.standard_cauchy()))


def slope_scale(survey: Survey, group: GroupDesign, given: Aligned) -> np.ndarray | None:
    """Return the standard deviations of the slopes of one group, before they are made zero-sum.

    Parameters
    ----------
    survey : Survey
        The survey.
    group : GroupDesign
        The group.
    given : callable
        Name of a parameter to its value.

    Returns
    -------
    numpy.ndarray of shape (covariates of the group,) or None
        One for every covariate; None where the prior is flat.
    """
    prior = survey.model.priors.of_group(group.name)
    size = len(group.columns)
    match prior:
        case Flat():
            return None
        case Normal(scale=scale):
            return np.full(size, scale)
        case Hierarchical():
            return np.full(size, given(dims.effect_scale_name(group.name)))
        case RegularizedHorseshoe():
            common = given(dims.effect_scale_name(group.name))
            local, slab = given(dims.local_scale_name(group.name)), given(dims.slab_variance_name(group.name))
            tamed = slab * local**2 / (slab + common**2 * local**2)
            return np.asarray(common * np.sqrt(tamed))
    shared, explained = survey.model.allocated_groups, given(dims.EXPLAINED)
    share = given(dims.ALLOCATION)[shared.index(group.name)] if len(shared) > 1 else 1.0
    variance = np.pi**2 / 6 * explained / (1 - explained) * share
    total = sum(1.0 if c.construct else np.var(x) for c, x in zip(group.columns, group.matrix.T, strict=True))
    return np.full(size, np.sqrt(variance / total))


def hyper_log_prior(survey: Survey, given: Aligned) -> dict[str, float]:
    """Return the log density of every parameter of the priors of slopes.

    Parameters
    ----------
    survey : Survey
        The survey.
    given : callable
        Name of a parameter to its value.

    Returns
    -------
    dict of str to float
        Log density by parameter.
    """
    found = {}
    for name in hyper_labels(survey):
        value = given(name)
        found[name] = float(np.sum(_density(survey, name, value)))
    return found


def check_hyper(name: str, values: np.ndarray) -> None:
    """Check that a parameter of the priors of slopes lies where the prior has it.

    Parameters
    ----------
    name : str
        Name of the parameter.
    values : numpy.ndarray
        Its values.

    Raises
    ------
    ModelError
        When a scale is not positive, the variance explained is no share, or shares do not sum to one.
    """
    if (values <= 0).any() or (name == dims.EXPLAINED and values >= 1):
        wanted = "between 0 and 1" if name == dims.EXPLAINED else "positive"
        message = f"Parameter {name!r} must be {wanted}; got {values.tolist()}."
        raise ModelError(message)
    if name == dims.ALLOCATION and abs(values.sum() - 1) > 1e-6:
        message = f"The shares in {name!r} must sum to 1; got {values.tolist()}."
        raise ModelError(message)


def _owner(survey: Survey, name: str) -> tuple[GroupDesign, Any]:
    for group in survey.groups:
        of_group = (dims.effect_scale_name, dims.local_scale_name, dims.slab_variance_name)
        if name in [named(group.name) for named in of_group]:
            return group, survey.model.priors.of_group(group.name)
    raise KeyError(name)


def _density(survey: Survey, name: str, value: np.ndarray) -> np.ndarray:
    shared = survey.model.priors.allocation
    if shared is not None and name == dims.EXPLAINED:
        return np.asarray(beta.logpdf(value, shared.mean * shared.precision, (1 - shared.mean) * shared.precision))
    if shared is not None and name == dims.ALLOCATION:
        # scipy insists on a sum of one to the last digits.
        return np.asarray(dirichlet.logpdf(value / value.sum(), np.full(len(value), shared.concentration)))
    group, prior = _owner(survey, name)
    if name == dims.local_scale_name(group.name):
        return np.asarray(halfcauchy.logpdf(value))
    if name == dims.slab_variance_name(group.name):
        shape = prior.slab_dof / 2
        return np.asarray(invgamma.logpdf(value, shape, scale=shape * prior.slab_scale**2))
    if isinstance(prior, RegularizedHorseshoe):
        return np.asarray(halfcauchy.logpdf(value, scale=prior.scale))
    if prior.dof is None:
        return np.asarray(halfnorm.logpdf(value, scale=prior.scale))
    return np.log(2) + np.asarray(t.logpdf(value, prior.dof, scale=prior.scale))
