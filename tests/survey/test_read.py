import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import latentclass as lc
from latentclass.errors import SurveyError
from latentclass.survey import read_survey

RNG = np.random.default_rng(11)
N = 30


def frame():
    return pd.DataFrame(
        {
            "posted": np.resize(["no", "yes", "yes"], N),
            "sharing": np.resize([1, 2, 3, 4, 5, 9], N),
            "channel": pd.Categorical(np.resize(["wiki", "blog", None], N), categories=["wiki", "forum", "blog"]),
            "age": RNG.normal(40, 10, N).round(1),
            "tenure": RNG.gamma(2, 4, N),
            "gender": np.resize(["f", "m", "d", "m"], N),
            "s1": np.resize([1, 2, 3, 4], N),
            "s2": np.resize([1, 2, 4, 4, np.nan], N),
            "design quality": RNG.normal(size=N),
        }
    )


def model(**changes):
    parts = {
        "items": [
            *lc.binary("posted"),
            *lc.ordinal("sharing", missing=9, dispersion=True),
            *lc.nominal("channel"),
        ],
        "n_classes": 2,
        "factor_groups": {"individual": ["stress", "age"], "technical": ["design quality"]},
        "constructs": {"stress": ["s1", "s2"]},
    }
    return lc.Model(**{**parts, **changes})


def test_a_survey_holds_what_the_model_names():
    survey = read_survey(model(), frame())
    assert [(c.name, c.levels) for c in survey.items] == [
        ("posted", ("no", "yes")),
        ("sharing", (1, 2, 3, 4, 5)),
        ("channel", ("wiki", "blog")),
    ]
    assert (survey.items[1].structure, survey.items[1].dispersion) == ("cumulative", True)
    assert survey.codes[:6].tolist() == [[0, 0, 0], [1, 1, 1], [1, 2, -1], [0, 3, 0], [1, 4, 1], [1, -1, -1]]
    assert survey.design("individual").labels == ("stress", "age")
    assert survey.design("technical").labels == ("design quality",)
    assert survey.likert_codes.shape == (N, 2)
    assert survey.likert_codes[:5].tolist() == [[0, 0], [1, 1], [2, 3], [3, 3], [0, -1]]
    assert survey.continuous_values.shape == (N, 0)
    assert {n: (c.group, c.kind) for n, c in survey.covariates.items()} == {
        "age": ("individual", "continuous"),
        "design quality": ("technical", "continuous"),
    }
    assert list(survey.frame) == ["posted", "sharing", "channel", "s1", "s2", "age", "design quality"]
    assert survey.notes.missing_by_item == {"posted": 0, "sharing": 5, "channel": 10}


def test_reading_does_not_change_the_frame():
    given_frame = frame()
    before = given_frame.copy(deep=True)
    survey = read_survey(model(), given_frame)
    survey.frame.loc[0, "age"] = -1.0
    pd.testing.assert_frame_equal(given_frame, before)


def test_reading_the_stored_frame_again_gives_an_equal_survey():
    given_frame = frame()
    given_frame["flag"] = pd.array(np.resize([True, False, None], N), dtype="boolean")
    given_frame["mixed"] = pd.Series(np.resize(np.array([1, 2, "refused"], dtype=object), N))
    given_frame.loc[3, "tenure"] = np.nan
    described = model(
        items=[*model().items, *lc.binary("flag"), *lc.ordinal("mixed", missing="refused")],
        factor_groups={"individual": "stress + poly(age, 2)", "other": "C(gender)*tenure"},
    )
    survey = read_survey(described, given_frame, missing_covariates="drop")
    again = read_survey(described, survey.frame)
    assert again == survey
    assert again.notes != survey.notes
    assert {str(d) for d in survey.frame.dtypes} - {"str", "object"} == {"int64", "float64", "category"}


@settings(max_examples=20, deadline=None)
@given(st.permutations(list(range(N))))
def test_permuting_respondents_permutes_their_rows(order):
    survey = read_survey(model(), FIXED)
    shuffled = read_survey(model(), FIXED.iloc[order])
    assert shuffled.respondents == tuple(order)
    assert shuffled.items == survey.items
    assert shuffled.codes.tolist() == survey.codes[order].tolist()
    assert shuffled.likert_codes.tolist() == survey.likert_codes[order].tolist()
    # sums in another order differ in their last digits
    np.testing.assert_allclose(
        shuffled.design("individual").matrix, survey.design("individual").matrix[order], atol=1e-12
    )


FIXED = frame()


@pytest.mark.parametrize(
    ("index", "respondents"),
    [
        (range(5, 8), (5, 6, 7)),
        (["a", "b", "c"], ("a", "b", "c")),
        ([1.0, 2.0, 3.0], (1, 2, 3)),
        ([1, "b", 2.5], (1, "b", "2.5")),
        (pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 1)]), ("('a', 1)", "('a', 2)", "('b', 1)")),
    ],
)
def test_labels_of_respondents(index, respondents):
    survey = read_survey(lc.Model(items=lc.binary("a"), n_classes=1), pd.DataFrame({"a": [0, 1, 1]}, index=index))
    assert survey.respondents == respondents
    assert survey.frame.index.tolist() == list(respondents)
    assert read_survey(survey.model, survey.frame) == survey


@pytest.mark.parametrize(
    ("levels", "values"),
    [
        ([1, 2], [1.0, 2.0, np.nan]),
        ([1.0, 2.0], pd.array([1, 2, None], dtype="Int64")),
        ([False, True], pd.array([False, True, None], dtype="boolean")),
        ([0, 1], [False, True, None]),
        ([False, True], [0, 1, np.nan]),
        ([np.int64(1), np.int64(2)], pd.Categorical([1, 2, None])),
        (["no", "yes"], pd.array(["no", "yes", None], dtype="string")),
    ],
)
def test_levels_compare_by_value(levels, values):
    survey = read_survey(lc.Model(items=lc.binary("a", levels=levels), n_classes=1), pd.DataFrame({"a": values}))
    assert survey.codes.ravel().tolist() == [0, 1, -1]


def change(**columns):
    return lambda f: f.assign(**columns)


GROUPS = {"individual": ["age"], "technical": ["design quality"]}

# what is done to the frame, what is changed in the model, message
WRONG = [
    (lambda f: f.to_dict(), {}, r"read from a pandas DataFrame .*; got a dict"),
    (lambda f: f.iloc[:0], {}, r"The data frame is empty"),
    (lambda f: f.iloc[:1], {}, r"has 1 respondents for 2 classes"),
    (lambda f: f.drop(columns="sharing"), {}, r"no column 'sharing', which the model uses as an item"),
    (
        lambda f: f.rename(columns={"age": "Age"}),
        {},
        r"no column 'age', .*covariate of factor group 'individual'.*'Age'",
    ),
    (lambda f: f.drop(columns="s2"), {}, r"no column 's2', .* an indicator of construct 'stress'.*'s1'"),
    (lambda f: pd.concat([f, f[["age"]]], axis=1), {}, r"has 2 columns named 'age'"),
    (lambda f: f.set_axis([0] * N), {}, r"The index of the data frame repeats 0; .*reset_index"),
    (change(posted="yes"), {}, r"Item 'posted' is constant: every answer is 'yes'"),
    (change(posted=None), {}, r"Item 'posted' has no answers at all: all 30 are missing"),
    (change(sharing=9), {}, r"Item 'sharing' has no answers at all"),
    (lambda f: f, {"items": lc.binary("gender")}, r"Binary item 'gender' has 3 different answers, 'd', 'f', 'm'"),
    (lambda f: f, {"items": lc.ordinal("gender")}, r"Item 'gender' is ordinal and holds text"),
    (lambda f: f, {"items": lc.ordinal("sharing", levels=range(1, 6))}, r"5 values outside its levels .*9 \(5 times"),
    (lambda f: f, {"items": lc.ordinal("sharing", levels=list("12345"))}, r"levels are text but the column holds num"),
    (change(posted=pd.Timestamp("2020-01-01")), {}, r"Column 'posted' holds Timestamp"),
    (lambda f: f, {"factor_groups": {"g": "log(s1)"}}, r"'s1' is used both as an indicator of construct 'stress' and"),
    (lambda f: f, {"factor_groups": {"g": "C(posted)"}}, r"Column 'posted' is used both as an item and as a covariate"),
    (
        lambda f: f,
        {"factor_groups": {"g": "age + tenure", "h": "log(age)"}},
        r"'age' stands in the factor groups 'g' an",
    ),
    (
        lambda f: f,
        {"factor_groups": {"g": "stress", "h": "stress"}},
        r"'stress' stands in the factor groups 'g' and 'h'",
    ),
    (lambda f: f, {"factor_groups": {"g": "stress:age"}}, r"puts the latent construct 'stress' into 'stress:age'"),
    (lambda f: f, {"factor_groups": {"g": "0 + age"}}, r"removes the intercept"),
    (lambda f: f, {"factor_groups": {"g": "__import__('os').getcwd()"}}, r"a call of"),
    (change(age=["3", "4", "5"] * 10), {}, r"Covariate 'age' of factor group 'individual' holds numbers as text"),
    (change(age=["3", 4, "5"] * 10), {}, r"mixes numbers and text"),
    (change(age=np.inf), {}, r"is infinite \(30 times"),
    (change(age=3), {}, r"is constant: every respondent has 3"),
    (
        lambda f: f.assign(**{"design quality": 2 * f["age"] - 3}),
        {},
        r"'design quality' .*, 'age' .* are linearly depend",
    ),
    (change(s1=1), {}, r"Indicator 's1' of construct 'stress' is constant"),
]


@pytest.mark.parametrize(("spoil", "changes", "match"), WRONG)
def test_data_that_do_not_fit(spoil, changes, match):
    with pytest.raises(SurveyError, match=match):
        read_survey(model(**changes), spoil(frame()))


def test_arguments_that_are_wrong():
    with pytest.raises(SurveyError, match=r"The first argument is the model.*got a DataFrame"):
        read_survey(frame(), model())
    with pytest.raises(SurveyError, match=r"missing_covariates is one of 'error', 'drop'; got 'keep'"):
        read_survey(model(), frame(), missing_covariates="keep")


def spoilt():
    made = frame().set_axis([f"r{i}" for i in range(N)])
    made.loc[["r2", "r5"], "age"] = np.nan
    made.loc[["r5", "r7", "r9"], "gender"] = None
    return made


def test_missing_covariates_are_counted_by_column():
    groups = {"individual": "age + gender", "technical": ["design quality"]}
    match = (
        r"Covariates are missing: 'age' for 2, 'gender' for 3 of 30 respondents, 4 respondents in all "
        r"\(rows 'r2', 'r5', 'r7', 'r9'\)\. Pass missing_covariates='drop'"
    )
    with pytest.raises(SurveyError, match=match):
        read_survey(model(factor_groups=groups), spoilt())
    survey = read_survey(model(factor_groups=groups), spoilt(), missing_covariates="drop")
    assert survey.n_respondents == N - 4
    assert survey.notes.dropped == ("r2", "r5", "r7", "r9")
    assert survey.notes.missing_by_covariate == {"age": 2, "gender": 3}
    assert "4 left out for missing covariates ('age' 2, 'gender' 3)" in survey.notes.describe()
    assert len(survey.design("individual").matrix) == N - 4


def test_a_mean_score_without_indicators_is_a_missing_covariate():
    means = model(constructs={"stress": lc.construct("s1", "s2", missing=4, scores="mean")})
    made = frame().astype({"s1": float})
    made.loc[4, ["s1", "s2"]] = np.nan
    with pytest.raises(SurveyError, match=r"Covariates are missing: 'stress' for 6 of 30 .*\(rows 3, 4, 7, 19"):
        read_survey(means, made)
    survey = read_survey(means, made, missing_covariates="drop")
    assert not np.isnan(survey.mean_scores["stress"]).any()
    assert survey.covariates["stress"].kind == "continuous"
    assert read_survey(means, survey.frame) == survey


def test_mean_scores_enter_formulas():
    means = model(
        constructs={"stress": lc.construct("s1", "s2", scores="mean")},
        factor_groups={"individual": "stress*age + I(stress**2)"},
    )
    survey = read_survey(means, frame())
    assert survey.design("individual").labels == ("stress", "age", "I(stress ** 2)", "stress:age")
    assert survey.likert_codes.shape == (N, 0)
    assert survey.likert_indicators == ()
    assert [c.name for c in survey.indicators] == ["s1", "s2"]


def test_a_latent_construct_without_indicators_is_noted():
    made = frame().astype({"s1": float})
    made.loc[4, ["s1", "s2"]] = np.nan
    survey = read_survey(model(), made)
    assert survey.likert_codes[4].tolist() == [-1, -1]
    assert survey.notes.without_indicators == {"stress": (4,)}
    assert "1 answered no indicator of 'stress': 4." in survey.notes.describe()


def test_a_respondent_without_answers_is_kept():
    made = frame()
    made.loc[4, ["posted", "channel"]] = None
    made.loc[4, "sharing"] = 9
    survey = read_survey(model(), made)
    assert survey.n_respondents == N
    assert survey.notes.without_answers == (4,)
    assert "1 without any answer" in repr(survey)
    assert "1 answered no item" in survey.notes.describe()


# name, items, missing cells (counted in the file), respondents without answers
REFERENCES = [
    ("gss08", lc.binary("DEFECT", "HLTH", "RAPE", "POOR", "SINGLE", "NOMORE"), 114, 3),
    ("cheating", lc.binary("LIEEXAM", "LIEPAPER", "FRAUD", "COPYEXAM"), 0, 0),
    ("gss82", lc.nominal("PURPOSE", "ACCURACY", "UNDERSTA", "COOPERAT"), 0, 0),
]


@pytest.mark.parametrize(("name", "items", "missing", "empty"), REFERENCES)
def test_reference_surveys(reference_survey, name, items, missing, empty):
    data = reference_survey(name)
    survey = read_survey(lc.Model(items=items, n_classes=3), data)
    assert (~survey.answered).sum() == missing
    assert len(survey.notes.without_answers) == empty
    for j, column in enumerate(survey.items):
        values = [None if c < 0 else column.levels[c] for c in survey.codes[:, j]]
        assert values == data[column.name].astype(object).where(data[column.name].notna(), None).tolist()
    assert read_survey(survey.model, survey.frame) == survey


def test_levels_of_gss82(reference_survey):
    survey = read_survey(lc.Model(items=REFERENCES[2][1], n_classes=3), reference_survey("gss82"))
    assert [len(c.levels) for c in survey.items] == [3, 2, 2, 3]


def test_election(reference_survey):
    data = reference_survey("election")
    items = lc.ordinal(*data.columns[:12])
    survey = read_survey(lc.Model(items=items, n_classes=3), data)
    wanted = ("1 Extremely well", "2 Quite well", "3 Not too well", "4 Not well at all")
    assert {c.levels for c in survey.items} == {wanted}
    complete = survey.answered.all(axis=1)
    assert complete.sum() == 1311
    groups = {"party": ["PARTY"], "person": "AGE + EDUC + C(GENDER)"}
    with_party = lc.Model(items=items, n_classes=3, factor_groups=groups)
    with pytest.raises(SurveyError, match=r"'PARTY' for 25, 'AGE' for 9, 'EDUC' for 6 of 1785"):
        read_survey(with_party, data)
    assert read_survey(with_party, data[complete], missing_covariates="drop").n_respondents == 1292
    assert survey.notes.n_rows == 1785


def test_missing_cells_of_election(reference_survey):
    data = reference_survey("election")
    survey = read_survey(lc.Model(items=lc.ordinal(*data.columns[:12]), n_classes=3), data)
    # the 1957 missing cells of the file are those of all its columns
    assert data.isna().sum().sum() == 1957
    assert sum(survey.notes.missing_by_item.values()) == data.iloc[:, :12].isna().sum().sum()


def test_utaut(reference_survey):
    data = reference_survey("utaut2_216")
    described = lc.Model(
        items=lc.ordinal("INT1", "INT2", "INT3", "HM1", "HM2", "HM3", levels=range(1, 8)),
        n_classes=3,
        constructs={
            "performance": ["PE1", "PE2", "PE3", "PE4"],
            "influence": lc.construct("SI1", "SI2", "SI3", scores="mean", levels=range(1, 8)),
        },
        factor_groups={
            "technical": ["performance"],
            "social": ["influence"],
            "individual": "age + experience + C(gender)",
        },
    )
    survey = read_survey(described, data)
    np.testing.assert_allclose(survey.mean_scores["influence"], data[["SI1", "SI2", "SI3"]].mean(axis=1))
    assert survey.design("individual").labels[-1] == "C(gender)[T.2]"
    assert [c.levels for c in survey.items] == [tuple(range(1, 8))] * 6
    assert read_survey(described, survey.frame) == survey


def test_bfi(reference_survey):
    data = reference_survey("bfi")
    items = lc.ordinal(*(f"A{i}" for i in range(1, 6)))
    described = lc.Model(
        items=items, n_classes=3, constructs={"calm": ["N1", "N2", "N3"]}, factor_groups={"g": "calm + age + C(gender)"}
    )
    survey = read_survey(described, data)
    names = [f"A{i}" for i in range(1, 6)]
    assert sum(survey.notes.missing_by_item.values()) == data[names].isna().sum().sum()
    assert (survey.likert_codes < 0).sum() == data[["N1", "N2", "N3"]].isna().sum().sum()


def test_anes96():
    anes96 = pytest.importorskip("statsmodels.datasets.anes96")
    data = anes96.load_pandas().data
    described = lc.Model(
        items=lc.ordinal("TVnews", "selfLR", "ClinLR", "DoleLR"),
        n_classes=3,
        factor_groups={"person": ["age", "educ", "income"], "place": "log1p(popul)"},
    )
    survey = read_survey(described, data)
    assert survey.n_respondents == 944
    assert survey.design("place").labels == ("log1p(popul)",)
    assert [len(c.levels) for c in survey.items] == [8, 7, 7, 7]
    assert read_survey(described, survey.frame) == survey
