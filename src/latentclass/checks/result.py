"""What posterior predictive checks found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from latentclass.errors import LatentClassError, listed, near_miss
from latentclass.model import FrozenMapping

__all__ = ["Check", "Checks", "holm"]

_MOST_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Check:
    """One posterior predictive check.

    Parameters
    ----------
    name : str
        Name of the check.
    title : str
        What is checked.
    table : DataFrame
        One row per test quantity: observed, mean and standard deviation of the replicates, z (where there is one degree
        of freedom), chi2 and df, p, and p_adjusted for all quantities of this check. Where only more than expected
        counts, chi2 is 0 and p is 1 for less.
    unit : str
        What observed and replicated are.
    observed, replicated : ndarray [2], [survey, 2]
        Largest and total discrepancy of the survey and of its replicates, for pictures.
    p_value : float
        Of the whole check: of the larger surprise of the largest and the total discrepancy.
    p_adjusted : float
        The same, adjusted for all checks made together (Holm 1979).
    calibrated : bool
        Whether p-values are uniform for a right model, to first order; conservative if not.
    failed : bool
        Whether the check accuses the model at the level of all checks together.
    advice : str
        What a failure means and what to do.
    """

    name: str
    title: str
    table: pd.DataFrame
    unit: str
    observed: np.ndarray
    replicated: np.ndarray
    p_value: float
    p_adjusted: float
    calibrated: bool
    failed: bool
    advice: str

    def worst(self, most: int = _MOST_NAMED) -> pd.DataFrame:
        """Return the most surprising test quantities.

        Parameters
        ----------
        most : int
            How many.

        Returns
        -------
        DataFrame
            Rows of the table, the smallest p-values first.

        Examples
        --------
        >>> checks["bivariate"].worst()  # doctest: +SKIP
        """
        return (
            self.table.assign(by=-self.table["chi2"] / self.table["df"])
            .sort_values(["p", "by"])
            .drop(columns="by")[:most]
        )

    @property
    def message(self) -> str:
        """What was found, in a sentence or two."""
        kind = "" if self.calibrated else ", conservative"
        head = f"{self.title}: p = {self.p_value:.3f}{kind}, adjusted {self.p_adjusted:.3f}"
        if not self.failed:
            return f"{head}; nothing found."
        named = [_label(label) for label in self.worst().index]
        return f"{head}; most in {', '.join(named)}. {self.advice}"

    def __repr__(self) -> str:
        return (
            f"Check({self.name}; p {self.p_value:.3f}, adjusted {self.p_adjusted:.3f}; "
            f"{'failed' if self.failed else 'passed'}; next: .message, .table, plots.observed(check.table))"
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Checks:
    """All posterior predictive checks of a fit. Made by `latentclass.check`.

    Parameters
    ----------
    checks : tuple of Check
        The checks that could be made.
    skipped : mapping of str to str
        The checks that could not be made, and why.
    respondents : DataFrame
        Index ``respondent``: standardised log-likelihood, and the share of replicates of the same respondent that are
        no larger.
    level : float
        Probability with which all checks together may accuse a right model.
    n_replicates : int
        Number of surveys drawn from the posterior.
    """

    checks: tuple[Check, ...]
    skipped: FrozenMapping[str]
    respondents: pd.DataFrame
    level: float
    n_replicates: int

    @property
    def ok(self) -> bool:
        """Whether no check accuses the model."""
        return not any(check.failed for check in self.checks)

    @property
    def messages(self) -> tuple[str, ...]:
        """What the failed checks found."""
        return tuple(check.message for check in self.checks if check.failed)

    @property
    def table(self) -> pd.DataFrame:
        """One row per check.

        Returns
        -------
        DataFrame
            Index ``check``; what, n_quantities, p, p_adjusted, calibrated, failed and where it is worst.

        Examples
        --------
        >>> checks.table  # doctest: +SKIP
        """
        rows = [
            {
                "check": c.name,
                "what": c.title,
                "n_quantities": len(c.table),
                "p": c.p_value,
                "p_adjusted": c.p_adjusted,
                "calibrated": c.calibrated,
                "failed": c.failed,
                "worst": _label(c.worst(1).index[0]),
            }
            for c in self.checks
        ]
        return pd.DataFrame(rows).set_index("check")

    def words(self) -> str:
        """Return what was found, a paragraph per failed check, and what was skipped.

        Returns
        -------
        str
            Paragraphs, for `print` and for reports.

        Examples
        --------
        >>> print(checks.words())  # doctest: +SKIP
        """
        head = (
            f"{len(self)} checks against {self.n_replicates} surveys drawn from the posterior; all together accuse a "
            f"right model with probability {self.level} at most, in large samples."
        )
        skipped = [f"Not made: {name}, since {reason}." for name, reason in self.skipped.items()]
        found = self.messages or ("No check accuses the model.",)
        return "\n\n".join([head, *found, *skipped])

    def __getitem__(self, name: str) -> Check:
        for check in self.checks:
            if check.name == name:
                return check
        if name in self.skipped:
            message = f"The check {name!r} was not made: {self.skipped[name]}."
            raise LatentClassError(message)
        names = [check.name for check in self.checks]
        message = f"There is no check {name!r}.{near_miss(name, names)} The checks are {listed(names, most=20)}."
        raise LatentClassError(message)

    def __iter__(self) -> Iterator[Check]:
        return iter(self.checks)

    def __len__(self) -> int:
        return len(self.checks)

    def __repr__(self) -> str:
        failed = [check.name for check in self.checks if check.failed]
        verdict = f"failed: {', '.join(failed)}" if failed else "nothing found"
        return (
            f"Checks({verdict}; {len(self)} checks against {self.n_replicates} replicates, {len(self.skipped)} "
            "skipped; next: .table, .messages, ['bivariate'].table)"
        )


def holm(p_values: list[float]) -> list[float]:
    """Return p-values adjusted for being several, whatever their dependence.

    Parameters
    ----------
    p_values : list of float
        p-values.

    Returns
    -------
    list of float
        Adjusted, in the same order.

    References
    ----------
    Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics, 6(2),
    65-70.

    Examples
    --------
    >>> holm([0.01, 0.5, 0.03])
    [0.03, 0.5, 0.06]
    """
    order = np.argsort(p_values)
    stepped = [(len(order) - i) * p_values[at] for i, at in enumerate(order)]
    adjusted = np.minimum(np.maximum.accumulate(stepped), 1.0)
    return [float(adjusted[np.flatnonzero(order == i)[0]]) for i in range(len(order))]


def _label(label: object) -> str:
    parts = label if isinstance(label, tuple) else (label,)
    # Levels come out of an index as numbers of NumPy.
    plain = [part.item() if isinstance(part, np.generic) else part for part in parts]
    return " and ".join(repr(part) for part in plain if part != "")
