"""From a data frame to a survey: every check of the data happens here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from latentclass.errors import SurveyError, listed
from latentclass.model import FrozenMapping, IndicatorKind, Item, ItemKind, Level, Model, Scores
from latentclass.survey.columns import code_answers, learn_levels, of_frame
from latentclass.survey.counts import check_countable, read_counts
from latentclass.survey.covariates import Covariate, learn_covariate, missing_covariates, prepare
from latentclass.survey.design import GroupDesign, check_independent, learn_group
from latentclass.survey.formulas import ParsedGroup, parse_group
from latentclass.survey.indicators import IndicatorColumn, learn_construct, mean_score, read_indicator
from latentclass.survey.outcomes import OutcomeColumn, learn_outcome, read_outcome
from latentclass.survey.survey import ItemColumn, Survey, SurveyNotes

__all__ = ["read_survey"]

_OPTIONS = ("error", "drop")


def read_survey(
    model: Model, frame: pd.DataFrame, *, missing_covariates: str = "error", counts: str | None = None
) -> Survey:
    """Read a data frame as a model sees it: levels, codes, design matrices, and checks of all of them.

    Missing answers (NaN, None, pd.NA, and the codes an item declares as missing) are kept as missing answers.

    Parameters
    ----------
    model : Model
        What the columns are.
    frame : DataFrame
        One row per respondent, or per pattern with `counts`. It is not changed.
    missing_covariates : {"error", "drop"}
        What to do with respondents who lack a covariate.
    counts : str, optional
        Column that says how many respondents each row stands for: whole numbers. A frequency table is read as it is and
        never expanded; rows with a count of 0 are left out. Counts are respondents, not survey weights.

    Returns
    -------
    Survey
        The validated survey.

    Raises
    ------
    SurveyError
        When the frame does not fit the model; the message names column, rows and values. With counts: when one is
        negative, fractional or missing, or the model has constructs, outcomes, or formulas that learn from the data.

    See Also
    --------
    latentclass.fit : Draw from the posterior given a survey.

    Examples
    --------
    >>> import pandas as pd
    >>> import latentclass as lc
    >>> frame = pd.DataFrame({"a": [1, 2, 2], "b": [9, 1, 2]})
    >>> lc.read_survey(lc.Model(items=lc.binary("a", "b", missing=9), n_classes=1), frame)
    Survey(3 respondents, 2 items, 1 of 6 answers missing; next: lc.fit(model, survey))
    """
    check_arguments(model, frame, missing_covariates)
    parsed = [parse_group(group, model.latent_constructs) for group in model.factor_groups.values()]
    uses = _uses(model, parsed)
    if counts is not None:
        check_countable(model, counts, {name for p in parsed for name in p.names})
        uses = {**uses, counts: "the counts"}
    plain = of_frame(frame.set_axis(respondent_labels(frame.index), axis=0), uses)
    plain, zero = _counted(plain, counts)
    kept, missing = drop_missing(model, parsed, plain, missing_covariates)
    n_of = None if counts is None else kept[counts].to_numpy()
    n_respondents = len(kept) if n_of is None else int(n_of.sum())
    if n_respondents < model.n_classes:
        message = (
            f"The survey has {n_respondents} respondents for {model.n_classes} classes; it needs at least as many "
            "respondents as classes."
        )
        raise SurveyError(message)
    items = tuple(_learn_item(item, kept[item.name]) for item in model.items)
    indicators = tuple(i for name, c in model.constructs.items() for i in learn_construct(name, c, kept))
    answers = read_answers(model, items, indicators, kept)
    raw = raw_covariates(model, [n for p in parsed for n in p.names], kept, answers.mean_scores)
    covariates = FrozenMapping(
        {
            name: learn_covariate(raw[name], group=p.name, as_category=name in p.categories)
            for p in parsed
            for name in p.names
            if name in raw
        }
    )
    ready = {name: prepare(raw[name], covariate) for name, covariate in covariates.items()}
    groups = tuple(learn_group(p, ready, len(kept), n_of) for p in parsed)
    check_independent(groups)
    outcomes = tuple(learn_outcome(name, o, kept[name], groups) for name, o in model.outcomes.items())
    survey = assemble(model, items, groups, covariates, indicators, answers, outcomes, kept, missing)
    return survey if counts is None or n_of is None else _with_counts(survey, counts, n_of, zero)


def _counted(plain: pd.DataFrame, counts: str | None) -> tuple[pd.DataFrame, tuple[str | int, ...]]:
    """Return the rows that stand for anybody, with whole numbers as counts, and the labels of the others."""
    if counts is None:
        return plain, ()
    numbers = read_counts(plain[counts])
    if not numbers.any():
        message = f"Column {counts!r} of counts is 0 in all {len(numbers)} rows: there are no respondents."
        raise SurveyError(message)
    there = numbers > 0
    return plain.assign(**{counts: numbers}).loc[there], tuple(plain.index[~there].tolist())


def _with_counts(survey: Survey, counts: str, n_of: np.ndarray, zero: tuple[str | int, ...]) -> Survey:
    n_of = np.array(n_of, dtype=np.int64)
    n_of.flags.writeable = False
    lost = n_of @ (survey.codes < 0)
    notes = replace(
        survey.notes,
        n_rows=survey.notes.n_rows + len(zero),
        missing_by_item=FrozenMapping({c.name: int(n) for c, n in zip(survey.items, lost, strict=True)}),
        zero_counts=zero,
        n_counted=int(n_of.sum()),
    )
    return replace(survey, notes=notes, counted_by=counts, counts=n_of)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerArrays:
    """Arrays of answers, as `Survey` holds them."""

    codes: np.ndarray
    likert_codes: np.ndarray
    continuous_values: np.ndarray
    mean_scores: FrozenMapping[np.ndarray]
    answered_indicators: FrozenMapping[np.ndarray]


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingRows:
    """Rows that lack a covariate: how many per covariate, and which were left out."""

    n_rows: int
    counts: FrozenMapping[int]
    dropped: tuple[str | int, ...]


def check_arguments(model: object, frame: object, option: object) -> None:
    """Check what was passed, before its content."""
    if not isinstance(model, Model):
        message = f"The first argument is the model, as in read_survey(model, frame); got a {type(model).__name__}."
        raise SurveyError(message)
    if not isinstance(frame, pd.DataFrame):
        message = f"A survey is read from a pandas DataFrame with one row per respondent; got a {type(frame).__name__}."
        raise SurveyError(message)
    if len(frame) == 0:
        message = "The data frame is empty: it has no rows. A survey needs one row per respondent."
        raise SurveyError(message)
    if option not in _OPTIONS:
        message = f"missing_covariates is one of {listed(_OPTIONS)}; got {option!r}."
        raise SurveyError(message)


def respondent_labels(index: pd.Index) -> pd.Index:
    """Return the index labels as ints or strings, checked to be unique."""
    labels = [_plain_label(label) for label in index]
    repeated = pd.Index(labels, dtype=object)
    if not repeated.is_unique:
        twice = repeated[repeated.duplicated()].unique().tolist()
        message = (
            f"The index of the data frame repeats {listed(twice)}; each respondent needs a label of their own. Use "
            "frame.reset_index(drop=True)."
        )
        raise SurveyError(message)
    return pd.Index(labels) if all(isinstance(v, int) for v in labels) else repeated


def _plain_label(label: object) -> str | int:
    value = label.item() if hasattr(label, "item") else label
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _uses(model: Model, parsed: Sequence[ParsedGroup]) -> dict[str, str]:
    """Return what each used column is used as, checked to be one thing."""
    uses = {item.name: "an item" for item in model.items}
    for name, construct in model.constructs.items():
        uses.update(dict.fromkeys(construct.indicators, f"an indicator of construct {name!r}"))
    uses.update(dict.fromkeys(model.outcomes, "an outcome"))
    group_of: dict[str, str] = {}
    for group in parsed:
        for name in group.names:
            if name in uses and name not in group_of:
                message = (
                    f"Column {name!r} is used both as {uses[name]} and as a covariate of factor group {group.name!r}; "
                    "a column has one role, or its answers would be counted twice."
                )
                raise SurveyError(message)
            if group_of.setdefault(name, group.name) != group.name:
                message = (
                    f"Covariate {name!r} stands in the factor groups {group_of[name]!r} and {group.name!r}; a "
                    "covariate belongs to one group, or their effects could not be told apart."
                )
                raise SurveyError(message)
            if name not in model.constructs:
                uses[name] = f"a covariate of factor group {group.name!r}"
    return uses


def drop_missing(
    model: Model, parsed: Sequence[ParsedGroup], plain: pd.DataFrame, option: str
) -> tuple[pd.DataFrame, MissingRows]:
    """Return the rows with all covariates, or raise when some lack one and the option does not drop them."""
    columns = []
    for name in dict.fromkeys(n for p in parsed for n in p.names if n not in model.latent_constructs):
        if name in model.constructs:
            construct = model.constructs[name]
            frame = plain[list(construct.indicators)]
            known = (frame.notna() & ~frame.isin(list(construct.missing))).any(axis=1)
            columns.append(pd.Series(np.where(known, 0.0, np.nan), index=plain.index, name=name))
        else:
            columns.append(plain[name])
    masks = missing_covariates(columns)
    anywhere = np.any(list(masks.values()), axis=0) if masks else np.zeros(len(plain), dtype=bool)
    labels = tuple(plain.index[anywhere].tolist())
    if labels and option == "error":
        counts = ", ".join(f"{name!r} for {int(mask.sum())}" for name, mask in masks.items())
        together = f", {len(labels)} respondents in all" if len(masks) > 1 else ""
        rows = f"row{'s' if len(labels) > 1 else ''} {listed(labels, most=5)}"
        message = (
            f"Covariates are missing: {counts} of {len(plain)} respondents{together} ({rows}). "
            "Pass missing_covariates='drop' to leave these out, or fill the values in."
        )
        raise SurveyError(message)
    counted = FrozenMapping({name: int(mask.sum()) for name, mask in masks.items()})
    return plain.loc[~anywhere], MissingRows(n_rows=len(plain), counts=counted, dropped=labels)


def _learn_item(item: Item, series: pd.Series) -> ItemColumn:
    where = f"Item {item.name!r}"
    levels = item.levels or learn_levels(series, item.missing, kind=item.kind, where=where)
    codes = code_answers(series, levels, item.missing, where=where)
    given = np.unique(codes[codes >= 0])
    if len(given) == 0:
        message = f"{where} has no answers at all: all {len(series)} are missing. Leave it out."
        raise SurveyError(message)
    if len(given) == 1:
        message = f"{where} is constant: every answer is {levels[given[0]]!r}. Leave it out, since it tells nothing."
        raise SurveyError(message)
    if item.kind is ItemKind.BINARY and len(levels) > 2:
        message = (
            f"Binary item {item.name!r} has {len(levels)} different answers, {listed(levels)}; declare it with "
            "nominal() or ordinal(), or give the codes that mean no answer with missing=..."
        )
        raise SurveyError(message)
    return ItemColumn(
        name=item.name, kind=item.kind, structure=item.structure, dispersion=item.dispersion, levels=levels
    )


def read_answers(
    model: Model, items: Sequence[ItemColumn], indicators: Sequence[IndicatorColumn], frame: pd.DataFrame
) -> AnswerArrays:
    """Return the answers to items and indicators, given their levels, centres and scales."""
    missing: Mapping[str, tuple[Level, ...]] = {item.name: item.missing for item in model.items}
    codes = [code_answers(frame[c.name], c.levels, missing[c.name], where=f"Item {c.name!r}") for c in items]
    read = {c.name: read_indicator(c, model.constructs[c.construct], frame[c.name]) for c in indicators}
    latent = [c for c in indicators if c.construct in model.latent_constructs]
    likert = [read[c.name] for c in latent if c.kind is IndicatorKind.LIKERT]
    continuous = [read[c.name] for c in latent if c.kind is IndicatorKind.CONTINUOUS]
    means = {}
    for name, construct in model.constructs.items():
        if construct.scores is Scores.MEAN:
            own = [c for c in indicators if c.construct == name]
            means[name] = mean_score(own, [read[c.name] for c in own])
    answered = {n: ~np.isnan(r) if r.dtype.kind == "f" else r >= 0 for n, r in read.items()}
    return AnswerArrays(
        codes=_columns(codes, len(frame), np.int64),
        likert_codes=_columns(likert, len(frame), np.int64),
        continuous_values=_columns(continuous, len(frame), np.float64),
        mean_scores=FrozenMapping(means),
        answered_indicators=FrozenMapping(answered),
    )


def _columns(columns: Sequence[np.ndarray], n: int, dtype: Callable[..., object]) -> np.ndarray:
    made = np.column_stack(columns).astype(dtype) if columns else np.empty((n, 0), dtype=dtype)  # type: ignore[call-overload]
    made = np.ascontiguousarray(made)
    made.flags.writeable = False
    return made


def raw_covariates(
    model: Model, names: Sequence[str], frame: pd.DataFrame, mean_scores: Mapping[str, np.ndarray]
) -> pd.DataFrame:
    """Return the covariates before their formulas: columns of the frame and mean scores, without latent constructs."""
    raw = {
        name: pd.Series(mean_scores[name].copy(), index=frame.index) if name in mean_scores else frame[name]
        for name in names
        if name not in model.latent_constructs
    }
    return pd.DataFrame(raw, index=frame.index)


def assemble(
    model: Model,
    items: tuple[ItemColumn, ...],
    groups: tuple[GroupDesign, ...],
    covariates: FrozenMapping[Covariate],
    indicators: tuple[IndicatorColumn, ...],
    answers: AnswerArrays,
    outcomes: tuple[OutcomeColumn, ...],
    frame: pd.DataFrame,
    missing: MissingRows,
) -> Survey:
    """Return the survey with its notes."""
    respondents = tuple(frame.index.tolist())
    return Survey(
        model=model,
        respondents=respondents,
        items=items,
        codes=answers.codes,
        groups=groups,
        covariates=covariates,
        indicators=indicators,
        likert_codes=answers.likert_codes,
        continuous_values=answers.continuous_values,
        mean_scores=answers.mean_scores,
        outcomes=outcomes,
        outcome_values=_columns([read_outcome(c, frame[c.name]) for c in outcomes], len(frame), np.float64),
        notes=_notes(model, items, answers, respondents, missing),
        frame=frame.copy(),
    )


def _notes(
    model: Model,
    items: Sequence[ItemColumn],
    answers: AnswerArrays,
    respondents: tuple[str | int, ...],
    missing: MissingRows,
) -> SurveyNotes:
    def labels(mask: np.ndarray) -> tuple[str | int, ...]:
        return tuple(respondents[i] for i in np.flatnonzero(mask))

    lost = answers.codes < 0
    answered = answers.answered_indicators
    without = {
        name: labels(~np.any([answered[i] for i in construct.indicators], axis=0))
        for name, construct in model.constructs.items()
    }
    return SurveyNotes(
        n_rows=missing.n_rows,
        dropped=missing.dropped,
        missing_by_covariate=missing.counts,
        missing_by_item=FrozenMapping({c.name: int(n) for c, n in zip(items, lost.sum(axis=0), strict=True)}),
        missing_by_indicator=FrozenMapping({name: int((~mask).sum()) for name, mask in answered.items()}),
        without_answers=labels(lost.all(axis=1)),
        without_indicators=FrozenMapping({name: found for name, found in without.items() if found}),
    )
