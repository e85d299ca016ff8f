"""A survey and its draws in blocks of respondents."""

from __future__ import annotations

from collections.abc import Iterator

import xarray as xr

from latentclass.dims import RESPONDENT
from latentclass.posterior.samples import blocks
from latentclass.survey import Survey, some_respondents

__all__ = ["of_some", "respondent_blocks", "respondents_at_a_time"]


def respondent_blocks(survey: Survey, n_samples: int = 1) -> Iterator[tuple[slice, Survey]]:
    """Yield the survey in blocks of respondents.

    Parameters
    ----------
    survey : Survey
        The survey.
    n_samples : int
        Draws for which something is to be computed at a time.

    Yields
    ------
    tuple of slice and Survey
        Which respondents, and the survey of them; as few as keep an array of answers by level, or of memberships in
        every draw, below a fixed size.
    """
    n, size = len(survey.respondents), respondents_at_a_time(survey, n_samples)
    for start in range(0, n, size):
        rows = slice(start, min(start + size, n))
        yield rows, some_respondents(survey, rows)


def respondents_at_a_time(survey: Survey, n_samples: int = 1) -> int:
    """Return the number of respondents in a block.

    Parameters
    ----------
    survey : Survey
        The survey.
    n_samples : int
        Draws for which something is to be computed at a time.

    Returns
    -------
    int
        At least 1, see `respondent_blocks`.
    """
    width = survey.model.n_classes + len(survey.model.latent_constructs)
    n_levels = sum(len(item.levels) for item in survey.items)
    return next(blocks(len(survey.respondents), max(n_samples * width, n_levels)), slice(0, 1)).stop


def of_some(posterior: xr.Dataset, survey: Survey, rows: slice) -> tuple[xr.Dataset, Survey]:
    """Return draws and survey of some respondents.

    Parameters
    ----------
    posterior : Dataset [chain, draw, ...]
        Draws of the model's variables.
    survey : Survey
        The survey whose model it is.
    rows : slice
        Positions of the respondents.

    Returns
    -------
    tuple of Dataset and Survey
        The draws with the scores of those respondents, and the survey of them.
    """
    return posterior.isel({RESPONDENT: rows}, missing_dims="ignore"), some_respondents(survey, rows)
