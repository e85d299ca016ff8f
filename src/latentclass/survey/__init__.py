"""Data frames in, frozen surveys out: levels, codes, missing answers, design matrices, constructs."""

from latentclass.survey.covariates import Covariate, CovariateKind
from latentclass.survey.design import ColumnKind, DesignColumn, GroupDesign
from latentclass.survey.encode import covariate_frame, design_matrices, encode
from latentclass.survey.feedback import without_feedback
from latentclass.survey.indicators import IndicatorColumn
from latentclass.survey.outcomes import OutcomeColumn
from latentclass.survey.part import some_respondents
from latentclass.survey.read import read_survey
from latentclass.survey.survey import ItemColumn, Survey, SurveyNotes

__all__ = [
    "ColumnKind",
    "Covariate",
    "CovariateKind",
    "DesignColumn",
    "GroupDesign",
    "IndicatorColumn",
    "ItemColumn",
    "OutcomeColumn",
    "Survey",
    "SurveyNotes",
    "covariate_frame",
    "design_matrices",
    "encode",
    "read_survey",
    "some_respondents",
    "without_feedback",
]
