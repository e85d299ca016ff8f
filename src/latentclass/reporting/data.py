"""The section on the data: who was asked what, and what is missing."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from latentclass.dims import CONSTRUCT, INDICATOR, ITEM
from latentclass.model import Scores
from latentclass.reporting.html import Html, element, paragraph, table, unordered
from latentclass.reporting.section import Material, Section
from latentclass.survey import Covariate, CovariateKind, Survey, covariate_frame

__all__ = ["data"]

_MOST_LEVELS = 12


def data(material: Material) -> Section:
    """Return the section on data and missing answers.

    Parameters
    ----------
    material : Material
        The fit.

    Returns
    -------
    Section
        Counts, items, covariates, indicators.
    """
    survey = material.fit.survey
    return Section(title="Data and missing answers", body=tuple(_blocks(survey)))


def _blocks(survey: Survey) -> Iterator[Html]:
    missing = survey.codes < 0
    yield unordered(_notes(survey), "notes")
    yield paragraph(
        f"{(~missing.any(axis=1)).sum()} of {survey.n_respondents} respondents answered all {missing.shape[1]} items; "
        f"{missing.mean():.1%} of the answers to items are missing. A missing answer leaves its item out of the "
        "likelihood of its respondent (full information; missing at random given what was answered)."
    )
    yield element("h3", "Items")
    yield table(_items(survey), "Items of the measurement model.")
    if survey.covariates:
        yield element("h3", "Covariates")
        yield table(_covariates(survey), "Covariates of class membership, of the respondents kept.")
    if survey.outcomes:
        yield element("h3", "Outcomes")
        yield table(_outcomes(survey), "Outcomes that class and covariates are to explain.")
    if survey.indicators:
        yield element("h3", "Indicators of constructs")
        yield table(_indicators(survey), "Multi-item scales.")


def _notes(survey: Survey) -> Iterator[str]:
    # Counts alone: a report travels further than the labels of respondents should.
    notes = survey.notes
    yield f"{notes.n_rows} rows were read, and {survey.n_respondents} respondents kept."
    if notes.dropped:
        yield f"{len(notes.dropped)} rows were left out because a covariate is missing."
    if notes.without_answers:
        yield f"{len(notes.without_answers)} respondents answered no item; only covariates tell of their class."
    for construct, labels in notes.without_indicators.items():
        yield f"{len(labels)} respondents answered no indicator of {construct}."


def _items(survey: Survey) -> pd.DataFrame:
    missing = (survey.codes < 0).sum(axis=0)
    rows = {
        item.name: {
            "kind": str(item.kind),
            "levels": _listed(item.levels),
            "answered": survey.n_respondents - int(count),
            "missing": int(count),
            "missing, %": 100 * float(count) / survey.n_respondents,
        }
        for item, count in zip(survey.items, missing, strict=True)
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(ITEM)


def _covariates(survey: Survey) -> pd.DataFrame:
    raw = covariate_frame(survey)
    rows = [_covariate(c, raw[name], survey) for name, c in survey.covariates.items()]
    return pd.DataFrame(rows).set_index(["group", "covariate"])


def _covariate(covariate: Covariate, series: pd.Series, survey: Survey) -> dict[str, object]:
    if covariate.kind is CovariateKind.CONTINUOUS:
        spread = f"mean {series.mean():.2f}, SD {series.std(ddof=1):.2f}, {series.min():g} to {series.max():g}"
    else:
        counts = series.value_counts()
        spread = _listed([f"{level} ({counts.get(level, 0)})" for level in covariate.levels])
    return {
        "group": covariate.group,
        "covariate": covariate.name,
        "kind": str(covariate.kind),
        "values": spread,
        "missing in the frame": survey.notes.missing_by_covariate.get(covariate.name, 0),
    }


def _outcomes(survey: Survey) -> pd.DataFrame:
    missing = np.isnan(survey.outcome_values).sum(axis=0)
    rows = {
        column.name: {
            "kind": str(column.outcome.kind),
            "levels": _listed(column.levels or ()),
            "may tell of the class": column.outcome.feedback,
            "missing": int(count),
        }
        for column, count in zip(survey.outcomes, missing, strict=True)
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("outcome")


def _indicators(survey: Survey) -> pd.DataFrame:
    constructs, counts = survey.model.constructs, survey.notes.missing_by_indicator
    words = {Scores.LATENT: "latent score", Scores.MEAN: "scale mean"}
    rows = [
        {
            CONSTRUCT: column.construct,
            INDICATOR: column.name,
            "kind": str(constructs[column.construct].kind),
            "enters as": words[constructs[column.construct].scores],
            "missing": counts.get(column.name, 0),
        }
        for column in survey.indicators
    ]
    return pd.DataFrame(rows).set_index([CONSTRUCT, INDICATOR])


def _listed(levels: object) -> str:
    texts = [str(level) for level in levels]  # type: ignore[attr-defined]
    more = f", and {len(texts) - _MOST_LEVELS} more" if len(texts) > _MOST_LEVELS else ""
    return ", ".join(texts[:_MOST_LEVELS]) + more
