import pytest

from latentclass.errors import ModelError
from latentclass.model import Construct, IndicatorKind, Scores, construct


def test_defaults():
    made = construct("a", "b")
    assert made == Construct(indicators=("a", "b"))
    assert (made.kind, made.scores, made.marker, made.levels) == (IndicatorKind.LIKERT, Scores.LATENT, "a", None)


@pytest.mark.parametrize(
    "made",
    [
        construct("a", "b"),
        construct("a", "b", marker="b", kind="continuous", missing=-9),
        construct("a", "b", levels=range(1, 4), scores="mean"),
    ],
)
def test_repr_rebuilds_the_construct(made):
    assert eval(repr(made)) == made


@pytest.mark.parametrize(
    ("declare", "match"),
    [
        (lambda: construct("a"), r"two or more different indicators; got 'a'"),
        (lambda: construct("a", "a"), r"two or more different indicators"),
        (lambda: Construct(indicators="ab"), r"a list of column names; got 'ab'"),
        (lambda: construct("a", 3), r"a list of column names"),
        (lambda: construct("stress_1", "b", marker="stres_1"), r"marker 'stres_1' is not .*Did you mean 'stress_1'"),
        (lambda: construct("a", "b", kind="ordinal"), r"kind of a construct is one of 'likert', 'continuous'"),
        (lambda: construct("a", "b", scores="sum"), r"scores of a construct is one of 'latent', 'mean'; got 'sum'"),
        (lambda: construct("a", "b", kind="continuous", levels=[1, 2]), r"have no levels; leave levels out"),
        (lambda: construct("a", "b", levels=[1, 1]), r"two or more different answers"),
        (lambda: construct("a", "b", levels=[1, 2], missing=2), r"none of them also declared missing"),
    ],
)
def test_constructs_that_make_no_sense(declare, match):
    with pytest.raises(ModelError, match=match):
        declare()
