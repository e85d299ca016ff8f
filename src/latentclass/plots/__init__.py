"""Pictures of the tables that a fit returns. Each function takes a table and computes nothing.

A picture with one panel is drawn on the axes given, or on those of a new figure, and returns the axes; one with several
panels (`profiles`, `likert`, `sensitivity`, `trace`, `ranks`, `prior_posterior`) returns the figure. Drawing needs
matplotlib, which comes with the extra
``latentclass[plots]``. New figures do not touch pyplot: save one with ``axes.figure.savefig("classes.png")``; a
notebook shows ``axes.figure`` as the last value of a cell after ``%matplotlib inline``.
"""

from latentclass.plots.bars import classes, memberships, profiles
from latentclass.plots.draws import prior_posterior, ranks, trace
from latentclass.plots.forests import effects, loadings
from latentclass.plots.grids import sensitivity
from latentclass.plots.lines import mean_answers, shares_along
from latentclass.plots.maps import likert, membership_map
from latentclass.plots.numbers import null_check, number_of_classes
from latentclass.plots.residuals import observed, residuals
from latentclass.plots.weighing import weights

__all__ = [
    "classes",
    "effects",
    "likert",
    "loadings",
    "mean_answers",
    "membership_map",
    "memberships",
    "null_check",
    "number_of_classes",
    "observed",
    "prior_posterior",
    "profiles",
    "ranks",
    "residuals",
    "sensitivity",
    "shares_along",
    "trace",
    "weights",
]
