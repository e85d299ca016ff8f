"""Whether a fit can be trusted: posterior predictive checks and diagnostics. Nothing here imports PyMC."""

from latentclass.checks.checking import check
from latentclass.checks.diagnosing import diagnose
from latentclass.checks.diagnosis import Diagnosis, Finding, Severity
from latentclass.checks.identification import Identification
from latentclass.checks.prior_draws import prior_draws
from latentclass.checks.result import Check, Checks

__all__ = [
    "Check",
    "Checks",
    "Diagnosis",
    "Finding",
    "Identification",
    "Severity",
    "check",
    "diagnose",
    "prior_draws",
]
