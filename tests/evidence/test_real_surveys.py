"""Factor groups weighed on real surveys with published likelihood ratios. Slow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import latentclass as lc
from latentclass.evidence import Weighing

pytestmark = pytest.mark.slow

type Reader = Callable[[str], pd.DataFrame]


def weighed(fit: lc.Fit, folder: Path, *groups: str) -> Weighing:
    """Weigh without the lines that need refits without single respondents, for speed."""
    skipped = ["prediction", "null_check"]
    return lc.weigh(fit, groups=groups or None, skip=skipped, folder=folder, seed=1, progressbar=False)


def test_technical_factors_alone_carry_weight_in_intention_to_use(reference_survey: Reader, tmp_path: Path) -> None:
    frame = reference_survey("utaut2_216")
    sizes = {"PE": 4, "EE": 4, "FC": 4, "PV": 3, "SI": 3}
    items = [f"{scale}{i}" for scale in ("INT", "HM") for i in (1, 2, 3)]
    cut = frame.assign(
        **{name: pd.cut(frame[name], [0, 3.5, 4.5, 5.5, 8], labels=False) for name in items},
        **{scale: frame[[f"{scale}{i + 1}" for i in range(size)]].mean(axis=1) for scale, size in sizes.items()},
    )
    model = lc.Model(
        items=lc.ordinal(*items, levels=range(4), structure="free"),
        n_classes=3,
        factor_groups={
            "technical": ["PE", "EE", "FC", "PV"],
            "social": ["SI"],
            "individual": ["age", "experience", "gender"],
        },
    )
    fit = lc.fit(model, cut, seed=1, progressbar=False)
    found = weighed(fit, tmp_path)
    table = found.table
    # Published to one decimal.
    assert table["lr"].to_dict() == pytest.approx({"technical": 98.7, "social": 3.1, "individual": 10.1}, abs=0.06)
    assert table["lr_df"].to_dict() == {"technical": 8, "social": 2, "individual": 6}
    assert table.loc["individual", "lr_p"] == pytest.approx(0.12, abs=0.005)
    assert table.loc["technical", "verdict"] == "carries weight"
    # Two hundred respondents do not show a weight, and are too few to show that there is none.
    assert set(table.loc[["social", "individual"], "verdict"]) <= {"undecided", "carries no weight"}
    assert table.loc["technical", "weight_median"] > 3 * table.loc[["social", "individual"], "weight_median"].max()


def test_background_of_voters_is_significant_and_bic_leaves_it_out(reference_survey: Reader, tmp_path: Path) -> None:
    frame = reference_survey("election")
    items, block = list(frame.columns[:12]), ["AGE", "EDUC", "GENDER"]
    complete = frame.dropna(subset=[*items, "PARTY", *block])
    model = lc.Model(items=lc.nominal(*items), n_classes=3, factor_groups={"politics": ["PARTY"], "background": block})
    fit = lc.fit(model, complete, seed=1, progressbar=False)
    found = weighed(fit, tmp_path, "background")
    row = found.table.loc["background"]
    assert row["lr"] == pytest.approx(31.75, abs=0.02)
    assert row["lr_df"] == 6
    assert row["bic_difference"] == pytest.approx(33055.50 - 33044.26, abs=0.03)
    assert row["disagree"]
    words = found.words("background")
    assert "The lines of evidence disagree" in words
    assert "likelihood-ratio test speak for a weight" in words
    assert "BIC against one" in words
