"""What the diagnostics of a fit found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from latentclass.checks.identification import Identification

__all__ = ["Diagnosis", "Finding", "Severity"]

_WIDTH = 110


class Severity(StrEnum):
    """How much a finding matters: all is well, worth knowing, or a reason not to trust the answers."""

    FINE = "fine"
    NOTE = "note"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at.

    Parameters
    ----------
    name : str
        What was looked at.
    severity : Severity
        How much it matters.
    value : str
        The numbers in short.
    message : str
        What it means and what to do, in a sentence or two; empty where all is well.
    """

    name: str
    severity: Severity
    value: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Diagnosis:
    """All diagnostics of a fit. Made by `latentclass.diagnose`.

    Parameters
    ----------
    findings : tuple of Finding
        What was looked at, in the order in which it matters.
    convergence : DataFrame
        Index (kind, variable): R-hat, effective sample sizes and number of constant entries, of the relabelled
        variables and of quantities that know no labels.
    pareto_k : Series
        Pareto k of every respondent.
    sensitivity : DataFrame
        Index ``parameter``: power-scaling sensitivity to prior and likelihood, and what they say together.
    boundary : DataFrame
        Index (class, item, level): answer probabilities at 0 or 1, with mean and 95 % bounds.
    identification : Identification
        Rank of the information.
    """

    findings: tuple[Finding, ...]
    convergence: pd.DataFrame
    pareto_k: pd.Series
    sensitivity: pd.DataFrame
    boundary: pd.DataFrame
    identification: Identification

    @property
    def ok(self) -> bool:
        """Whether nothing was found that keeps the answers from being trusted; notes do not count."""
        return not any(finding.severity is Severity.PROBLEM for finding in self.findings)

    @property
    def messages(self) -> tuple[str, ...]:
        """The sentences of all problems, then of all notes."""
        order = (Severity.PROBLEM, Severity.NOTE)
        return tuple(f.message for severity in order for f in self.findings if f.severity is severity)

    @property
    def table(self) -> pd.DataFrame:
        """One row per finding.

        Returns
        -------
        DataFrame
            Index ``finding``; severity, value, message.

        Examples
        --------
        >>> diagnosis.table  # doctest: +SKIP
        """
        rows = [(f.name, str(f.severity), f.value, f.message) for f in self.findings]
        return pd.DataFrame(rows, columns=["finding", "severity", "value", "message"]).set_index("finding")

    def words(self) -> str:
        """Return the sentences of all problems and notes, a paragraph each.

        Returns
        -------
        str
            Paragraphs, for `print` and for reports.

        Examples
        --------
        >>> print(diagnosis.words())  # doctest: +SKIP
        """
        return "\n\n".join(self.messages or ("Nothing was found that keeps the answers from being trusted.",))

    def __repr__(self) -> str:
        counts = {s: sum(f.severity is s for f in self.findings) for s in Severity}
        head = f"Diagnosis({counts[Severity.PROBLEM]} problems, {counts[Severity.NOTE]} notes; next: .messages, .table)"
        lines = [f"{f.severity:8} {f.name:22} {f.value}" for f in self.findings]
        return "\n".join([head, *(line if len(line) <= _WIDTH else f"{line[: _WIDTH - 1]}…" for line in lines)])
