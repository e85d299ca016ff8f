import dataclasses

import pytest

from latentclass.errors import ModelError
from latentclass.model import (
    LKJ,
    Allocation,
    Dirichlet,
    Flat,
    HalfNormal,
    Hierarchical,
    Normal,
    Priors,
    RegularizedHorseshoe,
)

LEARNED = [
    Hierarchical(0.25),
    Hierarchical(0.25, dof=3),
    RegularizedHorseshoe(0.2, slab_scale=1.5, slab_dof=5),
    Allocation(0.2, precision=5, concentration=0.5),
]


def test_repr_rebuilds_the_priors():
    learned = [Priors(effects=prior, group_effects={"g": prior}) for prior in LEARNED]
    for priors in (Priors(), Priors.flat(), Priors(effects=Normal(0.25), group_effects={"g": Flat()}), *learned):
        assert eval(repr(priors)) == priors


def test_all_groups_that_share_a_total_have_one_prior():
    shared = Priors(effects=Normal(0.5), group_effects={"a": Allocation(0.3), "b": Allocation(0.3)})
    assert shared.allocation == Allocation(0.3)
    assert Priors().allocation is None


def test_flat_priors_are_flat():
    flat = Priors.flat().as_dict()
    assert flat.pop("score_correlation") == LKJ(1)
    assert {repr(p) for n, p in flat.items() if n != "group_effects"} == {"Flat()", "Dirichlet(1)"}


def test_replacing_changes_a_copy():
    priors = Priors()
    changed = priors.replace(items=Dirichlet(2))
    assert (changed.items, priors.items) == (Dirichlet(2), Dirichlet(1))
    assert changed.replace(items=Dirichlet(1)) == priors


def test_the_prior_of_a_group():
    priors = Priors(effects=Normal(0.25), group_effects={"social": Normal(0.1)})
    assert (priors.of_group("social"), priors.of_group("technical")) == (Normal(0.1), Normal(0.25))


@pytest.mark.parametrize(
    ("declare", "match"),
    [
        (lambda: Normal(0), r"scale of a Normal prior must be a positive finite number; got 0"),
        (lambda: HalfNormal(float("inf")), r"scale of a HalfNormal prior .*got inf"),
        (lambda: Dirichlet(-1), r"concentration of a Dirichlet prior"),
        (lambda: LKJ(True), r"eta of an LKJ prior .*got True"),
        (lambda: Normal(float("nan")), r"got nan"),
        (lambda: Hierarchical(0.0), r"scale of a Hierarchical prior must be a positive finite number; got 0\.0"),
        (lambda: Hierarchical(0.5, dof=-1), r"dof of a Hierarchical prior must be a positive finite number; got -1"),
        (lambda: RegularizedHorseshoe(slab_dof=0), r"slab_dof of a RegularizedHorseshoe prior .*got 0"),
        (lambda: Allocation(precision=None), r"precision of an Allocation prior .*got None"),
        (lambda: Allocation(1.0), r"mean of an Allocation prior is a share of variance between 0 and 1; got 1"),
        (
            lambda: Priors(effects=Allocation(0.2), group_effects={"g": Allocation(0.3)}),
            r"share one total, so there is one Allocation in a model; got 'Allocation\(0\.2",
        ),
        (lambda: Priors(location=Hierarchical()), r"The prior 'location' is a Normal or Flat; got Hierarchical"),
        (lambda: Priors(effcts=Normal(1)), r"Unknown prior 'effcts'\. Did you mean 'effects' or 'group_effects'\?"),
        (lambda: Priors(items=Normal(1)), r"The prior 'items' is a Dirichlet; got Normal\(1\)"),
        (lambda: Priors(effects=1.0), r"The prior 'effects' is a Normal or Hierarchical or .*; got 1.0"),
        (
            lambda: Priors(group_effects={"g": Dirichlet(1)}),
            r"group_effects\['g'\].* is a Normal or .* or Flat; got Dirichlet",
        ),
        (lambda: Priors(group_effects=[Normal(1)]), r"group_effects maps names of factor groups to priors"),
        (lambda: Priors().replace(itms=Dirichlet(1)), r"Unknown prior 'itms'\. Did you mean 'items'"),
    ],
)
def test_priors_that_make_no_sense(declare, match):
    with pytest.raises(ModelError, match=match):
        declare()


def test_priors_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError, match="items"):
        Priors().items = Dirichlet(2)
