"""The marginal likelihood of a fit, by bridge sampling on the unconstrained space."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, logsumexp

from latentclass import dims
from latentclass.errors import FitError, LatentClassWarning, ModelError
from latentclass.evidence.bridge import Bridge, bridge
from latentclass.evidence.proposal import normal_proposal
from latentclass.infer.unconstrained import Unconstrained, unconstrained
from latentclass.posterior import Fit
from latentclass.posterior.samples import evenly
from latentclass.simulation import draw_parameters

__all__ = ["MarginalLikelihood", "check_importance", "marginal_likelihood"]

# Effective draws in the common part of posterior and proposal below which the error is not to be trusted, and below
# which there is no number at all.
_DOUBTFUL = 100.0
_HOPELESS = 10.0
_FEWEST_DRAWS = 40
# Effective draws of an approximation below which the same holds.
_FEWEST_EFFECTIVE = 400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginalLikelihood:
    """A marginal likelihood, and what it is made of.

    Parameters
    ----------
    log_value : float
        Log probability of the answers under the model, all parameters averaged out over the prior:
        ``log_labelled + log_copies``. NaN where the bridge failed.
    error : float
        Its Monte Carlo standard error: that of the bridge, or half the distance of two halves where that is larger.
    log_labelled : float
        The part of it that comes from one naming of the classes.
    log_copies : float
        Log of the number of namings, K!, which all contribute the same.
    solutions : tuple of float
        Log contribution, one naming, of every solution that chains were in, in the order of ``fit.solutions``. Modes
        that no chain was in are not counted.
    overlap : float
        Common part of posterior and proposal, in [0, 1], see `bridge`; of the solution where it is least.
    n_common : float
        Effective number of draws in that common part.
    n_draws : int
        Draws of the posterior used.
    message : str
        What is wrong; empty where nothing is.
    method : str
        How it was found.
    """

    log_value: float
    error: float
    log_labelled: float
    log_copies: float
    solutions: tuple[float, ...]
    overlap: float
    n_common: float
    n_draws: int
    message: str = ""
    method: str = "bridge sampling"

    @property
    def ok(self) -> bool:
        """Whether value and error can be trusted."""
        return not self.message

    def __repr__(self) -> str:
        several = f" of {len(self.solutions)} solutions" if len(self.solutions) > 1 else ""
        return (
            f"MarginalLikelihood(log {self.log_value:.2f} +- {self.error:.2f}{several}: one naming of the classes "
            f"{self.log_labelled:.2f}, all namings + {self.log_copies:.2f}; overlap {self.overlap:.2f}"
            f"{'; ' + self.message if self.message else ''})"
        )


def marginal_likelihood(fit: Fit, *, draws: int = 4000, seed: int = 0) -> MarginalLikelihood:
    """Return the marginal likelihood of the model of a fit.

    Bridge sampling (Meng and Wong 1996) between the posterior and a multivariate normal, on the space in which chains
    run, with the density that was sampled, Jacobians included. The normal is fitted to one half of the draws, see
    `normal_proposal`, and meets the other half; then the halves change places (Overstall and Forster 2010; Gronau et
    al. 2017).

    The posterior of a mixture has K! copies of everything, one for every naming of the classes. Relabelling puts
    all draws into one of K! parts of the space, of equal probability. The bridge is that of this part alone: a draw
    of the normal beyond its border counts as one of density nil, so that the result is exact also where the
    copies touch. The whole is K! times the part. Where chains were in different modes the fit has several solutions;
    each gets a bridge of its own, and they are added.

    A fit by an approximation has no chains to build a bridge from; its importance ratios are the estimate: their mean,
    the part of one naming alone as above. Where their Pareto k is bad there is none.

    Parameters
    ----------
    fit : Fit
        The fit.
    draws : int
        At most so many evenly spread draws of each solution.
    seed : int
        Seed of the draws from the normal.

    Returns
    -------
    MarginalLikelihood
        Log marginal likelihood with its standard error.

    Raises
    ------
    ModelError
        When a prior is improper, so that there is no marginal likelihood.
    FitError
        When the fit is an approximation whose importance ratios cannot be trusted.

    Warns
    -----
    LatentClassWarning
        When posterior and normal have too little in common for the result, or its error, to be trusted.

    References
    ----------
    Fruehwirth-Schnatter, S. (2004). Estimating marginal likelihoods for mixture and Markov switching models using
    bridge sampling techniques. Econometrics Journal, 7, 143-167.
    Gronau, Q. F., Sarafoglou, A., Matzke, D., et al. (2017). A tutorial on bridge sampling. Journal of Mathematical
    Psychology, 81, 80-97.
    Meng, X.-L. and Wong, W. H. (1996). Simulating ratios of normalizing constants via a simple identity: a theoretical
    exploration. Statistica Sinica, 6, 831-860.
    Overstall, A. M. and Forster, J. J. (2010). Default Bayesian model determination methods for generalised linear
    mixed models. Computational Statistics and Data Analysis, 54, 3269-3288.

    Examples
    --------
    >>> marginal_likelihood(fit)  # doctest: +SKIP
    MarginalLikelihood(log -450.12 +- 0.01: one naming of the classes -450.82, all namings + 0.69; overlap 0.93)
    """
    check_proper(fit)
    if fit.convergence.approximate:
        return _by_importance(fit)
    space = unconstrained(fit)
    rng = np.random.default_rng(seed)
    found = [_of_solution(space, list(chains), draws, rng) for chains in fit.solutions["chains"]]
    values = tuple(float(np.mean([b.log_ratio for b in both])) for both in found)
    errors = [_error(both) for both in found]
    weights = np.exp(np.array(values) - logsumexp(values))
    worst = min((b for both in found for b in both), key=lambda b: b.n_common)
    copies = float(gammaln(fit.model.n_classes + 1))
    labelled = float(logsumexp(values))
    message = _message(worst, fit)
    if message:
        warnings.warn(message, LatentClassWarning, stacklevel=2)
    if not worst.n_common >= _HOPELESS:
        labelled = np.nan
    return MarginalLikelihood(
        log_value=labelled + copies,
        error=float(np.sqrt(np.square(weights * errors).sum())),
        log_labelled=labelled,
        log_copies=copies,
        solutions=values,
        overlap=worst.overlap,
        n_common=worst.n_common,
        n_draws=_n_used(fit, draws),
        message=message,
    )


def check_importance(fit: Fit) -> None:
    """Check that a fit, where it is an approximation, is good enough for a marginal likelihood.

    Parameters
    ----------
    fit : Fit
        The fit.

    Raises
    ------
    FitError
        When it is not.
    """
    found = fit.convergence
    if found.approximate and not found.pareto_k <= found.threshold:
        message = (
            f"The approximation by {found.method!r} has no marginal likelihood: the Pareto k of its importance ratios "
            f"is {found.pareto_k:.2f}, above {found.threshold:.2f}. Fit with method='nuts'."
        )
        raise FitError(message)


def _by_importance(fit: Fit) -> MarginalLikelihood:
    check_importance(fit)
    found, about = fit.convergence, fit.tree["sample_stats"].attrs
    copies = float(gammaln(fit.model.n_classes + 1))
    value, message = float(about["log_evidence"]), ""
    if found.effective < _FEWEST_EFFECTIVE:
        message = (
            f"The importance weights leave {found.effective:.0f} effective draws: the error of the marginal likelihood "
            "is not to be trusted. Raise draws=, or fit with method='nuts'."
        )
        warnings.warn(message, LatentClassWarning, stacklevel=3)
    return MarginalLikelihood(
        log_value=value,
        error=float(about["log_evidence_error"]),
        log_labelled=value - copies,
        log_copies=copies,
        solutions=(value - copies,),
        overlap=found.effective / found.n_draws,
        n_common=found.effective,
        n_draws=found.n_draws,
        message=message,
        method="importance sampling",
    )


def check_proper(fit: Fit) -> None:
    """Check that the priors of a fit are proper.

    Parameters
    ----------
    fit : Fit
        The fit.

    Raises
    ------
    ModelError
        When one is not.
    """
    try:
        draw_parameters(fit.survey, np.random.default_rng(0))
    except ModelError as error:
        message = f"A marginal likelihood needs proper priors. {error}"
        raise ModelError(message) from error


def _of_solution(space: Unconstrained, chains: list[int], most: int, rng: np.random.Generator) -> tuple[Bridge, Bridge]:
    own = space.draws.sel({dims.CHAIN: chains})
    kept = evenly(own.sizes[dims.DRAW], max(most // len(chains), _FEWEST_DRAWS))
    values = own.isel({dims.DRAW: kept}).transpose(dims.CHAIN, dims.DRAW, "entry").to_numpy()
    early, late = np.array_split(values, 2, axis=1)
    return _half(space, early, late, rng), _half(space, late, early, rng)


def _half(
    space: Unconstrained, fitted: NDArray[np.float64], met: NDArray[np.float64], rng: np.random.Generator
) -> Bridge:
    flat, shape = met.reshape(-1, met.shape[-1]), met.shape[:2]
    every = fitted.reshape(-1, fitted.shape[-1])
    proposal = normal_proposal(fitted, space.curvature(every.mean(axis=0), every.std(axis=0)))
    proposed = proposal.draw(len(flat), rng)
    at_posterior = space.log_density(flat) - proposal.log_density(flat)
    at_proposal = np.where(space.named_alike(proposed), space.log_density(proposed), -np.inf)
    return bridge(at_posterior.reshape(shape), at_proposal - proposal.log_density(proposed))


def _error(both: tuple[Bridge, Bridge]) -> float:
    formula = 0.5 * float(np.hypot(both[0].error, both[1].error))
    return max(formula, 0.5 * abs(both[0].log_ratio - both[1].log_ratio))


def _message(worst: Bridge, fit: Fit) -> str:
    if worst.n_common >= _DOUBTFUL:
        return ""
    known = "there is no marginal likelihood" if not worst.n_common >= _HOPELESS else "its error is not to be trusted"
    scores = " Every respondent's scores are parameters, which a normal imitates badly." if _has_scores(fit) else ""
    return (
        f"Posterior and normal proposal have little in common ({worst.n_common:.0f} effective draws): {known}.{scores} "
        "More draws may help."
    )


def _has_scores(fit: Fit) -> bool:
    return bool(fit.model.latent_constructs)


def _n_used(fit: Fit, most: int) -> int:
    draws = fit.posterior.sizes[dims.DRAW]
    return sum(len(c) * len(evenly(draws, max(most // len(c), _FEWEST_DRAWS))) for c in fit.solutions["chains"])
