"""The modes of the posterior, found from many random starts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import xarray as xr
from scipy.optimize import minimize
from scipy.special import gammaln

from latentclass import dims
from latentclass.errors import FitError
from latentclass.graph import build_survey
from latentclass.infer.compiled import Compiled, Vector, compile_model
from latentclass.infer.coordinates import Coordinates
from latentclass.infer.progress import track
from latentclass.infer.starts import random_start
from latentclass.infer.threads import one_blas_thread
from latentclass.model import Model
from latentclass.posterior import log_likelihood, relabel
from latentclass.survey import Survey, read_survey

__all__ = ["Mode", "Modes", "find_modes", "search"]

# Two ends of the search are the same mode when their log posteriors agree to this, and the same point when no probability differs by more.
_SAME_HEIGHT = 5e-3
_SAME_POINT = 0.02
_FARTHEST = 30.0
_LAPLACE_MODES = 8
# Log units below the best at which a mode has no weight to speak of, and is not looked into.
_NEGLIGIBLE = 30.0
# Probabilities that an end is lifted to before it is climbed again: from where the slope alone decides to well inside.
_FLOORS = (1e-5, 1e-3, 1e-2)
_OPTIONS = {"maxiter": 5000, "maxfun": 20000, "ftol": 1e-12, "gtol": 1e-5, "maxcor": 20}
# Of many starts most end together: only one of each kind is climbed to the last digit.
_ROUGH = {**_OPTIONS, "ftol": 1e-8, "gtol": 1e-2}
_BASIN = ("interior", "height", "standard_deviation", "basin", "log_evidence")

type End = tuple[float, Vector]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mode:
    """One mode of the posterior, up to the naming of classes.

    Parameters
    ----------
    log_posterior : float
        Log density in the space of the probabilities.
    log_likelihood : float
        Log-likelihood of the answers to the items.
    hits : int
        How many starts ended here.
    spread : float
        Largest difference of a probability between starts that ended at this height.
    x : ndarray of shape (n_dim,)
        The unconstrained vector.
    parameters : Dataset
        All variables at the mode, largest class first.
    interior : ndarray of shape (n_dim,), optional
        Mode of the density of the unconstrained vector near by, where chains start.
    height : float
        Log density of the unconstrained vector at `interior`.
    standard_deviation : ndarray of shape (n_dim,), optional
        Laplace approximation at `interior`.
    basin : int
        Number of the highest mode with the same `interior`, from 1.
    log_evidence : float
        Laplace approximation of the log marginal likelihood of the basin with all its relabelled copies; NaN where the curvature is
        singular. Under improper priors known up to a constant only.
    weight : float
        Share of the basin in the evidence of all basins found.
    """

    log_posterior: float
    log_likelihood: float
    hits: int
    spread: float
    x: Vector
    parameters: xr.Dataset
    interior: Vector | None = None
    height: float = float("nan")
    standard_deviation: Vector | None = None
    basin: int = 0
    log_evidence: float = float("nan")
    weight: float = float("nan")

    @property
    def identified(self) -> bool:
        """Whether all starts that reached this height ended at the same point, and the curvature there is regular."""
        return self.spread <= _SAME_POINT and self.standard_deviation is not None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Modes:
    """The distinct modes, the highest first.

    Parameters
    ----------
    model : Model
        The model.
    modes : tuple of Mode
        The modes.
    n_starts : int
        Number of random starts.
    """

    model: Model
    modes: tuple[Mode, ...]
    n_starts: int

    def __getitem__(self, number: int) -> Mode:
        return self.modes[number]

    def __len__(self) -> int:
        return len(self.modes)

    def __iter__(self) -> Iterator[Mode]:
        return iter(self.modes)

    @property
    def best(self) -> Mode:
        """The mode with the highest log posterior."""
        return self.modes[0]

    def table(self) -> pd.DataFrame:
        """Return the modes as a table.

        Returns
        -------
        DataFrame
            Index ``mode``; columns log_likelihood, log_posterior, hits (of the random starts), basin (modes of the probabilities that
            share one mode of the sampled density), log_evidence and weight of the basin (Laplace), identified, and the class shares at
            average covariates.

        Examples
        --------
        >>> import latentclass as lc
        >>> data = lc.datasets.plain_survey(n=80, n_items=3, n_levels=2, n_classes=1, n_covariates=1, seed=1)
        >>> modes = lc.find_modes(data.model, data.frame, n_starts=2, seed=1)  # doctest: +SKIP
        >>> modes.table().hits.sum()  # doctest: +SKIP
        2
        """
        rows = [
            {
                "log_likelihood": mode.log_likelihood,
                "log_posterior": mode.log_posterior,
                "hits": mode.hits,
                "basin": mode.basin,
                "log_evidence": mode.log_evidence,
                "weight": mode.weight,
                "identified": mode.identified,
                **{str(name): share for name, share in _shares(mode.parameters).items()},
            }
            for mode in self.modes
        ]
        return pd.DataFrame(rows, index=pd.RangeIndex(1, len(rows) + 1, name="mode"))

    def __repr__(self) -> str:
        best = self.best
        return (
            f"Modes({len(self)} from {self.n_starts} starts; best log-likelihood {best.log_likelihood:.4f}, hit "
            f"{best.hits} times; next: .table(), .best.parameters)"
        )


def find_modes(
    model: Model,
    frame: pd.DataFrame | Survey,
    *,
    n_starts: int = 50,
    seed: int | None = None,
    missing_covariates: str = "error",
    progressbar: bool = True,
) -> Modes:
    """Find the modes of the posterior from many random starts: the quick answer.

    The log posterior density in the space of the probabilities is maximised by L-BFGS from every start; ends that are the same up
    to the naming of classes are one mode. With `Priors.flat()` the modes are the local maxima of the likelihood. Scores of latent
    constructs are held at their classical estimates.

    Parameters
    ----------
    model : Model
        The model.
    frame : DataFrame or Survey
        The survey.
    n_starts : int
        Number of random starts.
    seed : int, optional
        Seed of the starts.
    missing_covariates : {"error", "drop"}
        What to do with respondents who miss a covariate.
    progressbar : bool
        Whether to show a progress bar.

    Returns
    -------
    Modes
        Distinct modes with hits, log-likelihood, log posterior and Laplace evidence.

    Raises
    ------
    SurveyError
        When the frame does not fit the model.
    FitError
        When `n_starts` is no positive number, or no start reached a mode.

    References
    ----------
    Tierney, L. and Kadane, J. B. (1986). Accurate approximations for posterior moments and marginal densities. Journal of the American
    Statistical Association, 81(393), 82-86.

    Examples
    --------
    >>> import latentclass as lc
    >>> data = lc.datasets.plain_survey(n=80, n_items=3, n_levels=2, n_classes=1, n_covariates=1, seed=1)
    >>> lc.find_modes(data.model, data.frame, n_starts=2, seed=1, progressbar=False)  # doctest: +SKIP
    Modes(1 from 2 starts; ...)
    """
    survey = as_survey(model, frame, missing_covariates)
    compiled = compile_model(build_survey(survey))
    return search(compiled, survey, n_starts=n_starts, seed=seed, progressbar=progressbar)


def as_survey(model: Model, frame: pd.DataFrame | Survey, missing_covariates: str) -> Survey:
    """Return the survey, read if it is a frame.

    Parameters
    ----------
    model : Model
        The model.
    frame : DataFrame or Survey
        Frame, or survey read for the same model.
    missing_covariates : {"error", "drop"}
        What to do with respondents who miss a covariate.

    Returns
    -------
    Survey
        The survey.

    Raises
    ------
    FitError
        When the survey was read for another model.
    """
    if not isinstance(frame, Survey):
        return read_survey(model, frame, missing_covariates=missing_covariates)
    if frame.model != model:
        message = "The survey was read for another model; give the data frame, or read it again with read_survey."
        raise FitError(message)
    return frame


def search(compiled: Compiled, survey: Survey, *, n_starts: int, seed: int | None, progressbar: bool) -> Modes:
    """Find the modes of a compiled model.

    Parameters
    ----------
    compiled : Compiled
        The model.
    survey : Survey
        The survey.
    n_starts : int
        Number of random starts.
    seed : int, optional
        Seed of the starts.
    progressbar : bool
        Whether to show a progress bar.

    Returns
    -------
    Modes
        The modes.

    Raises
    ------
    FitError
        When `n_starts` is no positive number, or no start reached a mode.
    """
    if isinstance(n_starts, bool) or not isinstance(n_starts, int) or n_starts < 1:
        message = f"n_starts is a positive whole number; got {n_starts!r}."
        raise FitError(message)
    seeds = np.random.SeedSequence(seed).spawn(n_starts)
    ends = []
    with one_blas_thread():
        for own in track(seeds, "searching modes", shown=progressbar):
            start = random_start(compiled, survey, np.random.default_rng(own))
            end = _climb(compiled, start, options=_ROUGH)
            if np.isfinite(end[0]):
                ends.append(end)
        if not ends:
            message = f"None of {n_starts} random starts reached a finite log posterior; the data or priors are degenerate."
            raise FitError(message)
        found = [_mode(compiled, survey, group) for group in _distinct(_released(compiled, _distinct(ends)))]
        found = _with_laplace(compiled, survey, found)
    return Modes(model=survey.model, modes=_weighed(found), n_starts=n_starts)


def _climb(compiled: Compiled, start: Vector, floor: float = 0.0, options: Mapping[str, float] = _OPTIONS) -> End:
    """Maximise the density in the space of the probabilities."""
    coordinates = Coordinates(compiled=compiled)

    def negative(z: Vector) -> tuple[float, Vector]:
        value, gradient = coordinates.density(z, start)
        return -value, -gradient

    begin = coordinates.from_x(start, floor)
    found = minimize(negative, begin, jac=True, method="L-BFGS-B", bounds=_bounds(len(begin)), options=dict(options))
    return -float(found.fun), coordinates.to_x(found.x, start)


def _climb_unconstrained(compiled: Compiled, start: Vector) -> End:
    """Maximise the density of the unconstrained vector, the one that is sampled."""
    free, x = compiled.searched, start.copy()

    def negative(moved: Vector) -> tuple[float, Vector]:
        x[free] = moved
        value, gradient = compiled.log_posterior(x)
        return -value, -gradient[free]

    bounds = _bounds(int(free.sum()))
    found = minimize(negative, start[free], jac=True, method="L-BFGS-B", bounds=bounds, options=_OPTIONS)
    x[free] = found.x
    return -float(found.fun), x


def _bounds(n: int) -> list[tuple[float, float]]:
    return [(-_FARTHEST, _FARTHEST)] * n


def _distinct(ends: list[End]) -> list[list[End]]:
    groups: list[list[End]] = []
    for end in sorted(ends, key=lambda e: -e[0]):
        if groups and groups[-1][0][0] - end[0] < _SAME_HEIGHT:
            groups[-1].append(end)
        else:
            groups.append([end])
    return groups


def _released(compiled: Compiled, groups: list[list[End]]) -> list[End]:
    """Climb again from inside the simplex where a probability went to zero.

    In logits the slope vanishes at the boundary, also where the density would rise again inside: such an end is no mode.
    """
    ends = []
    for group in groups:
        if group[0][0] < groups[0][0][0] - _NEGLIGIBLE:
            ends += group
            continue
        best = _climb(compiled, group[0][1])
        for floor in _FLOORS * 2:
            again = _climb(compiled, best[1], floor)
            if again[0] > best[0] + _SAME_HEIGHT:
                best = again
        near = best[0] - group[0][0] < _SAME_HEIGHT
        ends += [best, *group[1:]] if near else [best] * len(group)
    return ends


def _mode(compiled: Compiled, survey: Survey, group: list[End]) -> Mode:
    height, x = group[0]
    points = [compiled.variables(end).expand_dims(["chain", "draw"]) for _, end in group]
    aligned = relabel(xr.concat(points, dim="draw"), class_names=survey.model.class_names).posterior
    spread = 0.0
    for name in (dims.PROBABILITY, dims.ORDINAL_PROBABILITY):
        if name in aligned:
            spread = max(spread, float(abs(aligned[name] - aligned[name].isel(draw=0)).max()))
    first = aligned.isel(draw=[0])
    return Mode(
        log_posterior=height,
        log_likelihood=float(log_likelihood(first, survey).sum()),
        hits=len(group),
        spread=spread,
        x=x,
        parameters=first.isel(chain=0, draw=0, drop=True),
    )


def _with_laplace(compiled: Compiled, survey: Survey, found: list[Mode]) -> list[Mode]:
    finished: list[Mode] = []
    for number, mode in enumerate(found, start=1):
        if number > _LAPLACE_MODES or mode.log_posterior < found[0].log_posterior - _NEGLIGIBLE:
            finished.append(replace(mode, basin=number))
            continue
        height, interior = _climb_unconstrained(compiled, _inside(compiled, mode.x))
        known = next((m for m in finished if abs(m.height - height) < _SAME_HEIGHT), None)
        if known is not None:
            same = {name: getattr(known, name) for name in _BASIN}
            finished.append(replace(mode, **same))
            continue
        finished.append(_laplace(compiled, survey, replace(mode, interior=interior, height=height, basin=number)))
    return finished


def _inside(compiled: Compiled, x: Vector) -> Vector:
    coordinates = Coordinates(compiled=compiled)
    return coordinates.to_x(coordinates.from_x(x, _FLOORS[-1]), x)


def _laplace(compiled: Compiled, survey: Survey, mode: Mode) -> Mode:
    free = np.flatnonzero(compiled.searched)
    values, vectors = np.linalg.eigh(_curvature(compiled, mode.interior, free))
    if values[0] <= 1e-6 * values[-1]:
        return mode
    deviation = np.zeros(compiled.n_dim)
    deviation[free] = np.sqrt(((vectors / values) * vectors).sum(axis=1))
    copies = float(gammaln(survey.model.n_classes + 1))
    volume = 0.5 * len(free) * np.log(2 * np.pi) - 0.5 * float(np.log(values).sum())
    return replace(mode, standard_deviation=deviation, log_evidence=mode.height + volume + copies)


def _curvature(compiled: Compiled, x: Vector, free: np.ndarray) -> np.ndarray:
    step = 1e-4
    rows = np.empty((len(free), len(free)))
    for row, entry in enumerate(free):
        upper, lower = x.copy(), x.copy()
        upper[entry] += step
        lower[entry] -= step
        difference = compiled.log_posterior(lower)[1] - compiled.log_posterior(upper)[1]
        rows[row] = difference[free] / (2 * step)
    return 0.5 * (rows + rows.T)


def _weighed(found: list[Mode]) -> tuple[Mode, ...]:
    basins = {mode.basin: mode.log_evidence for mode in found if np.isfinite(mode.log_evidence)}
    if not basins:
        return tuple(found)
    top = max(basins.values())
    total = sum(np.exp(evidence - top) for evidence in basins.values())
    weights = {basin: float(np.exp(evidence - top) / total) for basin, evidence in basins.items()}
    return tuple(replace(mode, weight=weights.get(mode.basin, 0.0)) for mode in found)


def _shares(parameters: xr.Dataset) -> dict[str, float]:
    if dims.INTERCEPT not in parameters:
        return {str(parameters["class"].values[0]): 1.0} if "class" in parameters.coords else {}
    logits = parameters[dims.INTERCEPT]
    share = np.exp(logits - logits.max())
    return dict(zip(logits["class"].values, (share / share.sum()).values, strict=True))
