"""latentclass: Bayesian latent class modeling of survey data, on PyMC and ArviZ.

The names below are loaded when they are first used, so that importing the package does not import PyMC.

Examples
--------
>>> import latentclass as lc
>>> lc.Model(items=lc.binary("a", "b"), n_classes=2)
Model(2 classes; 2 items; next: model.describe() or lc.fit(model, frame))
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

_HOMES = {
    "latentclass.errors": (
        "ConvergenceWarning",
        "FileError",
        "FitError",
        "LatentClassError",
        "LatentClassWarning",
        "ModelError",
        "SurveyError",
        "SurveyWarning",
    ),
    "latentclass.model": (
        "Allocation",
        "Construct",
        "Dirichlet",
        "Flat",
        "HalfNormal",
        "Hierarchical",
        "Item",
        "LKJ",
        "Model",
        "Normal",
        "Outcome",
        "Priors",
        "RegularizedHorseshoe",
        "binary",
        "construct",
        "nominal",
        "ordinal",
        "outcome",
    ),
    "latentclass.survey": ("Survey", "read_survey"),
    "latentclass.checks": ("Check", "Checks", "Diagnosis", "check", "diagnose"),
    "latentclass.graph": ("build",),
    "latentclass.evidence": ("Rule", "Sensitivity", "Weighing", "sensitivity", "weigh"),
    "latentclass.comparison": ("Comparison", "choose", "compare"),
    "latentclass.infer": ("find_modes", "fit", "recover"),
    "latentclass.posterior": (
        "Drift",
        "Fit",
        "drift",
        "group_scales",
        "load",
        "log_likelihood_blocks",
        "membership_blocks",
        "with_log_likelihood",
    ),
    "latentclass.reporting": ("report",),
    "latentclass.simulation": ("simulate",),
}
_MODULES = ("datasets", "plots", "tables")
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = sorted([*_HOME_OF, *_MODULES, "__version__"])

if TYPE_CHECKING:
    from latentclass import datasets, plots, tables
    from latentclass.checks import Check, Checks, Diagnosis, check, diagnose
    from latentclass.comparison import Comparison, choose, compare
    from latentclass.errors import (
        ConvergenceWarning,
        FileError,
        FitError,
        LatentClassError,
        LatentClassWarning,
        ModelError,
        SurveyError,
        SurveyWarning,
    )
    from latentclass.evidence import Rule, Sensitivity, Weighing, sensitivity, weigh
    from latentclass.graph import build
    from latentclass.infer import find_modes, fit, recover
    from latentclass.model import (
        LKJ,
        Allocation,
        Construct,
        Dirichlet,
        Flat,
        HalfNormal,
        Hierarchical,
        Item,
        Model,
        Normal,
        Outcome,
        Priors,
        RegularizedHorseshoe,
        binary,
        construct,
        nominal,
        ordinal,
        outcome,
    )
    from latentclass.posterior import (
        Drift,
        Fit,
        drift,
        group_scales,
        load,
        log_likelihood_blocks,
        membership_blocks,
        with_log_likelihood,
    )
    from latentclass.reporting import report
    from latentclass.simulation import simulate
    from latentclass.survey import Survey, read_survey


def __getattr__(name: str) -> object:
    if name in _MODULES:
        return import_module(f"latentclass.{name}")
    if name not in _HOME_OF:
        message = f"module 'latentclass' has no attribute {name!r}"
        raise AttributeError(message)
    value = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)
