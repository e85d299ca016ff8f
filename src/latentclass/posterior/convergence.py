"""Whether the draws can be trusted: checks on the relabelled draws, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import xarray as xr

from latentclass.dims import CHAIN, DRAW, SCORE

__all__ = ["Convergence", "check_approximation", "check_convergence"]

_MOST_RHAT = 1.01
# Of the thousands of scores some exceed the usual limit by chance in chains that have converged.
_MOST_RHAT_OF_SCORES = 1.05
_FEWEST_ESS_PER_CHAIN = 100
_LEAST_BFMI = 0.3
_DOUBTFUL_MARGIN = 0.5
_MOST_DOUBTFUL = 0.05
_FEWEST_EFFECTIVE = 400
_MUCH_ELSEWHERE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Convergence:
    """What the checks found.

    Parameters
    ----------
    table : DataFrame
        Index ``variable``; columns max_rhat, min_ess_bulk, min_ess_tail over its entries, and n_constant (entries
        that do not vary).
    n_draws : int
        Draws of all chains together.
    n_divergent : int
        Divergent transitions.
    n_max_depth : int
        Draws whose trajectory was cut at the largest tree depth.
    bfmi : tuple of float
        Bayesian fraction of missing information, per chain (Betancourt 2016).
    doubtful_labels : float
        Share of draws in which another naming of the classes fits nearly as well (margin below one half).
    n_solutions : int
        Number of different solutions the chains are in.
    messages : tuple of str
        What deserves attention, with advice; empty when all is well.
    method : str
        How the draws were made: by "nuts", or as independent draws of an approximation, of which R-hat says nothing.
    pareto_k : float
        Of an approximation: Pareto k of the importance ratios, see `latentclass.infer.importance`.
    threshold : float
        Largest `pareto_k` at which the draws were resampled and can be trusted.
    effective : float
        Effective number of draws by the importance weights.
    """

    table: pd.DataFrame
    n_draws: int
    n_divergent: int
    n_max_depth: int
    bfmi: tuple[float, ...]
    doubtful_labels: float
    n_solutions: int
    messages: tuple[str, ...]
    method: str = "nuts"
    pareto_k: float = float("nan")
    threshold: float = float("nan")
    effective: float = float("nan")

    @property
    def approximate(self) -> bool:
        """Whether the draws are of an approximation, and not of chains."""
        return self.method != "nuts"

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.messages

    @property
    def max_rhat(self) -> float:
        """Largest R-hat of any entry of any variable; NaN for an approximation."""
        return float(self.table["max_rhat"].max())

    @property
    def min_ess(self) -> float:
        """Smallest bulk or tail effective sample size of any entry of any variable."""
        if self.approximate:
            return self.effective
        return float(self.table[["min_ess_bulk", "min_ess_tail"]].min().min())

    @property
    def verdict(self) -> str:
        """Whether all is well, in a word or two."""
        if not self.ok:
            return f"{len(self.messages)} problem{'s' * (len(self.messages) > 1)}"
        return f"{self.method}, importance sampling reliable" if self.approximate else "converged"

    @property
    def numbers(self) -> str:
        """The numbers that the verdict rests on, in a line."""
        if self.approximate:
            return (
                f"Pareto k {self.pareto_k:.2f} (at most {self.threshold:.2f} to be trusted), {self.effective:.0f} "
                f"effective of {self.n_draws}"
            )
        return (
            f"max R-hat {self.max_rhat:.3f}, min ESS {self.min_ess:.0f} of {self.n_draws}, "
            f"{self.n_divergent} divergences"
        )

    def __repr__(self) -> str:
        return f"Convergence({self.verdict}; {self.numbers}; next: .messages, .table)"


def check_convergence(
    posterior: xr.Dataset, sample_stats: xr.Dataset, margin: xr.DataArray, *, n_solutions: int = 1
) -> Convergence:
    """Check relabelled draws of one solution.

    Rank-normalised split R-hat and bulk and tail effective sample size (Vehtari et al. 2021) of every entry of every
    variable, divergences, tree depth, energy, and the certainty of the labels.

    Parameters
    ----------
    posterior : Dataset [chain, draw, ...]
        The draws.
    sample_stats : Dataset [chain, draw]
        diverging, energy and reached_max_treedepth, as far as the sampler gives them.
    margin : DataArray [chain, draw]
        Margin of the labels, from `relabel`.
    n_solutions : int
        Number of different solutions the chains are in.

    Returns
    -------
    Convergence
        Numbers and sentences.

    References
    ----------
    Vehtari, A., Gelman, A., Simpson, D., Carpenter, B. and Buerkner, P.-C. (2021). Rank-normalization, folding, and
    localization: an improved R-hat for assessing convergence of MCMC. Bayesian Analysis, 16(2), 667-718.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> draws = xr.Dataset({"slope": (("chain", "draw"), rng.normal(size=(4, 500)))})
    >>> stats = xr.Dataset({"diverging": (("chain", "draw"), np.zeros((4, 500), bool))})
    >>> check_convergence(draws, stats, xr.ones_like(draws["slope"])).ok
    True
    """
    table = pd.DataFrame([_row(posterior[name]) for name in posterior.data_vars]).set_index("variable")
    found = Convergence(
        table=table,
        n_draws=posterior.sizes[CHAIN] * posterior.sizes[DRAW],
        n_divergent=_count(sample_stats, "diverging"),
        n_max_depth=_count(sample_stats, "reached_max_treedepth"),
        bfmi=_bfmi(sample_stats),
        doubtful_labels=float((margin < _DOUBTFUL_MARGIN).mean()),
        n_solutions=n_solutions,
        messages=(),
    )
    sentences = [*_about_chains(found, posterior.sizes[CHAIN]), *_about_sampler(found)]
    return replace(found, messages=tuple(sentences))


def check_approximation(posterior: xr.Dataset, sample_stats: xr.Dataset, margin: xr.DataArray) -> Convergence:
    """Check relabelled draws of an approximation.

    Parameters
    ----------
    posterior : Dataset [chain, draw, ...]
        The draws.
    sample_stats : Dataset [chain, draw]
        With the attributes method, pareto_k, pareto_k_threshold, effective_draws and other_modes.
    margin : DataArray [chain, draw]
        Margin of the labels, from `relabel`.

    Returns
    -------
    Convergence
        Numbers and sentences.

    References
    ----------
    Vehtari, A., Simpson, D., Gelman, A., Yao, Y. and Gabry, J. (2024). Pareto smoothed importance sampling. Journal of
    Machine Learning Research, 25(72), 1-58.

    Examples
    --------
    >>> draws = xr.Dataset({"slope": (("chain", "draw"), np.random.default_rng(1).normal(size=(4, 500)))})
    >>> about = {"pareto_k": 0.9, "pareto_k_threshold": 0.7, "effective_draws": 80.0, "other_modes": 0.0}
    >>> stats = xr.Dataset(attrs={"method": "laplace", **about})
    >>> found = check_approximation(draws, stats, xr.ones_like(draws["slope"]))
    >>> found.ok, found.messages[0][:58]
    (False, 'The Pareto k of the importance ratios is 0.90, above 0.70:')
    """
    about = sample_stats.attrs
    table = pd.DataFrame([_constants(posterior[name]) for name in posterior.data_vars]).set_index("variable")
    found = Convergence(
        table=table,
        n_draws=posterior.sizes[CHAIN] * posterior.sizes[DRAW],
        n_divergent=0,
        n_max_depth=0,
        bfmi=(),
        doubtful_labels=float((margin < _DOUBTFUL_MARGIN).mean()),
        n_solutions=1,
        messages=(),
        method=str(about["method"]),
        pareto_k=float(about["pareto_k"]),
        threshold=float(about["pareto_k_threshold"]),
        effective=float(about["effective_draws"]),
    )
    sentences = [*_about_weights(found, float(about["other_modes"])), *_about_labels(found)]
    return replace(found, messages=tuple(sentences))


def _constants(draws: xr.DataArray) -> dict[str, object]:
    values = draws.transpose(CHAIN, DRAW, ...).to_numpy()
    unknown = dict.fromkeys(("max_rhat", "min_ess_bulk", "min_ess_tail"), np.nan)
    return {"variable": draws.name, **unknown, "n_constant": int((np.ptp(values, axis=(0, 1)) <= 1e-12).sum())}


def _about_weights(found: Convergence, others: float) -> Iterator[str]:
    if not found.pareto_k <= found.threshold:
        yield (
            f"The Pareto k of the importance ratios is {found.pareto_k:.2f}, above {found.threshold:.2f}: the "
            "approximation misses parts of the posterior, and no weights can mend that. The draws are those of the "
            "approximation as it is; take them for a first look, and fit with method='nuts' for anything more."
        )
    elif found.effective < _FEWEST_EFFECTIVE:
        yield (
            f"The weights leave {found.effective:.0f} effective draws of {found.n_draws}, below {_FEWEST_EFFECTIVE}: "
            "intervals are rough; raise draws=."
        )
    if others > _MUCH_ELSEWHERE:
        yield (
            f"Other modes hold {others:.0%} of the evidence (fit.modes), and the approximation knows the heaviest one "
            "alone; fit with method='nuts', or consider another number of classes."
        )


def _row(draws: xr.DataArray) -> dict[str, object]:
    from arviz_stats import ess, rhat

    values = draws.transpose(CHAIN, DRAW, ...).to_numpy().astype(float)
    values = values.reshape(*values.shape[:2], -1)
    varying = np.ptp(values, axis=(0, 1)) > 1e-12
    row: dict[str, object] = {
        "variable": draws.name,
        "max_rhat": np.nan,
        "min_ess_bulk": np.nan,
        "min_ess_tail": np.nan,
    }
    if varying.any() and values.shape[1] >= 4:
        kept = xr.DataArray(values[..., varying], dims=(CHAIN, DRAW, "entry"))
        if values.shape[0] > 1:
            row["max_rhat"] = float(rhat(kept).max())
        row["min_ess_bulk"] = float(ess(kept, method="bulk").min())
        row["min_ess_tail"] = float(ess(kept, method="tail").min())
    return {**row, "n_constant": int((~varying).sum())}


def _count(sample_stats: xr.Dataset, name: str) -> int:
    return int(sample_stats[name].sum()) if name in sample_stats else 0


def _bfmi(sample_stats: xr.Dataset) -> tuple[float, ...]:
    if "energy" not in sample_stats:
        return ()
    energy = sample_stats["energy"].transpose(CHAIN, DRAW).to_numpy()
    spread = energy.var(axis=1)
    steps = (np.diff(energy, axis=1) ** 2).mean(axis=1)
    return tuple(float(v) for v in np.divide(steps, spread, out=np.full(len(spread), np.nan), where=spread > 0))


def _about_chains(found: Convergence, n_chains: int) -> Iterator[str]:
    if found.n_solutions > 1:
        yield (
            f"The chains are in {found.n_solutions} different solutions, which are not averaged: every answer is from "
            "the first; see fit.solutions and fit.modes, and consider another number of classes."
        )
    if n_chains == 1:
        yield "One chain cannot show whether chains agree; draw at least 4."
    rhat = found.table["max_rhat"]
    excess = rhat - [_MOST_RHAT_OF_SCORES if name == SCORE else _MOST_RHAT for name in rhat.index]
    if excess.max() > 0:
        name = str(excess.idxmax())
        yield (
            f"R-hat of {name!r} is {rhat[name]:.4f}, above {rhat[name] - excess[name]:.2f}: the chains do not agree "
            "yet; draw longer (tune=, draws=), or look whether the classes are identified (fit.modes)."
        )
    ess, wanted = found.table[["min_ess_bulk", "min_ess_tail"]].min(axis=1), _FEWEST_ESS_PER_CHAIN * n_chains
    if ess.min() < wanted:
        yield (
            f"Effective sample size of {ess.idxmin()!r} is {ess.min():.0f}, below {wanted}: intervals are rough; "
            "raise draws=."
        )
    yield from _about_labels(found)


def _about_labels(found: Convergence) -> Iterator[str]:
    if found.doubtful_labels > _MOST_DOUBTFUL:
        yield (
            f"In {found.doubtful_labels:.0%} of the draws the classes can be named another way nearly as well: they "
            "overlap, and fewer classes may do."
        )


def _about_sampler(found: Convergence) -> Iterator[str]:
    if found.n_divergent:
        yield (
            f"{found.n_divergent} of {found.n_draws} transitions diverged: parts of the posterior may be missing; "
            "raise target_accept= towards 1 or use tighter priors."
        )
    if found.n_max_depth > 0.01 * found.n_draws:
        yield (
            f"{found.n_max_depth} of {found.n_draws} trajectories were cut at the largest tree depth: sampling is "
            "slow, not wrong."
        )
    if any(b < _LEAST_BFMI for b in found.bfmi):
        low = min(found.bfmi)
        yield f"Energy moves too little between draws (BFMI {low:.2f}, below {_LEAST_BFMI}); draw longer."
