"""The only place that writes PyMC: a model and a survey become a plain `pymc.Model`."""

from latentclass.graph.model import build, build_survey

__all__ = ["build", "build_survey"]
