"""How well a fit predicts the answers of respondents it has not seen: leave-one-out cross-validation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import arviz as az
import numpy as np
import pandas as pd
import xarray as xr
from arviz_stats.base import array_stats
from scipy.special import logsumexp

from latentclass.dims import CHAIN, DRAW, RESPONDENT
from latentclass.errors import LatentClassError
from latentclass.infer.refit import refits_without
from latentclass.posterior import Fit
from latentclass.posterior.answers import answer_log_likelihood
from latentclass.posterior.parts import of_some, respondents_at_a_time
from latentclass.posterior.samples import evenly
from latentclass.survey import Survey

__all__ = ["Method", "Prediction", "PredictionDifference", "prediction", "prediction_difference"]

# Vehtari et al. (2024): above it the estimate is not to be trusted at any feasible number of draws.
_BAD_K = 0.7
_WORST_R_HAT = 1.05
# With scores to be integrated out, so many draws of all chains tell enough.
_DRAWS_WITH_SCORES = 1000


class Method(StrEnum):
    """How the density of a respondent was found."""

    PSIS = "psis"
    REFIT = "refit"
    UNSETTLED = "unsettled"
    NO_ANSWER = "no answer"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Prediction:
    """How well a fit predicts each respondent's answers from those of all others.

    Parameters
    ----------
    pointwise : DataFrame
        Index ``respondent``. ``elpd``: log predictive density of the answers, in nats; ``p_loo``: what it lacks
        against the density under the full posterior, the effective number of parameters; ``pareto_k`` of the
        importance ratios before any repair; ``error``: Monte Carlo standard error of ``elpd``; ``method``, see
        `Method`. With counts a row stands for ``count`` respondents: values are those of one of them, and sums take
        each as often.
    predicted : str
        What is predicted, from what.
    """

    pointwise: pd.DataFrame
    predicted: str

    @property
    def elpd(self) -> float:
        """Expected log predictive density, summed over the respondents."""
        return float(self._weights @ self.pointwise["elpd"])

    @property
    def se(self) -> float:
        """Standard error of `elpd` as an estimate for other samples of as many respondents."""
        return _sum_error(self.pointwise["elpd"].to_numpy(), self._weights)

    @property
    def p_loo(self) -> float:
        """Effective number of parameters."""
        return float(self._weights @ self.pointwise["p_loo"])

    @property
    def error(self) -> float:
        """Monte Carlo standard error of `elpd`."""
        return float(np.sqrt(self._weights @ np.square(self.pointwise["error"])))

    @property
    def n_refitted(self) -> int:
        """Respondents with a bad Pareto k, refitted without their answers."""
        return self._count(Method.REFIT)

    @property
    def n_unsettled(self) -> int:
        """Respondents with a bad Pareto k without a refit, or with one that did not converge."""
        return self._count(Method.UNSETTLED)

    def _count(self, method: Method) -> int:
        return int(self._weights[(self.pointwise["method"] == method).to_numpy()].sum())

    @property
    def _weights(self) -> np.ndarray:
        return _weights(self.pointwise)

    def __repr__(self) -> str:
        return (
            f"Prediction(elpd {self.elpd:.1f}, SE {self.se:.1f}; p_loo {self.p_loo:.1f}; Monte Carlo error "
            f"{self.error:.2f}; {self.n_refitted} respondents refitted, {self.n_unsettled} unsettled; predicts "
            f"{self.predicted}; next: .pointwise)"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionDifference:
    """Difference of two fits in expected log predictive density, paired by respondent.

    Parameters
    ----------
    elpd : float
        The first less the second: positive where the first predicts better.
    se : float
        Standard error of the difference, from the paired differences of the respondents.
    error : float
        Its Monte Carlo standard error.
    n : int
        Number of respondents.
    n_refitted, n_unsettled : int
        Respondents with a bad Pareto k in either fit that were refitted, and that were not settled.
    """

    elpd: float
    se: float
    error: float
    n: int
    n_refitted: int
    n_unsettled: int

    def __repr__(self) -> str:
        return (
            f"PredictionDifference({self.elpd:+.1f}, SE {self.se:.1f}, over {self.n} respondents; {self.n_refitted} "
            f"refitted, {self.n_unsettled} unsettled)"
        )


def prediction(fit: Fit, *, most_refits: int | None = None, seed: int = 0) -> Prediction:
    """Return how well a fit predicts each respondent's answers from those of all others.

    Of a row that stands for several respondents one is left out. Leave-one-out cross-validation by Pareto-smoothed
    importance sampling (Vehtari, Gelman and Gabry 2017; Vehtari et al. 2024). Where Pareto k is above 0.7, or above
    1 - 1 / log10(draws), the model is sampled anew without the answers of that respondent, with chains that start
    at draws of the fit: the density itself, but for Monte Carlo error.

    What is predicted are the answers to the items. Covariates of the respondent are given, and so are its outcomes and
    its answers to the indicators of latent constructs; the score is integrated out given these. (The score that was
    sampled with the fit has seen the answers that are to be predicted.) So fits with and without a factor group predict
    the same, and can be compared.

    Parameters
    ----------
    fit : Fit
        The fit.
    most_refits : int, optional
        Refit no more respondents (with counts: rows) than this, those with the largest k first; the others count as
        unsettled. All by default. A refit takes about as long as the sampling of half a fit.
    seed : int
        Seed of the refits, and of the integration over scores.

    Returns
    -------
    Prediction
        Log predictive densities by respondent, with sum, standard error and counts.

    Raises
    ------
    LatentClassError
        When `most_refits` is no whole number, 0 or more.
    FitError
        When a refit fails.

    References
    ----------
    Vehtari, A., Gelman, A. and Gabry, J. (2017). Practical Bayesian model evaluation using leave-one-out
    cross-validation and WAIC. Statistics and Computing, 27, 1413-1432.
    Vehtari, A., Simpson, D., Gelman, A., Yao, Y. and Gabry, J. (2024). Pareto smoothed importance sampling. Journal of
    Machine Learning Research, 25(72), 1-58.
    Merkle, E. C., Furr, D. and Rabe-Hesketh, S. (2019). Bayesian comparison of latent variable models: conditional
    versus marginal likelihoods. Psychometrika, 84, 802-829.

    Examples
    --------
    >>> import latentclass as lc
    >>> prediction(fit)  # doctest: +SKIP
    Prediction(elpd -7824.0, SE 64.3; p_loo 214.0; Monte Carlo error 0.31; 0 respondents refitted, 0 unsettled; ...)
    """
    whole = isinstance(most_refits, int) and not isinstance(most_refits, bool)
    if most_refits is not None and not (whole and most_refits >= 0):
        message = f"most_refits is a whole number, 0 or more, or None for as many as are needed; got {most_refits!r}."
        raise LatentClassError(message)
    posterior = fit.posterior
    if fit.model.latent_constructs:
        posterior = posterior.isel({DRAW: evenly(posterior.sizes[DRAW], _DRAWS_WITH_SCORES // posterior.sizes[CHAIN])})
    n, answered, rows = len(fit.survey.respondents), (fit.survey.codes >= 0).any(axis=1), []
    size = respondents_at_a_time(fit.survey, posterior.sizes[CHAIN] * posterior.sizes[DRAW])
    for start in range(0, n, size):
        some = slice(start, min(start + size, n))
        logs = _logs(posterior, fit.survey, some, seed)
        rows += [_smoothed(own) if any_ else _nothing() for own, any_ in zip(logs, answered[some], strict=True)]
    table = pd.DataFrame(rows, index=pd.Index(list(fit.survey.respondents), name=RESPONDENT))
    bad = [int(i) for i in np.argsort(-table["pareto_k"].to_numpy()) if rows[i]["method"] == Method.UNSETTLED]
    for i, row in _refitted(fit, posterior, bad[:most_refits], seed):
        table.iloc[i] = pd.Series(row)
    if fit.survey.counts is not None:
        table["count"] = fit.survey.counts
    return Prediction(pointwise=table, predicted=_predicted(fit))


def prediction_difference(first: Prediction, second: Prediction) -> PredictionDifference:
    """Return the difference in prediction of two fits to the same answers.

    The standard error is that of a sum of paired differences. It is too small where the two hardly differ (a
    difference below 4), where there are few respondents, or where a few outliers make it (Sivula et al. 2020).

    Parameters
    ----------
    first, second : Prediction
        What `prediction` returned for either fit.

    Returns
    -------
    PredictionDifference
        The first less the second.

    Raises
    ------
    LatentClassError
        When the respondents are not the same.

    References
    ----------
    Sivula, T., Magnusson, M., Matamoros, A. A. and Vehtari, A. (2020). Uncertainty in Bayesian leave-one-out
    cross-validation based model comparison. arXiv:2008.10296.

    Examples
    --------
    >>> table = pd.DataFrame({"elpd": [-1.0, -2.0], "error": 0.0, "method": "psis"}, index=["a", "b"])
    >>> better = Prediction(pointwise=table, predicted="")
    >>> worse = Prediction(pointwise=table.assign(elpd=[-2.0, -2.5]), predicted="")
    >>> prediction_difference(better, worse)
    PredictionDifference(+1.5, SE 0.5, over 2 respondents; 0 refitted, 0 unsettled)
    """
    a, b = first.pointwise, second.pointwise
    if not a.index.equals(b.index):
        message = (
            f"The two fits are compared respondent by respondent, and theirs differ: the first has {len(a)}, the "
            f"second {len(b)}, {len(a.index.intersection(b.index))} of them the same. Fit both to the same rows."
        )
        raise LatentClassError(message)
    weights = _weights(a)
    if not np.array_equal(weights, _weights(b)):
        message = "The rows of the two fits stand for different numbers of respondents. Fit both with the same counts."
        raise LatentClassError(message)
    methods = np.stack([a["method"].to_numpy(dtype=str), b["method"].to_numpy(dtype=str)])
    unsettled = (methods == Method.UNSETTLED).any(axis=0)
    difference = (a["elpd"] - b["elpd"]).to_numpy()
    return PredictionDifference(
        elpd=float(weights @ difference),
        se=_sum_error(difference, weights),
        error=float(np.hypot(first.error, second.error)),
        n=int(weights.sum()),
        n_refitted=int(weights[(methods == Method.REFIT).any(axis=0) & ~unsettled].sum()),
        n_unsettled=int(weights[unsettled].sum()),
    )


def _predicted(fit: Fit) -> str:
    known = {
        "covariates": fit.survey.groups,
        "indicators": fit.model.latent_constructs,
        "outcomes": [name for name, outcome in fit.model.outcomes.items() if outcome.feedback],
    }
    given = [name for name, any_ in known.items() if any_]
    listed = " and ".join([", ".join(given[:-1]), given[-1]] if len(given) > 1 else given)
    return f"answers to the items given {listed}" if given else "answers to the items"


def _weights(pointwise: pd.DataFrame) -> np.ndarray:
    return pointwise["count"].to_numpy(float) if "count" in pointwise else np.ones(len(pointwise))


def _sum_error(values: np.ndarray, weights: np.ndarray) -> float:
    n = weights.sum()
    if n <= 1:
        return float("nan")
    squares = weights @ np.square(values - weights @ values / n)
    return float(np.sqrt(n * squares / (n - 1)))


def _smoothed(logs: np.ndarray) -> dict[str, object]:
    """Return the row of a respondent from its log-likelihoods [chain, draw]."""
    finite = np.isfinite(logs).all()
    if finite and np.ptp(logs) == 0:
        return _row(float(logs[0, 0]), 0.0, float("-inf"), 0.0, Method.PSIS)
    if not finite:
        return _row(float("-inf"), float("nan"), float("inf"), float("nan"), Method.UNSETTLED)
    n, relative = logs.size, _effective(logs) / logs.size
    weights, k = array_stats.psislw(logs.ravel(), r_eff=relative)
    elpd = float(logsumexp(weights + logs.ravel()))
    off = np.expm1(logs.ravel() - elpd)
    error = float(np.sqrt(np.sum(np.square(np.exp(weights) * off)) / relative))
    method = Method.PSIS if k <= min(1 - 1 / np.log10(n), _BAD_K) else Method.UNSETTLED
    return _row(elpd, float(logsumexp(logs)) - np.log(n) - elpd, float(k), error, method)


def _logs(posterior: xr.Dataset, survey: Survey, rows: slice, seed: int) -> np.ndarray:
    """Return the log-likelihoods of some respondents [respondent, chain, draw]."""
    found = answer_log_likelihood(*of_some(posterior, survey, rows), seed=seed)
    return found.transpose(RESPONDENT, CHAIN, DRAW).to_numpy()


def _refitted(
    fit: Fit, posterior: xr.Dataset, which: Sequence[int], seed: int
) -> Iterator[tuple[int, dict[str, object]]]:
    for i, without in zip(which, refits_without(fit, which, seed=seed), strict=True):
        own = slice(i, i + 1)
        (logs,), (values,) = (_logs(draws, fit.survey, own, seed) for draws in (posterior, without))
        elpd = float(logsumexp(values)) - np.log(values.size)
        error = float(np.std(np.exp(values - elpd)) / np.sqrt(_effective(values)))
        good = float(az.rhat(values)) < _WORST_R_HAT
        everyone = float(logsumexp(logs)) - np.log(logs.size)
        k = _smoothed(logs)["pareto_k"]
        yield i, _row(elpd, everyone - elpd, k, error, Method.REFIT if good else Method.UNSETTLED)


def _row(elpd: float, p_loo: float, pareto_k: object, error: float, method: Method) -> dict[str, object]:
    return {"elpd": elpd, "p_loo": p_loo, "pareto_k": pareto_k, "error": error, "method": str(method)}


def _nothing() -> dict[str, object]:
    return _row(0.0, 0.0, float("-inf"), 0.0, Method.NO_ANSWER)


def _effective(logs: np.ndarray) -> float:
    """Return the effective number of draws of a likelihood."""
    found = float(az.ess(np.exp(logs - logs.max()), method="mean"))
    return float(np.clip(found, 1.0, logs.size)) if np.isfinite(found) else float(logs.size)
