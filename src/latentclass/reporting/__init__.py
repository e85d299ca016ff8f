"""One file that says everything about a fit."""

from latentclass.reporting.write import Result, report

__all__ = ["Result", "report"]
