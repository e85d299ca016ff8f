"""The public names: a change here is a change for users."""

from __future__ import annotations

import subprocess
import sys

import latentclass as lc

NAMES = [
    "Allocation",
    "Check",
    "Checks",
    "Comparison",
    "Construct",
    "ConvergenceWarning",
    "Diagnosis",
    "Dirichlet",
    "Drift",
    "FileError",
    "Fit",
    "FitError",
    "Flat",
    "HalfNormal",
    "Hierarchical",
    "Item",
    "LKJ",
    "LatentClassError",
    "LatentClassWarning",
    "Model",
    "ModelError",
    "Normal",
    "Outcome",
    "Priors",
    "RegularizedHorseshoe",
    "Rule",
    "Sensitivity",
    "Survey",
    "SurveyError",
    "SurveyWarning",
    "Weighing",
    "__version__",
    "binary",
    "build",
    "check",
    "choose",
    "compare",
    "construct",
    "datasets",
    "diagnose",
    "drift",
    "find_modes",
    "fit",
    "group_scales",
    "load",
    "log_likelihood_blocks",
    "membership_blocks",
    "nominal",
    "ordinal",
    "outcome",
    "plots",
    "read_survey",
    "recover",
    "report",
    "sensitivity",
    "simulate",
    "tables",
    "weigh",
    "with_log_likelihood",
]


def test_the_public_names() -> None:
    assert dir(lc) == NAMES
    for name in NAMES:
        assert getattr(lc, name) is not None


def test_importing_the_package_imports_nothing_heavy() -> None:
    heavy = ("pymc", "pytensor", "arviz", "pandas", "xarray")
    code = f"import sys, latentclass; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
