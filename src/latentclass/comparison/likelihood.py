"""Maximum likelihood of a survey in NumPy, with and without a random effect of the respondent on all items."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax, logsumexp

from latentclass.comparison.tables import ItemTable, item_table
from latentclass.errors import LatentClassError
from latentclass.infer.threads import one_blas_thread
from latentclass.survey import Survey

__all__ = ["MaximumLikelihood", "Objective", "maximum_likelihood"]

_NODES = 15
_FARTHEST = 15.0
_POLISHED = 4
# Ends of the search at the same height, in units of log-likelihood.
_SAME_HEIGHT = 5e-2
_ROUGH = {"maxiter": 100, "ftol": 1e-8, "gtol": 1e-2}
_FINE = {"maxiter": 5000, "maxfun": 50_000, "ftol": 1e-13, "gtol": 1e-6, "maxcor": 20}


@dataclass(frozen=True, slots=True, kw_only=True)
class MaximumLikelihood:
    """The maximum of the likelihood, and the criteria that follow from it.

    Parameters
    ----------
    log_likelihood : float
        Its logarithm.
    n_parameters : int
        Number of free parameters.
    n_respondents : int
        Number of respondents.
    n_classes : int
        Number of classes.
    entropy : float
        Entropy of the memberships at the maximum, in nats, summed over the respondents.
    n_modes, hits, n_starts : int
        Distinct heights at which searches ended, how many ended at the highest, and how many there were.
    """

    log_likelihood: float
    n_parameters: int
    n_respondents: int
    n_classes: int
    entropy: float
    n_modes: int
    hits: int
    n_starts: int

    @property
    def bic(self) -> float:
        """Bayesian information criterion (Schwarz 1978); smaller is better."""
        return -2 * self.log_likelihood + self.n_parameters * float(np.log(self.n_respondents))

    @property
    def sabic(self) -> float:
        """BIC with the sample size adjusted to (n + 2) / 24 (Sclove 1987)."""
        return -2 * self.log_likelihood + self.n_parameters * float(np.log((self.n_respondents + 2) / 24))

    @property
    def icl(self) -> float:
        """Integrated completed likelihood: BIC plus twice the entropy (Biernacki, Celeux and Govaert 2000)."""
        return self.bic + 2 * self.entropy

    @property
    def entropy_r2(self) -> float:
        """One less the entropy over its largest value; NaN for a single class."""
        if self.n_classes == 1:
            return float("nan")
        return 1 - self.entropy / (self.n_respondents * float(np.log(self.n_classes)))

    def __repr__(self) -> str:
        return (
            f"MaximumLikelihood(log-likelihood {self.log_likelihood:.4f}, {self.n_parameters} parameters, BIC "
            f"{self.bic:.1f}; {self.hits} of {self.n_starts} starts)"
        )


def maximum_likelihood(
    survey: Survey,
    *,
    random_effect: bool = False,
    scores: np.ndarray | None = None,
    n_starts: int = 20,
    seed: int = 0,
) -> MaximumLikelihood:
    """Return the maximum of the likelihood of the answers, priors left aside.

    With `random_effect` every item also depends on a standard normal quantity of the respondent, integrated out on a
    Gauss-Hermite grid: in logits, times a loading of the item (of every level where the levels have no order), the same
    in all classes. This is the latent class model with random effects of Qu, Tan and Kutner (1996): answers that go
    together within classes are explained without another class.

    Parameters
    ----------
    survey : Survey
        The survey, with the number of classes of its model.
    random_effect : bool
        Whether the respondents differ within classes.
    scores : ndarray [respondent, construct], optional
        Scores of the latent constructs, which are held fixed.
    n_starts : int
        Number of random starts.
    seed : int
        Seed of the starts.

    Returns
    -------
    MaximumLikelihood
        Height, criteria, and how often it was reached.

    Raises
    ------
    LatentClassError
        When `n_starts` is no positive whole number, or scores are needed and not given.

    References
    ----------
    Qu, Y., Tan, M. and Kutner, M. H. (1996). Random effects models in latent class analysis for evaluating accuracy of
    diagnostic tests. Biometrics, 52, 797-810.

    Examples
    --------
    >>> import latentclass as lc
    >>> data = lc.datasets.plain_survey(n=80, n_items=3, n_levels=2, n_classes=1, n_covariates=1, seed=3)
    >>> maximum_likelihood(lc.read_survey(data.model, data.frame), n_starts=1)
    MaximumLikelihood(log-likelihood ..., 3 parameters, BIC ...; 1 of 1 starts)
    """
    if isinstance(n_starts, bool) or not isinstance(n_starts, int) or n_starts < 1:
        message = f"n_starts is a positive whole number; got {n_starts!r}."
        raise LatentClassError(message)
    objective = Objective.of(survey, scores, random_effect=random_effect)
    # Threads would fight over matrices this small.
    with one_blas_thread():
        rough = [_climb(objective, objective.start(rng), _ROUGH) for rng in np.random.default_rng(seed).spawn(n_starts)]
        ends = sorted(((-found.fun, found.x) for found in rough), key=lambda end: -end[0])
        polished = [_climb(objective, x, _FINE) for _, x in ends[:_POLISHED]]
    best = min(polished, key=lambda found: found.fun)
    heights = np.array([-found.fun for found in polished] + [height for height, _ in ends[_POLISHED:]])
    # Rough ends below the best by less than what polishing gains count as the best.
    near = heights > -best.fun - _SAME_HEIGHT
    return MaximumLikelihood(
        log_likelihood=-float(best.fun),
        n_parameters=objective.n_parameters,
        n_respondents=survey.n_respondents,
        n_classes=survey.model.n_classes,
        entropy=objective.entropy(best.x),
        n_modes=len(np.unique(np.round(heights, 1))),
        hits=int(near.sum()),
        n_starts=n_starts,
    )


def _climb(objective: Objective, start: np.ndarray, options: dict[str, float]):  # type: ignore[no-untyped-def]
    bounds = [(-_FARTHEST, _FARTHEST)] * len(start)
    return minimize(objective, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Objective:
    """The negative log-likelihood with its gradient.

    Parameters
    ----------
    design : ndarray [pattern, column]
        A constant and all covariates, of the distinct patterns of covariates and answers.
    chosen : ndarray [pattern, level]
        Answers, levels in the order of the items.
    count : ndarray [pattern]
        Respondents of each pattern.
    tables : tuple of ItemTable
        The items.
    node, weight : ndarray [node]
        Nodes and weights of the random effect.
    n_classes : int
        Number of classes.
    """

    design: np.ndarray
    chosen: np.ndarray
    count: np.ndarray
    tables: tuple[ItemTable, ...]
    node: np.ndarray
    weight: np.ndarray
    n_classes: int

    @classmethod
    def of(cls, survey: Survey, scores: np.ndarray | None, *, random_effect: bool) -> Objective:
        """Return the objective of a survey.

        Parameters
        ----------
        survey : Survey
            The survey.
        scores : ndarray [respondent, construct], optional
            Scores of the latent constructs.
        random_effect : bool
            Whether the respondents differ within classes.

        Returns
        -------
        Objective
            The objective.

        Raises
        ------
        LatentClassError
            When scores are needed and not given.
        """
        k = survey.model.n_classes
        node, weight = np.polynomial.hermite_e.hermegauss(_NODES) if random_effect else (np.zeros(1), np.ones(1))
        tables = tuple(item_table(item, k, random_effect=random_effect) for item in survey.items)
        codes, design = survey.codes, _design(survey, scores)
        _, first, which = np.unique(np.hstack([codes, design]), axis=0, return_index=True, return_inverse=True)
        count = np.bincount(which.ravel(), survey.weights)
        chosen = [c[first, None] == np.arange(len(i.levels)) for i, c in zip(survey.items, codes.T, strict=True)]
        return cls(
            design=design[first],
            chosen=np.concatenate(chosen, axis=1).astype(float),
            count=count,
            tables=tables,
            node=node,
            weight=weight / weight.sum(),
            n_classes=k,
        )

    @property
    def n_parameters(self) -> int:
        """Number of free parameters."""
        return (self.n_classes - 1) * self.design.shape[1] + sum(table.n_parameters for table in self.tables)

    def start(self, rng: np.random.Generator) -> np.ndarray:
        """Return a random start.

        Parameters
        ----------
        rng : Generator
            Source of randomness.

        Returns
        -------
        ndarray
            Parameters.
        """
        parts, first = [rng.normal(0, 0.3, (self.n_classes - 1) * self.design.shape[1])], 0
        for table in self.tables:
            counts = self.count @ self.chosen[:, first : first + len(table.item.levels)] + 0.5
            parts.append(table.start(counts / counts.sum(), rng))
            first += len(table.item.levels)
        return np.concatenate(parts)

    def entropy(self, x: np.ndarray) -> float:
        """Return the entropy of the memberships.

        Parameters
        ----------
        x : ndarray
            Parameters.

        Returns
        -------
        float
            Sum over the respondents, in nats.
        """
        joint = logsumexp(self._joint(x)[0], axis=2)
        logs = joint - logsumexp(joint, axis=1, keepdims=True)
        return -float(self.count @ (np.exp(logs) * logs).sum(axis=1))

    def __call__(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the negative log-likelihood and its gradient.

        Parameters
        ----------
        x : ndarray
            Parameters.

        Returns
        -------
        tuple of float and ndarray
            Value and gradient.
        """
        joint, log_prior, parts = self._joint(x)
        n = len(joint)
        flat = joint.reshape(n, -1)
        top = flat.max(axis=1)
        share = np.exp(flat - top[:, None])
        total = share.sum(axis=1)
        share *= (self.count / total)[:, None]
        excess = share.reshape(joint.shape).sum(axis=2) - self.count[:, None] * np.exp(log_prior)
        counts = (self.chosen.T @ share).reshape(-1, self.n_classes, len(self.node))
        gradient, first = [(self.design.T @ excess)[:, 1:].ravel()], 0
        for table, part in zip(self.tables, parts, strict=True):
            last = first + len(table.item.levels)
            gradient.append(table.gradient(part, self.node, counts[first:last]))
            first = last
        return -float(self.count @ (top + np.log(total))), -np.concatenate(gradient)

    def _joint(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
        """Return log densities [pattern, class, node], log priors of the classes, and the parts of the items."""
        n_membership = (self.n_classes - 1) * self.design.shape[1]
        slopes = x[:n_membership].reshape(self.design.shape[1], self.n_classes - 1)
        logits = np.concatenate([np.zeros((len(self.design), 1)), self.design @ slopes], axis=1)
        log_prior = log_softmax(logits, axis=1)
        parts = np.split(x[n_membership:], np.cumsum([sum(table.sizes) for table in self.tables])[:-1])
        logs = np.concatenate([t.logs(p, self.node) for t, p in zip(self.tables, parts, strict=True)])
        answers = (self.chosen @ logs.reshape(len(logs), -1)).reshape(-1, self.n_classes, len(self.node))
        return answers + log_prior[:, :, None] + np.log(self.weight), log_prior, parts


def _design(survey: Survey, scores: np.ndarray | None) -> np.ndarray:
    latent, columns = survey.model.latent_constructs, [np.ones((len(survey.respondents), 1))]
    for group in survey.groups:
        matrix = np.array(group.matrix, dtype=float)
        for j, column in enumerate(group.columns):
            if column.construct in latent:
                if scores is None:
                    message = f"The covariate {column.label!r} is a latent construct: its scores must be given."
                    raise LatentClassError(message)
                matrix[:, j] = scores[:, latent.index(column.construct)]
        columns.append(matrix)
    return np.concatenate(columns, axis=1)
