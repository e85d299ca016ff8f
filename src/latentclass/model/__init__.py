"""The model as a value: items, constructs, factor groups, priors. Nothing here touches data or PyMC."""

from latentclass.model.constructs import Construct, IndicatorKind, Scores, construct
from latentclass.model.families import LKJ, Dirichlet, Flat, HalfNormal, Normal
from latentclass.model.frozen import FrozenMapping
from latentclass.model.groups import FactorGroup
from latentclass.model.items import Item, ItemKind, Level, Structure, binary, nominal, ordinal
from latentclass.model.model import Model
from latentclass.model.outcomes import Outcome, OutcomeKind, outcome
from latentclass.model.priors import EffectPrior, Prior, Priors
from latentclass.model.shrinkage import Allocation, Hierarchical, RegularizedHorseshoe

__all__ = [
    "LKJ",
    "Allocation",
    "Construct",
    "Dirichlet",
    "EffectPrior",
    "FactorGroup",
    "Flat",
    "FrozenMapping",
    "HalfNormal",
    "Hierarchical",
    "IndicatorKind",
    "Item",
    "ItemKind",
    "Level",
    "Model",
    "Normal",
    "Outcome",
    "OutcomeKind",
    "Prior",
    "Priors",
    "RegularizedHorseshoe",
    "Scores",
    "Structure",
    "binary",
    "construct",
    "nominal",
    "ordinal",
    "outcome",
]
