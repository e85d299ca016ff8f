"""Climbs to a mode of a compiled density, and the curvature there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from latentclass.infer.jitted import Vector
from latentclass.infer.threads import side_by_side

__all__ = ["OPTIONS", "Density", "End", "curvature", "maximise"]

type Density = Callable[[Vector], tuple[Any, ...]]
type End = tuple[float, Vector]

OPTIONS: Mapping[str, float] = {"maxiter": 5000, "maxfun": 20000, "ftol": 1e-12, "gtol": 1e-5, "maxcor": 20}

# Beyond this a logit or log-odds makes no difference to a probability.
_FARTHEST = 30.0


def maximise(
    density: Density, start: Vector, free: NDArray[np.bool_] | None = None, options: Mapping[str, float] = OPTIONS
) -> End:
    """Maximise a density by L-BFGS-B.

    Parameters
    ----------
    density : callable
        Vector to log density and gradient.
    start : ndarray [entry]
        Where to begin.
    free : ndarray of bool [entry], optional
        Which entries move; all by default.
    options : mapping
        Of L-BFGS-B.

    Returns
    -------
    tuple of float and ndarray [entry]
        Largest density found, and where.
    """
    x = start.copy()
    moving: Any = slice(None) if free is None else free

    def negative(moved: Vector) -> tuple[float, Vector]:
        x[moving] = moved
        value, gradient = density(x)
        return -float(value), -np.asarray(gradient)[moving]

    begin = start[moving]
    bounds = [(-_FARTHEST, _FARTHEST)] * len(begin)
    found = minimize(negative, begin, jac=True, method="L-BFGS-B", bounds=bounds, options=dict(options))
    x[moving] = found.x
    return -float(found.fun), x


def curvature(
    density: Density,
    point: Vector,
    step: float | NDArray[np.float64] = 1e-4,
    entries: NDArray[np.int64] | None = None,
) -> NDArray[np.float64]:
    """Return negative second derivatives of a log density, from differences of its gradient.

    Parameters
    ----------
    density : callable
        Vector to value and gradient.
    point : ndarray [entry]
        Where.
    step : float or ndarray [row]
        Half the distance of the gradients.
    entries : ndarray of int [row], optional
        By which entries; all by default.

    Returns
    -------
    ndarray [row, entry]
        The derivatives, symmetric up to the error of the differences.

    Examples
    --------
    >>> def normal(x):
    ...     return -0.5 * float(x @ (x / [1.0, 4.0])), -x / [1.0, 4.0]
    >>> curvature(normal, np.array([0.3, 1.0])).round(6) + 0.0
    array([[1.  , 0.  ],
           [0.  , 0.25]])
    """
    rows = np.arange(len(point)) if entries is None else entries
    sizes = np.broadcast_to(np.asarray(step, dtype=float), rows.shape)
    steps = np.zeros((len(rows), len(point)))
    steps[np.arange(len(rows)), rows] = sizes
    upper, lower = (
        np.stack(side_by_side(lambda x: np.array(density(x)[1]), point + way * steps)) for way in (1.0, -1.0)
    )
    return np.asarray((lower - upper) / (2.0 * sizes[:, None]))
