"""Evidence on whether a factor group carries weight: a layer above everything that fits models."""

from latentclass.evidence.bridge import Bridge, bridge
from latentclass.evidence.equivalence import Equivalence, equivalence
from latentclass.evidence.likelihood import LikelihoodRatio, likelihood_ratio, likelihood_ratios
from latentclass.evidence.lines import BayesFactor, GroupEvidence, bayes_factor
from latentclass.evidence.marginal import MarginalLikelihood, marginal_likelihood
from latentclass.evidence.nested import nested_bayes_factor
from latentclass.evidence.null_check import NullCheck, null_check
from latentclass.evidence.other_priors import Sensitivity, sensitivity
from latentclass.evidence.prediction import Prediction, PredictionDifference, prediction, prediction_difference
from latentclass.evidence.refits import Refits, forget_refits, refits_folder, refits_like
from latentclass.evidence.subsets import Subsets, compare_subsets, subsets
from latentclass.evidence.verdict import Decision, Line, Rule, Side, Verdict
from latentclass.evidence.weighing import Weighing, weigh
from latentclass.evidence.weight import WeightDraws, posterior_weights, prior_weights

__all__ = [
    "BayesFactor",
    "Bridge",
    "Decision",
    "Equivalence",
    "GroupEvidence",
    "LikelihoodRatio",
    "Line",
    "MarginalLikelihood",
    "NullCheck",
    "Prediction",
    "PredictionDifference",
    "Refits",
    "Rule",
    "Sensitivity",
    "Side",
    "Subsets",
    "Verdict",
    "Weighing",
    "WeightDraws",
    "bayes_factor",
    "bridge",
    "compare_subsets",
    "equivalence",
    "forget_refits",
    "likelihood_ratio",
    "likelihood_ratios",
    "marginal_likelihood",
    "nested_bayes_factor",
    "null_check",
    "posterior_weights",
    "prediction",
    "prediction_difference",
    "prior_weights",
    "refits_folder",
    "refits_like",
    "sensitivity",
    "subsets",
    "weigh",
]
