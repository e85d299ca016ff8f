"""The examples: their models fit their data. Running them takes minutes, which is left to tools/gallery.py."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

import latentclass as lc

FOLDER = Path(__file__).resolve().parent.parent / "examples"


def example(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"example_{name}", FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_internal_social_media_writes_down_the_model_of_the_dataset():
    model = example("internal_social_media").survey_model()
    assert list(model.outcomes) == ["anticipated_use"]
    # What it is regressed on is the example's own question.
    assert model.replace(outcomes={}) == lc.datasets.internal_social_media(n=50).model


def test_anes96_reads_its_survey():
    pytest.importorskip("statsmodels")
    module = example("anes96")
    survey = lc.read_survey(module.survey_model(), module.survey())
    assert survey.codes.shape == (944, 5)
    assert survey.notes.missing_by_item == {} or sum(survey.notes.missing_by_item.values()) == 0
    assert {group.name: group.labels for group in survey.groups} == {
        "person": ("age", "educ", "income"),
        "place": ("logpopul",),
        "media": ("TVnews",),
    }


def test_anes96_without_statsmodels_says_so_in_a_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "statsmodels.api", None)
    with pytest.raises(SystemExit, match=r"comes with statsmodels; install it with: pip install statsmodels$"):
        example("anes96").survey()


@pytest.mark.parametrize(("name", "draws"), [("internal_social_media", 100), ("anes96", 200)])
def test_quick_is_a_few_draws(name, draws, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "argv", [name, "--quick", "--out", str(tmp_path / "out")])
    options = example(name).arguments()
    assert (options.draws, options.chains) == (draws, 2)
    assert options.out.is_dir()
