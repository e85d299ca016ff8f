"""Likelihoods with three hundred digits, where double precision would leave nothing to compare with."""

from __future__ import annotations

from decimal import Decimal, localcontext

import numpy as np

DIGITS = 300


def class_log_likelihood(logits: np.ndarray, table: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """Return log sum_k softmax(logits)_k prod_j p(y_j | k) of every respondent."""
    with localcontext(prec=DIGITS):
        found = []
        for row, chosen in zip(logits, cells, strict=True):
            weights = [Decimal(x).exp() for x in row]
            joint = []
            for k, weight in enumerate(weights):
                total = sum((Decimal(table[cell, k]) for cell in chosen if cell >= 0), Decimal(0))
                joint.append(weight * total.exp())
            found.append(float((sum(joint) / sum(weights)).ln()))
    return np.array(found)


def graded_log_probability(lower: float | None, upper: float | None) -> float:
    """Return log P(lower < a logistic variable <= upper); None for an infinite end."""
    with localcontext(prec=DIGITS):
        above = Decimal(1) if upper is None else 1 / (1 + (-Decimal(upper)).exp())
        below = Decimal(0) if lower is None else 1 / (1 + (-Decimal(lower)).exp())
        return float((above - below).ln())
