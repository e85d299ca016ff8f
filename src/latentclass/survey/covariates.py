"""Raw covariates: what a factor group is made of, before its formula."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from latentclass.errors import SurveyError, listed
from latentclass.model import Level
from latentclass.survey.columns import code_answers, describe_rows, plain_column, type_word, used_values

__all__ = ["Covariate", "CovariateKind", "learn_covariate", "missing_covariates", "prepare"]


class CovariateKind(StrEnum):
    """What the values of a raw covariate are to each other."""

    CONTINUOUS = "continuous"
    TWO_VALUED = "two-valued"
    CATEGORY = "category"


@dataclass(frozen=True, slots=True, kw_only=True)
class Covariate:
    """A column (or the mean score of a construct) that one factor group is made of.

    Parameters
    ----------
    name : str
        Column of the frame, or construct.
    group : str
        The factor group it belongs to.
    kind : CovariateKind
        `continuous` (numbers, more than two different ones), `two-valued` (two different numbers) or `category`
        (text, bools, a Categorical, or numbers inside ``C(...)``).
    levels : tuple of levels
        The two values of a two-valued covariate, lower first; the categories, the reference first; else empty.
    """

    name: str
    group: str
    kind: CovariateKind
    levels: tuple[Level, ...] = ()


def learn_covariate(series: pd.Series, *, group: str, as_category: bool = False) -> Covariate:
    """Return what a column is as a covariate.

    Parameters
    ----------
    series : Series
        A column made by `plain_column`, without missing values.
    group : str
        Name of its factor group.
    as_category : bool
        Whether its formula puts it inside ``C(...)``.

    Returns
    -------
    Covariate
        Its kind and levels.

    Raises
    ------
    SurveyError
        When it is constant, infinite, mixes text and numbers, or holds numbers as text.

    Examples
    --------
    >>> import pandas as pd
    >>> learn_covariate(pd.Series([0, 1, 1], name="remote"), group="individual").kind
    <CovariateKind.TWO_VALUED: 'two-valued'>
    """
    where = f"Covariate {series.name!r} of factor group {group!r}"
    values = used_values(series)
    _check_kind(series, values, where)
    if len(values) < 2:
        message = (
            f"{where} is constant: every respondent has {listed(values)}. Leave it out, since it explains nothing."
        )
        raise SurveyError(message)
    numeric = {type_word(v) for v in values} == {"numbers"} and not isinstance(series.dtype, pd.CategoricalDtype)
    if as_category or not numeric:
        return Covariate(name=str(series.name), group=group, kind=CovariateKind.CATEGORY, levels=tuple(values))
    kind = CovariateKind.TWO_VALUED if len(values) == 2 else CovariateKind.CONTINUOUS
    levels = tuple(values) if kind is CovariateKind.TWO_VALUED else ()
    return Covariate(name=str(series.name), group=group, kind=kind, levels=levels)


def _check_kind(series: pd.Series, values: list[Level], where: str) -> None:
    kinds = {type_word(v) for v in values}
    if len(kinds) > 1:
        message = (
            f"{where} mixes {' and '.join(sorted(kinds))} ({listed(values)}); make the column one kind of value, or a "
            "column of text if they are categories."
        )
        raise SurveyError(message)
    if kinds == {"numbers"}:
        _check_finite(series, where)
    if kinds == {"text"} and not isinstance(series.dtype, pd.CategoricalDtype) and all(map(_is_number, values)):
        message = (
            f"{where} holds numbers as text ({listed(values, most=4)}); convert it with pandas.to_numeric, or to a "
            "Categorical if they are categories."
        )
        raise SurveyError(message)


def _is_number(text: object) -> bool:
    try:
        float(str(text))
    except ValueError:
        return False
    return True


def _check_finite(series: pd.Series, where: str) -> None:
    infinite = np.isinf(series.astype(object).astype(float).to_numpy())
    if infinite.any():
        message = f"{where} is infinite {describe_rows(series.index[infinite].tolist())}; a covariate is finite."
        raise SurveyError(message)


def missing_covariates(columns: Iterable[pd.Series]) -> dict[str, np.ndarray]:
    """Return where covariates are missing.

    Parameters
    ----------
    columns : iterable of Series
        Columns made by `plain_column`.

    Returns
    -------
    dict
        Name of each column with missing values to a bool array over the respondents.

    Examples
    --------
    >>> import pandas as pd
    >>> missing_covariates([pd.Series([1.0, None], name="age")])
    {'age': array([False,  True])}
    """
    found = {str(c.name): c.isna().to_numpy() for c in columns}
    return {name: mask for name, mask in found.items() if mask.any()}


def prepare(series: pd.Series, covariate: Covariate) -> pd.Series:
    """Return a column of new values in the type its formula is evaluated with.

    Parameters
    ----------
    series : Series
        Values of the covariate.
    covariate : Covariate
        What it is.

    Returns
    -------
    Series
        float64, or a Categorical of the covariate's levels.

    Raises
    ------
    SurveyError
        When values are missing, infinite, of another kind, or a category is new.

    Examples
    --------
    >>> import pandas as pd
    >>> age = Covariate(name="age", group="individual", kind=CovariateKind.CONTINUOUS)
    >>> prepare(pd.Series([30, 40], name="age"), age).tolist()
    [30.0, 40.0]
    """
    where = f"Covariate {covariate.name!r} of factor group {covariate.group!r}"
    plain = plain_column(series.rename(covariate.name))
    missing = plain.index[plain.isna()].tolist()
    if missing:
        message = f"{where} is missing {describe_rows(missing)}; every respondent needs a value."
        raise SurveyError(message)
    words = {type_word(v) for v in used_values(plain)}
    if covariate.kind is CovariateKind.CATEGORY:
        cure = "The effects of other categories are not known."
        codes = code_answers(plain, covariate.levels, where=where, cure=cure)
        made = pd.Categorical.from_codes(codes, pd.Index(list(covariate.levels)))  # type: ignore[type-var]
        return pd.Series(made, index=series.index, name=covariate.name)
    if "text" in words:
        message = f"{where} holds text ({listed(used_values(plain), most=4)}) where numbers were read before."
        raise SurveyError(message)
    numbers = plain.astype(object).astype(float)
    _check_finite(numbers, where)
    return numbers
