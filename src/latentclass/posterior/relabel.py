"""Give every draw of every chain the same names for its classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from latentclass.dims import (
    CHAIN,
    CLASS,
    DRAW,
    INTERCEPT,
    ITEM_LEVEL,
    ORDINAL_LEVEL,
    ORDINAL_PROBABILITY,
    PROBABILITY,
)
from latentclass.errors import FitError
from latentclass.posterior.assignment import Assignment, assign
from latentclass.posterior.samples import blocks, flat, unflat

__all__ = ["Relabelled", "class_features", "keeps_names", "relabel"]

_MOST_ROUNDS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Relabelled:
    """Draws whose classes have the same names throughout, and how sure that is.

    Parameters
    ----------
    posterior : Dataset [chain, draw, ...]
        The draws, everything with a class dim permuted, largest class first.
    permutation : DataArray of int [chain, draw, class]
        Position, in the draws as they came, of the class that stands here now.
    margin : DataArray [chain, draw]
        1 - cost of the matching / cost of the runner-up: 1 is beyond doubt, 0 the toss of a coin.
    order : tuple of int
        Position, in the pivot as it came (or in the draw that the search started from), of each
        class.
    """

    posterior: xr.Dataset
    permutation: xr.DataArray
    margin: xr.DataArray
    order: tuple[int, ...]

    def __repr__(self) -> str:
        sizes = self.posterior.sizes
        doubtful = float((self.margin < 0.5).mean())
        return (
            f"Relabelled({len(self.order)} classes; {sizes[CHAIN]} chains of {sizes[DRAW]} draws; "
            f"{doubtful:.1%} of the draws with a margin below 0.5; next: .posterior, .margin)"
        )


def relabel(
    posterior: xr.Dataset,
    pivot: xr.Dataset | None = None,
    *,
    share: xr.DataArray | None = None,
    statistic: xr.DataArray | None = None,
    class_names: Sequence[str] | None = None,
) -> Relabelled:
    """Match the classes of every draw to a pivot, and order them by size.

    The classes of a draw are matched to those of the pivot so that the squared distance between
    their answer probabilities and sizes is smallest (an assignment problem; Stephens 2000). Then
    the mean of the matched draws is the pivot, until no match changes. The answer does not depend
    on how the classes were named in the draws or in the pivot.

    Parameters
    ----------
    posterior : Dataset [chain, draw, ...]
        The draws; it is not changed.
    pivot : Dataset [class, ...], optional
        Where to start: a mode with the same variables. By default a draw of the posterior.
    share : DataArray [chain, draw, class], optional
        Class sizes in the labels of the draws, for the order of the classes; by default the sizes
        at average covariates.
    statistic : DataArray [chain, draw], optional
        Without a pivot the search starts from the draw where this is largest (the log posterior,
        say, which knows no labels); by default from the first draw.
    class_names : sequence of str, optional
        Names of the classes from the largest to the smallest; by default the coordinates stay.

    Returns
    -------
    Relabelled
        The draws, the permutations, and the margins by which they won.

    Raises
    ------
    FitError
        When the pivot has other classes or levels than the draws.

    References
    ----------
    Stephens, M. (2000). Dealing with label switching in mixture models. Journal of the Royal
    Statistical Society B, 62(4), 795-809.

    Examples
    --------
    >>> yes = np.array([[[[0.9], [0.1]], [[0.1], [0.9]]]])
    >>> draws = xr.Dataset(
    ...     {
    ...         "probability": (
    ...             ("chain", "draw", "class", "item_level"),
    ...             np.concatenate([1 - yes, yes], axis=-1),
    ...         ),
    ...         "intercept": (("chain", "draw", "class"), [[[0.5, -0.5], [-0.5, 0.5]]]),
    ...     }
    ... )
    >>> relabel(draws).permutation.values.tolist()
    [[[0, 1], [1, 0]]]
    """
    features = class_features(posterior)
    start = features[_start(statistic)] if pivot is None else class_features(pivot)[0]
    _check_pivot(start, features)
    canonical = np.lexsort(start.T[::-1])
    assignment, mean = _align(features, start[canonical])
    sizes = features[..., 0] if share is None else flat(share, CLASS)
    size = np.take_along_axis(sizes, assignment.permutation, axis=1).mean(axis=0)
    by_size = np.lexsort((*mean.T[::-1], -size))
    permutation = assignment.permutation[:, by_size]
    labels = _labels(posterior, class_names)
    return Relabelled(
        posterior=_permuted(posterior, permutation, labels),
        permutation=unflat(permutation, posterior, **labels),
        margin=unflat(_margin(assignment), posterior),
        order=tuple(canonical[by_size].tolist()),
    )


def class_features(draws: xr.Dataset) -> np.ndarray:
    """Return what classes are matched by: their size and all their answer probabilities.

    Parameters
    ----------
    draws : Dataset [chain, draw, ...] or [...]
        Draws, or one set of parameters.

    Returns
    -------
    ndarray [sample, class, feature]
        First the size at average covariates, then the probability of every level of every item.

    Examples
    --------
    >>> class_features(xr.Dataset({"intercept": ("class", [0.0, 0.0])}))
    array([[[0.5],
            [0.5]]])
    """
    missing = [dim for dim in (CHAIN, DRAW) if dim not in draws.dims]
    draws = draws.expand_dims(missing)
    parts = []
    if INTERCEPT in draws:
        logits = flat(draws[INTERCEPT], CLASS)
        size = np.exp(logits - logits.max(axis=1, keepdims=True))
        # Sorted before they are added, so that the sum has the same bits whatever the labels.
        parts.append((size / np.sort(size, axis=1).sum(axis=1, keepdims=True))[..., None])
    pairs = ((PROBABILITY, ITEM_LEVEL), (ORDINAL_PROBABILITY, ORDINAL_LEVEL))
    parts += [flat(draws[name], CLASS, dim) for name, dim in pairs if name in draws]
    if INTERCEPT not in draws:
        parts.insert(0, np.ones((*parts[0].shape[:2], 1)))
    return np.ascontiguousarray(np.concatenate(parts, axis=-1))


def keeps_names(features: np.ndarray, pivot: np.ndarray) -> np.ndarray:
    """Return where matching the classes to a pivot leaves their names as they are.

    Parameters
    ----------
    features : ndarray [sample, class, feature]
        Class profiles, see `class_features`.
    pivot : ndarray [class, feature]
        The profiles to match.

    Returns
    -------
    ndarray of bool [sample]
        Whether no other naming of the classes is closer.

    Examples
    --------
    >>> keeps_names(np.array([[[0.9], [0.2]], [[0.2], [0.9]]]), np.array([[0.8], [0.1]])).tolist()
    [True, False]
    """
    permutation = assign(_costs(features, pivot)).permutation
    return np.asarray((permutation == np.arange(len(pivot))).all(axis=1))


def _start(statistic: xr.DataArray | None) -> int:
    return 0 if statistic is None else int(flat(statistic).argmax())


def _check_pivot(pivot: np.ndarray, features: np.ndarray) -> None:
    if pivot.shape != features.shape[1:]:
        given, wanted = pivot.shape, features.shape[1:]
        message = (
            f"The pivot has {given[0]} classes and {given[1] - 1} answer levels, the draws have "
            f"{wanted[0]} and {wanted[1] - 1}; a pivot is a mode of the same model."
        )
        raise FitError(message)


def _align(features: np.ndarray, pivot: np.ndarray) -> tuple[Assignment, np.ndarray]:
    assignment = assign(_costs(features, pivot))
    for _ in range(_MOST_ROUNDS):
        pivot = np.take_along_axis(features, assignment.permutation[..., None], axis=1).mean(axis=0)
        before, assignment = assignment, assign(_costs(features, pivot))
        if np.array_equal(before.permutation, assignment.permutation):
            break
    return assignment, pivot


def _costs(features: np.ndarray, pivot: np.ndarray) -> np.ndarray:
    n, k, width = features.shape
    costs = np.empty((n, k, k))
    for block in blocks(n, k * width):
        for one in range(k):
            costs[block, :, one] = np.square(features[block] - pivot[one]).sum(axis=-1)
    return costs


def _margin(assignment: Assignment) -> np.ndarray:
    best, second = assignment.best, assignment.second
    ratio = np.divide(best, second, out=np.ones_like(best), where=second > 0)
    return 1 - ratio


def _labels(posterior: xr.Dataset, names: Sequence[str] | None) -> dict[str, object]:
    if names is None:
        return {CLASS: posterior[CLASS].to_numpy()} if CLASS in posterior.dims else {CLASS: [0]}
    return {CLASS: list(names)}


def _permuted(posterior: xr.Dataset, permutation: np.ndarray, labels: dict[str, object]) -> xr.Dataset:
    if CLASS not in posterior.dims:
        return posterior.copy()
    shape = (posterior.sizes[CHAIN], posterior.sizes[DRAW])
    changed = {}
    # Variables without labels: xarray would look at those of each one by one, which for a few draws is all of the time.
    for name, array in posterior.data_vars.items():
        own = array.variable
        if {CHAIN, DRAW, CLASS} <= set(own.dims):
            lead = own.transpose(CHAIN, DRAW, ..., CLASS)
            index = permutation.reshape(*shape, *[1] * (lead.ndim - 3), -1)
            moved = lead.copy(data=np.take_along_axis(lead.to_numpy(), index, axis=-1))
            changed[name] = moved.transpose(*own.dims)
    return posterior.assign(changed).assign_coords(labels)
