import dataclasses
import pickle

import numpy as np
import pytest

from latentclass.errors import ModelError
from latentclass.model import Model, Normal, Priors, binary, construct, nominal, ordinal

ITEMS = binary("a", "b")


def model(**changes):
    return Model(**{"items": ITEMS, "n_classes": 2, **changes})


def test_items_may_be_nested():
    made = model(items=[binary("a", "b"), *nominal("c"), ordinal("d")[0]])
    assert [i.name for i in made.items] == ["a", "b", "c", "d"]


def test_lists_become_values():
    made = model(constructs={"stress": ["s1", "s2"]}, factor_groups={"g": ["stress", "age"], "h": "log(tenure)"})
    assert made.constructs["stress"] == construct("s1", "s2")
    assert made.factor_groups["g"].terms == ("stress", "age")
    assert made.factor_groups["h"].formula == "log(tenure)"
    assert made.latent_constructs == ("stress",)
    assert pickle.loads(pickle.dumps(made)) == made


def test_mean_scores_are_not_latent():
    made = model(constructs={"stress": construct("s1", "s2", scores="mean"), "trust": ["t1", "t2"]})
    assert made.latent_constructs == ("trust",)


def test_names_of_classes():
    assert model().class_names == ("Class 1", "Class 2")
    assert model(class_names=["x", "y"]).replace(n_classes=3).class_names == ("Class 1", "Class 2", "Class 3")
    assert model(class_names=["x", "y"]).replace(priors=Priors.flat()).class_names == ("x", "y")
    assert model(n_classes=np.int64(3)).n_classes == 3


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"items": []}, r"needs at least one item"),
        ({"items": ["a"]}, r"items is a list of items made by binary\(\).*got 'a'"),
        ({"items": "a"}, r"items is a list of items"),
        ({"items": binary("a", "a")}, r"Each item is named once in a model; 'a'"),
        ({"n_classes": 0}, r"n_classes is a whole number of classes, 1 or more; got 0"),
        ({"n_classes": 2.0}, r"got 2.0"),
        ({"n_classes": True}, r"got True"),
        ({"n_classes": "2"}, r"got '2'"),
        ({"class_names": ["x"]}, r"class_names needs 2 different names, one per class; got 'x'"),
        ({"class_names": ["x", "x"]}, r"needs 2 different names"),
        ({"class_names": "xy"}, r"class_names is a list of non-empty strings"),
        ({"factor_groups": ["age"]}, r"factor_groups maps names to lists of columns or to formulas"),
        ({"factor_groups": {"g": ["a"]}}, r"'a' is used both as item and as covariate of a factor group"),
        ({"factor_groups": {"g": ["x"], "h": ["x"]}}, r"Each covariate is named once in a model; 'x'"),
        ({"constructs": [["s1", "s2"]]}, r"constructs maps names to lists"),
        ({"constructs": {"": ["s1", "s2"]}}, r"named by a non-empty string without backticks"),
        ({"constructs": {"s": ["a", "s2"]}}, r"'a' is used both as item and as indicator of a construct"),
        (
            {"constructs": {"s": ["s", "s2"]}},
            r"'s' is used both as indicator of a construct and as name of a construct",
        ),
        ({"constructs": {"s": ["x", "y"], "t": ["x", "z"]}}, r"Each indicator is named once in a model; 'x'"),
        ({"priors": Normal(1.0)}, r"priors is a Priors value"),
        (
            {"factor_groups": {"social": ["x"]}, "priors": Priors(group_effects={"socal": Normal(1)})},
            r"factor group 'socal', which the model does not have\. Did you mean 'social'",
        ),
    ],
)
def test_models_that_make_no_sense(changes, match):
    with pytest.raises(ModelError, match=match):
        model(**changes)


def test_replacing_an_unknown_part():
    with pytest.raises(ModelError, match=r"A model has no part 'n_class'\. Did you mean 'n_classes'"):
        model().replace(n_class=3)


def test_a_model_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError, match="n_classes"):
        model().n_classes = 3


def test_repr():
    made = model(n_classes=1, constructs={"s": ["x", "y"]}, factor_groups={"g": ["s"]})
    assert repr(made) == (
        "Model(1 class; 2 items; constructs: s; factor groups: g; next: model.describe() or lc.fit(model, frame))"
    )
