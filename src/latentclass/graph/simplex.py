"""Several simplexes in one row: a Dirichlet prior and a stick-breaking transform on log-odds.

A row holds the answer probabilities of one item after the other. Breaking a stick with v_1, v_2, ... gives the levels
p_1 = v_1, p_2 = v_2 (1 - v_1), ..., and with v_c ~ Beta(a_c, a_(c+1) + ... + a_C) the levels are Dirichlet(a),
whatever the order in which they are broken off (Connor and Mosimann 1969). The sampler sees the log-odds of the v.
Breaking the likeliest level first keeps them away from the flat tails of the logistic function.

The Jacobian from log-odds to probabilities is the product of all C probabilities, in any order: the order is a
reparametrisation and no part of the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from numpy.typing import NDArray
from pymc.logprob.transforms import Transform
from pytensor.graph.basic import Variable
from scipy.special import gammaln

from latentclass.graph.stick_ops import log_probability

__all__ = ["Blocks", "StickBreaking", "dirichlet_blocks"]


@dataclass(frozen=True, slots=True)
class Blocks:
    """Sizes of the simplexes in a row.

    Parameters
    ----------
    sizes : tuple of int
        Number of levels of each.
    """

    sizes: tuple[int, ...]

    @property
    def n_cells(self) -> int:
        """Length of the row."""
        return sum(self.sizes)

    @property
    def offsets(self) -> NDArray[np.int64]:
        """Where each simplex starts."""
        return np.concatenate([[0], np.cumsum(self.sizes)[:-1]]).astype(np.int64)

    @property
    def padded(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Index of every break in a (simplex, break) array, and of every cell in a (simplex, level) array."""
        width = max(self.sizes)
        sizes = np.asarray(self.sizes)
        breaks = np.flatnonzero((np.arange(width - 1) < (sizes - 1)[:, None]).ravel())
        cells = np.flatnonzero((np.arange(width) < sizes[:, None]).ravel())
        return breaks, cells


class StickBreaking(Transform):
    """Log-odds of stick-breaking proportions, for the last axis of a row of simplexes.

    Parameters
    ----------
    blocks : Blocks
        The simplexes.
    ranked : bool
        Whether the last parameter of the variable is the rank of every cell: a permutation of the row, every simplex
        permuted within itself, that tells the place at which a cell is broken off. Otherwise the order is that of
        the levels.
    """

    # Without an underscore: PyMC takes the name of the variable for what stands before the last one.
    name = "stickbreaking"
    ndim_supp = 1

    def __init__(self, blocks: Blocks, *, ranked: bool = False) -> None:
        self.blocks = blocks
        self.ranked = ranked

    def log_probability(self, value: Variable, *inputs: Variable) -> Variable:
        """Return the log probabilities that belong to log-odds.

        Parameters
        ----------
        value : tensor of shape (..., n_cells - n_simplexes)
            Log-odds.
        *inputs : tensor
            Parameters of the variable.

        Returns
        -------
        tensor of shape (..., n_cells)
            Log probabilities.
        """
        return log_probability(value, self.blocks.sizes, inputs[-1] if self.ranked else None)

    def backward(self, value: Variable, *inputs: Variable) -> Variable:
        return pt.exp(self.log_probability(value, *inputs))

    def forward(self, value: Variable, *inputs: Variable) -> Variable:
        blocks = self.blocks
        ordered = value
        if self.ranked:
            ordered = pt.take_along_axis(value, pt.argsort(inputs[-1], axis=-1), axis=-1)
        ends = blocks.offsets + np.asarray(blocks.sizes)
        parts = []
        for start, end in zip(blocks.offsets, ends, strict=True):
            simplex = ordered[..., start:end]
            rest = pt.cumsum(simplex[..., ::-1], axis=-1)[..., ::-1][..., 1:]
            parts.append(pt.log(simplex[..., :-1]) - pt.log(rest))
        return pt.concatenate(parts, axis=-1)

    def log_jac_det(self, value: Variable, *inputs: Variable) -> Variable:
        return self.log_probability(value, *inputs).sum(axis=-1)


def dirichlet_blocks(
    name: str,
    blocks: Blocks,
    concentration: float,
    dims: Sequence[str],
    *,
    lead: tuple[int, ...] = (),
    transform: StickBreaking | None = None,
    extra: Variable | None = None,
) -> Variable:
    """Add a row of simplexes with symmetric Dirichlet priors to the model on the context stack.

    Parameters
    ----------
    name : str
        Name of the variable.
    blocks : Blocks
        The simplexes.
    concentration : float
        Concentration of every Dirichlet.
    dims : sequence of str
        Dims of the variable, the row last.
    lead : tuple of int
        Lengths of the dims before the last.
    transform : StickBreaking, optional
        Coordinates in which the row is sampled; unranked stick-breaking by default.
    extra : tensor, optional
        What the transform takes besides the coordinates, such as the order of breaking. The density does not depend
        on it.

    Returns
    -------
    tensor
        The random variable, of shape (*lead, n_cells).
    """
    sizes = np.asarray(blocks.sizes)
    constant = float(np.sum(gammaln(concentration * sizes) - sizes * gammaln(concentration)))

    def logp(value: Variable, concentrations: Variable, *_: Variable) -> Variable:
        return constant + pt.sum((concentrations - 1.0) * pt.log(value), axis=-1)

    def random(
        concentrations: NDArray[np.float64],
        *_: NDArray[Any],
        rng: np.random.Generator,
        size: tuple[int, ...] | None,
    ) -> NDArray[np.float64]:
        shape = concentrations.shape if size is None else (*size, concentrations.shape[-1])
        draws = rng.gamma(np.broadcast_to(concentrations, shape))
        totals = np.add.reduceat(draws, blocks.offsets, axis=-1)
        return draws / np.repeat(totals, sizes, axis=-1)

    def support_point(rv: Variable, size: object, *_: Variable) -> Variable:
        return pt.broadcast_to(pt.constant(np.repeat(1.0 / sizes, sizes)), rv.shape)

    further = () if extra is None else (extra,)
    return pm.CustomDist(
        name,
        np.full((*lead, blocks.n_cells), concentration),
        *further,
        logp=logp,
        random=random,
        support_point=support_point,
        signature="(c),(e)->(c)" if further else "(c)->(c)",
        class_name="DirichletRow",
        transform=transform or StickBreaking(blocks),
        dims=tuple(dims),
    )
