"""Log density of slopes and of the scales that their priors learn, for all draws at once."""

from __future__ import annotations

import numpy as np
import xarray as xr
from scipy.special import gammaln, xlog1py, xlogy

from latentclass import dims
from latentclass.model import Flat, Hierarchical, Normal, RegularizedHorseshoe
from latentclass.posterior.samples import flat
from latentclass.survey import GroupDesign, Survey

__all__ = ["hyper_log_prior", "slope_deviations", "slope_log_prior"]

_LOG_2_PI = float(np.log(2 * np.pi))


def slope_deviations(posterior: xr.Dataset, survey: Survey, group: GroupDesign) -> np.ndarray:
    """Return the standard deviations of the slopes of a group that their prior has, draw by draw.

    Parameters
    ----------
    posterior : Dataset [chain, draw, ...]
        Draws of the model's variables.
    survey : Survey
        The survey.
    group : GroupDesign
        The group.

    Returns
    -------
    ndarray [sample, covariate]
        Standard deviations before the slopes are made zero-sum; infinite for a flat prior. The covariates are one
        where all have the same.
    """
    prior = survey.model.priors.of_group(group.name)
    n_samples = posterior.sizes[dims.CHAIN] * posterior.sizes[dims.DRAW]
    if isinstance(prior, Normal | Flat):
        return np.full((n_samples, 1), prior.scale if isinstance(prior, Normal) else np.inf)
    if isinstance(prior, Hierarchical):
        return flat(posterior[dims.effect_scale_name(group.name)])[:, None]
    if isinstance(prior, RegularizedHorseshoe):
        wide = flat(posterior[dims.local_scale_name(group.name)], dims.covariate_dim(group.name))
        wide = wide * flat(posterior[dims.effect_scale_name(group.name)])[:, None]
        slab = flat(posterior[dims.slab_variance_name(group.name)])[:, None]
        return 1.0 / np.sqrt(1.0 / wide**2 + 1.0 / slab)
    explained, shared = flat(posterior[dims.EXPLAINED]), survey.model.allocated_groups
    variance = np.pi**2 / 6 * explained / (1.0 - explained)
    if len(shared) > 1:
        variance = variance * flat(posterior[dims.ALLOCATION], dims.ALLOCATED_GROUP)[:, shared.index(group.name)]
    return np.sqrt(variance / group.total_variance)[:, None]


def slope_log_prior(posterior: xr.Dataset, survey: Survey) -> dict[str, np.ndarray]:
    """Return the log density of the slopes of every group given their scale, draw by draw.

    Parameters
    ----------
    posterior : Dataset [chain, draw, ...]
        Draws of the model's variables.
    survey : Survey
        The survey.

    Returns
    -------
    dict of str to ndarray [sample]
        Log density in K - 1 orthonormal coordinates of the zero-sum subspace, by name of the variable; 0 for a flat
        prior.
    """
    found = {}
    for group in survey.groups:
        name = dims.slope_name(group.name)
        slope = flat(posterior[name], dims.covariate_dim(group.name), dims.CLASS)
        if isinstance(survey.model.priors.of_group(group.name), Flat):
            found[name] = np.zeros(len(slope))
            continue
        deviation = np.broadcast_to(slope_deviations(posterior, survey, group), slope.shape[:2])
        constants = (slope.shape[2] - 1) * (np.log(deviation) + 0.5 * _LOG_2_PI)
        found[name] = (-0.5 * np.square(slope).sum(axis=2) / deviation**2 - constants).sum(axis=1)
    return found


def hyper_log_prior(posterior: xr.Dataset, survey: Survey) -> dict[str, np.ndarray]:
    """Return the log density of what the priors of slopes learn, draw by draw.

    Parameters
    ----------
    posterior : Dataset [chain, draw, ...]
        Draws of the model's variables.
    survey : Survey
        The survey.

    Returns
    -------
    dict of str to ndarray [sample]
        Log density by name of the variable.
    """
    found: dict[str, np.ndarray] = {}
    for group in survey.groups:
        prior, name = survey.model.priors.of_group(group.name), dims.effect_scale_name(group.name)
        if isinstance(prior, Hierarchical):
            found[name] = _half_t(flat(posterior[name]), prior.dof, prior.scale)
        elif isinstance(prior, RegularizedHorseshoe):
            found[name] = _half_t(flat(posterior[name]), 1.0, prior.scale)
            local, slab = dims.local_scale_name(group.name), dims.slab_variance_name(group.name)
            each = flat(posterior[local], dims.covariate_dim(group.name))
            found[local] = _half_t(each, 1.0, 1.0).sum(axis=1)
            found[slab] = _inverse_gamma(flat(posterior[slab]), prior.slab_dof / 2, prior.slab_scale)
    shared, names = survey.model.priors.allocation, survey.model.allocated_groups
    if shared is not None and names:
        a, b = shared.mean * shared.precision, (1.0 - shared.mean) * shared.precision
        explained = flat(posterior[dims.EXPLAINED])
        constant = gammaln(a + b) - gammaln(a) - gammaln(b)
        found[dims.EXPLAINED] = constant + xlogy(a - 1.0, explained) + xlog1py(b - 1.0, -explained)
    if shared is not None and len(names) > 1:
        split, c = flat(posterior[dims.ALLOCATION], dims.ALLOCATED_GROUP), shared.concentration
        constant = gammaln(len(names) * c) - len(names) * gammaln(c)
        found[dims.ALLOCATION] = constant + xlogy(c - 1.0, split).sum(axis=1)
    return found


def _half_t(values: np.ndarray, dof: float | None, scale: float) -> np.ndarray:
    standardised = values / scale
    if dof is None:
        return np.log(2.0 / scale) - 0.5 * _LOG_2_PI - 0.5 * standardised**2
    constant = gammaln(0.5 * (dof + 1.0)) - gammaln(0.5 * dof) - 0.5 * np.log(dof * np.pi)
    return np.log(2.0 / scale) + constant - 0.5 * (dof + 1.0) * np.log1p(standardised**2 / dof)


def _inverse_gamma(values: np.ndarray, shape: float, scale: float) -> np.ndarray:
    rate = shape * scale**2
    return shape * np.log(rate) - gammaln(shape) - (shape + 1.0) * np.log(values) - rate / values
