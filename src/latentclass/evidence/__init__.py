"""Evidence on whether a factor group carries weight: a layer above everything that fits models."""

from latentclass.evidence.bridge import Bridge, bridge
from latentclass.evidence.equivalence import Equivalence, equivalence
from latentclass.evidence.marginal import MarginalLikelihood, marginal_likelihood
from latentclass.evidence.null_check import NullCheck, null_check
from latentclass.evidence.prediction import Prediction, PredictionDifference, prediction, prediction_difference
from latentclass.evidence.weight import WeightDraws, posterior_weights, prior_weights

__all__ = [
    "Bridge",
    "Equivalence",
    "MarginalLikelihood",
    "NullCheck",
    "Prediction",
    "PredictionDifference",
    "WeightDraws",
    "bridge",
    "equivalence",
    "marginal_likelihood",
    "null_check",
    "posterior_weights",
    "prediction",
    "prediction_difference",
    "prior_weights",
]
