"""Whether a weight is practically nil: probabilities of lying below a bound, and the interval Bayes factor."""

from __future__ import annotations

from dataclasses import dataclass

import arviz as az
import numpy as np

from latentclass.errors import LatentClassError

__all__ = ["DEFAULT_BOUND", "Equivalence", "check_bound", "equivalence"]

DEFAULT_BOUND = 0.02
_FEWEST_FOR_ESS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Equivalence:
    """Evidence that a weight is practically nil.

    Parameters
    ----------
    bound : float
        Weights below this count as practically nil.
    posterior : float
        Posterior probability of a weight below the bound.
    posterior_error : float
        Its Monte Carlo standard error.
    prior : float
        Prior probability of the same; NaN where the prior is improper.
    log_bayes_factor : float
        Log of posterior odds over prior odds: positive for a weight below the bound (Morey and Rouder 2011). From
        draws that are all on one side it is a bound, not a number: the odds are those of one draw, half of it on
        either side.
    log_bayes_factor_error : float
        Its Monte Carlo standard error, from the draws of posterior and prior.
    bounded : bool
        Whether the draws of posterior or prior are all on one side.
    """

    bound: float
    posterior: float
    posterior_error: float
    prior: float
    log_bayes_factor: float
    log_bayes_factor_error: float
    bounded: bool

    def __repr__(self) -> str:
        return (
            f"Equivalence(Pr(weight < {self.bound:g}) {self.posterior:.3f} in the posterior, {self.prior:.3f} in the "
            f"prior; log Bayes factor {self.log_bayes_factor:.2f} +- {self.log_bayes_factor_error:.2f})"
        )


def equivalence(posterior: np.ndarray, prior: np.ndarray | None, *, bound: float = DEFAULT_BOUND) -> Equivalence:
    """Return the evidence that a weight is below a bound.

    The default bound, 0.02, is about where the conventions of the behavioural sciences see a small effect begin. For
    two classes of equal size the weight of a group with a small effect is v / (8 log 2), where v is the variance
    over the respondents of what the group adds to the log-odds. A weight of 0.02 is a standard deviation of 0.33
    in log-odds: an odds ratio of 1.4 between respondents one standard deviation apart, or 8 percentage points of
    membership. Cohen's small effect, d = 0.2, is 0.2 pi / sqrt(3) = 0.36 in log-odds (Chinn 2000), a weight of
    0.024; his small effect in regression explains 2 % (f squared 0.02). A study for which less matters states its
    own bound, before it looks.

    Parameters
    ----------
    posterior : ndarray [sample]
        Draws of the weight from the posterior.
    prior : ndarray [sample], optional
        Independent draws from the prior; None where it is improper.
    bound : float
        The bound, between 0 and 1.

    Returns
    -------
    Equivalence
        Probabilities and interval Bayes factor.

    Raises
    ------
    LatentClassError
        When the bound is not between 0 and 1.

    References
    ----------
    Chinn, S. (2000). A simple method for converting an odds ratio to effect size for use in meta-analysis. Statistics
    in Medicine, 19, 3127-3131.
    Cohen, J. (1988). Statistical power analysis for the behavioral sciences, 2nd ed. Erlbaum.
    Morey, R. D. and Rouder, J. N. (2011). Bayes factor approaches for testing interval null hypotheses. Psychological
    Methods, 16, 406-419.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> equivalence(rng.beta(1, 99, size=1000), rng.beta(1, 9, size=1000))
    Equivalence(Pr(weight < 0.02) 0.8... in the posterior, 0.1... in the prior; log Bayes factor 3... +- 0...)
    """
    check_bound(bound)
    below = posterior < bound
    effective = _effective(below)
    probability = float(below.mean())
    error = float(np.sqrt(max(probability * (1 - probability), 0.25 / effective) / effective))
    if prior is None:
        nan = float("nan")
        return Equivalence(
            bound=bound,
            posterior=probability,
            posterior_error=error,
            prior=nan,
            log_bayes_factor=nan,
            log_bayes_factor_error=nan,
            bounded=False,
        )
    before = prior < bound
    odds, variance = _log_odds(below.mean(), effective)
    prior_odds, prior_variance = _log_odds(before.mean(), len(before))
    return Equivalence(
        bound=bound,
        posterior=probability,
        posterior_error=error,
        prior=float(before.mean()),
        log_bayes_factor=odds - prior_odds,
        log_bayes_factor_error=float(np.sqrt(variance + prior_variance)),
        bounded=probability in (0.0, 1.0) or float(before.mean()) in (0.0, 1.0),
    )


def check_bound(bound: object) -> None:
    """Check a bound of practical equivalence.

    Parameters
    ----------
    bound : object
        What was given.

    Raises
    ------
    LatentClassError
        When it is not a number between 0 and 1.
    """
    number = isinstance(bound, int | float | np.number) and not isinstance(bound, bool)
    if not number or not 0 < bound < 1:  # type: ignore[operator]
        message = (
            f"The bound below which a weight counts as nil is a number between 0 and 1, such as 0.02; got {bound!r}."
        )
        raise LatentClassError(message)


def _effective(below: np.ndarray) -> float:
    n = len(below)
    if n < _FEWEST_FOR_ESS or below.all() or not below.any():
        return float(n)
    found = float(az.ess(below.astype(float)[None, :], method="mean"))
    return float(np.clip(found, 1.0, n)) if np.isfinite(found) else float(n)


def _log_odds(probability: float, n: float) -> tuple[float, float]:
    """Return log odds with half a draw added on either side, and their variance."""
    yes, no = n * probability + 0.5, n * (1 - probability) + 0.5
    return float(np.log(yes / no)), 1 / yes + 1 / no
