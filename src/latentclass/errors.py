"""Errors and warnings of the package, and the one way their messages suggest a name."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = [
    "ConvergenceWarning",
    "FileError",
    "FitError",
    "LatentClassError",
    "LatentClassWarning",
    "ModelError",
    "SurveyError",
    "SurveyWarning",
    "listed",
    "near_miss",
]


class LatentClassError(Exception):
    """Base of every error this package raises on purpose."""


class ModelError(LatentClassError, ValueError):
    """The description of the model is wrong, whatever the data."""


class SurveyError(LatentClassError, ValueError):
    """The data do not fit what the model says of them."""


class FitError(LatentClassError, RuntimeError):
    """The search for modes or the sampling could not do its work."""


class FileError(LatentClassError, ValueError):
    """A file is not a saved fit of this package, or is damaged."""


class LatentClassWarning(UserWarning):
    """Base of every warning this package gives."""


class SurveyWarning(LatentClassWarning):
    """Something in the data deserves a look, and was kept."""


class ConvergenceWarning(LatentClassWarning):
    """The sampler's output is not to be trusted as it is."""


def near_miss(name: str, candidates: Iterable[str]) -> str:
    """Return a sentence that suggests the nearest candidates, or an empty string.

    Parameters
    ----------
    name : str
        What was given.
    candidates : iterable of str
        What would have been right.

    Returns
    -------
    str
        Empty, or a sentence with a leading space.

    Examples
    --------
    >>> near_miss("sharng", ["sharing", "dialogue"])
    " Did you mean 'sharing'?"
    >>> near_miss("age", ["sharing"])
    ''
    """
    known = {str(c).casefold(): str(c) for c in candidates}
    close = get_close_matches(str(name).casefold(), known, n=3, cutoff=0.6)
    if not close:
        return ""
    return f" Did you mean {' or '.join(repr(known[c]) for c in close)}?"


def listed(values: Iterable[object], most: int = 8) -> str:
    """Return values as text for a message, the rest counted.

    Parameters
    ----------
    values : iterable
        What to list.
    most : int
        How many are written out.

    Returns
    -------
    str
        The values, separated by commas.

    Examples
    --------
    >>> listed(range(5), most=3)
    '0, 1, 2 and 2 more'
    """
    given = [repr(v) for v in values]
    text = ", ".join(given[:most])
    return text if len(given) <= most else f"{text} and {len(given) - most} more"
