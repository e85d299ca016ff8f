"""Tasks in processes of their own: all are run, failures are told, and the rest is finished."""

from __future__ import annotations

from pathlib import Path

import pytest

import latentclass as lc
from latentclass.infer import parallel
from latentclass.infer.parallel import Task, cores_per_task, run_tasks

# Functions that any process can import, without the tests.
WRITE = Path.write_text


def writing(path: Path) -> Task:
    return Task(function=WRITE, arguments={"self": path, "data": "done"})


def test_all_tasks_are_run(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(parallel, "available_cores", lambda: 2)
    paths = [tmp_path / str(i) for i in range(3)]
    run_tasks([writing(p) for p in paths], text="", progressbar=False)
    assert [p.read_text() for p in paths] == ["done"] * 3


def test_a_failure_is_told_when_the_others_are_done(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(parallel, "available_cores", lambda: 2)
    tasks = [writing(tmp_path / "absent" / "file"), writing(tmp_path / "a"), writing(tmp_path / "b")]
    with pytest.raises(lc.FitError, match=r"1 of 3 tasks failed. What the first said last: (?s:.*)FileNotFoundError"):
        run_tasks(tasks, text="", progressbar=False)
    assert (tmp_path / "a").exists()
    assert (tmp_path / "b").exists()


def test_a_single_task_runs_here(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(parallel, "_run", None)
    run_tasks([writing(tmp_path / "a")], text="", progressbar=False)
    assert (tmp_path / "a").exists()


@pytest.mark.parametrize(("available", "n_tasks", "each"), [(8, 3, 2), (2, 6, 1), (4, 1, 4), (4, 0, 4)])
def test_cores_are_shared_out(monkeypatch, available, n_tasks, each) -> None:
    monkeypatch.setattr(parallel, "available_cores", lambda: available)
    assert cores_per_task(n_tasks) == each
