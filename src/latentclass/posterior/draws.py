"""The draws that the density of a survey needs, as NumPy arrays in the order of the survey."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import xarray as xr

from latentclass.dims import (
    BASELINE,
    CHAIN,
    CLASS,
    CONSTRUCT,
    DRAW,
    INTERCEPT,
    ITEM_LEVEL,
    ORDINAL_LEVEL,
    ORDINAL_PROBABILITY,
    PROBABILITY,
    RESPONDENT,
    SCORE,
    covariate_dim,
    slope_name,
)
from latentclass.model import FrozenMapping, Structure
from latentclass.posterior.outcome_density import outcome_arrays
from latentclass.posterior.samples import flat
from latentclass.survey import ItemColumn, Survey

__all__ = ["Draws", "level_slices", "stacked_items"]


def stacked_items(survey: Survey) -> tuple[ItemColumn, ...]:
    """Return the items in the order in which their levels are stacked: free ones, then cumulative.

    Parameters
    ----------
    survey : Survey
        The survey.

    Returns
    -------
    tuple of ItemColumn
        All items.
    """
    return tuple(item for structure in Structure for item in survey.items if item.structure is structure)


def level_slices(survey: Survey) -> dict[str, slice]:
    """Return where the levels of each item stand among the stacked levels of all items.

    Parameters
    ----------
    survey : Survey
        The survey.

    Returns
    -------
    dict of str to slice
        Item to positions.
    """
    found, start = {}, 0
    for item in stacked_items(survey):
        found[item.name] = slice(start, start + len(item.levels))
        start += len(item.levels)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Draws:
    """Draws of all chains one after another.

    Parameters
    ----------
    probability : ndarray [sample, class, level]
        Answer probabilities, the levels of the free items before those of the cumulative ones.
    intercept : ndarray [sample, class]
        Logits of membership; zeros for a single class.
    slopes : mapping of str to ndarray [sample, column, class]
        Slopes of each factor group; empty for a single class.
    score : ndarray [sample, respondent, construct] or None
        Scores of the latent constructs.
    outcomes : mapping of str to ndarray [sample, ...]
        Variables of the regressions of outcomes.
    """

    probability: np.ndarray
    intercept: np.ndarray
    slopes: FrozenMapping[np.ndarray]
    score: np.ndarray | None
    outcomes: FrozenMapping[np.ndarray] = FrozenMapping()  # noqa: RUF009

    @classmethod
    def of(cls, posterior: xr.Dataset, survey: Survey) -> Self:
        """Return the draws of a posterior.

        Parameters
        ----------
        posterior : Dataset [chain, draw, ...]
            Draws of the model's variables.
        survey : Survey
            The survey whose model it is.

        Returns
        -------
        Draws
            The draws; views of the posterior where its dims stand in the usual order.
        """
        n_samples = posterior.sizes[CHAIN] * posterior.sizes[DRAW]
        several = survey.model.n_classes > 1
        intercept = flat(posterior[INTERCEPT], CLASS) if several else np.zeros((n_samples, 1))
        slopes = {
            g.name: flat(posterior[slope_name(g.name)], covariate_dim(g.name), CLASS) for g in survey.groups if several
        }
        latent = survey.model.latent_constructs and SCORE in posterior
        return cls(
            probability=_probability(posterior, survey),
            intercept=intercept,
            slopes=FrozenMapping(slopes),
            score=flat(posterior[SCORE], RESPONDENT, CONSTRUCT) if latent else None,
            outcomes=outcome_arrays(posterior, survey),
        )

    def __len__(self) -> int:
        return len(self.probability)

    def take(self, which: slice | np.ndarray) -> Self:
        """Return some of the draws.

        Parameters
        ----------
        which : slice or ndarray of int
            Positions among the draws of all chains.

        Returns
        -------
        Draws
            Those draws.
        """
        return type(self)(
            probability=self.probability[which],
            intercept=self.intercept[which],
            slopes=FrozenMapping({name: slope[which] for name, slope in self.slopes.items()}),
            score=None if self.score is None else self.score[which],
            outcomes=FrozenMapping({name: values[which] for name, values in self.outcomes.items()}),
        )

    def of_respondents(self, rows: slice) -> Self:
        """Return the draws with the scores of some respondents.

        Parameters
        ----------
        rows : slice
            Positions of the respondents.

        Returns
        -------
        Draws
            All draws.
        """
        return self if self.score is None else replace(self, score=self.score[:, rows])

    def __repr__(self) -> str:
        return f"Draws({len(self)} draws; next: density.class_probabilities(draws, survey))"


def _probability(posterior: xr.Dataset, survey: Survey) -> np.ndarray:
    structures = {item.structure for item in survey.items}
    parts = []
    if Structure.FREE in structures:
        parts.append(flat(posterior[PROBABILITY], CLASS, ITEM_LEVEL))
    if Structure.CUMULATIVE in structures and ORDINAL_PROBABILITY in posterior:
        parts.append(flat(posterior[ORDINAL_PROBABILITY], CLASS, ORDINAL_LEVEL))
    elif Structure.CUMULATIVE in structures:
        parts.append(flat(posterior[BASELINE], ORDINAL_LEVEL)[:, None, :])
    return np.concatenate(parts, axis=-1) if len(parts) > 1 else parts[0]
