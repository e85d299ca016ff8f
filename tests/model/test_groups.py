import pytest

from latentclass.errors import ModelError
from latentclass.model import FactorGroup

# what a user writes, right-hand side, repr
GIVEN = [
    (["age", "design quality"], "`age` + `design quality`", "['age', 'design quality']"),
    (("age",), "`age`", "['age']"),
    (" age + C(gender) ", "age + C(gender)", "'age + C(gender)'"),
    (FactorGroup(name="other", terms=("age",)), "`age`", "['age']"),
]


@pytest.mark.parametrize(("given", "right", "shown"), GIVEN)
def test_groups(given, right, shown):
    group = FactorGroup.of("technical", given)
    assert (group.name, group.right_hand_side, repr(group)) == ("technical", right, shown)


@pytest.mark.parametrize(
    ("name", "given", "match"),
    [
        ("g", [], r"needs a list of columns and constructs, or a formula"),
        ("g", "  ", r"needs a list of columns"),
        ("g", ["a", "a"], r"names a covariate twice"),
        ("g", ["a`b"], r"is a list of column and construct names or a formula"),
        ("g", [1], r"is a list of column and construct names"),
        ("g", 3, r"is a list of column and construct names"),
        ("1st", ["a"], r"begins with a letter .*got '1st'"),
        ("a/b", ["a"], r"begins with a letter"),
        (3, ["a"], r"begins with a letter .*got 3"),
    ],
)
def test_groups_that_make_no_sense(name, given, match):
    with pytest.raises(ModelError, match=match):
        FactorGroup.of(name, given)


def test_terms_or_formula():
    with pytest.raises(ModelError, match=r"needs a list of columns and constructs, or a formula"):
        FactorGroup(name="g", terms=("a",), formula="a")
