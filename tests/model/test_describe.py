"""The model in words: every part that it has, and nothing that it has not."""

# The symbols of the model are Greek letters.
# ruff: noqa: RUF001

import pytest

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
    construct,
    nominal,
    ordinal,
    outcome,
)

# Every prior with a number of its own, so that each is found in the text.
PRIORS = Priors(
    intercept=Normal(1.01),
    effects=Normal(1.02),
    group_effects={"social": Normal(1.03)},
    items=Dirichlet(1.04),
    thresholds=Dirichlet(1.05),
    location=Normal(1.06),
    dispersion=Normal(1.07),
    likert_thresholds=Dirichlet(1.08),
    likert_loading=Normal(1.09),
    continuous_loading=Normal(1.11),
    continuous_mean=Normal(1.12),
    continuous_sd=HalfNormal(1.13),
    score_correlation=LKJ(1.14),
    outcome_location=Normal(1.15),
    outcome_slopes=Normal(1.16),
    outcome_thresholds=Dirichlet(1.17),
    outcome_mean=Normal(1.18),
    outcome_sd=HalfNormal(1.19),
)
MEMBERSHIP_PRIORS = ("Normal(1.01)", "Normal(1.02)", "Normal(1.03)", "Normal(1.06)", "Normal(1.07)", "Normal(1.15)")


def full_model(n_classes: int = 3) -> Model:
    return Model(
        items=[
            *ordinal("sharing", "dialogue", levels=[1, 2, 3], dispersion=True),
            *ordinal("networking"),
            *binary("posted", levels=["no", "yes"], missing=[9, "?"]),
            *nominal("channel", levels=["wiki", "blog", "chat"]),
        ],
        n_classes=n_classes,
        factor_groups={"individual": ["age", "stress"], "social": "log(tenure) + support"},
        constructs={
            "stress": construct("stress_1", "stress_2", levels=[1, 2, 3], marker="stress_2"),
            "skill": construct("skill_1", "skill_2", kind="continuous"),
            "support": construct("support_1", "support_2", scores="mean"),
        },
        outcomes={
            "use": outcome("ordinal", levels=[1, 2, 3], covariates="social"),
            "pay": outcome("continuous", covariates="age"),
        },
        priors=PRIORS,
    )


def flowing(model: Model) -> str:
    """Return the description on one line, so that it does not matter where lines break."""
    return " ".join(model.describe().split())


def values_of(priors: Priors) -> list[str]:
    given = {**priors.as_dict(), **priors.group_effects}
    return [repr(value) for name, value in given.items() if name != "group_effects"]


def test_first_line_counts_the_classes():
    assert full_model().describe().splitlines()[0] == "Latent class model with 3 classes"
    assert full_model(1).describe().splitlines()[0] == "Latent class model with 1 class"


@pytest.mark.parametrize("n_classes", [1, 3])
def test_lines_fit_on_a_screen(n_classes):
    assert max(map(len, full_model(n_classes).describe().splitlines())) <= 80


@pytest.mark.parametrize("prior", values_of(PRIORS))
def test_every_prior_in_effect_is_there(prior):
    assert prior in full_model().describe()


@pytest.mark.parametrize("prior", MEMBERSHIP_PRIORS)
def test_one_class_has_no_priors_that_tell_classes_apart(prior):
    assert prior not in full_model(1).describe()


def test_one_class_reads_naturally():
    text = flowing(full_model(1))
    assert "the answers are independent of each other" in text
    assert "there is no membership to explain: individual, social have no part" in text
    assert "zero-sum" not in text
    assert "| k" not in text


def test_groups_stand_with_their_columns():
    text = flowing(full_model())
    assert "π_i = softmax(α + X_individual B_individual + X_social B_social)" in text
    assert "X_individual: age, stress (construct)" in text
    assert "X_social: log(tenure) + support" in text


def test_what_is_zero_sum_is_said():
    text = flowing(full_model())
    assert text.count("zero-sum over the classes") == 7  # intercept, two groups, location, dispersion, two outcomes


def test_items_stand_by_structure_with_their_levels():
    text = flowing(full_model())
    assert "sharing, dialogue (ordinal): 1 < 2 < 3" in text
    assert "networking (ordinal): levels learned from the data" in text
    assert "channel (nominal): wiki, blog, chat" in text
    assert "σ_kj = 1 but for sharing, dialogue" in text


def test_dispersion_of_all_items_needs_no_exception():
    text = flowing(Model(items=ordinal("a", "b", dispersion=True), n_classes=2))
    assert "logistic((τ_jc - μ_kj) / σ_kj)" in text
    assert "but for" not in text


def test_constructs_stand_with_kind_marker_and_scores():
    text = flowing(full_model())
    assert "stress: stress_1, stress_2 (marker); 1 < 2 < 3" in text
    assert "Continuous indicators, standardised" in text
    assert "Scale mean support, an observed covariate" in text
    assert "the correlations of stress, skill" in text


def test_one_latent_construct_has_no_correlations():
    model = Model(items=binary("a"), n_classes=2, constructs={"stress": ["s1", "s2"]})
    assert "LKJ" not in model.describe()
    assert "Normal(0, 1) of stress" in model.describe()


def test_missing_codes_are_listed():
    assert "Besides empty cells, missing is 9 or '?' in posted." in flowing(full_model())


def test_a_plain_model_mentions_only_what_it_has():
    text = Model(items=binary("a", "b"), n_classes=2).describe()
    for absent in ("Constructs", "Cumulative", "X_", "B_", "indicator", "Besides", "standard deviation"):
        assert absent not in text


def test_shares_with_a_dirichlet_prior():
    text = flowing(Model(items=binary("a"), n_classes=2, priors=Priors.flat()))
    assert "class shares s ~ Dirichlet(1)" in text


def test_flat_priors_are_named():
    model = Model(items=binary("a"), n_classes=2, factor_groups={"g": ["x"]}, priors=Priors(effects=Flat()))
    assert "B_g ~ Flat(), each row zero-sum" in flowing(model)


def test_names_of_classes_are_there():
    named = Model(items=binary("a"), n_classes=2, class_names=["Sceptics", "Advocates"])
    assert "Sceptics, Advocates" in named.describe()
    assert (
        "The class is named Everybody." in Model(items=binary("a"), n_classes=1, class_names=["Everybody"]).describe()
    )


SCALES = [
    (Hierarchical(0.41), "B_g ~ Hierarchical(0.41)", "standard deviation s_g ~ HalfNormal(0.41)"),
    (Hierarchical(0.41, dof=3), "B_g ~ Hierarchical(0.41, dof=3)", "s_g ~ half-t(3, 0.41)"),
    (RegularizedHorseshoe(0.21, slab_scale=2, slab_dof=5), "RegularizedHorseshoe(0.21", "c² ~ InverseGamma(2.5, 10)"),
    (Allocation(0.2, precision=5, concentration=0.6), "variance w f_g / v_g", "R² ~ Beta(1, 4)"),
    (Allocation(0.2, precision=5, concentration=0.6), "Split of w between g, h", "f ~ Dirichlet(0.6)"),
]


@pytest.mark.parametrize(("prior", "name", "scale"), SCALES, ids=[f"{type(p).__name__}-{s}" for p, _, s in SCALES])
def test_what_a_prior_learns_is_said(prior, name, scale):
    groups = {"g": ["x"], "h": ["y"]}
    model = Model(items=binary("a"), n_classes=2, factor_groups=groups, priors=Priors(effects=prior))
    text = flowing(model)
    assert name in text
    assert scale in text
    assert "R²" not in flowing(model.replace(priors=Priors()))


def test_a_total_of_one_group_is_not_split():
    model = Model(items=binary("a"), n_classes=2, factor_groups={"g": ["x"]}, priors=Priors(effects=Allocation()))
    assert "Split" not in model.describe()
