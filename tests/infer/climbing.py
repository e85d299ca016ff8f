"""The density that a climb sees, at one point."""

from __future__ import annotations

import numpy as np

from latentclass.infer.ascent import Target
from latentclass.infer.coordinates import Coordinates
from latentclass.infer.quasi_newton import evaluate


def slope_at(target: Target, coordinates: Coordinates, z: np.ndarray, x: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the density at coordinates, of a vector that lends the rest, with its gradient by the coordinates."""
    odds, slope = np.empty(len(z)), np.zeros(len(z))
    where = (coordinates.places, coordinates.sizes, target.address, target.place)
    loss, _ = evaluate(np.array(z, dtype=float), odds, slope, np.array(x, dtype=float), np.zeros(len(x)), *where)
    target.raise_failure()
    return -loss, -slope
