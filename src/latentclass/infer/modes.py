"""The modes of the posterior as values, and the quick answer that finds them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from latentclass import dims
from latentclass.errors import FitError
from latentclass.infer.compiled import Vector
from latentclass.model import Model
from latentclass.survey import Survey, read_survey

__all__ = ["Mode", "Modes", "as_survey", "find_modes"]

# Starts that ended at one height are at the same point when no probability differs by more.
_SAME_POINT = 0.02


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
        Laplace approximation of the log marginal likelihood of the basin with all its relabelled copies; NaN where
        the curvature is singular. Under improper priors known up to a constant only.
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
            Index ``mode``; columns log_likelihood, log_posterior, hits (of the random starts), basin (modes of the
            probabilities that share one mode of the sampled density), log_evidence and weight of the basin
            (Laplace), identified, and the class shares at average covariates.

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
    counts: str | None = None,
    progressbar: bool = True,
) -> Modes:
    """Find the modes of the posterior from many random starts: the quick answer.

    The log posterior density in the space of the probabilities is maximised by L-BFGS from every start; ends that
    are the same up to the naming of classes are one mode. With `Priors.flat()` the modes are the local
    maxima of the likelihood. Scores of latent
    constructs are held at their classical estimates, and scales that a prior of slopes learns where the prior puts
    them: log posterior and evidence are given these.

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
    counts : str, optional
        Column of the frame that says how many respondents each row stands for, see `latentclass.read_survey`.
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
    Tierney, L. and Kadane, J. B. (1986). Accurate approximations for posterior moments and marginal densities.
    Journal of the American
    Statistical Association, 81(393), 82-86.

    Examples
    --------
    >>> import latentclass as lc
    >>> data = lc.datasets.plain_survey(n=80, n_items=3, n_levels=2, n_classes=1, n_covariates=1, seed=1)
    >>> lc.find_modes(data.model, data.frame, n_starts=2, seed=1, progressbar=False)  # doctest: +SKIP
    Modes(1 from 2 starts; ...)
    """
    from latentclass.infer.compiled import compile_survey
    from latentclass.infer.search import search

    survey = as_survey(model, frame, missing_covariates, counts)
    compiled = compile_survey(survey)
    return search(compiled, survey, n_starts=n_starts, seed=seed, progressbar=progressbar)


def as_survey(model: Model, frame: pd.DataFrame | Survey, missing_covariates: str, counts: str | None = None) -> Survey:
    """Return the survey, read if it is a frame.

    Parameters
    ----------
    model : Model
        The model.
    frame : DataFrame or Survey
        Frame, or survey read for the same model.
    missing_covariates : {"error", "drop"}
        What to do with respondents who miss a covariate.
    counts : str, optional
        Column of counts.

    Returns
    -------
    Survey
        The survey.

    Raises
    ------
    FitError
        When the survey was read for another model, or with other counts.
    """
    if not isinstance(frame, Survey):
        return read_survey(model, frame, missing_covariates=missing_covariates, counts=counts)
    if frame.model != model:
        message = "The survey was read for another model; give the data frame, or read it again with read_survey."
        raise FitError(message)
    if counts is not None and counts != frame.counted_by:
        message = (
            f"counts={counts!r} is given, and the survey was read with counts={frame.counted_by!r}; give the data "
            f"frame, or read it again with read_survey(model, frame, counts={counts!r})."
        )
        raise FitError(message)
    return frame


def _shares(parameters: xr.Dataset) -> dict[str, float]:
    if dims.INTERCEPT not in parameters:
        return {str(parameters["class"].values[0]): 1.0} if "class" in parameters.coords else {}
    logits = parameters[dims.INTERCEPT]
    share = np.exp(logits - logits.max())
    return dict(zip(logits["class"].values, (share / share.sum()).values, strict=True))
