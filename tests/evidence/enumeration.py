"""Exact marginal likelihoods of a two-class model of free items, by enumerating every allocation to the classes.

Given who is in which class, the answers are Dirichlet-multinomial and the coefficients of membership are integrated on
a grid of Gauss-Hermite nodes: no sampling, and nothing of the package but the names of the priors.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from scipy.special import gammaln, log_expit, logsumexp


def log_marginal_likelihood(
    codes: np.ndarray,
    sizes: list[int],
    *,
    concentration: float,
    intercept_sd: float,
    design: np.ndarray | None = None,
    slope_sd: float = 1.0,
    nodes: int = 40,
) -> float:
    """Return log p(answers | covariates) of respondents x items codes, no answer missing.

    `design` is one column of a covariate. Zero-sum effects of two classes differ by sqrt(2) times a normal of the
    prior's scale.
    """
    n = len(codes)
    allocations = np.array(list(product([0, 1], repeat=n)))
    answers = np.zeros(len(allocations))
    for k in (0, 1):
        inside = allocations == k
        for j, size in enumerate(sizes):
            chosen = codes[:, j][:, None] == np.arange(size)
            counts = inside @ chosen.astype(int)
            answers += gammaln(size * concentration) - gammaln(size * concentration + counts.sum(axis=1))
            answers += (gammaln(concentration + counts) - gammaln(concentration)).sum(axis=1)
    return float(logsumexp(answers + _log_allocations(allocations, design, intercept_sd, slope_sd, nodes)))


def _log_allocations(allocations, design, intercept_sd, slope_sd, nodes) -> np.ndarray:
    point, weight = np.polynomial.hermite_e.hermegauss(nodes)
    weight = weight / weight.sum()
    logits = np.sqrt(2) * intercept_sd * point[:, None]
    log_weight = np.log(weight)
    if design is not None:
        logits = (logits[:, None] + np.sqrt(2) * slope_sd * point[:, None] * design).reshape(-1, len(design))
        log_weight = (log_weight[:, None] + log_weight).ravel()
    logits = np.broadcast_to(logits, (len(logits), allocations.shape[1]))
    inside = log_expit(logits) @ (allocations == 0).T + log_expit(-logits) @ (allocations == 1).T
    return logsumexp(inside + log_weight[:, None], axis=0)


def leave_one_out(codes: np.ndarray, sizes: list[int], **how) -> np.ndarray:
    """Return the exact log p(answers of one | answers of the others) of every respondent."""
    everyone = log_marginal_likelihood(codes, sizes, **how)
    design = how.pop("design", None)
    found = []
    for i in range(len(codes)):
        rest = None if design is None else np.delete(design, i)
        found.append(everyone - log_marginal_likelihood(np.delete(codes, i, axis=0), sizes, design=rest, **how))
    return np.array(found)
