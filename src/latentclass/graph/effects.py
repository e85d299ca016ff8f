"""Priors of parameters with a class dim: zero-sum across classes, so that no class is special."""

from __future__ import annotations

from functools import singledispatch

import numpy as np
import pymc as pm
from pymc.distributions.transforms import ZeroSumTransform
from pytensor.graph.basic import Variable

from latentclass.model import Flat, Normal

__all__ = ["zero_sum"]


@singledispatch
def zero_sum(prior: object, name: str, dims: tuple[str, ...]) -> Variable:
    """Add a variable that sums to zero along its last dim to the model on the context stack.

    The extension point for further priors of effects: a new prior registers its own function.

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
    return pm.ZeroSumNormal(name, sigma=np.asarray(prior.scale), dims=dims)


@zero_sum.register
def _(prior: Flat, name: str, dims: tuple[str, ...]) -> Variable:
    return pm.Flat(name, dims=dims, transform=ZeroSumTransform([-1]))
