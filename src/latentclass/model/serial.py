"""A model as plain data and back: what a saved fit holds. Reading makes values of known kinds and runs nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from latentclass.errors import FileError, LatentClassError, listed
from latentclass.model.constructs import Construct
from latentclass.model.families import LKJ, Dirichlet, Flat, HalfNormal, Normal
from latentclass.model.groups import FactorGroup
from latentclass.model.items import Item
from latentclass.model.model import Model
from latentclass.model.outcomes import Outcome
from latentclass.model.priors import Priors
from latentclass.model.shrinkage import Allocation, Hierarchical, RegularizedHorseshoe

__all__ = ["model_from_data", "model_to_data"]

_FAMILIES: Mapping[str, type] = {
    family.__name__: family
    for family in (Normal, HalfNormal, Dirichlet, LKJ, Flat, Hierarchical, RegularizedHorseshoe, Allocation)
}
_ITEM = ("name", "kind", "levels", "missing", "structure", "dispersion")
_OUTCOME = ("kind", "levels", "missing", "covariates", "by_class", "feedback")
_CONSTRUCT = ("indicators", "kind", "levels", "missing", "marker", "scores")


def model_to_data(model: Model) -> dict[str, Any]:
    """Return a model as dicts, lists, strings and numbers.

    Parameters
    ----------
    model : Model
        The model.

    Returns
    -------
    dict
        Fit for JSON.

    Examples
    --------
    >>> from latentclass.model import binary
    >>> model_to_data(Model(items=binary("a"), n_classes=2))["items"][0]["name"]
    'a'
    """
    return {
        "items": [{key: getattr(item, key) for key in _ITEM} for item in model.items],
        "n_classes": model.n_classes,
        "factor_groups": {name: group.formula or list(group.terms) for name, group in model.factor_groups.items()},
        "constructs": {
            name: {key: getattr(construct, key) for key in _CONSTRUCT} for name, construct in model.constructs.items()
        },
        "outcomes": {name: {key: getattr(given, key) for key in _OUTCOME} for name, given in model.outcomes.items()},
        "priors": {name: _prior_to_data(prior) for name, prior in model.priors.as_dict().items()},
        "class_names": list(model.class_names),
    }


def model_from_data(data: object) -> Model:
    """Return the model that `model_to_data` wrote.

    Parameters
    ----------
    data : dict
        Its plain data.

    Returns
    -------
    Model
        The model.

    Raises
    ------
    FileError
        When the data are not those of a model.

    Examples
    --------
    >>> from latentclass.model import binary
    >>> model = Model(items=binary("a"), n_classes=2)
    >>> model_from_data(model_to_data(model)) == model
    True
    """
    try:
        return _model(data)  # type: ignore[arg-type]
    except (LatentClassError, TypeError, KeyError, ValueError, AttributeError) as error:
        message = f"The description of the model is damaged or comes from another program: {error}"
        raise FileError(message) from error


def _model(data: Mapping[str, Any]) -> Model:
    return Model(
        items=tuple(Item(**_known(item, _ITEM)) for item in data["items"]),
        n_classes=data["n_classes"],
        factor_groups={
            name: FactorGroup.of(name, given if isinstance(given, str) else list(given))
            for name, given in data["factor_groups"].items()
        },
        constructs={name: Construct(**_known(given, _CONSTRUCT)) for name, given in data["constructs"].items()},
        # A file of a version without outcomes has none.
        outcomes={name: Outcome(**_known(given, _OUTCOME)) for name, given in data.get("outcomes", {}).items()},
        priors=Priors(**{name: _prior_from_data(prior) for name, prior in data["priors"].items()}),
        class_names=tuple(data["class_names"]),
    )


def _known(given: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    unknown = set(given) - set(keys)
    if unknown:
        message = f"unknown entries {listed(sorted(unknown))}"
        raise FileError(message)
    return {key: tuple(value) if isinstance(value, list) else value for key, value in given.items()}


def _prior_to_data(prior: object) -> Any:
    if isinstance(prior, Mapping):
        return {"groups": {name: _prior_to_data(own) for name, own in prior.items()}}
    return [type(prior).__name__, *(getattr(prior, field.name) for field in fields(prior))]  # type: ignore[arg-type]


def _prior_from_data(data: Any) -> Any:
    if isinstance(data, Mapping):
        return {name: _prior_from_data(own) for name, own in data["groups"].items()}
    return _FAMILIES[data[0]](*data[1:])
