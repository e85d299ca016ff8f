"""Political segments of American voters in 1996, and what goes with them: a real survey, from data to pictures.

The data are 944 respondents of the American National Election Study of 1996, as they come with statsmodels: where they
place themselves, Clinton and Dole between liberal and conservative, their party identification and whom they expect to
vote for. Three factor groups may determine the segments: the person (age, education, income), the place they live in
(the log of its population) and how often they watch the news.

Usage: python examples/anes96.py [--quick] [--draws N] [--out FOLDER]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pandas as pd

import latentclass as lc


def main() -> None:
    options = arguments()
    pd.set_option("display.width", 110, "display.max_columns", 12, "display.float_format", "{:.2f}".format)

    heading("1. The data")
    frame = survey()
    print(frame.describe().T[["count", "mean", "std", "min", "max"]])

    heading("2. The model")
    model = survey_model()
    print(model.describe())

    heading("3. The fit")
    fit = lc.fit(model, frame, draws=options.draws, tune=options.draws, chains=options.chains, seed=1)
    print(fit.summary())

    heading("4. What the classes answer: mean placement on the seven points (party: 0 to 6; vote: 0 Clinton, 1 Dole)")
    print(mean_answers(fit))

    heading("5. What a change of a covariate does to the class shares, in percentage points, with 90 % intervals")
    effects = 100 * fit.marginal_effects()[["mean", "eti90_lb", "eti90_ub"]]
    print(effects.to_string(float_format="{:+.1f}".format))

    heading("6. Files")
    report = lc.report(fit, options.out / "anes96.html", title="Political segments in 1996")
    for path in [report, fit.save(options.out / "anes96.nc"), *draw(fit, options.out)]:
        print(path)


def survey() -> pd.DataFrame:
    try:
        import statsmodels.api as sm
    except ImportError:
        sys.exit("This example reads a survey that comes with statsmodels; install it with: pip install statsmodels")
    return sm.datasets.anes96.load_pandas().data


def survey_model() -> lc.Model:
    return lc.Model(
        items=[
            # A spread of its own for each class: who knows little of the candidates puts everybody in the middle.
            *lc.ordinal("selfLR", "ClinLR", "DoleLR", levels=range(1, 8), dispersion=True),
            *lc.ordinal("PID", levels=range(7), structure="free"),
            *lc.binary("vote", levels=[0, 1]),
        ],
        n_classes=3,
        factor_groups={
            "person": ["age", "educ", "income"],
            "place": ["logpopul"],
            "media": ["TVnews"],
        },
    )


def mean_answers(fit: lc.Fit) -> pd.DataFrame:
    profiles = fit.profiles(wide=True)
    level = profiles.index.get_level_values("level").to_numpy(dtype=float)
    return profiles.mul(level, axis=0).groupby("item", sort=False).sum()


def draw(fit: lc.Fit, folder: Path) -> list[Path]:
    classes = fit.classes()
    figures = {
        "profiles": lc.plots.profiles(fit.profiles(), classes),
        "effects": lc.plots.effects(fit.marginal_effects()).figure,
        "education": lc.plots.shares_along(fit.shares_along("educ")).figure,
        "memberships": lc.plots.memberships(fit.memberships()).figure,
    }
    paths = [folder / f"anes96_{name}.png" for name in figures]
    for path, figure in zip(paths, figures.values(), strict=True):
        figure.savefig(path)
    return paths


def heading(text: str) -> None:
    print(f"\n{text}\n{'-' * len(text)}\n", flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Political segments in the American National Election Study of 1996.")
    parser.add_argument(
        "--draws", type=int, default=1000, help="draws per chain, after as many to adapt (default 1000)"
    )
    parser.add_argument("--chains", type=int, default=4, help="chains (default 4)")
    parser.add_argument("--quick", action="store_true", help="2 chains of 200 draws: a look, not a result")
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder for what is saved (default out)")
    options = parser.parse_args()
    if options.quick:
        options.draws, options.chains = 200, 2
    options.out.mkdir(parents=True, exist_ok=True)
    return options


if __name__ == "__main__":
    main()
