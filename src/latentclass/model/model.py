"""The latent class model as a frozen value: items, classes, factor groups, constructs, priors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from latentclass.errors import ModelError, listed, near_miss
from latentclass.model.constructs import Construct, Scores
from latentclass.model.frozen import FrozenMapping
from latentclass.model.groups import FactorGroup
from latentclass.model.items import Item
from latentclass.model.outcomes import Outcome
from latentclass.model.priors import Priors
from latentclass.model.shrinkage import Allocation

__all__ = ["Model"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Model:
    """A latent class model with covariate effects of factor groups.

    Parameters
    ----------
    items : sequence of Item
        The questions whose answers the classes explain; see `binary`, `nominal`, `ordinal`.
    n_classes : int
        Number of classes, one or more.
    factor_groups : mapping of name to list of str or formula, optional
        Covariates and constructs that may determine membership, by group.
    constructs : mapping of name to list of str or Construct, optional
        Multi-item scales. A list of columns is short for Likert indicators with a latent score.
    priors : Priors, optional
        Every prior, by name.
    outcomes : mapping of column to Outcome, optional
        What is regressed on class and covariates; see `outcome`.
    class_names : sequence of str, optional
        Names of the classes in order of size; "Class 1", "Class 2", ... by default.

    Raises
    ------
    ModelError
        When a name is used twice or for two things, a prior names an unknown group, or a number is out of range.

    See Also
    --------
    latentclass.fit : Draw from the posterior.
    latentclass.build : The same model as a `pymc.Model`.

    Examples
    --------
    >>> from latentclass.model import ordinal
    >>> model = Model(items=ordinal("sharing", "dialogue"), n_classes=2, factor_groups={"individual": ["age"]})
    >>> model
    Model(2 classes; 2 items; factor groups: individual; next: model.describe() or lc.fit(model, frame))
    """

    items: tuple[Item, ...]
    n_classes: int
    factor_groups: Mapping[str, FactorGroup] = FrozenMapping()
    constructs: Mapping[str, Construct] = FrozenMapping()
    priors: Priors = Priors()  # noqa: RUF009
    outcomes: Mapping[str, Outcome] = FrozenMapping()
    class_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "items", _items(self.items))
        _check_number_of_classes(self.n_classes)
        object.__setattr__(self, "n_classes", int(self.n_classes))
        object.__setattr__(self, "constructs", _constructs(self.constructs))
        object.__setattr__(self, "factor_groups", _groups(self.factor_groups))
        object.__setattr__(self, "outcomes", _outcomes(self.outcomes))
        object.__setattr__(self, "class_names", _class_names(self.class_names, self.n_classes))
        if not isinstance(self.priors, Priors):
            message = f"priors is a Priors value, as in priors=Priors(effects=Normal(0.25)); got {self.priors!r}."
            raise ModelError(message)
        self._check_names()
        for group in self.priors.group_effects:
            if group not in self.factor_groups:
                known = near_miss(group, self.factor_groups)
                message = (
                    f"A prior is given for factor group {group!r}, which the model does not have.{known} "
                    f"Its groups are {listed(self.factor_groups)}."
                )
                raise ModelError(message)

    def _check_names(self) -> None:
        items = [item.name for item in self.items]
        indicators = [i for c in self.constructs.values() for i in c.indicators]
        terms = [t for g in self.factor_groups.values() for t in g.terms]
        for what, names in (("item", items), ("indicator", indicators), ("covariate", terms)):
            twice = [name for name, count in Counter(names).items() if count > 1]
            if twice:
                message = f"Each {what} is named once in a model; {listed(twice)} stands there more than once."
                raise ModelError(message)
        roles = (
            ("item", set(items)),
            ("indicator of a construct", set(indicators)),
            ("covariate of a factor group", set(terms)),
            ("name of a construct", set(self.constructs)),
            ("outcome", set(self.outcomes)),
        )
        for i, (first, own) in enumerate(roles):
            for second, others in roles[i + 1 :]:
                both = own & others
                if both and (first, second) != ("covariate of a factor group", "name of a construct"):
                    message = (
                        f"{listed(sorted(both))} is used both as {first} and as {second}; a column has one role, "
                        "or its answers would be counted twice."
                    )
                    raise ModelError(message)

    @property
    def latent_constructs(self) -> tuple[str, ...]:
        """Names of the constructs whose score is a parameter."""
        return tuple(n for n, c in self.constructs.items() if c.scores is Scores.LATENT)

    @property
    def allocated_groups(self) -> tuple[str, ...]:
        """Names of the factor groups that share one total, see `Allocation`."""
        return tuple(n for n in self.factor_groups if isinstance(self.priors.of_group(n), Allocation))

    def replace(self, **changes: object) -> Self:
        """Return a model with some parts replaced.

        Parameters
        ----------
        **changes
            New values of the constructor's parameters.

        Returns
        -------
        Model
            The changed copy; class names are forgotten when the number of classes changes.

        Raises
        ------
        ModelError
            As the constructor, and for an unknown part.

        Examples
        --------
        >>> from latentclass.model import binary
        >>> Model(items=binary("a", "b"), n_classes=2).replace(n_classes=3).n_classes
        3
        """
        known = self.__dataclass_fields__
        for name in changes:
            if name not in known:
                message = f"A model has no part {name!r}.{near_miss(name, known)} Its parts are {listed(known)}."
                raise ModelError(message)
        if "n_classes" in changes:
            changes.setdefault("class_names", ())
        return replace(self, **changes)  # type: ignore[arg-type]

    def describe(self) -> str:
        """Return the statistical model in words and symbols, with every prior.

        Returns
        -------
        str
            Several lines of text, for `print`.

        Examples
        --------
        >>> from latentclass.model import binary
        >>> print(Model(items=binary("a", "b"), n_classes=1).describe())
        Latent class model with 1 class
        ...
        """
        from latentclass.model.describe import describe

        return describe(self)

    def __repr__(self) -> str:
        parts = [_count(self.n_classes, "class", "classes"), _count(len(self.items), "item", "items")]
        if self.constructs:
            parts.append(f"constructs: {', '.join(self.constructs)}")
        if self.factor_groups:
            parts.append(f"factor groups: {', '.join(self.factor_groups)}")
        if self.outcomes:
            parts.append(f"outcomes: {', '.join(self.outcomes)}")
        return f"Model({'; '.join(parts)}; next: model.describe() or lc.fit(model, frame))"


def _count(n: int, one: str, many: str) -> str:
    return f"{n} {one if n == 1 else many}"


def _items(given: object) -> tuple[Item, ...]:
    found: list[Item] = []
    for entry in given if isinstance(given, Sequence) and not isinstance(given, str) else [given]:
        nested = entry if isinstance(entry, tuple | list) else (entry,)
        for item in nested:
            if not isinstance(item, Item):
                message = (
                    "items is a list of items made by binary(), nominal() or ordinal(), as in "
                    f"items=[*ordinal('a', 'b'), *binary('c')]; got {item!r}."
                )
                raise ModelError(message)
            found.append(item)
    if not found:
        message = "A latent class model needs at least one item; items is empty."
        raise ModelError(message)
    return tuple(found)


def _check_number_of_classes(given: object) -> None:
    whole = isinstance(given, int) and not isinstance(given, bool)
    if not whole and not hasattr(given, "__index__"):
        message = f"n_classes is a whole number of classes, 1 or more; got {given!r}."
        raise ModelError(message)
    if isinstance(given, bool) or int(given) < 1:  # type: ignore[call-overload]
        message = f"n_classes is a whole number of classes, 1 or more; got {given!r}."
        raise ModelError(message)


def _constructs(given: object) -> FrozenMapping[Construct]:
    if not isinstance(given, Mapping):
        message = f"constructs maps names to lists of columns or to construct(...); got {given!r}."
        raise ModelError(message)
    made = {}
    for name, value in given.items():
        if not isinstance(name, str) or not name or "`" in name:
            message = f"A construct is named by a non-empty string without backticks; got {name!r}."
            raise ModelError(message)
        made[name] = value if isinstance(value, Construct) else Construct(indicators=value)
    return FrozenMapping(made)


def _outcomes(given: object) -> FrozenMapping[Outcome]:
    if not isinstance(given, Mapping):
        message = f"outcomes maps columns to outcome(...); got {given!r}."
        raise ModelError(message)
    for name, value in given.items():
        if not isinstance(name, str) or not name:
            message = f"An outcome is named by the column it is read from, a non-empty string; got {name!r}."
            raise ModelError(message)
        if not isinstance(value, Outcome):
            message = f"The outcome {name!r} is declared by outcome(...), as in outcome('ordinal'); got {value!r}."
            raise ModelError(message)
    return FrozenMapping(given)


def _groups(given: object) -> FrozenMapping[FactorGroup]:
    if not isinstance(given, Mapping):
        message = f"factor_groups maps names to lists of columns or to formulas; got {given!r}."
        raise ModelError(message)
    return FrozenMapping({name: FactorGroup.of(name, value) for name, value in given.items()})


def _class_names(given: Sequence[str], n_classes: int) -> tuple[str, ...]:
    names = tuple(given) or tuple(f"Class {k + 1}" for k in range(n_classes))
    if isinstance(given, str) or not all(isinstance(n, str) and n for n in names):
        message = f"class_names is a list of non-empty strings; got {given!r}."
        raise ModelError(message)
    if len(names) != n_classes or len(set(names)) < n_classes:
        message = f"class_names needs {n_classes} different names, one per class; got {listed(names)}."
        raise ModelError(message)
    return names
