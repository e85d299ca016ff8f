"""Whether a fit can be trusted: posterior predictive checks and diagnostics. Nothing here imports PyMC."""

from latentclass.checks.checking import check
from latentclass.checks.result import Check, Checks

__all__ = ["Check", "Checks", "check"]
