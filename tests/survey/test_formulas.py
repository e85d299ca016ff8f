import numpy as np
import pandas as pd
import pytest

from latentclass.errors import SurveyError
from latentclass.model import FactorGroup
from latentclass.survey.design import learn_group
from latentclass.survey.formulas import parse_group


def parsed(formula, latent=()):
    return parse_group(FactorGroup(name="g", formula=formula), latent)


# formula, names it uses
READ = [
    ("age", ("age",)),
    ("1 + age", ("age",)),
    ("age + C(gender)", ("age", "gender")),
    ("age*gender", ("age", "gender")),
    ("(age + gender)**2", ("age", "gender")),
    ("`design quality` + log(`design quality` + 1)", ("design quality",)),
    ("Q('design quality')", ("design quality",)),
    ("np.log(age)", ("age",)),
    ("I(age**2) + {age / tenure}", ("age", "tenure")),
    ("poly(age, 2) + bs(tenure, df=4)", ("age", "tenure")),
    ("bs(age, knots=[30, 40], degree=2)", ("age",)),
    ("C(gender, Treatment('male')) + scale(age)", ("gender", "age")),
    ("C(gender, contr.treatment(base='male'))", ("gender",)),
    ("C(gender, contr.sum, levels=['male', 'female'])", ("gender",)),
    ("C(gender, Sum)", ("gender",)),
    ("`C` + `np` + `class` + `1st`", ("C", "np", "class", "1st")),
    ("scale(log(age), center=False)", ("age",)),
    ("I(-age)", ("age",)),
    ("age\n + tenure", ("age", "tenure")),
]


@pytest.mark.parametrize(("formula", "names"), READ)
def test_names_of_a_formula(formula, names):
    assert parsed(formula).names == names


def test_names_of_a_list():
    group = parse_group(FactorGroup(name="g", terms=("design quality", "stress")), ["stress"])
    assert group.names == ("design quality", "stress")
    assert [t.construct for t in group.terms] == [None, "stress"]


def test_columns_that_are_only_categories():
    assert parsed("C(a) + C(b, levels=[1, 2]):c + C(d) + I(d**2) + C(e, Sum)").categories == {"a", "b", "e"}


# Each would write, read or reach further than its columns if it were evaluated.
HOSTILE = [
    "__import__('os').system('touch {path}')",
    "I(__import__('os').system('touch {path}'))",
    "{{__import__('os').system('touch {path}')}}",
    "open('{path}', 'w')",
    "I(open('{path}', 'w').close())",
    "eval('1')",
    "I(exec('1'))",
    "getattr(age, 'values')",
    "log(age.__class__)",
    "I(age.values.tofile('{path}'))",
    "age.to_csv('{path}')",
    "np.save('{path}', age)",
    "np.log.__call__(age)",
    "I(contr.__dict__)",
    "C(age, contr.custom([[1, 2]]))",
    "I((lambda: 1)())",
    "{{[x for x in age]}}",
    "{{(x for x in age)}}",
    "I(age[0])",
    "I(age if age else age)",
    "I(age > 3)",
    "I(age and age)",
    "I(f'{{age}}')",
    "{{(y := age)}}",
    "log(*age)",
    "poly(age, **age)",
    "poly(age, _state=age)",
    "scale(age, __x=1)",
    "C(age, levels=[age])",
    'C(age, levels=["it\'s"])',
    "C(age, levels=['a\\\\'])",
    "C(age, levels=['\"] + [1'])",
    "Q(age)",
    "Q('a', 'b')",
    "hashed(age)",
    "lag(age)",
    "I(age**99)",
    "I(9**9**9)",
    "{{9**9}}",
    "I(age * 10**400)",
    "I(3j * age)",
    "I(b'x')",
    "log(__builtins__)",
    "I(age @ age)",
    "I(~age)",
    "log(np)",
    "I(1) + {{'text'}}",
]


@pytest.mark.parametrize("formula", HOSTILE)
def test_hostile_formulas_are_refused_and_not_evaluated(formula, tmp_path):
    path = tmp_path / "touched"
    group = FactorGroup(name="individual", formula=formula.format(path=path))
    with pytest.raises(SurveyError, match=r"The formula of factor group 'individual' holds .*allowed are column names"):
        parse_group(group)
    assert not path.exists()


@pytest.mark.parametrize("name", ["a]; __import__('os')", 'x"] + 1', "it's", "x\\", "{x}", "log(x)", "a + b", "λ"])
def test_hostile_column_names_are_only_names(name):
    group = parse_group(FactorGroup(name="g", terms=(name,)))
    design = learn_group(group, {name: pd.Series([1.0, 2.0, 3.0])}, 3)
    assert design.labels == (name,)
    inside = parsed(f"scale(`{name}`)")
    assert inside.names == (name,)
    assert learn_group(inside, {name: pd.Series([1.0, 2.0, 3.0])}, 3).labels == (f"scale({name})",)


@pytest.mark.parametrize(
    ("formula", "match"),
    [
        ("0 + age", r"'0 \+ age'\) removes the intercept"),
        ("age - 1", r"removes the intercept .*sizes of the classes"),
        ("-1 + age", r"removes the intercept"),
        ("class ~ age", r"has a response \('~'\).*class membership"),
        ("~ age", r"has a response"),
        ("age | gender", r"holds '\|', which has no meaning here"),
        ("age + .", r"holds '\.', which has no meaning"),
        ("[age ~ gender]", r"has a response"),
        ("1", r"has no covariates; name at least one"),
        ("log(age", r"\('log\(age'\) cannot be read: "),
        ("age +", r"cannot be read"),
        ("age + 'text'", r"cannot be read"),
        ("3 + age", r"cannot be read"),
        ("(age + gender)**20", r"to the power 20; at most 9"),
        ("a" * 5000, r"has 5000 characters; a formula has at most 4000"),
        ("`a b` + _column_0_", r"uses the name '_column_0_'"),
    ],
)
def test_formulas_that_cannot_be_used(formula, match):
    with pytest.raises(SurveyError, match=match) as error:
        parsed(formula)
    assert "\x1b" not in str(error.value)


@pytest.mark.parametrize("formula", ["stress", "`stress`", "age + stress", "stress + C(gender)"])
def test_a_latent_construct_is_a_main_effect(formula):
    assert [t.construct for t in parsed(formula, ["stress"]).terms if t.construct] == ["stress"]


@pytest.mark.parametrize(
    "formula", ["stress:age", "stress*age", "log(stress)", "scale(stress)", "C(stress)", "Q('stress')", "2:stress"]
)
def test_a_latent_construct_is_nothing_else(formula):
    with pytest.raises(SurveyError, match=r"puts the latent construct 'stress' into .*scores='mean'"):
        parsed(formula, ["stress"])


def test_local_variables_are_not_captured():
    shadow = np.ones(3)
    assert shadow.sum() == 3
    group = parsed("age + shadow")
    with pytest.raises(KeyError, match="shadow"):
        learn_group(group, {"age": pd.Series([1.0, 2.0, 4.0])}, 3)
