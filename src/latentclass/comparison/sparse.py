"""A second opinion on the number of classes: a sparse finite mixture that empties the classes it does not need."""

from __future__ import annotations

from dataclasses import dataclass

import arviz as az
import numpy as np
import pandas as pd

from latentclass.comparison.sparse_kernels import sweeps
from latentclass.errors import LatentClassError
from latentclass.survey import Survey

__all__ = ["Occupied", "occupied_classes"]

_CHAINS = 4
_WORST_R_HAT = 1.05
_PRIOR_DRAWS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Occupied:
    """How many classes of an overfitted mixture have members.

    Parameters
    ----------
    table : DataFrame
        Index ``n_occupied``; ``posterior`` and ``prior`` probability.
    n_components : int
        Number of classes of the mixture.
    share, concentration : float
        Concentrations of the Dirichlet priors of the shares and of the answer probabilities.
    r_hat : float
        Of the number of occupied classes and of the largest share, over the chains; the larger.
    """

    table: pd.DataFrame
    n_components: int
    share: float
    concentration: float
    r_hat: float

    @property
    def likeliest(self) -> int:
        """The number of occupied classes with the largest posterior probability."""
        return 1 + int(self.table["posterior"].to_numpy().argmax())

    @property
    def ok(self) -> bool:
        """Whether the chains agree."""
        return self.r_hat < _WORST_R_HAT

    def __repr__(self) -> str:
        chances = ", ".join(f"{k}: {p:.2f}" for k, p in self.table["posterior"].items() if p >= 0.005)
        return (
            f"Occupied({chances}; of {self.n_components} classes with Dirichlet({self.share:g}) shares; "
            f"{'chains agree' if self.ok else f'chains disagree, R-hat {self.r_hat:.2f}'}; next: .table)"
        )


def occupied_classes(
    survey: Survey,
    n_components: int = 10,
    *,
    share: float = 0.01,
    concentration: float | None = None,
    draws: int = 3000,
    tune: int = 2000,
    seed: int = 0,
) -> Occupied:
    """Return the posterior of the number of classes with members, in a mixture that has more than enough of them.

    With a small concentration of the shares the posterior empties superfluous classes instead of splitting others in
    two (Rousseau and Mengersen 2011), and the number of classes that keep members estimates the number of classes
    (Malsiner-Walli, Fruehwirth-Schnatter and Gruen 2016). It is a second opinion in more than the prior: shares and
    answer probabilities are integrated out and allocations drawn by Gibbs sampling, so that neither the chains
    nor the approximations of the fits are used again. It is about the answers alone: covariates are left out, ordinal
    items have free probabilities in every class, and the items are independent given the class. A dependence that the
    items have within classes comes out as more classes here as elsewhere.

    A zero-sum normal prior on the logits of the shares, the default of the fits, keeps every class occupied: it has
    no counterpart that would empty them, which is why shares have a Dirichlet prior here.

    Parameters
    ----------
    survey : Survey
        The survey.
    n_components : int
        Number of classes of the mixture, more than are expected.
    share : float
        Concentration of the symmetric Dirichlet prior of the shares.
    concentration : float, optional
        Concentration of the symmetric Dirichlet priors of the answer probabilities; that of ``priors.items`` by
        default.
    draws, tune : int
        Sweeps kept and sweeps before them, of each of four chains. Half of the chains start with everybody in one
        class, half with everybody at random in any.
    seed : int
        Seed.

    Returns
    -------
    Occupied
        Probabilities of every number of occupied classes.

    Raises
    ------
    LatentClassError
        When an argument is out of range.
    SurveyError
        When the survey was read with counts.

    References
    ----------
    Malsiner-Walli, G., Fruehwirth-Schnatter, S. and Gruen, B. (2016). Model-based clustering based on sparse finite
    Gaussian mixtures. Statistics and Computing, 26, 303-324.
    Rousseau, J. and Mengersen, K. (2011). Asymptotic behaviour of the posterior distribution in overfitted mixture
    models. Journal of the Royal Statistical Society B, 73, 689-710.

    Examples
    --------
    >>> import latentclass as lc
    >>> data = lc.datasets.plain_survey(n=200, n_items=6, n_classes=2, seed=1)
    >>> occupied_classes(lc.read_survey(data.model, data.frame), 5, draws=200, tune=200).table.index.name
    'n_occupied'
    """
    survey.check_one_row_each("occupied_classes")
    concentration = survey.model.priors.items.concentration if concentration is None else concentration
    _check(n_components, share, concentration, draws, tune)
    streams = np.random.default_rng(seed).spawn(_CHAINS + 1)
    counts = np.stack(
        [_chain(survey, n_components, share, concentration, (draws, tune), i, r) for i, r in enumerate(streams[:-1])]
    )
    occupied = (counts > 0).sum(axis=-1)
    largest = counts.max(axis=-1) / survey.n_respondents
    r_hat = max(_r_hat(occupied.astype(float)), _r_hat(largest))
    numbers = pd.RangeIndex(1, n_components + 1, name="n_occupied")
    posterior = np.bincount(occupied.ravel(), minlength=n_components + 1)[1:] / occupied.size
    prior = _prior(survey.n_respondents, n_components, share, streams[-1])
    return Occupied(
        table=pd.DataFrame({"posterior": posterior, "prior": prior}, index=numbers),
        n_components=n_components,
        share=share,
        concentration=concentration,
        r_hat=r_hat,
    )


def _check(n_components: object, share: object, concentration: object, draws: object, tune: object) -> None:
    for name, value in (("n_components", n_components), ("draws", draws), ("tune", tune)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
            message = f"{name} is a positive whole number; got {value!r}."
            raise LatentClassError(message)
    for name, value in (("share", share), ("concentration", concentration)):
        if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not 0 < value < np.inf:
            message = f"{name} is the concentration of a Dirichlet prior, a positive number; got {value!r}."
            raise LatentClassError(message)


def _chain(
    survey: Survey,
    n_components: int,
    share: float,
    concentration: float,
    length: tuple[int, int],
    number: int,
    rng: np.random.Generator,
) -> np.ndarray:
    sizes = np.array([len(item.levels) for item in survey.items], dtype=np.int64)
    first = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    n = survey.n_respondents
    z = np.zeros(n, dtype=np.int64) if number % 2 else rng.integers(n_components, size=n)
    codes = np.ascontiguousarray(survey.codes, dtype=np.int64)
    parts, left = [], sum(length)
    while left:
        # Random numbers in parts, to spare memory.
        some = min(left, max(1, 2_000_000 // n))
        uniform = rng.random((some, n))
        parts.append(sweeps(codes, first, sizes, z, n_components, float(share), float(concentration), uniform))
        left -= some
    return np.concatenate(parts)[length[1] :]


def _r_hat(values: np.ndarray) -> float:
    within, middle = values.var(axis=1).mean(), values.mean(axis=1)
    if within == 0:
        return 1.0 if np.ptp(middle) == 0 else float("inf")
    return float(az.rhat(values, method="split"))


def _prior(n: int, n_components: int, share: float, rng: np.random.Generator) -> np.ndarray:
    """Return the prior probabilities of every number of occupied classes, from Polya's urn."""
    occupied = np.ones(_PRIOR_DRAWS, dtype=np.int64)
    total = n_components * share
    for i in range(1, n):
        fresh = (n_components - occupied) * share / (i + total)
        occupied += rng.random(_PRIOR_DRAWS) < fresh
    return np.bincount(occupied, minlength=n_components + 1)[1:] / _PRIOR_DRAWS
