"""Priors of parameters with a class dim: zero-sum across classes, so that no class is special."""

from __future__ import annotations

from collections.abc import Mapping
from functools import singledispatch

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pymc.distributions.transforms import ZeroSumTransform
from pytensor.graph.basic import Variable

from latentclass import dims
from latentclass.graph.design_ops import basis_product
from latentclass.graph.simplex import Blocks, dirichlet_blocks
from latentclass.model import Allocation, Flat, Hierarchical, Normal, RegularizedHorseshoe
from latentclass.survey import Survey

__all__ = ["group_slopes", "zero_sum"]

# Variance of the noise of the utilities whose largest is the class chosen: Gumbel, as behind every softmax.
_NOISE = np.pi**2 / 6


class ZeroSum(ZeroSumTransform):
    """PyMC's coordinates of a variable that sums to zero along its last dim, as one product with their basis.

    PyMC writes the same as sums, differences and a concatenation, which with their gradient are two fifths of the steps
    of the density that have to be compiled.

    Parameters
    ----------
    n : int
        Length of the dim.
    """

    def __init__(self, n: int) -> None:
        super().__init__([-1])
        root = np.sqrt(n)
        norm = 1.0 / (root + n)
        self.basis = np.column_stack([np.eye(n - 1), np.full(n - 1, norm - 1.0 / root)]) - norm

    def backward(self, value: Variable, *inputs: Variable) -> Variable:
        return basis_product(value, self.basis)


class ScaledZeroSum(ZeroSum):
    """Coordinates of a zero-sum variable in units of its standard deviation.

    The distance between a group's slopes and its scale: where data say little, slopes and a learned scale are nearly
    independent in these coordinates, and no funnel narrows towards a scale of 0 (Papaspiliopoulos, Roberts and Sköld
    2007).
    """

    name = "scaledzerosum"

    def backward(self, value: Variable, *inputs: Variable) -> Variable:
        return super().backward(value, *inputs) * inputs[2]

    def forward(self, value: Variable, *inputs: Variable) -> Variable:
        return super().forward(value / inputs[2], *inputs)

    def log_jac_det(self, value: Variable, *inputs: Variable) -> Variable:
        return (pt.zeros_like(value) + pt.log(inputs[2])).sum(axis=-1)


@singledispatch
def zero_sum(prior: object, name: str, dims: tuple[str, ...]) -> Variable:
    """Add a variable that sums to zero along its last dim to the model on the context stack.

    Parameters
    ----------
    prior : prior value
        Which prior.
    name : str
        Name of the variable.
    dims : tuple of str
        Its dims, the class dim last.

    Returns
    -------
    tensor
        The random variable.
    """
    message = f"No zero-sum variable is known for {prior!r}."
    raise TypeError(message)


@zero_sum.register
def _(prior: Normal, name: str, dims: tuple[str, ...]) -> Variable:
    # An array, since PyTensor takes a short float such as 0.5 for single precision, and then its logarithm too.
    return pm.ZeroSumNormal(name, sigma=np.asarray(prior.scale), dims=dims, default_transform=_transform(ZeroSum, dims))


@zero_sum.register
def _(prior: Flat, name: str, dims: tuple[str, ...]) -> Variable:
    return pm.Flat(name, dims=dims, transform=_transform(ZeroSum, dims))


def _transform[T: ZeroSum](kind: type[T], dims: tuple[str, ...]) -> T:
    return kind(len(pm.modelcontext(None).coords[dims[-1]]))


def group_slopes(survey: Survey) -> dict[str, Variable]:
    """Add the slopes of every factor group, with what their priors learn, to the model on the context stack.

    Parameters
    ----------
    survey : Survey
        The survey.

    Returns
    -------
    dict of str to tensor of shape (covariate of the group, K)
        Slopes by group.
    """
    shared, slopes = _allocated(survey), {}
    for group in survey.groups:
        prior = survey.model.priors.of_group(group.name)
        name, own = dims.slope_name(group.name), (dims.covariate_dim(group.name), dims.CLASS)
        if isinstance(prior, Normal | Flat):
            slopes[group.name] = zero_sum(prior, name, own)
        else:
            scale = learned_scale(prior, group.name, shared)
            slopes[group.name] = pm.ZeroSumNormal(
                name, sigma=scale, dims=own, default_transform=_transform(ScaledZeroSum, own)
            )
    return slopes


@singledispatch
def learned_scale(prior: object, group: str, shared: Mapping[str, Variable]) -> Variable:
    """Add what the prior of a group learns to the model on the context stack.

    The extension point for further priors of effects: a new prior registers its own function.

    Parameters
    ----------
    prior : prior value
        Which prior.
    group : str
        Name of the factor group.
    shared : mapping of str to tensor
        Standard deviations of the slopes of the groups that share one total.

    Returns
    -------
    tensor of shape () or (covariate of the group, 1)
        Standard deviation of the slopes.
    """
    message = f"No scale of slopes is known for {prior!r}."
    raise TypeError(message)


@learned_scale.register
def _(prior: Hierarchical, group: str, shared: Mapping[str, Variable]) -> Variable:
    name, scale = dims.effect_scale_name(group), np.asarray(prior.scale)
    if prior.dof is None:
        return pm.HalfNormal(name, sigma=scale, dims=())
    return pm.HalfStudentT(name, nu=np.asarray(prior.dof), sigma=scale, dims=())


@learned_scale.register
def _(prior: RegularizedHorseshoe, group: str, shared: Mapping[str, Variable]) -> Variable:
    common = pm.HalfCauchy(dims.effect_scale_name(group), beta=np.asarray(prior.scale), dims=())
    local = pm.HalfCauchy(dims.local_scale_name(group), beta=np.asarray(1.0), dims=(dims.covariate_dim(group),))
    shape = np.asarray(prior.slab_dof / 2)
    slab = pm.InverseGamma(dims.slab_variance_name(group), alpha=shape, beta=shape * prior.slab_scale**2, dims=())
    wide = common * local
    return (wide / pt.sqrt(1.0 + wide**2 / slab))[:, None]


@learned_scale.register
def _(prior: Allocation, group: str, shared: Mapping[str, Variable]) -> Variable:
    return shared[group]


def _allocated(survey: Survey) -> dict[str, Variable]:
    """Return the standard deviation of the slopes of every group that shares one total."""
    prior, names = survey.model.priors.allocation, survey.model.allocated_groups
    if prior is None or not names:
        return {}
    ends = [np.asarray(share * prior.precision) for share in (prior.mean, 1.0 - prior.mean)]
    explained = pm.Beta(dims.EXPLAINED, alpha=ends[0], beta=ends[1], dims=())
    total = _NOISE * explained / (1.0 - explained)
    split = pt.ones(1)
    if len(names) > 1:
        blocks = Blocks((len(names),))
        split = dirichlet_blocks(dims.ALLOCATION, blocks, prior.concentration, (dims.ALLOCATED_GROUP,))
    variances = [survey.design(name).total_variance for name in names]
    spread = pm.Data("total_variance", variances, dims=(dims.ALLOCATED_GROUP,))
    return {name: pt.sqrt(total * split[i] / spread[i]) for i, name in enumerate(names)}
