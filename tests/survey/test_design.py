import pickle

import numpy as np
import pandas as pd
import pytest

from latentclass.errors import SurveyError
from latentclass.model import FactorGroup
from latentclass.survey.design import check_independent, encode_group, learn_group
from latentclass.survey.formulas import parse_group

RNG = np.random.default_rng(3)
N = 40
DATA = {
    "age": pd.Series(RNG.normal(44, 10, N)),
    "tenure": pd.Series(RNG.gamma(4, 3, N)),
    "remote": pd.Series(np.tile([1.0, 3.0], N // 2)),
    "design quality": pd.Series(RNG.normal(size=N)),
    "gender": pd.Series(pd.Categorical(np.resize(["female", "male", "other"], N))),
    "union": pd.Series(pd.Categorical(np.resize([False, False, True, True], N))),
    "branch": pd.Series(pd.Categorical(np.resize([1, 2, 3, 4], N))),
}


def design(formula, latent=(), data=DATA):
    return learn_group(parse_group(FactorGroup(name="g", formula=formula), latent), data, N)


# formula, labels, kinds
DESIGNS = [
    ("age", ["age"], ["continuous"]),
    ("remote + age", ["remote", "age"], ["two-valued", "continuous"]),
    ("gender", ["gender[T.male]", "gender[T.other]"], ["level", "level"]),
    ("union", ["union[T.True]"], ["level"]),
    ("C(branch)", ["C(branch)[T.2]", "C(branch)[T.3]", "C(branch)[T.4]"], ["level"] * 3),
    ("C(gender, Treatment('other'))", None, ["level", "level"]),
    ("C(gender, contr.sum)", ["C(gender, contr.sum)[S.female]", "C(gender, contr.sum)[S.male]"], ["level"] * 2),
    ("`design quality` + log1p(abs(`design quality`))", ["design quality", "log1p(abs(design quality))"], None),
    ("poly(age, 2)", ["poly(age, 2)[1]", "poly(age, 2)[2]"], ["continuous"] * 2),
    ("age*union", ["age", "union[T.True]", "age:union[T.True]"], ["continuous", "level", "continuous"]),
    ("gender:union + gender + union", None, ["level"] * 5),
    ("stress + age", ["stress", "age"], ["construct", "continuous"]),
    ("age + stress", ["age", "stress"], ["continuous", "construct"]),
    ("stress", ["stress"], ["construct"]),
    ("2:age", ["age"], ["continuous"]),
]


@pytest.mark.parametrize(("formula", "labels", "kinds"), DESIGNS)
def test_columns(formula, labels, kinds):
    made = design(formula, ["stress"])
    assert labels is None or list(made.labels) == labels
    assert kinds is None or [c.kind for c in made.columns] == kinds
    assert made.matrix.shape == (N, len(made.columns))
    assert not made.matrix.flags.writeable
    # centring leaves a rounding error of the order of the largest value times the precision of a double
    np.testing.assert_allclose(made.matrix.mean(axis=0), 0, atol=1e-12)
    for column, values in zip(made.columns, made.matrix.T, strict=True):
        if column.kind == "continuous":
            assert values.std(ddof=1) == pytest.approx(1)
        elif column.kind == "two-valued":
            assert np.ptp(values) == pytest.approx(1)
        elif column.kind == "construct":
            assert not values.any()
            assert column.covariates == ()


def test_dummies_are_those_of_the_categories():
    made = design("gender")
    expected = np.column_stack([DATA["gender"] == "male", DATA["gender"] == "other"]).astype(float)
    np.testing.assert_allclose(made.matrix, expected - expected.mean(axis=0))
    assert made.columns[0].covariates == ("gender",)


def test_a_polynomial_spans_the_powers():
    made = design("poly(age, 2)").matrix
    powers = np.column_stack([np.ones(N), DATA["age"], DATA["age"] ** 2])
    fitted = powers @ np.linalg.lstsq(powers, made)[0]
    np.testing.assert_allclose(fitted, made, atol=1e-8)  # powers of ages lose half of the digits


def test_an_interaction_knows_its_covariates():
    assert design("age:tenure").columns[0].covariates == ("age", "tenure")


STATEFUL = ["age", "gender", "poly(age, 3)", "scale(tenure)*gender", "bs(age, df=5)", "cr(tenure, df=4)", "log(tenure)"]


@pytest.mark.parametrize("formula", [*STATEFUL, "center(age) + stress + union", "stress"])
def test_new_data_are_encoded_alike(formula):
    made = design(formula, ["stress"])
    rows = [3, 17, 5, 3]
    part = {name: series.iloc[rows] for name, series in DATA.items()}
    for again in (made, pickle.loads(pickle.dumps(made))):
        np.testing.assert_allclose(encode_group(again, part, 4), made.matrix[rows], atol=1e-12)
    single = {name: series.iloc[[7]] for name, series in DATA.items()}
    np.testing.assert_allclose(encode_group(made, single, 1), made.matrix[[7]], atol=1e-12)
    assert encode_group(made, DATA, N).tolist() == made.matrix.tolist()


@pytest.mark.parametrize(
    ("formula", "match"),
    [
        ("log(age - 44)", r"Column 'log\(age - 44\)' of factor group 'g' is not a finite number \(.*rows"),
        ("I(age * 0)", r"Column 'I\(age \* 0\)' of factor group 'g' is constant \(0 for every respondent\)"),
        ("poly(gender, 2)", r"The formula of factor group 'g' cannot be evaluated: "),
        ("C(gender, levels=['male', 'female'])", r"cannot be evaluated: .*other"),
        ("bs(age, df=1)", r"cannot be evaluated"),
        ("gender:branch + gender + branch", r"is constant \(0 for every respondent\).*do not occur together"),
    ],
)
def test_formulas_that_fail_on_the_data(formula, match):
    data = {**DATA, "branch": pd.Series(pd.Categorical(np.resize([1, 2, 3], N)))}
    with pytest.raises(SurveyError, match=match):
        design(formula, data=data)


def test_a_spline_does_not_reach_beyond_its_data():
    made = design("bs(age, df=4)")
    with pytest.raises(SurveyError, match=r"cannot be evaluated: .*bounds"):
        encode_group(made, {"age": pd.Series([500.0])}, 1)


def test_labels_are_unique():
    data = {"a": DATA["age"], "b": DATA["tenure"], "a:b": DATA["design quality"]}
    with pytest.raises(SurveyError, match=r"several columns labelled 'a:b'; rename a covariate"):
        design("a:b + `a:b`", data=data)


def test_dependent_columns_are_named():
    data = {**DATA, "sum": DATA["age"] + 2 * DATA["tenure"] + 7}
    first, second = design("age + gender", data=data), design("tenure + `sum`", data=data)
    with pytest.raises(
        SurveyError, match=r"columns 'sum' \(group 'g'\), 'age' .*, 'tenure' .* are linearly dependent.*40 respondents"
    ) as error:
        check_independent([first, second])
    assert "gender" not in str(error.value)


def test_independent_columns_pass():
    check_independent(
        [design("age + gender + stress", ["stress"]), design("tenure*remote"), design("stress", ["stress"])]
    )


def test_more_columns_than_respondents_are_dependent():
    few = {name: series.iloc[:4] for name, series in DATA.items()}
    made = learn_group(parse_group(FactorGroup(name="g", formula="age + tenure + `design quality` + gender")), few, 4)
    with pytest.raises(SurveyError, match=r"linearly dependent.*\(5 columns, 4 respondents\.\)"):
        check_independent([made])


def test_repr_and_equality():
    made = design("age + gender")
    assert repr(made) == "GroupDesign('g': age, gender[T.male], gender[T.other]; 40 respondents)"
    assert made == design("age + gender")
    assert made != design("age")
    assert made != 3
