"""Unfinished fits on disk, so that no draw is lost."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import xarray as xr
from platformdirs import user_cache_path

from latentclass.errors import FileError
from latentclass.posterior.store import read_file, write_file
from latentclass.survey import Survey

__all__ = ["Spool", "read_spool", "spool_folder"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spool:
    """The file that keeps the draws of one unfinished fit.

    Parameters
    ----------
    path : Path
        The file.
    survey : Survey
        Model and data.
    modes : DataFrame
        Table of modes.
    """

    path: Path
    survey: Survey
    modes: pd.DataFrame

    @classmethod
    def new(cls, survey: Survey, modes: pd.DataFrame) -> Spool:
        """Return the file of a new fit; nothing is written yet.

        Parameters
        ----------
        survey : Survey
            Model and data.
        modes : DataFrame
            Table of modes.

        Returns
        -------
        Spool
            The file.
        """
        name = f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}-{time.monotonic_ns() % 10**6:06d}.nc"
        return cls(path=spool_folder() / name, survey=survey, modes=modes)

    def keep(self, tree: xr.DataTree) -> None:
        """Write the draws as far as they are.

        Parameters
        ----------
        tree : DataTree
            Groups posterior and sample_stats.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_file(self.path, tree, self.survey, {"modes": self.modes.reset_index().to_dict(orient="list")})

    def remove(self) -> None:
        """Remove the file, if there is one."""
        self.path.unlink(missing_ok=True)


def spool_folder() -> Path:
    """Return the folder of unfinished fits: ``LATENTCLASS_UNFINISHED``, or in the user's cache.

    Returns
    -------
    Path
        The folder; it may not exist.
    """
    given = os.environ.get("LATENTCLASS_UNFINISHED")
    return Path(given) if given else user_cache_path("latentclass") / "unfinished"


def read_spool(path: str | Path | None) -> tuple[Spool, xr.DataTree, Survey, pd.DataFrame]:
    """Read the draws of an unfinished fit.

    Parameters
    ----------
    path : str or Path, optional
        The file; the newest by default.

    Returns
    -------
    tuple of Spool, DataTree, Survey and DataFrame
        File, draws, data and table of modes.

    Raises
    ------
    FileError
        When there is none.
    """
    if path is None:
        kept = sorted(spool_folder().glob("*.nc"), key=lambda p: p.stat().st_mtime)
        if not kept:
            message = f"There is no unfinished fit in {str(spool_folder())!r}."
            raise FileError(message)
        path = kept[-1]
    tree, survey, extra = read_file(path)
    modes = pd.DataFrame(extra["modes"]).set_index("mode")
    return Spool(path=Path(path), survey=survey, modes=modes), tree, survey, modes
