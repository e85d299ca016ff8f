"""What one fit contributes to a comparison, as plain numbers that can be kept in a file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd

from latentclass import dims
from latentclass.checks import check
from latentclass.comparison.likelihood import MaximumLikelihood, maximum_likelihood
from latentclass.errors import FitError, ModelError
from latentclass.evidence.marginal import marginal_likelihood
from latentclass.evidence.null_check import expected_scores
from latentclass.evidence.prediction import Prediction, prediction
from latentclass.posterior import Fit
from latentclass.simulation import draw_parameters

__all__ = ["Assessment", "assess"]

# With a random effect every start costs some ten times as much.
_STARTS_PER_EFFECT_START = 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Assessment:
    """The criteria of one fit.

    Parameters
    ----------
    likelihood : MaximumLikelihood
        The maximum of the likelihood.
    with_effect : MaximumLikelihood
        The same with a random effect of the respondent on all items.
    prediction : Prediction
        Leave-one-out prediction.
    log_marginal, log_marginal_error : float
        Log marginal likelihood under the priors of the model; NaN where a prior is improper.
    marginal_by : str
        How it was found.
    smallest_share : float
        Posterior mean share of the smallest class.
    smallest_count : int
        Respondents for whom the smallest class is the likeliest; of the class for which it is least.
    failed : tuple of str
        What failed: of the fit ("convergence", "one solution", "identified"), of the estimates ("Pareto k", "bridge"),
        and the posterior predictive checks of `latentclass.check`, by their names.
    """

    likelihood: MaximumLikelihood
    with_effect: MaximumLikelihood
    prediction: Prediction
    log_marginal: float
    log_marginal_error: float
    marginal_by: str
    smallest_share: float
    smallest_count: int
    failed: tuple[str, ...]

    def save(self, path: Path) -> None:
        """Write the numbers to a file.

        Parameters
        ----------
        path : Path
            A file for JSON.
        """
        data: dict[str, Any] = {
            name: getattr(self, name)
            for name in ("log_marginal", "log_marginal_error", "marginal_by", "smallest_share", "smallest_count")
        }
        data |= {"failed": list(self.failed), "predicted": self.prediction.predicted}
        data |= {name: asdict(getattr(self, name)) for name in ("likelihood", "with_effect")}
        data["pointwise"] = self.prediction.pointwise.reset_index().to_dict(orient="list")
        beside = path.with_suffix(".part")
        beside.write_text(json.dumps(data), encoding="utf-8")
        beside.replace(path)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the numbers that `save` wrote.

        Parameters
        ----------
        path : Path
            The file.

        Returns
        -------
        Assessment
            The criteria.
        """
        data = json.loads(path.read_text(encoding="utf-8"))
        pointwise = pd.DataFrame(data.pop("pointwise")).set_index(dims.RESPONDENT)
        found = Prediction(pointwise=pointwise, predicted=data.pop("predicted"))
        likelihood, with_effect = (MaximumLikelihood(**data.pop(name)) for name in ("likelihood", "with_effect"))
        data["failed"] = tuple(data["failed"])
        return cls(likelihood=likelihood, with_effect=with_effect, prediction=found, **data)

    def __repr__(self) -> str:
        return (
            f"Assessment({self.likelihood.n_classes} classes: log marginal likelihood {self.log_marginal:.2f}, elpd "
            f"{self.prediction.elpd:.1f}, BIC {self.likelihood.bic:.1f}; {len(self.failed)} checks failed)"
        )


def assess(fit: Fit, *, n_starts: int = 20, most_refits: int | None = None, seed: int = 0) -> Assessment:
    """Return the criteria by which a fit is compared with others.

    Parameters
    ----------
    fit : Fit
        The fit.
    n_starts : int
        Random starts of the maximum of the likelihood.
    most_refits : int, optional
        See `latentclass.evidence.prediction`.
    seed : int
        Seed.

    Returns
    -------
    Assessment
        The criteria.

    Examples
    --------
    >>> assess(fit)  # doctest: +SKIP
    Assessment(3 classes: log marginal likelihood -2802.51, elpd -2788.1, BIC 5651.1; 0 checks failed)
    """
    scores = expected_scores(fit, seed) if fit.model.latent_constructs else None
    plain = maximum_likelihood(fit.survey, scores=scores, n_starts=n_starts, seed=seed)
    some = max(n_starts // _STARTS_PER_EFFECT_START, 1)
    with_effect = maximum_likelihood(fit.survey, random_effect=True, scores=scores, n_starts=some, seed=seed)
    predicted = prediction(fit, most_refits=most_refits, seed=seed)
    value, error, how, trouble = _log_marginal(fit, seed)
    sizes = fit.classes()
    return Assessment(
        likelihood=plain,
        with_effect=with_effect,
        prediction=predicted,
        log_marginal=value,
        log_marginal_error=error,
        marginal_by=how,
        smallest_share=float(sizes["mean"].min()),
        smallest_count=int(sizes["modal_n"].min()),
        failed=(*_failed(fit, predicted, trouble), *_misfits(fit, seed)),
    )


def _log_marginal(fit: Fit, seed: int) -> tuple[float, float, str, str]:
    """Return log marginal likelihood, error, method, and what is wrong."""
    nan = float("nan")
    try:
        draw_parameters(fit.survey, np.random.default_rng(0))
    except ModelError:
        return nan, nan, "improper prior", ""
    try:
        found = marginal_likelihood(fit, seed=seed)
    except FitError as error:
        # An approximation whose importance ratios cannot be trusted.
        return _laplace(fit), nan, "Laplace", str(error)
    if np.isfinite(found.log_value):
        return found.log_value, found.error, found.method, found.message
    return _laplace(fit), nan, "Laplace", found.message


def _laplace(fit: Fit) -> float:
    basins = fit.modes.drop_duplicates("basin")["log_evidence"].to_numpy(dtype=float)
    basins = basins[np.isfinite(basins)]
    return float(np.logaddexp.reduce(basins)) if len(basins) else float("nan")


def _failed(fit: Fit, predicted: Prediction, trouble: str) -> tuple[str, ...]:
    checks = {
        "convergence": fit.convergence.ok,
        "one solution": len(fit.solutions) == 1,
        "identified": bool(fit.modes["identified"].iloc[0]),
        "Pareto k": predicted.n_unsettled == 0,
        "bridge": not trouble,
    }
    return tuple(name for name, good in checks.items() if not good)


def _misfits(fit: Fit, seed: int) -> tuple[str, ...]:
    """Return which posterior predictive checks failed; none are made of frequency tables."""
    if fit.survey.counts is not None:
        return ()
    return tuple(one.name for one in check(fit, seed=seed).checks if one.failed)
