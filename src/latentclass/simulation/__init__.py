"""The generative twin of the PyMC model in NumPy: likelihoods, priors and simulated surveys.

Written independently of `latentclass.graph`; each is the other's test.
"""

from latentclass.simulation.draw import draw_arrays, draw_parameters
from latentclass.simulation.likelihood import (
    indicator_log_likelihood,
    log_likelihood,
    membership_log_prior,
    memberships,
)
from latentclass.simulation.prior import log_prior
from latentclass.simulation.probabilities import level_probabilities
from latentclass.simulation.simulated import Simulated, simulate
from latentclass.simulation.weights import group_weights

__all__ = [
    "Simulated",
    "draw_arrays",
    "draw_parameters",
    "group_weights",
    "indicator_log_likelihood",
    "level_probabilities",
    "log_likelihood",
    "log_prior",
    "membership_log_prior",
    "memberships",
    "simulate",
]
