"""How many classes: fits compared, and second opinions. The highest layer: it fits, weighs and checks."""

from latentclass.comparison.assess import Assessment, assess
from latentclass.comparison.choosing import choose
from latentclass.comparison.comparison import Comparison, compare
from latentclass.comparison.likelihood import MaximumLikelihood, maximum_likelihood
from latentclass.comparison.sparse import Occupied, occupied_classes

__all__ = [
    "Assessment",
    "Comparison",
    "MaximumLikelihood",
    "Occupied",
    "assess",
    "choose",
    "compare",
    "maximum_likelihood",
    "occupied_classes",
]
