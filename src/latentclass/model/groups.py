"""Factor groups as values: which covariates belong together, as a list or a formula."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from latentclass.errors import ModelError

__all__ = ["FactorGroup"]

_GROUP_NAME = re.compile(r"[^\W\d][\w .-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorGroup:
    """A set of covariates whose effect on class membership is judged together.

    Parameters
    ----------
    name : str
        Name of the group: letters, digits, spaces, ``_``, ``.`` and ``-``, beginning with a letter.
    terms : tuple of str
        Columns of the data frame and constructs; empty when a formula is given.
    formula : str
        Right-hand side in the notation of formulaic; empty when terms are given.

    Raises
    ------
    ModelError
        When the name is unusable, or the group is empty or repeats a term.

    Examples
    --------
    >>> FactorGroup(name="technical", terms=("ease_of_use", "design quality")).right_hand_side
    '`ease_of_use` + `design quality`'
    """

    name: str
    terms: tuple[str, ...] = ()
    formula: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not _GROUP_NAME.fullmatch(self.name):
            message = (
                f"The name of a factor group begins with a letter and holds letters, digits, spaces, '_', '.' and "
                f"'-'; got {self.name!r}."
            )
            raise ModelError(message)
        if bool(self.terms) == bool(self.formula.strip()):
            message = (
                f"Factor group {self.name!r} needs a list of columns and constructs, or a formula such as "
                f"'stress + age'; got {self.terms or self.formula!r}."
            )
            raise ModelError(message)
        if len(set(self.terms)) < len(self.terms):
            message = f"Factor group {self.name!r} names a covariate twice: {self.terms!r}."
            raise ModelError(message)

    @classmethod
    def of(cls, name: str, given: str | Sequence[str] | FactorGroup) -> FactorGroup:
        """Return a factor group from what a user wrote for it.

        Parameters
        ----------
        name : str
            Name of the group.
        given : str, sequence of str or FactorGroup
            A formula, or columns and constructs.

        Returns
        -------
        FactorGroup
            The group.

        Raises
        ------
        ModelError
            When it is neither.

        Examples
        --------
        >>> FactorGroup.of("individual", "age + C(gender)").formula
        'age + C(gender)'
        """
        if isinstance(given, cls):
            return cls(name=name, terms=given.terms, formula=given.formula)
        if isinstance(given, str):
            return cls(name=name, formula=given.strip())
        try:
            terms = tuple(given)  # type: ignore[arg-type]
        except TypeError:
            terms = (given,)  # type: ignore[assignment]
        if not all(isinstance(t, str) and t and "`" not in t for t in terms):
            message = f"Factor group {name!r} is a list of column and construct names or a formula; got {given!r}."
            raise ModelError(message)
        return cls(name=name, terms=terms)

    @property
    def right_hand_side(self) -> str:
        """The group as the right-hand side of a formula, every listed column quoted."""
        return self.formula or " + ".join(f"`{term}`" for term in self.terms)

    def __repr__(self) -> str:
        return repr(self.formula) if self.formula else repr(list(self.terms))
