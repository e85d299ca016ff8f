"""Survey items as values: what a column asks, its levels and its codes for a missing answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from latentclass.errors import ModelError, listed

__all__ = ["Item", "ItemKind", "Level", "Structure", "binary", "nominal", "ordinal"]

type Level = str | int | float | bool


class ItemKind(StrEnum):
    """What the levels of an item are to each other."""

    BINARY = "binary"
    NOMINAL = "nominal"
    ORDINAL = "ordinal"


class Structure(StrEnum):
    """How the classes differ in the answers to an item.

    `FREE` gives every class its own probabilities. `CUMULATIVE` gives every class a location on the logit scale of a
    cumulative model whose thresholds all classes share.
    """

    FREE = "free"
    CUMULATIVE = "cumulative"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One question of the survey, an indicator of the latent class.

    Usually made by `binary`, `nominal` or `ordinal`, several at a time.

    Parameters
    ----------
    name : str
        Column of the data frame.
    kind : ItemKind
        Binary, nominal or ordinal.
    levels : tuple, optional
        The possible answers in their order; learned from the data when left out.
    missing : tuple
        Codes that mean "no answer", besides NaN and None.
    structure : Structure
        `free` probabilities per class, or `cumulative` logits (ordinal items only).
    dispersion : bool
        Whether each class has its own spread (cumulative items only).

    Raises
    ------
    ModelError
        When levels repeat, are fewer than two, or are also declared missing, or the structure does not fit the kind.

    Examples
    --------
    >>> Item(name="sharing", kind="ordinal", levels=(1, 2, 3), structure="cumulative")
    Item(name='sharing', kind='ordinal', levels=(1, 2, 3), structure='cumulative')
    """

    name: str
    kind: ItemKind
    levels: tuple[Level, ...] | None = None
    missing: tuple[Level, ...] = ()
    structure: Structure = Structure.FREE
    dispersion: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            message = f"An item is named by the column it is read from, a non-empty string; got {self.name!r}."
            raise ModelError(message)
        object.__setattr__(self, "kind", _member(ItemKind, self.kind, f"kind of item {self.name!r}"))
        object.__setattr__(self, "structure", _member(Structure, self.structure, f"structure of item {self.name!r}"))
        object.__setattr__(self, "missing", as_codes(self.missing, f"missing codes of item {self.name!r}"))
        if self.levels is not None:
            object.__setattr__(self, "levels", as_levels(self.levels, self.missing, f"item {self.name!r}"))
        self._check_structure()

    def _check_structure(self) -> None:
        if self.kind is ItemKind.BINARY and self.levels is not None and len(self.levels) != 2:
            message = (
                f"Binary item {self.name!r} has {len(self.levels)} levels ({listed(self.levels)}); a binary item has "
                "two. Use nominal() or ordinal() for more."
            )
            raise ModelError(message)
        if self.structure is Structure.CUMULATIVE and self.kind is not ItemKind.ORDINAL:
            message = (
                f"Item {self.name!r} is {self.kind} and cannot have a cumulative structure, which needs ordered "
                "levels. Declare it with ordinal()."
            )
            raise ModelError(message)
        if self.dispersion and self.structure is not Structure.CUMULATIVE:
            message = (
                f"Item {self.name!r} asks for a dispersion per class, which only the cumulative structure has. "
                "Use ordinal(..., structure='cumulative', dispersion=True)."
            )
            raise ModelError(message)

    def __repr__(self) -> str:
        parts = [f"name={self.name!r}", f"kind={str(self.kind)!r}"]
        if self.levels is not None:
            parts.append(f"levels={self.levels!r}")
        if self.missing:
            parts.append(f"missing={self.missing!r}")
        if self.structure is not Structure.FREE:
            parts.append(f"structure={str(self.structure)!r}")
        if self.dispersion:
            parts.append("dispersion=True")
        return f"Item({', '.join(parts)})"


def binary(
    *names: str, levels: Sequence[Level] | None = None, missing: Sequence[Level] | Level = ()
) -> tuple[Item, ...]:
    """Declare yes/no items.

    Parameters
    ----------
    *names : str
        Columns of the data frame.
    levels : sequence of two levels, optional
        The two answers in their order; learned from the data when left out.
    missing : level or sequence of levels
        Codes that mean "no answer", besides NaN and None.

    Returns
    -------
    tuple of Item
        One item per name.

    Raises
    ------
    ModelError
        When the levels are not two different ones.

    Examples
    --------
    >>> binary("has_posted", missing=9)
    (Item(name='has_posted', kind='binary', missing=(9,)),)
    """
    return _declare(names, ItemKind.BINARY, levels, missing, Structure.FREE, dispersion=False)


def nominal(
    *names: str, levels: Sequence[Level] | None = None, missing: Sequence[Level] | Level = ()
) -> tuple[Item, ...]:
    """Declare items whose answers have no order.

    Parameters
    ----------
    *names : str
        Columns of the data frame.
    levels : sequence of levels, optional
        The possible answers; learned from the data when left out.
    missing : level or sequence of levels
        Codes that mean "no answer", besides NaN and None.

    Returns
    -------
    tuple of Item
        One item per name.

    Raises
    ------
    ModelError
        When levels repeat or are fewer than two.

    Examples
    --------
    >>> nominal("main_channel", levels=["wiki", "blog", "chat"])
    (Item(name='main_channel', kind='nominal', levels=('wiki', 'blog', 'chat')),)
    """
    return _declare(names, ItemKind.NOMINAL, levels, missing, Structure.FREE, dispersion=False)


def ordinal(
    *names: str,
    levels: Sequence[Level] | None = None,
    missing: Sequence[Level] | Level = (),
    structure: Structure | str = Structure.CUMULATIVE,
    dispersion: bool = False,
) -> tuple[Item, ...]:
    """Declare items with ordered answers, such as Likert items.

    Parameters
    ----------
    *names : str
        Columns of the data frame.
    levels : sequence of levels, optional
        The possible answers from lowest to highest; learned from the data when left out (numbers by size, an ordered
        Categorical by its categories).
    missing : level or sequence of levels
        Codes that mean "no answer", besides NaN and None.
    structure : {"cumulative", "free"}
        "cumulative": shared thresholds and one location per class on the logit scale. "free": every class has its own
        probabilities, as for a nominal item.
    dispersion : bool
        Whether each class also has its own spread around its location (cumulative structure only).

    Returns
    -------
    tuple of Item
        One item per name.

    Raises
    ------
    ModelError
        When levels repeat or are fewer than two, or a dispersion is asked for with free probabilities.

    Examples
    --------
    >>> ordinal("sharing", levels=[1, 2, 3], structure="free")
    (Item(name='sharing', kind='ordinal', levels=(1, 2, 3)),)
    """
    return _declare(names, ItemKind.ORDINAL, levels, missing, structure, dispersion=dispersion)


def _declare(
    names: Sequence[str],
    kind: ItemKind,
    levels: Sequence[Level] | None,
    missing: Sequence[Level] | Level,
    structure: Structure | str,
    *,
    dispersion: bool,
) -> tuple[Item, ...]:
    if not names:
        message = f"{kind}() needs at least one column name, as in {kind}('sharing', 'dialogue')."
        raise ModelError(message)
    for name in names:
        if not isinstance(name, str):
            message = (
                f"{kind}() takes column names as separate strings, as in {kind}('sharing', 'dialogue'); got "
                f"{name!r}. Unpack a list with *."
            )
            raise ModelError(message)
    return tuple(
        Item(
            name=name,
            kind=kind,
            levels=None if levels is None else tuple(levels),
            missing=missing,  # type: ignore[arg-type]
            structure=structure,  # type: ignore[arg-type]
            dispersion=dispersion,
        )
        for name in names
    )


def _member[E: StrEnum](kinds: type[E], value: object, what: str) -> E:
    try:
        return kinds(str(value))
    except ValueError:
        message = f"The {what} is one of {listed(str(k) for k in kinds)}; got {value!r}."
        raise ModelError(message) from None


def as_codes(given: Any, where: str) -> tuple[Level, ...]:
    """Return one level or a sequence of levels as a tuple, checked to be plain values.

    Parameters
    ----------
    given : level or sequence of levels
        What the user wrote.
    where : str
        What it belongs to, for the message.

    Returns
    -------
    tuple of levels
        Plain Python values.

    Raises
    ------
    ModelError
        When a value is not a string, number or bool.

    Examples
    --------
    >>> as_codes(9, "missing codes of item 'a'")
    (9,)
    """
    values = [given] if isinstance(given, str) or not hasattr(given, "__iter__") else list(given)
    plain = [v.item() if hasattr(v, "item") else v for v in values]
    for value in plain:
        if not isinstance(value, str | int | float) or value != value:
            message = f"The {where} are strings, numbers or bools; got {value!r}."
            raise ModelError(message)
    return tuple(plain)


def as_levels(given: object, missing: tuple[Level, ...], where: str) -> tuple[Level, ...]:
    """Return levels as a tuple, checked to be two or more different ones that are not missing codes.

    Parameters
    ----------
    given : sequence of levels
        What the user wrote.
    missing : tuple of levels
        Codes that mean "no answer".
    where : str
        What they belong to, for the message.

    Returns
    -------
    tuple of levels
        Plain Python values.

    Raises
    ------
    ModelError
        When levels repeat, are fewer than two, or are also declared missing.

    Examples
    --------
    >>> as_levels(range(1, 4), (), "item 'a'")
    (1, 2, 3)
    """
    levels = as_codes(given, f"levels of {where}")
    repeated = {v for v in levels if levels.count(v) > 1}
    if repeated:
        message = f"The levels of {where} repeat {listed(sorted(repeated, key=str))}; each level is named once."
        raise ModelError(message)
    if len(levels) < 2:
        message = f"The levels of {where} are {levels!r}; at least two are needed."
        raise ModelError(message)
    both = [v for v in levels if v in missing]
    if both:
        message = f"{where} declares {listed(both)} both as a level and as missing; it can only be one of them."
        raise ModelError(message)
    return levels
