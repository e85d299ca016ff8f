"""Leave-one-out probability integral transforms of ordinal answers, given the other answers of the respondent."""

from __future__ import annotations

import numpy as np
import xarray as xr

from latentclass.checks.families import Family, Tested, judged
from latentclass.model import ItemKind
from latentclass.posterior.density import log_answers, log_softmax, membership_logits, one_hot, softmax
from latentclass.posterior.draws import Draws, level_slices
from latentclass.posterior.samples import evenly
from latentclass.survey import Survey

__all__ = ["check_pit", "leave_one_out", "pit_histogram"]

_BINS = 10
_MOST_DRAWS, _FEWEST_DRAWS, _MOST_ENTRIES = 200, 50, 4_000_000
_BLOCK_ENTRIES = 4_000_000


def check_pit(posterior: xr.Dataset, survey: Survey, *, replicates: int, seed: int) -> tuple[Family, Tested] | str:
    """Compare the histogram of the transforms of every ordinal item with a flat one.

    Each answer is predicted from the other answers and the covariates of its respondent, without that answer itself.
    Replicates are answers drawn from these predictions. The parameters still have seen all the other respondents, so
    the p-values are conservative.

    Parameters
    ----------
    posterior : Dataset [chain, draw, ...]
        The draws.
    survey : Survey
        The survey.
    replicates : int
        How many answers are drawn for each.
    seed : int
        Seed.

    Returns
    -------
    tuple of Family and Tested, or str
        What is tested and the outcome; or why nothing is.
    """
    ordinal = [
        j for j, item in enumerate(survey.items) if item.kind is ItemKind.ORDINAL and survey.answered[:, j].any()
    ]
    if not ordinal:
        return "no item is ordinal"
    rng, observed, replicated = np.random.default_rng(seed), [], []
    for j, prediction in leave_one_out(posterior, survey, ordinal).items():
        codes = survey.codes[survey.answered[:, j], j]
        shares = _bin_shares(prediction)
        observed.append(shares[np.arange(len(codes)), codes].sum(axis=0))
        replicated.append(_drawn_histograms(prediction, shares, rng, replicates))
    names = [survey.items[j].name for j in ordinal]
    family = Family(
        name="pit",
        title="ordinal answers predicted from the others (LOO-PIT)",
        rows=tuple((name,) for name in names),
        row_names=("item",),
        row_of=np.repeat(np.arange(len(names)), _BINS),
        columns=lambda answers: np.zeros((len(answers), 0)),
        described=_unevenness,
        unit="unevenness of the histogram (0 is flat)",
        advice=(
            "Predictions of these items from the others are too sure, too vague or shifted: the form of the item does "
            "not suit it (structure='free', dispersion=True), or there is another class."
        ),
        orthogonal=False,
    )
    ours, theirs = np.concatenate(observed), np.concatenate(replicated, axis=1)
    return family, judged(family, ours, theirs, (_unevenness(ours[None])[0], _unevenness(theirs)))


def leave_one_out(posterior: xr.Dataset, survey: Survey, items: list[int]) -> dict[int, np.ndarray]:
    """Return the predictive probability of every level of some items, without the answer itself.

    The probability given the other answers is averaged over the posterior without the answer, by importance sampling
    with truncated weights (Ionides 2008) from the draws with it.

    Parameters
    ----------
    posterior : Dataset [chain, draw, ...]
        The draws; at most 200 are used.
    survey : Survey
        The survey.
    items : list of int
        Positions of the items.

    Returns
    -------
    dict of int to ndarray [respondent who answered, level]
        Item to probabilities.

    References
    ----------
    Ionides, E. L. (2008). Truncated importance sampling. Journal of Computational and Graphical Statistics, 17(2),
    295-311.
    """
    draws, n = Draws.of(posterior, survey), survey.n_respondents
    affordable = _MOST_ENTRIES // (n * survey.model.n_classes)
    draws = draws.take(evenly(len(draws), int(np.clip(affordable, _FEWEST_DRAWS, _MOST_DRAWS))))
    latent, slices = survey.model.latent_constructs, level_slices(survey)
    joint = log_softmax(membership_logits(draws, survey.groups, latent, draws.score)) + log_answers(
        draws, one_hot(survey)
    )
    found = {}
    for j in items:
        given = np.flatnonzero(survey.codes[:, j] >= 0)
        codes = survey.codes[given, j]
        probability = np.maximum(draws.probability[..., slices[survey.items[j].name]], 1e-300)
        others = softmax(joint[..., given] - np.log(probability)[..., codes])
        levels = np.einsum("skn,skl->snl", others, probability, optimize=True)
        weight = 1 / np.take_along_axis(levels, codes[None, :, None], axis=2)[..., 0]
        weight = np.minimum(weight, weight.mean(axis=0) * np.sqrt(len(weight)))
        mean = np.einsum("sn,snl->nl", weight, levels)
        found[j] = mean / mean.sum(axis=1, keepdims=True)
    return found


def pit_histogram(prediction: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Return the non-randomised histogram of the transforms of discrete answers.

    Parameters
    ----------
    prediction : ndarray [answer, level]
        Predictive probabilities.
    codes : ndarray of int [answer]
        Answers.

    Returns
    -------
    ndarray [bin]
        Share of the answers in each of ten bins: 0.1 each where the predictions are right.

    References
    ----------
    Czado, C., Gneiting, T. and Held, L. (2009). Predictive model assessment for count data. Biometrics, 65(4),
    1254-1261.

    Examples
    --------
    >>> pit_histogram(np.array([[0.5, 0.5]]), np.array([1])).tolist()
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.2, 0.2, 0.2, 0.2, 0.2]
    """
    shares = _bin_shares(prediction)[np.arange(len(codes)), codes]
    return np.asarray(shares.mean(axis=0)).round(12)


def _bin_shares(prediction: np.ndarray) -> np.ndarray:
    """Return which part of each level's stretch of the unit interval lies in each bin [answer, level, bin]."""
    upper = np.cumsum(prediction, axis=1)
    lower = upper - prediction
    edges = np.arange(_BINS + 1) / _BINS
    overlap = np.minimum(upper[..., None], edges[1:]) - np.maximum(lower[..., None], edges[:-1])
    return np.maximum(overlap, 0.0) / np.maximum(prediction, 1e-300)[..., None]


def _drawn_histograms(prediction: np.ndarray, shares: np.ndarray, rng: np.random.Generator, times: int) -> np.ndarray:
    below = np.cumsum(prediction, axis=1)[:, :-1]
    found, at_once = [], max(1, _BLOCK_ENTRIES // (len(prediction) * _BINS))
    for start in range(0, times, at_once):
        uniform = rng.random((min(at_once, times - start), len(prediction), 1))
        drawn = (uniform > below).sum(axis=2)
        found.append(shares[np.arange(len(prediction)), drawn].sum(axis=1))
    return np.concatenate(found)


def _unevenness(sums: np.ndarray) -> np.ndarray:
    """Return the root mean square departure of each histogram from a flat one, as a share of its height."""
    bins = sums.reshape(len(sums), -1, _BINS)
    flat = bins.mean(axis=2, keepdims=True)
    return np.asarray(np.sqrt(((bins / np.maximum(flat, 1e-300) - 1) ** 2).mean(axis=2)))
