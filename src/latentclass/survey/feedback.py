"""A survey whose outcomes have no part in the classes."""

from __future__ import annotations

from dataclasses import replace

from latentclass.errors import ModelError
from latentclass.survey.survey import Survey

__all__ = ["without_feedback"]


def without_feedback(survey: Survey) -> Survey:
    """Return a survey none of whose outcomes may tell of the class.

    Parameters
    ----------
    survey : Survey
        The survey.

    Returns
    -------
    Survey
        The copy, with its model changed alike.

    Raises
    ------
    ModelError
        When the model has no outcomes.

    Examples
    --------
    >>> import pandas as pd
    >>> import latentclass as lc
    >>> model = lc.Model(items=lc.binary("a"), n_classes=2, outcomes={"use": lc.outcome("ordinal")})
    >>> survey = lc.read_survey(model, pd.DataFrame({"a": [1, 2, 2], "use": [1, 3, 2]}))
    >>> without_feedback(survey).model.outcomes["use"].feedback
    False
    """
    if not survey.outcomes:
        message = "Two steps are for models with outcomes; this one has none. Declare them with Model(outcomes=...)."
        raise ModelError(message)
    columns = tuple(replace(c, outcome=replace(c.outcome, feedback=False)) for c in survey.outcomes)
    model = survey.model.replace(outcomes={column.name: column.outcome for column in columns})
    return replace(survey, model=model, outcomes=columns)
