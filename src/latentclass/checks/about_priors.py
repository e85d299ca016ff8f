"""What the sensitivity to the priors means, in a sentence."""

from __future__ import annotations

import pandas as pd

from latentclass.checks.diagnosis import Finding, Severity
from latentclass.checks.power_scaling import CONFLICT, PRIOR_ALONE, PRIOR_INFORMS

__all__ = ["about_priors"]

# Posterior standard deviations per doubling of the power of the priors. Where a posterior is normal, the sensitivity of
# 0.05 that counts as one is a shift of about 0.2.
_MATERIAL = 0.3
_MOST_NAMED = 3


def about_priors(sensitivity: pd.DataFrame) -> Finding:
    """Say whether priors and data contradict each other, or how much the answers owe to the priors.

    Parameters
    ----------
    sensitivity : DataFrame
        As `power_scaling` returns it.

    Returns
    -------
    Finding
        A problem where there is a conflict and the priors move the answers; a note where there is a conflict and they
        hardly do, or where they move the answers as priors are expected to.

    Examples
    --------
    >>> row = {"prior": 0.2, "likelihood": 0.2, "shift": -0.9, "shift_mcse": 0.05, "surprise": 6.1, "p": 1e-7}
    >>> table = pd.DataFrame([{**row, "diagnosis": CONFLICT}], index=["slope_social[age, Class 1]"])
    >>> print(about_priors(table).severity)
    problem
    """
    if sensitivity.empty:
        message = "The log prior of the draws is unknown (an improper prior?), so the priors cannot be power-scaled."
        return Finding(name="priors", severity=Severity.NOTE, value="not known", message=message)
    of = {kind: sensitivity[sensitivity["diagnosis"] == kind] for kind in (CONFLICT, PRIOR_INFORMS, PRIOR_ALONE)}
    if len(of[CONFLICT]):
        return _conflict(of[CONFLICT], len(sensitivity))
    moved = sensitivity["shift"].abs() > _MATERIAL
    plain = f"no conflict; {moved.sum()} of {len(moved)} moved by the priors, {len(of[PRIOR_ALONE])} by them alone"
    alone = f" {len(of[PRIOR_ALONE])} parameters are known from the priors alone." if len(of[PRIOR_ALONE]) else ""
    message = (
        f"No prior contradicts the data. Were the priors twice as strong, {moved.sum()} of {len(moved)} posterior "
        f"means would move by more than {_MATERIAL} posterior SD, which happens with right priors too; most of all "
        f"{_named(sensitivity, sensitivity['shift'].abs())}.{alone} State the priors; see .sensitivity."
    )
    severity = Severity.NOTE if moved.any() or len(of[PRIOR_ALONE]) else Severity.FINE
    return Finding(name="priors", severity=severity, value=plain, message=message)


def _conflict(found: pd.DataFrame, n_parameters: int) -> Finding:
    material = found["shift"].abs() - 2 * found["shift_mcse"] > _MATERIAL
    away = found["surprise"].abs()
    answer = (
        "fit with wider ones, and see which conclusions stand"
        if material.any()
        else "but they hardly move the answers (by less than "
        f"{_MATERIAL} posterior SD each, beyond Monte Carlo error), so nothing hangs on it"
    )
    return Finding(
        name="priors",
        severity=Severity.PROBLEM if material.any() else Severity.NOTE,
        value=f"{len(found)} of {n_parameters} parameters in conflict, {material.sum()} of them moved by it",
        message=(
            f"Priors and data contradict each other in {len(found)} of {n_parameters} parameters: their posterior "
            f"means are up to {away.max():.1f} standard deviations from where right priors lead to expect them. Were "
            f"the priors twice as strong, means would move most for {_named(found, found['shift'].abs())}. "
            f"State the priors, {answer}; see .sensitivity."
        ),
    )


def _named(table: pd.DataFrame, size: pd.Series) -> str:
    most = table.loc[size.nlargest(_MOST_NAMED).index]
    parts = [f"{name} by {row['shift']:+.2f} ± {row['shift_mcse']:.2f}" for name, row in most.iterrows()]
    return ", ".join(parts) + " posterior SD"
