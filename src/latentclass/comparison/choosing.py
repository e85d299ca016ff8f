"""`latentclass.choose`: fits with different numbers of classes, in parallel, kept in a folder, and compared."""

from __future__ import annotations

import os
import warnings
from collections.abc import Hashable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from latentclass.comparison.assess import Assessment, assess
from latentclass.comparison.comparison import Comparison, comparison_of
from latentclass.comparison.sparse import occupied_classes
from latentclass.errors import LatentClassError, LatentClassWarning
from latentclass.evidence.refits import fingerprint
from latentclass.infer import fit
from latentclass.infer.parallel import Task, cores_per_task, run_tasks
from latentclass.model import Model
from latentclass.model.serial import model_to_data
from latentclass.posterior import Fit, load
from latentclass.survey import Survey, read_survey

__all__ = ["choose"]

_EXTRA_CLASSES = 4


def choose(
    model: Model,
    frame: pd.DataFrame,
    *,
    n_classes: Iterable[int] = range(1, 7),
    folder: str | Path | None = None,
    draws: int = 1000,
    tune: int = 1000,
    chains: int = 4,
    n_starts: int = 20,
    most_refits: int | None = 20,
    seed: int = 0,
    missing_covariates: str = "error",
    progressbar: bool = True,
) -> Comparison:
    """Fit a model with different numbers of classes and say which criterion supports which.

    The fits run side by side in processes of their own. With a folder, each is kept there as soon as it is done,
    with its criteria: an interrupted call goes on where it was, and a repeated one is read from the folder. Whatever
    the result depends on (model, answers, covariates, settings) is part of the names of the files, so that
    nothing out of date is read.

    No number is chosen. The criteria answer different questions: the marginal likelihood and BIC ask for the model
    that made the data, ICL for classes that can be told apart, leave-one-out prediction for the model that foretells
    best and seldom punishes a class too many; the sparse mixture empties what it does not need. Where they
    agree the table says so, and where they do not it says that. All are misled alike when answers go together
    within classes; ``bic_random_effect`` in the table tells whether degrees within fewer classes are the better
    account. Prediction, BIC and their like are about the answers to the items; outcomes that tell of the class are
    given in the former, have a part in the marginal likelihood, and none in the latter.

    Parameters
    ----------
    model : Model
        The model; its number of classes does not matter.
    frame : DataFrame
        The survey, one row per respondent.
    n_classes : iterable of int
        Numbers of classes to compare.
    folder : str or Path, optional
        Where fits and criteria are kept; nowhere by default.
    draws, tune, chains : int
        As for `latentclass.fit`.
    n_starts : int
        Random starts, of the modes of every fit and of the maximum of every likelihood.
    most_refits : int, optional
        Refit at most so many respondents with a bad Pareto k in every fit; the rest are counted in the table.
    seed : int
        Seed of everything random.
    missing_covariates : {"error", "drop"}
        What to do with respondents who miss a covariate.
    progressbar : bool
        Whether to show progress.

    Returns
    -------
    Comparison
        One row per number of classes, the fits, the sparse mixture, and conclusions in sentences.

    Raises
    ------
    LatentClassError
        When `n_classes` holds fewer than two numbers, or something else.
    SurveyError
        When the frame does not fit the model.
    FitError
        When a fit fails; those that were done are kept in the folder.

    References
    ----------
    Nylund, K. L., Asparouhov, T. and Muthen, B. O. (2007). Deciding on the number of classes in latent class analysis
    and growth mixture modeling. Structural Equation Modeling, 14, 535-569.
    Fruehwirth-Schnatter, S., Celeux, G. and Robert, C. P. (2019). Handbook of Mixture Analysis, chapter 7. CRC Press.

    Examples
    --------
    >>> import latentclass as lc
    >>> lc.choose(model, frame, n_classes=range(1, 6), folder="number-of-classes", seed=1)  # doctest: +SKIP
    """
    numbers = _numbers(n_classes)
    surveys = {
        k: read_survey(model.replace(n_classes=k), frame, missing_covariates=missing_covariates) for k in numbers
    }
    settings: dict[str, Any] = {"draws": draws, "tune": tune, "chains": chains, "n_starts": n_starts, "seed": seed}
    settings["most_refits"] = most_refits
    with TemporaryDirectory() as temporary:
        place = Path(temporary if folder is None else folder)
        place.mkdir(parents=True, exist_ok=True)
        names = {k: fingerprint(model_to_data(s.model), s.frame, settings) for k, s in surveys.items()}
        files = {k: place / f"{k}-classes-{name[:16]}" for k, name in names.items()}
        missing = [k for k, path in files.items() if not _is_done(path)]
        cores = cores_per_task(len(missing))
        tasks = [
            # The largest first: it takes longest.
            Task(
                function=fit_and_assess, arguments={"survey": surveys[k], "path": files[k], "cores": cores, **settings}
            )
            for k in sorted(missing, reverse=True)
        ]
        run_tasks(tasks, text="fitting numbers of classes", progressbar=progressbar)
        fits: dict[Hashable, Fit] = {k: load(_draws(path)) for k, path in files.items()}
        assessments: dict[Hashable, Assessment] = {k: Assessment.load(_criteria(path)) for k, path in files.items()}
    occupied = occupied_classes(surveys[numbers[-1]], numbers[-1] + _EXTRA_CLASSES, seed=seed)
    return comparison_of(fits, assessments, occupied)


def fit_and_assess(survey: Survey, path: Path, cores: int, most_refits: int | None, **settings: Any) -> None:
    """Fit a survey and find its criteria, and keep both.

    Parameters
    ----------
    survey : Survey
        The survey.
    path : Path
        Files to keep them in, without ending.
    cores : int
        Chains that run at a time.
    most_refits : int, optional
        See `latentclass.evidence.prediction`.
    **settings
        Draws, tuning, chains, starts and seed.
    """
    with warnings.catch_warnings():
        # What they say is in the table.
        warnings.simplefilter("ignore", LatentClassWarning)
        if _draws(path).is_file():
            found = load(_draws(path))
        else:
            found = fit(survey.model, survey, cores=cores, progressbar=False, **settings)
            beside = path.with_suffix(f".{os.getpid()}.part")
            found.save(beside).replace(_draws(path))
        assess(found, n_starts=settings["n_starts"], most_refits=most_refits, seed=settings["seed"]).save(
            _criteria(path)
        )


def _numbers(given: Iterable[int]) -> list[int]:
    numbers = sorted(set(given)) if isinstance(given, Iterable) and not isinstance(given, str) else []
    whole = all(isinstance(k, int | np.integer) and not isinstance(k, bool) and k >= 1 for k in numbers)
    if len(numbers) < 2 or not whole:
        message = f"n_classes holds two or more numbers of classes to compare, such as range(1, 7); got {given!r}."
        raise LatentClassError(message)
    return [int(k) for k in numbers]


def _draws(path: Path) -> Path:
    return path.with_name(f"{path.name}.nc")


def _criteria(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")


def _is_done(path: Path) -> bool:
    return _draws(path).is_file() and _criteria(path).is_file()
