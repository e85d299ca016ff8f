"""A saved fit, read back as data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from latentclass.errors import FileError
from latentclass.posterior.convergence import Convergence
from latentclass.posterior.fit import Fit
from latentclass.posterior.store import read_file


def load(path: str | Path) -> Fit:
    """Load a fit that was saved with `Fit.save`.

    The file is read as data: nothing in it is run, and formulas pass the same checks as when they are typed.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    Fit
        The fit.

    Raises
    ------
    FileError
        When it is not a saved fit, or is damaged.

    Examples
    --------
    >>> import latentclass as lc
    >>> lc.load("fit.nc")  # doctest: +SKIP
    """
    tree, survey, extra = read_file(path)
    try:
        modes = pd.DataFrame(extra["modes"]).set_index("mode")
        solutions = pd.DataFrame(extra["solutions"]).set_index("solution")
        solutions["chains"] = [tuple(c) for c in solutions["chains"]]
        about = dict(extra["convergence"])
        table = pd.DataFrame(about.pop("table")).set_index("variable")
        numbers: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in about.items()}
        convergence = Convergence(table=table, **numbers)
    except (KeyError, TypeError, ValueError) as error:
        message = (
            f"{str(path)!r} holds draws but not a finished fit ({error!r}); latentclass.recover finishes such files."
        )
        raise FileError(message) from error
    return Fit(model=survey.model, survey=survey, tree=tree, modes=modes, solutions=solutions, convergence=convergence)
