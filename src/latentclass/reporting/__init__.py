"""One file that says everything about a fit."""

from latentclass.reporting.report import Result, report

__all__ = ["Result", "report"]
