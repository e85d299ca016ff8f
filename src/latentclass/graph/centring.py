"""Coordinates in which the average score of a construct is sampled apart from what its indicators share.

Answers tell where the scores lie relative to thresholds and means of the indicators; the common place of all of them
is left to the prior of the scores. Sampled as they stand, scores and thresholds would have to move together along one
long, narrow direction. Here thresholds and means are stated for the average score of the sample, and the average
itself is shortened to the length of the other directions. Both are reparametrisations: neither changes the model.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from numpy.typing import NDArray
from pymc.logprob.transforms import Transform
from pytensor.graph.basic import Variable

from latentclass.graph.layout import threshold_sums
from latentclass.graph.simplex import Blocks, StickBreaking

__all__ = ["ShiftedStickBreaking", "StretchedAverage", "shifted_normal"]

# The average over n respondents has the prior standard deviation 1 / sqrt(n), a direction of length 1; the score of a
# respondent on a reliable scale is known to about a third of that.
_STRETCH = 3.0


class StretchedAverage(Transform):
    """Scores whose average over the respondents is a multiple of that of the coordinates.

    Parameters
    ----------
    ndim_supp : int
        0 for independent scores, 1 for a vector of scores per respondent.
    """

    name = "stretchedaverage"

    def __init__(self, ndim_supp: int) -> None:
        self.ndim_supp = ndim_supp

    def backward(self, value: Variable, *inputs: Variable) -> Variable:
        return value + (_STRETCH - 1.0) * pt.mean(value, axis=-2, keepdims=True)

    def forward(self, value: Variable, *inputs: Variable) -> Variable:
        return value - (1.0 - 1.0 / _STRETCH) * pt.mean(value, axis=-2, keepdims=True)

    def log_jac_det(self, value: Variable, *inputs: Variable) -> Variable:
        # One factor per construct, spread over the respondents, whose densities are added up.
        each = pt.ones_like(value) * (np.log(_STRETCH) / value.shape[-2])
        return each.sum(axis=-1) if self.ndim_supp else each


class ShiftedStickBreaking(StickBreaking):
    """Stick-breaking for probabilities whose cumulative logits are those of the sticks, plus a shift.

    The last parameter of the variable is the shift of every simplex. With w the exponential of the shift and F the
    cumulative probabilities of the sticks, a level between F and G has the probability
    w (G - F) / ((1 - F + w F) (1 - G + w G)). The Jacobian from log-odds to probabilities is again the product of all
    probabilities.

    Parameters
    ----------
    blocks : Blocks
        The simplexes.
    """

    name = "shiftedstickbreaking"

    def __init__(self, blocks: Blocks) -> None:
        super().__init__(blocks)
        sizes = np.asarray(blocks.sizes)
        self._of_level = np.repeat(np.arange(len(sizes)), sizes)
        self._of_threshold = np.repeat(np.arange(len(sizes)), sizes - 1)
        n_thresholds = blocks.n_cells - len(sizes)
        own = np.split(np.arange(n_thresholds), np.cumsum(sizes - 1)[:-1])
        # Beyond the thresholds stand what belongs to F = 0, and to F = 1 of every simplex.
        self._above = np.concatenate([[*at, n_thresholds + 1 + j] for j, at in enumerate(own)]).astype(np.int64)
        self._below = np.concatenate([[n_thresholds, *at] for at in own]).astype(np.int64)

    def _shifted(self, log_p: Variable, shift: Variable) -> Variable:
        below, above = threshold_sums(self.blocks.sizes)
        p = pt.exp(log_p)
        odds = pt.exp(shift)[..., self._of_threshold]
        ends = pt.concatenate([pt.log(p @ above + odds * (p @ below)), pt.zeros_like(shift[..., :1]), shift], axis=-1)
        return shift[..., self._of_level] + log_p - ends[..., self._above] - ends[..., self._below]

    def log_probability(self, value: Variable, *inputs: Variable) -> Variable:
        return self._shifted(super().log_probability(value), inputs[-1])

    def forward(self, value: Variable, *inputs: Variable) -> Variable:
        return super().forward(pt.exp(self._shifted(pt.log(value), -inputs[-1])))


class _Shifted(Transform):
    name = "shifted"
    ndim_supp = 1

    def backward(self, value: Variable, *inputs: Variable) -> Variable:
        return value + inputs[-1]

    def forward(self, value: Variable, *inputs: Variable) -> Variable:
        return value - inputs[-1]

    def log_jac_det(self, value: Variable, *inputs: Variable) -> Variable:
        return pt.zeros_like(value[..., 0])


def shifted_normal(name: str, scale: float, shift: Variable, dims: tuple[str, ...]) -> Variable:
    """Add independent normal variables to the model on the context stack, sampled as their distance from a shift.

    Parameters
    ----------
    name : str
        Name of the variable.
    scale : float
        Standard deviation of the prior, whose mean is 0; infinite for a flat prior.
    shift : tensor of shape (n,)
        What the sampled coordinates are distances from.
    dims : tuple of str
        The dim.

    Returns
    -------
    tensor of shape (n,)
        The random variable.
    """
    flat = np.isinf(scale)

    def logp(value: Variable, _: Variable) -> Variable:
        density = pt.zeros_like(value) if flat else pm.logp(pm.Normal.dist(sigma=np.asarray(scale)), value)
        return density.sum(axis=-1)

    def random(
        shift: NDArray[np.float64], rng: np.random.Generator, size: tuple[int, ...] | None
    ) -> NDArray[np.float64]:
        if flat:
            message = f"A flat prior, here of {name!r}, cannot be drawn from."
            raise NotImplementedError(message)
        return rng.normal(scale=scale, size=shift.shape if size is None else (*size, shift.shape[-1]))

    made: Callable[..., Variable] = pm.CustomDist
    return made(
        name,
        shift,
        logp=logp,
        random=random,
        support_point=lambda rv, size, shift: pt.zeros_like(rv),
        signature="(j)->(j)",
        class_name="ShiftedNormal",
        transform=_Shifted(),
        dims=dims,
    )
