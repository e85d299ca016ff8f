"""The model as a value: items, constructs, factor groups, priors. Nothing here touches data or PyMC."""

from latentclass.model.constructs import Construct, IndicatorKind, Scores, construct
from latentclass.model.frozen import FrozenMapping
from latentclass.model.groups import FactorGroup
from latentclass.model.items import Item, ItemKind, Level, Structure, binary, nominal, ordinal
from latentclass.model.model import Model
from latentclass.model.priors import LKJ, Dirichlet, EffectPrior, Flat, HalfNormal, Normal, Prior, Priors

__all__ = [
    "LKJ",
    "Construct",
    "Dirichlet",
    "EffectPrior",
    "FactorGroup",
    "Flat",
    "FrozenMapping",
    "HalfNormal",
    "IndicatorKind",
    "Item",
    "ItemKind",
    "Level",
    "Model",
    "Normal",
    "Prior",
    "Priors",
    "Scores",
    "Structure",
    "binary",
    "construct",
    "nominal",
    "ordinal",
]
