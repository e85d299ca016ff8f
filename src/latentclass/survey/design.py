"""Design matrices of factor groups: centred, scaled, and encoded alike for new respondents."""

from __future__ import annotations

import copy
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd
from formulaic import ModelSpec

from latentclass.errors import SurveyError, listed
from latentclass.survey.columns import describe_rows
from latentclass.survey.counts import weighted_spread
from latentclass.survey.formulas import CONTEXT, GroupTerm, ParsedGroup

__all__ = ["ColumnKind", "DesignColumn", "GroupDesign", "check_independent", "encode_group", "learn_group"]

_WHOLE_LEVEL = re.compile(r"(\[(?:[A-Z]\.)?-?\d+)\.0\]")
_TINY = 1e-10


class ColumnKind(StrEnum):
    """What a design column holds, and so what a slope of one unit means.

    `continuous`: a standard deviation; `two-valued`: the change from the lower to the higher value; `level`: the change
    from the reference category; `construct`: a standard deviation of the latent score.
    """

    CONTINUOUS = "continuous"
    TWO_VALUED = "two-valued"
    LEVEL = "level"
    CONSTRUCT = "construct"


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignColumn:
    """One column of a design matrix.

    Parameters
    ----------
    label : str
        Its name, the coordinate of its slopes.
    kind : ColumnKind
        What it holds.
    centre, scale : float
        The matrix holds ``(x - centre) / scale``: mean and standard deviation (divisor n - 1) of a continuous column,
        mean and difference of the values of a two-valued one, mean and 1 of a level.
    construct : str, optional
        The latent construct whose score stands here.
    covariates : tuple of str
        The raw covariates it is made of; empty for a latent construct.
    """

    label: str
    kind: ColumnKind
    centre: float
    scale: float
    construct: str | None
    covariates: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class GroupDesign:
    """The design of one factor group.

    Parameters
    ----------
    name : str
        Name of the group.
    columns : tuple of DesignColumn
        Its columns, in the order of the terms.
    matrix : ndarray of float64, shape (respondent, column)
        The centred and scaled columns; those of latent constructs hold 0.
    parsed : ParsedGroup
        The formula.
    spec : ModelSpec, optional
        What formulaic keeps to encode new data alike; None when the group holds nothing but latent constructs.
    counts : ndarray of int64, shape (row,), optional
        How many respondents each row stands for; None where each is one.
    """

    name: str
    columns: tuple[DesignColumn, ...]
    matrix: np.ndarray
    parsed: ParsedGroup
    spec: ModelSpec | None
    counts: np.ndarray | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of the columns."""
        return tuple(column.label for column in self.columns)

    @property
    def total_variance(self) -> float:
        """The sum of the variances of the columns; latent constructs have variance 1."""
        latent = sum(column.construct is not None for column in self.columns)
        if self.counts is None:
            return float(np.var(self.matrix, axis=0).sum()) + latent
        share = self.counts / self.counts.sum()
        return float((share @ (self.matrix - share @ self.matrix) ** 2).sum()) + latent

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, GroupDesign):
            return NotImplemented
        return (self.name, self.columns) == (other.name, other.columns) and np.array_equal(self.matrix, other.matrix)

    def __repr__(self) -> str:
        return f"GroupDesign({self.name!r}: {', '.join(self.labels)}; {len(self.matrix)} respondents)"


def learn_group(
    parsed: ParsedGroup, covariates: Mapping[str, pd.Series], n: int, counts: np.ndarray | None = None
) -> GroupDesign:
    """Return the design of a group, with centres and scales learned from these respondents.

    Parameters
    ----------
    parsed : ParsedGroup
        The checked formula.
    covariates : mapping of str to Series
        Prepared columns by name.
    n : int
        Number of rows.
    counts : ndarray of int64, shape (row,), optional
        How many respondents each row stands for, one by default.

    Returns
    -------
    GroupDesign
        Columns and matrix.

    Raises
    ------
    SurveyError
        When the formula cannot be evaluated, a column is constant or not finite, or a function learns from the data
        what counts have no part in.

    Examples
    --------
    >>> import pandas as pd
    >>> from latentclass.model import FactorGroup
    >>> from latentclass.survey.formulas import parse_group
    >>> parsed = parse_group(FactorGroup(name="individual", terms=("age",)))
    >>> learn_group(parsed, {"age": pd.Series([20.0, 40.0, 60.0])}, 3).matrix.ravel().tolist()
    [-1.0, 0.0, 1.0]
    """
    evaluated, spec = _evaluate(parsed, covariates, None)
    if counts is not None and spec is not None and spec.transform_state:
        message = (
            f"The formula of factor group {parsed.name!r} has {listed(spec.transform_state)}, which learns from the "
            "rows and cannot be used with counts; give the frame with each row repeated as often as it counts."
        )
        raise SurveyError(message)
    columns, values = [], []
    for term in parsed.terms:
        if term.construct is not None:
            made = DesignColumn(
                label=term.construct,
                kind=ColumnKind.CONSTRUCT,
                centre=0.0,
                scale=1.0,
                construct=term.construct,
                covariates=(),
            )
            columns.append(made)
            values.append(np.zeros(n))
            continue
        level = _is_level(term, spec)
        for name in _columns_of(term, spec):
            raw = evaluated[name].to_numpy(dtype=float)
            column = _learn_column(_label(name, parsed), raw, term, level=level, group=parsed.name, counts=counts)
            columns.append(column)
            values.append((raw - column.centre) / column.scale)
    matrix = np.column_stack(values)
    matrix.flags.writeable = False
    return GroupDesign(
        name=parsed.name,
        columns=_distinct(columns, parsed.name),
        matrix=matrix,
        parsed=parsed,
        spec=spec,
        counts=counts,
    )


def encode_group(design: GroupDesign, covariates: Mapping[str, pd.Series], n: int) -> np.ndarray:
    """Return the design matrix of a group for other values of its covariates, with the stored centres and scales.

    Parameters
    ----------
    design : GroupDesign
        The design that was learned.
    covariates : mapping of str to Series
        Prepared columns by name.
    n : int
        Number of respondents.

    Returns
    -------
    ndarray of float64, shape (respondent, column)
        The matrix; columns of latent constructs hold 0.

    Raises
    ------
    SurveyError
        When the formula cannot be evaluated for these values.

    Examples
    --------
    >>> import pandas as pd
    >>> from latentclass.model import FactorGroup
    >>> from latentclass.survey.formulas import parse_group
    >>> parsed = parse_group(FactorGroup(name="individual", terms=("age",)))
    >>> design = learn_group(parsed, {"age": pd.Series([20.0, 40.0, 60.0])}, 3)
    >>> encode_group(design, {"age": pd.Series([80.0])}, 1).tolist()
    [[2.0]]
    """
    evaluated, _ = _evaluate(design.parsed, covariates, design.spec)
    made = iter([name for term in design.parsed.terms if not term.construct for name in _columns_of(term, design.spec)])
    values = [
        np.zeros(n) if c.construct else (evaluated[next(made)].to_numpy(dtype=float) - c.centre) / c.scale
        for c in design.columns
    ]
    matrix = np.column_stack(values)
    matrix.flags.writeable = False
    return matrix


def _evaluate(
    parsed: ParsedGroup, covariates: Mapping[str, pd.Series], spec: ModelSpec | None
) -> tuple[pd.DataFrame, ModelSpec | None]:
    names = [n for term in parsed.terms if term.construct is None for n in term.names]
    if not names:
        return pd.DataFrame(), None
    data = pd.DataFrame({parsed.aliases.get(n, n): covariates[n] for n in names})
    index = data.index
    data = data.reset_index(drop=True)
    # Evaluation fills in the state of a spec, which belongs to a frozen value.
    source = ModelSpec(formula=parsed.formula, na_action="ignore", output="pandas") if spec is None else copy.copy(spec)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("error")
            matrix = source.get_model_matrix(data, context=dict(CONTEXT))
    except Exception as exc:  # any function of the formula may fail in any way on these values
        reason = " ".join(str(exc).split())
        message = f"The formula of factor group {parsed.name!r} cannot be evaluated: {reason}"
        raise SurveyError(message) from exc
    _check_values(matrix, parsed, index)
    return pd.DataFrame(matrix), matrix.model_spec


def _check_values(matrix: pd.DataFrame, parsed: ParsedGroup, index: pd.Index) -> None:
    for name in matrix.columns:
        bad = ~np.isfinite(matrix[name].to_numpy(dtype=float))
        if bad.any():
            message = (
                f"Column {_label(name, parsed)!r} of factor group {parsed.name!r} is not a finite number "
                f"{describe_rows(index[bad].tolist())}; a function such as log needs values in its range."
            )
            raise SurveyError(message)


def _columns_of(term: GroupTerm, spec: ModelSpec | None) -> list[str]:
    rows = [] if spec is None or spec.structure is None else spec.structure
    return [str(name) for row in rows if row.term == term.term for name in row.columns]


def _is_level(term: GroupTerm, spec: ModelSpec | None) -> bool:
    state = {} if spec is None else spec.encoder_state
    kinds = [state[f.expr][0].value for f in term.term.factors if f.eval_method.value != "literal"]
    return all(kind == "categorical" for kind in kinds)


def _learn_column(
    label: str, raw: np.ndarray, term: GroupTerm, *, level: bool, group: str, counts: np.ndarray | None
) -> DesignColumn:
    low, high = float(raw.min()), float(raw.max())
    if high - low <= _TINY * max(abs(low), abs(high), 1e-300):
        message = (
            f"Column {label!r} of factor group {group!r} is constant ({low:g} for every respondent); leave it out, or "
            "merge categories that do not occur together."
        )
        raise SurveyError(message)
    centre, scale = (float(raw.mean()), float(raw.std(ddof=1))) if counts is None else weighted_spread(raw, counts)
    kind = ColumnKind.CONTINUOUS
    if level:
        kind, scale = ColumnKind.LEVEL, 1.0
    elif len(np.unique(raw)) == 2:
        kind, scale = ColumnKind.TWO_VALUED, high - low
    return DesignColumn(label=label, kind=kind, centre=centre, scale=scale, construct=None, covariates=term.names)


def _label(name: str, parsed: ParsedGroup) -> str:
    for column, alias in parsed.aliases.items():
        name = name.replace(alias, column)
    return _WHOLE_LEVEL.sub(r"\1]", name)


def _distinct(columns: Sequence[DesignColumn], group: str) -> tuple[DesignColumn, ...]:
    labels = [c.label for c in columns]
    twice = sorted({label for label in labels if labels.count(label) > 1})
    if twice:
        message = f"Factor group {group!r} has several columns labelled {listed(twice)}; rename a covariate."
        raise SurveyError(message)
    return tuple(columns)


def check_independent(designs: Sequence[GroupDesign]) -> None:
    """Check that no design column is a linear combination of others.

    Parameters
    ----------
    designs : sequence of GroupDesign
        All groups of the model.

    Raises
    ------
    SurveyError
        When some are, naming the columns involved.

    Examples
    --------
    >>> check_independent([])
    """
    names = [(c.label, d.name) for d in designs for c in d.columns if c.construct is None]
    kept = [d.matrix[:, [c.construct is None for c in d.columns]] for d in designs]
    if not names:
        return
    matrix = np.column_stack(kept)
    matrix = matrix / np.linalg.norm(matrix, axis=0)
    basis: list[int] = []
    for j in range(matrix.shape[1]):
        weights, *_ = np.linalg.lstsq(matrix[:, basis], matrix[:, j]) if basis else (np.zeros(0),)
        if np.linalg.norm(matrix[:, j] - matrix[:, basis] @ weights) > 1e-8:
            basis.append(j)
            continue
        involved = [names[j], *(names[i] for i, w in zip(basis, weights, strict=True) if abs(w) > 1e-6)]
        shown = ", ".join(f"{label!r} (group {group!r})" for label, group in involved[:8])
        more = f" and {len(involved) - 8} more" if len(involved) > 8 else ""
        message = (
            f"The design columns {shown}{more} are linearly dependent, so their effects cannot be told apart; leave "
            f"one of them out. ({matrix.shape[1]} columns, {len(matrix)} respondents.)"
        )
        raise SurveyError(message)
