import numpy as np
import pytest

from latentclass.errors import ModelError
from latentclass.model import Item, ItemKind, Structure, binary, nominal, ordinal
from latentclass.model.items import as_codes


def test_one_item_per_name():
    items = ordinal("a", "b", levels=range(1, 4), missing=9, dispersion=True)
    assert [i.name for i in items] == ["a", "b"]
    assert items[0] == Item(
        name="a", kind="ordinal", levels=(1, 2, 3), missing=(9,), structure="cumulative", dispersion=True
    )
    assert (items[0].kind, items[0].structure) == (ItemKind.ORDINAL, Structure.CUMULATIVE)


@pytest.mark.parametrize(("declare", "structure"), [(binary, "free"), (nominal, "free"), (ordinal, "cumulative")])
def test_defaults(declare, structure):
    (item,) = declare("a")
    assert (item.levels, item.missing, item.structure, item.dispersion) == (None, (), structure, False)


@pytest.mark.parametrize(
    "item",
    [
        *binary("a", levels=["no", "yes"], missing=[9, "x"]),
        *nominal("a"),
        *ordinal("a", structure="free"),
        *ordinal("a", levels=[1, 2], dispersion=True),
    ],
)
def test_repr_rebuilds_the_item(item):
    assert eval(repr(item)) == item


@pytest.mark.parametrize(
    ("given", "plain"),
    [(9, (9,)), ("x", ("x",)), ([1, 2.5, True], (1, 2.5, True)), (np.array([1, 2]), (1, 2)), ((), ())],
)
def test_codes_are_plain(given, plain):
    made = as_codes(given, "levels")
    assert made == plain
    assert all(type(v) in (int, float, bool, str) for v in made)


@pytest.mark.parametrize(
    ("declare", "match"),
    [
        (lambda: binary(), r"binary\(\) needs at least one column name"),
        (lambda: ordinal(["a", "b"]), r"takes column names as separate strings.*Unpack a list with \*"),
        (lambda: binary(""), r"a non-empty string; got ''"),
        (lambda: binary("a", levels=[1, 2, 3]), r"Binary item 'a' has 3 levels \(1, 2, 3\)"),
        (lambda: nominal("a", levels=[1, 1, 2]), r"levels of item 'a' repeat 1"),
        (lambda: nominal("a", levels=[1]), r"at least two are needed"),
        (lambda: nominal("a", levels=[1, 2], missing=2), r"declares 2 both as a level and as missing"),
        (lambda: nominal("a", levels=[1, None]), r"levels of item 'a' are strings, numbers or bools; got None"),
        (lambda: nominal("a", missing=float("nan")), r"missing codes of item 'a' are .*got nan"),
        (lambda: ordinal("a", structure="loose"), r"structure of item 'a' is one of 'free', 'cumulative'; got 'loose'"),
        (lambda: Item(name="a", kind="count"), r"kind of item 'a' is one of 'binary', 'nominal', 'ordinal'"),
        (
            lambda: Item(name="a", kind="nominal", structure="cumulative"),
            r"'a' is nominal and cannot have a cumulative",
        ),
        (lambda: ordinal("a", structure="free", dispersion=True), r"asks for a dispersion per class"),
    ],
)
def test_items_that_make_no_sense(declare, match):
    with pytest.raises(ModelError, match=match):
        declare()
