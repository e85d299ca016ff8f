"""Two-step regressions of outcomes: draws given classes that the outcome had no part in."""

from __future__ import annotations

import warnings

import numpy as np
import xarray as xr
from scipy.optimize import minimize

from latentclass import dims
from latentclass.errors import LatentClassWarning
from latentclass.posterior.density import class_posterior_blocks
from latentclass.posterior.draws import Draws
from latentclass.posterior.regression import Regression
from latentclass.survey import OutcomeColumn, Survey

__all__ = ["two_step_outcomes"]

_DOF = 6.0
_STEPS = 16
_NEWTON = 3
_FEW_MOVES = 6
_FEWEST_ACCEPTED = 0.3


def two_step_outcomes(posterior: xr.Dataset, survey: Survey, *, seed: int = 0) -> xr.Dataset:
    """Draw the regressions of the outcomes that have no part in the classes, given every draw of the classes.

    The posterior is cut (Plummer 2015): every draw of measurement and membership keeps its weight, whatever the outcome
    says, and the regression is drawn from its posterior given that draw,
    ``p(b | draw, y) prop. to p(b) prod_i sum_k p(k | answers of i, draw) p(y_i | k, b)``. The class of a respondent is
    summed over with the probabilities of the first step, the two-step estimator of Bakk and Kuha (2018); regressing on
    classes drawn without the outcome would pull the differences between the classes towards 0. Draws come from an
    independence Metropolis sampler, whose proposal is a t distribution at the mode.

    Parameters
    ----------
    posterior : Dataset [chain, draw, ...]
        Relabelled draws of the model's variables.
    survey : Survey
        The survey.
    seed : int
        Seed.

    Returns
    -------
    Dataset [chain, draw, ...]
        Draws of the variables of the regressions, one for each draw of the posterior; ``attrs["acceptance"]`` is the
        lowest rate of acceptance of a chain and outcome.

    Warns
    -----
    LatentClassWarning
        When few proposals are accepted, so that the draws are not those of the posterior yet.

    References
    ----------
    Plummer, M. (2015). Cuts in Bayesian graphical models. Statistics and Computing, 25(1), 37-43.
    Bakk, Z. and Kuha, J. (2018). Two-step estimation of models between latent classes and external variables.
    Psychometrika, 83(4), 871-892.

    Examples
    --------
    >>> two_step_outcomes(fit.posterior, fit.survey)  # doctest: +SKIP
    """
    columns = [column for column in survey.outcomes if not column.outcome.feedback]
    chains = []
    for number in range(posterior.sizes[dims.CHAIN]):
        rng = np.random.default_rng([seed, number])
        chains.append(_chain(posterior.isel({dims.CHAIN: [number]}), survey, columns, rng))
    rate = min((rate for _, rate in chains), default=1.0)
    if rate < _FEWEST_ACCEPTED:
        text = (
            f"Only {rate:.0%} of the proposals for the regression of an outcome were accepted; its draws are not to be "
            "trusted. Stronger priors on outcome_location and outcome_slopes may help."
        )
        warnings.warn(text, LatentClassWarning, stacklevel=2)
    made = xr.concat([data for data, _ in chains], dim=dims.CHAIN)
    return made.assign_coords({name: posterior[name] for name in (dims.CHAIN, dims.DRAW)}).assign_attrs(acceptance=rate)


def _chain(
    posterior: xr.Dataset, survey: Survey, columns: list[OutcomeColumn], rng: np.random.Generator
) -> tuple[xr.Dataset, float]:
    draws = Draws.of(posterior, survey)
    weight = np.empty((len(draws), survey.model.n_classes, survey.n_respondents))
    for rows, block, _, probability in class_posterior_blocks(draws, survey):
        weight[block, :, rows] = probability
    found: dict[str, tuple[tuple[str, ...], np.ndarray]] = {}
    rates = [1.0]
    for column in columns:
        regression = Regression.of(column, survey)
        values, rate = _drawn(regression, weight, draws.score, rng)
        rates.append(rate)
        found |= {name: ((dims.CHAIN, dims.DRAW, *own), part[None]) for name, (own, part) in values.items()}
    coords = {dim: labels for column in columns for dim, labels in Regression.of(column, survey).coords.items()}
    return xr.Dataset(found, coords=coords), min(rates)


def _drawn(
    regression: Regression, weight: np.ndarray, score: np.ndarray | None, rng: np.random.Generator
) -> tuple[dict[str, tuple[tuple[str, ...], np.ndarray]], float]:
    """Return one draw of the regression for every draw of the classes, and the rate of acceptance."""
    design = regression.design(None if score is None else score.mean(axis=0))
    average = weight.mean(axis=0)
    centre = _climbed(regression, regression.start(), average, design)
    root = _root(regression, centre, average, design)
    found, accepted = np.empty((len(weight), len(centre))), 0
    for s in range(len(weight)):
        design = regression.design(None if score is None else score[s])
        near = _newton(regression, centre, root, weight[s], design)
        found[s], moves = _metropolis(regression, near, root, weight[s], design, rng)
        if moves < _FEW_MOVES:
            # A draw far from the average has a mode and a spread of its own.
            near = _climbed(regression, centre, weight[s], design)
            own = _root(regression, near, weight[s], design)
            found[s], moves = _metropolis(regression, near, own, weight[s], design, rng)
        accepted += moves
    return regression.variables(found), accepted / (_STEPS * len(weight))


def _newton(
    regression: Regression, centre: np.ndarray, root: np.ndarray, weight: np.ndarray, design: np.ndarray
) -> np.ndarray:
    for _ in range(_NEWTON):
        step = root @ (root.T @ regression.density(centre, weight, design)[1])
        centre = centre + step / max(1.0, float(np.abs(step).max()))
    return centre


def _root(regression: Regression, centre: np.ndarray, weight: np.ndarray, design: np.ndarray) -> np.ndarray:
    return np.linalg.cholesky(np.linalg.inv(regression.curvature(centre, weight, design)))


def _climbed(regression: Regression, start: np.ndarray, weight: np.ndarray, design: np.ndarray) -> np.ndarray:
    def negative(x: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = regression.density(x, weight, design)
        return -value, -gradient

    return np.asarray(minimize(negative, start, jac=True, method="BFGS").x)


def _metropolis(
    regression: Regression,
    centre: np.ndarray,
    root: np.ndarray,
    weight: np.ndarray,
    design: np.ndarray,
    rng: np.random.Generator,
) -> tuple[np.ndarray, int]:
    size = len(centre)
    standard = rng.normal(size=(_STEPS, size)) * np.sqrt(_DOF / rng.chisquare(_DOF, size=(_STEPS, 1)))
    uniform, moves = np.log(rng.random(_STEPS)), 0
    here = centre
    # Density over that of the proposal, whose kernel is (1 + |z|² / dof) to the power of -(dof + size) / 2.
    ratio = regression.density(centre, weight, design)[0]
    for z, u in zip(standard, uniform, strict=True):
        there = centre + root @ z
        other = regression.density(there, weight, design)[0] + 0.5 * (_DOF + size) * np.log1p(z @ z / _DOF)
        if u < other - ratio:
            here, ratio, moves = there, other, moves + 1
    return here, moves
