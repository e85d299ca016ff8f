"""What all pictures share."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb

import latentclass as lc
from latentclass.errors import LatentClassError
from latentclass.plots.style import caption, class_colours, interval_columns, level_colours, new_figure, require


def test_without_matplotlib_the_extra_is_named(monkeypatch, classes):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(LatentClassError, match=r"matplotlib, which is not installed; .*latentclass\[plots\]"):
        lc.plots.classes(classes)


def test_importing_plots_leaves_pyplot_alone():
    code = "import sys, latentclass.plots; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# These take a table of any covariate, a table of any check, draws, or two sets of draws, and are tested where they are.
OTHERS = {"shares_along", "observed", "trace", "ranks", "prior_posterior"}
TABLES = [name for name in lc.plots.__all__ if name not in OTHERS]


@pytest.mark.parametrize("picture", TABLES)
def test_what_is_no_table_is_refused(picture):
    with pytest.raises(LatentClassError, match=r"draws the table that \S+( \S+)? returns; got list"):
        getattr(lc.plots, picture)([0.5, 0.5])


@pytest.mark.parametrize("picture", TABLES)
def test_another_table_is_refused_by_its_index(picture):
    table = pd.DataFrame({"mean": [1.0]}, index=pd.Index(["a"], name="other"))
    with pytest.raises(LatentClassError, match="got a table with index 'other'"):
        getattr(lc.plots, picture)(table)


def test_an_empty_table_is_refused():
    with pytest.raises(LatentClassError, match="is empty, so there is nothing to draw"):
        require(pd.DataFrame(index=pd.Index([], name="class")), ["class"], "fit.classes()")


def test_interval_follows_the_columns():
    table = pd.DataFrame(columns=["x_mean", "x_eti97.5_lb", "x_eti97.5_ub", "mean", "eti50_lb", "eti50_ub"])
    assert interval_columns(table, "x_") == ("x_eti97.5_lb", "x_eti97.5_ub", "97.5 %")
    assert interval_columns(table) == ("eti50_lb", "eti50_ub", "50 %")


def test_table_without_interval_is_refused():
    with pytest.raises(LatentClassError, match=r"no interval 'eti90_lb' and 'eti90_ub'.*its columns are 'mean'"):
        interval_columns(pd.DataFrame(columns=["mean"]))


@pytest.mark.parametrize("n", [1, 4, 8, 9, 20])
def test_class_colours_differ(n):
    assert len(set(class_colours(n))) == n


@pytest.mark.parametrize("n", [2, 5, 11])
def test_level_colours_run_from_light_to_dark(n):
    # Relative luminance (ITU-R BT.709): what is left of a colour for those who see no hue.
    light = [np.dot(to_rgb(colour), (0.2126, 0.7152, 0.0722)) for colour in level_colours(n)]
    assert (np.diff(light) < 0).all()


def test_long_captions_are_broken():
    figure = new_figure(4.0, 2.0)
    caption(figure, "Title", "word " * 40)
    lines = figure.get_supxlabel().splitlines()
    assert len(lines) > 1
    assert max(map(len, lines)) <= 60
