"""A model without some of its factor groups."""

from __future__ import annotations

from collections.abc import Collection

from latentclass.errors import ModelError, listed, near_miss
from latentclass.model import Model

__all__ = ["only_groups", "without_groups"]


def without_groups(model: Model, *groups: str) -> Model:
    """Return a model without some of its factor groups.

    Constructs stay, also those that only the groups used: with and without a group, a model explains the same answers.

    Parameters
    ----------
    model : Model
        The model.
    *groups : str
        Groups to leave out.

    Returns
    -------
    Model
        The smaller model.

    Raises
    ------
    ModelError
        When the model has no such group.

    Examples
    --------
    >>> import latentclass as lc
    >>> model = lc.Model(items=lc.binary("a", "b"), n_classes=2, factor_groups={"one": ["x"], "two": ["y"]})
    >>> without_groups(model, "one")
    Model(2 classes; 2 items; factor groups: two; next: model.describe() or lc.fit(model, frame))
    """
    for group in groups:
        if group not in model.factor_groups:
            known = near_miss(group, model.factor_groups)
            message = f"There is no factor group {group!r}.{known} The groups are {listed(model.factor_groups)}."
            raise ModelError(message)
    return only_groups(model, [name for name in model.factor_groups if name not in groups])


def only_groups(model: Model, groups: Collection[str]) -> Model:
    """Return a model with some of its factor groups only.

    Parameters
    ----------
    model : Model
        The model.
    groups : collection of str
        Groups to keep.

    Returns
    -------
    Model
        The smaller model, with the priors of the groups that are kept.

    Examples
    --------
    >>> import latentclass as lc
    >>> model = lc.Model(items=lc.binary("a", "b"), n_classes=2, factor_groups={"one": ["x"], "two": ["y"]})
    >>> list(only_groups(model, ["two"]).factor_groups)
    ['two']
    """
    kept = {name: group for name, group in model.factor_groups.items() if name in groups}
    own = {name: prior for name, prior in model.priors.group_effects.items() if name in kept}
    return model.replace(factor_groups=kept, priors=model.priors.replace(group_effects=own))
