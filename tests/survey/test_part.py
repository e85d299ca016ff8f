"""Some respondents of a survey against the arrays of the whole."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

import latentclass as lc
from latentclass.survey import read_survey, some_respondents


def test_every_array_of_respondents_is_cut() -> None:
    data = lc.datasets.internal_social_media(n=200, seed=2)
    survey = read_survey(data.model, data.frame)
    part = some_respondents(survey, slice(7, 19))
    assert part.respondents == survey.respondents[7:19]
    arrays = [f.name for f in fields(survey) if isinstance(getattr(survey, f.name), np.ndarray)]
    assert "codes" in arrays
    for name in arrays:
        np.testing.assert_array_equal(getattr(part, name), getattr(survey, name)[7:19])
    for own, whole in zip(part.groups, survey.groups, strict=True):
        np.testing.assert_array_equal(own.matrix, whole.matrix[7:19])
    assert part.frame.equals(survey.frame.iloc[7:19])
    assert {len(scores) for scores in part.mean_scores.values()} <= {12}


def test_all_respondents_are_the_survey_itself() -> None:
    data = lc.datasets.internal_social_media(n=200, seed=2)
    survey = read_survey(data.model, data.frame)
    assert some_respondents(survey, slice(0, 200)) is survey
