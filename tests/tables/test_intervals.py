"""Estimates with their intervals as text."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import latentclass as lc
from latentclass.errors import LatentClassError
from latentclass.posterior.summarise import table_index


def sizes() -> pd.DataFrame:
    columns = {"mean": [0.4249, 0.5751], "sd": [0.02, 0.02], "eti95_lb": [0.38, 0.5], "eti95_ub": [0.466, 0.6]}
    return pd.DataFrame({**columns, "modal_n": [42, 58]}, index=pd.Index(["A", "B"], name="class"))


def profiles() -> pd.DataFrame:
    rows = [(k, "posted", level) for k in ("B", "A") for level in ("yes", "no")]
    mean = np.array([0.2, 0.8, 0.7, 0.3])
    columns = {"mean": mean, "sd": mean / 10, "eti90_lb": mean - 0.1, "eti90_ub": mean + 0.1}
    return pd.DataFrame(columns, index=table_index(rows, ["class", "item", "level"]))


def test_estimate_and_interval_share_a_cell_and_counts_stay():
    text = lc.tables.intervals(sizes())
    assert list(text.columns) == ["mean [95 %]", "modal_n"]
    assert text.loc["A"].tolist() == ["0.42 [0.38, 0.47]", "42"]
    assert text.attrs["note"] == "Posterior mean [95 % equal-tailed interval]."


def test_per_cent_and_digits():
    assert lc.tables.intervals(sizes(), percent=True).iloc[1, 0] == "58 [50, 60]"
    assert lc.tables.intervals(sizes(), percent=True, digits=1).iloc[0, 0] == "42.5 [38.0, 46.6]"
    assert lc.tables.intervals(sizes(), digits=3).iloc[0, 0] == "0.425 [0.380, 0.466]"


def test_classes_become_columns_in_the_order_of_the_table():
    text = lc.tables.intervals(profiles())
    assert list(text.columns) == ["B", "A"]
    assert text.index.tolist() == [("posted", "yes"), ("posted", "no")]
    assert text.loc[("posted", "no"), "A"] == "0.30 [0.20, 0.40]"
    assert lc.tables.intervals(profiles(), by_class=False).shape == (4, 1)


def test_logits_are_never_per_cent():
    index = table_index([("g", "age", "A"), ("g", "age", "B")], ["group", "covariate", "class"])
    columns = {f"{p}_{c}": [0.5, -0.5] for p in ("logit", "ame") for c in ("mean", "eti90_lb", "eti90_ub")}
    text = lc.tables.intervals(pd.DataFrame(columns, index=index), percent=True)
    assert text.iloc[0].tolist() == ["0 [0, 0]", "50 [50, 50]"]
    assert list(text.columns) == ["logit [90 %]", "ame [90 %]"]


def test_means_of_predicted_memberships_stand_under_the_name_of_the_class():
    table = pd.DataFrame({"A": [0.9], "B": [0.1], "A_eti90_lb": [0.8], "A_eti90_ub": [0.95], "modal": ["A"]})
    text = lc.tables.intervals(table)
    assert list(text.columns) == ["A [90 %]", "B", "modal"]
    assert text.iloc[0].tolist() == ["0.90 [0.80, 0.95]", "0.10", "A"]


def test_medians_are_called_medians():
    columns = {f"{p}_{c}": [0.2] for p in ("weight", "prior") for c in ("median", "eti90_lb", "eti90_ub")}
    text = lc.tables.intervals(pd.DataFrame({"verdict": ["undecided"], **columns}))
    assert text.iloc[0].tolist() == ["undecided", "0.20 [0.20, 0.20]", "0.20 [0.20, 0.20]"]
    assert text.attrs["note"] == "Median [90 % equal-tailed interval]."


def test_a_table_of_means_alone_is_written_too():
    wide = pd.DataFrame({"A": [0.25], "B": [0.75]}, index=table_index([("x", 1)], ["item", "level"]))
    text = lc.tables.intervals(wide, percent=True)
    assert text.iloc[0].tolist() == ["25", "75"]
    assert text.attrs["note"] == "In per cent."


def test_what_is_not_known_is_empty_and_zero_has_no_sign():
    table = sizes().assign(extra=[np.nan, -0.0001], flag=[True, False], several=[("a", "b"), ()])
    table.loc["A", "mean"] = np.nan
    text = lc.tables.intervals(table)
    assert text.loc["A"].tolist() == ["", "42", "", "yes", "a, b"]
    assert text.loc["B", "extra"] == "0.00"


def test_rows_that_a_class_lacks_are_empty():
    text = lc.tables.intervals(profiles().drop(("A", "posted", "no")))
    assert text.loc[("posted", "no"), "A"] == ""


@pytest.mark.parametrize("digits", [-1, 1.5, True, 16])
def test_digits_are_checked(digits):
    with pytest.raises(LatentClassError, match=r"digits is a whole number from 0 to 15; got"):
        lc.tables.intervals(sizes(), digits=digits)


@pytest.mark.parametrize("write", [lc.tables.intervals, lc.tables.markdown, lc.tables.latex])
def test_only_tables_are_written(write):
    with pytest.raises(LatentClassError, match="Only a DataFrame.*got list"):
        write([0.5])
