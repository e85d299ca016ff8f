"""Evidence on whether a factor group carries weight: a layer above everything that fits models."""

from latentclass.evidence.equivalence import Equivalence, equivalence
from latentclass.evidence.weight import WeightDraws, posterior_weights, prior_weights

__all__ = ["Equivalence", "WeightDraws", "equivalence", "posterior_weights", "prior_weights"]
