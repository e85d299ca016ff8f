"""Log answer probabilities of all items at given classes and nodes of a random effect, with their gradients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, log_softmax

from latentclass.model import ItemKind, Structure
from latentclass.survey import ItemColumn

__all__ = ["ItemTable", "item_table"]

_SMALLEST = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ItemTable:
    """How one item depends on its part of the parameters.

    Parameters
    ----------
    item : ItemColumn
        The item.
    n_classes : int
        Number of classes.
    random_effect : bool
        Whether the item loads on a random effect.
    """

    item: ItemColumn
    n_classes: int
    random_effect: bool

    @property
    def _free(self) -> bool:
        return self.item.structure is Structure.FREE

    @property
    def _dispersed(self) -> bool:
        return self.item.dispersion and not self._free

    @property
    def _n_levels(self) -> int:
        return len(self.item.levels)

    @property
    def _n_loadings(self) -> int:
        """Loadings as they are searched: of every level where the levels have no order."""
        unordered = self._free and self.item.kind is ItemKind.NOMINAL and self._n_levels > 2
        return (self._n_levels if unordered else 1) * self.random_effect

    @property
    def sizes(self) -> tuple[int, int, int, int]:
        """Numbers of logits (or log steps of thresholds), locations, log spreads and loadings."""
        if self._free:
            return self.n_classes * self._n_levels, 0, 0, self._n_loadings
        return self._n_levels - 1, self.n_classes, self.n_classes * self._dispersed, self._n_loadings

    @property
    def n_parameters(self) -> int:
        """Number of free parameters, what is searched in excess not counted."""
        loadings = max(self._n_loadings - 1, 1) * self.random_effect
        if self._free:
            return self.n_classes * (self._n_levels - 1) + loadings
        return self._n_levels - 1 + (self.n_classes - 1) * (1 + self._dispersed) + loadings

    def start(self, frequency: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return a random start around the frequencies of the answers.

        Parameters
        ----------
        frequency : ndarray [level]
            Positive frequencies that sum to 1.
        rng : Generator
            Source of randomness.

        Returns
        -------
        ndarray
            Parameters.
        """
        first, n_locations, n_spreads, n_loadings = self.sizes
        if self._free:
            base = (np.log(frequency) + rng.normal(0, 1.0, size=(self.n_classes, self._n_levels))).ravel()
        else:
            below = np.cumsum(frequency)[:-1]
            cuts = np.log(below) - np.log1p(-below)
            base = np.concatenate([cuts[:1], np.log(np.maximum(np.diff(cuts), 1e-3))])
        return np.concatenate(
            [base[:first], rng.normal(0, 1.0, n_locations), np.zeros(n_spreads), rng.normal(0.3, 0.5, n_loadings)]
        )

    def logs(self, part: np.ndarray, node: np.ndarray) -> np.ndarray:
        """Return log probabilities.

        Parameters
        ----------
        part : ndarray
            Parameters of the item.
        node : ndarray [node]
            Values of the random effect.

        Returns
        -------
        ndarray [level, class, node]
            Log probabilities.
        """
        if self._free:
            return log_softmax(self._logits(part, node), axis=0)
        upper, lower, _ = self._gaps(part, node)
        return np.log(np.maximum(expit(upper) - expit(lower), _SMALLEST))

    def gradient(self, part: np.ndarray, node: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """Return the gradient of the sum of expected counts times log probabilities.

        Parameters
        ----------
        part : ndarray
            Parameters of the item.
        node : ndarray [node]
            Values of the random effect.
        counts : ndarray [level, class, node]
            Expected counts.

        Returns
        -------
        ndarray
            Gradient by `part`.
        """
        return self._free_gradient(part, node, counts) if self._free else self._cumulative_gradient(part, node, counts)

    def _slope(self, part: np.ndarray) -> np.ndarray:
        """Return the slope of every level's logit on the random effect."""
        loading = part[len(part) - self._n_loadings :] if self._n_loadings else np.zeros(1)
        return loading if len(loading) > 1 else loading * np.arange(self._n_levels)

    def _logits(self, part: np.ndarray, node: np.ndarray) -> np.ndarray:
        own = part[: self.sizes[0]].reshape(self.n_classes, self._n_levels).T
        return own[:, :, None] + self._slope(part)[:, None, None] * node

    def _free_gradient(self, part: np.ndarray, node: np.ndarray, counts: np.ndarray) -> np.ndarray:
        excess = counts - counts.sum(axis=0) * np.exp(self.logs(part, node))
        found = [excess.sum(axis=2).T.ravel()]
        if self._n_loadings:
            by_level = (excess @ node).sum(axis=1)
            found.append(by_level if self._n_loadings > 1 else np.array([by_level @ np.arange(self._n_levels)]))
        return np.concatenate(found)

    def _gaps(self, part: np.ndarray, node: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return standardised distances to the thresholds above and below, and the spreads."""
        n_cuts, n_locations, n_spreads, _ = self.sizes
        cuts = np.cumsum(np.concatenate([part[:1], np.exp(part[1:n_cuts])]))
        ends = np.concatenate([[-np.inf], cuts, [np.inf]])
        location = part[n_cuts : n_cuts + n_locations]
        spread = np.exp(part[n_cuts + n_locations : n_cuts + n_locations + n_spreads]) if n_spreads else np.ones(1)
        loading = part[-1] if self._n_loadings else 0.0
        at = location[:, None] + loading * node
        gaps = (ends[:, None, None] - at) / spread[:, None]
        return gaps[1:], gaps[:-1], spread

    def _cumulative_gradient(self, part: np.ndarray, node: np.ndarray, counts: np.ndarray) -> np.ndarray:
        upper, lower, spread = self._gaps(part, node)
        n_cuts, _, n_spreads, _ = self.sizes
        above, below = expit(upper), expit(lower)
        weight = counts / np.maximum(above - below, _SMALLEST)
        by_upper, by_lower = weight * above * (1 - above), -weight * below * (1 - below)
        # A threshold is the upper end of one level and the lower end of the next.
        by_cut = ((by_upper[:-1] + by_lower[1:]) / spread[:, None]).sum(axis=(1, 2))
        by_at = -((by_upper + by_lower) / spread[:, None]).sum(axis=0)
        steps = np.cumsum(by_cut[::-1])[::-1]
        found = [steps[:1], steps[1:] * np.exp(part[1:n_cuts]), by_at.sum(axis=1)]
        if n_spreads:
            finite = np.where(np.isfinite(upper), upper, 0.0), np.where(np.isfinite(lower), lower, 0.0)
            found.append(-(by_upper * finite[0] + by_lower * finite[1]).sum(axis=(0, 2)))
        if self._n_loadings:
            found.append(np.array([(by_at @ node).sum()]))
        return np.concatenate(found)


def item_table(item: ItemColumn, n_classes: int, *, random_effect: bool) -> ItemTable:
    """Return how an item depends on its parameters.

    Parameters
    ----------
    item : ItemColumn
        The item.
    n_classes : int
        Number of classes.
    random_effect : bool
        Whether it loads on a random effect.

    Returns
    -------
    ItemTable
        The table.
    """
    return ItemTable(item=item, n_classes=n_classes, random_effect=random_effect)
