"""What has a value for every respondent in every draw, a block of respondents at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import xarray as xr

from latentclass.dims import CHAIN, DRAW, RESPONDENT, RESPONSES
from latentclass.errors import LatentClassError
from latentclass.posterior.density import class_posterior, log_likelihood, total_log_likelihood
from latentclass.posterior.parts import of_some, respondents_at_a_time
from latentclass.survey import Survey

if TYPE_CHECKING:
    from latentclass.posterior.fit import Fit

__all__ = ["log_likelihood_blocks", "membership_blocks", "total_by_draw", "with_log_likelihood"]

_GROUP = "log_likelihood"


def membership_blocks(fit: Fit, *, size: int | None = None) -> Iterator[xr.DataArray]:
    """Yield the probabilities of membership in every draw, a block of respondents at a time.

    `Fit.memberships` has their means. All of them together are respondents x classes x draws numbers: 32 GB for a
    million respondents, four classes and 1000 draws. Here no more than a block is in memory, and nothing is computed
    before it is asked for.

    Parameters
    ----------
    fit : Fit
        The fit.
    size : int, optional
        Respondents in a block; by default as many as make 16 MB.

    Yields
    ------
    DataArray [chain, draw, respondent, class]
        Probabilities of the classes given covariates and answers, over the chains that the answers come from; the
        respondents of the blocks follow each other as in the survey. With counts a value for each row, which stands for
        as many respondents as ``fit.survey.counts`` says.

    Raises
    ------
    LatentClassError
        When the size is no positive whole number.

    Examples
    --------
    >>> import latentclass as lc
    >>> for block in lc.membership_blocks(fit):  # doctest: +SKIP
    ...     block.quantile(0.05, ("chain", "draw"))
    """
    return _blocks(fit, class_posterior, size)


def log_likelihood_blocks(fit: Fit, *, size: int | None = None) -> Iterator[xr.DataArray]:
    """Yield the log-likelihood of each respondent in every draw, a block of respondents at a time.

    Parameters
    ----------
    fit : Fit
        The fit; its tree need not hold the log-likelihood.
    size : int, optional
        Respondents in a block; by default as many as make 16 MB.

    Yields
    ------
    DataArray [chain, draw, respondent]
        What ``fit.tree["log_likelihood"]`` would hold, over the chains that the answers come from; the respondents of
        the blocks follow each other as in the survey. With counts the values are those of one respondent of each row.

    Raises
    ------
    LatentClassError
        When the size is no positive whole number.

    Examples
    --------
    >>> import latentclass as lc
    >>> sum(float(block.mean(("chain", "draw")).sum()) for block in lc.log_likelihood_blocks(fit))  # doctest: +SKIP
    """
    return _blocks(fit, log_likelihood, size)


def with_log_likelihood(fit: Fit) -> Fit:
    """Return the fit with the log-likelihood of every respondent in every draw in its tree.

    Fits of up to 64 million such values have it from the start. ArviZ wants it for ``arviz.loo`` and ``arviz.psense``.

    Parameters
    ----------
    fit : Fit
        The fit.

    Returns
    -------
    Fit
        The copy; itself where it has the values. They take eight bytes each.

    Raises
    ------
    SurveyError
        When the survey was read with counts: ArviZ would take each row for one respondent.

    Examples
    --------
    >>> import arviz as az
    >>> import latentclass as lc
    >>> az.loo(lc.with_log_likelihood(fit).tree)  # doctest: +SKIP
    """
    fit.survey.check_one_row_each("with_log_likelihood")
    groups = {name: node.to_dataset() for name, node in fit.tree.children.items()}
    if _GROUP in groups:
        return fit
    groups[_GROUP] = log_likelihood(groups["posterior"], fit.survey).to_dataset(name=RESPONSES)
    return replace(fit, tree=xr.DataTree.from_dict(groups))


def total_by_draw(fit: Fit) -> xr.DataArray:
    """Return the log-likelihood of all answers in every draw.

    Parameters
    ----------
    fit : Fit
        The fit.

    Returns
    -------
    DataArray [chain, draw]
        Sums over the respondents, over the chains that the answers come from.
    """
    posterior = fit.posterior
    if _GROUP in fit.tree.children:
        kept = fit.tree[_GROUP].to_dataset()[RESPONSES].sel({CHAIN: posterior[CHAIN].to_numpy()})
        return kept.sum(RESPONDENT)
    return total_log_likelihood(posterior, fit.survey)


def _blocks(
    fit: Fit, function: Callable[[xr.Dataset, Survey], xr.DataArray], size: int | None
) -> Iterator[xr.DataArray]:
    if size is not None and (isinstance(size, bool) or not isinstance(size, int) or size < 1):
        message = f"size is the number of respondents in a block, a positive whole number; got {size!r}."
        raise LatentClassError(message)
    return _computed(fit, function, size)


def _computed(
    fit: Fit, function: Callable[[xr.Dataset, Survey], xr.DataArray], size: int | None
) -> Iterator[xr.DataArray]:
    posterior, survey = fit.posterior, fit.survey
    n, n_draws = len(survey.respondents), posterior.sizes[CHAIN] * posterior.sizes[DRAW]
    size = size or respondents_at_a_time(survey, n_draws)
    for start in range(0, n, size):
        yield function(*of_some(posterior, survey, slice(start, min(start + size, n))))
