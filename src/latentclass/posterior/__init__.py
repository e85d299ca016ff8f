"""What a posterior says: relabelled draws in, tables out. Nothing here imports PyMC."""

from latentclass.posterior.class_drift import Drift, drift
from latentclass.posterior.classes import classes, classification_certainty, memberships, profiles
from latentclass.posterior.convergence import Convergence, check_approximation, check_convergence
from latentclass.posterior.density import log_likelihood
from latentclass.posterior.effects import effects, marginal_effects
from latentclass.posterior.fit import Fit
from latentclass.posterior.in_blocks import log_likelihood_blocks, membership_blocks, with_log_likelihood
from latentclass.posterior.indicators import indicator_log_likelihood
from latentclass.posterior.loading import load
from latentclass.posterior.loadings import loadings, reliability
from latentclass.posterior.predict import predict
from latentclass.posterior.relabel import Relabelled, relabel
from latentclass.posterior.scales import group_scales
from latentclass.posterior.solutions import solutions

__all__ = [
    "Convergence",
    "Drift",
    "Fit",
    "Relabelled",
    "check_approximation",
    "check_convergence",
    "classes",
    "classification_certainty",
    "drift",
    "effects",
    "group_scales",
    "indicator_log_likelihood",
    "load",
    "loadings",
    "log_likelihood",
    "log_likelihood_blocks",
    "marginal_effects",
    "membership_blocks",
    "memberships",
    "predict",
    "profiles",
    "relabel",
    "reliability",
    "solutions",
    "with_log_likelihood",
]
