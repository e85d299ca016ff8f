"""What `latentclass.diagnose` says of draws that are no chains but those of an approximation."""

from __future__ import annotations

from collections.abc import Iterator

from latentclass.checks.diagnosis import Finding, Severity
from latentclass.posterior import Convergence

__all__ = ["about_approximation"]

_FEWEST_EFFECTIVE = 400


def about_approximation(found: Convergence) -> Iterator[Finding]:
    """Yield what the importance ratios tell of the draws of an approximation.

    Parameters
    ----------
    found : Convergence
        Checks of the draws.

    Yields
    ------
    Finding
        The Pareto k of the ratios, and the effective number of draws.

    Examples
    --------
    >>> import pandas as pd
    >>> nothing = {"n_divergent": 0, "n_max_depth": 0, "bfmi": (), "doubtful_labels": 0.0, "messages": ()}
    >>> numbers = {"pareto_k": 0.9, "threshold": 0.7, "effective": 500.0}
    >>> found = Convergence(
    ...     table=pd.DataFrame(), n_draws=4000, n_solutions=1, method="laplace", **nothing, **numbers
    ... )
    >>> [(f.name, str(f.severity)) for f in about_approximation(found)]
    [('importance ratios', 'problem'), ('effective draws', 'fine')]
    """
    bad = not found.pareto_k <= found.threshold
    yield Finding(
        name="importance ratios",
        severity=Severity.PROBLEM if bad else Severity.FINE,
        value=f"Pareto k {found.pareto_k:.2f}, at most {found.threshold:.2f} to be trusted",
        message=(
            f"The draws are those of an approximation ({found.method}) that misses parts of the posterior: the Pareto "
            f"k of the importance ratios is {found.pareto_k:.2f}, above {found.threshold:.2f}, and the draws were not "
            "resampled. Means may do for a first look; intervals, tails and marginal likelihoods do not. Fit with "
            "method='nuts'."
        ),
    )
    few = found.effective < _FEWEST_EFFECTIVE
    yield Finding(
        name="effective draws",
        severity=Severity.PROBLEM if few and not bad else Severity.FINE,
        value=f"{found.effective:.0f} of {found.n_draws}",
        message=(
            f"The importance weights leave {found.effective:.0f} effective draws of {found.n_draws}, below "
            f"{_FEWEST_EFFECTIVE}: intervals are rough; raise draws=."
        ),
    )
