"""The posterior mean as one set of parameters, and what a respondent's answers look like from there."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import numpy as np
import xarray as xr
from scipy.special import softmax

from latentclass import dims
from latentclass.model import ItemKind, Structure
from latentclass.posterior import Fit
from latentclass.posterior.density import class_posterior_blocks
from latentclass.posterior.draws import Draws
from latentclass.simulation.parameters import aligned
from latentclass.simulation.probabilities import cumulative_probabilities, item_probabilities, thresholds
from latentclass.survey import GroupDesign, ItemColumn, Survey

__all__ = ["Answers", "Point", "item_slices"]

_STEP = 1e-5
_SMALLEST = 1e-300


def item_slices(survey: Survey) -> list[slice]:
    """Return where the levels of each item stand when those of all items follow one another, in the survey's order."""
    ends = np.cumsum([0, *(len(item.levels) for item in survey.items)]).tolist()
    return [slice(start, stop) for start, stop in pairwise(ends)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """The posterior mean of every parameter, and what follows from it.

    Parameters
    ----------
    survey : Survey
        The survey.
    probability : ndarray [class, level]
        Answer probabilities; the levels of all items one after another, in the order of the survey.
    share : ndarray [respondent, class]
        Class probabilities given the covariates.
    design : ndarray [respondent, column]
        Covariates, centred and scaled; scores of latent constructs at their posterior means.
    covariates : tuple of str
        Labels of the columns.
    derivative : ndarray [class x level, parameter]
        Derivative of each log answer probability by each free parameter of the items.
    contrast : ndarray [level, contrast]
        Numbers that answers stand for: the position of the level for binary and ordinal items, one column per level
        but the most common for nominal ones.
    item_of : ndarray of int [contrast]
        Item of each contrast.
    """

    survey: Survey
    probability: np.ndarray
    share: np.ndarray
    design: np.ndarray
    covariates: tuple[str, ...]
    derivative: np.ndarray
    contrast: np.ndarray
    item_of: np.ndarray

    @classmethod
    def of(cls, fit: Fit) -> Self:
        """Return the posterior mean of a fit.

        Parameters
        ----------
        fit : Fit
            The fit.

        Returns
        -------
        Point
            The mean of the draws that its answers come from.
        """
        fit.survey.check_one_row_each("A check of a fit")
        return cls.at(fit.posterior.mean((dims.CHAIN, dims.DRAW)), fit.survey, _share(fit.posterior, fit.survey))

    @classmethod
    def at(cls, parameters: xr.Dataset, survey: Survey, share: np.ndarray) -> Self:
        """Return what follows from given parameters.

        Parameters
        ----------
        parameters : Dataset
            Parameters by name.
        survey : Survey
            The survey.
        share : ndarray [respondent, class]
            Class probabilities given the covariates.

        Returns
        -------
        Point
            The point.
        """
        probability = np.hstack(list(item_probabilities(survey, parameters).values()))
        design, labels = _design(parameters, survey)
        contrast, item_of = _contrasts(survey)
        return cls(
            survey=survey,
            probability=probability,
            share=share,
            design=design,
            covariates=labels,
            derivative=_derivative(survey, parameters, probability),
            contrast=contrast,
            item_of=item_of,
        )

    @property
    def class_mean(self) -> np.ndarray:
        """Mean of every contrast in every class [class, contrast]."""
        return self.probability @ self.contrast

    @property
    def class_variance(self) -> np.ndarray:
        """Variance of every contrast in every class [class, contrast]."""
        return self.probability @ self.contrast**2 - self.class_mean**2

    def answers(self, codes: np.ndarray, rows: np.ndarray) -> Answers:
        """Return answers as they look from here.

        Parameters
        ----------
        codes : ndarray of int [row, item]
            Codes, -1 where there is no answer.
        rows : ndarray of int [row]
            Which respondent's covariates go with each row.

        Returns
        -------
        Answers
            The answers with the class probabilities they imply.
        """
        chosen = np.zeros((len(codes), self.probability.shape[1]))
        for column, where in zip(codes.T, item_slices(self.survey), strict=True):
            given = np.flatnonzero(column >= 0)
            chosen[given, where.start + column[given]] = 1.0
        share = self.share[rows]
        logs = np.log(np.maximum(self.probability, _SMALLEST))
        with np.errstate(divide="ignore"):
            membership = softmax(chosen @ logs.T + np.log(share), axis=1)
        answered = (codes >= 0)[:, self.item_of].astype(float)
        return Answers(
            codes=codes,
            rows=rows,
            chosen=chosen,
            answered=answered,
            value=chosen @ self.contrast,
            share=share,
            membership=membership,
        )

    def draw(self, rng: np.random.Generator, times: int) -> tuple[np.ndarray, np.ndarray]:
        """Draw answers of all respondents anew, with the same cells missing.

        Parameters
        ----------
        rng : Generator
            Source of randomness.
        times : int
            How often.

        Returns
        -------
        tuple of ndarray of int [row, item] and [row]
            Codes, and the respondent of each row.
        """
        rows = np.tile(np.arange(self.survey.n_respondents), times)
        steps = np.cumsum(self.share, axis=1)[rows, :-1]
        drawn = (rng.random((len(rows), 1)) > steps).sum(axis=1)
        codes = np.empty((len(rows), len(self.survey.items)), dtype=np.int64)
        for j, where in enumerate(item_slices(self.survey)):
            below = np.cumsum(self.probability[:, where], axis=1)[drawn, :-1]
            codes[:, j] = (rng.random((len(rows), 1)) > below).sum(axis=1)
        codes[~self.survey.answered[rows]] = -1
        return codes, rows

    def __repr__(self) -> str:
        n, k = self.share.shape
        return f"Point({n} respondents, {k} classes; next: .answers(codes, rows))"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Answers of some respondents, real or drawn.

    Parameters
    ----------
    codes : ndarray of int [row, item]
        Codes, -1 where there is no answer.
    rows : ndarray of int [row]
        Respondent of each row.
    chosen : ndarray [row, level]
        1 for the levels chosen.
    answered : ndarray [row, contrast]
        1 where the item of the contrast was answered.
    value : ndarray [row, contrast]
        The contrasts; 0 where there is no answer.
    share : ndarray [row, class]
        Class probabilities given the covariates.
    membership : ndarray [row, class]
        Class probabilities given covariates and answers.
    """

    codes: np.ndarray
    rows: np.ndarray
    chosen: np.ndarray
    answered: np.ndarray
    value: np.ndarray
    share: np.ndarray
    membership: np.ndarray

    def __len__(self) -> int:
        return len(self.codes)

    def __repr__(self) -> str:
        return f"Answers({len(self)} rows)"


def _share(posterior: xr.Dataset, survey: Survey) -> np.ndarray:
    """Return class probabilities given the covariates, averaged over the draws."""
    draws = Draws.of(posterior, survey)
    total = np.zeros((survey.model.n_classes, survey.n_respondents))
    for rows, _, prior, _ in class_posterior_blocks(draws, survey):
        total[:, rows] += prior.sum(axis=0)
    return np.ascontiguousarray((total / len(draws)).T)


def _design(parameters: xr.Dataset, survey: Survey) -> tuple[np.ndarray, tuple[str, ...]]:
    parts, labels = [np.empty((survey.n_respondents, 0))], []
    for group in survey.groups:
        parts.append(_filled(group, parameters, survey))
        labels += [column.label for column in group.columns]
    design = np.hstack(parts)
    scale = design.std(axis=0)
    return (design - design.mean(axis=0)) / np.where(scale > 0, scale, 1.0), tuple(labels)


def _filled(group: GroupDesign, parameters: xr.Dataset, survey: Survey) -> np.ndarray:
    matrix, latent = np.array(group.matrix, dtype=float), survey.model.latent_constructs
    for j, column in enumerate(group.columns):
        if column.construct in latent:
            matrix[:, j] = aligned(survey, parameters, dims.SCORE)[:, latent.index(column.construct)]
    return matrix


def _contrasts(survey: Survey) -> tuple[np.ndarray, np.ndarray]:
    slices, found, item_of = item_slices(survey), [], []
    for j, (item, where) in enumerate(zip(survey.items, slices, strict=True)):
        n_levels = len(item.levels)
        if item.kind is ItemKind.NOMINAL:
            counts = np.bincount(survey.codes[survey.codes[:, j] >= 0, j], minlength=n_levels)
            own = np.delete(np.eye(n_levels), counts.argmax(), axis=1)
        else:
            own = np.arange(n_levels, dtype=float)[:, None]
        block = np.zeros((slices[-1].stop, own.shape[1]))
        block[where] = own
        found.append(block)
        item_of += [j] * own.shape[1]
    return np.hstack(found), np.array(item_of)


def _derivative(survey: Survey, parameters: xr.Dataset, probability: np.ndarray) -> np.ndarray:
    """Return the derivative of every log probability by every free parameter of the items."""
    n_classes, n_levels = probability.shape
    blocks = []
    for item, where in zip(survey.items, item_slices(survey), strict=True):
        own = probability[:, where]
        part = (
            _free_derivative(own)
            if item.structure is Structure.FREE
            else _cumulative_derivative(item, survey, parameters)
        )
        block = np.zeros((n_classes, n_levels, part.shape[2]))
        block[:, where] = part
        blocks.append(block.reshape(n_classes * n_levels, -1))
    return np.hstack(blocks)


def _free_derivative(probability: np.ndarray) -> np.ndarray:
    """Return derivatives [class, level, parameter] by the logits of all levels but the likeliest of the class."""
    n_classes, n_levels = probability.shape
    found = np.zeros((n_classes, n_levels, n_classes, n_levels - 1))
    for k, p in enumerate(probability):
        found[k, :, k] = np.delete(np.eye(n_levels) - p, p.argmax(), axis=1)
    return found.reshape(n_classes, n_levels, -1)


def _cumulative_derivative(item: ItemColumn, survey: Survey, parameters: xr.Dataset) -> np.ndarray:
    """Return derivatives by thresholds, and by locations and log dispersions of all classes but the last."""
    k, name, labels = survey.model.n_classes, item.name, survey.model.class_names
    levels = [dims.level_label(name, level) for level in item.levels]
    threshold = thresholds(parameters[dims.BASELINE].sel({dims.ORDINAL_LEVEL: levels}).to_numpy())
    location, dispersion = np.zeros(k), np.zeros(k)
    if k > 1:
        location = parameters[dims.LOCATION].sel({dims.ORDINAL_ITEM: name, dims.CLASS: list(labels)}).to_numpy()
    if k > 1 and item.dispersion:
        found = parameters[dims.LOG_DISPERSION].sel({dims.DISPERSED_ITEM: name, dims.CLASS: list(labels)})
        dispersion = found.to_numpy()
    start = [threshold, location[:-1], dispersion[: k - 1 if item.dispersion else 0]]
    cuts = np.cumsum([len(part) for part in start])[:-1]

    def logs(x: np.ndarray) -> np.ndarray:
        own, place, spread = np.split(x, cuts)
        place = np.append(place, -place.sum())
        scale = np.exp(np.append(spread, -spread.sum())) if item.dispersion else np.ones(k)
        return np.log(np.maximum(cumulative_probabilities(own, place, scale), _SMALLEST))

    x = np.concatenate(start)
    steps = _STEP * np.eye(len(x))
    return np.stack([(logs(x + step) - logs(x - step)) / (2 * _STEP) for step in steps], axis=-1)
