"""Models fitted anew, side by side, and kept on disk: an interrupted run goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
from platformdirs import user_cache_path

from latentclass.dims import CHAIN, DRAW
from latentclass.errors import FileError
from latentclass.infer import fit as sample
from latentclass.infer.parallel import Task, run_tasks
from latentclass.infer.progress import track
from latentclass.infer.threads import available_cores
from latentclass.model import FrozenMapping, Model
from latentclass.model.serial import model_to_data
from latentclass.posterior import Fit, load

__all__ = ["Refits", "fingerprint", "forget_refits", "refits_folder", "refits_like"]

# Where a fit does not say how it was sampled.
_MOST_TUNE = 1000
_TARGET_ACCEPT = 0.9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Refits:
    """How models are fitted anew to the same respondents, and where the fits are kept.

    A fit is kept under a name made of model, data, settings and version, so that it is never fitted twice. What was
    finished before an interruption is there when the same is asked again.

    Parameters
    ----------
    frame : DataFrame
        The respondents.
    folder : Path
        Where fits are kept.
    cores : int
        Cores that all refits together use. Where there are more than a fit has chains, fits run side by side, each in
        a process of its own.
    settings : mapping
        Arguments of `latentclass.fit`: draws, tune, chains, seed, n_starts.
    progressbar : bool
        Whether to show progress.
    """

    frame: pd.DataFrame
    folder: Path
    cores: int
    settings: FrozenMapping[Any]
    progressbar: bool = False

    def fits(self, models: Mapping[str, Model], what: str = "refitting") -> Iterator[tuple[str, Fit]]:
        """Fit several models.

        Parameters
        ----------
        models : mapping of str to Model
            The models by name.
        what : str
            What the progress bar says.

        Yields
        ------
        tuple of str and Fit
            Name and fit, in the order of the models, each as soon as it is there.

        Raises
        ------
        FitError
            When a fit fails.
        """
        chains = int(self.settings["chains"])
        one = replace(self, cores=min(self.cores, chains), progressbar=False)
        tasks = [
            Task(function=Refits.fit, arguments={"self": one, "model": model})
            for model in models.values()
            if not self.path(model).is_file()
        ]
        if self.cores // one.cores > 1:
            run_tasks(tasks, text=what, progressbar=self.progressbar, at_once=self.cores // one.cores)
            tasks = []
        for name, model in track(list(models.items()), what, shown=self.progressbar and bool(tasks)):
            yield name, self.fit(model)

    def fit(self, model: Model) -> Fit:
        """Return the fit of a model, from the folder or anew.

        Parameters
        ----------
        model : Model
            The model.

        Returns
        -------
        Fit
            The fit.

        Raises
        ------
        FitError
            When the fit fails.
        """
        path = self.path(model)
        if path.is_file():
            try:
                return load(path)
            except FileError:
                # Of another version, or damaged: it is made again.
                path.unlink()
        path.parent.mkdir(parents=True, exist_ok=True)
        cores = min(self.cores, int(self.settings["chains"]))
        with warnings.catch_warnings():
            # What the draws of a refit are worth stands in its `convergence`.
            warnings.simplefilter("ignore")
            found = sample(model, self.frame, cores=cores, progressbar=False, **self.settings)
        found.save(path)
        return found

    def path(self, model: Model) -> Path:
        """Return the file in which the fit of a model is kept.

        Parameters
        ----------
        model : Model
            The model.

        Returns
        -------
        Path
            The file; it may not exist.
        """
        return self.folder / f"{fingerprint(model_to_data(model), self.frame, dict(self.settings))}.nc"


def refits_like(
    fit: Fit,
    *,
    cores: int | None = None,
    folder: str | Path | None = None,
    seed: int = 0,
    progressbar: bool = False,
    **settings: object,
) -> Refits:
    """Return how other models are fitted to the respondents of a fit, in the way in which it was sampled.

    Parameters
    ----------
    fit : Fit
        The fit.
    cores : int, optional
        Cores to use; all that there are by default.
    folder : str or Path, optional
        Where fits are kept, see `refits_folder`.
    seed : int
        Seed of every refit.
    progressbar : bool
        Whether to show progress.
    **settings
        Further arguments of `latentclass.fit` that differ from those of the fit.

    Returns
    -------
    Refits
        For `Refits.fits`.

    Examples
    --------
    >>> import latentclass as lc
    >>> refits = refits_like(fit)  # doctest: +SKIP
    >>> without = refits.fit(fit.model.replace(factor_groups={}))  # doctest: +SKIP
    """
    fit.survey.check_one_row_each("A refit of other models")
    sizes, about = fit.tree["posterior"].to_dataset().sizes, fit.tree["sample_stats"].attrs
    usual: dict[str, Any] = {"draws": int(sizes[DRAW]), "chains": int(sizes[CHAIN]), "seed": seed, "n_starts": 10}
    if fit.convergence.approximate:
        usual["method"] = fit.convergence.method
    else:
        usual |= {
            "tune": int(about.get("tuning_steps", min(int(sizes[DRAW]), _MOST_TUNE))),
            "target_accept": float(about.get("target_accept", _TARGET_ACCEPT)),
            "sampler": str(about.get("inference_library", "nutpie")),
        }
    return Refits(
        frame=fit.survey.frame,
        folder=refits_folder() if folder is None else Path(folder),
        cores=available_cores() if cores is None else cores,
        settings=FrozenMapping({**usual, **settings}),
        progressbar=progressbar,
    )


def refits_folder() -> Path:
    """Return the folder of refits: ``LATENTCLASS_REFITS``, or in the user's cache.

    Returns
    -------
    Path
        The folder; it may not exist.

    Examples
    --------
    >>> refits_folder().name
    'refits'
    """
    given = os.environ.get("LATENTCLASS_REFITS")
    return Path(given) if given else user_cache_path("latentclass") / "refits"


def forget_refits(folder: str | Path | None = None) -> int:
    """Remove the refits kept on disk, and what was computed from them.

    Parameters
    ----------
    folder : str or Path, optional
        Folder, see `refits_folder`.

    Returns
    -------
    int
        How many files were removed.

    Examples
    --------
    >>> forget_refits()  # doctest: +SKIP
    4
    """
    chosen = refits_folder() if folder is None else Path(folder)
    kept = [path for pattern in ("*.nc", "*.json") for path in chosen.glob(pattern)]
    for path in kept:
        path.unlink()
    return len(kept)


def fingerprint(*parts: object) -> str:
    """Return a name made of model, data and settings: the same for the same, in every process.

    Parameters
    ----------
    *parts : object
        Frames, or plain data.

    Returns
    -------
    str
        40 hexadecimal digits.

    Examples
    --------
    >>> fingerprint({"draws": 10}) == fingerprint({"draws": 10}), fingerprint({"draws": 11}) == fingerprint({})
    (True, False)
    """
    found = hashlib.sha1(version("latentclass").encode(), usedforsecurity=False)
    for part in parts:
        if isinstance(part, pd.DataFrame):
            text = part.to_json(orient="split", double_precision=15) + repr(part.dtypes.to_dict())
        else:
            text = json.dumps(part, sort_keys=True, default=str)
        found.update(text.encode())
    return found.hexdigest()
