"""Local identifiability: whether the answers tell all parameters apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from latentclass.checks.point import Point
from latentclass.checks.scores import information, score_columns
from latentclass.model import Structure

__all__ = ["Identification", "identification", "parameter_names"]

# Of the information scaled to a unit diagonal: an eigenvalue below is nil.
_SINGULAR = 1e-8
_MOST_CELLS = 4096
_ROWS_PER_PARAMETER = 20
_FEWEST_ROWS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Identification:
    """What the expected information at the posterior mean says.

    Parameters
    ----------
    n_parameters : int
        Free parameters of membership and items.
    rank : int
        Rank of the expected information: how many combinations of parameters change the distribution of the answers.
    n_cells : int or None
        Number of possible response patterns, where no covariate tells respondents apart.
    eigenvalues : ndarray
        Of the information scaled to a unit diagonal, smallest first.
    directions : DataFrame
        Index ``parameter``; a column for each combination that changes nothing, in logits, scaled to length 1.
    """

    n_parameters: int
    rank: int
    n_cells: int | None
    eigenvalues: np.ndarray
    directions: pd.DataFrame

    @property
    def ok(self) -> bool:
        """Whether the parameters are locally identified."""
        return self.rank == self.n_parameters

    @property
    def enough_cells(self) -> bool:
        """Whether there are at least as many free cell probabilities as parameters."""
        return self.n_cells is None or self.n_parameters <= self.n_cells - 1

    def __repr__(self) -> str:
        verdict = "identified" if self.ok else f"not identified: rank {self.rank}"
        return f"Identification({self.n_parameters} parameters, {verdict}; next: .directions, .eigenvalues)"


def identification(point: Point, *, seed: int = 0) -> Identification:
    """Return whether the parameters are locally identified at the posterior mean, whatever the priors.

    The expected information of the answers is taken at the posterior mean: over all response patterns where there are
    few and no covariates, else over answers drawn there. A singular information means that some combination of
    parameters can move without moving the distribution of the answers (Rothenberg 1971; for latent classes McHugh 1956
    and Goodman 1974).

    Parameters
    ----------
    point : Point
        The posterior mean.
    seed : int
        Seed of the answers drawn.

    Returns
    -------
    Identification
        Rank, eigenvalues and the combinations that change nothing.

    References
    ----------
    Goodman, L. A. (1974). Exploratory latent structure analysis using both identifiable and unidentifiable models.
    Biometrika, 61(2), 215-231.
    McHugh, R. B. (1956). Efficient estimation and local identification in latent class analysis. Psychometrika, 21(4),
    331-347.
    Rothenberg, T. J. (1971). Identification in parametric models. Econometrica, 39(3), 577-591.
    """
    names = parameter_names(point)
    n_cells = int(np.prod([float(len(item.levels)) for item in point.survey.items]))
    alike = not point.covariates
    if alike and n_cells <= _MOST_CELLS:
        matrix = _over_all_patterns(point)
    else:
        matrix = information(point, rows=max(_FEWEST_ROWS, _ROWS_PER_PARAMETER * len(names)), seed=seed)
    scale = np.sqrt(np.maximum(np.diag(matrix), 1e-300))
    value, vector = np.linalg.eigh(matrix / np.outer(scale, scale))
    nil = value < _SINGULAR * max(value[-1], 1e-300) if len(value) else np.zeros(0, dtype=bool)
    directions = vector[:, nil] / scale[:, None]
    directions = directions / np.maximum(np.sqrt((directions**2).sum(axis=0)), 1e-300)
    return Identification(
        n_parameters=len(names),
        rank=int((~nil).sum()),
        n_cells=n_cells if alike else None,
        eigenvalues=value,
        directions=pd.DataFrame(directions, index=pd.Index(names, name="parameter")),
    )


def parameter_names(point: Point) -> list[str]:
    """Return names of the free parameters in the order of the scores.

    Parameters
    ----------
    point : Point
        The posterior mean.

    Returns
    -------
    list of str
        Membership by class, then items.
    """
    names, classes = [], point.survey.model.class_names
    for name in classes[:-1]:
        names += [f"{what} of {name}" for what in ("size", *(f"slope of {c}" for c in point.covariates))]
    for item in point.survey.items:
        n_free = len(item.levels) - 1
        if item.structure is Structure.FREE:
            names += [f"{item.name} in {name}" for name in classes for _ in range(n_free)]
            continue
        names += [f"thresholds of {item.name}"] * n_free
        names += [f"{item.name} in {name}" for name in classes[:-1]]
        names += [f"dispersion of {item.name} in {name}" for name in classes[:-1] if item.dispersion]
    return names


def _over_all_patterns(point: Point) -> np.ndarray:
    """Return the expected information of a survey without covariates, summed over all response patterns."""
    codes = np.indices([len(item.levels) for item in point.survey.items]).reshape(len(point.survey.items), -1).T
    answers = point.answers(codes, np.zeros(len(codes), dtype=int))
    with np.errstate(divide="ignore"):
        logs = answers.chosen @ np.log(np.maximum(point.probability, 1e-300)).T + np.log(answers.share)
    weight = np.exp(logs).sum(axis=1)
    score = score_columns(point, answers)
    return point.survey.n_respondents * (score * weight[:, None]).T @ score
