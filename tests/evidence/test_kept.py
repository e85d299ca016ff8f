"""Results on disk come back as they were, and what was cut off is computed again."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

import latentclass as lc
from latentclass.evidence import gather
from latentclass.evidence.gather import Gatherer
from latentclass.evidence.kept import Kept
from latentclass.evidence.lines import BayesFactor, GroupEvidence, Notes, WeightSummary
from latentclass.evidence.refits import Refits, fingerprint, forget_refits
from latentclass.model import FrozenMapping
from tests.evidence.test_verdict import NULL


def test_results_come_back_as_they_were(tmp_path: Path) -> None:
    kept = Kept(path=tmp_path / "new" / "results.json")
    assert not kept.has("evidence")
    assert kept.get("evidence", GroupEvidence, lambda: NULL) is NULL
    assert kept.has("evidence")

    def never() -> GroupEvidence:
        raise AssertionError

    assert kept.get("evidence", GroupEvidence, never) == NULL
    kept.get("notes", Notes, lambda: Notes(texts=("one", "two")))
    assert kept.get("notes", Notes, never).texts == ("one", "two")
    kept.get("none", BayesFactor, lambda: BayesFactor(log_value=math.nan, error=math.inf))
    again = kept.get("none", BayesFactor, never)
    assert math.isnan(again.log_value)
    assert again.error == math.inf


def test_a_file_that_was_cut_off_is_computed_again(tmp_path: Path) -> None:
    kept = Kept(path=tmp_path / "results.json")
    kept.path.write_text('{"weight": {"quanti')
    assert kept.get("weight", WeightSummary, lambda: NULL.weight) == NULL.weight
    assert kept.has("weight")


def test_names_tell_models_data_and_settings_apart(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [0, 1, 1], "b": [1, 0, 1]})
    model = lc.Model(items=lc.binary("a", "b"), n_classes=2)

    def name(model: lc.Model = model, frame: pd.DataFrame = frame, **settings: object) -> str:
        own = FrozenMapping({"draws": 10, "chains": 2, **settings})
        return Refits(frame=frame, folder=tmp_path, cores=1, settings=own).path(model).name

    assert name() == name(frame=frame.copy())
    others = [
        name(model.replace(n_classes=1)),
        name(model.replace(priors=lc.Priors(items=lc.Dirichlet(2.0)))),
        name(frame=frame.iloc[::-1]),
        name(frame=frame.astype(float)),
        name(draws=11),
    ]
    assert len({name(), *others}) == 6
    assert len(fingerprint(frame)) == 40


def test_what_was_kept_can_be_forgotten(tmp_path: Path) -> None:
    for file in ("a.nc", "b.json", "c.txt"):
        (tmp_path / file).write_text("x")
    assert forget_refits(tmp_path) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["c.txt"]


def test_a_failing_refit_says_so(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [0, 1, 1], "b": [1, 0, 1]})
    model = lc.Model(items=lc.binary("a", "b"), n_classes=2)
    settings = FrozenMapping({"draws": 10, "chains": 1, "sampler": "nutpy"})
    refits = Refits(frame=frame, folder=tmp_path, cores=1, settings=settings)
    with pytest.raises(lc.FitError, match="Unknown sampler 'nutpy'"):
        list(refits.fits({"one": model}))
    # Two at a time, each in a process of its own.
    both = {"one": model, "two": model.replace(n_classes=1)}
    two = Refits(frame=frame, folder=tmp_path, cores=2, settings=settings)
    with pytest.raises(lc.FitError, match="2 of 2 tasks failed(.|\n)*Unknown sampler 'nutpy'"):
        list(two.fits(both))
    assert not list(tmp_path.iterdir())


def test_with_scores_only_what_compares_models_needs_refits(tmp_path: Path) -> None:
    # The Bayes factor is then found in the fit itself.
    frame = pd.DataFrame({name: [0, 1, 1] for name in ("a", "b", "s_1", "s_2", "x")})
    plain = lc.Model(items=lc.binary("a", "b"), n_classes=2, factor_groups={"one": ["x"]})
    scores = plain.replace(factor_groups={"one": ["x"], "two": ["s"]}, constructs={"s": ["s_1", "s_2"]})
    learned = scores.replace(priors=lc.Priors(group_effects={"one": lc.Hierarchical()}))

    def refitted(model: lc.Model, *lines: str) -> set[str]:
        return gatherer(model, frame, tmp_path, *lines)._refitted("one")

    assert refitted(plain, "bayes_factor", "likelihood") == {"bayes_factor"}
    assert refitted(scores, "bayes_factor", "likelihood") == set()
    assert refitted(scores, "bayes_factor", "null_check") == {"null_check"}
    assert refitted(learned, "bayes_factor", "prediction") == {"bayes_factor", "prediction"}


def test_a_poor_approximation_leaves_the_other_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pd.DataFrame({name: [0, 1, 1] for name in ("a", "b", "x")})
    model = lc.Model(items=lc.binary("a", "b"), n_classes=2, factor_groups={"one": ["x"]})

    def fails(*_: object, **__: object) -> None:
        message = "the Pareto k is 0.9"
        raise lc.FitError(message)

    gathering = gatherer(model, frame, tmp_path, "bayes_factor")
    with pytest.raises(lc.FitError, match="Pareto k is 0.9"):
        gathering._bayes_factor("one", fails)
    monkeypatch.setattr(gather, "marginal_likelihood", fails)
    found = gathering._bayes_factor("one", SimpleNamespace)
    assert math.isnan(found.log_value)
    assert found.message == "the Pareto k is 0.9"


def gatherer(model: lc.Model, frame: pd.DataFrame, folder: Path, *lines: str) -> Gatherer:
    return Gatherer(
        fit=SimpleNamespace(model=model),
        refits=Refits(frame=frame, folder=folder, cores=1, settings=FrozenMapping({})),
        kept=Kept(path=folder / "results.json"),
        lines=lines,
        bound=0.02,
        prob=0.9,
        most_refits=0,
        n_starts=1,
        seed=0,
    )
