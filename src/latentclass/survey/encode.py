"""New respondents and changed covariates, encoded with what a survey learned."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from latentclass.errors import SurveyError, listed, near_miss
from latentclass.survey.columns import of_frame
from latentclass.survey.covariates import prepare
from latentclass.survey.design import encode_group
from latentclass.survey.read import (
    assemble,
    check_arguments,
    drop_missing,
    raw_covariates,
    read_answers,
    respondent_labels,
)
from latentclass.survey.survey import Survey

__all__ = ["covariate_frame", "design_matrices", "encode"]


def encode(survey: Survey, frame: pd.DataFrame, *, missing_covariates: str = "error") -> Survey:
    """Return a survey of new respondents, encoded with the levels, centres, scales and formulas of another.

    Parameters
    ----------
    survey : Survey
        The survey whose encoding is used.
    frame : DataFrame
        New respondents. Columns of items and indicators may be left out, their answers are then missing; the
        covariates must be there.
    missing_covariates : {"error", "drop"}
        What to do with respondents who lack a covariate.

    Returns
    -------
    Survey
        The new respondents.

    Raises
    ------
    SurveyError
        When a covariate is missing, or a value or category was not there before.

    Examples
    --------
    >>> import pandas as pd
    >>> import latentclass as lc
    >>> model = lc.Model(items=lc.binary("a"), n_classes=1, factor_groups={"individual": ["age"]})
    >>> survey = lc.read_survey(model, pd.DataFrame({"a": [1, 2, 2], "age": [20, 40, 60]}))
    >>> encode(survey, pd.DataFrame({"age": [80]})).design("individual").matrix.tolist()
    [[2.0]]
    """
    if not isinstance(survey, Survey):
        message = f"The first argument is a survey made by read_survey(model, frame); got a {type(survey).__name__}."
        raise SurveyError(message)
    model = survey.model
    check_arguments(model, frame, missing_covariates)
    uses = {name: f"a covariate of factor group {c.group!r}" for name, c in survey.covariates.items()}
    columns = {name: use for name, use in uses.items() if name not in model.constructs}
    known = [name for name in survey.frame.columns if name != survey.counted_by]
    answers = {name: "an item or indicator" for name in known if name not in columns}
    there = set(frame.columns)
    labelled = frame.set_axis(respondent_labels(frame.index), axis=0)
    plain = of_frame(labelled, {**{n: u for n, u in answers.items() if n in there}, **columns})
    plain = plain.reindex(columns=known)
    parsed = [design.parsed for design in survey.groups]
    kept, missing = drop_missing(model, parsed, plain, missing_covariates)
    if len(kept) == 0:
        message = f"All {len(plain)} respondents lack a covariate; none is left to encode."
        raise SurveyError(message)
    read = read_answers(model, survey.items, survey.indicators, kept)
    raw = raw_covariates(model, list(survey.covariates), kept, read.mean_scores)
    matrices = design_matrices(survey, raw)
    groups = tuple(replace(design, matrix=matrices[design.name], counts=None) for design in survey.groups)
    return assemble(
        model, survey.items, groups, survey.covariates, survey.indicators, read, survey.outcomes, kept, missing
    )


def covariate_frame(survey: Survey) -> pd.DataFrame:
    """Return the raw covariates of a survey, before centring, scaling and formulas.

    Parameters
    ----------
    survey : Survey
        The survey.

    Returns
    -------
    DataFrame
        One column per raw covariate and per mean-score construct in a factor group; latent constructs are not in it.

    See Also
    --------
    design_matrices : Encode a changed copy of it.

    Examples
    --------
    >>> import pandas as pd
    >>> import latentclass as lc
    >>> model = lc.Model(items=lc.binary("a"), n_classes=1, factor_groups={"individual": "log(age)"})
    >>> survey = lc.read_survey(model, pd.DataFrame({"a": [1, 2, 2], "age": [20, 40, 60]}))
    >>> covariate_frame(survey)["age"].tolist()
    [20, 40, 60]
    """
    return raw_covariates(survey.model, list(survey.covariates), survey.frame, survey.mean_scores)


def design_matrices(survey: Survey, covariate_frame: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return the design matrices for other values of the raw covariates.

    Parameters
    ----------
    survey : Survey
        The survey whose encoding is used.
    covariate_frame : DataFrame
        A changed copy of `covariate_frame(survey)`, with any number of rows.

    Returns
    -------
    dict of str to ndarray of float64, shape (row, column)
        Group to matrix; columns of latent constructs hold 0.

    Raises
    ------
    SurveyError
        When a covariate is not there or missing, or a category was not there before.

    Examples
    --------
    >>> import pandas as pd
    >>> import latentclass as lc
    >>> model = lc.Model(items=lc.binary("a"), n_classes=1, factor_groups={"individual": ["age"]})
    >>> survey = lc.read_survey(model, pd.DataFrame({"a": [1, 2, 2], "age": [20, 40, 60]}))
    >>> design_matrices(survey, covariate_frame(survey) + 20)["individual"].ravel().tolist()
    [0.0, 1.0, 2.0]
    """
    for name in survey.covariates:
        if name not in covariate_frame.columns:
            hint = near_miss(name, map(str, covariate_frame.columns))
            message = (
                f"The frame of covariates has no column {name!r}.{hint} It needs {listed(survey.covariates, most=20)}."
            )
            raise SurveyError(message)
    ready = {name: prepare(covariate_frame[name], covariate) for name, covariate in survey.covariates.items()}
    return {design.name: encode_group(design, ready, len(covariate_frame)) for design in survey.groups}
