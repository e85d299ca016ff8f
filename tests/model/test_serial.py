"""A model as plain data and back, through JSON."""

import json

import pytest

from latentclass.errors import FileError
from latentclass.model import (
    LKJ,
    Allocation,
    Dirichlet,
    Flat,
    HalfNormal,
    Hierarchical,
    Model,
    Normal,
    Priors,
    RegularizedHorseshoe,
    binary,
)
from latentclass.model.serial import model_from_data, model_to_data

PRIORS = [
    Priors(),
    Priors.flat(),
    Priors(intercept=Dirichlet(2.5), continuous_sd=HalfNormal(0.3), score_correlation=LKJ(3)),
    Priors(effects=Hierarchical(0.3), group_effects={"g": Hierarchical(0.2, dof=4)}),
    Priors(effects=RegularizedHorseshoe(0.2, slab_scale=2, slab_dof=5), group_effects={"g": Flat()}),
    Priors(effects=Allocation(0.3, precision=5, concentration=0.7), group_effects={"g": Normal(0.1)}),
]


@pytest.mark.parametrize("priors", PRIORS, ids=lambda priors: repr(priors.effects))
def test_every_prior_comes_back(priors):
    model = Model(items=binary("a"), n_classes=2, factor_groups={"g": ["x"], "h": "log(y)"}, priors=priors)
    assert model_from_data(json.loads(json.dumps(model_to_data(model), allow_nan=False))) == model


def test_an_unknown_prior_is_a_damaged_file():
    data = model_to_data(Model(items=binary("a"), n_classes=2))
    data["priors"]["effects"] = ["Laplace", 1.0]
    with pytest.raises(FileError, match="damaged or comes from another program: 'Laplace'"):
        model_from_data(data)
