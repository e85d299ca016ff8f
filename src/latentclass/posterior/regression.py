"""The regression of one outcome on uncertain classes and on covariates, with its gradient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.linalg import helmert
from scipy.special import expit, logit

from latentclass import dims
from latentclass.model import Flat, Priors
from latentclass.survey import OutcomeColumn, Survey

__all__ = ["Regression"]

_STEP = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Regression:
    """Log posterior of the regression of one outcome, in unconstrained coordinates.

    The coordinates are the first threshold and the logs of the distances between neighbouring ones (binary, ordinal),
    or mean and log standard deviation (continuous); then the locations of the classes in K - 1 orthonormal coordinates,
    and the slopes.

    Parameters
    ----------
    column : OutcomeColumn
        The outcome.
    answers : ndarray [answer]
        Positions of levels, or standardised values, of those who answered.
    answered : ndarray of bool [respondent]
        Who answered.
    observed : ndarray [respondent, column]
        The design; columns of latent constructs hold 0.
    constructs : tuple of (int, int)
        Position of each latent construct among the columns, and among the constructs.
    classes : tuple of str
        Names of the classes.
    basis : ndarray [class, coordinate]
        Orthonormal basis of locations that sum to zero; no columns where the classes have none.
    priors : Priors
        The priors.
    """

    column: OutcomeColumn
    answers: np.ndarray
    answered: np.ndarray
    observed: np.ndarray
    constructs: tuple[tuple[int, int], ...]
    classes: tuple[str, ...]
    basis: np.ndarray
    priors: Priors

    @classmethod
    def of(cls, column: OutcomeColumn, survey: Survey) -> Self:
        """Return the regression of an outcome of a survey.

        Parameters
        ----------
        column : OutcomeColumn
            The outcome.
        survey : Survey
            The survey.

        Returns
        -------
        Regression
            The regression.
        """
        values = survey.outcome_values[:, survey.outcomes.index(column)]
        known, k = ~np.isnan(values), survey.model.n_classes
        several = column.outcome.by_class and k > 1
        return cls(
            column=column,
            answers=values[known] if column.continuous else values[known].astype(np.int64),
            answered=known,
            observed=column.matrix(survey.groups, survey.n_respondents),
            constructs=tuple((j, survey.model.latent_constructs.index(c)) for j, c in column.constructs),
            classes=survey.model.class_names,
            basis=helmert(k).T if several else np.zeros((k, 0)),
            priors=survey.model.priors,
        )

    @property
    def _n_first(self) -> int:
        return 2 if self.column.levels is None else len(self.column.levels) - 1

    def start(self) -> np.ndarray:
        """Return coordinates that fit the answers of everybody without classes and covariates."""
        found = np.zeros(self._n_first + self.basis.shape[1] + self.observed.shape[1])
        if self.column.levels is not None:
            counts = np.bincount(self.answers, minlength=len(self.column.levels)) + 0.5
            threshold = logit(np.cumsum(counts)[:-1] / counts.sum())
            found[: self._n_first] = [threshold[0], *np.log(np.diff(threshold))]
        return found

    def design(self, score: np.ndarray | None) -> np.ndarray:
        """Return the design of those who answered, with the scores of a draw.

        Parameters
        ----------
        score : ndarray [respondent, construct], optional
            The scores.

        Returns
        -------
        ndarray [answer, column]
            The design.
        """
        found = self.observed
        if score is not None and self.constructs:
            found = found.copy()
            for j, which in self.constructs:
                found[:, j] = score[:, which]
        return found[self.answered]

    def density(self, x: np.ndarray, weight: np.ndarray, design: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the log posterior, Jacobian included, and its gradient.

        Parameters
        ----------
        x : ndarray [coordinate]
            The coordinates.
        weight : ndarray [class, respondent]
            Probabilities of the classes.
        design : ndarray [answer, column]
            The design, see `design`.

        Returns
        -------
        tuple of float and ndarray [coordinate]
            Density and gradient.
        """
        first, effects, slopes = np.split(x, [self._n_first, self._n_first + self.basis.shape[1]])
        at = (self.basis @ effects)[:, None] + design @ slopes
        own = self._continuous if self.column.levels is None else self._ordered
        log_f, by_location, by_first = own(first, at)
        joint = np.log(np.maximum(weight[:, self.answered], 1e-300)) + log_f
        top = joint.max(axis=0)
        share = np.exp(joint - top)
        total = share.sum(axis=0)
        share /= total
        moved = share * by_location
        gradient = np.concatenate([by_first(share), self.basis.T @ moved.sum(axis=1), design.T @ moved.sum(axis=0)])
        prior, prior_gradient = self._prior(first, effects, slopes)
        return float((top + np.log(total)).sum()) + prior, gradient + prior_gradient

    def curvature(self, x: np.ndarray, weight: np.ndarray, design: np.ndarray) -> np.ndarray:
        """Return the negative second derivatives of the log posterior, by differences of its gradient.

        Parameters
        ----------
        x : ndarray [coordinate]
            Where.
        weight, design : ndarray
            See `density`.

        Returns
        -------
        ndarray [coordinate, coordinate]
            Positive definite: eigenvalues that are not positive are lifted.
        """
        rows = [
            (self.density(x - e, weight, design)[1] - self.density(x + e, weight, design)[1]) / (2 * _STEP)
            for e in _STEP * np.eye(len(x))
        ]
        values, vectors = np.linalg.eigh(0.5 * (np.array(rows) + np.array(rows).T))
        return np.asarray((vectors * np.maximum(values, 1e-3)) @ vectors.T)

    @property
    def coords(self) -> dict[str, list[str]]:
        """Coordinates of the variables: dim to labels."""
        name, coords = self.column.name, {dims.CLASS: list(self.classes)}
        coords[dims.outcome_dim("covariate", name)] = list(self.column.labels)
        if self.column.levels is not None:
            labels = [dims.level_label(name, level) for level in self.column.levels]
            coords[dims.outcome_dim("level", name)] = labels
        return coords

    def variables(self, x: np.ndarray) -> dict[str, tuple[tuple[str, ...], np.ndarray]]:
        """Return the variables of the regression, as the one-step model names them.

        Parameters
        ----------
        x : ndarray [draw, coordinate]
            The coordinates.

        Returns
        -------
        dict of str to (dims, ndarray [draw, ...])
            Name to dims and values.
        """
        name, end = self.column.name, self._n_first + self.basis.shape[1]
        first, effects, slopes = x[:, : self._n_first], x[:, self._n_first : end], x[:, end:]
        found: dict[str, tuple[tuple[str, ...], np.ndarray]] = {}
        if self.basis.shape[1]:
            found[dims.outcome_name("location", name)] = ((dims.CLASS,), effects @ self.basis.T)
        if slopes.shape[1]:
            found[dims.outcome_name("slope", name)] = ((dims.outcome_dim("covariate", name),), slopes)
        if self.column.levels is None:
            found[dims.outcome_name("mean", name)] = ((), first[:, 0])
            found[dims.outcome_name("sd", name)] = ((), np.exp(first[:, 1]))
        else:
            below = np.pad(expit(_thresholds(first)), ((0, 0), (1, 1)), constant_values=((0, 0), (0, 1)))
            found[dims.outcome_name("baseline", name)] = ((dims.outcome_dim("level", name),), np.diff(below, axis=1))
        return found

    def _ordered(self, first: np.ndarray, at: np.ndarray):  # type: ignore[no-untyped-def]
        threshold = _thresholds(first)
        padded = np.concatenate([[-np.inf], threshold, [np.inf]])
        above, below = padded[self.answers + 1] - at, padded[self.answers] - at
        upper, lower = expit(above), expit(below)
        # From the side where both are small, so that no digits are lost.
        density = np.where(below > 0, expit(-below) - expit(-above), upper - lower)
        density = np.maximum(density, 1e-300)
        by_above, by_below = upper * expit(-above) / density, -lower * expit(-below) / density

        def by_first(share: np.ndarray) -> np.ndarray:
            n = len(threshold)
            gradient = np.bincount(self.answers, (share * by_above).sum(axis=0), minlength=n + 1)[:n]
            gradient += np.bincount(self.answers, (share * by_below).sum(axis=0), minlength=n + 1)[1:]
            return _by_coordinates(first, gradient)

        return np.log(density), -(by_above + by_below), by_first

    def _continuous(self, first: np.ndarray, at: np.ndarray):  # type: ignore[no-untyped-def]
        sd = np.exp(first[1])
        standardised = (self.answers - first[0] - at) / sd
        by_location = standardised / sd

        def by_first(share: np.ndarray) -> np.ndarray:
            return np.array([(share * by_location).sum(), (share * (standardised**2 - 1)).sum()])

        return -0.5 * standardised**2 - first[1] - 0.5 * np.log(2 * np.pi), by_location, by_first

    def _prior(self, first: np.ndarray, effects: np.ndarray, slopes: np.ndarray) -> tuple[float, np.ndarray]:
        priors, value, parts = self.priors, 0.0, []
        if self.column.levels is None:
            mean, log_sd = first
            of_mean, of_sd = priors.outcome_mean, priors.outcome_sd
            gradient = np.array([0.0, 1.0])
            value += log_sd
            if not isinstance(of_mean, Flat):
                value -= 0.5 * (mean / of_mean.scale) ** 2
                gradient[0] -= mean / of_mean.scale**2
            if not isinstance(of_sd, Flat):
                square = np.exp(2 * log_sd) / of_sd.scale**2
                value -= 0.5 * square
                gradient[1] -= square
            parts.append(gradient)
        else:
            own, gradient = _dirichlet(first, priors.outcome_thresholds.concentration)
            value += own
            parts.append(gradient)
        for values, prior in ((effects, priors.outcome_location), (slopes, priors.outcome_slopes)):
            precision = 0.0 if isinstance(prior, Flat) else prior.scale**-2
            value -= 0.5 * precision * float(values @ values)
            parts.append(-precision * values)
        return value, np.concatenate(parts)


def _thresholds(first: np.ndarray) -> np.ndarray:
    steps = np.concatenate([first[..., :1], np.exp(first[..., 1:])], axis=-1)
    return np.cumsum(steps, axis=-1)


def _by_coordinates(first: np.ndarray, by_threshold: np.ndarray) -> np.ndarray:
    """Return the gradient by first threshold and log distances from that by the thresholds."""
    later = np.cumsum(by_threshold[::-1])[::-1]
    return np.concatenate([later[:1], later[1:] * np.exp(first[1:])])


def _dirichlet(first: np.ndarray, concentration: float) -> tuple[float, np.ndarray]:
    """Return the log density of the thresholds' coordinates where their baseline is Dirichlet, and its gradient."""
    threshold = _thresholds(first)
    below = expit(threshold)
    slope = below * expit(-threshold)
    baseline = np.maximum(np.diff(np.concatenate([[0.0], below, [1.0]])), 1e-300)
    value = (concentration - 1) * np.log(baseline).sum() + np.log(slope).sum() + first[1:].sum()
    by_threshold = (concentration - 1) * slope * (1 / baseline[:-1] - 1 / baseline[1:]) + 1 - 2 * below
    gradient = _by_coordinates(first, by_threshold)
    gradient[1:] += 1.0
    return float(value), gradient
