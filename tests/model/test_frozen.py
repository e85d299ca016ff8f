import copy
import pickle

import pytest

from latentclass.model import FrozenMapping


def test_it_is_a_mapping():
    made = FrozenMapping({"b": 1, "a": 2})
    assert (list(made), made["a"], len(made), made.get("c", 3)) == (["b", "a"], 2, 2, 3)
    assert made == {"a": 2, "b": 1}
    assert repr(made) == "{'b': 1, 'a': 2}"
    assert FrozenMapping([("a", 1)]) == {"a": 1}


def test_it_does_not_follow_what_it_was_made_from():
    source = {"a": 1}
    made = FrozenMapping(source)
    source["a"] = 2
    assert made["a"] == 1


def test_it_cannot_be_changed():
    with pytest.raises(TypeError, match="item assignment"):
        FrozenMapping({"a": 1})["a"] = 2


def test_it_can_be_copied_pickled_and_hashed():
    made = FrozenMapping({"a": 1})
    assert copy.deepcopy(made) == pickle.loads(pickle.dumps(made)) == made
    assert hash(made) == hash(FrozenMapping({"a": 1}))
