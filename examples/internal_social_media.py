"""Segments of employees and what determines them: the survey on internal social media, from data to pictures.

A study asked 500 employees for their attitudes towards internal social media. It found segments that technical,
organizational and social factors determine, while individual factors had no influence; that the technical design
strongly predicts anticipated use; and that concern for privacy lowers it. This script simulates a survey of that
published design (everything else about it is made up) and asks the data which segments there are, how large, who
belongs to which, what the factor groups do to membership, and whether the three findings hold.

It takes about five minutes on two cores, most of it for the scores of seven constructs. With --all-evidence, likelihood
ratios are found and the model is fitted anew without each of the factor groups, for more lines of evidence; that takes
as long again for each.

Usage: python examples/internal_social_media.py [--quick] [--all-evidence] [--draws N] [--out FOLDER]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

import latentclass as lc
from latentclass.simulation import Simulated

# Lines of evidence that need models without each of the groups.
SLOW_LINES = ("likelihood", "prediction", "null_check")


def main() -> None:
    options = arguments()
    pd.set_option("display.width", 110, "display.max_columns", 12, "display.float_format", "{:.2f}".format)

    heading("1. The data: one row per respondent, answers may be missing")
    data = lc.datasets.internal_social_media(n=500, seed=2020)
    frame = data.frame
    print(frame[["age", "gender", "stress_1", "ease_of_use_1", "sharing", "has_posted", "main_channel"]].head())
    print(f"\n{len(frame)} respondents, {frame.isna().sum().sum()} answers missing")

    heading("2. The model: items, classes, factor groups and multi-item scales, with every prior")
    model = survey_model()
    print(model.describe())

    heading("3. The fit")
    fit = lc.fit(model, frame, draws=options.draws, tune=options.draws, chains=options.chains, seed=1)
    saved = fit.save(options.out / "internal_social_media.nc")
    print(fit.summary())
    print("\nLines with ! say what the draws leave to be wished for; for a result to be published, raise --draws.")

    heading("4. Classes: how large they are")
    print(fit.classes())

    heading("5. Profiles: what the classes answer (posterior mean probabilities)")
    print(fit.profiles(wide=True).loc[["sharing", "distraction", "has_posted", "main_channel"]])

    heading("6. Names: once the profiles are read, classes may be given names")
    fit = fit.rename(names_from_profiles(fit))
    fit.save(saved)
    print(fit.classes()[["mean", "modal_n"]])

    heading("7. Memberships: who belongs to which class, and how certainly")
    print(fit.memberships().head())
    print("\nThis survey is simulated, so the segments are known. Respondents by segment (rows) and likeliest class:\n")
    print(segments_found(fit, data))

    heading("8. Scales: how well the indicators measure their constructs (a reverse-keyed one loads negatively)")
    loadings = fit.loadings().loc["organizational_support":"ease_of_use"]
    print(loadings[["standardised_mean", "standardised_eti90_lb", "standardised_eti90_ub"]].to_string())
    print()
    print(fit.reliability()[["composite_reliability_mean", "variance_extracted_mean"]])

    heading("9. Effects: what the covariates do to the class shares, in percentage points")
    effects = 100 * fit.effects()["ame_mean"]
    by_class = pd.DataFrame({name: effects.xs(name, level="class") for name in fit.model.class_names})
    print(by_class.to_string(float_format="{:+.1f}".format))
    print(
        "\nHow far the effects of each group may reach: the outermost bounds of their 90 % intervals, and, since this"
    )
    print("survey is simulated, the true weight of the group in membership (0 to 1).\n")
    print(reach(fit, data))

    heading("10. Newcomers: employees who were not in the survey, known by some answers alone")
    newcomers = frame.drop(columns=["sharing", "dialogue", "anticipated_use"]).tail(3)
    print(fit.predict(newcomers)[[*fit.model.class_names, "certainty"]])

    heading("11. Do the findings of the study hold? First: which factor groups carry weight in membership")
    weighing = lc.weigh(fit, skip=() if options.all_evidence else SLOW_LINES, seed=1)
    print(weighing)
    print(f"\n{weighing.words('individual')}")

    heading("12. Second and third: anticipated use follows the technical design, and concern for privacy lowers it")
    use = fit.outcomes().loc[("anticipated_use", "covariate")]
    print(use[["mean", "eti90_lb", "eti90_ub", "p_positive", "response_mean"]])
    print()
    print(findings(weighing, use))

    heading("13. Files")
    report = lc.report(
        fit,
        options.out / "internal_social_media.html",
        title="Attitudes towards internal social media",
        weighing=weighing,
        checks=lc.check(fit, seed=1),
        diagnosis=lc.diagnose(fit),
    )
    for path in [saved, report, *draw(fit, weighing, options.out)]:
        print(path)
    print(f"\nlc.load({str(saved)!r}) brings the fit back.")


def survey_model() -> lc.Model:
    agreement = [1, 2, 3, 4, 5]
    attitudes = ("sharing", "dialogue", "networking", "learning", "recognition")
    attitudes += ("belonging", "transparency", "feedback", "self_presentation", "distraction")

    def scale(name: str, length: int) -> lc.Construct:
        return lc.construct(*(f"{name}_{j + 1}" for j in range(length)), levels=agreement)

    return lc.Model(
        items=[
            *lc.ordinal(*attitudes, levels=agreement),
            *lc.binary("has_posted", levels=["no", "yes"]),
            *lc.nominal("main_channel", levels=["newsfeed", "blogs", "wikis", "groups", "chat"]),
        ],
        n_classes=4,
        factor_groups={
            "individual": ["stress", "information_load", "age", "gender"],
            "social": ["social_capital"],
            "organizational": ["organizational_support"],
            "technical": ["ease_of_use", "design_quality", "privacy_concern"],
        },
        constructs={
            "stress": scale("stress", 3),
            "information_load": scale("information_load", 3),
            "social_capital": scale("social_capital", 4),
            "organizational_support": scale("organizational_support", 4),
            "ease_of_use": scale("ease_of_use", 4),
            "design_quality": scale("design_quality", 3),
            "privacy_concern": scale("privacy_concern", 3),
        },
        outcomes={"anticipated_use": lc.outcome("ordinal", levels=agreement, covariates="technical")},
    )


def names_from_profiles(fit: lc.Fit) -> dict[str, str]:
    """Name the classes by what sets them apart; with real data, a person reads the profiles and decides."""
    profiles = fit.profiles(wide=True)
    networking = profiles.loc["networking"].mul(profiles.loc["networking"].index, axis=0).sum()
    distraction = profiles.loc["distraction"].mul(profiles.loc["distraction"].index, axis=0).sum()
    names = {networking.idxmax(): "Advocates", distraction.idxmax(): "Sceptics"}
    rest = [name for name in fit.model.class_names if name not in names]
    wikis = profiles.loc[("main_channel", "wikis"), rest]
    return {**names, wikis.idxmax(): "Pragmatic users", wikis.idxmin(): "Onlookers"}


def segments_found(fit: lc.Fit, data: Simulated) -> pd.DataFrame:
    segment = dict(zip(data.truth["class"].values, data.truth["segment"].values, strict=True))
    return pd.crosstab(
        data.classes.map(segment).rename("segment"), fit.memberships()["modal"].rename("likeliest class")
    )


def reach(fit: lc.Fit, data: Simulated) -> pd.DataFrame:
    bounds = 100 * fit.effects()[["ame_eti90_lb", "ame_eti90_ub"]]
    table = bounds.groupby("group", sort=False).agg({"ame_eti90_lb": "min", "ame_eti90_ub": "max"})
    weight = data.truth["true_weight"].to_series()
    return table.assign(true_weight=weight).rename(columns={"ame_eti90_lb": "lowest", "ame_eti90_ub": "highest"})


def findings(weighing: lc.Weighing, use: pd.DataFrame) -> str:
    """Say of each finding of the study what these data say."""
    verdicts = weighing.table["verdict"]
    others = ", ".join(f"{name}: {verdict}" for name, verdict in verdicts.drop("individual").items())
    design, privacy = use.loc[["ease_of_use", "design_quality"]], use.loc["privacy_concern"]
    lines = [f"1. Individual factors: {verdicts['individual']} ({others})."]
    for name, row in design.iterrows():
        side = "raises" if row["eti90_lb"] > 0 else "lowers" if row["eti90_ub"] < 0 else "may raise or lower"
        lines.append(f"2. {name} {side} anticipated use (probability of raising {row['p_positive']:.3f}).")
    held = "lowers" if privacy["eti90_ub"] < 0 else "raises" if privacy["eti90_lb"] > 0 else "may lower or raise"
    lines.append(f"3. Concern for privacy {held} it (probability of lowering {1 - privacy['p_positive']:.3f}).")
    return "\n".join(lines)


def draw(fit: lc.Fit, weighing: lc.Weighing, folder: Path) -> list[Path]:
    classes = fit.classes()
    figures = {
        "classes": lc.plots.classes(classes).figure,
        "profiles": lc.plots.profiles(fit.profiles(), classes),
        "effects": lc.plots.effects(fit.effects()).figure,
        "memberships": lc.plots.memberships(fit.memberships()).figure,
        "loadings": lc.plots.loadings(fit.loadings()).figure,
        "weights": lc.plots.weights(weighing.table).figure,
    }
    paths = [folder / f"internal_social_media_{name}.png" for name in figures]
    for path, figure in zip(paths, figures.values(), strict=True):
        figure.savefig(path)
    return paths


def heading(text: str) -> None:
    print(f"\n{text}\n{'-' * len(text)}\n", flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Segments of employees in a simulated survey on internal social media."
    )
    parser.add_argument("--draws", type=int, default=500, help="draws per chain, after as many to adapt (default 500)")
    parser.add_argument("--chains", type=int, default=4, help="chains (default 4)")
    parser.add_argument("--quick", action="store_true", help="2 chains of 100 draws: a look, not a result")
    parser.add_argument("--all-evidence", action="store_true", help="evidence from further models too; slow")
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder for what is saved (default out)")
    options = parser.parse_args()
    if options.quick:
        options.draws, options.chains = 100, 2
    options.out.mkdir(parents=True, exist_ok=True)
    return options


if __name__ == "__main__":
    main()
