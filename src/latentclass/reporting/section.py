"""A section of a report, and what every section may read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import pandas as pd

from latentclass.errors import LatentClassError
from latentclass.posterior import Fit
from latentclass.reporting.html import Html, paragraph, preformatted, table, unordered

__all__ = ["Material", "Result", "Section", "frame_of", "how_to", "shown"]


@runtime_checkable
class Result(Protocol):
    """What another function found: a table, and a text that says what it means.

    Anything with a ``table``, a DataFrame or a method that returns one, and a ``str()`` can stand in a report. What a
    value says in ``words()``, ``conclusions`` or ``messages``, as those of this package do, takes the place of its
    ``str()``, which is made for a terminal.
    """

    @property
    def table(self) -> pd.DataFrame | Callable[[], pd.DataFrame]:
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
    return *_said(result), table(frame_of(result), caption)


def frame_of(result: object) -> pd.DataFrame:
    """Return the table of a result.

    Parameters
    ----------
    result : object
        What was given.

    Returns
    -------
    DataFrame
        Its ``table``, or what its method of that name returns.

    Raises
    ------
    LatentClassError
        When it has none.
    """
    found = getattr(result, "table", None)
    found = found() if callable(found) else found
    if not isinstance(found, pd.DataFrame):
        message = (
            "What stands in a report is anything with a 'table' that is a DataFrame, as the functions of this package "
            f"return it; got {type(result).__name__}."
        )
        raise LatentClassError(message)
    return found


def _said(result: Result) -> tuple[Html, ...]:
    words = getattr(result, "words", None)
    if callable(words):
        return tuple(paragraph(part) for part in str(words()).split("\n\n"))
    sentences = getattr(result, "conclusions", getattr(result, "messages", None))
    if sentences is None:
        return (preformatted(str(result)),)
    return (unordered(map(str, sentences), "conclusions") if sentences else paragraph("Nothing was found."),)


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
