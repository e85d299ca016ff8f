"""Pictures of the tables that a fit returns. Each function takes a table, computes nothing and returns a Figure.

Drawing needs matplotlib, which comes with the extra ``latentclass[plots]``. The figures do not touch pyplot: save one
with ``figure.savefig("classes.png")``; a notebook shows it as the last value of a cell after ``%matplotlib inline``.
"""

from latentclass.plots.bars import classes, memberships, profiles
from latentclass.plots.forests import effects, loadings

__all__ = ["classes", "effects", "loadings", "memberships", "profiles"]
