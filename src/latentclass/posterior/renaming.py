"""Other names for the classes, everywhere in a fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import xarray as xr

from latentclass import dims
from latentclass.errors import ModelError, listed, near_miss

if TYPE_CHECKING:
    from latentclass.posterior.fit import Fit

__all__ = ["renamed"]


def renamed(fit: Fit, names: Mapping[str, str] | Sequence[str]) -> Fit:
    """Return a fit with other names for its classes.

    Parameters
    ----------
    fit : Fit
        The fit.
    names : mapping of old to new name, or sequence of new names
        The new names.

    Returns
    -------
    Fit
        The renamed copy.

    Raises
    ------
    ModelError
        For an unknown class, or names that are not different.
    """
    old = fit.model.class_names
    if isinstance(names, Mapping):
        for name in names:
            if name not in old:
                message = f"There is no class {name!r}.{near_miss(name, old)} The classes are {listed(old)}."
                raise ModelError(message)
        new = tuple(names.get(name, name) for name in old)
    else:
        new = tuple(names)
    model = fit.model.replace(class_names=new)
    groups = {
        name: data.assign_coords({dims.CLASS: list(new)}) if dims.CLASS in data.coords else data
        for name, node in fit.tree.children.items()
        for data in [node.to_dataset()]
    }
    return replace(
        fit,
        model=model,
        survey=replace(fit.survey, model=model),
        tree=xr.DataTree.from_dict(groups),
        modes=fit.modes.rename(columns=dict(zip(old, new, strict=True))),
    )
