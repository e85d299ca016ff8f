"""A section of a report, and what every section may read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import pandas as pd

from latentclass.posterior import Fit
from latentclass.reporting.html import Html, paragraph, preformatted, table

__all__ = ["Material", "Result", "Section", "how_to", "shown"]


@runtime_checkable
class Result(Protocol):
    """What another function found: a table, and a text that says what it means.

    Anything with a ``table`` and a ``str()`` can stand in a report. Where there is a method ``words()``, its paragraphs
    take the place of the ``str()``, which is made for a terminal.
    """

    @property
    def table(self) -> pd.DataFrame:
        """The numbers."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Material:
    """What a report is made of.

    Parameters
    ----------
    fit : Fit
        The fit.
    prob : float
        Probability of the intervals.
    weighing, choice, checks, diagnosis, sensitivity : Result, optional
        What other functions found.
    """

    fit: Fit
    prob: float = 0.9
    weighing: Result | None = None
    choice: Result | None = None
    checks: Result | None = None
    diagnosis: Result | None = None
    sensitivity: Result | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One section.

    Parameters
    ----------
    title : str
        Its heading.
    body : tuple of Html
        What stands below.
    """

    title: str
    body: tuple[Html, ...]


def shown(result: Result, caption: str) -> tuple[Html, ...]:
    """Return text and table of a result.

    Parameters
    ----------
    result : Result
        What another function found.
    caption : str
        Caption of its table.

    Returns
    -------
    tuple of Html
        The blocks.
    """
    words = getattr(result, "words", None)
    if callable(words):
        said = tuple(paragraph(part) for part in str(words()).split("\n\n"))
    else:
        said = (preformatted(str(result)),)
    return *said, table(result.table, caption)


def how_to(text: str) -> Html:
    """Return the line that says how to get what a report was not given.

    Parameters
    ----------
    text : str
        What to call, or what is missing.

    Returns
    -------
    Html
        The line.
    """
    return paragraph(text, "how")
