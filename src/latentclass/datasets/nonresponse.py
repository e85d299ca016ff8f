"""Answers that respondents leave out, in the ways that real ones do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

__all__ = ["answers_lost"]

FIRST_RATE: Final = 0.015
LAST_RATE: Final = 0.04
BREAK_OFF_RATE: Final = 0.02
SKIPPED_SCALE_RATE: Final = 0.02
EARLY_BREAK_OFF_RATE: Final = 0.003
_ANSWERED_ITEMS: Final = 4


def answers_lost(
    n: int, questions: Sequence[str], scales: Sequence[Sequence[str]], first_item: str, rng: np.random.Generator
) -> np.ndarray:
    """Return which answers are left out, without regard to what they would have been.

    Parameters
    ----------
    n : int
        Number of respondents.
    questions : sequence of str
        Questions in the order of the questionnaire.
    scales : sequence of sequence of str
        Questions that stand together and may be skipped together.
    first_item : str
        Question that the items begin with: one respondent in 300, and one at least, breaks off before it.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    numpy.ndarray of bool, shape (n, questions)
        True where an answer is left out.
    """
    position = {name: j for j, name in enumerate(questions)}
    lost = rng.random((n, len(questions))) < np.linspace(FIRST_RATE, LAST_RATE, len(questions))
    for i in np.flatnonzero(rng.random(n) < SKIPPED_SCALE_RATE):
        lost[i, [position[name] for name in scales[int(rng.integers(len(scales)))]]] = True
    # Late enough that some items are answered: how many respondents answer none is a fact of the design, not of luck.
    earliest = position[first_item] + _ANSWERED_ITEMS
    for i in np.flatnonzero(rng.random(n) < BREAK_OFF_RATE):
        lost[i, rng.integers(earliest, len(questions)) :] = True
    for i in rng.choice(n, size=max(1, round(EARLY_BREAK_OFF_RATE * n)), replace=False):
        lost[i, rng.integers(position[first_item] // 2, position[first_item] + 1) :] = True
    return lost
